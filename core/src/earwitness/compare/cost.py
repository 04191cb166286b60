"""Cost as billed: seconds rounded as the vendor rounds them, and what they come to, where a price is known.

billed seconds     = sum over jobs of whole blocks, at least the minimum, for each channel that is billed
cost               = billed seconds / 3600 * price per hour, in the price's currency
per 1,000 hours    = cost / hours of audio * 1000: short recordings make it dearer than the price list
per correct hour   = cost / (hours of audio * (1 - error rate)); none where the error rate is 100 % or more
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .prices import PriceEntry

__all__ = ["Bill", "Cost", "cost"]

_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Bill:
    """One job as it may be billed. `price` is None where no table has an entry, `free` where nothing is billed.

    `channels` are those that are heard each by itself. `answered`: it did not fail. `now`: this very run asked it.
    `add_ons` are the options asked for.
    """

    duration_ms: int
    price: PriceEntry | None = None
    free: bool = False
    channels: int = 1
    answered: bool = True
    now: bool = True
    add_ons: tuple[str, ...] = ()


@dataclass(slots=True)
class Cost:
    """What one entrant costs, in `currency`; None is unknown, and `told` says why, or how it was reckoned.

    `audio_h` are the hours of audio that were answered and `billed_h` what they are billed as. `run` is what this run
    spent, `whole` what all answers of the comparison cost, `per_1000_h` is for audio of these durations.
    """

    told: str
    currency: str | None = None
    audio_h: float = 0.0
    billed_h: float | None = None
    run: float | None = None
    whole: float | None = None
    per_1000_h: float | None = None
    per_correct_h: float | None = None


def cost(bills: Sequence[Bill], *, error_rate: float | None = None) -> Cost:
    """What these jobs of one entrant cost; `error_rate` is that of the whole comparison, as a share."""
    if not bills:
        return _whole(Cost("nothing to bill", None, 0.0, 0.0), bills, error_rate)
    paid = [one for one in bills if _is_billed(one)]
    hours = sum(one.duration_ms for one in paid) / _MS_PER_HOUR
    if all(one.free for one in bills):
        return _whole(Cost("free: nothing is billed", None, hours, 0.0), bills, error_rate)
    entries = [one.price for one in bills if not one.free]
    if not all(entries):
        return Cost("unknown: no price table has an entry; give one with --prices", None, hours)
    known = [one for one in entries if one is not None]
    billed = Cost(_sources(known) + _left_out(bills), None, hours, sum(map(_billed_s, paid)) / 3600)
    if any(one.per_hour is None for one in known):
        billed.told = f"unknown: no price has been read; give one with --prices; {billed.told}"
        return billed
    currencies = {one.currency for one in known}
    if len(currencies) > 1:
        billed.told = f"unknown: the prices are in several currencies; {billed.told}"
        return billed
    billed.currency = next(iter(currencies))
    return _whole(billed, bills, error_rate)


def _whole(found: Cost, bills: Sequence[Bill], error_rate: float | None) -> Cost:
    paid = [one for one in bills if _is_billed(one)]
    found.whole = sum(map(_price, paid))
    found.run = sum(_price(one) for one in paid if one.now)
    if found.audio_h:
        found.per_1000_h = found.whole / found.audio_h * 1000
    # The error rate is over everything that was asked, what failed included.
    right_h = sum(one.duration_ms for one in bills) / _MS_PER_HOUR * (1 - (1 if error_rate is None else error_rate))
    found.per_correct_h = found.whole / right_h if right_h > 0 else None
    return found


def _is_billed(bill: Bill) -> bool:
    return bill.answered or (bill.price is not None and bill.price.failed == "billed")


def _billed_s(bill: Bill) -> float:
    if bill.free or bill.price is None:
        return 0.0
    each = bill.channels if bill.price.channels == "each" else 1
    return bill.price.price().billed_s(bill.duration_ms) * each


def _price(bill: Bill) -> float:
    if bill.free or bill.price is None:
        return 0.0
    return _billed_s(bill) * bill.price.price(bill.add_ons).per_hour / 3600


def _sources(entries: Iterable[PriceEntry]) -> str:
    """Where the prices come from and how they round, each once."""
    return "; ".join(dict.fromkeys(map(_source, entries)))


def _left_out(bills: Iterable[Bill]) -> str:
    """What the cost is told without: jobs that failed, where nobody knows whether they are billed."""
    count = sum(not one.answered and one.price is not None and one.price.failed == "unknown" for one in bills)
    return f"; without {count} failed jobs, of which it is not known whether they are billed" if count else ""


def _source(entry: PriceEntry) -> str:
    blocks = "rounding not known" if entry.block_seconds is None else f"blocks of {entry.block_seconds:g} s"
    least = f", at least {entry.minimum_seconds:g} s" if entry.minimum_seconds else ""
    trust = f" [{entry.trust}]" if entry.trust else ""
    read = f", read {entry.read_on}" if entry.read_on != "0000-00" else ""
    return f"{blocks}{least} ({entry.source}{trust}{read})"
