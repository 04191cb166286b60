"""How sure the figures are: paired draws of blocks, ties as ties, and nothing said where nothing can be known."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import pytest

from earwitness.compare.statistics import Draws, Figures, Verdict, judged

np = pytest.importorskip("numpy", reason="needs the extra compare")


def _noisy(rate: float, *, items: int = 400, seed: int = 0, shared: Any = None) -> list[float]:
    """Errors in items of ten words; `shared` difficulty makes entrants go well and badly together."""
    drawn = np.random.Generator(np.random.PCG64(seed)).poisson(10 * rate * (1 if shared is None else shared), items)
    return [float(value) for value in drawn]


def _judged(errors: dict[str, list[float]], blocks: list[str], **how: Any) -> Verdict:
    totals = {name: [10.0] * len(values) for name, values in errors.items()}
    (verdict,) = judged(Draws(blocks, resamples=2_000, seed=5), [Figures(errors, totals, **how)])
    return verdict


def test_every_resample_is_a_sum_over_blocks_drawn_with_replacement() -> None:
    """With few blocks all possible draws are known: each sum that comes is one of them, as often as chance has it."""
    draws = Draws(["a", "a", "b", "c"], resamples=27_000, seed=1)
    sums = draws.sums([[1, 2, 10, 100], [1, 1, 1, 1]])
    possible = {sum(picked) for picked in product((3, 10, 100), repeat=3)}
    values, counts = np.unique(sums[0], return_counts=True)
    assert set(values) == possible
    # 3 of 27 draws take the same block three times; with 27,000 draws within five standard deviations.
    assert abs(counts[list(values).index(9.0)] - 1_000) < 5 * np.sqrt(1_000)
    assert set(sums[1]) == {3.0, 4.0, 5.0, 6.0}


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    """A published interval can be computed again."""
    rows = [_noisy(0.1)]
    blocks = [str(number) for number in range(400)]
    first, again, other = (Draws(blocks, resamples=500, seed=seed).sums(rows) for seed in (1, 1, 2))
    assert (first == again).all() and not (first == other).all()


def test_corpus_rates_are_sums_over_sums() -> None:
    """One long utterance counts as much as it is long; the mean of the utterances' rates would say otherwise."""
    figures = Figures({"a": [0.0, 9.0], "b": [1.0, 0.0]}, {"a": [1.0, 99.0], "b": [1.0, 99.0]})
    (verdict,) = judged(Draws(["x", "y"], resamples=100), [figures])
    assert {one.name: one.rate for one in verdict.standings} == {"a": 0.09, "b": 0.01}


def test_a_real_difference_is_one_and_chance_is_a_tie() -> None:
    """Twice the errors are worse with near certainty; the same source of errors twice is a tie of open rank."""
    blocks = [str(number) for number in range(400)]
    verdict = _judged({"bad": _noisy(0.2), "good": _noisy(0.1, seed=1), "twin": _noisy(0.1, seed=2)}, blocks)
    ranks = {one.name: (one.best_rank, one.worst_rank) for one in verdict.standings}
    assert ranks == {"good": (1, 2), "twin": (1, 2), "bad": (3, 3)}
    by_pair = {(one.first, one.second): one for one in verdict.comparisons}
    assert by_pair["bad", "good"].better == "good" and by_pair["bad", "good"].first_better < 0.001
    assert by_pair["good", "twin"].better is None and by_pair["good", "twin"].low < 0 < by_pair["good", "twin"].high
    assert all(one.low < one.rate < one.high for one in verdict.standings if one.rate and one.low and one.high)


def test_where_more_is_better_the_higher_one_wins() -> None:
    """Recall is judged the other way round."""
    blocks = [str(number) for number in range(400)]
    verdict = _judged({"low": _noisy(0.1), "high": _noisy(0.3, seed=1)}, blocks, better="higher")
    assert [one.name for one in verdict.standings] == ["high", "low"] and verdict.comparisons[0].better == "high"


def test_pairs_and_blocks_decide_how_wide_an_interval_is() -> None:
    """Shared difficulty cancels in a difference; utterances of one speaker are no independent evidence."""
    items = 400
    shared = np.random.Generator(np.random.PCG64(9)).gamma(2, 0.5, 20).repeat(items // 20)
    errors = {"a": _noisy(0.3, shared=shared), "b": _noisy(0.3, seed=1, shared=shared)}
    speakers = [str(number // 20) for number in range(items)]
    by_speaker, by_item = _judged(errors, speakers), _judged(errors, [str(number) for number in range(items)])
    wide, narrow = (_width(one) for one in (by_speaker, by_item))
    assert wide > 1.5 * narrow
    pair = by_speaker.comparisons[0]
    assert pair.high - pair.low < 0.8 * wide
    assert pair.detectable > pair.high - pair.difference


def test_many_pairs_are_judged_more_strictly() -> None:
    """Holm's adjustment: the smallest p counts as often as there are pairs, and none falls below an earlier one."""
    blocks = [str(number) for number in range(400)]
    errors = {str(seed): _noisy(0.1, seed=seed) for seed in range(8)} | {"worse": _noisy(0.125, seed=99)}
    verdict = _judged(errors, blocks)
    ordered = sorted(verdict.comparisons, key=lambda one: one.p_value)
    assert len(ordered) == 36 and ordered[0].adjusted == min(1.0, 36 * ordered[0].p_value)
    assert all(one.adjusted <= two.adjusted for one, two in pairwise(ordered))
    assert all(one.p_value <= one.adjusted <= 1 for one in ordered)


def test_identical_entrants_are_a_tie_for_certain() -> None:
    """No difference in any resample is no evidence of one."""
    errors = _noisy(0.1)
    pair = _judged({"a": errors, "b": list(errors)}, [str(number) for number in range(400)]).comparisons[0]
    assert (pair.better, pair.first_better, pair.p_value) == (None, 0.5, 1.0)


def test_three_blocks_out_of_three_are_no_evidence() -> None:
    """All of a few blocks favour one side, as coins might fall: the draws alone would call that certain."""
    few = {"a": [1.0, 2.0, 1.0], "b": [5.0, 6.0, 7.0]}
    pair = _judged(few, ["x", "y", "z"]).comparisons[0]
    assert (pair.first_better, pair.p_value, pair.better) == (1.0, 0.25, None)
    many = {name: values * 3 for name, values in few.items()}
    assert _judged(many, [str(number) for number in range(9)]).comparisons[0].better == "a"


def test_a_single_block_gives_a_rate_and_no_interval() -> None:
    """One recording says nothing about the next one, however long it is."""
    verdict = _judged({"a": _noisy(0.1), "b": _noisy(0.9, seed=1)}, ["one"] * 400)
    assert [one.low for one in verdict.standings] == [None, None]
    assert verdict.comparisons[0].better is None and verdict.standings[0].worst_rank == 2


def test_who_has_nothing_to_divide_by_is_not_compared() -> None:
    """Only empty references: no rate, no rank to lose, and the others are judged without it."""
    figures = Figures({"a": [1.0, 2.0], "b": [1.0, 0.0]}, {"a": [0.0, 0.0], "b": [5.0, 5.0]})
    (verdict,) = judged(Draws(["x", "y"], resamples=100), [figures])
    assert {one.name: one.rate for one in verdict.standings} == {"a": None, "b": 0.1}
    assert verdict.comparisons == ()


def test_a_draw_of_empty_references_alone_has_no_rate() -> None:
    """Words heard where none were said count in the corpus; a resample of such recordings alone divides by nothing."""
    figures = Figures({"a": [0.0, 1.0], "b": [1.0, 2.0]}, {"a": [2.0, 0.0], "b": [2.0, 0.0]})
    (verdict,) = judged(Draws(["x", "y"], resamples=100), [figures])
    pair = verdict.comparisons[0]
    assert (pair.difference, pair.better) == (-1.0, None) and np.isfinite([pair.low, pair.high]).all()


def test_who_shares_no_draw_is_not_told_apart() -> None:
    """Two entrants whose units never lie in one resample have rates, and nothing is said of their difference."""
    figures = Figures({"a": [1.0, 0.0], "b": [0.0, 1.0]}, {"a": [5.0, 0.0], "b": [0.0, 5.0]})
    (verdict,) = judged(Draws(["x", "y"], resamples=1), [figures])
    assert verdict.comparisons[0].better is None


def _width(verdict: Verdict) -> float:
    first = verdict.standings[0]
    assert first.low is not None and first.high is not None
    return first.high - first.low
