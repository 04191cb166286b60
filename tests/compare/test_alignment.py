"""Alignment: the totals of every optimal aligner, a split by one rule, and the readings that agree best."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.compare._lattice import settled
from earwitness.compare._pieces import LIMIT, pieces_of
from earwitness.compare._readings import one_by_one
from earwitness.compare.alignment import Alignment, align, distance
from earwitness.compare.units import Choice, Units

pytest.importorskip("rapidfuzz", reason="needs the extra compare")

few = st.lists(st.sampled_from("abcd"), max_size=12).map(tuple)


@st.composite
def with_choices(draw: st.DrawFn) -> Units:
    """A short text with up to three choices, empty readings and empty stretches among them."""
    units = draw(st.lists(st.sampled_from("abc"), max_size=6).map(tuple))
    choices, at = [], 0
    for _ in range(draw(st.integers(0, 3))):
        if at > len(units):
            break
        start = draw(st.integers(at, len(units)))
        end = draw(st.integers(start, min(start + 2, len(units))))
        others = draw(st.lists(st.lists(st.sampled_from("abc"), max_size=3).map(tuple), min_size=1, max_size=3))
        choices.append(Choice(start, end, (units[start:end], *others)))
        at = end + (start == end)
    return Units(units, tuple(choices))


@settings(max_examples=150, deadline=None)
@given(few, few)
def test_errors_are_those_of_jiwer_and_correct_units_as_many_as_can_be(
    left: tuple[str, ...], right: tuple[str, ...]
) -> None:
    """The total is jiwer's, and no alignment with as few errors has more correct units: the split has one rule."""
    jiwer = pytest.importorskip("jiwer", reason="the oracle is in the environment `scoring`")
    mine = align(Units(left), Units(right))
    theirs = jiwer.process_words(" ".join(left), " ".join(right))
    assert mine.errors == theirs.substitutions + theirs.deletions + theirs.insertions
    assert (mine.errors, -mine.hits) == _exact(left, right)
    _require_sound(mine, left, right)


def test_a_long_text_has_the_same_total_and_at_least_as_many_correct_units() -> None:
    """Cutting at stretches that both sides share changes no total, and the same split comes out every time."""
    jiwer = pytest.importorskip("jiwer", reason="the oracle is in the environment `scoring`")
    left, right = _long(3_000)
    mine = align(Units(left), Units(right))
    theirs = jiwer.process_words(" ".join(left), " ".join(right))
    assert mine.errors == theirs.substitutions + theirs.deletions + theirs.insertions
    assert mine.hits >= theirs.hits and mine.operations == align(Units(left), Units(right)).operations
    _require_sound(mine, left, right)


def test_a_one_character_word_is_no_number() -> None:
    """Words are compared as words: `a` is not its code point 97, as rapidfuzz has it where both stand in lists."""
    from rapidfuzz.distance import Levenshtein

    assert Levenshtein.distance(["a"], [97]) == 0
    assert align(Units(("a", "b")), Units(("97", "b"))).errors == 1


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("", "", b""), ("", "a b", b"II"), ("a b", "", b"DD"), ("a b", "a b", b"CC"), ("a b", "b c", b"DCI")],
)
def test_steps(left: str, right: str, expected: bytes) -> None:
    """Empty texts are legal, and of two substitutions against a correct word between two gaps the latter counts."""
    assert align(Units(tuple(left.split())), Units(tuple(right.split()))).operations == expected


@settings(max_examples=200, deadline=None)
@given(with_choices(), with_choices())
def test_the_best_of_all_readings_is_found(left: Units, right: Units) -> None:
    """In a short text the errors are those of the best pair of readings, on both sides at once, never more."""
    found = align(left, right)
    assert found.reference in set(_readings(left)) and found.hypothesis in set(_readings(right))
    pairs = itertools.product(_readings(left), _readings(right))
    assert found.errors == min(distance(Units(one), Units(two)) for one, two in pairs)
    assert found.errors <= distance(Units(left.units), Units(right.units))
    _require_sound(found, found.reference, found.hypothesis)


@settings(max_examples=100, deadline=None)
@given(with_choices(), with_choices())
def test_every_way_of_settling_finds_the_same_or_says_less(left: Units, right: Units) -> None:
    """Exact search chooses as trying all combinations does; one choice after the other is never worse than none."""
    best, exact, greedy = align(left, right), settled(left, right), one_by_one(left, right)
    assert (len(exact.operations), exact.operations.count(b"C")) == (len(best.operations), best.hits)
    for found in (best, exact):
        assert found.reference != left.units or [*found.reference_at] == [*range(len(left.units))]
    for found in (exact, greedy):
        errors = len(found.operations) - found.operations.count(b"C")
        assert best.errors <= errors <= distance(Units(left.units), Units(right.units))
        assert found.reference in set(_readings(left)) and found.hypothesis in set(_readings(right))
        assert errors == distance(Units(found.reference), Units(found.hypothesis))


def test_a_row_of_digits_is_what_was_spoken() -> None:
    """No single digit's reading gains anything there, and the first readings say nothing about where to cut."""
    spoken = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    digits = tuple(char for number in range(40) for char in str(number * 7 % 10))
    choices = tuple(Choice(at, at + 1, ((char,), tuple(spoken[int(char)]))) for at, char in enumerate(digits))
    heard = Units(tuple(letter for char in digits for letter in spoken[int(char)]))
    found = align(Units(digits, choices), heard)
    assert found.errors == 0 and found.reference == heard.units
    assert [*found.reference_at] == [at for at, char in enumerate(digits) for _ in spoken[int(char)]]
    assert one_by_one(Units(digits, choices), heard).operations == b"C" * len(heard.units)


def test_where_no_reading_agrees_the_text_stays_as_it_stands() -> None:
    """Of readings that are equally wrong the earliest counts, so that nothing is read into a text without need."""
    choice = Choice(1, 2, (("25",), ("two",), ("five",)))
    assert align(Units(("at", "25"), (choice,)), Units(("at", "noon"))).reference == ("at", "25")


def test_pieces_are_small_and_cut_no_choice() -> None:
    """Time stays linear because no piece exceeds the limit, and exact because no reading is cut in two."""
    steps = b"S" * 500 + b"C" * 40 + b"SDI" * 100
    length = len(steps) - steps.count(b"I")
    choices = tuple(Choice(at, at + 3, (tuple("abc"),)) for at in range(0, length - 3, 7))
    pieces = pieces_of(steps, choices, ())
    assert all((one.left_end - one.left) * (one.right_end - one.right) <= LIMIT for one in pieces)
    inner = {at for one in choices for at in range(one.start + 1, one.end)}
    assert not inner & {one.left for one in pieces} and pieces[-1].left_end == length
    assert [one.end for one in pieces[:-1]] == [one.begin for one in pieces[1:]]


def test_a_reading_of_several_words_counts_wherever_it_stands() -> None:
    """`25` agrees with `twenty five` on either side, and the rate's denominator is the reading that was taken."""
    digits = Units(("at", "25", "degrees"), (Choice(1, 2, (("25",), ("twenty", "five"), ("two", "five"))),))
    words = Units(("at", "twenty", "five", "degrees"))
    assert align(digits, words).errors == align(words, digits).errors == 0
    assert align(digits, words).total == 4 and align(digits, Units(("at", "25", "degrees"))).total == 3
    assert align(digits, words).reference_at == (0, 1, 1, 2)


def test_a_long_text_full_of_readings_is_settled_piece_by_piece() -> None:
    """Thousands of choices cost no search through all of them, and the readings heard are found."""
    rng = random.Random(3)
    words = [f"w{rng.randrange(500)}" for _ in range(4_000)]
    choices = [Choice(at, at + 1, ((words[at],), (f"r{at}", "x"), (f"s{at}",))) for at in range(5, 4_000, 13)]
    heard = list(words)
    for at in range(len(choices) - 1, -1, -2):
        heard[choices[at].start : choices[at].end] = choices[at].readings[1]
    assert align(Units(tuple(words), tuple(choices)), Units(tuple(heard))).errors == 0
    gone = len(heard[7::50])
    del heard[7::50]
    first = distance(Units(tuple(words)), Units(tuple(heard)))
    assert align(Units(tuple(words), tuple(choices)), Units(tuple(heard))).errors <= gone < first


def test_dozens_of_readings_on_both_sides_never_make_it_worse() -> None:
    """Where there are too many to try, the result is still no worse than the first readings, and in the readings."""
    rng = random.Random(4)
    for _ in range(20):
        left, right = _numbers(rng), _numbers(rng)
        found = align(left, right)
        assert found.errors <= distance(Units(left.units), Units(right.units))
        _require_sound(found, found.reference, found.hypothesis)


def _numbers(rng: random.Random) -> Units:
    """Twenty words, six of them with fifteen readings of up to four words."""
    units = tuple(f"n{rng.randrange(30)}" for _ in range(20))
    readings = [tuple(f"n{rng.randrange(30)}" for _ in range(rng.randrange(1, 5))) for _ in range(15)]
    return Units(units, tuple(Choice(at, at + 1, (units[at : at + 1], *readings)) for at in range(0, 18, 3)))


def _long(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rng = random.Random(2)
    left = [f"w{int(rng.paretovariate(0.6)) % 900}" for _ in range(count)]
    right = []
    for word in left:
        chance = rng.random()
        right += [] if chance < 0.05 else [word, "w1"] if chance < 0.1 else ["w2"] if chance < 0.2 else [word]
    return tuple(left), tuple(right)


def _require_sound(found: Alignment, left: tuple[str, ...], right: tuple[str, ...]) -> None:
    """The steps lead through both sides, and say `C` just where both say the same."""
    i = j = 0
    for step in found.operations.decode():
        if step in "CS":
            assert (left[i] == right[j]) == (step == "C")
        i, j = i + (step != "I"), j + (step != "D")
    assert (i, j) == (len(left), len(right)) == (len(found.reference_at), len(found.hypothesis_at))
    assert found.total == found.hits + found.substitutions + found.deletions


def _exact(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[int, int]:
    """Fewest errors, then most correct units (negative), by the textbook's table."""
    row = [(j, 0) for j in range(len(right) + 1)]
    for i, unit in enumerate(left, 1):
        before, row = row, [(i, 0)]
        for j, other in enumerate(right, 1):
            corner, over, left_of = before[j - 1], before[j], row[j - 1]
            diagonal = (corner[0], corner[1] - 1) if unit == other else (corner[0] + 1, corner[1])
            row.append(min(diagonal, (over[0] + 1, over[1]), (left_of[0] + 1, left_of[1])))
    return row[-1]


def _readings(side: Units) -> Iterator[tuple[str, ...]]:
    for picked in itertools.product(*(one.readings for one in side.choices)):
        text: tuple[str, ...] = ()
        at = 0
        for choice, reading in zip(side.choices, picked, strict=True):
            text += side.units[at : choice.start] + reading
            at = choice.end
        yield text + side.units[at:]
