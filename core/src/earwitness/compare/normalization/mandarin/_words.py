"""Numbers in Chinese characters, with the freedoms of speech: 两 for 二, 幺 for 一, a last unit left out."""

from __future__ import annotations

from ._tables import DIGITS

__all__ = ["digits_said", "named", "names"]

_SMALL = ("", "十", "百", "千")


def named(number: int) -> str:
    """The full name with 二: 25000 is 二万五千, 110 is 一百一十."""
    if number == 0:
        return "零"
    name = _below_union(number)
    return name[1:] if name.startswith("一十") else name


def names(number: int) -> list[str]:
    """Every name: with 两 where speech prefers it, and without the last unit where nothing is lost (两万五)."""
    full = named(number)
    said = [full, _with_liang(full, "千万亿"), _with_liang(full, "百千万亿")]
    if full.startswith("十"):
        said.append(f"一{full}")
    said += [short for name in dict.fromkeys(said) if (short := _without_last_unit(name)) != name]
    return list(dict.fromkeys(said))


def digits_said(digits: str) -> list[str]:
    """The digits one by one; one is also 幺, as on the telephone."""
    plain = "".join(DIGITS[int(digit)] for digit in digits)
    return [plain, plain.replace("一", "幺")] if "一" in plain else [plain]


def _below_union(number: int) -> str:
    """A number above zero; 万 and 亿 carry a whole number before them."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        high, low = divmod(number, size)
        if high:
            gap = "零" if 0 < low < size // 10 else ""
            return _below_union(high) + unit + gap + (_below_union(low) if low else "")
    return _group(number)


def _group(number: int) -> str:
    name = ""
    pending = False
    for rank in (3, 2, 1, 0):
        digit = number // 10**rank % 10
        if not digit:
            pending = bool(name)
            continue
        name += ("零" if pending else "") + DIGITS[digit] + _SMALL[rank]
        pending = False
    return name


def _with_liang(name: str, before: str) -> str:
    chars = list(name)
    for at, char in enumerate(chars[:-1]):
        if char == "二" and chars[at + 1] in before and (at == 0 or chars[at - 1] != "十"):
            chars[at] = "两"
    return "".join(chars)


def _without_last_unit(name: str) -> str:
    """一百五十 as 一百五, 两万五千 as 两万五: where the last unit is the next below the one before it."""
    order = "十百千万亿"
    if len(name) < 4 or name[-1] not in "十百千" or name[-3] not in order:
        return name
    next_below = order.index(name[-3]) - 1
    return name[:-1] if order[next_below] == name[-1] and name[-3] != "亿" else name
