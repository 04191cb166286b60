"""textgrid: Praat's TextGrid, written with praatio (extra `formats`): tiers of segments and of words for each voice.

Intervals of one tier cannot overlap; what a voice says over itself goes into a further tier, `1 segments (2)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .._extras import extra
from .._text import one_line
from ..models import Transcript
from ._base import SEGMENTS, Exporter, timed
from ._voices import Voices

__all__ = ["EXPORTER", "write"]

_Interval = tuple[int, int, str]


def write(transcript: Transcript) -> str:
    """The long text form. Raises UnsupportedFeatureError without times."""
    textgrid_io = extra("praatio.utilities.textgrid_io", "formats")
    tiers: dict[str, list[_Interval]] = {}
    voices = Voices(transcript)
    for segment, start, end in timed(transcript, "textgrid"):
        voice = voices.of(segment) or ""
        _place(tiers, f"{voice} segments".strip(), (start, end, one_line(segment.text)))
        for word in segment.words:
            if word.start_ms is not None and word.end_ms is not None:
                _place(tiers, f"{voice} words".strip(), (word.start_ms, word.end_ms, one_line(word.text)))
    text: str = textgrid_io.getTextgridAsStr(_grid(transcript, tiers), "long_textgrid", includeBlankSpaces=True)
    return text


def _place(tiers: dict[str, list[_Interval]], name: str, interval: _Interval) -> None:
    """Puts the interval into the first tier of this name where it fits; an instant lasts a millisecond."""
    start, end = interval[0], max(interval[1], interval[0] + 1)
    number, tier = 1, name
    while tiers.get(tier) and tiers[tier][-1][1] > start:
        number += 1
        tier = f"{name} ({number})"
    tiers.setdefault(tier, []).append((start, end, interval[2]))


def _grid(transcript: Transcript, tiers: dict[str, list[_Interval]]) -> dict[str, Any]:
    ends = [interval[1] for tier in tiers.values() for interval in tier]
    length = max([*ends, transcript.duration_ms or 0, 1]) / 1000
    return {"xmin": 0, "xmax": length, "tiers": [_tier(name, tiers[name], length) for name in tiers]}


def _tier(name: str, intervals: Iterable[_Interval], length: float) -> dict[str, Any]:
    entries = [(start / 1000, end / 1000, text) for start, end, text in intervals]
    return {"class": "IntervalTier", "name": name, "xmin": 0, "xmax": length, "entries": entries}


def _loses(transcript: Transcript) -> Iterator[str]:
    words = [word for segment in transcript.segments for word in segment.words]
    if any(word.start_ms is None or word.end_ms is None for word in words):
        yield "words without times"


_KEEPS = SEGMENTS | {"words", "speakers", "names", "duration"}
EXPORTER = Exporter("textgrid", ".TextGrid", "text/plain", write, _KEEPS, _loses)
