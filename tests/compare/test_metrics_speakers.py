"""cpWER, tcpWER, their character forms and words given to the wrong person, against MeetEval and by hand."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.compare.metrics import PermutationError, TimedPermutationError, WrongSpeaker
from earwitness.models import Segment, Transcript, Word
from support.spoken import Plain, pair, said, timed

Turns = list[tuple[str, str, int, int]]


@pytest.fixture(scope="module")
def meeteval() -> Iterator[Any]:
    """The oracle, silent: it warns of what the strategies make on purpose."""
    found = pytest.importorskip(
        "meeteval", reason="MeetEval is the oracle of this test; its wheel needs a C++ compiler"
    )
    logging.disable(logging.WARNING)
    yield found
    logging.disable(logging.NOTSET)


@st.composite
def turns(draw: st.DrawFn, *, most: int = 7, apart: bool = True) -> Turns:
    """Turns of up to three speakers; with `apart` nobody speaks over himself."""
    found: Turns = []
    free = dict.fromkeys("ABC", 0)
    for _ in range(draw(st.integers(0, most))):
        who = draw(st.sampled_from("ABC"))
        words = " ".join(draw(st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), min_size=1, max_size=6)))
        start = (free[who] if apart else 0) + draw(st.integers(0, 9000))
        end = start + draw(st.integers(1, 7000))
        free[who] = end
        found.append((who, words, start, end))
    return found


def _seglst(meeteval: Any, found: Turns, *, spaced: bool = False) -> Any:
    """The turns as MeetEval has them, in milliseconds; with `spaced` each character is a word."""
    return meeteval.io.SegLST(
        [
            {
                "session_id": "x", "speaker": who, "start_time": start, "end_time": end,
                "words": " ".join(text.replace(" ", "")) if spaced else text,
            }
            for who, text, start, end in found
        ]
    )  # fmt: skip


@given(reference=turns().filter(bool), hypothesis=turns().filter(bool))
@settings(max_examples=60)
def test_cpwer_and_cpcer_are_those_of_meeteval(meeteval: Any, reference: Turns, hypothesis: Turns) -> None:
    """Errors, length and speakers too many or too few are the same, over words and over characters."""
    for metric, spaced in ((PermutationError(), False), (PermutationError(form="characters"), True)):
        ours = metric.measure([pair(said(*reference), said(*hypothesis))], Plain())
        theirs = meeteval.wer.wer.cp.cp_word_error_rate(
            _seglst(meeteval, reference, spaced=spaced), _seglst(meeteval, hypothesis, spaced=spaced)
        )
        assert ours is not None
        assert (ours.errors, ours.total) == (theirs.errors, theirs.length)
        assert ours.parts["speakers_missed"] == theirs.missed_speaker
        assert ours.parts["speakers_invented"] == theirs.falarm_speaker


@pytest.mark.parametrize("apart", [True, False])
@given(data=st.data(), collar=st.sampled_from([1, 250, 1000, 5000]))
@settings(max_examples=60)
def test_tcpwer_and_tcpcer_are_those_of_meeteval(meeteval: Any, data: st.DataObject, collar: int, apart: bool) -> None:
    """With the times of turns shared out by characters, errors and length are the same at every collar."""
    reference, hypothesis = (data.draw(turns(apart=apart).filter(bool)) for _ in range(2))
    for form, spaced in (("words", False), ("characters", True)):
        metric = TimedPermutationError(form=form, collar_s=collar / 1000, times="turns")  # type: ignore[arg-type]
        ours = metric.measure([pair(said(*reference), said(*hypothesis))], Plain())
        theirs = meeteval.wer.wer.time_constrained.time_constrained_minimum_permutation_word_error_rate(
            _seglst(meeteval, reference, spaced=spaced), _seglst(meeteval, hypothesis, spaced=spaced), collar=collar
        )
        assert ours is not None
        assert (ours.errors, ours.total) == (theirs.errors, theirs.length)


def test_words_of_nobody_in_particular_are_a_voice_of_their_own() -> None:
    """A label that is missing does not hide what was said: it is deleted from its speaker and inserted by nobody."""
    found = PermutationError().measure(
        [pair(said(("A", "a b c d", 0, 1000)), said(("1", "a b", 0, 500), (None, "c d", 500, 1000)))], Plain()
    )
    assert found is not None
    assert (found.errors, found.total, found.parts["speakers_invented"]) == (4, 4, 1)


def test_without_speakers_there_is_nothing_to_say() -> None:
    """None, not 0 and not 100 %, where a side names nobody; what was not delivered is missed all the same."""
    named, nameless = said(("A", "a b", 0, 1000), ("B", "c", 1000, 2000)), said((None, "a b c", 0, 2000))
    for metric in (PermutationError(), TimedPermutationError(), WrongSpeaker()):
        assert metric.measure([pair(named, nameless)], Plain()) is None
        assert metric.measure([pair(nameless, named)], Plain()) is None
    for metric in (PermutationError(), TimedPermutationError()):
        lost = metric.measure([pair(named, Transcript(), delivery="failed")], Plain())
        assert lost is not None and (lost.errors, lost.total, lost.parts["deletions"]) == (3, 3, 3)


def test_an_answer_without_words_is_heard_as_silence() -> None:
    """A segment in which nobody says anything names nobody: the words are missed, and not left out of the count."""
    nothing = Transcript((Segment(" ", 0, 1000),))
    for metric in (PermutationError(), TimedPermutationError()):
        found = metric.measure([pair(said(("A", "a b", 0, 1000)), nothing, delivery="empty")], Plain())
        assert found is not None and (found.errors, found.total) == (2, 2)


def test_a_cut_recording_is_measured_transcript_by_transcript() -> None:
    """Two answers call their speakers what they like: each is paired by itself, and the counts are summed."""
    first = pair(
        said(("A", "a b", 0, 1000), ("B", "c", 1000, 2000)), said(("1", "a b", 0, 1000), ("2", "c", 1000, 2000))
    )
    second = pair(
        said(("A", "d", 0, 1000), ("B", "e f", 1000, 2000)), said(("2", "d", 0, 1000), ("1", "e x", 1000, 2000))
    )
    found = PermutationError().measure([first, second], Plain())
    assert found is not None and (found.errors, found.total) == (1, 6)


def test_where_nobody_is_named_the_utterance_says_who_speaks() -> None:
    """A corpus with one speaker for each utterance needs no labels in its references."""
    found = PermutationError().measure([pair("a b", said(("1", "a b", 0, 900)), speaker="anna")], Plain())
    assert found is not None and (found.errors, found.total) == (0, 2)


def test_tcpwer_matches_only_within_the_collar() -> None:
    """The same word said 3 s later is right with a collar of 5 s, and one deletion and one insertion with 1 s."""
    sides = pair(said(("A", "a", 0, 1000)), said(("1", "a", 3000, 4000)))
    wide, narrow = (TimedPermutationError(collar_s=collar).measure([sides], Plain()) for collar in (5.0, 1.0))
    assert wide is not None and narrow is not None
    assert wide.errors == 0
    assert (narrow.errors, narrow.parts["deletions"], narrow.parts["insertions"]) == (2, 1, 1)


def test_the_words_own_times_win_over_those_of_their_turn() -> None:
    """A word that stands at the end of a long turn is looked for there, unless the turns' times are asked for."""
    reference = Transcript((Segment("a b", 0, 60_000, (Word("a", 0, 100), Word("b", 59_000, 59_100)), speaker="A"),))
    hypothesis = said(("1", "b", 58_000, 60_000))
    own, spread = (
        TimedPermutationError(collar_s=1.0, times=times).measure([pair(reference, hypothesis)], Plain())  # type: ignore[arg-type]
        for times in ("words", "turns")
    )
    assert own is not None and spread is not None
    # Spread over the turn, `b` has its second half, where the middle of the heard one lies as well.
    assert (own.errors, spread.errors) == (1, 1)
    early = said(("1", "b", 30_000, 32_000))
    assert (
        found := TimedPermutationError(collar_s=1.0).measure([pair(reference, early)], Plain())
    ) and found.errors == 3


def test_a_turn_without_times_leaves_tcpwer_unsaid() -> None:
    """A word that cannot be placed makes the answer None, while cpWER needs no times."""
    untimed = Transcript((Segment("a", speaker="1"),))
    assert TimedPermutationError().measure([pair(said(("A", "a", 0, 100)), untimed)], Plain()) is None
    found = PermutationError().measure([pair(said(("A", "a", 0, 100)), untimed)], Plain())
    assert found is not None and found.errors == 0


def test_other_readings_count_as_right_with_speakers_too() -> None:
    """What the plain rate forgives as the same number is forgiven here, with and without times."""
    profile = Plain(otherwise={"25": (("twenty", "five"),)})
    sides = pair(
        said(("A", "it is 25 now", 0, 4000), ("B", "yes", 5000, 6000)),
        said(("1", "it is twenty five now", 0, 4000), ("2", "yes", 5000, 6000)),
    )
    for metric in (PermutationError(), TimedPermutationError(collar_s=1.0)):
        found = metric.measure([sides], profile)
        assert found is not None and (found.errors, found.total) == (0, 6)


def test_words_given_to_the_wrong_person() -> None:
    """Of six words that stand against each other two come from the wrong voice; what was not heard is no matter."""
    found = WrongSpeaker().measure(
        [
            pair(
                said(("A", "a b c", 0, 1000), ("B", "d e f g", 1000, 2000)),
                said(("1", "a b", 0, 900), ("2", "c d x", 900, 1500), ("1", "f", 1500, 2000)),
            )
        ],
        Plain(),
    )
    assert found is not None and (found.errors, found.total) == (2, 6)


def test_a_segment_is_cut_where_its_words_change_hands() -> None:
    """A vendor that labels words and not segments is read all the same."""
    words = (Word("a", 0, 100, speaker="1"), Word("b", 100, 200, speaker="1"), Word("c", 200, 300, speaker="2"))
    hypothesis = Transcript((Segment("a b c", 0, 300, words),))
    found = PermutationError().measure([pair(said(("A", "a b", 0, 200), ("B", "c", 200, 300)), hypothesis)], Plain())
    assert found is not None and (found.errors, found.total) == (0, 3)


def test_a_word_that_normalising_splits_keeps_its_place() -> None:
    """Units that stand in no word share the gap between their neighbours, so none of them leaves its collar."""
    reference = timed("at twenty-five past", [0, 10_000, 20_000], speaker="A")
    text = Transcript((Segment("at twenty five past", words=reference.segments[0].words, speaker="A"),))
    hypothesis = timed("at twenty five past", [0, 9_000, 12_000, 20_000], speaker="1")
    found = TimedPermutationError(collar_s=4.0).measure([pair(text, hypothesis)], Plain())
    assert found is not None and found.errors == 0
