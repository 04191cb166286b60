"""Cutting speech into what fits on a screen at once, only where the vendor gave a word's time.

A screen has at most two lines of 42 cells where nobody says otherwise (Netflix Timed Text Style Guide, English; a
Chinese, Japanese or Korean character is two cells wide). Text without word times stays whole, however long: no time is
invented.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ._text import is_seamless, is_unspaced, may_break
from .models import Segment, Word

__all__ = ["SCREEN", "Shape", "Stretch", "cells", "cut", "each_word", "span", "wrapped"]

PAUSE_MS = 300
"""A pause this long between two words is as good a place to cut as a comma."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।]['\"”’»」』)\]）】]*$")
_CLAUSE_END = re.compile(r"[,;:，；：、،–—]['\"”’»」』)\]）】]*$")
_WITH_BLANKS = re.compile(r"\S+\s*|\s+")
_SEARCH = 24
"""How many characters of the segment's text may stand before the next word: punctuation, or words without times."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What fits on the screen: `lines` lines of `line_cells` columns each; a wide character takes two columns."""

    line_cells: int = 42
    lines: int = 2

    def holds(self, text: str, words: Sequence[Word] = ()) -> bool:
        """Whether the text, said in these words, fits at once."""
        size = cells(text.rstrip())
        if size <= self.line_cells:
            return True
        return size <= self.lines * self.line_cells and wrapped(text, self.line_cells, words).count("\n") < self.lines


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
    if shape.holds(lead + text, words):
        yield Stretch(text, start_ms, end_ms, tuple(words))
        return
    units = _breakable(each_word(text, words, start_ms=start_ms, end_ms=end_ms))
    while units:
        count = _fitting(units, lead, shape)
        shown, units, lead = units[:count], units[count:], ""
        yield Stretch(_text(shown), shown[0].start_ms, shown[-1].end_ms, sum((one.words for one in shown), ()))


def each_word(text: str, words: Sequence[Word], *, start_ms: int, end_ms: int) -> list[Stretch]:
    """The text cut before each word that has a time and can be found in it; nothing of text and words is lost."""
    places = _places(text, words)
    starts = [0, *(place.position for place in places[1:])]
    firsts = [0, *(place.word for place in places[1:])]
    times = [start_ms, *(place.start_ms for place in places[1:])]
    lasts = [place.end_ms for place in places] or [end_ms]
    lasts[-1] = end_ms
    return [
        Stretch(text[left:right], begin, until, tuple(words[first:behind]))
        for left, right, begin, until, first, behind in zip(
            starts, [*starts[1:], len(text)], times, lasts, firsts, [*firsts[1:], len(words)], strict=True
        )
    ]


def span(segment: Segment) -> tuple[int | None, int | None]:
    """The segment's own start and end in milliseconds, or else its words'."""
    start, end = segment.start_ms, segment.end_ms
    if start is None:
        start = next((word.start_ms for word in segment.words if word.start_ms is not None), None)
    if end is None:
        end = next((word.end_ms for word in reversed(segment.words) if word.end_ms is not None), None)
    return start, end


def wrapped(text: str, line_cells: int = SCREEN.line_cells, words: Sequence[Word] = ()) -> str:
    """The text in lines of so many cells; a longer word stays whole, and no line begins with closing punctuation.

    Where blanks do not tell the words of a Chinese or Japanese text, `words` do: none of them is cut either.
    """
    lines: list[str] = []
    line, size = "", 0
    for piece in _pieces(text, words, line_cells):
        if line and size + cells(piece.rstrip()) > line_cells:
            lines.append(_ended(line, piece.lstrip()))
            line, size = "", 0
            piece = piece.lstrip()
        line += piece
        size += cells(piece)
    return "\n".join([*lines, line.rstrip()])


def _ended(line: str, following: str) -> str:
    """The line without blanks at its end; one stays where readers would not know of it, between Chinese characters."""
    bare = line.rstrip()
    return f"{bare} " if line != bare and bare and following and is_seamless(bare[-1], following[0]) else bare


def cells(text: str) -> int:
    """How many columns of a terminal or screen the text takes: 2 for a wide character, 0 for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(_char_cells(char) for char in text)


@lru_cache(maxsize=8192)
def _char_cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _breakable(units: Sequence[Stretch]) -> list[Stretch]:
    """The units, joined where a line may not end between them."""
    joined: list[Stretch] = []
    for unit in units:
        last = joined[-1] if joined else None
        if last is None or may_break(last.text, unit.text):
            joined.append(unit)
        else:
            joined[-1] = replace(last, text=last.text + unit.text, end_ms=unit.end_ms, words=(*last.words, *unit.words))
    return joined


@dataclass(slots=True)
class _Place:
    """A timed word that stands in the text: where, which, its start, and the end of speech before the next one."""

    position: int
    word: int
    start_ms: int
    end_ms: int


def _places(text: str, words: Sequence[Word]) -> list[_Place]:
    found: list[_Place] = []
    for number, (word, position) in enumerate(zip(words, _positions(text, words), strict=True)):
        if word.start_ms is not None and position >= 0:
            found.append(_Place(position, number, word.start_ms, word.end_ms or word.start_ms))
        elif found and word.end_ms is not None:
            found[-1].end_ms = word.end_ms
    return found


def _positions(text: str, words: Sequence[Word]) -> Iterator[int]:
    """Where each word stands in the text, behind the one before it; -1 for a word that does not."""
    folded = text.lower() if len(text.lower()) == len(text) else text
    cursor = skipped = 0
    for word in words:
        wanted = word.text.strip()
        reach = cursor + skipped + len(wanted) + _SEARCH
        position = _find(folded, wanted.lower() if folded is not text else wanted, cursor, reach) if wanted else -1
        if position < 0:
            skipped += len(wanted) + 1
        else:
            cursor, skipped = position + len(wanted), 0
        yield position


def _find(text: str, wanted: str, cursor: int, reach: int) -> int:
    """Where the word stands as a word of its own, not inside another one; -1 where it does not."""
    position = text.find(wanted, cursor, reach)
    while position > 0 and text[position - 1].isalnum() and not is_unspaced(text[position]) and position != cursor:
        position = text.find(wanted, position + 1, reach)
    return position


def _fitting(units: Sequence[Stretch], lead: str, shape: Shape) -> int:
    """How many of the units make the next stretch: as many as fit, less what stands behind a better place to cut."""
    count, words = 1, units[0].words
    while count < len(units):
        words = (*words, *units[count].words)
        if not shape.holds(lead + _text(units[: count + 1]), words):
            break
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


def _pieces(text: str, words: Sequence[Word], line_cells: int) -> Iterator[str]:
    """The text in pieces between which a line may end: words with their blank, and single unspaced characters."""
    if text.isascii():
        yield from _WITH_BLANKS.findall(text)
        return
    whole = _inside(text, words, line_cells) if any(map(is_unspaced, text)) else ()
    begin = 0
    for place in range(1, len(text)):
        if place not in whole and may_break(text[max(0, place - 2) : place], text[place : place + 2]):
            yield text[begin:place]
            begin = place
    if text:
        yield text[begin:]


def _inside(text: str, words: Sequence[Word], line_cells: int) -> frozenset[int]:
    """The places inside a word; what is longer than a line may be cut."""
    return frozenset(
        place
        for word, position in zip(words, _positions(text, words), strict=True)
        if position >= 0 and cells(word.text) <= line_cells
        for place in range(position + 1, position + len(word.text.strip()))
    )
