"""How numbers written with digits are said in Mandarin: each kind gives what else than itself it may be."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product

from ._tables import (
    CURRENCIES,
    DIGITS,
    GUARDED,
    GUARDED_BEFORE,
    ONLY_COUNTED,
    ONLY_ER_AFTER,
    ONLY_ER_BEFORE,
)
from ._words import digits_said, named, names

__all__ = ["clock", "counted", "date", "fraction", "joined", "money", "number", "percent", "span"]

_LONGEST = 16
_MOST_PARTS = 8
"""In a number of more parts each part is read in one way, as every further one would multiply the readings."""
_MIXED = re.compile(r"[0-9]+(?:\.[0-9]+)?|[十百千万亿]+")
_RANKS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


def counted(text: str, before: str, after: str) -> list[str]:
    """A number between its neighbours: 两 before a measure word, digit by digit in years, nothing in an idiom."""
    said = number(text)
    if text == "2" and after and after[0] not in ONLY_ER_BEFORE and before[-1:] not in ONLY_ER_AFTER:
        said.append("两")
    if after.startswith("年") and len(text) == 2 and text.isdigit():
        said += digits_said(text)
    return [reading for reading in said if not _is_idiom(reading, before, after)]


def number(text: str) -> list[str]:
    """The readings of a number, also with units in it: `3万5千`, `1.5亿`, `3.14`, `010`."""
    parts = _MIXED.findall(text.replace(",", ""))
    if len(parts) > 1:
        return _mixed(parts)
    whole, point, decimals = parts[0].partition(".")
    if point:
        heads = digits_said(whole)[:1] if len(whole) > _LONGEST else names(int(whole))[:2]
        return [f"{head}点{tail}" for head in heads for tail in digits_said(decimals)[:1]]
    if len(whole) > _LONGEST or (whole[0] == "0" and len(whole) > 1):
        return digits_said(whole)
    said = names(int(whole))
    if len(whole) > 1:
        said += digits_said(whole)
    return [*said, *_written(int(whole))]


def percent(text: str, sign: str) -> list[str]:
    """`50%`, `3‰`."""
    head = "百分之" if sign == "%" else "千分之"
    return [f"{head}{said}" for said in (*number(text), text)] + (
        ["百分之百", "百分百"] if (text, sign) == ("100", "%") else []
    )


def clock(hour: str, minute: str, second: str) -> list[str]:
    """A time of day `3:30`, or a ratio or score."""
    hours, minutes = int(hour), int(minute)
    ratio = [f"{named(hours)}{link}{named(minutes)}" for link in ("比", "")]
    if len(minute) != 2 or hours > 24 or minutes > 59:
        return ratio
    small = [DIGITS[0] + named(minutes), named(minutes)] if 0 < minutes < 10 else [named(minutes)]
    ends = [f"{say}{end}" for say in small for end in ("", "分")] if minutes else ["", "整", "钟"]
    ends += {15: ["一刻"], 30: ["半"], 45: ["三刻"]}.get(minutes, [])
    if second:
        ends = [f"{end.removesuffix('分')}分{named(int(second))}秒" for end in ends]
    said = [named(hours), *(["两"] if hours == 2 else [])]
    written = [f"{hours}点{minutes}分", f"{hours}点{minute}"] if minutes else [f"{hours}点"]
    return [f"{name}{mark}{end}" for mark in "点时" for name in said for end in ends] + written + ratio


def date(year: str, month: str, day: str) -> list[str]:
    """A date in digits: `2024-01-05`."""
    years = [*digits_said(year)[:1], *names(int(year))[:2], year]
    return [f"{one}年{_plain(month, one)}月{_plain(day, one)}{mark}" for one in years for mark in "日号"]


def fraction(above: str, below: str) -> list[str]:
    """`1/2`: 二分之一; or a date, or two numbers."""
    top, bottom = named(int(above)), named(int(below))
    days = [f"{top}月{bottom}{mark}" for mark in "日号"]
    return [f"{bottom}分之{top}", f"{below}分之{above}", *days, f"{top}{bottom}", f"{top}比{bottom}"]


def joined(parts: list[str]) -> list[str]:
    """Numbers with hyphens: a telephone number, or what `span` reads."""
    whole = "".join(parts)
    said = [whole, *digits_said(whole), *(f"{'杠'.join(digits_said(part)[0] for part in parts)}" for _ in (0,))]
    return [*said, *(span(*parts) if len(parts) == 2 and not parts[0].startswith("0") else [])]


def span(low: str, high: str) -> list[str]:
    """From one number to another: `3-5`."""
    both = [(left, right) for left, right in product(number(low)[:3], number(high)[:3])] + [(low, high)]
    return [f"{left}{link}{right}" for left, right in both for link in ("到", "至", "比", "")]


def money(sign: str, text: str) -> list[str]:
    """An amount of money: `$100`."""
    said = [*number(text), *(["两"] if text == "2" else []), text]
    return [f"{name}{unit}" for name in said for unit in CURRENCIES[sign]]


def _plain(digits: str, year: str) -> str:
    return str(int(digits)) if year.isdigit() else named(int(digits))


def _is_idiom(reading: str, before: str, after: str) -> bool:
    if len(reading) > 2:
        return False
    if before[-1:] + reading in GUARDED_BEFORE:
        return True
    whole = reading + after
    found = next((word for word in GUARDED if whole.startswith(word)), None)
    return found is not None and not whole[len(found) :].startswith(ONLY_COUNTED.get(found, ("\0",)))


def _mixed(parts: list[str]) -> list[str]:
    """Digits between units are read where they stand, and the whole as the number that it makes."""
    most = 2 if len(parts) <= _MOST_PARTS else 1
    ways = [number(part)[: most if part.isdigit() else 1] if part[0].isdigit() else [part] for part in parts]
    if parts[0] == "2":
        ways[0] = ["二", "两"]
    said = ["".join(way) for way in product(*ways)]
    value = _value(parts)
    if value is None:
        return said
    return list(dict.fromkeys([*said, *names(value), str(value), *_written(value)]))


def _value(parts: list[str]) -> int | None:
    """What the parts make together, where that is a whole number that somebody says."""
    total = section = number = Decimal(0)
    for part in parts:
        if part[0].isdigit():
            number = Decimal(part)
            continue
        for unit in part:
            if _RANKS[unit] < 10**4:
                section += (number or 1) * _RANKS[unit]
            elif unit == "亿" and total:  # 万亿: what was summed up is counted in 亿
                total = (total + section + number) * _RANKS[unit]
                section = Decimal(0)
            else:
                total += (section + number or 1) * _RANKS[unit]
                section = Decimal(0)
            number = Decimal(0)
    value = total + section + number
    return int(value) if value == int(value) and 0 < value < 10**_LONGEST else None


def _written(value: int) -> list[str]:
    """The same number as it is often written, with a unit in it: 35000 is 3.5万 and 3万5千."""
    said = []
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if value < size:
            continue
        high, low = divmod(value, size)
        if value * 10000 % size == 0 and high < 10**5:
            said.append(f"{value / size:g}{unit}")
        if unit == "万" and high < 10000 and low:
            said += [
                f"{high}万{low}",
                *([f"{high}万{low // 1000}千", f"{high}万{low // 1000}"] if low % 1000 == 0 else []),
            ]
        break
    return said
