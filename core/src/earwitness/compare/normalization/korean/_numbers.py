"""How numbers written with digits are said in Korean: each kind gives what else than itself it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import product

from ._tables import (
    ACRONYMS,
    APPROXIMATE,
    COPULAS,
    COUNTERS,
    CURRENCIES,
    ENGLISH_DIGITS,
    GUARDED,
    LETTERS,
    PARTICLES,
    SINO_ONLY,
)
from ._words import digits_said, natives, sino, sinos

__all__ = [
    "clock",
    "counted",
    "date",
    "fraction",
    "is_counter",
    "joined",
    "letters",
    "money",
    "negative",
    "number",
    "span",
    "with_letters",
]

_LONGEST_NUMBER = 20
_MOST_PARTS = 4
"""A name of more parts is a serial number or a password, which nobody is known to read in one way."""
_LONGEST_COUNTER = max(map(len, COUNTERS))
_MIXED = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?|[십백천만억조경]+")
_RANKS = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}


def counted(digits: str, follow: str, *, apart: bool) -> list[str]:
    """A number before what it counts. `follow` is the rest of its eojeol or, where it is `apart`, the next one."""
    counter = _counter(follow)
    if not apart and follow and not _fits(follow, counter):
        return []
    said = [*_special(digits, follow), *number(digits)]
    if counter not in SINO_ONLY and digits.isdigit() and len(digits) <= 2:
        said = [*natives(int(digits)), *said]
    return said if apart else [reading for reading in said if not _is_word(reading + follow)]


def number(text: str) -> list[str]:
    """The Sino-Korean readings of a number, also with large units in it: `3만5천`, `1.5억`, `3.14`, `010`."""
    parts = _MIXED.findall(text.replace(",", ""))
    if len(parts) > 1 or " " in text:
        return _mixed(parts)
    whole, point, decimals = parts[0].partition(".")
    if point:
        heads = (digits_said(whole) if _is_code(whole) else sinos(int(whole))) if whole.strip("0") else ["영", "공"]
        return [f"{head}점{tail}" for head in heads for tail in digits_said(decimals)]
    if _is_code(whole):
        return digits_said(whole)
    if whole == "0":
        return ["영", "공", "제로"]
    said = sinos(int(whole))
    if len(whole) > 1:
        said += digits_said(whole)
    return [*said, *_written(int(whole))]


def clock(hour: str, minute: str) -> list[str]:
    """A time of day `3:30`, or a ratio."""
    hours, minutes = int(hour), int(minute)
    ratio = [f"{left}{link}{right}" for left in (sino(hours), hour) for link in (" 대 ", "대 ") for right in
             dict.fromkeys((sino(minutes), minute))]  # fmt: skip
    if len(minute) != 2 or hours > 24 or minutes > 59:
        return ratio
    ends = [f" {sino(minutes)}분", f" {sino(minutes)} 분", f" {minutes}분"] if minutes else [""]
    ends += [" 반"] if minutes == 30 else []
    names = [*natives(hours)[:1], sino(hours), str(hours)]
    return [f"{name}{gap}시{end}" for end in ends for name in names for gap in (" ", "")] + ratio[:1]


def date(year: str, month: str, day: str) -> list[str]:
    """A date in digits: `2024-01-05`."""
    months = {6: ["유"], 10: ["시"]}.get(int(month), [sino(int(month))])
    return [
        *(f"{said}년 {months[0]}월 {sino(int(day))}일" for said in (sino(int(year)), *digits_said(year))),
        f"{year}년 {int(month)}월 {int(day)}일",
    ]


def negative(text: str) -> list[str]:
    """A number below zero: `-5`."""
    return [f"{sign}{gap}{said}" for said in number(text) for sign in ("마이너스", "영하") for gap in (" ", "")]


def fraction(above: str, below: str) -> list[str]:
    """`1/2`: 이분의 일; or a date, or two numbers."""
    top, bottom = sino(int(above)), sino(int(below))
    return [
        f"{bottom}분의 {top}",
        f"{bottom} 분의 {top}",
        f"{below}분의 {above}",
        f"{top}월 {bottom}일",
        f"{top} {bottom}",
    ]


def joined(parts: list[str]) -> list[str]:
    """Numbers with hyphens: a telephone number, or what `span` reads."""
    texts = [digits_said(part) for part in parts]
    apart = [" ".join(parts), "".join(parts)]
    calls = [link.join(said[min(way, len(said) - 1)] for said in texts) for way in (0, 1) for link in (" ", "에 ", "")]
    return [*apart, *calls, *(span(parts[0], parts[1]) if len(parts) == 2 and len(parts[0]) < 4 else [])]


def span(low: str, high: str) -> list[str]:
    """From one number to another: `3~4`."""
    names = [(sino(int(low)), sino(int(high)))]
    names += zip(natives(int(low)), natives(int(high)), strict=False)
    said = [f"{left}{link}{right}" for left, right in names for link in (" ", "에서 ", "")]
    return [*APPROXIMATE.get(f"{int(low)}~{int(high)}", ()), *said, f"{low}에서 {high}", f"{low} {high}"]


def money(sign: str, text: str) -> list[str]:
    """An amount of money: `$100`."""
    return [f"{said}{gap}{name}" for said in (*number(text), text) for name in CURRENCIES[sign] for gap in (" ", "")]


def letters(token: str) -> list[str]:
    """Latin letters by their Korean names, for acronyms; and those that are said as words."""
    low = token.lower()
    said = [*ACRONYMS.get(low, ())]
    if len(low) > 6 or not low.isalpha() or not (token.isupper() or len(low) <= 3):
        return said
    ways = [LETTERS[char] for char in low]
    if len(low) <= 3:
        return [*said, *map("".join, product(*ways))]
    return [*said, "".join(way[0] for way in ways), "".join(way[-1] for way in ways)]


def with_letters(token: str) -> list[str]:
    """Letters and digits in one name: `MP3`, `5G`, `B2B`."""
    ways: list[list[str]] = []
    parts = re.findall(r"[0-9]+|[a-z]+", token.lower())
    if len(parts) > _MOST_PARTS:
        return []
    for part in parts:
        if part.isdigit():
            ways.append([*number(part)[:2], *(ENGLISH_DIGITS[part] if len(part) == 1 else digits_said(part)[:1]), part])
        else:
            ways.append([_spelled(part), *letters(part.upper())[:3], part])
    return ["".join(way) for way in product(*map(dict.fromkeys, ways))]


def _spelled(token: str) -> str:
    return "".join(LETTERS[char][0] for char in token)


def _is_code(digits: str) -> bool:
    """Whether these digits have no name as one number."""
    return len(digits) > _LONGEST_NUMBER or (digits[0] == "0" and len(digits) > 1)


def _special(digits: str, follow: str) -> Iterable[str]:
    if follow.startswith("월") and digits in ("6", "10", "06"):
        return ("시",) if digits == "10" else ("유",)
    if digits == "1" and follow.startswith(("번째", "째")):
        return ("첫",)
    return ()


def is_counter(follow: str) -> bool:
    """Whether this begins with something that is counted."""
    return bool(_counter(follow))


def _counter(follow: str) -> str:
    for length in range(min(_LONGEST_COUNTER, len(follow)), 0, -1):
        if follow[:length] in COUNTERS:
            return follow[:length]
    return ""


def _fits(follow: str, counter: str) -> bool:
    """Whether this may stand behind a number: a counter, or particles, and nothing that makes another word of it."""
    if not "가" <= follow[0] <= "힣":
        return True
    if counter and (len(counter) > 1 or _is_ending(follow[len(counter) :])):
        return True
    return any(
        follow.startswith(shorter) and _is_ending(follow[len(shorter) :])
        for shorter in {follow[:length] for length in range(1, len(counter))} & COUNTERS
    ) or _is_ending(follow)


def _is_word(text: str) -> bool:
    """Whether this eojeol is one of the words that only begin like a number, with its particle or without."""
    return any(
        text[:length] in GUARDED and (length == len(text) or text[length:] in PARTICLES)
        for length in range(2, len(text) + 1)
    )


def _is_ending(rest: str) -> bool:
    if not rest or rest in PARTICLES or not "가" <= rest[0] <= "힣":
        return True
    return rest.startswith(COPULAS) or any(
        rest.startswith(counter) and (rest == counter or rest[len(counter) :] in PARTICLES)
        for counter in {rest[:length] for length in range(2, min(_LONGEST_COUNTER, len(rest)) + 1)} & COUNTERS
    )


def _mixed(parts: list[str]) -> list[str]:
    """Digits between large units are read where they stand; a decimal also as the whole number that it makes."""
    texts = []
    for one in (False, True):  # 1만 is 만 as well as 일만
        said = []
        for part, unit in zip(parts, [*parts[1:], ""], strict=True):
            if not part[0].isdigit():
                said.append(part)
            elif part == "1" and unit and not one:
                said.append("")
            else:
                said.append(number(part)[0])
        texts.append(said)
    names = ["".join(said) for said in texts]
    spaced = [re.sub(r"(?<=[만억조경])(?=.)", " ", name) for name in names]
    value = _value(parts)
    return list(dict.fromkeys([*names, *spaced, *(sinos(value) if value else ()), *([str(value)] if value else [])]))


def _value(parts: list[str]) -> int | None:
    """What the parts make together, where that is a whole number that somebody says."""
    total = section = number = Decimal(0)
    for part in parts:
        if part[0].isdigit():
            number = Decimal(part)
            continue
        for unit in part:
            if _RANKS[unit] >= 10**4:
                total += (section + number or 1) * _RANKS[unit]
                section = number = Decimal(0)
            else:
                section += (number or 1) * _RANKS[unit]
                number = Decimal(0)
    value = total + section + number
    return int(value) if value == int(value) and 0 < value < 10**15 else None


def _written(value: int) -> list[str]:
    """The same number with large units in it, as it is often written: 35000 is 3만5000 and 3만5천."""
    if value < 10000:
        return [f"{value // 1000}천"] if value % 1000 == 0 and value else []
    high, low = divmod(value, 10000)
    if high >= 10000:
        return []
    tails = [""] if not low else [str(low), *([f"{low // 1000}천"] if low % 1000 == 0 else [])]
    return [f"{high}만{gap}{tail}" for tail in tails for gap in (("", " ") if tail else ("",))]
