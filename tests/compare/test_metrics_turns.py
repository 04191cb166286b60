"""Where units stand in time and in text."""

import pytest

from earwitness.compare.metrics._turns import Turn, intervals, joined, places, turns
from earwitness.compare.units import Choice, Units
from earwitness.models import Segment, Transcript, Word
from support.spoken import Plain


def test_units_have_the_part_of_the_turn_that_their_characters_are() -> None:
    """Nine characters in nine seconds: each word takes as many seconds as it has characters."""
    turn = Turn("a bb cccccc", None, 1000, 10_000)
    assert intervals(turn, ("a", "bb", "cccccc"), Plain().words) == [(1000, 2000), (2000, 4000), (4000, 10_000)]


def test_units_have_the_times_of_their_words() -> None:
    """And a word that is several units is shared out between them."""
    turn = Turn("a bbcc", None, 0, 9000, (Word("a", 0, 100), Word("bb cc", 500, 900)))
    assert intervals(turn, ("a", "bb", "cc"), Plain().words) == [(0, 100), (500, 700), (700, 900)]
    whole = [(0, 9000 / 5), (9000 / 5, 9000 / 5 * 3), (9000 / 5 * 3, 9000)]
    assert intervals(turn, ("a", "bb", "cc"), Plain().words, own=False) == [pytest.approx(each) for each in whole]


def test_units_of_no_word_share_the_gap() -> None:
    """Between two words they lie from the end of the one to the start of the other, at the ends up to the turn's."""
    words = (Word("a", 1000, 1100), Word("b", 5100, 5200))
    turn = Turn("x a y z b w", None, 0, 6000, words)
    found = intervals(turn, ("x", "a", "y", "z", "b", "w"), Plain().words)
    assert found == [(0, 1000), (1000, 1100), (1100, 3100), (3100, 5100), (5100, 5200), (5200, 6000)]


def test_a_word_without_times_makes_the_turn_count() -> None:
    """Half of the stamps are none: the turn's time is shared out, and without one there is no time at all."""
    words = (Word("a", 0, 100), Word("b"))
    assert intervals(Turn("a b", None, 0, 4000, words), ("a", "b"), Plain().words) == [(0, 2000), (2000, 4000)]
    assert intervals(Turn("a b", None, 0, None, words), ("a", "b"), Plain().words) is None


def test_the_units_of_a_choice_stand_for_all_of_it() -> None:
    """Two units read as one, and one read as two; all others stand for themselves."""
    assert places([0, 2, 3, 3, 4], 5) == [range(2), range(2, 3), range(3, 4), range(3, 4), range(4, 5)]
    assert places([], 0) == []


def test_choices_move_with_their_units() -> None:
    """A choice of the second part stands as many units later."""
    first, second = Units(("a", "b")), Units(("25",), (Choice(0, 1, (("twenty", "five"),)),))
    assert joined([first, second]) == Units(("a", "b", "25"), (Choice(2, 3, (("twenty", "five"),)),))


def test_turns_are_in_the_order_of_their_starts_where_all_have_one() -> None:
    """A vendor that lists speaker after speaker is read in time; without times the order is the vendor's."""
    late, early, untimed = Segment("b", 5000, 6000), Segment("a", 0, 1000), Segment("c")
    assert [turn.text for turn in turns(Transcript((late, early)))] == ["a", "b"]
    assert [turn.text for turn in turns(Transcript((late, early, untimed)))] == ["b", "a", "c"]
