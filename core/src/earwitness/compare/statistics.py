"""How sure the figures are: blocks of utterances are drawn anew, for all entrants the same ones.

Utterances of one speaker, or of one recording, go well or badly together; drawing them one by one gives intervals that
are too narrow. So whole blocks are drawn (Bisani & Ney 2004 draw utterances; Liu & Peng 2020 blocks), as many as there
are and with replacement, and each figure is computed anew as a sum of errors over a sum of units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

from .._extras import extra

__all__ = ["FEW_BLOCKS", "Comparison", "Draws", "Figures", "Standing", "Verdict", "judged"]

FEW_BLOCKS = 20
"""With fewer blocks than this, percentile intervals are too narrow to be relied on."""

_CHUNK = 16  # resamples at once: their counts stay in the processor's cache
_POWER = 1.96 + 0.84  # a two-sided test at 5 %, seeing the difference in 80 % of cases


@dataclass(slots=True)
class Figures:
    """One metric: each entrant's errors and totals per item, all in the order of the draws' items."""

    errors: Mapping[str, Sequence[float]]
    totals: Mapping[str, Sequence[float]]
    better: Literal["lower", "higher"] = "lower"


@dataclass(slots=True)
class Standing:
    """One entrant's rate with its interval, and the ranks that the data leaves open. Rates are fractions."""

    name: str
    rate: float | None
    low: float | None
    high: float | None
    best_rank: int
    worst_rank: int


@dataclass(slots=True)
class Comparison:
    """Two entrants on the same blocks. `difference` is the first one's rate less the second one's, `low` to `high`.

    `first_better` is the share of resamples in which the first is the better one, a draw counting half. `p_value` is
    two-sided and `adjusted` Holm's over all pairs; `better` names the one that is better at the chosen level, or is
    None: a tie. `detectable` is the difference that data like this shows in four cases of five.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    first_better: float
    p_value: float
    adjusted: float
    better: str | None
    detectable: float


@dataclass(slots=True)
class Verdict:
    """All entrants by one metric, best first, and each pair of them."""

    standings: tuple[Standing, ...]
    comparisons: tuple[Comparison, ...]


class Draws:
    """Resamples of blocks: the same ones for everything that is asked of it. Needs numpy (extra `compare`)."""

    def __init__(self, blocks: Sequence[str], *, resamples: int = 10_000, seed: int = 1) -> None:
        numbers: dict[str, int] = {}
        self.labels = [numbers.setdefault(block, len(numbers)) for block in blocks]
        self.blocks = len(numbers)
        self.resamples = resamples
        self.seed = seed

    def sums(self, rows: Any) -> Any:
        """For each row, a figure per item, the sum over each resample's items: rows by resamples."""
        np = extra("numpy", "compare")
        labels = np.asarray(self.labels, dtype=np.intp)
        given = np.atleast_2d(np.asarray(rows, dtype=np.float64))
        per_block = np.stack([np.bincount(labels, weights=row, minlength=self.blocks) for row in given], axis=1)
        drawn = np.empty((self.resamples, per_block.shape[1]))
        generator = np.random.Generator(np.random.PCG64(self.seed))
        small = np.uint16 if self.blocks <= 1 << 16 else np.uint32
        for begin in range(0, self.resamples, _CHUNK):
            count = min(_CHUNK, self.resamples - begin)
            picks = generator.integers(0, self.blocks, size=(count, self.blocks), dtype=small).astype(np.intp)
            picks += np.arange(count)[:, None] * self.blocks
            times = np.bincount(picks.ravel(), minlength=count * self.blocks).reshape(count, self.blocks)
            drawn[begin : begin + count] = times.astype(np.float64) @ per_block
        return drawn.T


def judged(draws: Draws, figures: Sequence[Figures], *, confidence: float = 0.95) -> list[Verdict]:
    """The verdict on each of these figures, all from the same resamples.

    An entrant without any total has no rate and takes no part in the comparisons. With a single block there are no
    intervals, and every pair is a tie.
    """
    np = extra("numpy", "compare")
    rows: dict[bytes, int] = {}
    given: list[Any] = []

    def row_of(values: Sequence[float]) -> int:
        row = np.asarray(values, dtype=np.float64)
        number = rows.setdefault(row.tobytes(), len(given))
        if number == len(given):
            given.append(row)
        return number

    # Entrants share most of their totals, and no row is drawn twice.
    numbers = [{name: (row_of(one.errors[name]), row_of(one.totals[name])) for name in one.errors} for one in figures]
    drawn = draws.sums(given) if given and draws.blocks > 1 else [None] * len(given)
    verdicts = []
    for one, places in zip(figures, numbers, strict=True):
        sums = {name: (drawn[errors], drawn[total]) for name, (errors, total) in places.items()}
        verdicts.append(_verdict(one, sums, blocks=draws.blocks, confidence=confidence if draws.blocks > 1 else None))
    return verdicts


def _verdict(
    figures: Figures, sums: Mapping[str, tuple[Any, Any]], *, blocks: int, confidence: float | None
) -> Verdict:
    np = extra("numpy", "compare")
    rates = {
        name: float(np.sum(figures.errors[name]) / total)
        for name in figures.errors
        if (total := np.sum(figures.totals[name])) > 0
    }
    sign = 1 if figures.better == "lower" else -1
    drawn: dict[str, Any] = {}
    compared = _untold(rates)
    if confidence is not None:
        drawn = {name: _rates(*sums[name]) for name in rates}
        compared = _compared(rates, drawn, sign=sign, how=_Level(confidence, blocks))
    found = _standings(rates, drawn, compared, confidence=confidence)
    found.sort(key=lambda one: sign * (one.rate or 0.0))
    count = len(figures.errors)
    found += [Standing(name, None, None, None, 1, count) for name in figures.errors if name not in rates]
    return Verdict(tuple(found), tuple(compared))


def _rates(errors: Any, totals: Any) -> Any:
    """The rate of each resample; one that drew only empty references has none, whatever was heard in them."""
    np = extra("numpy", "compare")
    return np.divide(errors, totals, out=np.full_like(errors, np.nan), where=totals > 0)


class _Level(NamedTuple):
    """How sure a difference must be, and how many blocks there are to be sure by."""

    confidence: float
    blocks: int

    @property
    def least(self) -> float:
        """The least P that so many blocks allow: they all favour one side, as by the flip of a coin they might.

        Resampling alone would call three blocks out of three a certainty.
        """
        return 2.0 ** (1 - min(self.blocks, 1_000))


def _compared(rates: Mapping[str, float], drawn: Mapping[str, Any], *, sign: int, how: _Level) -> list[Comparison]:
    found = [_pair(pair, rates, drawn, sign=sign, how=how) for pair in combinations(rates, 2)]
    adjusted = _holm([one.p_value for one in found])
    for one, value in zip(found, adjusted, strict=True):
        one.adjusted = value
        if value < 1 - how.confidence:
            one.better = one.first if sign * one.difference < 0 else one.second
    return found


def _pair(
    pair: tuple[str, str], rates: Mapping[str, float], drawn: Mapping[str, Any], *, sign: int, how: _Level
) -> Comparison:
    np = extra("numpy", "compare")
    first, second = pair
    differences = drawn[first] - drawn[second]
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        return _untold({name: rates[name] for name in pair})[0]
    low, high = _interval(differences, how.confidence)
    wins, losses = float(np.mean(sign * differences < 0)), float(np.mean(sign * differences > 0))
    # One resample counts as seen for either side: nothing is certain after a finite number of draws.
    drawn_p = 2 * ((1 - max(wins, losses)) * len(differences) + 1) / (len(differences) + 1)
    p_value = min(1.0, max(drawn_p, how.least))
    return Comparison(
        first,
        second,
        difference=rates[first] - rates[second],
        low=low,
        high=high,
        first_better=wins + (1 - wins - losses) / 2,
        p_value=p_value,
        adjusted=p_value,
        better=None,
        detectable=_POWER * float(np.std(differences)),
    )


def _holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): controls the chance of a single false difference among all pairs."""
    adjusted = [0.0] * len(values)
    highest = 0.0
    for rank, number in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[number]))
        adjusted[number] = highest
    return adjusted


def _untold(rates: Mapping[str, float]) -> list[Comparison]:
    """The pairs where nothing can be drawn: a difference, and no more to say of it."""
    nan = float("nan")
    return [
        Comparison(one, two, rates[one] - rates[two], nan, nan, 0.5, 1.0, 1.0, None, nan)
        for one, two in combinations(rates, 2)
    ]


def _standings(
    rates: Mapping[str, float], drawn: Mapping[str, Any], compared: Sequence[Comparison], *, confidence: float | None
) -> list[Standing]:
    """Each entrant ranks behind those that are better than it and before those it is better than; ties stay open."""
    found = []
    for name, value in rates.items():
        mine = [one for one in compared if name in (one.first, one.second)]
        lost = sum(one.better not in (None, name) for one in mine)
        won = sum(one.better == name for one in mine)
        low, high = (None, None) if confidence is None else _interval(drawn[name], confidence)
        found.append(Standing(name, value, low, high, 1 + lost, len(rates) - won))
    return found


def _interval(values: Any, confidence: float) -> tuple[float, float]:
    """The percentile interval; resamples without a single unit have no rate and are left out."""
    np = extra("numpy", "compare")
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.percentile(finite, [50 * (1 - confidence), 50 * (1 + confidence)])
    return float(low), float(high)
