"""Numbers in English words, written out from the rules that any grammar of English gives."""

from __future__ import annotations

from collections.abc import Iterator

from ._tables import ONES, TENS

__all__ = ["cardinal", "digits_said", "fraction_names", "ordinal", "paired", "plural"]

_SCALES = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int, *, joined: bool = False) -> str:
    """The number in words, below 10^15; `joined` with the `and` that British English puts before tens and ones."""
    if number < 1000:
        return _below_thousand(number, joined)
    groups: list[str] = []
    rest, last = divmod(number, 1000)
    scale = 0
    while rest:
        rest, group = divmod(rest, 1000)
        scale += 1
        if group:
            groups.insert(0, f"{_below_thousand(group, joined)} {_SCALES[scale]}")
    if last:
        groups.append(("and " if joined and last < 100 else "") + _below_thousand(last, joined))
    return " ".join(groups)


def ordinal(words: str) -> str:
    """The ordinal of a cardinal in words."""
    head, _, last = words.rpartition(" ")
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return f"{head} {_ORDINALS.get(last, regular)}".strip()


def plural(words: str) -> str:
    """The plural of a number in words: `nineteen sixties`."""
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith("x") else f"{words}s"


def digits_said(digits: str) -> Iterator[str]:
    """The digits one by one, with each name of zero."""
    for zero in ("zero", "oh", "o") if "0" in digits else ("zero",):
        yield " ".join(zero if digit == "0" else ONES[int(digit)] for digit in digits)


def paired(digits: str) -> Iterator[str]:
    """Three to six digits said in pairs, as years, flights and rooms are: `nineteen oh five`, `three twenty five`."""
    first = len(digits) % 2
    pairs = [digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))]
    pairs = [pair for pair in pairs if pair]
    if len(digits) == 4 and digits.endswith("00") and digits[1] != "0":
        yield f"{cardinal(int(digits[:2]))} hundred"
        return
    for zero in ("oh", "o", "zero") if any(pair[0] == "0" for pair in pairs) else ("oh",):
        yield " ".join(_pair(pair, zero) for pair in pairs)
    if len(digits) == 4 and digits[0] != "0" and digits[1] != "0":
        hundreds = f"{cardinal(int(digits[:2]))} hundred"
        rest = cardinal(int(digits[2:]))
        yield from (f"{hundreds} {rest}", f"{hundreds} and {rest}")


def fraction_names(below: int) -> tuple[str, ...]:
    """What one part of so many is called."""
    if below == 2:
        return ("half",)
    names = (ordinal(cardinal(below)),)
    return ("quarter", *names) if below == 4 else names


def _below_thousand(number: int, joined: bool) -> str:
    hundreds, rest = divmod(number, 100)
    small = _below_hundred(rest) if rest or not hundreds else ""
    if not hundreds:
        return small
    link = " and " if joined and small else " "
    return f"{ONES[hundreds]} hundred{link}{small}".strip()


def _below_hundred(number: int) -> str:
    if number < 20:
        return ONES[number]
    tens, ones = divmod(number, 10)
    return f"{TENS[tens - 1]} {ONES[ones]}" if ones else TENS[tens - 1]


def _pair(pair: str, zero: str) -> str:
    if len(pair) == 2 and pair[0] == "0":
        return f"{zero} {zero if pair[1] == '0' else ONES[int(pair[1])]}"
    return cardinal(int(pair))
