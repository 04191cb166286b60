"""Asked against delivered: every shortfall is a notice, and silence owes nothing."""

import copy
from typing import Any

import pytest
from hypothesis import given

from earwitness._delivery import delivered, shortfalls
from earwitness.jobs import Plan
from earwitness.models import Answer, Notice, Segment, ServedBy, Transcript, Word
from earwitness.request import TranscriptionRequest
from support.transcripts import valid

MARK = "Zwiebelfisch"
EVERYTHING: dict[str, Any] = {
    "language": "ko-KR",
    "word_times": True,
    "speakers": "2-4",
    "emotion": True,
    "channels": "separate",
    "max_segment_chars": 5,
    "sound_events": True,
    "punctuation": True,
}


def told(transcript: Transcript, **options: Any) -> list[tuple[str | None, int]]:
    """Feature and count of every shortfall."""
    notices = list(shortfalls(transcript, TranscriptionRequest.of("a.wav", **options)))
    assert all(notice.kind == "not_delivered" for notice in notices)
    return [(notice.feature, notice.count) for notice in notices]


def messages(transcript: Transcript, **options: Any) -> list[str]:
    """The sentences of every shortfall."""
    return [notice.message for notice in shortfalls(transcript, TranscriptionRequest.of("a.wav", **options))]


def by(*speakers: str | None) -> Transcript:
    """One segment for each speaker."""
    return Transcript(tuple(Segment("x", speaker=speaker) for speaker in speakers))


TIMED = Segment("a b", words=(Word("a", 0, 1), Word("b", 1, 2)))


@pytest.mark.parametrize(
    "transcript", [Transcript(), Transcript((Segment(""), Segment("  "))), Transcript(detected_language=None)]
)
def test_silence_owes_nothing(transcript: Transcript) -> None:
    """Where nothing was said, nothing that was asked is missing."""
    assert told(transcript, **EVERYTHING) == []


@given(valid())
def test_nothing_asked_is_nothing_missing(transcript: Transcript) -> None:
    """A request without options is always fulfilled."""
    assert told(transcript) == []


@pytest.mark.parametrize(
    ("segment", "missing"),
    [
        (TIMED, 0),
        (Segment("a b"), 1),
        (Segment("a b", words=(Word("a", 0, 1), Word("b"))), 1),
        (Segment("a", words=(Word("a", 0),)), 1),
        (Segment("a", words=(Word("a", None, 1),)), 1),
        (Segment(" "), 0),
    ],
)
def test_word_times(segment: Segment, missing: int) -> None:
    """Word times are there when every word of a spoken segment has its start and its end."""
    transcript = Transcript((TIMED, segment, segment))
    assert told(transcript, word_times=True) == ([("word_times", 2 * missing)] if missing else [])
    assert told(transcript, word_times=False) == []


@pytest.mark.parametrize(
    ("transcript", "asked", "missing"),
    [
        (by("0", "1"), True, []),
        (by("0", "1"), 2, []),
        (by("0", None, None), True, [("speakers", 2)]),
        (by(None), 2, [("speakers", 1)]),
        (by("0"), 2, [("speakers", 1)]),
        (by("0", "1", "2"), 2, [("speakers", 1)]),
        (by("0", "1", "2"), "1-2", [("speakers", 1)]),
        (by("0"), {"min": 2}, [("speakers", 1)]),
        (by("0", "1"), {"max": 1}, [("speakers", 1)]),
        (by("0", None), 2, [("speakers", 1), ("speakers", 1)]),
        (by("0"), False, []),
        (Transcript((Segment("a b", words=(Word("a", speaker="0"), Word("b", speaker="1"))),)), 2, []),
    ],
)
def test_speakers(transcript: Transcript, asked: object, missing: list[tuple[str, int]]) -> None:
    """Segments without a speaker are counted, and too few or too many voices told; words may name speakers too."""
    assert told(transcript, speakers=asked) == missing


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (2, "2 speakers were asked for and 5 were found."),
        ("2-4", "2 to 4 speakers were asked for and 5 were found."),
        ({"max": 4}, "At most 4 speakers were asked for and 5 were found."),
        ({"min": 6}, "At least 6 speakers were asked for and 5 were found."),
    ],
)
def test_the_count_of_speakers_reads_naturally(asked: object, sentence: str) -> None:
    """The sentence says how many were asked for as a person would."""
    assert messages(by(*"abcde"), speakers=asked) == [sentence]


def test_emotion() -> None:
    """One emotion anywhere shows that emotions came; none at all is told once."""
    assert told(Transcript((Segment("a"), Segment("b"))), emotion=True) == [("emotion", 1)]
    assert told(Transcript((Segment("a"), Segment("b", emotion="glad"))), emotion=True) == []


def test_channels() -> None:
    """Separate channels are missing where a segment names none; channel 0 is a name."""
    transcript = Transcript((Segment("a", channel=0), Segment("b"), Segment("c")))
    assert told(transcript, channels="separate") == [("channels", 2)]
    assert told(transcript, channels="mix") == []


def test_segment_length() -> None:
    """Segments longer than asked are counted; exactly as long is fine."""
    assert told(Transcript((Segment("abcde"), Segment("abcdef"))), max_segment_chars=5) == [("max_segment_chars", 1)]


@pytest.mark.parametrize(
    ("asked", "detected", "missing"),
    [
        ("ko-KR", "ko", False),
        ("ko", "KO_kr", False),
        ("ko", "en-US", True),
        ("ko,en", "en", False),
        ("ko,en", "ja", True),
        ("auto", "ja", False),
        ("ko", None, False),
        (None, "ja", False),
    ],
)
def test_language(asked: str | None, detected: str | None, missing: bool) -> None:
    """Another language than every one asked for is told; a region, auto and silence about it are not."""
    transcript = Transcript((Segment("x"),), detected_language=detected)
    assert told(transcript, language=asked) == ([("language", 1)] if missing else [])


def test_everything_at_once() -> None:
    """Each broken promise is its own notice, in a fixed order."""
    transcript = Transcript((Segment("a longer text"),), detected_language="en")
    assert [feature for feature, _ in told(transcript, **EVERYTHING)] == [
        *("word_times", "speakers", "emotion", "channels", "max_segment_chars", "language"),
    ]


def test_notices_never_quote() -> None:
    """No shortfall shows what was said or how a speaker is called."""
    transcript = Transcript((Segment(MARK, words=(Word(MARK),), speaker=MARK),), detected_language="en")
    notices = list(shortfalls(transcript, TranscriptionRequest.of("a.wav", **EVERYTHING)))
    assert len(notices) >= 5
    assert MARK not in str(notices)


class TestDelivered:
    """What is written on a transcript before anybody sees it."""

    PLAN = Plan("long", "planned-model", ("ko-KR",))
    SERVED = ServedBy("vendor", "calls", "1.2", "long")

    def delivered(self, transcript: Transcript, **options: Any) -> Transcript:
        """The transcript as handed out for a request with these options."""
        return delivered(
            transcript,
            request=TranscriptionRequest.of("a.wav", **options),
            plan=self.PLAN,
            served_by=self.SERVED,
            notices=(Notice("dropped", "planned"),),
            answer=Answer(b"raw"),
        )

    def test_who_heard_it(self) -> None:
        """Provider, profile and version are core's; engine and model the translator's where it knows them."""
        plain = self.delivered(Transcript())
        assert plain.served_by == ServedBy("vendor", "calls", "1.2", "long", "planned-model")
        heard = self.delivered(Transcript(served_by=ServedBy("?", model="real-model", engine_version="9")))
        assert heard.served_by == ServedBy("vendor", "calls", "1.2", "long", "real-model", "9")

    def test_requested_and_detected_language_stand_apart(self) -> None:
        """The request's language goes over the plan's, and what was detected stays as the vendor said it."""
        assert self.delivered(Transcript(detected_language="en")).requested_language == ("ko-KR",)
        asked = self.delivered(Transcript(detected_language="en"), language="ko,en")
        assert (asked.requested_language, asked.detected_language) == (("ko", "en"), "en")

    def test_notices_come_in_order(self) -> None:
        """The translator's notices first, then the plan's, then the shortfalls."""
        told_by = Transcript((Segment("a"),), notices=(Notice("vendor_warning", "said"),))
        kinds = [notice.kind for notice in self.delivered(told_by, word_times=True).notices]
        assert kinds == ["vendor_warning", "dropped", "not_delivered"]

    def test_raw_is_kept_on_request_only(self) -> None:
        """The vendor's answer is kept where it was asked for, and dropped otherwise, even if a translator left it."""
        assert self.delivered(Transcript(raw=Answer(b"left"))).raw is None
        assert self.delivered(Transcript(), keep_raw=True).raw == Answer(b"raw")

    def test_metadata_comes_along(self) -> None:
        """The user's own notes are on the transcript."""
        assert self.delivered(Transcript(), metadata={"case": "7"}).metadata == {"case": "7"}

    def test_delivery_is_pure(self) -> None:
        """The translator's transcript is not changed."""
        transcript = Transcript((Segment("a"),), served_by=ServedBy("?"))
        before = copy.deepcopy(transcript)
        assert self.delivered(transcript, word_times=True) == self.delivered(transcript, word_times=True)
        assert transcript == before
