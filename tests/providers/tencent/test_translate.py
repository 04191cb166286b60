"""Tencent's answers as neutral transcripts: every example of the manual, what may be missing, odd or wrong."""

import copy
import json
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from earwitness.errors import EarwitnessError, JobFailedError, ProtocolError
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.models import Answer, Notice, Segment, ServedBy, Speaker, Transcript, Word
from earwitness.validation import check, problems
from earwitness_tencent._segments import LANGUAGES
from earwitness_tencent.provider import Tencent
from support.tencent import FAILED, FLASH, RUNNING, SEED, SENTENCE, SPEAKERS, TASK, TEXT, refused, task, wire
from support.transcripts import json_values, valid
from support.vendors import as_bytes, mutants

ASKED = VendorReference("recording", str(TASK), state={"engine": "16k_en", "speakers": True})
UNASKED = VendorReference("recording", str(TASK), state={"engine": "16k_en", "speakers": False})
STEREO = VendorReference("recording", str(TASK), state={"engine": "8k_zh", "speakers": False, "channels": True})
CALLBACK = (
    "code=0&requestId=1000000286&appid=1250000000&projectid=0"
    "&text=%5B0%3A0.240%2C0%3A2.900%5D++Good+morning.%0A&audioTime=6.420000&message=&resultDetail="
)
ORIGINALS = [SPEAKERS, SEED, TEXT, RUNNING, FAILED, SENTENCE, FLASH, refused("InternalError"), CALLBACK]


def update(body: object, *, service: str | None = None, reference: VendorReference | None = None) -> JobUpdate:
    return Tencent.read_answer(Answer(as_bytes(body), service=service), reference)


def read(body: object, **known: Any) -> Transcript:
    transcript = update(body, **known).transcript
    assert transcript is not None
    return check(transcript)


def sentence(**fields: Any) -> dict[str, Any]:
    """An answer of one sentence."""
    return task(ResultDetail=[{**SPEAKERS["Response"]["Data"]["ResultDetail"][0], **fields}])


def told(transcript: Transcript, kind: str = "repaired") -> dict[str, int]:
    return {notice.message: notice.count for notice in transcript.notices if notice.kind == kind}


def test_the_manuals_diarized_result() -> None:
    """Sentences, absolute word times, speakers, language, duration and what has no neutral place."""
    heard = update(SPEAKERS, reference=ASKED)
    assert heard.status is JobStatus.SUCCEEDED and heard.progress == 1.0 and heard.answer is not None
    assert heard.reference == ASKED
    words = (Word("Shall", 3140, 3700), Word("we", 3700, 4080), Word("start?", 4080, 5800))
    assert heard.transcript == Transcript(
        segments=(
            Segment(
                "Good morning.", 240, 2900, (Word("Good", 300, 1020), Word("morning.", 1020, 2640)),
                speaker="0", language="en",
            ),
            Segment("Shall we start?", 3100, 6180, words, speaker="1", language="en"),
        ),
        speakers=(Speaker("0"), Speaker("1")),
        detected_language="en",
        duration_ms=6420,
        served_by=ServedBy("tencent", service="recording", model="16k_en"),
        vendor={
            "speech_speed": [4.5, 4.2], "silence_ms": [0, 200], "request_id": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c004",
        },
    )  # fmt: skip


def test_the_seeds_disordered_example() -> None:
    """Words are sorted by offset, the blank one is dropped, both are reported, and the sentence is not rebuilt."""
    transcript = read(SEED, reference=VendorReference("recording", "1", state={"engine": "16k_en"}))
    (heard,) = transcript.segments
    assert heard.text == "Machine learning is a branch of it." and heard.emotion == "happy"
    assert heard.words == (Word("Machine", 20, 500), Word("learning", 530, 1160), Word("branch", 1220, 1730))
    assert told(transcript) == {"blank words dropped.": 1, "segments whose words were put in order of time.": 1}
    assert told(transcript, "vendor_warning") == {"The vendor's answer names another task than was asked about.": 1}
    assert heard.speaker is None and transcript.speakers == () and "emotional_energy" not in transcript.vendor


def test_the_seeds_text_is_not_json() -> None:
    """Its trailing comma makes it invalid: such an answer is told as what it is, and asked for again."""
    with pytest.raises(ProtocolError):
        update(json.dumps(SEED).replace("]}]}}}", "],}]}}}"))


@pytest.mark.parametrize("detail", [None, [], "missing"])
def test_text_alone(detail: object) -> None:
    """Without details, null, empty or missing, the lines of the text are the segments, with their stamps."""
    body = copy.deepcopy(TEXT)
    body["Response"]["Data"]["ResultDetail"] = detail
    if detail == "missing":
        del body["Response"]["Data"]["ResultDetail"]
    transcript = read(body, reference=UNASKED)
    assert transcript.segments == (Segment("Good morning.", 240, 2900), Segment("Shall we start?", 3100, 6180))
    assert not transcript.notices


@pytest.mark.parametrize(
    ("line", "segment"),
    [
        ("[0:0.020,0:2.380] one blank", Segment("one blank", 20, 2380)),
        ("[0:0.020,0:2.380]  two blanks", Segment("two blanks", 20, 2380)),
        ("[0:0.020,0:2.380,3]  speaker", Segment("speaker", 20, 2380, speaker="3")),
        ("[0:0.020,0:2.380,-1]  nobody", Segment("nobody", 20, 2380)),
        ("[75:3.200,75:4.000]  minutes go on", Segment("minutes go on", 4_503_200, 4_504_000)),
        ("[1:15:3.200,1:15:4.000]  hours", Segment("hours", 4_503_200, 4_504_000)),
        ("[0:1.000,0:2.000]  [0:3.000,0:4.000] said", Segment("[0:3.000,0:4.000] said", 1000, 2000)),
        ("no stamp at all", Segment("no stamp at all")),
        ("[laughs] no stamp either", Segment("[laughs] no stamp either")),
    ],
)
def test_lines_of_text(line: str, segment: Segment) -> None:
    """Every form of a line: blanks, speakers, long recordings; only one stamp is taken off, whatever follows."""
    assert read(task(Result=f"{line}\n", ResultDetail=None), reference=ASKED).segments == (segment,)


def test_lines_in_disorder_and_broken_ones() -> None:
    """Lines are sorted by start; a line without a stamp goes on with the one before, and that is reported."""
    lines = "[0:5.000,0:6.000]  second\nand more\n\n[0:1.000,0:2.000]  first\n"
    transcript = read(task(Result=lines, ResultDetail=[]), reference=UNASKED)
    assert [one.text for one in transcript.segments] == ["first", "second and more"]
    assert len(told(transcript)) == 1


def test_silence_is_a_success() -> None:
    """Success without a word is an empty transcript, however it is said."""
    for empty in ({"Result": "", "ResultDetail": None}, {"Result": "", "ResultDetail": []}, {"Result": "\n"}):
        data = {"ResultDetail": None, **empty}
        heard = update(task(**data))
        assert heard.status is JobStatus.SUCCEEDED and heard.transcript is not None
        assert heard.transcript.segments == () and not heard.transcript.notices
    assert (
        read(task(Result="", ResultDetail=[{"FinalSentence": "", "StartMs": 0, "EndMs": 9, "Words": []}])).segments
        == ()
    )
    assert read({"Response": {"Result": "", "AudioDuration": 900, "WordSize": 0, "WordList": None}}).segments == ()
    assert read({"code": 0, "flash_result": []}, service="flash").segments == ()


@pytest.mark.parametrize("missing", [name for name in SPEAKERS["Response"]["Data"] if name != "ResultDetail"])
def test_every_key_of_a_task_may_be_missing_or_null(missing: str) -> None:
    """Whatever else is missing or null, the sentences are read, and no notice is made of it."""
    for body in (task(**{missing: None}), task()):
        if body["Response"]["Data"][missing] is not None:
            del body["Response"]["Data"][missing]
        transcript = read(body, reference=ASKED)
        assert [one.speaker for one in transcript.segments] == ["0", "1"] and not transcript.notices


@pytest.mark.parametrize("missing", list(SPEAKERS["Response"]["Data"]["ResultDetail"][0]))
def test_every_key_of_a_sentence_may_be_missing_or_null(missing: str) -> None:
    """A sentence lacks what Tencent left out, and keeps the rest."""
    for fields in ({missing: None}, {}):
        body = sentence(**fields)
        if not fields:
            del body["Response"]["Data"]["ResultDetail"][0][missing]
        (heard,) = read(body, reference=ASKED).segments
        assert heard.text == "Good morning." and (heard.words == ()) == (missing == "Words")
        assert heard.speaker == (None if missing == "SpeakerId" else "0")
        assert (heard.start_ms, heard.end_ms) == (
            None if missing == "StartMs" else 240, None if missing == "EndMs" else 2900,
        )  # fmt: skip


def test_where_the_text_comes_from() -> None:
    """FinalSentence, else the written text, else the line of the text, else the words, which is said."""
    lines = {"Result": "[0:0.240,0:2.900]  from the line\n"}
    bare = {"FinalSentence": None}
    one = sentence(**bare, WrittenText="as written")
    assert read(one).segments[0].text == "as written"
    one = sentence(**bare)
    one["Response"]["Data"].update(lines)
    assert read(one).segments[0].text == "from the line"
    one["Response"]["Data"]["Result"] = ""
    (heard,) = read(one).segments
    assert (heard.text, heard.derived) == ("Good morning.", ("text",))


@pytest.mark.parametrize("words", [None, [], "missing"])
def test_a_sentence_without_words(words: object) -> None:
    """No words is nothing odd."""
    body = sentence(Words=words)
    if words == "missing":
        del body["Response"]["Data"]["ResultDetail"][0]["Words"]
    transcript = read(body, reference=ASKED)
    assert transcript.segments[0].words == () and not transcript.notices


def test_punctuation_belongs_to_the_word_before_it() -> None:
    """An entry that is punctuation ends the word before it and moves no time; at the beginning it stands alone."""
    entries = [
        ("，", 0, 0),
        ("你好", 10, 400),
        ("，", 400, 400),
        ("世界", 500, 900),
        ("。", 900, 900),
        ("!", 900, 900),
    ]
    words = [{"Word": word, "OffsetStartMs": begun, "OffsetEndMs": ended} for word, begun, ended in entries]
    (heard,) = read(sentence(Words=words)).segments
    assert heard.words == (Word("，", 240, 240), Word("你好，", 250, 640), Word("世界。!", 740, 1140))


def test_channels_are_no_speakers() -> None:
    """With channels apart the number is the channel, and sentences of both are put in order of time."""
    first, second = SPEAKERS["Response"]["Data"]["ResultDetail"]
    body = task(ResultDetail=[{**second, "SilenceTime": 7, "WrittenText": "Start?"}, {**first, "SpeakerId": 1}])
    transcript = read(body, reference=STEREO)
    assert [(one.channel, one.start_ms) for one in transcript.segments] == [(1, 240), (1, 3100)]
    assert {one.speaker for one in transcript.segments} == {None} and transcript.speakers == ()
    assert (transcript.vendor["silence_ms"], transcript.vendor["written_texts"]) == ([0, 7], {"1": "Start?"})


def test_the_speakers_number_counts_only_where_it_was_asked() -> None:
    """Without diarization the number is always 0 and nobody; of an answer of unknown origin the stamps decide."""
    assert read(SPEAKERS, reference=UNASKED).speakers == ()
    assert read(SPEAKERS).speakers == (Speaker("0"), Speaker("1"))
    one = SPEAKERS["Response"]["Data"]["ResultDetail"][:1]
    assert read(task(Result="[0:0.240,0:2.900]  Good morning.\n", ResultDetail=one)).speakers == ()
    for nobody in (-1, None):
        assert read(sentence(SpeakerId=nobody), reference=ASKED).segments[0].speaker is None


def test_a_number_of_speakers_that_the_vendor_did_not_take() -> None:
    """Where Tencent counts by itself although a number was asked, the transcript says so."""
    asked = VendorReference("recording", str(TASK), state={**ASKED.state, "uncounted": True})
    assert [(one.kind, one.feature) for one in read(SPEAKERS, reference=asked).notices] == [("dropped", "speakers")]


def test_roles_are_the_speakers_names() -> None:
    """A matched role names the speaker."""
    assert read(sentence(SpeakerRoleName="Ann"), reference=ASKED).speakers == (Speaker("0", "Ann"),)


def test_emotions_loudness_keywords_and_rewritten_text() -> None:
    """The first emotion is the segment's; what has no neutral place is kept beside the segments."""
    hits = [{"KeyWordLibID": "lib", "KeyWordLibName": "n", "KeyWords": ["morning"]}]
    body = sentence(EmotionType=["happy", "sad"], EmotionalEnergy=3.5, KeyWordResults=hits, WrittenText="Morning.")
    transcript = read(body, reference=UNASKED)
    assert transcript.segments[0].emotion == "happy" and not transcript.notices
    assert {name: item for name, item in transcript.vendor.items() if name != "request_id"} == {
        "speech_speed": [4.5],
        "emotional_energy": [3.5],
        "emotions": {"0": ["happy", "sad"]},
        "keywords": {"0": hits},
        "written_texts": {"0": "Morning."},
    }
    assert read(sentence(EmotionType=[])).segments[0].emotion is None


@pytest.mark.parametrize("name", LANGUAGES)
def test_detected_languages(name: str) -> None:
    """Each of the vendor's names is a tag of ours."""
    transcript = read(sentence(LangType=name))
    assert transcript.detected_language == transcript.segments[0].language == LANGUAGES[name]


def test_mixed_and_unknown_languages() -> None:
    """Of several languages none is the recording's; an unknown name is left out and reported."""
    first, second = SPEAKERS["Response"]["Data"]["ResultDetail"]
    mixed = read(task(ResultDetail=[first, {**second, "LangType": "korean"}]))
    assert mixed.detected_language is None and [one.language for one in mixed.segments] == ["en", "ko"]
    unknown = read(sentence(LangType="klingon"))
    assert unknown.segments[0].language is None and len(told(unknown)) == 1
    assert read(sentence(LangType="")).segments[0].language is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (RUNNING, JobStatus.QUEUED),
        (task(Status=1, StatusStr="doing", ResultDetail=[]), JobStatus.RUNNING),
        (task(Status=1, StatusStr="in process"), JobStatus.RUNNING),
        (task(Status=None, StatusStr="waiting"), JobStatus.QUEUED),
    ],
)
def test_states_on_the_way(body: object, status: JobStatus) -> None:
    """The number decides, whatever the word says; the word only where there is no number."""
    got = update(body)
    assert (got.status, got.transcript) == (status, None)
    assert got.reference is not None and got.reference.id == str(TASK)


def test_a_task_that_failed() -> None:
    """A failed task is a failed job with the vendor's text and the request's id, for a text has no code."""
    got = update(FAILED)
    assert got.status is JobStatus.FAILED and type(got.error) is JobFailedError and got.error.accepted == "yes"
    assert got.error.vendor_message == "Failed to download audio file!"
    assert got.error.request_id == "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c002" and "public" in str(got.error)


@pytest.mark.parametrize("status", [4, -1, "later", 2.5])
def test_an_unknown_state_is_reported(status: object) -> None:
    """A state that nobody documents ends nothing and is told."""
    with pytest.raises(ProtocolError) as caught:
        update(task(Status=status, StatusStr=""))
    assert caught.value.accepted == "no"


@pytest.mark.parametrize(("seconds", "duration"), [(2.38, 2380), (0, 0), (None, None), ("6.42", 6420), (-1, None)])
def test_the_duration_is_in_seconds(seconds: object, duration: int | None) -> None:
    """Of a task the duration comes in seconds, and may be null."""
    assert read(task(AudioDuration=seconds)).duration_ms == duration


def test_a_sentence() -> None:
    """One segment whose times are those of its words; the duration comes in milliseconds."""
    transcript = read(SENTENCE)
    words = (Word("Good", 120, 810), Word("morning", 810, 2250))
    assert transcript == Transcript(
        (Segment("Good morning.", 120, 2250, words, derived=("start_ms", "end_ms")),),
        duration_ms=2430,
        served_by=ServedBy("tencent", service="sentence"),
        vendor={"request_id": "0b2c3a10-7c1d-4f9a-8a53-0d6f6a1e9b21"},
    )
    bare = copy.deepcopy(SENTENCE)
    bare["Response"].update(WordList=None, WordSize=0)
    assert read(bare).segments == (Segment("Good morning."),)


def test_flash() -> None:
    """Sentences with absolute word times and speakers; one channel is no channel."""
    transcript = read(FLASH)
    words = (Word("Good", 300, 1020), Word("morning", 1020, 2640))
    assert transcript == Transcript(
        (
            Segment("Good morning.", 240, 2900, words, speaker="0"),
            Segment("Shall we start?", 3100, 6180, speaker="1"),
        ),
        (Speaker("0"), Speaker("1")),
        duration_ms=6420,
        served_by=ServedBy("tencent", service="flash"),
        vendor={"request_id": "65f0c1d2a3b4c5d6e7f80912"},
    )


def test_flash_with_several_channels() -> None:
    """Each channel has an entry of its own, and all sentences stand in order of time."""
    first = FLASH["flash_result"][0]
    late = [{**first["sentence_list"][0], "start_time": 250}]
    body = {**FLASH, "flash_result": [first, {"channel_id": 1, "text": "x", "sentence_list": late}]}
    assert [(one.channel, one.start_ms) for one in read(body).segments] == [(0, 240), (1, 250), (0, 3100)]
    whole = {**FLASH, "flash_result": [{"channel_id": 0, "text": "only text", "sentence_list": None}]}
    assert read(whole).segments == (Segment("only text"),)


def test_an_unusual_value_costs_only_itself() -> None:
    """Wrong types are converted where that is safe, else left out; each is counted, and the rest is as usual."""
    first, second = copy.deepcopy(SPEAKERS["Response"]["Data"]["ResultDetail"])
    first.update(StartMs="240", SpeechSpeed="fast", EmotionType="happy", Words=[*first["Words"], 7, {"Word": 3}, {}])
    transcript = read(task(ResultDetail=["nonsense", first, second]), reference=ASKED)
    assert [one.text for one in transcript.segments] == ["Good morning.", "Shall we start?"]
    assert [word.text for word in transcript.segments[0].words] == ["Good", "morning.", "3"]
    assert told(transcript) == {
        "In the vendor's answer, ResultDetail could not be used and was left out.": 1,
        "In the vendor's answer, ResultDetail.speech_speed could not be used and was left out.": 1,
        "In the vendor's answer, ResultDetail.emotion_type could not be used and was left out.": 1,
        "In the vendor's answer, ResultDetail.words could not be used and was left out.": 1,
        "In the vendor's answer, ResultDetail.start_ms came in another type and was converted.": 1,
        "In the vendor's answer, Words.word came in another type and was converted.": 1,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"StartMs": 5000},
        {"StartMs": -5},
        {"EndMs": 2**60},
        {"Words": [{"Word": "a", "OffsetStartMs": 500, "OffsetEndMs": 400}]},
        {"Words": [{"Word": "a", "OffsetStartMs": 0, "OffsetEndMs": 90_000}]},
        {"Words": [{"Word": "a", "OffsetStartMs": 2**53, "OffsetEndMs": 2**53}, {"Word": " "}]},
    ],
)
def test_disorder_is_repaired_and_reported(fields: dict[str, Any]) -> None:
    """Times that no transcript may have are mended by core's rules, with a notice; the other sentence stays."""
    body = sentence(**fields)
    body["Response"]["Data"]["ResultDetail"].append(SPEAKERS["Response"]["Data"]["ResultDetail"][1])
    transcript = read(body, reference=ASKED)
    assert told(transcript) and Word("we", 3700, 4080) in [word for one in transcript.segments for word in one.words]


@pytest.mark.parametrize("body", ["<html>", "[]", "null", "7", "{", "[" * 5000, json.dumps(SPEAKERS)[:-9], "{}"])
def test_what_is_no_answer_is_a_protocol_error(body: str) -> None:
    """Anything that the manual does not know is told without quoting it."""
    with pytest.raises(ProtocolError) as caught:
        update(body, service="recording")
    assert "morning" not in str(caught.value)


def test_which_service_a_stored_answer_is_of() -> None:
    """Without being told, an answer's own keys say which service gave it."""
    services = [read(body).served_by for body in (SPEAKERS, SENTENCE, FLASH, CALLBACK)]
    assert [one.service for one in services if one] == ["recording", "sentence", "flash", "recording"]


def expressible(transcript: Transcript) -> Transcript:
    """The part of a transcript that Tencent's wire can say, in the order that it is given back."""
    segments = [one for one in transcript.segments if one.text]
    if all(one.start_ms is not None for one in segments):
        segments.sort(key=lambda one: one.start_ms or 0)
    labels = {
        name: str(number) for number, name in enumerate(dict.fromkeys(one.speaker for one in segments if one.speaker))
    }
    said = tuple(
        Segment(
            one.text,
            one.start_ms,
            one.end_ms,
            tuple(
                Word(f"w{word.text}", word.start_ms, word.end_ms)
                for word in one.words
                if word.end_ms is not None and one.start_ms is not None
            ),
            speaker=labels.get(one.speaker or ""),
            emotion=one.emotion or None,
        )
        for one in segments
    )
    return Transcript(
        said,
        tuple(map(Speaker, labels.values())),
        duration_ms=transcript.duration_ms,
        served_by=ServedBy("tencent", service="recording", model="16k_en"),
        vendor={"speech_speed": [4.5] * len(said), "request_id": "r"} if said else {"request_id": "r"},
    )


@hypothesis_settings(max_examples=200)
@given(valid())
def test_a_transcript_survives_the_wire(transcript: Transcript) -> None:
    """Neutral to Tencent's JSON, written from the manual alone, and back: the same, up to what Tencent cannot say."""
    sayable = expressible(transcript)
    assert read(wire(sayable), reference=ASKED) == sayable


@pytest.mark.parametrize("seed", range(8))
def test_mutated_answers_end_in_declared_errors(seed: int) -> None:
    """Each of 4,000 mutated answers is a valid transcript that can be written, or an error of ours, in bounded time."""
    for body in mutants(ORIGINALS, 500, seed):
        begun = time.process_time()
        try:
            got = Tencent.read_answer(Answer(body), ASKED if seed % 2 else None)
        except EarwitnessError:
            continue
        if got.transcript is not None:
            assert next(problems(got.transcript), None) is None
            got.transcript.to_json()
        assert time.process_time() - begun < 10


def test_mutated_answers_take_bounded_memory() -> None:
    """No answer of a few kilobytes makes the reader hold more than some megabytes."""
    tracemalloc.start()
    try:
        for body in mutants(ORIGINALS, 200, 99):
            with suppress(EarwitnessError):
                Tencent.read_answer(Answer(body), ASKED)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


@hypothesis_settings(max_examples=200)
@given(json_values, st.sampled_from(["Words", "EmotionType", "LangType", "SpeakerId", "KeyWordResults", "WrittenText"]))
def test_any_value_in_a_sentence_ends_in_a_valid_transcript(value: Any, name: str) -> None:
    """Whatever stands in any field, the answer is a valid transcript that can be written."""
    for reference in (ASKED, STEREO, None):
        read(json.dumps(sentence(**{name: value})).encode(), reference=reference).to_json()


@hypothesis_settings(max_examples=200)
@given(json_values)
def test_any_details_end_in_a_valid_transcript(value: Any) -> None:
    """Whatever stands for the sentences, in whichever service, the answer is a valid transcript."""
    read(json.dumps(task(ResultDetail=[value])).encode(), reference=ASKED)
    read(json.dumps({**FLASH, "flash_result": [value, {"sentence_list": [value]}]}).encode())
    read(json.dumps({"Response": {"Result": "x", "WordList": [value]}}).encode())


@hypothesis_settings(max_examples=300)
@given(st.text(alphabet="[]0123456789:.,- \nx", max_size=60))
def test_any_text_ends_in_a_valid_transcript(text: str) -> None:
    """Whatever the lines hold, they are read, and no word of them is lost."""
    transcript = read(task(Result=text, ResultDetail=None), reference=ASKED)
    assert ("x" in text) == ("x" in transcript.text)


def test_ten_thousand_odd_sentences_take_bounded_work() -> None:
    """A long answer that is odd everywhere is still read, with one notice for each kind of oddity."""
    first = SPEAKERS["Response"]["Data"]["ResultDetail"][0]
    odd = {**first, "FinalSentence": None, "StartMs": "240", "Words": [{"Word": "a", "OffsetStartMs": "0"}] * 10}
    transcript = read(task(ResultDetail=[odd] * 10_000, Result=""), reference=ASKED)
    assert len(transcript.segments) == 10_000 and len(transcript.notices) == 2


def test_the_notices_name_no_text() -> None:
    """What is said of a repair never quotes the transcript."""
    transcript = read(sentence(FinalSentence="secret words", StartMs="240"), reference=ASKED)
    assert transcript.notices and not [one for one in transcript.notices if "secret" in one.message]
    assert all(isinstance(one, Notice) for one in transcript.notices)
