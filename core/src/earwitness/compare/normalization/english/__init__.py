"""English for comparison: what sounds the same is the same, and digits may be read in every way they are said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from .. import _format as form
from .._marked import Marked, Writer
from . import _numbers as numbers
from . import _tables as tables

__all__ = ["TABLES", "VERSION", "marked"]

VERSION = "1"
_CURRENCY = "".join(map(re.escape, tables.CURRENCIES))
_UNIT = "|".join(sorted((re.escape(unit) for unit in tables.UNITS), key=len, reverse=True))
_SCALE = "hundred|thousand|million|billion|trillion|bn|mn|k|m|b"
_COUNT = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]*(?:\.[0-9]+)+|[0-9]+(?:\.[0-9]+)*"
_LETTER = r"[^\W\d_]"
_WORD = rf"(?:[A-Za-z]|[^\x00-\x7f\s{''.join(sorted(mark for mark in form.SPOKEN if mark > '~'))}])"
# In order: a kind stands before every kind that would take a part of it. Words come first, being the most, unless a
# digit or a point makes more of them.
_TOKEN = re.compile(
    rf"""
    (?P<word>'(?:em|cause|til)\b|(?>{_WORD}+(?:['-]{_WORD}+)*)(?![0-9]|\.{_LETTER}))
  | (?P<money>(?P<sign>[{_CURRENCY}])\ ?(?P<sum>{_COUNT})(?:\ ?(?P<scale>{_SCALE})\b)?)
  | (?P<clock>(?<![0-9.:])(?P<hour>[01]?[0-9]|2[0-4])(?::(?P<minute>[0-5][0-9])(?![0-9:])
      (?:\ ?(?P<half>[ap]\.?m\b\.?))?|\ ?(?P<only>[ap]\.?m\b\.?)))
  | (?P<decade>'?(?P<years>[0-9]{{2}}|[0-9]{{4}})'?s\b)
  | (?P<ranked>(?P<rank>[0-9][0-9,]{{0,20}})(?:st|nd|rd|th)\b)
  | (?P<joined>(?<![\w.])\+?[0-9]+(?:-[0-9]+){{1,8}}(?![\w-]))
  | (?P<fraction>(?<![\w/.])(?:(?P<whole>[0-9]{{1,4}})\ )?(?P<above>[0-9]{{1,4}})/(?P<below>[0-9]{{1,4}})(?![\w/]))
  | (?P<amount>(?<!\w)(?P<size>{_COUNT})\ ?(?P<unit>{_UNIT})(?![\w']))
  | (?P<letters>(?:{_LETTER}+[0-9]|[0-9]+{_LETTER})[^\W_]*)
  | (?P<negative>(?<![\w)])-(?P<below_zero>{_COUNT}))
  | (?P<number>{_COUNT})
  | (?P<dotted>\b(?:{_LETTER}\.)+(?:(?<={_LETTER}\.{_LETTER}\.)|{_LETTER}\b))
  | (?P<site>{_LETTER}+(?:-{_LETTER}+)*(?-i:\.[a-z]{{2,}})+)
  | (?P<rest>{_WORD}+)
  | (?P<mark>[^\w\s]|_)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PER_CENT = re.compile(r"\bper cent\b", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+(?:of\s+)?([A-Za-z]+)")
_Read = tuple[str, list[str]]
TABLES: Mapping[str, object] = {"format": form.TABLES, "data": tables.DATA, "token": _TOKEN.pattern}


def marked(text: str, *, spelling: bool = True, digits: bool = True) -> Marked:
    """The text without hesitations, each word and number with what else it may be read as.

    `spelling` folds spellings and opens contractions, `digits` reads numbers; the lower steps of the ladder do without.
    """
    return _Reader(
        form.without_foreign_marks(form.tags_dropped(form.shaped(text))), spelling=spelling, digits=digits
    ).read()


class _Reader:
    """One pass over one text."""

    __slots__ = ("_digits", "_out", "_previous", "_shouted", "_spelling", "_text")

    def __init__(self, text: str, *, spelling: bool, digits: bool) -> None:
        self._text = _PER_CENT.sub("percent", text) if spelling else text
        self._out = Writer()
        self._spelling = spelling
        self._digits = digits
        self._previous = ""
        self._shouted = text.isupper() and " " in text.strip()  # capitals tell nothing then

    def read(self) -> Marked:
        for found in _TOKEN.finditer(self._text):
            kind = found.lastgroup or ""
            if kind in ("word", "rest"):
                self._word(found[0])
            elif self._digits:
                self._numeral(kind, found)
            else:
                self._plain(found[0])
        return self._out.marked()

    def _write(self, surface: str, others: Sequence[str] = ()) -> None:
        self._out.blank()
        self._out.write(surface, others)
        self._previous = surface

    def _plain(self, text: str) -> None:
        """What is not read is written as any text is."""
        for word in form.without_marks(form.without_case(text)).split():
            self._write(word)

    def _word(self, written: str) -> None:
        word = form.without_case(written)
        if word in tables.FILLERS:
            return
        if not self._spelling:
            self._plain(word)
            return
        word = tables.FOLDED.get(word, word)
        if "-" in word:
            parts = [tables.SPELLINGS.get(part, part) for part in word.split("-")]
            self._write(" ".join(parts), ("".join(parts), *tables.CONTRACTIONS.get(word, ())))
            return
        word = tables.SPELLINGS.get(word, word)
        self._write(word.strip("'"), _other_words(word, written, shouted=self._shouted))

    def _numeral(self, kind: str, found: re.Match[str]) -> None:
        surface, others = _READERS[kind](found)
        if kind == "number" and len(found[0]) < 3 and found[0].isdigit():
            others = [*others, *self._day(found)]
        if surface:
            self._write(surface, others)

    def _day(self, found: re.Match[str]) -> list[str]:
        """What else a number beside the name of a month may be: its day."""
        after = _NEXT_WORD.match(self._text, found.end())
        if self._previous in tables.MONTHS:
            return numbers.ranked(found[0])
        if after and after[1].lower() in tables.MONTHS:
            return [reading + of for reading in numbers.ranked(found[0]) for of in ("", " of")]
        return []


def _other_words(word: str, written: str, *, shouted: bool) -> Sequence[str]:
    """What else a word may be: a contraction in full, a name with its apostrophe otherwise, an acronym by letters."""
    if found := tables.CONTRACTIONS.get(word) or tables.ABBREVIATIONS.get(word):
        return found
    if "'" in word and not word.endswith("'s"):
        return word.replace("'", ""), word.replace("'", " ")
    if 1 < len(written) < 7 and written.isupper() and written.isalpha() and not shouted:
        return (" ".join(word),)
    return ()


def _money(found: re.Match[str]) -> _Read:
    scale = (found["scale"] or "").lower()
    surface = f"{found['sign']}{found['sum'].replace(',', '')}{f' {scale}' if scale else ''}"
    return surface, numbers.money(found["sign"], found["sum"], scale)


def _clock(found: re.Match[str]) -> _Read:
    half = (found["half"] or found["only"] or "").lower().replace(".", "")
    time = f"{found['hour']}:{found['minute']}" if found["minute"] else found["hour"]
    return f"{time} {half}".strip(), numbers.clock(found["hour"], found["minute"] or "", half)


def _decade(found: re.Match[str]) -> _Read:
    return f"{found['years']}s", numbers.decade(found["years"])


def _ranked(found: re.Match[str]) -> _Read:
    return found[0].lower(), numbers.ranked(found["rank"])


def _joined(found: re.Match[str]) -> _Read:
    parts = found[0].lstrip("+").split("-")
    return "-".join(parts), numbers.joined(parts)


def _fraction(found: re.Match[str]) -> _Read:
    return found[0], numbers.fraction(found["above"], found["below"], whole=found["whole"] or "")


def _amount(found: re.Match[str]) -> _Read:
    size, unit = found["size"].replace(",", ""), found["unit"].lower()
    return f"{size} {unit}", numbers.amount(found["size"], unit)


def _letters(found: re.Match[str]) -> _Read:
    token = form.without_case(found[0])
    return token, numbers.with_letters(token)


def _negative(found: re.Match[str]) -> _Read:
    said = numbers.number(found["below_zero"])
    return found[0].replace(",", ""), [f"{sign} {words}" for sign in ("minus", "negative") for words in said]


def _number(found: re.Match[str]) -> _Read:
    return found[0].replace(",", ""), numbers.number(found[0])


def _dotted(found: re.Match[str]) -> _Read:
    letters = form.without_case(found[0]).replace(".", "")
    return letters, [" ".join(letters), *tables.ABBREVIATIONS.get(letters, ())]


def _site(found: re.Match[str]) -> _Read:
    name = form.without_case(found[0]).replace("-", " ")
    return name.replace(".", " "), [name.replace(".", " dot ")]


def _mark(found: re.Match[str]) -> _Read:
    return (found[0], list(tables.MARKS[found[0]])) if found[0] in tables.MARKS else ("", [])


_READERS: Mapping[str, Callable[[re.Match[str]], _Read]] = {
    "money": _money,
    "clock": _clock,
    "decade": _decade,
    "ranked": _ranked,
    "joined": _joined,
    "fraction": _fraction,
    "amount": _amount,
    "letters": _letters,
    "negative": _negative,
    "number": _number,
    "dotted": _dotted,
    "site": _site,
    "mark": _mark,
}
