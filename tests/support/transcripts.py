"""Transcripts for tests: one by its text, and Hypothesis strategies for valid ones and for vendors' disorder."""

import math

from hypothesis import strategies as st

from earwitness.models import (
    Answer,
    AudioEvent,
    Notice,
    Segment,
    ServedBy,
    Speaker,
    Transcript,
    Word,
)

__all__ = ["disorderly", "json_values", "spoken", "valid"]

_texts = st.text(max_size=12)
_spoken = st.text(min_size=1, max_size=8).filter(str.strip)
_labels = st.text(min_size=1, max_size=4)
_confidences = st.none() | st.floats(0, 1)
_counts = st.integers(0, 10**9)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


def spoken(text: str, *, start: int = 0, step: int = 400, **known: object) -> Segment:
    """A segment whose words, without punctuation and in lower case, each take 300 ms of every `step`."""
    pieces = [piece.strip(".,?!").lower() for piece in text.split()]
    words = tuple(Word(one, start + n * step, start + n * step + 300) for n, one in enumerate(pieces))
    return Segment(text, start, words[-1].end_ms, words, **known)  # type: ignore[arg-type]


@st.composite
def _words(draw: st.DrawFn, low: int, high: int, names: list[str]) -> tuple[Word, ...]:
    """Words in order between two times, some of them without times."""
    starts = sorted(draw(st.lists(st.integers(low, high), max_size=5)))
    words = []
    for start in starts:
        timed = draw(st.booleans())
        words.append(
            Word(
                draw(_spoken),
                start if timed else None,
                draw(st.none() | st.integers(start, high)) if timed else None,
                draw(_confidences),
                draw(st.none() | st.sampled_from(names)) if names else None,
            )
        )
    return tuple(words)


@st.composite
def _segments(draw: st.DrawFn, names: list[str]) -> Segment:
    low = draw(_counts)
    high = draw(st.integers(low, low + 10**6))
    return Segment(
        draw(_texts),
        draw(st.sampled_from([low, None])),
        draw(st.sampled_from([high, None])),
        draw(_words(low, high, names)),
        draw(_confidences),
        draw(st.none() | st.sampled_from(names)) if names else draw(st.none() | _labels),
        draw(st.none() | st.integers(0, 8)),
        draw(st.sampled_from([None, "ko-KR"])),
        draw(st.none() | _labels),
        draw(st.sampled_from([(), ("end_ms",)])),
    )


@st.composite
def _events(draw: st.DrawFn) -> AudioEvent:
    start = draw(_counts)
    return AudioEvent(draw(_labels), start, draw(st.none() | st.integers(start, 2 * 10**9)), draw(_confidences))


@st.composite
def valid(draw: st.DrawFn) -> Transcript:
    """Any transcript that `check` accepts."""
    names = draw(st.lists(_labels, unique=True, max_size=3))
    return Transcript(
        segments=tuple(draw(st.lists(_segments(names), max_size=3))),
        speakers=tuple(Speaker(name, draw(st.none() | _texts)) for name in names),
        events=tuple(draw(st.lists(_events(), max_size=2))),
        requested_language=draw(st.sampled_from([(), ("auto",), ("ko-KR", "en-US")])),
        detected_language=draw(st.none() | _labels),
        duration_ms=draw(st.none() | _counts),
        confidence=draw(_confidences),
        served_by=draw(st.none() | st.builds(ServedBy, _labels, st.none() | _labels, model=st.none() | _labels)),
        notices=tuple(
            draw(
                st.lists(
                    st.builds(
                        Notice,
                        st.sampled_from(["repaired", "not_delivered", "dropped"]),
                        _texts,
                        st.none() | _labels,
                        st.integers(0, 9),
                    ),
                    max_size=2,
                )
            )
        ),
        metadata=draw(st.dictionaries(_texts, _texts, max_size=2)),
        vendor=draw(st.dictionaries(_texts, json_values, max_size=2)),
        raw=draw(st.none() | st.builds(Answer, st.binary(max_size=20), st.just("text/plain"), st.none() | _labels)),
    )


_wild_times = (
    st.none() | st.integers(-50, 50) | st.booleans() | st.floats(-50, 50) | st.sampled_from([math.nan, math.inf])
)
_wild_confidences = st.none() | st.floats() | st.booleans() | st.integers(-2, 2)
_wild_names = st.none() | st.sampled_from(["a", "b", "c"])
_wild_words = st.builds(
    Word, st.sampled_from(["", " ", "\u3000", "yes", "네"]), _wild_times, _wild_times, _wild_confidences, _wild_names
)
_wild_segments = st.builds(
    Segment,
    _texts,
    _wild_times,
    _wild_times,
    st.lists(_wild_words, max_size=6).map(tuple),
    _wild_confidences,
    _wild_names,
    _wild_times,
)

disorderly = st.builds(
    Transcript,
    st.lists(_wild_segments, max_size=3).map(tuple),
    st.lists(st.builds(Speaker, st.sampled_from(["a", "b"]), st.none() | _texts), max_size=3).map(tuple),
    st.lists(st.builds(AudioEvent, _labels, _wild_times, _wild_times, _wild_confidences), max_size=2).map(tuple),
    duration_ms=_wild_times,
    confidence=_wild_confidences,
)
"""Everything wrong at once: times of any sign and kind, words without times between others, blank words, strangers."""
