"""The neutral transcript: plain values that never show what was said."""

import dataclasses
from datetime import UTC, datetime
from functools import partial
from io import BytesIO

import pytest
from hypothesis import given

from earwitness.errors import InvalidTranscriptError
from earwitness.exchange import FormFile, HttpCall, HttpReply, StreamBody
from earwitness.jobs import Attempt, Job, JobStatus, JobUpdate, VendorReference
from earwitness.models import (
    Answer,
    AudioEvent,
    Interim,
    Notice,
    Segment,
    ServedBy,
    Speaker,
    Transcript,
    Word,
)
from earwitness.provider import Callback
from earwitness.request import BytesAudio, OpenFileAudio, TranscriptionRequest, UrlAudio
from earwitness.streaming import Dial, Final
from support.transcripts import valid

MARK = "Zwiebelfisch"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def told_transcript() -> Transcript:
    """A transcript with the marker in every place that holds somebody's words."""
    word = Word(MARK, 0, 5)
    return Transcript(
        segments=(Segment(MARK, 0, 5, (word,)),),
        speakers=(Speaker("0", MARK),),
        metadata={MARK: MARK},
        vendor={MARK: [MARK]},
        raw=Answer(MARK.encode()),
    )


SECRETIVE = [
    Word(MARK),
    Segment(MARK, words=(Word(MARK),)),
    Speaker("0", MARK),
    Interim(MARK),
    Final(Segment(MARK), 5),
    Answer(MARK.encode()),
    told_transcript(),
    HttpCall("submit", "POST", f"https://{MARK}/", {MARK: MARK}, {MARK: MARK}, MARK.encode()),
    HttpCall("submit", "POST", "https://x/", body=StreamBody(lambda: iter((MARK.encode(),)), 3)),
    HttpReply(200, {MARK: MARK}, MARK.encode(), NOW),
    FormFile("media", "a.wav", "audio/wav", 3, partial(BytesIO, MARK.encode())),
    Dial("websocket", f"wss://{MARK}/", headers={MARK: MARK}),
    Callback(MARK.encode(), {MARK: MARK}, {MARK: MARK}),
    BytesAudio(MARK.encode()),
    OpenFileAudio(MARK),  # type: ignore[arg-type]
    UrlAudio(f"https://vendor.example/{MARK}?sig={MARK}"),
    UrlAudio(f"https://user:{MARK}@vendor.example/"),
    TranscriptionRequest.of(f"https://vendor.example/{MARK}", metadata={MARK: MARK}, vendor={MARK: MARK}),
    VendorReference("short", MARK, state={MARK: MARK}),
    Attempt("att_1", f"https://us/{MARK}", f"https://us/{MARK}"),
    JobUpdate(JobStatus.SUCCEEDED, VendorReference("short", MARK), transcript=told_transcript()),
    Job(
        "job_1",
        "some",
        None,
        JobStatus.SUCCEEDED,
        NOW,
        reference=VendorReference("short", MARK),
        transcript=told_transcript(),
        metadata={MARK: MARK},
    ),
]


@pytest.mark.parametrize("value", SECRETIVE, ids=lambda value: type(value).__name__)
def test_no_repr_shows_words_or_secrets(value: object) -> None:
    """Neither repr, str nor details of a value shows speech, payloads, or the secret part of an address."""
    details = getattr(value, "details", dict)()
    for told in (repr(value), str(value), f"{value}", str(details)):
        assert MARK.casefold() not in told.casefold()
        assert MARK.encode().hex() not in told


def test_the_repr_of_a_transcript_says_how_much_there_is() -> None:
    """A transcript's repr tells its size and who heard it, however long it is."""
    transcript = Transcript((Segment("a"), Segment("b")), duration_ms=900, served_by=ServedBy("clova"))
    assert repr(transcript) == "Transcript(2 segments, 900 ms, served_by='clova')"


def test_text_joins_the_segments() -> None:
    """`text` is the segments' texts, with blanks where the script has them; silence is an empty string."""
    assert Transcript((Segment("Hello."), Segment(""), Segment("World."))).text == "Hello. World."
    assert Transcript().text == ""


def test_absent_is_none() -> None:
    """Whatever nobody said is None or empty; nothing is invented."""
    bare = Segment("x")
    assert {getattr(bare, one.name) for one in dataclasses.fields(bare) if one.name != "text"} == {None, ()}
    assert Word("x") == Word("x", None, None, None, None)
    assert AudioEvent("music").confidence is None
    assert Notice("dropped", "x").count == 1


@pytest.mark.parametrize("kind", [Word, Segment, Speaker, AudioEvent, Notice, ServedBy, Answer, Interim, Transcript])
def test_neutral_types_have_slots(kind: type) -> None:
    """A neutral value carries no dictionary: a misspelt field is an error, and ten hours stay small."""
    assert not hasattr(kind, "__dict__") or "__slots__" in vars(kind)
    value = kind("x") if kind not in (Transcript, Notice) else kind() if kind is Transcript else kind("dropped", "x")
    with pytest.raises(AttributeError):
        value.no_such_field = 1


def test_checked_refuses_what_no_transcript_may_be() -> None:
    """The constructor for plugin authors raises for an impossible segment and returns a possible one."""
    with pytest.raises(InvalidTranscriptError, match=r"segments\[0\]: ends before it starts"):
        Transcript.checked((Segment("x", 5, 4),))
    assert Transcript.checked((Segment("x", 4, 5),), duration_ms=9) == Transcript((Segment("x", 4, 5),), duration_ms=9)


@given(valid())
def test_text_never_appears_in_the_repr_of_any_transcript(transcript: Transcript) -> None:
    """The repr depends on the count, the duration and the provider alone."""
    who = transcript.served_by.provider if transcript.served_by else None
    assert repr(transcript) == (
        f"Transcript({len(transcript.segments)} segments, {transcript.duration_ms} ms, served_by={who!r})"
    )
