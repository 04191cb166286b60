"""A normalised text whose stretches may be read in several ways, and its split into the units that are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from ..._text import is_unspaced
from ..units import Choice, Units

__all__ = ["Marked", "Span", "Writer", "as_characters", "as_mixed", "as_words"]

MOST_READINGS = 48
"""A stretch with more readings than this keeps the first ones: time grows with them."""
_UNSPACED_BLOCKS = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"))  # Thai and Lao, Burmese, Khmer


class Span(NamedTuple):
    """The text from `start` to `end` may as well read as one of `others`."""

    start: int
    end: int
    others: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Marked:
    """A normalised text: its parts separated by single blanks. Spans are in order and do not overlap."""

    text: str
    spans: tuple[Span, ...] = ()


class Writer:
    """Builds a marked text piece by piece; blanks are never doubled, and none stands at either end."""

    __slots__ = ("_length", "_parts", "_spans", "_wanted")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._spans: list[Span] = []
        self._length = 0
        self._wanted = False

    def blank(self) -> None:
        """What follows stands apart from what was written."""
        self._wanted = self._length > 0

    def write(self, text: str, others: Sequence[str] = ()) -> None:
        """Adds a text, which may as well read as one of `others`; blanks around it part it from its neighbours."""
        inner = " ".join(text.split())
        if not inner:
            self._wanted = self._wanted or (bool(text) and self._length > 0)
            return
        if self._wanted or (text[0].isspace() and self._length):
            self._add(" ")
        start = self._length
        self._add(inner)
        if kept := tuple(dict.fromkeys(other for other in others if other != inner)):
            self._spans.append(Span(start, self._length, kept))
        self._wanted = text[-1].isspace()

    def marked(self) -> Marked:
        """What was written so far."""
        return Marked("".join(self._parts), tuple(self._spans))

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def as_words(marked: Marked) -> Units:
    """Words are what blanks part."""
    return _units(marked, str.split, _word_around)


def as_characters(marked: Marked) -> Units:
    """Characters are code points; blanks are not compared."""
    return _units(marked, _characters, _exactly)


def as_mixed(marked: Marked) -> Units:
    """Words where the script parts words by blanks, and single characters where it does not."""
    return _units(marked, _mixed, _run_around)


_Split = Callable[[str], list[str]]
_Around = Callable[[str, Span], tuple[int, int]]


class _Group(NamedTuple):
    """Spans that share a unit, with the borders of the units that they touch."""

    start: int
    end: int
    spans: list[Span]


def _units(marked: Marked, split: _Split, around: _Around) -> Units:
    """The text in units; a choice covers whole units, so a span is widened to the borders of those that it touches."""
    if not marked.spans:
        return Units(tuple(split(marked.text)))
    units: list[str] = []
    choices: list[Choice] = []
    done = 0
    for group in _groups(marked, around):
        units += split(marked.text[done : group.start])
        readings = tuple(dict.fromkeys(tuple(split(reading)) for reading in _readings(marked.text, group)))
        if len(readings) > 1:
            choices.append(Choice(len(units), len(units) + len(readings[0]), readings))
        units += readings[0]
        done = group.end
    units += split(marked.text[done:])
    return Units(tuple(units), tuple(choices))


def _groups(marked: Marked, around: _Around) -> Iterator[_Group]:
    group: _Group | None = None
    for span in marked.spans:
        start, end = around(marked.text, span)
        if group is not None and span.start < group.end:
            group = _Group(group.start, max(group.end, end), [*group.spans, span])
            continue
        if group is not None:
            yield group
        group = _Group(start, end, [span])
    if group is not None:
        yield group


def _readings(text: str, group: _Group) -> Iterator[str]:
    """Every reading of the whole stretch, as it stands first; the number of each span's is cut to what is bearable."""
    allowed = MOST_READINGS
    for _ in group.spans[1:]:
        allowed = int(MOST_READINGS ** (1 / len(group.spans)))
    ways = [(text[span.start : span.end], *span.others)[: max(allowed, 2)] for span in group.spans[:5]]
    seams = [group.start, *(at for span in group.spans[:5] for at in (span.start, span.end)), group.end]
    between = [text[seams[at] : seams[at + 1]] for at in range(0, len(seams), 2)]
    for chosen in product(*ways):
        yield between[0] + "".join(way + rest for way, rest in zip(chosen, between[1:], strict=True))


def _characters(text: str) -> list[str]:
    return list("".join(text.split()))


def _mixed(text: str) -> list[str]:
    if text.isascii():
        return text.split()
    units: list[str] = []
    for word in text.split():
        start = 0
        for at, char in enumerate(word):
            if _stands_alone(char):
                units += (word[start:at], char) if at > start else (char,)
                start = at + 1
        if start < len(word):
            units.append(word[start:])
    return units


def _exactly(text: str, span: Span) -> tuple[int, int]:
    return span.start, span.end


def _word_around(text: str, span: Span) -> tuple[int, int]:
    end = text.find(" ", span.end)
    return text.rfind(" ", 0, span.start) + 1, len(text) if end < 0 else end


def _run_around(text: str, span: Span) -> tuple[int, int]:
    """The span with the rest of the words that it begins or ends in."""
    start, end = span.start, span.end
    while start and not _ends_unit(text[start - 1]) and not _ends_unit(text[start]):
        start -= 1
    while end < len(text) and not _ends_unit(text[end]) and not _ends_unit(text[end - 1]):
        end += 1
    return start, end


def _ends_unit(char: str) -> bool:
    return char == " " or _stands_alone(char)


def _stands_alone(char: str) -> bool:
    return char > "\u0e00" and (is_unspaced(char) or any(low <= char <= high for low, high in _UNSPACED_BLOCKS))
