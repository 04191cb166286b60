"""CLOVA's answers as neutral transcripts: every example of the manual, what may be missing, odd or wrong."""

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from earwitness.errors import EarwitnessError, ProtocolError
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.models import Answer, AudioEvent, Notice, Segment, ServedBy, Speaker, Transcript, Word
from earwitness.validation import check, problems
from earwitness_clova.provider import Clova
from support.clova import COMPLETED, SHORT, SMI, SRT, wire
from support.transcripts import json_values, valid
from support.vendors import mutants

ORIGINALS = [COMPLETED, SHORT, {"result": "FAILED", "message": "x", "token": "t"}, SRT, SMI]


def update(body: object, *, service: str | None = None, reference: VendorReference | None = None) -> JobUpdate:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Clova.read_answer(Answer(data, service=service), reference)


def read(body: object, **known: Any) -> Transcript:
    transcript = update(body, **known).transcript
    assert transcript is not None
    return check(transcript)


def changed(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(COMPLETED), **fields}


def segment(**fields: Any) -> dict[str, Any]:
    """A result of one segment."""
    return changed(segments=[{**COMPLETED["segments"][0], **fields}], speakers=[])


def told(transcript: Transcript, kind: str) -> dict[str, int]:
    return {notice.message: notice.count for notice in transcript.notices if notice.kind == kind}


def test_the_manuals_finished_result() -> None:
    """Segments, words, speakers, confidences, version and the user's own data are where they belong."""
    heard = update(COMPLETED)
    assert heard.status is JobStatus.SUCCEEDED and heard.progress == 1.0 and heard.answer is not None
    assert heard.reference is not None and heard.reference.id == COMPLETED["token"]
    assert heard.transcript == Transcript(
        segments=(
            Segment(
                "회의를 시작하겠습니다.", 0, 2140,
                (Word("회의를", 120, 760), Word("시작하겠습니다.", 810, 1990)), 0.9412, "1",
            ),
            Segment(
                "네, 좋습니다.", 2140, 3500, (Word("네,", 2230, 2500), Word("좋습니다.", 2560, 3300)), 0.9055, "2",
            ),
        ),
        speakers=(Speaker("1"), Speaker("2")),
        requested_language=("ko-KR",),
        confidence=0.9233,
        served_by=ServedBy("clova", service="long", engine_version="ncp_v2_v9.9.9-emulator_v0.0.1_ko_"),
        metadata={"job_id": "ours-17"},
        vendor={
            "params": {
                name: value
                for name, value in COMPLETED["params"].items()
                if name not in ("callback", "userdata", "boostings", "forbiddens")
            },
            "trace_id": "6b1d0c5e2f8a4b7796c3d2e1f0a9b8c7",
        },
    )  # fmt: skip


def test_silence_is_a_success() -> None:
    """No segments and an empty text is a finished transcript of nothing, also abridged as in the manual's sample."""
    for body in (
        changed(text="", segments=[], speakers=[]),
        {"result": "COMPLETED", "segments": [], "speakers": [], "events": [], "eventTypes": []},
        {"result": "SUCCEEDED", "progress": 100, "segments": []},
    ):
        assert read(body).segments == () and update(body).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize("missing", [name for name in COMPLETED if name not in ("result", "segments")])
def test_every_key_at_the_top_may_be_missing_or_null(missing: str) -> None:
    """Whatever else is missing or null, the segments are read, and no notice is made of it."""
    rest = {name: value for name, value in COMPLETED.items() if name != missing}
    for body in (rest, changed(**{missing: None})):
        transcript = read(body)
        assert transcript.text == COMPLETED["text"] and not transcript.notices
        assert [one.speaker for one in transcript.segments] == ["1", "2"]


@pytest.mark.parametrize("missing", list(COMPLETED["segments"][0]))
def test_every_key_of_a_segment_may_be_missing_or_null(missing: str) -> None:
    """A segment lacks what CLOVA left out, and keeps the rest."""
    for fields in ({missing: None}, {}):
        body = segment(**fields)
        if not fields:
            del body["segments"][0][missing]
        (heard,) = read(body).segments
        assert heard.text == "회의를 시작하겠습니다."
        assert heard.speaker == "1" and (heard.words == ()) == (missing == "words")
        assert (heard.start_ms, heard.end_ms) == (None if missing == "start" else 0, None if missing == "end" else 2140)


@pytest.mark.parametrize("off", [{}, None, {"label": ""}, {"label": None}])
def test_without_diarization_there_is_no_speaker(off: object) -> None:
    """An empty label, an empty object and none at all are no speaker."""
    transcript = read(segment(diarization=off, speaker=off))
    assert transcript.segments[0].speaker is None and transcript.speakers == ()


def test_speakers_as_they_come() -> None:
    """Label 2 may come first; names are kept where a person gave them; speakers only segments mention are listed."""
    second = {"label": "2", "name": "B", "edited": False}
    kim = {"label": "1", "name": "김민수", "edited": True}
    body = changed(speakers=[second, kim])
    body["segments"][0].update(speaker=second, diarization={"label": "1"})
    body["segments"][1].update(speaker={"label": "3", "name": "Lee"}, diarization={"label": "2"})
    transcript = read(body)
    assert [one.speaker for one in transcript.segments] == ["2", "3"]
    assert transcript.speakers == (Speaker("2"), Speaker("1", "김민수"), Speaker("3", "Lee"))


def test_a_name_given_in_the_segments_alone_is_learned() -> None:
    """Where the list of speakers is old, the name that the segments carry counts."""
    body = changed()
    for one in body["segments"]:
        one["speaker"] = {"label": "1", "name": "Kim", "edited": True}
    assert read(body).speakers[0] == Speaker("1", "Kim")


def test_an_edited_text_is_the_text() -> None:
    """What a person corrected is the segment's text; what was heard is kept beside it."""
    transcript = read(segment(textEdited="회의를 마치겠습니다."))
    assert transcript.segments[0].text == "회의를 마치겠습니다."
    assert transcript.vendor["unedited_texts"] == {"0": "회의를 시작하겠습니다."}
    assert read(segment(textEdited="")).segments[0].text == "회의를 시작하겠습니다."


def test_sound_events() -> None:
    """Events have the name that a person gave, else the engine's; event types may be strings or objects."""
    music = {"type": "music", "label": "음악", "labelEdited": "배경 음악", "start": 10, "end": 20}
    body = changed(events=[music, {"type": "clap", "start": 30}], eventTypes=["음악"])
    transcript = read(body)
    assert transcript.events == (AudioEvent("배경 음악", 10, 20), AudioEvent("clap", 30))
    assert transcript.vendor["event_types"] == ["음악"]
    assert read(changed(eventTypes=[{"label": "음악"}])).vendor["event_types"] == [{"label": "음악"}]


def test_only_a_text_is_one_segment() -> None:
    """A text without segments is not lost."""
    assert read(changed(segments=None)).segments == (Segment(COMPLETED["text"]),)


def test_words_without_a_segment_text() -> None:
    """A segment without text gets its words' text, and says that this was derived."""
    (heard,) = read(segment(text="", textEdited="")).segments
    assert (heard.text, heard.derived) == ("회의를 시작하겠습니다.", ("text",))


def test_succeeded_is_not_finished_by_itself() -> None:
    """`SUCCEEDED` with nothing else is a job that was accepted; with a result it is finished."""
    assert update({"result": "SUCCEEDED", "token": "t"}).status is JobStatus.QUEUED
    assert update(changed(result="SUCCEEDED")).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("word", "status", "progress"), [("WAITING", JobStatus.QUEUED, None), ("PROCESSING", JobStatus.RUNNING, 0.4)]
)
def test_states_on_the_way(word: str, status: JobStatus, progress: float | None) -> None:
    """The manual's two states on the way are ours, with the progress as a share."""
    body = {"result": word, "token": "0f3c", "segments": [], "speakers": [], "events": [], "eventTypes": []}
    got = update(body | ({"progress": 40} if progress else {}))
    assert (got.status, got.progress, got.transcript) == (status, progress, None)
    assert update(body | {"progress": 400}).progress is None


def test_the_language_is_an_echo_and_no_detection() -> None:
    """`params.lang` is what was asked; an unknown name is reported and stands for nothing."""
    mixed = read(changed(params={"lang": "enko"}))
    assert (mixed.requested_language, mixed.detected_language) == (("ko-KR", "en-US"), None)
    odd = read(changed(params={"lang": "xx"}))
    assert odd.requested_language == () and odd.notices == (
        Notice("unknown_value", "The vendor calls the language 'xx'.", "language"),
    )


def test_speakers_asked_of_a_domain_without_them() -> None:
    """Where speakers were asked and the echo says that they are off, the transcript says why there are none."""
    body = changed(params={"diarization": {"enable": False}})
    asked = VendorReference("long", "t", state={"speakers": True})
    assert [one.feature for one in read(body, reference=asked).notices] == ["speakers"]
    assert not read(body).notices


def test_an_unusual_value_costs_only_itself() -> None:
    """Wrong types are converted where that is safe, else left out; each is counted, and the rest is as usual."""
    body = segment(
        start="0",
        end=2140.0,
        confidence="high",
        words=[[120, 760, "회의를"], [810, "x", "y"], ["900", 950, "네"], 7, []],
    )
    body["segments"] += ["nonsense", COMPLETED["segments"][1]]
    body["speakers"] = [{"label": 1}, "x"]
    transcript = read(body)
    first, second = transcript.segments
    assert (first.start_ms, first.end_ms, first.confidence) == (0, 2140, None)
    assert first.words == (Word("회의를", 120, 760), Word("네", 900, 950)) and second.text == "네, 좋습니다."
    assert transcript.speakers == (Speaker("1"), Speaker("2"))
    assert told(transcript, "repaired") == {
        "In the vendor's answer, segments.confidence could not be used and was left out.": 1,
        "In the vendor's answer, segments.words could not be used and was left out.": 3,
        "In the vendor's answer, segments could not be used and was left out.": 1,
        "In the vendor's answer, speakers could not be used and was left out.": 1,
        "In the vendor's answer, segments.start came in another type and was converted.": 1,
        "In the vendor's answer, segments.words came in another type and was converted.": 1,
        "In the vendor's answer, speaker.label came in another type and was converted.": 1,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"start": 5000},
        {"confidence": 1.5},
        {"words": [[500, 400, "a"]]},
        {"words": [[500, 600, "a"], [100, 200, "b"]]},
        {"words": [[500, 600, " "]]},
        {"words": [[0, 9000, "a"]]},
        {"start": -5},
        {"end": 2**60},
    ],
)
def test_disorder_is_repaired_and_reported(fields: dict[str, Any]) -> None:
    """Times and confidences that no transcript may have are mended by core's rules, with a notice; the rest stays."""
    body = segment(**fields)
    # With its speaker known, nothing else about the segment is unusual.
    body["speakers"] = COMPLETED["speakers"]
    body["segments"].append(COMPLETED["segments"][1])
    transcript = read(body)
    assert told(transcript, "repaired") and transcript.segments[1].words[0] == Word("네,", 2230, 2500)


def test_numbers_that_are_none_are_left_out() -> None:
    """NaN and infinity, which JSON forbids and some writers write, are no confidence and no billed time."""
    assert read(b'{"text": "a", "quota": NaN}').vendor == {} and read(b'{"text": "a", "quota": -Infinity}').notices
    assert read(changed(confidence=float("nan"))).confidence is None


def test_a_byte_order_mark_does_not_matter() -> None:
    """JSON behind a byte order mark is JSON."""
    assert read(b"\xef\xbb\xbf" + json.dumps(COMPLETED).encode()).text == COMPLETED["text"]


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", "7", "{", "[" * 5000, json.dumps(COMPLETED)[:-9], "{}"])
def test_what_is_no_answer_is_a_protocol_error(body: str) -> None:
    """Anything that the manual does not know is told without quoting it."""
    with pytest.raises(ProtocolError) as caught:
        update(body)
    assert "회의" not in str(caught.value)


@pytest.mark.parametrize("text", [SRT, SRT.replace("\n\n", "\n"), SRT.replace("\n", "\r\n"), f"\ufeff{SRT}"])
def test_srt(text: str) -> None:
    """SRT is read with and without blank lines; its letters are speakers."""
    transcript = read(text)
    assert [(one.text, one.start_ms, one.end_ms, one.speaker, one.derived) for one in transcript.segments] == [
        ("회의를 시작하겠습니다.", 0, 2140, "A", ()),
        ("네, 좋습니다.", 2140, 3500, "B", ()),
    ]
    assert transcript.speakers == (Speaker("A"), Speaker("B")) and transcript.served_by == ServedBy(
        "clova", service="long"
    )


def test_smi() -> None:
    """SMI has starts only; an end is where the next cue begins, and says so."""
    first, second = read(SMI).segments
    assert (first.text, first.start_ms, first.end_ms, first.speaker) == ("회의를 시작하겠습니다.", 0, 2140, "A")
    assert first.derived == ("end_ms",) and (second.end_ms, second.derived, second.speaker) == (None, (), "B")
    lower = SMI.lower().replace("start=0", 'start="0"').replace("네,", "네<br>그리고 &amp;")
    assert [one.text for one in read(lower).segments] == ["a: 회의를 시작하겠습니다.", "b: 네 그리고 & 좋습니다."]


def test_a_colon_in_the_text_is_no_speaker() -> None:
    """Letters are speakers only where every cue has one."""
    transcript = read(SRT.replace("A: ", "OK: ").replace("B: ", ""))
    assert [one.text for one in transcript.segments] == ["OK: 회의를 시작하겠습니다.", "네, 좋습니다."]
    assert transcript.speakers == ()


ASKED = VendorReference("long", "t", state={"format": "SRT", "speakers": True})
UNASKED = VendorReference("long", "t", state={"format": "SRT"})


def renamed(*names: str, form: str = SRT) -> str:
    """The example with these names in place of its letters."""
    for letter, name in zip("AB", names, strict=True):
        form = form.replace(f"{letter}: ", f"{name}: ")
    return form


@pytest.mark.parametrize("form", [SRT, SMI])
@pytest.mark.parametrize(
    "names", [("김민수", "B"), ("A", "Dr. Kim"), ("상담원 1", "O'Neil (팀장)"), ("김민수", "김민수"), ("A", "AB")]
)
def test_edited_names_are_speakers(names: tuple[str, str], form: str) -> None:
    """A name given in the vendor's editor stands where the letter stood, and is the speaker's name and no text."""
    transcript = read(renamed(*names, form=form), reference=ASKED)
    assert [one.text for one in transcript.segments] == ["회의를 시작하겠습니다.", "네, 좋습니다."]
    assert tuple(one.speaker for one in transcript.segments) == names
    assert transcript.speakers == tuple(
        Speaker(one, None if one in ("A", "B", "AB") else one) for one in dict.fromkeys(names)
    )


def test_a_speaker_who_says_nothing_is_no_reason_to_doubt_the_others() -> None:
    """A cue of nothing but a name has a speaker and no text."""
    transcript = read(renamed("김민수", "B").replace("네, 좋습니다.", ""), reference=ASKED)
    assert [(one.speaker, one.text) for one in transcript.segments] == [("김민수", "회의를 시작하겠습니다."), ("B", "")]


@pytest.mark.parametrize(
    ("names", "reference"),
    [
        (("참고", "참고"), UNASKED),  # no speakers were asked for
        (("PS", "OK"), UNASKED),
        (("A", "B"), UNASKED),
        (("김민수", "이영희"), None),  # nobody knows, and nobody speaks twice
        (("A", "이영희"), None),
        (("그래서 제가 말씀드린 것은 이것입니다", "B"), ASKED),  # a sentence
        (("좋아요, 그럼", "B"), ASKED),
        (("끝났습니다. 다음", "B"), ASKED),
        (("- 하나", "B"), ASKED),
        (("x" * 41, "B"), ASKED),
    ],
)
def test_ordinary_words_before_a_colon_are_text(names: tuple[str, str], reference: VendorReference | None) -> None:
    """What is no name, or nothing says that there are names, stays where it is said."""
    transcript = read(renamed(*names), reference=reference)
    assert [one.text.partition(":")[0] for one in transcript.segments] == list(names)
    assert transcript.speakers == ()


def test_names_that_repeat_are_speakers_though_nobody_knows_what_was_asked() -> None:
    """In a stored answer, whose request is not known, somebody who speaks twice is a speaker."""
    thrice = renamed("김민수", "이영희") + "\n3\n00:00:04,000 --> 00:00:05,000\n김민수: 끝.\n"
    assert [one.speaker for one in read(thrice).segments] == ["김민수", "이영희", "김민수"]


def test_a_time_or_an_address_is_no_name() -> None:
    """A colon without a blank behind it divides no name from what is said."""
    transcript = read(renamed("10", "http").replace(": ", ":"), reference=ASKED)
    assert [one.text[:5] for one in transcript.segments] == ["10:회의", "http:"]


def test_impossible_times_of_subtitles_cost_only_themselves() -> None:
    """A cue that ends before it starts is mended and told; its text and all others stay."""
    transcript = read(SRT.replace("--> 00:00:03,500", "--> 00:00:01,000"))
    assert [(one.start_ms, one.end_ms) for one in transcript.segments] == [(0, 2140), (2140, 2140)]
    assert transcript.segments[1].text == "네, 좋습니다." and len(told(transcript, "repaired")) == 1
    backwards = read(SMI.replace("2140", "-5"))
    assert [one.text for one in backwards.segments] == ["회의를 시작하겠습니다.", "네, 좋습니다."]
    assert all((one.start_ms or 0) >= 0 for one in backwards.segments)


def test_several_lines_and_numbers_in_a_cue() -> None:
    """A cue's lines are joined, and a line that is only a number stays where it is said."""
    (cue, last) = read("1\n00:00:00,000 --> 00:00:01,000\n2026\nyears\n\n2\n00:00:02,000 --> 00:00:03,5\n7\n").segments
    assert (cue.text, last.text, last.end_ms) == ("2026 years", "7", 3500)


def test_subtitles_of_nothing() -> None:
    """An empty answer is silence where subtitles were asked for, with a notice; SMI without cues is silence too."""
    asked = VendorReference("long", "t", state={"format": "SRT"})
    assert [one.kind for one in read("", reference=asked).notices] == ["vendor_warning"]
    assert read("<SAMI>\n<Body>\n</Body>\n</SAMI>").segments == ()


def test_subtitles_within_json() -> None:
    """Subtitles that come as the text of a JSON answer are read as subtitles."""
    assert [one.speaker for one in read({"result": "COMPLETED", "text": SRT}).segments] == ["A", "B"]


def test_broken_bytes_in_subtitles_are_reported() -> None:
    """Bytes that are no UTF-8 cost one character each, and a notice."""
    transcript = read(SRT.encode().replace("네".encode(), b"\xff"))
    assert transcript.segments[1].text == "\ufffd, 좋습니다." and len(told(transcript, "repaired")) == 1


def test_a_short_answer() -> None:
    """The short service's text is one segment without times; what it billed is kept; silence is a success."""
    transcript = read(SHORT)
    assert transcript.segments == (Segment("안녕하세요"),) and transcript.vendor == {"billed_s": 15}
    assert transcript.served_by == ServedBy("clova", service="short")
    assert read({"text": ""}, service="short").segments == ()


def test_an_assessment_is_kept_as_vendor_data() -> None:
    """Scores, details and graphs of an assessment are kept as they are; a broken graph is left out whole."""
    details = "go|{g(g):93, o(oʊ):90} "
    body = {
        "text": "go", "quota": 15, "assessment_score": 91, "assessment_details": details,
        "ref_graph": [0, 3, 17, 40], "usr_graph": [0, 2, "x"],
    }  # fmt: skip
    transcript = read(body)
    assert transcript.vendor == {
        "billed_s": 15, "assessment_score": 91, "assessment_details": details, "ref_graph": [0, 3, 17, 40],
    }  # fmt: skip
    assert len(transcript.notices) == 1


def expressible(transcript: Transcript) -> Transcript:
    """The part of a transcript that CLOVA's wire can say: no words without times, and no voice for one word."""
    names = {one.id: one.name for one in transcript.speakers}
    return Transcript(
        segments=tuple(
            Segment(
                one.text,
                one.start_ms,
                one.end_ms,
                tuple(Word(word.text, word.start_ms, word.end_ms) for word in one.words if word.end_ms is not None),
                one.confidence,
                one.speaker if one.speaker in names else None,
            )
            for one in transcript.segments
            if one.text
        ),
        speakers=tuple(Speaker(label, name or None) for label, name in names.items()),
        events=transcript.events
        and tuple(AudioEvent(one.label, one.start_ms, one.end_ms) for one in transcript.events),
        confidence=transcript.confidence,
        metadata={key: value for key, value in transcript.metadata.items() if key and not key.startswith("_ncp_")},
        served_by=ServedBy("clova", service="long", engine_version="ncp_v2"),
    )


@hypothesis_settings(max_examples=200)
@given(valid())
def test_a_transcript_survives_the_wire(transcript: Transcript) -> None:
    """Neutral to CLOVA's JSON, written from the manual alone, and back: the same, up to what CLOVA cannot say."""
    sayable = expressible(transcript)
    heard = read(wire(sayable))
    if sayable.segments or not sayable.text:
        assert heard == sayable


@pytest.mark.parametrize("seed", range(8))
def test_mutated_answers_end_in_declared_errors(seed: int) -> None:
    """Each of 4,000 mutated answers is a valid transcript that can be written, or an error of ours, in bounded time."""
    for body in mutants(ORIGINALS, 500, seed):
        begun = time.process_time()
        try:
            got = Clova.read_answer(Answer(body))
        except EarwitnessError:
            continue
        if got.transcript is not None:
            assert next(problems(got.transcript), None) is None
            got.transcript.to_json()
        assert time.process_time() - begun < 10


@hypothesis_settings(max_examples=200)
@given(json_values)
def test_any_segments_end_in_declared_errors(segments: Any) -> None:
    """Whatever stands for the segments, the answer is a valid transcript, with a notice where something was lost."""
    transcript = read(json.dumps({"result": "COMPLETED", "segments": [segments], "text": "x"}).encode())
    assert transcript.notices or transcript.segments


def test_ten_thousand_odd_segments_take_bounded_work() -> None:
    """A long answer that is odd everywhere is still read, with one notice for each kind of oddity."""
    odd = {**COMPLETED["segments"][0], "start": "0", "words": [["0", 5, "a"]] * 10}
    transcript = read(changed(segments=[odd] * 10_000))
    assert len(transcript.segments) == 10_000 and len(transcript.notices) == 2
