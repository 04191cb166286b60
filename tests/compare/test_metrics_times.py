"""Offsets of words, their drift, and stamps that cannot be used."""

import pytest

from earwitness.compare.metrics import StampDisorder, WordDrift, WordOffset, WordWithin
from earwitness.models import Segment, Transcript, Word
from support.spoken import Plain, pair, said, timed

WORDS = "a b c d"


def test_offsets_of_words_that_both_sides_have() -> None:
    """Early and late alike, in milliseconds; a word that was misheard has no offset."""
    sides = pair(timed(WORDS, [0, 1000, 2000, 3000]), timed("a b x d", [30, 960, 2500, 3000], length=150))
    starts, ends = WordOffset().measure([sides], Plain()), WordOffset(edge="end").measure([sides], Plain())
    assert starts is not None and starts.values == (30, 40, 0) and (starts.errors, starts.total) == (0, 0)
    assert ends is not None and ends.values == (80, 10, 50)


def test_the_share_within() -> None:
    """The hits over the words that have a time on both sides; the limit itself is within."""
    sides = pair(timed(WORDS, [0, 1000, 2000, 3000]), timed(WORDS, [50, 1051, 1950, None]))
    found = WordWithin(within_ms=50).measure([sides], Plain())
    assert found is not None and (found.errors, found.total) == (2, 3)


@pytest.mark.parametrize("hypothesis", [WORDS, said(("1", WORDS, 0, 4000)), timed("x y", [0, 1000])])
def test_times_of_segments_are_no_times_of_words(hypothesis: Transcript | str) -> None:
    """None where no word that both sides have has a time of its own on both."""
    for metric in (WordOffset(), WordWithin(), WordDrift(least=1)):
        assert metric.measure([pair(timed(WORDS, [0, 1000, 2000, 3000]), hypothesis)], Plain()) is None
        assert metric.measure([pair(said(("A", WORDS, 0, 4000)), timed(WORDS, [0, 1, 2, 3]))], Plain()) is None


def test_a_word_that_normalising_splits_has_its_start_and_its_end() -> None:
    """`twenty-five` begins where `twenty` does and ends where `five` does; the seam has no time."""
    reference = timed("twenty-five men", [1000, 2000])
    reference = Transcript((Segment("twenty five men", words=reference.segments[0].words),))
    hypothesis = timed("twenty five men", [1010, 1500, 2000])
    profile = Hyphens()
    starts = WordOffset().measure([pair(reference, hypothesis)], profile)
    ends = WordOffset(edge="end").measure([pair(reference, hypothesis)], profile)
    assert starts is not None and starts.values == (10, 0)
    assert ends is not None and ends.values == (500, 0)


class Hyphens(Plain):
    """Hyphens part words."""

    def words(self, text: str):  # type: ignore[no-untyped-def]
        return super(Hyphens, self).words(text.replace("-", " "))  # noqa: UP008


def test_drift_is_the_slope_of_the_offsets() -> None:
    """Half a second in ten minutes are three seconds an hour, and two wild words are no matter."""
    at = [number * 6000 for number in range(101)]
    late = [start + start // 1200 for start in at]
    words = " ".join(f"w{number}" for number in range(101))
    slow = WordDrift().slope(pair(timed(words, at), timed(words, late)), Plain())
    assert slow == pytest.approx(3000)
    late[70], late[90] = 10_000_000, 0
    assert WordDrift().slope(pair(timed(words, at), timed(words, late)), Plain()) == pytest.approx(3000)
    fast = pair(timed(words, late), timed(words, at))
    signed, measured = WordDrift().slope(fast, Plain()), WordDrift().measure([fast], Plain())
    assert signed is not None and signed < 0
    assert measured is not None and measured.values == (-signed,)
    assert WordDrift(least=102).measure([fast], Plain()) is None


def test_stamps_that_cannot_be_used() -> None:
    """Missing, reversed and out of order are told apart; two segments over each other are no disorder."""
    words = (Word("a", 0, 100), Word("b", None, 200), Word("c", 300, 250), Word("d", 290, 400), Word("e", 500, 600))
    hypothesis = Transcript((Segment("a b c d e", words=words), Segment("f", words=(Word("f", 50, 80),))))
    found = StampDisorder().measure([pair("a b c d e f", hypothesis)], Plain())
    assert found is not None
    assert (found.errors, found.total) == (3, 6)
    assert found.parts == {"missing": 1, "reversed": 1, "out_of_order": 1}


def test_a_vendor_without_word_times_has_no_disorder() -> None:
    """None where no word has a time: that is told elsewhere."""
    assert StampDisorder().measure([pair("a b", "a b")], Plain()) is None
    assert StampDisorder().measure([pair("a b", timed("a b", [None, None]))], Plain()) is None
