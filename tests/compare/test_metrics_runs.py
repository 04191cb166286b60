"""Deletions in runs, loops, and words on silence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.compare.metrics import DeletedSpans, DeletionRuns, RepeatedLoops, WordsOnSilence
from earwitness.models import Segment, Transcript
from support.spoken import Plain, pair, said, timed


def test_deletions_in_runs() -> None:
    """Of seven deleted words five are gone in one run; a run ends at a word that was heard."""
    found = DeletionRuns().measure([pair("a b c d e f g h i j k", "a g i k")], Plain())
    assert found is not None
    assert (found.errors, found.total, found.parts) == (5, 7, {"runs": 1})


def test_lost_utterances_are_runs_and_empty_references_say_nothing() -> None:
    """A file that was not delivered is one long run; silence that was to be silent is none."""
    lost = DeletionRuns().measure([pair("a b c d e f", "", delivery="failed")], Plain())
    assert lost is not None and (lost.errors, lost.total) == (6, 6)
    assert DeletionRuns().measure([pair("", "a b")], Plain()) is None


def test_how_long_the_lost_spans_are() -> None:
    """In words, and in milliseconds from the first one's start to the last one's end; without times only in words."""
    sides = pair(timed("a b c d e", [0, 1000, 2000, 3000, 4000]), "a d")
    words = DeletedSpans(measured="words").measure([sides], Plain())
    spans = DeletedSpans().measure([sides], Plain())
    assert words is not None and words.values == (2, 1) and words.errors == 3
    assert spans is not None and spans.values == (1100, 100) and (spans.errors, spans.total) == (0, 0)
    assert DeletedSpans().measure([pair("a b c", "a")], Plain()) is None
    whole = DeletedSpans().measure([pair(said(("A", "aa bb cc dd", 0, 8000)), "aa dd")], Plain())
    assert whole is not None and whole.values == (4000,)


def test_an_insertion_in_front_moves_no_deleted_span() -> None:
    """Words that were made up before it stand in no reference time."""
    sides = pair(timed("a b c d e", [0, 1000, 2000, 3500, 9000]), "x a b e")
    spans = DeletedSpans().measure([sides], Plain())
    assert spans is not None and spans.values == (1600,)


def test_a_lost_stretch_with_two_readings_is_measured_in_the_text() -> None:
    """However many words a number is read as, it stands where it stands."""
    profile = Plain(otherwise={"25": (("twenty", "five"),)})
    sides = pair(timed("a 25 b c d", [0, 1000, 2000, 3000, 4000]), "a twenty five d")
    spans = DeletedSpans().measure([sides], profile)
    assert spans is not None and spans.values == (1100,)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "added", "loops"),
    [
        ("go on", "go on thank you thank you thank you thank you", 6, 1),
        ("no no no no", "no no no no", 0, 0),
        ("no no", "no no no no", 2, 1),
        ("a b a b a b", "b a b a b a", 0, 0),
        ("x", "the the", 0, 0),
        ("x", "a a a b b b", 4, 2),
        ("x", "a b c a b c a b c a", 6, 1),
        ("x", "a b c d", 0, 0),
    ],
)
def test_loops(reference: str, hypothesis: str, added: int, loops: int) -> None:
    """A phrase three times in a row or more, beyond what was said as often; wherever in the phrase the loop begins."""
    found = RepeatedLoops().measure([pair(reference, hypothesis)], Plain())
    assert found is not None
    assert (found.errors, found.parts["loops"], found.total) == (added, loops, len(reference.split()))


@given(phrase=st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True), times=st.integers(3, 9))
@settings(max_examples=40)
def test_all_but_one_repetition_is_added(phrase: list[str], times: int) -> None:
    """However long the phrase is and however often it comes."""
    found = RepeatedLoops().measure([pair("x y", " ".join(["x", *(phrase * times), "y"]))], Plain())
    assert found is not None
    assert (found.errors, found.parts["loops"]) == (len(phrase) * (times - 1), 1)


def test_words_on_silence() -> None:
    """Two words lie wholly outside of the speech and its margin, and the audio is half an hour long."""
    reference = timed("a b", [10_000, 10_500])
    hypothesis = timed("x a b y z", [2000, 10_000, 10_500, 10_900, 60_000])
    found = WordsOnSilence().measure([pair(reference, hypothesis, duration_ms=1_800_000)], Plain())
    assert found is not None and (found.errors, found.total) == (2, 0.5)
    strict = WordsOnSilence(margin_s=0).measure([pair(reference, hypothesis, duration_ms=1_800_000)], Plain())
    assert strict is not None and strict.errors == 3


def test_every_word_on_a_silent_recording_counts() -> None:
    """Where nobody speaks no times are needed."""
    found = WordsOnSilence().measure([pair("", "thank you", duration_ms=3_600_000)], Plain())
    assert found is not None and (found.errors, found.total) == (2, 1.0)
    quiet = WordsOnSilence().measure([pair("", "", duration_ms=3_600_000)], Plain())
    assert quiet is not None and (quiet.errors, quiet.total) == (0, 1.0)


def test_without_times_or_a_length_nothing_is_said_of_silence() -> None:
    """Neither side's times are guessed, and a rate per hour needs hours."""
    placed = said(("A", "a", 0, 1000))
    assert WordsOnSilence().measure([pair(placed, "a b", duration_ms=1000)], Plain()) is None
    assert WordsOnSilence().measure([pair("a", placed, duration_ms=1000)], Plain()) is None
    assert WordsOnSilence().measure([pair(placed, placed)], Plain()) is None
    # Speech that nobody wrote down is speech.
    speech = Transcript((Segment("", 0, 5000),))
    found = WordsOnSilence().measure([pair(speech, placed, duration_ms=3_600_000)], Plain())
    assert found is not None and found.errors == 0
