"""Mandarin for comparison: one script, no 儿 that only colours a sound, digits in every way they are said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...._extras import extra
from .. import _format as form
from .._marked import Marked, Writer
from . import _numbers as numbers
from . import _tables as tables

__all__ = ["LIBRARY", "TABLES", "VERSION", "marked"]

VERSION = "1"
LIBRARY = "opencc-python-reimplemented"
"""The distribution with the table from traditional to simplified characters."""
_COUNT = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_UNIT = "|".join(sorted((re.escape(unit) for unit in tables.UNITS), key=len, reverse=True))
_ANY_CASE = "km/h|km2|km|cm|mm|kg|mg|ml|gb|mb|hz|mhz|ghz|kw|kcal|db|l|°c"
_TOKEN = re.compile(
    rf"""
    (?P<date>(?<![0-9])(?P<year>[0-9]{{4}})[-./](?P<month>0?[1-9]|1[0-2])[-./](?P<day>0?[1-9]|[12][0-9]|3[01])(?![0-9]))
  | (?P<money>(?P<sign>[$¥€£₩])\ ?(?P<sum>(?:{_COUNT})[十百千万亿]*))
  | (?P<percent>(?P<share>{_COUNT})\ ?(?P<rate>[%‰]))
  | (?P<clock>(?<![0-9:])(?P<hour>[0-9]{{1,3}}):(?P<minute>[0-9]{{1,3}})(?::(?P<second>[0-5][0-9]))?(?![0-9:]))
  | (?P<span>(?<![0-9.,~])(?P<low>{_COUNT})[~∼〜](?P<high>{_COUNT})(?![0-9.,]))
  | (?P<joined>(?<![A-Za-z0-9_.])[0-9]+(?:-[0-9]+){{1,8}}(?![0-9A-Za-z-]))
  | (?P<fraction>(?<![0-9/])(?P<above>[0-9]{{1,4}})/(?P<below>[0-9]{{1,4}})(?![0-9/]))
  | (?P<negative>(?<![A-Za-z0-9)])-(?P<below_zero>{_COUNT}))
  | (?P<mixed>(?:{_COUNT})[十百千万亿]+(?:(?:{_COUNT})[十百千万亿]*)*)
  | (?P<amount>(?P<size>{_COUNT})(?P<gap>\ ?)(?P<unit>{_UNIT}|(?i:{_ANY_CASE}))(?![A-Za-z0-9/]))
  | (?P<number>(?:{_COUNT})(?![A-Za-z]))
  | (?P<latin>(?<![A-Za-z0-9])[A-Z]{{2,6}}(?![A-Za-z]))
  | (?P<mark>[%+=&×÷@])
    """,
    re.VERBOSE,
)
# Not after a hesitation: without its 儿 it would be one only when the text is read a second time.
_ER = re.compile(rf"(?<=[\u4e00-\u9fff])(?<![{tables.FILLERS}{tables.ISOLATED_FILLERS}])儿")
_OTHER = rf"[^\W{tables.FILLERS}{tables.ISOLATED_FILLERS}]"
_FILLER = re.compile(rf"[{tables.FILLERS}]+|(?<!{_OTHER})[{tables.ISOLATED_FILLERS}]+(?!{_OTHER})")
_VARIANT = re.compile("|".join(tables.VARIANTS))
TABLES: Mapping[str, object] = {
    "format": form.TABLES,
    "data": tables.DATA,
    "token": _TOKEN.pattern,
    "filler": _FILLER.pattern,
}


def marked(text: str, *, spelling: bool = True, digits: bool = True) -> Marked:
    """The text without hesitations; `spelling` folds script and 儿, `digits` reads numbers.

    Raises ConfigurationError where the extra `compare` is not installed and `spelling` is wanted.
    """
    shaped = _FILLER.sub(" ", form.tags_dropped(form.shaped(text)))
    if spelling:
        shaped = _without_er(_simplified(shaped))
    if not digits:
        return form.marked_plain(form.without_marks(form.without_case(shaped)))
    return form.marked_tokens(shaped, _TOKEN, _read)


def _simplified(text: str) -> str:
    if text.isascii():
        return text
    return _VARIANT.sub(lambda found: tables.VARIANTS[found[0]], str(_converter().convert(text)))


@cache
def _converter() -> Any:
    return extra("opencc", "compare").OpenCC("t2s")


def _without_er(text: str) -> str:
    return _ER.sub(lambda found: found[0] if _is_child(text, found.start()) else "", text) if "儿" in text else text


def _is_child(text: str, at: int) -> bool:
    around = (text[at - 1 : at + 1], text[at : at + 2], text[at - 2 : at + 1], text[at - 1 : at + 2])
    return any(part in tables.KEEP_ER for part in around)


def _read(found: re.Match[str], text: str, out: Writer) -> None:
    if found.lastgroup == "amount":
        size, unit = found["size"].replace(",", ""), found["unit"].lower()
        out.write(size, numbers.counted(size, "", tables.UNITS[unit][0]))
        out.write(found["gap"] + unit, tables.UNITS[unit])
        return
    out.write(form.without_case(found[0].replace(",", "")), _readings(found, text))


def _readings(found: re.Match[str], text: str) -> list[str]:
    kind = found.lastgroup
    if kind in ("number", "mixed"):
        near = text[max(found.start() - 1, 0) : found.start()], text[found.end() : found.end() + 4]
        return numbers.counted(found[0].replace(",", ""), *near)
    if kind == "percent":
        said = numbers.percent(found["share"].replace(",", ""), found["rate"])
        # 百分之二十到三十 names the hundred once.
        bare = text[: found.start()].endswith(("到", "至", "~", "-"))
        return [*said, *(one.partition("之")[2] for one in said)] if bare else said
    if kind == "date":
        return numbers.date(found["year"], found["month"], found["day"])
    if kind == "money":
        return numbers.money(found["sign"], found["sum"].replace(",", ""))
    if kind == "clock":
        return numbers.clock(found["hour"], found["minute"], found["second"] or "")
    if kind == "span":
        return numbers.span(found["low"], found["high"])
    if kind == "joined":
        return numbers.joined(found[0].split("-"))
    if kind == "fraction":
        return numbers.fraction(found["above"], found["below"])
    if kind == "negative":
        return [f"{sign}{said}" for sign in ("负", "零下", "减") for said in numbers.number(found["below_zero"])]
    return [" ".join(found[0].lower())] if kind == "latin" else [*tables.MARKS[found[0]]]
