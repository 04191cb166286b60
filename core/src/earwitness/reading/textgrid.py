"""textgrid: Praat's TextGrid, read with praatio (extra `formats`).

A tier whose name ends in `words` gives words, one whose name ends in `segments`, or any other, gives segments; what
stands before that is the speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .._extras import extra
from .._text import join_texts, one_line
from ..models import Segment, Transcript, Word
from ._base import Reader, decoded, finished, refuse

__all__ = ["READER", "read"]

_TIER = re.compile(r"(?P<voice>.*?)\s*\b(?P<kind>segments|words)\b(?: \(\d+\))?$", re.IGNORECASE)


def read(data: bytes) -> Transcript:
    """The tiers' intervals that hold text. Raises InvalidTranscriptError."""
    textgrid_io = extra("praatio.utilities.textgrid_io", "formats")
    text = decoded(data)
    try:
        grid = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=False)
    except Exception:  # The library raises whatever its parsing runs into.
        grid = None
    if grid is None:
        refuse("This is no TextGrid that Praat would read")
    return finished(_segments(grid), duration_ms=_ms(grid["xmax"]))


def _segments(grid: dict[str, Any]) -> Iterator[Segment]:
    intervals = [
        (_kind(tier["name"]), *entry)
        for tier in grid["tiers"]
        if tier["class"] == "IntervalTier"
        for entry in _entries(tier)
    ]
    voices = {voice for (voice, kind), *_ in intervals if kind == "segments"}
    words = [(voice, Word(text, start, end)) for (voice, kind), start, end, text in intervals if kind == "words"]
    # What a voice says over itself stands in several tiers.
    words.sort(key=lambda item: item[1].start_ms or 0)
    for (voice, kind), start, end, text in intervals:
        if kind == "segments":
            inside = (word for owner, word in words if owner == voice)
            yield Segment(text, start, end, _within(inside, start, end), speaker=voice or None)
    for voice in dict.fromkeys(owner for owner, _ in words if owner not in voices):
        yield _of_words([word for owner, word in words if owner == voice], voice)


def _kind(name: str) -> tuple[str, str]:
    found = _TIER.match(name.strip())
    return (found["voice"], found["kind"].lower()) if found else (name.strip(), "segments")


def _entries(tier: dict[str, Any]) -> Iterator[tuple[int, int, str]]:
    for start, end, text in tier["entries"]:
        spoken = one_line(text)
        if spoken:
            yield _ms(start), _ms(end), spoken


def _within(words: Iterable[Word], start: int, end: int) -> tuple[Word, ...]:
    return tuple(one for one in words if start <= (one.start_ms or 0) and (one.end_ms or 0) <= end)


def _of_words(words: list[Word], voice: str) -> Segment:
    last = max(word.end_ms or 0 for word in words)
    text = join_texts(word.text for word in words)
    return Segment(text, words[0].start_ms, last, tuple(words), speaker=voice or None, derived=("text",))


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
