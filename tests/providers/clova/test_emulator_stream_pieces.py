"""The streaming emulator cuts what it hears as `semanticEpd` asks for (manual sections 5.5, 5.7 and 5.8)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.models import Segment, Word
from earwitness_clova.emulator._nest_pieces import UNASKED, Cutter, Cutting, Piece

SYLLABLES = "syllableThreshold"
OFF = Cutting(skip_empty=True, gap_ms=0, duration_ms=0)


def said(*words: tuple[str, int, int], text: str | None = None, confidence: float | None = None) -> Segment:
    """A segment of these words, each with start and end."""
    heard = tuple(Word(word, start, end, confidence) for word, start, end in words)
    joined = " ".join(word for word, _, _ in words)
    return Segment(text or joined, words[0][1], words[-1][2], heard, confidence)


def pieces_of(cutting: Cutting, *segments: Segment, **how: Any) -> list[Piece]:
    """All pieces of these segments, with the last from a flush."""
    cutter = Cutter(cutting, **how)
    pieces = []
    for segment in segments:
        end = segment.end_ms or 0
        pieces += cutter.hear(segment, heard_ms=end, clock_ms=end)
    last = cutter.flush("endPoint", max(segment.end_ms or 0 for segment in segments))
    return [*pieces, last] if last else pieces


def told(pieces: list[Piece]) -> list[tuple[str, str]]:
    return [(piece.text, piece.why) for piece in pieces]


FOUR = said(("a1", 0, 100), ("b2", 100, 200), ("c3", 900, 1000), ("d4", 1000, 1100))


@pytest.mark.parametrize(
    ("cutting", "expected"),
    [
        (Cutting(True, gap_ms=0, duration_ms=0), [("a1 b2 c3 d4", "endPoint")]),
        (Cutting(True, gap_ms=700, duration_ms=0), [("a1 b2", "gap"), ("c3 d4", "endPoint")]),
        (Cutting(True, gap_ms=701, duration_ms=0), [("a1 b2 c3 d4", "endPoint")]),
        (Cutting(True, gap_ms=0, duration_ms=200), [("a1 b2", "durationThreshold"), ("c3 d4", "durationThreshold")]),
        (Cutting(True, gap_ms=0, duration_ms=1000), [("a1 b2 c3", "durationThreshold"), ("d4", "endPoint")]),
        (
            Cutting(True, at_words=True, gap_ms=0, duration_ms=0),
            [("a1", "endPoint"), ("b2", "endPoint"), ("c3", "endPoint"), ("d4", "endPoint")],
        ),
    ],
)
def test_a_piece_ends_at_a_gap_a_duration_or_a_word(cutting: Cutting, expected: list[tuple[str, str]]) -> None:
    """Each threshold cuts exactly where it is reached and says so, and 0 switches it off."""
    assert told(pieces_of(cutting, FOUR)) == expected


def test_a_gap_between_two_segments_counts_too() -> None:
    """How the recogniser divides speech into segments does not decide where pieces end."""
    first, second = said(("one", 0, 300)), said(("two", 500, 700))
    assert told(pieces_of(Cutting(gap_ms=200), first, second)) == [("one", "gap"), ("two", "endPoint")]
    assert told(pieces_of(Cutting(gap_ms=201), first, second)) == [("one two", "endPoint")]


@pytest.mark.parametrize(
    ("words", "threshold", "expected"),
    [
        (
            ("회의를", "시작", "하겠습니다"),
            5,
            [("회의를 시작", "syllableThreshold"), ("하겠습니다", SYLLABLES)],
        ),
        (("会議", "を"), 3, [("会議 を", SYLLABLES)]),
        (("banana", "split"), 4, [("banana split", SYLLABLES)]),
        (("hmm", "hm"), 2, [("hmm hm", SYLLABLES)]),
    ],
)
def test_syllables_are_counted_in_every_script(
    words: tuple[str, ...], threshold: int, expected: list[tuple[str, str]]
) -> None:
    """Hangul, kana and ideographs are a syllable each, Latin words have as many as they have groups of vowels."""
    segment = said(*((word, at * 100, at * 100 + 100) for at, word in enumerate(words)))
    found = pieces_of(Cutting(True, gap_ms=0, duration_ms=0, syllables=threshold), segment)
    assert told(found) == expected


def test_a_sentence_end_cuts_where_periods_are_asked_for() -> None:
    """`usePeriodEpd` cuts behind the mark; positions and indices of the mark are told with or without it."""
    segment = said(("시작", 0, 400), ("합니다", 400, 900), ("네", 950, 1000), text="시작 합니다. 네")
    cut = pieces_of(Cutting(True, at_periods=True), segment)
    assert told(cut) == [("시작 합니다.", "period"), ("네", "endPoint")]
    assert (cut[0].period_positions, cut[0].period_indices) == ([6], [3])
    [whole] = pieces_of(OFF, segment)
    assert (whole.text, whole.period_positions, whole.period_indices) == ("시작 합니다. 네", [6], [3])
    assert whole.tokens[3].text == "."


def test_alignment_lists_words_marks_and_blanks_with_times() -> None:
    """`alignInfos` joined is the text, in the order of time."""
    segment = said(("hello", 100, 500), ("big", 600, 800), ("world", 800, 900), text='"Hello'.lower() + ', big-world!"')
    [piece] = pieces_of(OFF, segment)
    assert [(t.text, t.start_ms, t.end_ms) for t in piece.tokens] == [
        ('"', 100, 100),
        ("hello", 100, 500),
        (",", 500, 500),
        (" ", 500, 600),
        ("big", 600, 800),
        ("-", 800, 800),
        ("world", 800, 900),
        ("!", 900, 900),
        ('"', 900, 900),
    ]
    assert piece.text == segment.text == "".join(t.text for t in piece.tokens)


def test_words_that_are_not_in_the_text_are_told_as_words() -> None:
    """A recogniser whose text and words differ loses no word."""
    segment = said(("twenty", 0, 100), ("one", 100, 200), text="21")
    assert [piece.text for piece in pieces_of(OFF, segment)] == ["twenty one"]
    assert [piece.text for piece in pieces_of(OFF, segment, blanks=False)] == ["twentyone"]


def test_text_without_words_or_times_is_spread_over_what_was_heard() -> None:
    """A given transcript may be plain text: its words share the time by their lengths."""
    cutter = Cutter(OFF)
    assert cutter.hear(Segment("aa bbbb"), heard_ms=600, clock_ms=600) == []
    piece = cutter.flush("endPoint", 600)
    assert piece is not None
    assert [(t.text, t.start_ms, t.end_ms) for t in piece.tokens] == [
        ("aa", 0, 200),
        (" ", 200, 200),
        ("bbbb", 200, 600),
    ]


@pytest.mark.parametrize(
    ("blank", "texts", "positions"),
    [
        ("none", ["ab", "cd", "ef"], [0, 2, 4]),
        ("leading", ["ab", " cd", " ef"], [0, 2, 5]),
        ("counted", ["ab", "cd", "ef"], [0, 3, 6]),
    ],
)
def test_position_counts_the_characters_sent_so_far(blank: Any, texts: list[str], positions: list[int]) -> None:
    """The blank between two pieces is where the switch says, and the position agrees with it."""
    segment = said(("ab", 0, 100), ("cd", 100, 200), ("ef", 200, 300))
    pieces = pieces_of(Cutting(True, at_words=True), segment, blank=blank)
    assert [piece.text for piece in pieces] == texts
    assert [piece.position for piece in pieces] == positions
    assert all("".join(t.text for t in piece.tokens) == piece.text for piece in pieces)


def test_japanese_pieces_need_no_blank() -> None:
    """Two segments of a language without blanks are joined without one."""
    [piece] = pieces_of(OFF, said(("会議", 0, 100)), said(("です", 100, 200)), blanks=False)
    assert piece.text == "会議です"


def test_alignment_may_end_with_a_blank_that_the_text_has_not() -> None:
    """A switch reproduces the trailing blank of the manual's remark."""
    [piece] = pieces_of(OFF, said(("a", 0, 100)), align_blank=True)
    assert piece.text == "a"
    assert [t.text for t in piece.tokens] == ["a", " "]


def test_confidence_is_the_segments_own_or_the_words_mean() -> None:
    """A piece that is a whole segment keeps its confidence, a part has its words' mean, and unknown stays unknown."""
    words = (Word("a", 0, 100, 0.4), Word("b", 100, 400, 0.8))
    segment = Segment("a b", 0, 400, words, 0.95)
    [whole] = pieces_of(OFF, segment)
    assert whole.confidence == 0.95
    assert [p.confidence for p in pieces_of(Cutting(True, at_words=True), segment)] == [0.4, 0.8]
    [both] = pieces_of(OFF, segment, said(("c", 400, 500), confidence=0.1))
    assert both.confidence == pytest.approx((0.4 * 100 + 0.8 * 300 + 0.1 * 100) / 500)
    [unknown] = pieces_of(OFF, said(("c", 0, 100)))
    assert unknown.confidence is None


def test_silence_that_is_settled_ends_a_piece() -> None:
    """A piece ends as soon as the recogniser says that enough silence followed, not before."""
    cutter = Cutter(Cutting(True, gap_ms=300))
    assert cutter.hear(said(("a", 0, 100)), heard_ms=100, clock_ms=500) == []
    assert cutter.settle(399) == []
    assert told(cutter.settle(400)) == [("a", "gap")]


def test_the_audio_clock_ends_a_piece_when_the_recogniser_tells_no_silence() -> None:
    """A recogniser is late by some time, so as much silence again is waited for, and not while somebody speaks."""
    cutter = Cutter(Cutting(True, gap_ms=300))
    cutter.hear(said(("a", 0, 100)), heard_ms=100, clock_ms=500)
    assert cutter.tick(799) == []
    cutter.guess(200)
    assert cutter.tick(900) == []
    cutter.hear(said(("b", 200, 1000)), heard_ms=1000, clock_ms=1400)
    assert told(cutter.guess(1350)) == [("a b", "gap")]
    cutter.hear(said(("c", 1350, 1500)), heard_ms=1500, clock_ms=1800)
    assert told(cutter.tick(2100)) == [("c", "gap")]


def test_silence_gives_empty_pieces_unless_they_are_skipped() -> None:
    """In settled silence an empty piece comes every 0.4 s (5.5), and none with `skipEmptyText`."""
    cutter = Cutter(UNASKED)
    empty = cutter.settle(900)
    assert told(empty) == [("", "gap"), ("", "gap")]
    assert [(p.start_ms, p.end_ms, p.position) for p in empty] == [(0, 400, 0), (400, 800, 0)]
    assert told(cutter.hear(said(("a", 1000, 1100)), heard_ms=1100, clock_ms=1100)) == [("a", "endPoint")]
    assert [(p.start_ms, p.end_ms, p.position) for p in cutter.settle(1600)] == [(1100, 1500, 1)]
    assert Cutter(Cutting(skip_empty=True)).settle(10_000) == []


def test_a_flush_with_nothing_held_is_empty_or_not_answered() -> None:
    """Both behaviours of section 5.8."""
    piece = Cutter(Cutting(skip_empty=False)).flush("endPoint", 700)
    assert piece is not None
    assert (piece.text, piece.start_ms, piece.end_ms, piece.tokens) == ("", 0, 700, ())
    assert Cutter(Cutting(skip_empty=True)).flush("endPoint", 700) is None


WORDS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=6), st.integers(0, 900)
    ),
    min_size=1,
    max_size=30,
)
CUTTINGS = st.builds(
    Cutting,
    skip_empty=st.booleans(),
    at_words=st.booleans(),
    at_periods=st.booleans(),
    gap_ms=st.integers(0, 900),
    duration_ms=st.integers(0, 3000),
    syllables=st.integers(0, 20),
)


@given(WORDS, CUTTINGS, st.sampled_from(["none", "leading", "counted"]))
def test_no_cutting_loses_or_reorders_anything(words: list[tuple[str, int]], cutting: Cutting, blank: Any) -> None:
    """Whatever is configured, all words come out once and in order, with times and positions that only go up."""
    at, heard = 0, []
    for text, gap in words:
        heard.append((text, at + gap, at + gap + 100))
        at += gap + 100
    pieces = [piece for piece in pieces_of(cutting, said(*heard), blank=blank) if piece.text]
    assert " ".join(piece.text.strip() for piece in pieces) == " ".join(text for text, _, _ in heard)
    assert [p.position for p in pieces] == sorted(p.position for p in pieces)
    sent = ""
    for piece in pieces:
        if blank != "counted":
            assert piece.position == len(sent)
        sent += piece.text
        assert piece.start_ms <= piece.end_ms
        assert "".join(t.text for t in piece.tokens) == piece.text
