"""Transcripts as JSON: what is written is read again, stays small, and never shows in an error."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import InvalidTranscriptError
from earwitness.models import FORMAT, Answer, Segment, Transcript, Word
from earwitness.serial import dump, json_schema, load
from support.transcripts import disorderly, valid

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "transcript.schema.json"
PUBLISHED = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
MARK = "Zwiebelfisch"
FULL = json.loads(
    dump(
        Transcript(
            (Segment("a b", 0, 9, (Word("a", 0, 4, 0.5), Word("b", 5, 9)), speaker="0"),),
            vendor={"a": [1, None, {"b": 2.5}]},
            metadata={"case": "7"},
            raw=Answer(b"{}"),
        )
    )
)


def chain(error: BaseException) -> str:
    """Everything that the error and what it hangs on would tell."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__]
    return "\n".join(f"{one} {one!r} {one.args} {one.__dict__}" for one in seen)


@given(valid(), st.none() | st.integers(0, 4))
def test_what_is_written_is_read_again(transcript: Transcript, indent: int | None) -> None:
    """Any valid transcript comes back equal from its JSON, compact or indented, with the vendor's bytes."""
    assert load(dump(transcript, indent=indent)) == transcript
    assert load(dump(transcript, indent=indent).decode()) == transcript


@given(st.binary())
def test_raw_bytes_survive(body: bytes) -> None:
    """A kept vendor answer of any bytes is the same after a round trip, and JSON all the same."""
    data = dump(Transcript(raw=Answer(body, "application/octet-stream", "short")))
    assert json.loads(data)["raw"].keys() == {"body", "content_type", "service"}
    assert load(data).raw == Answer(body, "application/octet-stream", "short")


@given(valid())
def test_reading_gives_the_plain_type(transcript: Transcript) -> None:
    """What is read is a Transcript of tuples, not a relative of it, and passes validation."""
    read = load(dump(transcript))
    assert type(read) is Transcript
    assert isinstance(read.segments, tuple)
    assert Transcript.checked(read.segments, read.speakers) is not None


@given(valid())
def test_absent_fields_are_left_out(transcript: Transcript) -> None:
    """No field of ours is ever null or an empty list; `format` stands first."""
    data = json.loads(dump(transcript))
    assert next(iter(data)) == "format"

    def look(value: Any, *, depth: int = 0) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                assert inner is not None
                assert inner not in ([], {})
                if depth or name not in ("vendor", "metadata"):
                    look(inner, depth=depth + 1)
        elif isinstance(value, list):
            for inner in value:
                look(inner, depth=depth + 1)

    look(data)


def test_silence_is_the_smallest_document() -> None:
    """A transcript of nothing is its format and no more."""
    assert dump(Transcript()) == b'{"format":"%s"}' % FORMAT.encode()


def test_text_is_written_readably() -> None:
    """Korean stays Korean in the file, compact or indented."""
    transcript = Transcript((Segment("안녕하세요"),))
    assert "안녕하세요".encode() in dump(transcript)
    assert "안녕하세요".encode() in dump(transcript, indent=2)
    assert dump(transcript, indent=2).startswith(b'{\n  "format"')


@pytest.mark.parametrize(
    "place", [(), ("segments", 0), ("segments", 0, "words", 1), ("raw",)], ids=lambda place: ".".join(map(str, place))
)
def test_fields_of_later_releases_are_ignored(place: tuple[Any, ...]) -> None:
    """A document with fields that this release does not know is read as if they were not there."""
    data = json.loads(json.dumps(FULL))
    spot = data
    for part in place:
        spot = spot[part]
    spot["invented_later"] = {"deep": [1]}
    assert load(json.dumps(data)) == load(json.dumps(FULL))


@pytest.mark.parametrize("form", ["earwitness.transcript/2", "", None, 1, ["earwitness.transcript/1"]])
def test_another_format_is_refused(form: object) -> None:
    """Only this format's name is accepted."""
    with pytest.raises(InvalidTranscriptError, match="format: literal_error"):
        load(json.dumps({**FULL, "format": form}))


@pytest.mark.parametrize("data", [b"{}", b'{"result": "COMPLETED", "segments": []}', '{"segments": [{"text": "a"}]}'])
def test_a_document_that_does_not_say_what_it_is_is_refused(data: bytes | str) -> None:
    """Somebody else's JSON is not read as silence."""
    with pytest.raises(InvalidTranscriptError, match="format: missing"):
        load(data)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"5", b"{", b"\xff\xfe", "\ud800", '"text"', b"[" * 5000])
def test_what_is_no_object_is_refused(data: bytes | str) -> None:
    """Empty, broken, badly encoded and bottomless documents are refused with the next action."""
    with pytest.raises(InvalidTranscriptError, match="This is not an Earwitness transcript: the document") as caught:
        load(data)
    assert caught.value.action


@pytest.mark.parametrize(
    ("field", "value"), [("start_ms", "0"), ("start_ms", True), ("start_ms", 1.5), ("text", 5), ("confidence", "1")]
)
def test_values_of_a_wrong_type_are_refused_not_converted(field: str, value: object) -> None:
    """A number written as text, or the reverse, names its place instead of being guessed."""
    data = json.loads(json.dumps(FULL))
    data["segments"][0][field] = value
    with pytest.raises(InvalidTranscriptError, match=rf"segments\.0\.{field}: "):
        load(json.dumps(data))


@pytest.mark.parametrize(
    "data",
    [
        {**FULL, "format": MARK},
        {**FULL, "segments": [{"text": [MARK]}]},
        {**FULL, "segments": [{"text": "a", "start_ms": MARK}]},
        {**FULL, "segments": MARK},
        {**FULL, "segments": [MARK]},
        {**FULL, "metadata": {MARK: 5}},
        {**FULL, "notices": [{"kind": 3, "message": MARK}]},
        {**FULL, "raw": {"body": MARK + "\u00e9"}},
        {**FULL, MARK: MARK, "duration_ms": MARK},
        [MARK],
    ],
    ids=lambda data: str(next(iter(data))),
)
def test_errors_name_places_never_values(data: object) -> None:
    """No value and no undeclared key of a refused document is in the error or in anything that hangs on it."""
    with pytest.raises(InvalidTranscriptError) as caught:
        load(json.dumps(data))
    assert MARK not in chain(caught.value)
    assert caught.value.__context__ is None


def test_broken_json_does_not_show_in_the_error() -> None:
    """A syntax error names the document, not what stands there."""
    with pytest.raises(InvalidTranscriptError) as caught:
        load(f'{{"segments": [{{"text": "{MARK}" {MARK}')
    assert MARK not in chain(caught.value)


def test_many_errors_are_counted() -> None:
    """The first three places are named, the rest is counted."""
    with pytest.raises(InvalidTranscriptError, match=r"segments\.2\.text: missing and 4 more"):
        load(json.dumps({**FULL, "segments": [{}] * 7}))


@pytest.mark.parametrize(
    "transcript",
    [
        Transcript((Segment(f"{MARK} \ud800"),)),
        Transcript(metadata={"a": f"{MARK}\udfff"}),
        Transcript(vendor={"a": object()}),
        Transcript(vendor={"a": f"{MARK}\ud800"}),
    ],
    ids=["text", "metadata", "object", "vendor"],
)
def test_what_json_cannot_hold_is_refused_in_one_sentence(transcript: Transcript) -> None:
    """Lone surrogates and objects are refused with our own error, which does not quote them."""
    with pytest.raises(InvalidTranscriptError, match="cannot be written as JSON") as caught:
        dump(transcript)
    assert MARK not in chain(caught.value)


def test_numbers_that_json_lacks_become_null() -> None:
    """NaN and infinity in vendor data are written as null, so that every reader accepts the file."""
    data = dump(Transcript(vendor={"a": math.nan, "b": [math.inf]}))
    assert json.loads(data, parse_constant=pytest.fail)["vendor"] == {"a": None, "b": [None]}


def test_the_published_schema_is_current() -> None:
    """docs/reference holds what `json_schema()` says today; write it anew when the models change."""
    assert SCHEMA.read_text("utf-8") == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def test_the_published_schema_is_a_schema() -> None:
    """The file is valid JSON Schema of the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text("utf-8")))


@given(valid())
def test_the_published_schema_describes_what_is_written(transcript: Transcript) -> None:
    """Every valid transcript that we write satisfies the published schema."""
    PUBLISHED.validate(json.loads(dump(transcript)))


@given(disorderly)
def test_a_disorderly_transcript_is_written_all_the_same(transcript: Transcript) -> None:
    """Nothing paid for is lost to its disorder: it is written without a warning, which would quote it."""
    assert json.loads(dump(transcript), parse_constant=pytest.fail)["format"] == FORMAT


@pytest.mark.parametrize(
    "change",
    [
        {"format": "earwitness.transcript/2"},
        {"segments": [{"start_ms": 5}]},
        {"segments": [{"text": "a", "start_ms": "5"}]},
        {"notices": [{"kind": 3, "message": "x"}]},
        {"raw": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_schema_and_reader_refuse_the_same(change: dict[str, Any]) -> None:
    """What the schema refuses, the reader refuses too."""
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(FULL)
    assert not validator.is_valid({**FULL, **change})
    with pytest.raises(InvalidTranscriptError):
        load(json.dumps({**FULL, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"duration_ms": -1},
        {"events": [{"kind": "music", "start_ms": -5}]},
        {"segments": [{"text": "a", "words": [{"text": "a", "confidence": 1.5}]}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_bounds_times_and_confidences(change: dict[str, Any]) -> None:
    """What no valid transcript has, a negative time or a confidence above 1, the published schema refuses."""
    assert PUBLISHED.is_valid(FULL)
    assert not PUBLISHED.is_valid({**FULL, **change})


def test_the_schema_demands_the_format() -> None:
    """A document without `format` is none of ours, for the schema as for the reader."""
    assert json_schema()["required"] == ["format"]
