"""textgrid: Praat's TextGrid, read with praatio (extra `formats`).

A tier whose name ends in `words` gives words, one whose name ends in `segments`, or any other, gives segments; what
stands before that is the speaker. So are the tiers of the Montreal Forced Aligner (`words`, `Ann - words`) and of
WebMAUS (`ORT-MAU`) read; phones, syllables and points have no place in a transcript, and are told as left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from .._extras import extra
from .._text import one_line
from ..models import Notice, Segment, Transcript, Word
from ._base import Reader, decoded, finished, refuse, spoken

__all__ = ["READER", "read"]

_Interval = tuple[str, str, int, int, str]
"""Whose it is, of what kind, its start and end in milliseconds, and what stands in it."""
_TIER = re.compile(
    r"(?:(?P<voice>.*?)(?:\s*[-:]\s+|\s+))??"
    r"(?:(?P<words>words?|ort-mau)|(?P<sounds>phones?|phonemes?|syllables?|kan-mau|mau|mas)"
    r"|segments?|utterances?|sentences?|text|transcript(?:ion)?|ort|trn)(?: \(\d+\))?",
    re.IGNORECASE,
)
_TINY = re.compile(r"^([ \t]*(?:(?:xmin|xmax|number|time) = )?)(\d+(?:\.\d{1,20})?e-\d{1,3})(?=[ \t]*$)", re.MULTILINE)
_SILENCE = ("sil", "sp", "<sil>", "<eps>", "<p:>", "<p>")
"""What forced aligners write where nobody speaks."""


def read(data: bytes) -> Transcript:
    """The tiers' intervals that hold text. Raises InvalidTranscriptError."""
    textgrid_io = extra("praatio.utilities.textgrid_io", "formats")
    # Praat writes a very small time with an exponent, for which the library has no eye.
    text = _TINY.sub(lambda found: f"{found[1]}{float(found[2]):.9f}", decoded(data))
    try:
        grid = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=False)
    except Exception:  # The library raises whatever its parsing runs into.
        grid = None
    if grid is None:
        refuse("This is no TextGrid that Praat would read")
    lasting = [(*_kind(tier["name"]), tier) for tier in grid["tiers"] if tier["class"] == "IntervalTier"]
    sounds = sum(kind == "sounds" for _, kind, _ in lasting)
    notices = (
        *_left_out("Tiers of points were left out.", len(grid["tiers"]) - len(lasting)),
        *_left_out("Tiers of phones or syllables were left out.", sounds),
    )
    intervals = [
        (voice, kind, *entry)
        for voice, kind, tier in lasting
        for entry in _entries(tier)
        if not (sounds and entry[2] in _SILENCE)
    ]
    # Tier for tier is an order of its own, and no disorder.
    segments = sorted(_segments(intervals), key=lambda one: one.start_ms or 0)
    return finished(segments, duration_ms=_ms(grid["xmax"]), notices=notices)


def _left_out(message: str, count: int) -> tuple[Notice, ...]:
    return (Notice("incomplete", message, count=count),) if count else ()


def _segments(intervals: list[_Interval]) -> Iterator[Segment]:
    """The segments with the words that lie in them; words of a voice that lie in none are segments of their own."""
    words: dict[str, list[Word]] = {}
    # What a voice says over itself stands in several tiers.
    for voice, kind, start, end, text in sorted(intervals, key=itemgetter(2)):
        if kind == "words":
            words.setdefault(voice, []).append(Word(text, start, end))
    starts = {voice: [word.start_ms or 0 for word in said] for voice, said in words.items()}
    placed: set[int] = set()
    for voice, kind, start, end, text in intervals:
        if kind == "segments":
            near = words.get(voice, [])[slice(*_near(starts.get(voice, []), start, end))]
            inside = tuple(word for word in near if (word.end_ms or 0) <= end and id(word) not in placed)
            placed.update(map(id, inside))
            yield Segment(text, start, end, inside, speaker=voice or None)
    for voice, said in words.items():
        yield from spoken((word for word in said if id(word) not in placed), speaker=voice or None)


def _near(starts: list[int], start: int, end: int) -> tuple[int, int]:
    return bisect_left(starts, start), bisect_right(starts, end)


def _kind(name: str) -> tuple[str, str]:
    """Whose tier it is, and whether it holds `segments`, `words` or `sounds`, which are smaller than words."""
    found = _TIER.fullmatch(name.strip())
    if found is None:
        return name.strip(), "segments"
    return found["voice"] or "", "words" if found["words"] else "sounds" if found["sounds"] else "segments"


def _entries(tier: dict[str, Any]) -> Iterator[tuple[int, int, str]]:
    for start, end, text in tier["entries"]:
        said = one_line(text)
        if not said:
            continue
        if _ms(end) < _ms(start):
            refuse(f"the interval at {_ms(start)} ms ends before it starts")
        yield _ms(start), _ms(end), said


def _ms(value: Any) -> int:
    try:
        ms = round(float(value) * 1000)
    except (ValueError, OverflowError, TypeError):
        ms = -1
    if ms < 0:
        refuse("a time of the TextGrid is negative or no number")
    return ms


def _sniff(head: bytes) -> bool:
    return b"ooTextFile" in head.replace(b"\0", b"")[:200]


READER = Reader("textgrid", (".textgrid",), _sniff, read)
