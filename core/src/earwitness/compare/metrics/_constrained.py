"""Alignment of two streams of units in which only units whose times meet may stand against each other.

The cost is that of Levenshtein with one more rule: a match or a substitution is open only to two units whose intervals
overlap; a unit that meets none is deleted or inserted. With n and m units, c matches and s substitutions the cost is
n + m - 2c - s, so what is sought is the heaviest chain of matches (2) and substitutions (1). Each unit is taken as two
symbols, a joker and itself: the longest common subsequence of the doubled streams weighs exactly that (the blow-up of
Tiskin, "Semi-local string comparison", 2008), and it is found one reference unit at a time with a few operations on an
integer that holds one bit for each hypothesis symbol (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).
What no later unit can reach is shifted out, so memory and time follow the width of the window and not the length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..._extras import extra

__all__ = ["Counts", "Timed", "constrained_counts", "constrained_distance"]

_SLACK = 128
"""A block reaches this many units further than its first window, so that tables are built seldom."""


@dataclass(slots=True)
class Timed:
    """Units with an interval each, in the order they are compared in. Times are in any one unit; intervals are open."""

    units: Sequence[str]
    starts: Sequence[float]
    ends: Sequence[float]

    def __len__(self) -> int:
        return len(self.units)


@dataclass(slots=True, frozen=True)
class Counts:
    """What an alignment comes to."""

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def total(self) -> int:
        """The units of the reference."""
        return self.hits + self.substitutions + self.deletions

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hits + other.hits,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


def constrained_distance(reference: Timed, hypothesis: Timed) -> int:
    """The least number of substitutions, deletions and insertions under the rule of this module."""
    weight = 0
    band = _Band()
    for block in _blocks(reference, hypothesis):
        weight += band.move(block)
        _run(block, band, reference.units)
    return len(reference) + len(hypothesis) - weight - band.weight()


def constrained_counts(reference: Timed, hypothesis: Timed) -> Counts:
    """The same, told apart by kind; of several cheapest alignments one by a fixed rule."""
    band = _Band()
    blocks = []
    for block in _blocks(reference, hypothesis):
        band.move(block)
        rows: list[int] = []
        _run(block, band, reference.units, rows)
        blocks.append((block, rows))
    hits, jokers = _traced(blocks, len(hypothesis))
    ours, theirs = {i for i, _ in hits}, {j for _, j in hits}
    # A joker beside a match of one of its units belongs to that match.
    substituted = sum(i not in ours and j not in theirs for i, j in jokers)
    right = len(hits)
    return Counts(right, substituted, len(reference) - right - substituted, len(hypothesis) - right - substituted)


@dataclass(slots=True)
class _Block:
    """Reference units `first` to `last` (exclusive), whose windows lie in `base` to `top` of the hypothesis.

    `windows` has one mask for each of them, relative to `base`, two bits for each unit; `places` the bits of each word.
    """

    first: int
    last: int
    base: int
    top: int
    windows: list[int]
    places: dict[str, int]


@dataclass(slots=True)
class _Band:
    """The bits of the units from `base` to `top`: 0 where the heaviest chain grows by one, as LCS vectors have it."""

    bits: int = 0
    base: int = 0
    top: int = 0

    def move(self, block: _Block) -> int:
        """Stand where the block stands. Returns the weight of what was left behind, which nothing can change now."""
        left, kept = 0, min(block.base, self.top)
        if block.base > self.base:
            gone = 2 * (kept - self.base)
            left = gone - (self.bits & ((1 << gone) - 1)).bit_count()
            self.bits >>= 2 * (block.base - self.base)
            self.base, self.top = block.base, max(self.top, block.base)
        if block.top > self.top:
            self.bits |= ((1 << 2 * (block.top - self.top)) - 1) << 2 * (self.top - self.base)
            self.top = block.top
        return left

    def weight(self) -> int:
        """The weight of what is still in the band."""
        width = 2 * (self.top - self.base)
        return width - (self.bits & ((1 << width) - 1)).bit_count()


def _run(block: _Block, band: _Band, units: Sequence[str], rows: list[int] | None = None) -> None:
    """Each reference unit of the block changes the band: first its joker, then itself. `rows` gets both states."""
    bits, base = band.bits, band.base
    jokers = ((1 << 2 * (band.top - base)) - 1) // 3
    places = block.places
    for unit, window in zip(units[block.first : block.last], block.windows, strict=True):
        if window:
            met = bits & window & jokers
            bits = (bits + met) | (bits - met)
        if rows is not None:
            rows.append(bits)
        met = bits & window & places.get(unit, 0)
        if met:
            bits = (bits + met) | (bits - met)
        if rows is not None:
            rows.append(bits)
    # A carry may have left bits above the band; there they are 1 by definition.
    band.bits = bits & ((1 << 2 * (band.top - base)) - 1)


def _blocks(reference: Timed, hypothesis: Timed) -> Iterator[_Block]:
    """The reference in blocks that share one table of places."""
    if not len(reference) or not len(hypothesis):
        return
    np = extra("numpy", "compare")
    windows = _Windows(np, reference, hypothesis)
    floor = np.minimum.accumulate(windows.low[::-1])[::-1].tolist()
    ceiling = np.maximum.accumulate(windows.high)
    tops = ceiling.tolist()
    first = 0
    while first < len(reference):
        base = floor[first]
        reach = base + 2 * (tops[first] - base) + _SLACK
        last = max(first + 1, int(np.searchsorted(ceiling, reach, side="right")))
        top = max(base, tops[last - 1])
        yield _Block(first, last, base, top, windows.masks(first, last, base), _places(hypothesis.units, base, top))
        first = last


def _places(units: Sequence[str], base: int, top: int) -> dict[str, int]:
    places: dict[str, int] = {}
    bit = 2
    for unit in units[base:top]:
        places[unit] = places.get(unit, 0) | bit
        bit <<= 2
    return places


class _Windows:
    """For each reference unit the hypothesis units that it meets: all from `low` to `high`, or some of them."""

    def __init__(self, np: Any, reference: Timed, hypothesis: Timed) -> None:
        self._np = np
        self._starts, self._ends = np.asarray(hypothesis.starts, dtype=float), np.asarray(hypothesis.ends, dtype=float)
        self._begun, self._done = np.asarray(reference.starts, dtype=float), np.asarray(reference.ends, dtype=float)
        latest = np.maximum.accumulate(self._ends)
        earliest = np.minimum.accumulate(self._starts[::-1])[::-1]
        self.low = np.searchsorted(latest, self._begun, side="right")
        self.high = np.maximum(self.low, np.searchsorted(earliest, self._done, side="left"))
        # Those that began before a unit is done, less those over before it begins: never more than it meets.
        begun_before = np.searchsorted(np.sort(self._starts), self._done, side="left")
        met = begun_before - np.searchsorted(np.sort(self._ends), self._begun, side="right")
        self._gaps = met < self.high - self.low

    def masks(self, first: int, last: int, base: int) -> list[int]:
        """Two bits for each unit that is met, the lowest for unit `base`."""
        part = slice(first, last)
        low, high = (2 * (self.low[part] - base)).tolist(), (2 * (self.high[part] - base)).tolist()
        masks = [(1 << end) - (1 << start) for start, end in zip(low, high, strict=True)]
        for place in self._np.flatnonzero(self._gaps[part]).tolist():
            masks[place] = self._exact(first + place) << low[place]
        return masks

    def _exact(self, i: int) -> int:
        part = slice(int(self.low[i]), int(self.high[i]))
        meets = (self._ends[part] > self._begun[i]) & (self._starts[part] < self._done[i])
        return int.from_bytes(self._np.packbits(self._np.repeat(meets, 2), bitorder="little").tobytes(), "little")


def _traced(blocks: list[tuple[_Block, list[int]]], units: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The matches of units and of jokers on one heaviest chain, from the last to the first.

    Hyyrö, "A note on bit-parallel alignment computation", 2004: a chain grows at a symbol in the first row where its
    bit is 0; where the bit was 0 before, that row had no part in it.
    """
    hits: list[tuple[int, int]] = []
    jokers: list[tuple[int, int]] = []
    column = 2 * units - 1
    for number in range(len(blocks) - 1, -1, -1):
        block, rows = blocks[number]
        low, high = 2 * block.base, 2 * block.top
        for row in range(len(rows) - 1, -1, -1):
            # Symbols above the band were not reached yet, those below are what earlier rows made them.
            column = min(column, high - 1)
            bits = rows[row]
            while column >= low and bits >> (column - low) & 1:
                column -= 1
            if column < low:
                break
            if not _grew_before(blocks, number, row, column):
                pairs = hits if row & 1 else jokers
                pairs.append((block.first + row // 2, column // 2))
                column -= 1
    return hits, jokers


def _grew_before(blocks: list[tuple[_Block, list[int]]], number: int, row: int, column: int) -> bool:
    """Whether the bit of this symbol was 0 in the row before this one."""
    if row:
        block, rows = blocks[number]
        return not rows[row - 1] >> (column - 2 * block.base) & 1
    if not number:
        return False
    block, rows = blocks[number - 1]
    if column >= 2 * block.top:
        return False
    # Below the earlier band nothing can be: it stood further down.
    return not rows[-1] >> (column - 2 * block.base) & 1
