"""The alignment under time constraints and the pairing of speakers, against their definitions."""

import itertools
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.compare.metrics import _constrained
from earwitness.compare.metrics._assignment import assignment
from earwitness.compare.metrics._constrained import Timed, constrained_counts, constrained_distance


@given(seed=st.integers(0, 2**32), ordered=st.booleans(), size=st.sampled_from([3, 12, 90]), slack=st.integers(0, 9))
@settings(max_examples=150)
def test_the_distance_is_that_of_the_whole_matrix(seed: int, ordered: bool, size: int, slack: int) -> None:
    """Bits and bands give what the definition gives, also where times go back and forth and intervals nest."""
    rng = random.Random(seed)
    span, most = rng.choice([1, 10, 4 * size]), rng.choice([0.5, 3, 40])
    sides = [_stream(rng, rng.randint(0, size), span=span, most=most, ordered=ordered) for _ in range(2)]
    wanted = _by_definition(*sides)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_constrained, "_SLACK", slack)  # many blocks, as in a long text
        counts = constrained_counts(*sides)
        assert constrained_distance(*sides) == wanted == counts.errors
    assert counts.total == len(sides[0])
    assert counts.hits + counts.substitutions + counts.insertions == len(sides[1])
    assert min(counts.hits, counts.substitutions, counts.deletions, counts.insertions) >= 0


def test_touching_is_not_meeting() -> None:
    """Intervals are open: where one ends and the other begins nothing may be matched."""
    reference = Timed(["a"], [0], [1])
    assert constrained_distance(reference, Timed(["a"], [1], [2])) == 2
    assert constrained_distance(reference, Timed(["a"], [0.9], [2])) == 0


def test_memory_follows_the_window_and_not_the_length() -> None:
    """Four times the words take about four times the memory (the matrix would take sixteen), and the window little."""
    peaks = []
    for size in (1500, 6000):
        stream = Timed(
            ["a", "b", "c"] * (size // 3), [float(at) for at in range(size)], [at + 30.0 for at in range(size)]
        )
        tracemalloc.start()
        constrained_counts(stream, stream)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 6 * peaks[0]
    assert peaks[1] < 6000 * 1500


@given(costs=st.integers(1, 5).flatmap(lambda columns: st.lists(
    st.lists(st.integers(-9, 9), min_size=columns, max_size=columns), min_size=1, max_size=5)))  # fmt: skip
@settings(max_examples=150)
def test_the_pairing_is_the_best_of_all(costs: list[list[int]]) -> None:
    """No other pairing of as many costs less, whichever side is larger."""
    pairs = assignment(costs)
    rows, columns = range(len(costs)), range(len(costs[0]))
    size = min(len(rows), len(columns))
    assert len(pairs) == len({row for row, _ in pairs}) == len({column for _, column in pairs}) == size
    best = min(
        sum(costs[row][column] for row, column in zip(chosen, order, strict=True))
        for chosen in itertools.combinations(rows, size)
        for order in itertools.permutations(columns, size)
    )
    assert sum(costs[row][column] for row, column in pairs) == best


@pytest.mark.parametrize("costs", [[], [[]], [[], []]])
def test_nobody_is_paired_with_nobody(costs: list[list[int]]) -> None:
    """A side without members makes no pair."""
    assert assignment(costs) == []


def _stream(rng: random.Random, size: int, *, span: float, most: float, ordered: bool) -> Timed:
    starts = [rng.uniform(0, span) for _ in range(size)]
    ends = [start + rng.uniform(0, most) for start in starts]
    if ordered:
        starts, ends = sorted(starts), sorted(ends)
    return Timed([rng.choice("abcd") for _ in range(size)], starts, ends)


def _by_definition(reference: Timed, hypothesis: Timed) -> int:
    row = list(range(len(hypothesis) + 1))
    for i in range(len(reference)):
        before, row = row, [i + 1]
        for j in range(len(hypothesis)):
            best = min(before[j + 1], row[j]) + 1
            meets = reference.starts[i] < hypothesis.ends[j] and reference.ends[i] > hypothesis.starts[j]
            if meets:
                best = min(best, before[j] + (reference.units[i] != hypothesis.units[j]))
            row.append(best)
    return row[-1]
