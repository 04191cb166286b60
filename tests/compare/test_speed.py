"""Times are told as spreads with their number, throughput as a slope that one stuck answer does not move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.compare.corpus import Corpus, Entrant, Result, Timing, Utterance
from earwitness.compare.speed import Line, Spread, line, live_timing, speed, spread
from earwitness.models import Interim, Segment, Transcript
from earwitness.streaming import Final, StreamEvent


def test_percentiles_are_observations() -> None:
    """Nearest rank: the smallest time that so many per cent do not exceed; what is unknown is left out."""
    assert spread(float(n) for n in range(1, 201)) == Spread(200, 100, 180, 190, 198)
    assert spread([3.0, None, 1.0]) == Spread(2, 1.0, 3.0, 3.0, 3.0)
    assert spread([None]) is None


@given(st.floats(0.01, 5), st.floats(0, 30), st.lists(st.integers(1, 4000), min_size=2, max_size=60, unique=True))
def test_throughput_is_a_slope_and_an_intercept(slope: float, intercept: float, lengths: list[int]) -> None:
    """Time over duration gives both back; the ratio of the sums would mix them."""
    found = line((float(length), intercept + slope * length) for length in lengths)
    assert found is not None and found.n == len(lengths)
    assert found.slope == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert found.intercept == pytest.approx(intercept, rel=1e-4, abs=1e-4)


def test_one_stuck_answer_does_not_move_the_line() -> None:
    """Least squares would say that a second of audio takes 17 s; the median of slopes keeps to 0.1."""
    points = [(float(n), 2 + 0.1 * n) for n in range(1, 21)]
    points[-1] = (20.0, 900.0)
    found = line(points)
    assert found is not None and (found.slope, found.intercept) == pytest.approx((0.1, 2))
    assert found.throughput == pytest.approx(10)


def test_a_line_needs_different_durations() -> None:
    """Recordings of one length say nothing about the slope; a falling line has no throughput."""
    assert line([(5.0, 1.0), (5.05, 2.0)]) is None and line([]) is None
    assert Line(2, -0.1, 1).throughput is None


def test_many_points_are_thinned_evenly() -> None:
    """Ten thousand answers take a moment, and the ends of the range still count."""
    found = line((n / 10, 1 + n / 100) for n in range(10_000))
    assert found is not None and found.n == 10_000
    assert (found.slope, found.intercept) == pytest.approx((0.1, 1))


def test_only_answers_have_a_speed() -> None:
    """A failure's time is no one's speed; parts that nobody measured stay unknown."""
    corpus = Corpus({id: Utterance(id, None, duration_ms=ms) for id, ms in (("a", 1000), ("b", 3000), ("c", 9000))})
    results = {
        "a": Result("a", "delivered", Transcript(), timing=Timing(total_s=1.0, queue_s=0.25)),
        "b": Result("b", "empty", Transcript(), timing=Timing(total_s=2.0)),
        "c": Result("c", "failed", error="DeadlineError", timing=Timing(total_s=600)),
    }
    found = speed(corpus, Entrant("x", results))
    assert found.total == Spread(2, 1.0, 2.0, 2.0, 2.0)
    assert found.queue == Spread(1, 0.25, 0.25, 0.25, 0.25) and found.upload is None
    assert found.over_duration == Line(2, 0.5, 0.5)


def _final(text: str) -> Final:
    return Final(Segment(text), 0)


def test_a_stream_is_timed_from_what_people_see() -> None:
    """First word, last final after the end of speech, and the share of words that were taken back."""
    events: list[tuple[float, StreamEvent]] = [
        (0.2, Interim("")),
        (0.4, Interim("I")),
        (0.6, Interim("I scream")),
        (0.8, Interim("ice cream is")),  # takes back two words
        (1.0, _final("ice cream is good")),
        (1.5, Interim("so")),
        (2.5, _final("soap")),  # takes back one
    ]
    assert live_timing(events, speech_end_s=2.0) == Timing(first_word_s=0.4, final_after_speech_s=0.5, churn=3 / 5)
    assert live_timing([(1.0, Interim("never"))], speech_end_s=1) == Timing(first_word_s=1.0)
    assert live_timing([], speech_end_s=1) == Timing()
