"""What is the same text in another shape: width and composition, marks that nobody speaks, and case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ._data import table
from ._marked import Marked, Writer

__all__ = [
    "SPOKEN",
    "TABLES",
    "between",
    "blanked",
    "formatted",
    "marked_plain",
    "marked_raw",
    "marked_tokens",
    "shaped",
    "tags_dropped",
    "without_case",
    "without_foreign_marks",
    "without_marks",
]

DATA = table(__package__, "format.toml")
SPOKEN = frozenset(DATA["spoken"].split())
"""Marks with a name that is said."""
_APOSTROPHES = "’‘ʼ‛`´′＇"
_HYPHENS = "‐‑‒–—―−﹣－⁃"
# Blocks whose characters are others in another width, height or frame: full and half width, squared units, Roman
# numerals, ligatures, fractions, raised and lowered digits, letterlike units. Not all of NFKC: it would also take
# apart what is spelled on purpose.
_SHAPES = (
    (0x00B2, 0x00B3), (0x00B9, 0x00B9), (0x00BC, 0x00BE), (0x2070, 0x209C), (0x2103, 0x2103), (0x2109, 0x2109),
    (0x2113, 0x2113), (0x2116, 0x2116), (0x2121, 0x2122), (0x2126, 0x2126), (0x212A, 0x212B), (0x2150, 0x2188),
    (0x2460, 0x2473), (0x3000, 0x3000), (0x32C0, 0x32CB), (0x3300, 0x33FF), (0xF900, 0xFAFF), (0xFB00, 0xFB06),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
)  # fmt: skip
_UNHEARD = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x0640, 0x0640), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF),
)  # fmt: skip
"""Soft hyphen, joiners, marks of direction, tatweel, variation selectors: how a text is set, not what it says."""

# Between digits a point, comma, colon or slash is part of a number, and within a word an apostrophe part of it.
_MARK = re.compile(r"(?<=[0-9])[.,:/](?=[0-9])|(?<=[^\W_])'(?=[^\W_])|([^\w\s]|_)")
_FOREIGN_MARK = re.compile(r"([^\x00-\x7f\w\s])")
_TAG = re.compile(r"\[[^\[\]]{1,40}\]|<[^<>]{1,40}>|\([^()]{1,40}\)|\{[^{}]{1,40}\}")
_EVENTS = frozenset(DATA["events"].split())
_BESIDE = frozenset(DATA["beside_events"].split())
TABLES: Mapping[str, object] = {
    "data": DATA,
    "hyphens": _HYPHENS,
    "apostrophes": _APOSTROPHES,
    "shapes": _SHAPES,
    "unheard": _UNHEARD,
    "mark": _MARK.pattern,
    "tag": _TAG.pattern,
}


def shaped(text: str) -> str:
    """The text in one width and composition (NFC), with one kind of apostrophe and of hyphen; marks and case stay."""
    if text.isascii():
        return text.replace("`", "'")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_shapes()))


def without_marks(text: str) -> str:
    """The text with a blank for each mark that nobody speaks; numbers keep their points, words their apostrophes.

    Marks that combine with a letter (the vowels of Indic scripts, accents) belong to the word.
    """
    return " ".join(blanked(text).split())


def blanked(text: str) -> str:
    """The same with the blanks as they come, those at the ends too."""
    return _MARK.sub(_blank, text)


def without_foreign_marks(text: str) -> str:
    """The text with a blank for each silent mark that is not ASCII: no number or word of English holds one."""
    return text if text.isascii() else _FOREIGN_MARK.sub(_blank, text)


def without_case(text: str) -> str:
    """The text with capitals and small letters alike, by Unicode's case folding."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.casefold().replace("i\u0307", "i").replace("ʼ", "'"))


def formatted(text: str) -> str:
    """All of it: one shape, no silent marks, no case."""
    return without_marks(without_case(shaped(text)))


def tags_dropped(text: str) -> str:
    """Bracketed names of sounds (`[laughter]`, `<noise>`, `(박수)`) are gone; all else in brackets stays."""
    return _TAG.sub(_tag, text) if any(mark in text for mark in "[<({") else text


def marked_raw(text: str) -> Marked:
    """The text as it is."""
    return Marked(text)


def marked_plain(text: str) -> Marked:
    """The same text, its blanks single, with nothing that could be read otherwise."""
    return Marked(" ".join(text.split()))


def marked_tokens(text: str, token: re.Pattern[str], read: Callable[[re.Match[str], str, Writer], None]) -> Marked:
    """The text in which `read` writes each token with its readings; it is given the match and the whole text."""
    out = Writer()
    done = 0
    for found in token.finditer(text):
        out.write(between(text[done : found.start()]))
        read(found, text, out)
        done = found.end()
    out.write(between(text[done:]))
    return out.marked()


def between(text: str) -> str:
    """Text between tokens; blanks at its ends say that it stands apart from them."""
    return blanked(without_case(text))


def _tag(found: re.Match[str]) -> str:
    words = re.findall(r"[^\W_]+", found[0].casefold())
    named = any(word in _EVENTS for word in words)
    return " " if named and all(word in _EVENTS or word in _BESIDE for word in words) else found[0]


def _blank(found: re.Match[str]) -> str:
    mark = found[1]
    return found[0] if mark is None or _is_heard(mark) else " "


def _is_heard(mark: str) -> bool:
    return mark in SPOKEN or unicodedata.category(mark)[0] == "M"


@cache
def _shapes() -> dict[int, str]:
    """Each character of those blocks with what it is in common shape."""
    table = {point: _common(chr(point)) for point in _points(_SHAPES)}
    table |= dict.fromkeys(_points(_UNHEARD), "")
    table |= {ord(char): "'" for char in _APOSTROPHES} | {ord(char): "-" for char in _HYPHENS}
    return table


def _common(char: str) -> str:
    common = unicodedata.normalize("NFKC", char).replace("\u2044", "/")
    return f" {common}" if "/" in common and len(common) > 1 else common  # 5½ is not 51/2


def _points(blocks: tuple[tuple[int, int], ...]) -> Iterator[int]:
    return (point for low, high in blocks for point in range(low, high + 1))
