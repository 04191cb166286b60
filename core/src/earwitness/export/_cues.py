"""Subtitle cues: what fits on the screen at once, cut only where the vendor gave a word's time.

A cue has at most two lines of 42 cells (Netflix Timed Text Style Guide, English; a Chinese, Japanese or Korean
character is two cells wide). A segment without word times stays one cue, however long: no time is invented.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter

from .._text import is_unspaced
from ..errors import UnsupportedFeatureError
from ..models import Segment, Transcript, Word
from ._voices import Voices, one_line

__all__ = ["LINES", "LINE_CELLS", "Cue", "cells", "cues", "wrapped"]

LINE_CELLS = 42
LINES = 2
PAUSE_MS = 300
"""A pause this long between two words is as good a place to cut as a comma."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।]['\"”’»」』)\]）】]*$")
_CLAUSE_END = re.compile(r"[,;:，；：、،–—]['\"”’»」』)\]）】]*$")
_SEARCH = 24
"""How many characters of the segment's text may stand before the next word: punctuation, or words without times."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Text shown from `start_ms` to `end_ms` (milliseconds, end after start), and whose voice it is."""

    start_ms: int
    end_ms: int
    text: str = field(repr=False)
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of a segment's text that begins at a timed word."""

    text: str
    start_ms: int
    end_ms: int


def cues(transcript: Transcript, *, format: str, named: bool = False) -> list[Cue]:
    """The cues in order of time. `named` puts the voice's name in front of the text where the voice changes.

    Raises UnsupportedFeatureError where a segment has no times, neither its own nor its words'.
    """
    voices = Voices(transcript)
    found: list[Cue] = []
    last: str | None = None
    for segment, start, end in _timed(transcript, format):
        voice = voices.of(segment)
        lead = f"{voice}: " if named and voice is not None and voice != last else ""
        last = voice
        found.extend(_cut(segment, start, end, lead, voice))
    return sorted(found, key=attrgetter("start_ms"))


def wrapped(text: str) -> str:
    """The text in lines of at most 42 cells; a longer word stays whole, and no line begins with closing punctuation."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > LINE_CELLS:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return "\n".join([*lines, line.rstrip()])


def cells(text: str) -> int:
    """How many columns of a terminal or screen the text takes: 2 for a wide character, 0 for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(_char_cells(char) for char in text)


def _char_cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _timed(transcript: Transcript, format: str) -> list[tuple[Segment, int, int]]:
    """The segments that say something with their start and end, in order of time."""
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    found = []
    for segment in spoken:
        start, end = _start(segment), _end(segment)
        if start is not None and end is not None:
            found.append((segment, start, end))
    if len(found) < len(spoken):
        raise _untimed(transcript, len(spoken) - len(found), len(spoken), format)
    return sorted(found, key=itemgetter(1))


def _untimed(transcript: Transcript, without: int, of: int, format: str) -> UnsupportedFeatureError:
    provider = transcript.served_by.provider if transcript.served_by else None
    return UnsupportedFeatureError(
        f"{provider or 'The vendor'} gave no times for {without} of {of} segments, and {format} needs them",
        action="Use the format txt or json, or ask for word times.",
        feature="word_times",
        provider=provider,
    )


def _start(segment: Segment) -> int | None:
    if segment.start_ms is not None:
        return segment.start_ms
    return next((word.start_ms for word in segment.words if word.start_ms is not None), None)


def _end(segment: Segment) -> int | None:
    if segment.end_ms is not None:
        return segment.end_ms
    return next((word.end_ms for word in reversed(segment.words) if word.end_ms is not None), None)


def _cut(segment: Segment, start: int, end: int, lead: str, voice: str | None) -> Iterator[Cue]:
    """The segment as cues that each fit, as far as its word times allow."""
    text = one_line(segment.text)
    if _fits(lead + text):
        yield _cue(start, end, lead + text, voice)
        return
    units = _units(text, segment.words, start, end)
    while units:
        count = _fitting(units, lead)
        shown, units = units[:count], units[count:]
        yield _cue(shown[0].start_ms, shown[-1].end_ms, lead + _text(shown), voice)
        lead = ""


def _cue(start: int, end: int, text: str, voice: str | None) -> Cue:
    # Both formats want the end after the start; a vendor's instant is shown for one millisecond.
    return Cue(start, max(end, start + 1), text.rstrip(), voice)


def _units(text: str, words: Sequence[Word], start: int, end: int) -> list[_Unit]:
    """The text cut before each word that has a time and can be found in it; nothing of the text is lost."""
    places = _places(text, words)
    starts = [0, *(position for position, _, _ in places[1:])]
    ends = [*starts[1:], len(text)]
    times = [start, *(time for _, time, _ in places[1:])]
    lasts = [until for _, _, until in places] or [end]
    lasts[-1] = end
    return [
        _Unit(text[left:right], begin, until)
        for left, right, begin, until in zip(starts, ends, times, lasts, strict=True)
    ]


def _places(text: str, words: Sequence[Word]) -> list[tuple[int, int, int]]:
    """Each timed word that stands in the text: its position, its start, and the end of speech before the next one."""
    folded = text.lower() if len(text.lower()) == len(text) else text
    found: list[tuple[int, int, int]] = []
    cursor = skipped = 0
    for word in words:
        wanted = word.text.strip()
        reach = cursor + skipped + len(wanted) + _SEARCH
        position = _find(folded, wanted.lower() if folded is not text else wanted, cursor, reach)
        if position < 0 or not wanted:
            skipped += len(wanted) + 1
        else:
            cursor, skipped = position + len(wanted), 0
        if word.start_ms is not None and position >= 0 and wanted:
            found.append((position, word.start_ms, word.end_ms or word.start_ms))
        elif found and word.end_ms is not None:
            found[-1] = (*found[-1][:2], word.end_ms)
    return found


def _find(text: str, wanted: str, cursor: int, reach: int) -> int:
    """Where the word stands as a word of its own, not inside another one; -1 where it does not."""
    position = text.find(wanted, cursor, reach)
    while position > 0 and text[position - 1].isalnum() and not is_unspaced(text[position]) and position != cursor:
        position = text.find(wanted, position + 1, reach)
    return position


def _fitting(units: Sequence[_Unit], lead: str) -> int:
    """How many of the units make the next cue: as many as fit, less what stands behind a better place to cut."""
    count = 1
    while count < len(units) and _fits(lead + _text(units[: count + 1])):
        count += 1
    if count == len(units):
        return count
    return _best(units, count)


def _best(units: Sequence[_Unit], count: int) -> int:
    """The last end of a sentence in the second half, else the last end of a clause or pause there, else `count`."""
    candidates = range(count, count // 2, -1)
    for good in (_ends_sentence, _ends_clause):
        for number in candidates:
            if good(units[number - 1], units[number]):
                return number
    return count


def _ends_sentence(unit: _Unit, _: _Unit) -> bool:
    return _SENTENCE_END.search(unit.text.rstrip()) is not None


def _ends_clause(unit: _Unit, following: _Unit) -> bool:
    paused = following.start_ms - unit.end_ms >= PAUSE_MS
    return paused or _CLAUSE_END.search(unit.text.rstrip()) is not None


def _text(units: Sequence[_Unit]) -> str:
    return "".join(unit.text for unit in units)


def _fits(text: str) -> bool:
    size = cells(text.rstrip())
    return size <= LINE_CELLS or (size <= LINES * LINE_CELLS and wrapped(text).count("\n") < LINES)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces between which a line may end: words with their blank, and single unspaced characters."""
    piece = ""
    for char in text:
        if piece and _may_break(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(left: str, right: str) -> bool:
    if left.isspace():
        return not right.isspace()
    if right.isspace() or unicodedata.category(right) in ("Pe", "Pf", "Po", "Mn", "Me", "Cf", "Lm"):
        return False
    if unicodedata.category(left) in ("Ps", "Pi"):
        return False
    return is_unspaced(left) or is_unspaced(right)
