"""What no transcript may be is refused, and vendors' disorder is repaired and reported."""

import copy
import dataclasses
import math
from collections.abc import Callable

import pytest
from hypothesis import given

from earwitness.errors import InvalidTranscriptError
from earwitness.models import AudioEvent, Interim, Notice, Segment, ServedBy, Speaker, Transcript, Word
from earwitness.streaming import Final
from earwitness.validation import check, problems, repair, well_formed
from support.transcripts import disorderly, valid

MARK = "Zwiebelfisch"


def spoken(*words: Word, **fields: object) -> Transcript:
    """A transcript of one segment with these words."""
    return Transcript((dataclasses.replace(Segment("x", words=words), **fields),))  # type: ignore[arg-type]


HALF = "half \ud800"
TORN: dict[str, Transcript] = {
    "segments[0]": Transcript((Segment(HALF),)),
    "segments[1]": Transcript((Segment("x"), Segment("x", emotion=HALF))),
    "segments[2]": Transcript((Segment("x"), Segment("x"), Segment("x", language="\udfff"))),
    "segments[3]": Transcript((Segment("x"), Segment("x"), Segment("x"), Segment("x", speaker=HALF))),
    "segments[0].words[0]": spoken(Word(HALF, 0, 1)),
    "segments[0].words[1]": spoken(Word("a", 0, 1), Word("\ude00\ud83d")),
    "segments[0].words[2]": spoken(Word("a"), Word("a"), Word("b", speaker=HALF)),
    "speakers[0]": Transcript(speakers=(Speaker("a", HALF),)),
    "speakers[1]": Transcript(speakers=(Speaker("a"), Speaker(HALF))),
    "events[0]": Transcript(events=(AudioEvent(HALF),)),
    "detected_language": Transcript(detected_language=HALF),
    "requested_language": Transcript(requested_language=("ko-KR", HALF)),
    "notices": Transcript(notices=(Notice("vendor_warning", HALF),)),
    "served_by": Transcript(served_by=ServedBy("x", model=HALF)),
    "metadata": Transcript(metadata={"x": HALF}),
    "vendor": Transcript(vendor={"a": [{"b": HALF}]}),
}
TIMES = "a time is not a whole number of milliseconds from 0"
WRONG: list[tuple[str, Transcript, str]] = [
    ("segment backwards", Transcript((Segment("x", 5, 4),)), "segments[0]: ends before it starts"),
    ("word backwards", spoken(Word("a", 5, 4)), "segments[0].words[0]: ends before it starts"),
    ("event backwards", Transcript(events=(AudioEvent("a", 5, 4),)), "events[0]: ends before it starts"),
    ("segment negative", Transcript((Segment("x", -1, 4),)), f"segments[0]: {TIMES}"),
    ("word negative", spoken(Word("a", 1, -1)), f"segments[0].words[0]: {TIMES}"),
    ("float time", spoken(Word("a", 1.0, 2)), f"segments[0].words[0]: {TIMES}"),  # type: ignore[arg-type]
    ("bool time", spoken(Word("a", True, 2)), f"segments[0].words[0]: {TIMES}"),
    ("text time", Transcript((Segment("x", "1", 2),)), f"segments[0]: {TIMES}"),  # type: ignore[arg-type]
    ("confidence above", spoken(Word("a", confidence=1.01)), "segments[0].words[0]: confidence outside 0..1"),
    ("confidence below", Transcript((Segment("x", confidence=-0.1),)), "segments[0]: confidence outside 0..1"),
    ("confidence nan", Transcript(confidence=math.nan), "transcript: confidence outside 0..1"),
    (
        "confidence inf",
        Transcript(events=(AudioEvent("a", confidence=math.inf),)),
        "events[0]: confidence outside 0..1",
    ),
    ("confidence bool", Transcript(confidence=True), "transcript: confidence outside 0..1"),
    ("confidence text", Transcript(confidence="0.5"), "transcript: confidence outside 0..1"),  # type: ignore[arg-type]
    ("empty word", spoken(Word("a"), Word("")), "segments[0].words[1]: a blank word"),
    ("blank word", spoken(Word("\u3000 ", 0, 1)), "segments[0].words[0]: a blank word"),
    ("timed, above", spoken(Word("a", 0, 1, 1.01)), "segments[0].words[0]: confidence outside 0..1"),
    ("timed, nan", spoken(Word("a", 0, 1, math.nan)), "segments[0].words[0]: confidence outside 0..1"),
    ("timed, empty", spoken(Word("", 0, 1)), "segments[0].words[0]: a blank word"),
    (
        "timed, strange",
        Transcript((Segment("x", words=(Word("a", 0, 1, speaker="2"),)),), (Speaker("1"),)),
        "segments[0].words[0]: a speaker that is not among the speakers",
    ),
    ("no text", spoken(Word(None)), "segments[0].words[0]: text is not a string"),  # type: ignore[arg-type]
    ("segment without text", Transcript((Segment(None),)), "segments[0]: text is not a string"),  # type: ignore[arg-type]
    ("order", spoken(Word("a", 5, 6), Word("b", 4, 9)), "segments[0].words[1]: starts before the word in front of it"),
    (
        "order past an untimed word",
        spoken(Word("a", 5), Word("b"), Word("c", 4)),
        "segments[0].words[2]: starts before the word in front of it",
    ),
    ("early", spoken(Word("a", 4, 6), start_ms=5), "segments[0].words[0]: lies outside its segment"),
    ("late", spoken(Word("a", 4, 6), end_ms=5), "segments[0].words[0]: lies outside its segment"),
    ("starts after", spoken(Word("a", 7), start_ms=0, end_ms=5), "segments[0].words[0]: lies outside its segment"),
    ("ends ahead", spoken(Word("a", None, 3), start_ms=5), "segments[0].words[0]: lies outside its segment"),
    ("double", Transcript(speakers=(Speaker("0"), Speaker("1"), Speaker("0"))), "speakers: 1 with the id of another"),
    (
        "stranger",
        Transcript((Segment("x", speaker="2"),), (Speaker("1"),)),
        "segments[0]: a speaker that is not among the speakers",
    ),
    (
        "strange word",
        Transcript((Segment("x", words=(Word("a", speaker="2"),)),), (Speaker("1"),)),
        "segments[0].words[0]: a speaker that is not among the speakers",
    ),
    ("channel", Transcript((Segment("x", channel=-1),)), "segments[0]: channel is not a whole number from 0"),
    *(
        (f"lone surrogate in {place.partition(':')[0]}", transcript, f"{place}: text holds a lone surrogate")
        for place, transcript in TORN.items()
    ),
    (
        "duration",
        Transcript(duration_ms=-1),
        "transcript: duration_ms is not a whole number of milliseconds from 0",
    ),
]


@pytest.mark.parametrize(("transcript", "sentence"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_check_refuses(transcript: Transcript, sentence: str) -> None:
    """Each impossible thing is refused with the one sentence that names its place."""
    assert list(problems(transcript)) == [sentence]
    with pytest.raises(InvalidTranscriptError) as caught:
        check(transcript)
    assert caught.value.message == f"No transcript may have: {sentence}"
    assert caught.value.action


@given(valid())
def test_check_accepts_what_is_valid(transcript: Transcript) -> None:
    """A valid transcript comes back as the identical object, from check and from repair."""
    assert check(transcript) is transcript
    assert repair(transcript) is transcript


def test_silence_and_missing_times_are_valid() -> None:
    """No segments, segments without words, words without times, and speakers without a list are all fine."""
    untimed = (Word("a"), Word("b", 3), Word("c"), Word("d", 3, 9))
    assert check(Transcript()) == Transcript()
    check(Transcript((Segment("", 0, 0), Segment("x", words=untimed, speaker="anyone"), Segment("x", confidence=1))))


def test_overlaps_are_valid() -> None:
    """Words may overlap each other, and segments too: people talk at the same time."""
    check(spoken(Word("a", 0, 50), Word("b", 0, 20), Word("c", 10, 30)))
    check(Transcript((Segment("x", 5, 90), Segment("y", 0, 10))))


def test_the_first_places_are_named_and_the_rest_counted() -> None:
    """A thoroughly wrong transcript gets a sentence, not a page."""
    transcript = Transcript(tuple(Segment("x", 5, 4) for _ in range(8)))
    with pytest.raises(InvalidTranscriptError, match=r"segments\[4\]: ends before it starts and 3 more"):
        check(transcript)


def test_errors_and_notices_never_quote() -> None:
    """Neither the refusal nor the report of a repair shows what was said or a speaker's label."""
    word = Word(MARK, 9, 4, 7.0, speaker=MARK)
    transcript = Transcript(
        (Segment(MARK, 5, 4, (word, Word(MARK, 1)), speaker=MARK),), (Speaker("a"), Speaker("a", MARK))
    )
    with pytest.raises(InvalidTranscriptError) as caught:
        check(transcript)
    assert MARK not in f"{caught.value} {caught.value!r} {caught.value.details()}"
    assert MARK not in str(repair(transcript).notices)


@given(disorderly)
def test_repair_always_gives_a_valid_transcript(transcript: Transcript) -> None:
    """Whatever a vendor's disorder, check accepts what repair returns, and a second repair finds nothing."""
    mended = repair(transcript)
    assert check(mended) is mended
    assert repair(mended) is mended


@given(disorderly)
def test_repair_reports_exactly_when_it_changes(transcript: Transcript) -> None:
    """A transcript that check refuses comes back changed with notices; one that it accepts comes back itself."""
    before = copy.deepcopy(transcript)
    wrong = list(problems(transcript))
    mended = repair(transcript)
    assert (mended is transcript) == (not wrong)
    assert bool(mended.notices) == bool(wrong)
    assert all(notice.kind == "repaired" and notice.count > 0 for notice in mended.notices)
    assert len({notice.message for notice in mended.notices}) == len(mended.notices)
    assert repr(dataclasses.astuple(transcript)) == repr(dataclasses.astuple(before))


@given(disorderly)
def test_repair_loses_no_spoken_word(transcript: Transcript) -> None:
    """Every word that was spoken is still there, in its segment; segments and their texts stay as they are."""
    mended = repair(transcript)
    assert [one.text for one in mended.segments] == [one.text for one in transcript.segments]
    for new, old in zip(mended.segments, transcript.segments, strict=True):
        assert sorted(word.text for word in new.words) == sorted(word.text for word in old.words if word.text.strip())


REPAIRS: list[tuple[str, Transcript, Transcript, list[tuple[str, int]]]] = [
    (
        "blank words",
        spoken(Word(""), Word("a"), Word(" ")),
        spoken(Word("a")),
        [("blank words dropped.", 2)],
    ),
    (
        "order",
        spoken(Word("b", 5, 6), Word("a", 1, 2)),
        spoken(Word("a", 1, 2), Word("b", 5, 6)),
        [("segments whose words were put in order of time.", 1)],
    ),
    (
        "order with untimed words",
        spoken(Word("lead"), Word("c", 9), Word("after c"), Word("a", 1), Word("after a")),
        spoken(Word("lead"), Word("a", 1), Word("after a"), Word("c", 9), Word("after c")),
        [("segments whose words were put in order of time.", 1)],
    ),
    (
        "end before start",
        Transcript((Segment("x", 5, 4),), events=(AudioEvent("music", 3, 1),)),
        Transcript((Segment("x", 5, 5),), events=(AudioEvent("music", 3, 3),)),
        [("ends before their starts set to the start.", 2)],
    ),
    (
        "negative",
        spoken(Word("a", -3, -1), Word("b", 0, 2)),
        spoken(Word("a", 0, 0), Word("b", 0, 2)),
        [("negative times set to zero.", 2)],
    ),
    (
        "floats",
        Transcript((Segment("x", 1.4, 2.6),)),  # type: ignore[arg-type]
        Transcript((Segment("x", 1, 3),)),
        [("times rounded to whole milliseconds.", 2)],
    ),
    (
        "no times at all",
        Transcript((Segment("x", True, math.nan, channel=-2),)),  # type: ignore[arg-type]
        Transcript((Segment("x", channel=0),)),
        [("impossible times removed.", 2), ("negative channels set to zero.", 1)],
    ),
    (
        "confidence",
        Transcript((Segment("x", confidence=math.nan, words=(Word("a", confidence=100.0),)),), confidence=-1.0),
        Transcript((Segment("x", words=(Word("a"),)),)),
        [("impossible confidences removed.", 3)],
    ),
    (
        "widened to the left",
        spoken(Word("a", 3, 6), start_ms=5, end_ms=9),
        spoken(Word("a", 3, 6), start_ms=3, end_ms=9, derived=("start_ms",)),
        [("segments widened to hold their words.", 1)],
    ),
    (
        "widened on both sides",
        spoken(Word("a", 3, 6), Word("b", 7, 12), start_ms=5, end_ms=9, derived=("end_ms",)),
        spoken(Word("a", 3, 6), Word("b", 7, 12), start_ms=3, end_ms=12, derived=("end_ms", "start_ms")),
        [("segments widened to hold their words.", 1)],
    ),
    (
        "speakers",
        Transcript(
            (Segment("x", speaker="c", words=(Word("a", speaker="d"),)), Segment("y", speaker="c")),
            (Speaker("a"), Speaker("b"), Speaker("a", "Ann"), Speaker("a", "Other")),
        ),
        Transcript(
            (Segment("x", speaker="c", words=(Word("a", speaker="d"),)), Segment("y", speaker="c")),
            (Speaker("a", "Ann"), Speaker("b"), Speaker("c"), Speaker("d")),
        ),
        [("doubled speakers merged.", 2), ("speakers added that only segments mention.", 2)],
    ),
    ("duration", Transcript(duration_ms=-4), Transcript(duration_ms=0), [("negative times set to zero.", 1)]),
]


@pytest.mark.parametrize(("wrong", "right", "told"), [row[1:] for row in REPAIRS], ids=[row[0] for row in REPAIRS])
def test_repair_mends_and_reports(wrong: Transcript, right: Transcript, told: list[tuple[str, int]]) -> None:
    """Each disorder is mended in its one way, and told with how often it happened."""
    mended = repair(wrong)
    assert [(one.message, one.count) for one in mended.notices] == told
    assert dataclasses.replace(mended, notices=()) == right


@pytest.mark.parametrize("transcript", TORN.values(), ids=TORN)
def test_a_repaired_transcript_can_be_written(transcript: Transcript) -> None:
    """Half a character becomes U+FFFD wherever it stands, which is reported, and the result is JSON."""
    with pytest.raises(InvalidTranscriptError):
        transcript.to_json()
    mended = repair(transcript)
    assert "\ufffd" in mended.to_json().decode()
    assert [one.kind for one in mended.notices[len(transcript.notices) :]] == ["repaired"]
    assert mended.notices[-1].message == "texts whose lone surrogates were replaced."
    assert check(mended) is mended


def test_two_halves_become_their_character() -> None:
    """A pair of surrogates left apart is put together; what stands beside it stays."""
    mended = repair(spoken(Word("go \ud83d\ude00 \ud800\u200b")))
    assert mended.segments[0].words[0].text == "go \U0001f600 \ufffd\u200b"


def test_unusual_characters_are_no_fault() -> None:
    """Text that is not printable and yet whole is left alone."""
    whole = Transcript((Segment("a\u200bb\n\U0001f600", words=(Word("a\u200b\u00a0", 0, 1),)),), vendor={"x": "\u200b"})
    assert check(whole) is whole and repair(whole) is whole


def test_events_of_a_stream_are_mended_too() -> None:
    """What is heard live can be printed as it comes; an event without fault is the same object."""
    assert well_formed(Interim(HALF)) == Interim("half \ufffd")
    final = well_formed(Final(Segment(HALF, 0, 1, (Word(HALF),)), 1, {"said": [HALF]}))
    assert final == Final(Segment("half \ufffd", 0, 1, (Word("half \ufffd"),)), 1, {"said": ["half \ufffd"]})
    fine = Final(Segment("x", 0, 1, (Word("x"),)), 1, {"said": ["x"]})
    assert well_formed(fine) is fine


def test_repair_keeps_earlier_notices_and_untouched_parts() -> None:
    """Notices of before stay in front, and a segment without fault is the same object."""
    fine = Segment("fine", 0, 4, (Word("fine", 0, 4),))
    earlier = Notice("vendor_warning", "quiet")
    mended = repair(Transcript((fine, Segment("x", 5, 4)), notices=(earlier,)))
    assert mended.segments[0] is fine
    assert [one.kind for one in mended.notices] == ["vendor_warning", "repaired"]


def test_repair_leaves_bugs_for_check() -> None:
    """A text that is no string is not a vendor's disorder: repair does not fail on it and check still names it."""
    broken = spoken(Word(None, 5, 4))  # type: ignore[arg-type]
    with pytest.raises(InvalidTranscriptError, match="text is not a string"):
        check(repair(broken))


@pytest.mark.parametrize("work", [check, repair])
def test_ten_thousand_words_in_one_segment_are_no_obstacle(work: Callable[[Transcript], Transcript]) -> None:
    """One very long segment is walked through once, not recursively."""
    words = tuple(Word("a", number, number + 1) for number in range(10_000))
    transcript = Transcript((Segment("x", 0, 10_000, words),))
    assert work(transcript) is transcript
