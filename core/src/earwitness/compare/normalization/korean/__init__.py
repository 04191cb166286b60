"""Korean for comparison: digits and Latin letters may be read in every way they are said; nothing is turned back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .. import _format as form
from .._marked import Marked, Writer
from . import _numbers as numbers
from . import _tables as tables

__all__ = ["TABLES", "VERSION", "marked"]

VERSION = "1"
_COUNT = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_LARGE = "(?:[십백천만억경]|조(?![각개]))+"
_UNIT = "|".join(sorted((re.escape(unit) for unit in tables.UNITS), key=len, reverse=True))
# Behind a number: grams and metres in small letters only (`5G`, `4M` are no measures), others in any.
_TOKEN = re.compile(
    rf"""
    (?P<dual>\((?P<written>[^()]*)\)/\((?P<said>[^()]*)\))
  | (?P<date>(?<![0-9])(?P<year>[0-9]{{4}})[-./](?P<month>0?[1-9]|1[0-2])[-./](?P<day>0?[1-9]|[12][0-9]|3[01])(?![0-9]))
  | (?P<money>(?P<sign>[$₩€£¥])\ ?(?P<sum>(?:{_COUNT})[십백천만억조]*))
  | (?P<clock>(?<![0-9:])(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{1,2}})(?![0-9:]))
  | (?P<span>(?<![0-9.,~])(?P<low>[0-9]{{1,4}})\ ?[~∼〜]\ ?(?P<high>[0-9]{{1,4}})(?![0-9.,]))
  | (?P<joined>(?<![\w.])[0-9]+(?:-[0-9]+){{1,8}}(?![\w-]))
  | (?P<fraction>(?<![0-9/])(?P<above>[0-9]{{1,4}})/(?P<below>[0-9]{{1,4}})(?![0-9/]))
  | (?P<negative>(?<![A-Za-z0-9)])-(?P<below_zero>{_COUNT}))
  | (?P<mixed>(?:{_COUNT}){_LARGE}(?:\ ?(?:{_COUNT}){_LARGE})*(?:{_COUNT})?)
  | (?P<amount>(?P<size>{_COUNT})(?P<gap>\ ?)(?P<unit>{_UNIT}|
      (?i:km|cm|mm|kg|mg|ml|gb|mb|kb|tb|hz|kw|l|°c))(?![A-Za-z0-9/]))
  | (?P<letters>[A-Za-z]+[0-9][A-Za-z0-9]*|[0-9]+[A-Za-z][A-Za-z0-9]*)
  | (?P<number>{_COUNT})
  | (?P<latin>(?<![^\W가-힣])[A-Za-z]+(?:'[A-Za-z]+)*(?![^\W가-힣]))
    """,
    re.VERBOSE,
)
_FOLLOW = re.compile(r"( ?)([^\s,.?!]{0,12})")  # longer than any counter with its particles
_FILLER = re.compile(
    rf"(?<![\w)])(?:{'|'.join(sorted(tables.FILLERS, key=len, reverse=True))}|음+|어{{2,}}|아{{2,}})(?!\w)"
)
TABLES: Mapping[str, object] = {
    "format": form.TABLES,
    "data": tables.DATA,
    "token": _TOKEN.pattern,
    "filler": _FILLER.pattern,
}


def marked(text: str, *, digits: bool = True) -> Marked:
    """The text without hesitations; with `digits` each number and Latin name with its readings."""
    shaped = _FILLER.sub(" ", form.tags_dropped(form.shaped(text)))
    if not digits:
        return form.marked_plain(form.without_marks(form.without_case(shaped)))
    return form.marked_tokens(shaped, _TOKEN, _read)


def _read(found: re.Match[str], text: str, out: Writer) -> None:
    kind = found.lastgroup
    if kind == "dual":
        out.write(form.between(found["written"]).strip(), [form.between(found["said"]).strip()])
        return
    if kind == "amount":
        out.write(_digits(found["size"]), numbers.counted(found["size"].replace(",", ""), "", apart=True))
        unit = found["unit"].lower()
        out.write(found["gap"] + unit, [name for one in tables.UNITS[unit] for name in (one, f" {one}")])
        return
    out.write(form.without_case(_digits(found[0])), _readings(found, text))


def _readings(found: re.Match[str], text: str) -> list[str]:
    kind = found.lastgroup
    if kind in ("number", "mixed"):
        return _counted(found, text)
    if kind == "date":
        return numbers.date(found["year"], found["month"], found["day"])
    if kind == "money":
        return numbers.money(found["sign"], found["sum"])
    if kind == "clock":
        return numbers.clock(found["hour"], found["minute"])
    if kind == "span":
        return numbers.span(found["low"], found["high"])
    if kind == "negative":
        return numbers.negative(found["below_zero"])
    if kind == "joined":
        return numbers.joined(found[0].split("-"))
    if kind == "fraction":
        return numbers.fraction(found["above"], found["below"])
    return numbers.letters(found[0]) if kind == "latin" else numbers.with_letters(found[0])


def _counted(found: re.Match[str], text: str) -> list[str]:
    """A number with what it counts. Its own eojeol may part its name from what follows: `3개` is 세 개."""
    follow = _FOLLOW.match(text, found.end())
    gap, after = (follow[1], follow[2]) if follow else ("", "")
    said = numbers.counted(found[0].replace(",", ""), after, apart=bool(gap) or not after)
    if gap or not after or not numbers.is_counter(after):
        return said
    return [reading for name in said for reading in (name, f"{name} ")]


def _digits(text: str) -> str:
    return text.replace(",", "")
