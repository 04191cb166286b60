"""How numbers written with digits are said in English: each kind gives what stands there and what else it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from ._tables import CURRENCIES, ONES, SCALES, UNITS
from ._words import cardinal, digits_said, fraction_names, ordinal, paired, plural

__all__ = ["amount", "clock", "decade", "fraction", "joined", "money", "number", "ranked", "with_letters"]

_LONGEST = 15
_MOST_PARTS = 4
"""In a number of more parts each part is read in one way, as every further one would multiply the readings."""
_SIZES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))


def number(digits: str) -> list[str]:
    """All readings of a number, whole or with a decimal point; the thousands may be parted by commas."""
    plain = digits.replace(",", "")
    if plain.count(".") > 1:
        parts = plain.split(".")
        ways = 3 if len(parts) <= _MOST_PARTS else 1
        return [" point ".join(part) for part in product(*(_first(_whole(part), ways) for part in parts if part))]
    whole, point, decimals = plain.partition(".")
    return [*_decimal(whole, decimals), plain] if point else [*_whole(whole), plain]


def amount(digits: str, unit: str) -> list[str]:
    """A number with a short unit behind it: `5km`, `25°C`."""
    names = (*UNITS[unit], unit)
    return _pairs(_first(number(digits), 6), names)


def ranked(digits: str) -> list[str]:
    """An ordinal: `21st`."""
    plain = digits.replace(",", "")
    words = [ordinal(cardinal(int(plain))), ordinal(cardinal(int(plain), joined=True))] if _sayable(plain) else []
    if len(plain) > 2:
        words += [ordinal(reading) for reading in list(paired(plain))[:2]]
    return [*words, *(f"the {word}" for word in words[:1])]


def decade(digits: str) -> list[str]:
    """A decade, or some other plural of a number: `1960s`, `90s`."""
    said = list(paired(digits)) if len(digits) == 4 else []
    said += [cardinal(int(digits)), cardinal(int(digits[2:]))] if len(digits) == 4 else [cardinal(int(digits))]
    return [plural(words) for words in said]


def money(sign: str, digits: str, scale: str) -> list[str]:
    """An amount of money: `$5.50`, `£3 million`, `$2.5bn`."""
    one, many, cent, cents = CURRENCIES[sign]
    scale = SCALES.get(scale, scale)
    plain = digits.replace(",", "")
    if scale:
        return [f"{said} {scale}{unit}" for said, unit in product(number(plain), (f" {many}", f" {one}", ""))]
    whole, _, part = plain.partition(".")
    if len(part) != 2:
        units = (one, many, "") if whole == "1" and not part else (many, one, "")
        return _pairs(number(plain), units)
    small = f"{cardinal(int(part))} {cent if part == '01' else cents}"
    said = []
    for words in _first(_whole(whole), 3):
        big = f"{words} {one if whole == '1' else many}"
        cut = _pence(part)
        said += (
            [f"{big} and {small}", f"{big} {small}", f"{big} {cut}", f"{words} {cut}"] if int(part) else [big, words]
        )
    return [*([] if whole.strip("0") else [small]), *said, *_pairs(_decimal(whole, part), (many,)), f"{plain} {many}"]


def clock(hour: str, minute: str, half: str) -> list[str]:
    """A time of day: `3:00`, `3:30 pm`, `7 a.m.`; `half` is `am`, `pm` or nothing."""
    hours, minutes = int(hour), int(minute or 0)
    said = [cardinal(hours), str(hours)]
    ends = ("", " o'clock") if not minutes else (f" {_minutes(minutes)}", f" {cardinal(minutes)}", f" {minute}")
    plain = [f"{name}{end}" for end in ends for name in said]
    if minute == "00":
        plain += [f"{name} hundred" for name in said[:1]]
    plain += _past(hours, minutes)
    if not half:
        return plain
    return [f"{words} {end}" for end in (half, f"{half[0]} m") for words in plain] + plain


def fraction(above: str, below: str, *, whole: str = "") -> list[str]:
    """A fraction, or two numbers with a stroke between them: `3/4`, `1 1/2`, `24/7`."""
    top, bottom = cardinal(int(above)), cardinal(int(below))
    said = []
    for name in fraction_names(int(below)) if 1 < int(below) <= 100 else ():
        many = name.replace("half", "halve") + "s" if int(above) != 1 else name
        said += [f"{top} {many}", *([f"a {name}", name] if int(above) == 1 else [])]
    if whole:
        return [f"{cardinal(int(whole))} and {part}" for part in said]
    return [*said, f"{top} {bottom}", f"{top} over {bottom}", f"{top} out of {bottom}", f"{top} slash {bottom}"]


def joined(parts: Iterable[str]) -> list[str]:
    """Numbers with hyphens between them: a telephone number, a range, a score."""
    parts = list(parts)
    single = list(digits_said("".join(parts))) if any(len(part) > 1 for part in parts) else []
    apart = [" ".join(parts), "".join(parts)]
    if len(parts) > 2 or parts[0].startswith("0"):
        ways = 2 if len(parts) <= _MOST_PARTS else 1
        single.append(" ".join(_whole(part)[0] if part.endswith("00") else next(digits_said(part)) for part in parts))
        return [*apart, *single, *map(" ".join, product(*(_first(_whole(part), ways) for part in parts)))]
    both = [_first(_whole(part), 4) for part in parts]
    links = (" ", " to ", " through ", " dash ")
    return [*apart[:1], *(link.join(pair) for link in links for pair in product(*both)), *single, apart[1]]


def with_letters(token: str) -> list[str]:
    """A name of letters and digits: `4o`, `B2B`, `MP3`; its letters are read as they stand, or one by one."""
    parts = re.findall(r"[0-9]+|[^\W\d_]+", token)
    said = [" ".join(parts), "".join(parts)]
    letters = [" ".join(part) if part.isalpha() and len(part) <= 4 else part for part in parts]
    ways = 3 if len(parts) <= _MOST_PARTS else 1
    digits = [_first(_whole(part), ways) if part.isdigit() else [part] for part in parts]
    spelled = [way if part.isdigit() else [part] for part, way in zip(letters, digits, strict=True)]
    if len(parts) == 3 and parts[1] == "x":
        said.append(" by ".join((_whole(parts[0])[0], _whole(parts[2])[0])))
    return [*said, *map(" ".join, product(*digits)), " ".join(letters), *map(" ".join, product(*spelled))]


def _whole(digits: str) -> list[str]:
    """A whole number: as a count, in pairs, digit by digit."""
    said: list[str] = []
    if _sayable(digits):
        said += _counted(int(digits))
    if 3 <= len(digits) <= 6:
        said += paired(digits)
    if len(digits) > 1 or not said:
        said += digits_said(digits)
    if digits == "0":
        said += ("oh", "o", "nil", "nought")
    return list(dict.fromkeys(said))


def _counted(count: int) -> Iterator[str]:
    words, british = cardinal(count), cardinal(count, joined=True)
    yield words
    if british != words:
        yield british
    if count >= 100 and words.startswith("one ") and not words.startswith("one hundred thousand "):
        yield from (f"a{text[3:]}" for text in dict.fromkeys((words, british)))
    if 1100 <= count < 10000 and count % 100 == 0 and count % 1000:
        yield f"{cardinal(count // 100)} hundred"
    for size, name in _SIZES:
        if count >= size and count % size == 0:
            yield f"{count // size} {name}"
            if count == size:
                yield name
            return
        if count >= size > 1000 and count * 10 % size == 0:
            yield f"{count / size:g} {name}"
            yield f"{_decimal(str(count // size), str(count * 10 // size % 10))[0]} {name}"
            return


def _decimal(whole: str, decimals: str) -> list[str]:
    """A number with a decimal point: the part behind it digit by digit, or as a number."""
    before = _first(_whole(whole), 2) if whole else []
    if not whole.strip("0"):
        before = ["zero", "oh", ""] if whole else ["", "zero"]
    after = list(digits_said(decimals))
    if len(decimals) == 2 and decimals[0] != "0":
        after.append(cardinal(int(decimals)))
    return [f"{big} point {small}".strip() for big in before for small in after]


def _sayable(digits: str) -> bool:
    return len(digits) <= _LONGEST and (digits == "0" or digits[0] != "0")


def _minutes(minutes: int) -> str:
    return f"oh {ONES[minutes]}" if minutes < 10 else cardinal(minutes)


def _past(hours: int, minutes: int) -> list[str]:
    now, then = cardinal(hours), cardinal(hours % 12 + 1)
    if minutes == 30:
        return [f"half past {now}"]
    if minutes == 15:
        return [f"quarter past {now}", f"a quarter past {now}", f"quarter after {now}"]
    if minutes == 45:
        return [f"quarter to {then}", f"a quarter to {then}"]
    if 0 < minutes < 30:
        return [f"{cardinal(minutes)} past {now}"]
    return [f"{cardinal(60 - minutes)} to {then}"] if minutes else []


def _pence(part: str) -> str:
    return f"oh {ONES[int(part)]}" if part[0] == "0" else cardinal(int(part))


def _pairs(words: Iterable[str], names: Iterable[str]) -> list[str]:
    return [f"{word} {name}".strip() for word, name in product(words, names)]


def _first(words: list[str], count: int) -> list[str]:
    return words[:count]
