"""What a format says it keeps comes back from it, and what does not come back is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import UnsupportedFeatureError
from earwitness.export import Exporter, exporters, losses, render
from earwitness.export._base import EVERYTHING
from earwitness.models import AudioEvent, Segment, Speaker, Transcript, Word
from earwitness.reading import read, readers

BASE = Transcript(
    (Segment("good morning", 0, 1_500, (Word("good", 0, 700), Word("morning", 700, 1_500)), speaker="A"),)
)
SECOND = Segment("well then", 2_000, 2_600, (Word("well", 2_000, 2_300), Word("then", 2_300, 2_600)), speaker="A")
NAMED_IN_TEXT = ("srt", "smi")


def whole(**fields: object) -> Callable[[Transcript], Transcript]:
    return lambda one: replace(one, **fields)


def first(**fields: object) -> Callable[[Transcript], Transcript]:
    return lambda one: replace(one, segments=(replace(one.segments[0], **fields), *one.segments[1:]))


def words(**fields: object) -> Callable[[Transcript], Transcript]:
    def changed(one: Transcript) -> Transcript:
        segment = one.segments[0]
        return first(words=tuple(replace(word, **fields) for word in segment.words))(one)

    return changed


SET: dict[str, Callable[[Transcript], Transcript]] = {
    "segments": lambda one: replace(one, segments=(*one.segments, SECOND)),
    "channels": lambda one: replace(one, segments=tuple(replace(each, channel=2) for each in one.segments)),
    "confidence": first(confidence=0.25),
    "confidence of words": words(confidence=0.5),
    "data of the vendor": whole(vendor={"id": 7}),
    "detected language": whole(detected_language="ko"),
    "duration": whole(duration_ms=9_000),
    "emotion": first(emotion="glad"),
    "events": whole(events=(AudioEvent("music", 5, 6),)),
    "language": first(language="ko-KR"),
    "metadata": whole(metadata={"place": "hall"}),
    "name of the recording": whole(metadata={"recording": "rec7"}),
    "names": whole(speakers=(Speaker("A", "Ann"), Speaker("B"))),
    "segments without text": lambda one: replace(one, segments=(*one.segments, Segment("", 5_000, 5_100, speaker="A"))),
    "speakers of words": words(speaker="B"),
}


def voice(transcript: Transcript) -> str:
    """Who speaks first, also where that stands in front of the text."""
    one = transcript.segments[0]
    return one.speaker or one.text.partition(": ")[0]


def times(transcript: Transcript) -> tuple[int, int]:
    spoken = [one for one in transcript.segments if one.start_ms != 5_000]
    return min(one.start_ms or 0 for one in spoken), max(one.end_ms or 0 for one in spoken)


GET: dict[str, Callable[[Transcript], object]] = {
    "text": lambda one: one.text.replace("A: ", "").replace("Ann: ", "").strip(),
    "times": times,
    "segments": lambda one: any(s.start_ms == 2_000 for s in one.segments),
    "words": lambda one: [(w.text, w.start_ms, w.end_ms) for s in one.segments for w in s.words],
    "speakers": lambda one: voice(one) in ("A", "Ann"),
    "names": lambda one: voice(one) == "Ann" or any(s.name == "Ann" for s in one.speakers),
    "channels": lambda one: [s.channel for s in one.segments][:1],
    "confidence": lambda one: [s.confidence for s in one.segments][:1],
    "confidence of words": lambda one: [w.confidence for s in one.segments for w in s.words][:2],
    "speakers of words": lambda one: [w.speaker for s in one.segments for w in s.words][:2],
    "data of the vendor": lambda one: one.vendor,
    "detected language": lambda one: one.detected_language,
    "duration": lambda one: one.duration_ms,
    "emotion": lambda one: [s.emotion for s in one.segments][:1],
    "events": lambda one: one.events,
    "language": lambda one: [s.language for s in one.segments][:1],
    "metadata": lambda one: one.metadata.get("place"),
    "name of the recording": lambda one: one.metadata.get("recording"),
    "segments without text": lambda one: any(not s.text and s.start_ms == 5_000 for s in one.segments),
}


def test_everything_that_may_be_lost_is_tried_here() -> None:
    """No name of what a format may keep is missing from these tests."""
    assert {*GET} == EVERYTHING and {*SET} <= EVERYTHING
    assert EVERYTHING - {*SET} == {"text", "times", "words", "speakers"}  # every sample has them


@pytest.mark.parametrize("format", [*readers()])
@given(st.lists(st.sampled_from([*SET]), unique=True, max_size=4))
def test_what_vanishes_is_what_is_told(format: str, fields: list[str]) -> None:
    """Written and read again, a transcript lacks what `losses` names, and nothing else."""
    given_one = BASE
    for name in sorted(fields, key=lambda name: name not in ("segments", "segments without text")):
        given_one = SET[name](given_one)
    told = losses(given_one, exporters()[format])
    back = read(render(given_one, format).encode(), format=format)
    present = {"text", "times", "words", "speakers", *fields}
    if {"name of the recording", "metadata"} <= present:
        present -= {"name of the recording", "metadata"}
    vanished = {name for name in present if GET[name](given_one) != GET[name](back)}
    implied = set()
    if "words" in told:
        implied |= {"confidence of words", "speakers of words"}
    if "speakers" in told:
        implied |= {"names"}
    assert vanished - implied == set(told) & present - implied, format


@pytest.mark.parametrize("format", ["txt", "vtt-words", "vcon"])
def test_what_cannot_be_read_back_is_told_too(format: str) -> None:
    """Of formats that nothing reads, the file itself shows what it keeps."""
    full = BASE
    for name in ("segments", "names", "emotion"):
        full = SET[name](full)
    written, told = render(full, format), losses(full, exporters()[format])
    assert ("glad" in written) == ("emotion" not in told)
    assert ("Ann" in written) == ("names" not in told)
    assert ("00.700" in written or '"start_ms\\":700' in written) == ("words" not in told)


@pytest.mark.parametrize(
    ("format", "transcript", "lost"),
    [
        ("smi", Transcript((Segment("a", 0, 900), Segment("b", 500, 600))), ("overlaps",)),
        ("ass", Transcript((Segment("a", 3, 1_000),)), ("thousandths of seconds",)),
        ("ctm", Transcript((Segment("Yes.", 0, 9, (Word("yes", 0, 9),)),)), ("text beside its words",)),
        (
            "textgrid",
            Transcript((Segment("a b", 0, 9, (Word("a", 0, 5), Word("b"))),)),
            ("words without times",),
        ),
        (
            "vtt-words",
            Transcript((Segment("a b", 0, 9, (Word("a", 0, 3), Word("b", 5, 9))),)),
            ("ends of words",),
        ),
        ("rttm", Transcript((Segment("a", 0, 9, speaker="A"),)), ("text",)),
        ("stm", Transcript((Segment("a", 0, 9, speaker="Guest 1"),)), ("blanks in speakers' labels",)),
        ("ass", Transcript((Segment("a", 0, 10, speaker="Smith, John"),)), ("commas in names",)),
    ],
)
def test_what_depends_on_the_transcript_is_told(format: str, transcript: Transcript, lost: tuple[str, ...]) -> None:
    """What a format loses of some transcripts only is told of those."""
    assert [one for one in losses(transcript, exporters()[format]) if one != "segments"] == [*lost]


def test_nothing_is_told_of_a_format_that_says_nothing() -> None:
    """Of a plugin's format that does not declare what it keeps nobody knows what it loses."""
    loud = Exporter("loud", ".loud", "text/plain", lambda transcript: transcript.text.upper())
    assert losses(SET["emotion"](BASE), loud) == ()


def test_ass_has_no_eleventh_hour() -> None:
    """What the format cannot count is refused, and never moved to another time."""
    assert "9:59:59.99" in render(Transcript((Segment("x", 0, 35_999_990),)), "ass")
    with pytest.raises(UnsupportedFeatureError, match=r"ten hours.*srt or vtt"):
        render(Transcript((Segment("x", 0, 36_000_000),)), "ass")


def test_turns_without_text_survive_rttm() -> None:
    """Who speaks when is all that rttm holds: it is read and written again without a loss."""
    turns = "SPEAKER rec 1 0.000 1.500 <NA> <NA> A <NA> <NA>\nSPEAKER rec 1 2.000 0.500 <NA> <NA> B <NA> <NA>\n"
    heard = read(turns.encode())
    assert losses(heard, exporters()["rttm"]) == () and render(heard, "rttm") == turns
    assert losses(heard, exporters()["srt"]) == (
        "channels",
        "name of the recording",
        "segments without text",
    )
