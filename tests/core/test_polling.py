"""Questions to a vendor are spaced by what is expected to be left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness._polling import GIVE_UP_S, Patience, next_delay_s

waits = st.floats(0, 10**6)
lengths = st.none() | st.integers(0, 12 * 3_600_000)


@given(waits, lengths)
def test_a_delay_is_between_one_second_and_thirty(waited: float, audio_ms: int | None) -> None:
    """Nobody asks faster than once a second or leaves a finished job waiting for more than half a minute."""
    assert 1 <= next_delay_s(waited, audio_ms=audio_ms) <= 30


@given(waits, lengths, st.floats(0, 10**6))
def test_the_vendors_wish_wins(waited: float, audio_ms: int | None, wish: float) -> None:
    """A vendor that says when to ask again is asked then."""
    assert next_delay_s(waited, audio_ms=audio_ms, wish_s=wish) == wish


def test_a_wish_for_the_past_is_now() -> None:
    """A negative wish does not become a negative sleep."""
    assert next_delay_s(5, audio_ms=None, wish_s=-3) == 0


MINUTE = 60_000


def asked_at(until_s: float, audio_ms: int | None) -> list[float]:
    """When a job is asked about, in seconds since its submission, up to the first question at `until_s` or later."""
    moments = [next_delay_s(0, audio_ms=audio_ms)]
    while moments[-1] < until_s:
        moments.append(moments[-1] + next_delay_s(moments[-1], audio_ms=audio_ms))
    return moments


@pytest.mark.parametrize(
    ("audio_ms", "moments"),
    [
        (None, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.1]),
        (MINUTE, [2, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.55, 12.705]),
        (9 * MINUTE, [2, 4, 8, 15.5, 17.05, 18.755]),
        (17 * MINUTE, [2, 4, 8, 16, 27.5, 30.25]),
        (600 * MINUTE, [2, 4, 8, 16, 32, 62, 92]),
    ],
)
def test_the_first_question_is_early_and_the_next_ones_lead_to_half_the_expected_time(
    audio_ms: int | None, moments: list[float]
) -> None:
    """From two seconds on the time doubles to the half of four seconds and a twentieth of the audio; then 10 % more."""
    assert asked_at(moments[-1], audio_ms) == pytest.approx(moments)


@given(lengths)
def test_a_job_that_is_finished_at_once_is_noticed_at_once(audio_ms: int | None) -> None:
    """However long the audio is, nobody waits more than two seconds for what was over at the start."""
    assert next_delay_s(0, audio_ms=audio_ms) == 2


@given(st.floats(0, 3_600), lengths)
def test_a_finished_job_is_noticed_soon(finished_after: float, audio_ms: int | None) -> None:
    """A result waits no longer than its job took, or a tenth of that past half of the expected time, or 30 seconds."""
    half = (4 + 0.05 * (audio_ms or 0) / 1000) / 2
    late = asked_at(finished_after, audio_ms)[-1] - finished_after
    assert late <= min(max(2.0, finished_after), 30) + 1e-6
    if finished_after >= half + 30:
        assert late <= max(1.0, finished_after / 10) + 1e-6


@pytest.mark.parametrize("minutes", [0, 1, 9, 17, 60, 360, 720])
def test_the_number_of_questions_is_bounded(minutes: int) -> None:
    """No audio makes more than 45 questions in five minutes or 155 in an hour, as the module says."""
    assert len(asked_at(300, minutes * MINUTE)) <= 45
    assert len(asked_at(3_600, minutes * MINUTE)) <= 155


@given(st.integers(0, 3_600))
def test_early_questions_are_few(seconds: int) -> None:
    """Up to an hour of audio, at most seven questions come before half of the expected time."""
    half = (4 + 0.05 * seconds) / 2
    assert sum(moment < half - 1e-6 for moment in asked_at(half, seconds * 1000)) <= 7


def test_ten_minutes_of_audio_are_asked_about_thirteen_times() -> None:
    """The figure of the module's docstring, for a job that takes what is expected."""
    assert len(asked_at(34, 10 * MINUTE)) == 13


def test_five_minutes_without_an_answer_end_the_waiting() -> None:
    """Failing questions are borne for five minutes from the first one; an answer in between begins them anew."""
    now = 0.0
    patience = Patience(lambda: now)
    assert not patience.failed()
    now = GIVE_UP_S - 1
    assert not patience.failed()
    patience.answered()
    now = GIVE_UP_S + 1
    assert not patience.failed()
    now = 2 * GIVE_UP_S + 1
    assert patience.failed()
