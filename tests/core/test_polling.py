"""Questions to a vendor are spaced by what is expected to be left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness._polling import next_delay_s

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


@pytest.mark.parametrize(
    ("audio_ms", "waited", "delay"),
    [
        (None, 0, 2),
        (None, 1.5, 1),
        (None, 40, 4),
        (60_000, 0, 3.5),
        (600_000, 0, 17),
        (600_000, 10, 7),
        (600_000, 17, 1.7),
        (36_000_000, 0, 30),
        (None, 1_000, 30),
    ],
)
def test_the_first_question_comes_at_half_the_expected_time(audio_ms: int | None, waited: float, delay: float) -> None:
    """Four seconds and a twentieth of the audio are expected; from the half on, a tenth of the time waited is added."""
    assert next_delay_s(waited, audio_ms=audio_ms) == pytest.approx(delay)


@given(st.floats(0, 3_600), lengths)
def test_a_finished_job_is_noticed_soon(finished_after: float, audio_ms: int | None) -> None:
    """Past the first half of the expected time, a result waits at most a tenth of the job's time, or one second."""
    expected = 4 + 0.05 * (audio_ms or 0) / 1000
    moment = 0.0
    while moment < finished_after:
        moment += next_delay_s(moment, audio_ms=audio_ms)
    if finished_after >= expected / 2 + 30:
        assert moment - finished_after <= max(1.0, finished_after / 10)


def test_a_long_job_is_asked_seldom() -> None:
    """A job of one hour is asked about fewer than two hundred times."""
    moment, questions = 0.0, 0
    while moment < 3_600:
        moment += next_delay_s(moment, audio_ms=6 * 3_600_000)
        questions += 1
    assert questions < 200
