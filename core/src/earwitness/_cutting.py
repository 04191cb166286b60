"""Cutting speech into what fits on a screen at once, only where the vendor gave a word's time.

A screen has at most two lines of 42 cells where nobody says otherwise (Netflix Timed Text Style Guide, English; a
Chinese, Japanese or Korean character is two cells wide). Text without word times stays whole, however long: no time is
invented.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ._text import is_unspaced
from .models import Word

__all__ = ["SCREEN", "Shape", "Stretch", "cells", "cut", "wrapped"]

PAUSE_MS = 300
"""A pause this long between two words is as good a place to cut as a comma."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।]['\"”’»」』)\]）】]*$")
_CLAUSE_END = re.compile(r"[,;:，；：、،–—]['\"”’»」』)\]）】]*$")
_SEARCH = 24
"""How many characters of the segment's text may stand before the next word: punctuation, or words without times."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What fits on the screen: `lines` lines of `line_cells` columns each; a wide character takes two columns."""

    line_cells: int = 42
    lines: int = 2

    def holds(self, text: str) -> bool:
        """Whether the text fits at once."""
        size = cells(text.rstrip())
        if size <= self.line_cells:
            return True
        return size <= self.lines * self.line_cells and wrapped(text, self.line_cells).count("\n") < self.lines


SCREEN = Shape()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a segment's text that begins at a timed word, with its times and its words."""

    text: str = field(repr=False)
    start_ms: int
    end_ms: int
    words: tuple[Word, ...] = field(default=(), repr=False)


def cut(
    text: str, words: Sequence[Word], *, start_ms: int, end_ms: int, shape: Shape = SCREEN, lead: str = ""
) -> Iterator[Stretch]:
    """The text in stretches that each fit, as far as its words have times. `lead` takes room in front of the first."""
    if shape.holds(lead + text):
        yield Stretch(text, start_ms, end_ms, tuple(words))
        return
    units = _units(text, words, start_ms, end_ms)
    while units:
        count = _fitting(units, lead, shape)
        shown, units, lead = units[:count], units[count:], ""
        yield Stretch(_text(shown), shown[0].start_ms, shown[-1].end_ms, sum((one.words for one in shown), ()))


def wrapped(text: str, line_cells: int = SCREEN.line_cells) -> str:
    """The text in lines of so many cells; a longer word stays whole, and no line begins with closing punctuation."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > line_cells:
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


def _units(text: str, words: Sequence[Word], start: int, end: int) -> list[Stretch]:
    """The text cut before each word that has a time and can be found in it; nothing of text and words is lost."""
    places = _places(text, words)
    starts = [0, *(place.position for place in places[1:])]
    firsts = [0, *(place.word for place in places[1:])]
    times = [start, *(place.start_ms for place in places[1:])]
    lasts = [place.end_ms for place in places] or [end]
    lasts[-1] = end
    return [
        Stretch(text[left:right], begin, until, tuple(words[first:behind]))
        for left, right, begin, until, first, behind in zip(
            starts, [*starts[1:], len(text)], times, lasts, firsts, [*firsts[1:], len(words)], strict=True
        )
    ]


@dataclass(slots=True)
class _Place:
    """A timed word that stands in the text: where, which, its start, and the end of speech before the next one."""

    position: int
    word: int
    start_ms: int
    end_ms: int


def _places(text: str, words: Sequence[Word]) -> list[_Place]:
    folded = text.lower() if len(text.lower()) == len(text) else text
    found: list[_Place] = []
    cursor = skipped = 0
    for number, word in enumerate(words):
        wanted = word.text.strip()
        reach = cursor + skipped + len(wanted) + _SEARCH
        position = _find(folded, wanted.lower() if folded is not text else wanted, cursor, reach)
        if position < 0 or not wanted:
            skipped += len(wanted) + 1
        else:
            cursor, skipped = position + len(wanted), 0
        if word.start_ms is not None and position >= 0 and wanted:
            found.append(_Place(position, number, word.start_ms, word.end_ms or word.start_ms))
        elif found and word.end_ms is not None:
            found[-1].end_ms = word.end_ms
    return found


def _find(text: str, wanted: str, cursor: int, reach: int) -> int:
    """Where the word stands as a word of its own, not inside another one; -1 where it does not."""
    position = text.find(wanted, cursor, reach)
    while position > 0 and text[position - 1].isalnum() and not is_unspaced(text[position]) and position != cursor:
        position = text.find(wanted, position + 1, reach)
    return position


def _fitting(units: Sequence[Stretch], lead: str, shape: Shape) -> int:
    """How many of the units make the next stretch: as many as fit, less what stands behind a better place to cut."""
    count = 1
    while count < len(units) and shape.holds(lead + _text(units[: count + 1])):
        count += 1
    if count == len(units):
        return count
    return _best(units, count)


def _best(units: Sequence[Stretch], count: int) -> int:
    """The last end of a sentence in the second half, else the last end of a clause or pause there, else `count`."""
    candidates = range(count, count // 2, -1)
    for good in (_ends_sentence, _ends_clause):
        for number in candidates:
            if good(units[number - 1], units[number]):
                return number
    return count


def _ends_sentence(unit: Stretch, _: Stretch) -> bool:
    return _SENTENCE_END.search(unit.text.rstrip()) is not None


def _ends_clause(unit: Stretch, following: Stretch) -> bool:
    paused = following.start_ms - unit.end_ms >= PAUSE_MS
    return paused or _CLAUSE_END.search(unit.text.rstrip()) is not None


def _text(units: Sequence[Stretch]) -> str:
    return "".join(unit.text for unit in units)


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
