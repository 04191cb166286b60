"""Edits return valid new transcripts, lose nothing that was said, and invent no time."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.editing import (
    join,
    merge_channels,
    name_speakers,
    resegment,
    shift,
    slice_time,
    split_by_channel,
    split_by_speaker,
    without_text,
)
from earwitness.errors import InvalidRequestError
from earwitness.export import cells
from earwitness.models import AudioEvent, Segment, ServedBy, Speaker, Transcript, Word
from earwitness.validation import problems
from support.transcripts import spoken, valid

FAR = 10**12


def letters(transcript: Transcript) -> list[str]:
    """Every character that is not blank, sorted: what must survive any cut."""
    return sorted("".join("".join(one.text.split()) for one in transcript.segments))


def words(transcript: Transcript) -> list[tuple[str, int | None]]:
    return [(word.text, word.start_ms) for one in transcript.segments for word in one.words]


@given(valid(), st.integers(0, 10**9))
def test_a_shift_and_back_is_the_same_transcript(transcript: Transcript, by: int) -> None:
    """Moving later and back again changes nothing, and the moved one is valid."""
    before = copy.deepcopy(transcript)
    moved = shift(transcript, by)
    assert not list(problems(moved))
    assert shift(moved, -by) == transcript == before


def test_a_shift_moves_all_that_has_a_time() -> None:
    """Segments, words, events and the length move; what has no time gets none."""
    moved = shift(Transcript((spoken("one two"), Segment("x")), events=(AudioEvent("music", 5),), duration_ms=900), 100)
    assert [one.start_ms for one in moved.segments] == [100, None]
    assert words(moved) == [("one", 100), ("two", 500)]
    assert moved.events[0].start_ms == 105 and moved.duration_ms == 1_000


@given(valid())
def test_a_slice_of_everything_keeps_everything(transcript: Transcript) -> None:
    """A range around the whole recording keeps every segment as it is."""
    assert slice_time(transcript, 0, FAR).segments == transcript.segments


@given(valid(), st.integers(0, 2 * 10**6), st.integers(1, 10**6), st.booleans())
def test_every_edit_of_a_valid_transcript_is_valid(
    transcript: Transcript, start: int, length: int, rebase: bool
) -> None:
    """No edit makes a transcript that may not be."""
    made = [
        slice_time(transcript, start, start + length, rebase=rebase),
        resegment(transcript, line_cells=4, lines=1, cells_per_second=12),
        join([transcript, transcript], offsets_ms=[0, start]),
        merge_channels({0: transcript, 1: transcript}),
        *split_by_speaker(transcript).values(),
        *split_by_channel(transcript).values(),
    ]
    assert [list(problems(one)) for one in made] == [[]] * len(made)


@given(valid())
def test_splitting_loses_nothing(transcript: Transcript) -> None:
    """Every letter and every word is in exactly one of the parts, for voices and for channels."""
    for parts in (split_by_speaker(transcript), split_by_channel(transcript)):
        assert sorted(letter for one in parts.values() for letter in letters(one)) == letters(transcript)
        found = [word for one in parts.values() for word in words(one)]
        assert sorted(found, key=repr) == sorted(words(transcript), key=repr)


def test_a_segment_is_cut_where_the_voice_changes() -> None:
    """Words of another voice leave their segment, with the punctuation that stands at them."""
    one = spoken("Are you there? Yes, I am.", speaker="1")
    one = replace(one, words=tuple(replace(word, speaker="2") if n > 2 else word for n, word in enumerate(one.words)))
    parts = split_by_speaker(Transcript((one,), (Speaker("1"), Speaker("2", "Bo"), Speaker("3"))))
    assert {key: part.text for key, part in parts.items()} == {"1": "Are you there?", "2": "Yes, I am."}
    assert parts["2"].segments[0].start_ms == 1_200 and parts["2"].speakers == (Speaker("2", "Bo"),)
    assert "text" in parts["2"].segments[0].derived


def test_channels_come_in_their_order() -> None:
    """The parts are sorted by channel, and what has none stands first."""
    segments = tuple(Segment("x", channel=number) for number in (1, None, 0))
    assert list(split_by_channel(Transcript(segments))) == [None, 0, 1]


def test_a_slice_cuts_between_words_by_their_middle() -> None:
    """A word belongs to the range where its middle lies; `rebase` begins the slice's clock at 0."""
    whole = Transcript((spoken("one, two three. Four five", step=1_000),), duration_ms=5_000)
    part = slice_time(whole, 1_000, 3_200)
    assert part.text == "two three. Four" and words(part) == [("two", 1_000), ("three", 2_000), ("four", 3_000)]
    assert slice_time(whole, 1_000, 3_100).text == "two three."
    again = slice_time(whole, 1_000, 3_200, rebase=True)
    assert words(again)[0] == ("two", 0) and again.duration_ms == 2_300


def test_what_cannot_be_cut_is_kept_whole_and_told() -> None:
    """A segment without word times across the edge stays as it is, and a notice counts it."""
    part = slice_time(Transcript((Segment("all of it", 0, 9_000), Segment("later", 9_500, 9_900))), 2_000, 3_000)
    assert part.text == "all of it"
    assert [(one.kind, one.feature, one.count) for one in part.notices] == [("incomplete", "word_times", 1)]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 3), (-1, 4)])
def test_an_impossible_range_is_refused(start: int, end: int) -> None:
    """A range must end behind its start, and begin at 0 or later."""
    with pytest.raises(InvalidRequestError, match="no range of time"):
        slice_time(Transcript(), start, end)


def test_parts_follow_each_other() -> None:
    """Without offsets each part begins where the one before it ends, and numbers its voices for itself."""
    part = Transcript((spoken("hello", speaker="1"),), (Speaker("1"),), duration_ms=700)
    both = join([part, part])
    assert [one.start_ms for one in both.segments] == [0, 700] and both.duration_ms == 1_400
    assert [one.speaker for one in both.segments] == ["1.1", "2.1"] == [one.id for one in both.speakers]
    assert [one.speaker for one in join([part, part], same_speakers=True).segments] == ["1", "1"]
    assert join([]) == Transcript()


def test_a_part_of_unknown_length_needs_offsets() -> None:
    """Joining needs to know where the next part begins."""
    with pytest.raises(InvalidRequestError, match="Part 1 does not say how long it is"):
        join([Transcript(), Transcript()])
    with pytest.raises(InvalidRequestError, match="2 parts cannot be joined with 1 offsets"):
        join([Transcript(), Transcript()], offsets_ms=[0])


def test_parts_are_joined_in_order_of_time() -> None:
    """Offsets may come in any order, and none may be negative; voices keep the number of their part."""
    part = Transcript((spoken("hello", speaker="1"),), (Speaker("1"),))
    both = join([part, part], offsets_ms=[5_000, 0])
    assert [(one.start_ms, one.speaker) for one in both.segments] == [(0, "2.1"), (5_000, "1.1")]
    with pytest.raises(InvalidRequestError, match="one of them is negative"):
        join([part, part], offsets_ms=[0, -1])


def test_what_parts_say_differently_is_told() -> None:
    """Metadata is kept in which no part contradicts another; what cannot be said of the whole is named."""
    left = Transcript(metadata={"case": "7", "day": "1", "room": "a"}, served_by=ServedBy("acme"), vendor={"id": 1})
    right = Transcript(metadata={"case": "7", "day": "2"}, served_by=ServedBy("other"))
    both = join([left, right], offsets_ms=[0, 10])
    assert both.metadata == {"case": "7", "room": "a"} and both.served_by is None
    assert [(one.feature, one.count) for one in both.notices] == [("metadata", 1), ("served_by", 2), ("vendor", 1)]
    same = join([right, right], offsets_ms=[0, 10])
    assert (same.metadata, same.served_by, same.notices) == (right.metadata, right.served_by, ())


def test_channels_become_one_conversation() -> None:
    """Segments of both sides stand in order of time, each with its channel."""
    left = Transcript((spoken("hello there"), spoken("fine", start=5_000)))
    right = Transcript((spoken("how are you", start=2_000),))
    merged = merge_channels({1: right, 0: left})
    assert [(one.text, one.channel) for one in merged.segments] == [("hello there", 0), ("how are you", 1), ("fine", 0)]
    with pytest.raises(InvalidRequestError, match="no channel"):
        merge_channels({-1: left})


@given(valid())
def test_new_segments_hold_the_same_words(transcript: Transcript) -> None:
    """Cutting for the screen keeps every letter, every word and their order."""
    cut = resegment(transcript, line_cells=6, lines=1)
    assert "".join("".join(one.text.split()) for one in cut.segments) == "".join(
        "".join(one.text.split()) for one in transcript.segments
    )
    assert words(cut) == words(transcript)


def test_segments_fit_the_screen_they_were_cut_for() -> None:
    """Wide characters count twice, and cuts stand in front of timed words."""
    korean = spoken("안녕하세요 여러분 오늘은 날씨가 참 좋습니다")
    cut = resegment(Transcript((korean,)), line_cells=16, lines=1)
    assert [one.text for one in cut.segments] == ["안녕하세요", "여러분 오늘은", "날씨가 참", "좋습니다"]
    assert all(cells(one.text) <= 16 for one in cut.segments)
    assert [one.start_ms for one in cut.segments] == [0, 400, 1_200, 2_000]


def test_short_cues_stay_until_they_can_be_read() -> None:
    """A reading speed holds a segment into the silence behind it, and never into the next one."""
    two = Transcript((spoken("one two three"), spoken("four", start=1_400), spoken("five", start=9_000)))
    cut = resegment(two, cells_per_second=5, gap_ms=100)
    assert [one.end_ms for one in cut.segments] == [1_300, 2_200, 9_800]
    assert [one.derived for one in cut.segments] == [("end_ms",)] * 3


@pytest.mark.parametrize("wrong", [{"line_cells": 1}, {"lines": 0}, {"cells_per_second": 0}, {"gap_ms": -1}])
def test_an_impossible_screen_is_refused(wrong: dict[str, int]) -> None:
    """A screen without room is a mistake of the caller."""
    with pytest.raises(InvalidRequestError, match="A screen needs"):
        resegment(Transcript(), **wrong)


def test_names_are_given_by_label() -> None:
    """A named voice keeps its label; an unknown label is refused with those that exist."""
    heard = Transcript((Segment("x", speaker="1"), Segment("y", speaker="2")))
    named = name_speakers(heard, {"2": "Ann"})
    assert named.speakers == (Speaker("1"), Speaker("2", "Ann"))
    with pytest.raises(InvalidRequestError, match=r"No speaker is labelled '3'.*1, 2"):
        name_speakers(heard, {"3": "Bo"})


@given(valid())
def test_timing_alone_says_nothing(transcript: Transcript) -> None:
    """Without its text a transcript is valid, has every time, voice and confidence, and not one word of it."""
    spoken = replace(transcript, vendor={"said": "secret"})
    bare = without_text(spoken)
    assert list(problems(bare)) == []
    assert (bare.vendor, bare.raw) == ({}, None)
    assert {one.text for segment in bare.segments for one in (segment, *segment.words)} <= {"…"}
    assert {one.label for one in bare.events} <= {"…"}
    assert [(one.kind, one.feature, one.count) for one in bare.notices] == [
        (one.kind, one.feature, one.count) for one in transcript.notices
    ]
    assert all(one.message == " ".join(filter(None, (one.kind, one.feature))) for one in bare.notices)
    kept = [(one.start_ms, one.end_ms, one.speaker, one.confidence) for one in _all(bare)]
    assert kept == [(one.start_ms, one.end_ms, one.speaker, one.confidence) for one in _all(spoken)]


def _all(transcript: Transcript) -> list[Segment | Word]:
    return [one for segment in transcript.segments for one in (segment, *segment.words)]


def test_nothing_is_shown_beyond_the_recording() -> None:
    """The last segment is held at most to the end of the recording; a slice ends no earlier than what it holds."""
    short = Transcript((spoken("many words that nobody could read so fast"),), duration_ms=4_000)
    assert resegment(short, cells_per_second=1).segments[-1].end_ms == 4_000
    whole = Transcript((Segment("all of it", 0, 1_600),), duration_ms=1_600)
    part = slice_time(whole, 0, 1_200, rebase=True)
    assert part.duration_ms == 1_600 == part.segments[-1].end_ms
