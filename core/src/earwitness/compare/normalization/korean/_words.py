"""Numbers in Korean: Sino-Korean and native numerals, and digits one by one. Grammar: any description of Korean."""

from __future__ import annotations

from ._tables import LARGE, NATIVE_ONES, NATIVE_TENS, NATIVE_UNITS, SINO_DIGITS

__all__ = ["digits_said", "natives", "sino", "sinos"]

_SMALL = ("", "십", "백", "천")


def sino(number: int) -> str:
    """The Sino-Korean name, without a leading one: 15000 is 만오천."""
    if number == 0:
        return "영"
    groups = []
    rank = 0
    while number:
        number, group = divmod(number, 10000)
        if group:
            name = _group(group)
            groups.append("만" if rank == 1 and group == 1 else name + (LARGE[rank - 1] if rank else ""))
        rank += 1
    return "".join(reversed(groups))


def sinos(number: int) -> list[str]:
    """The Sino-Korean names: with and without a leading one, and as eojeol by units of four digits."""
    name = sino(number)
    names = [name]
    if name[0] in "십백천만":
        names.append(f"일{name}")
    if name[:2] == "일억" or name[:2] == "일조":
        names.append(name[1:])
    return [*names, *(spaced for one in names if (spaced := _by_large(one)) != one)]


def natives(number: int) -> list[str]:
    """The native names of 1 to 99: before a noun, and alone. None for others."""
    if not 1 <= number <= 99:
        return []
    tens, ones = divmod(number, 10)
    head = NATIVE_TENS[tens - 1] if tens else ""
    if number == 20:
        return ["스무", "스물"]
    if not ones:
        return [head]
    return list(dict.fromkeys((head + NATIVE_ONES[ones - 1], head + NATIVE_UNITS[ones - 1])))


def digits_said(digits: str) -> list[str]:
    """The digits one by one, with each name of zero."""
    zeros = ("공", "영") if "0" in digits else ("공",)
    return ["".join(zero if digit == "0" else SINO_DIGITS[int(digit)] for digit in digits) for zero in zeros]


def _group(number: int) -> str:
    parts = []
    for rank in (3, 2, 1, 0):
        digit = number // 10**rank % 10
        if digit:
            parts.append(("" if digit == 1 and rank else SINO_DIGITS[digit]) + _SMALL[rank])
    return "".join(parts)


def _by_large(name: str) -> str:
    return "".join(f"{char} " if char in LARGE else char for char in name).strip()
