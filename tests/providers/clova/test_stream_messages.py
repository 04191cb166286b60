"""What opens a stream and what its messages become, without a network: wire bytes, configuration, words, joining."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from hypothesis import given
from hypothesis import strategies as st

import earwitness_clova
from earwitness.errors import EarwitnessError, InvalidRequestError, ProtocolError, UnsupportedFeatureError
from earwitness.lenient import Losses
from earwitness.models import Notice, Segment, Word
from earwitness.streaming import Final, Settled
from earwitness_clova import _nest
from earwitness_clova._alignment import Token, aligned
from earwitness_clova._pieces import EPD_TYPES, Pieces, WirePiece
from support.clova_streams import answer, dialect, read_message

FLAT = {"transcription": {"language": "ko"}}
KOREAN = {
    "text": "회의를 시작하겠습니다.",
    "position": 0,
    "periodPositions": [11],
    "periodAlignIndices": [3],
    "epFlag": False,
    "seqId": 0,
    "epdType": "gap",
    "startTimestamp": 120,
    "endTimestamp": 1990,
    "confidence": 0.94,
    "alignInfos": [
        {"word": "회의를", "start": 120, "end": 760, "confidence": 0.95},
        {"word": " ", "start": 760, "end": 810, "confidence": 0.99},
        {"word": "시작하겠습니다", "start": 810, "end": 1900, "confidence": 0.93},
        {"word": ".", "start": 1900, "end": 1990, "confidence": 0.97},
    ],
}


def compiled(folder: Path) -> Any:
    """What the protobuf compiler makes of the shipped `nest.proto`."""
    source = Path(earwitness_clova.__file__).parent
    out = folder / "nest.pb"
    assert protoc.main(["protoc", f"-I{source}", f"--descriptor_set_out={out}", str(source / "nest.proto")]) == 0
    file = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file[0]
    # Names for JSON are worked out by the compiler; nothing here uses them.
    for message in file.message_type:
        for one in message.field:
            one.ClearField("json_name")
    return file


def test_the_shipped_proto_is_the_schema_in_use(tmp_path: Path) -> None:
    """The file for people and the schema that is built at run time are the same, field by field."""
    assert compiled(tmp_path) == _nest.schema()


def test_requests_are_what_the_manual_numbers() -> None:
    """By field number: type, then the part with its own fields; the type of a configuration is not on the wire."""
    assert read_message(_nest.config_request("{}")) == {2: b"\x0a\x02{}"}
    fields = read_message(_nest.data_request(b"\1\2", "x"))
    assert fields[1] == 1
    assert read_message(fields[3]) == {1: b"\1\2", 2: b"x"}
    assert _nest.METHOD == "/com.nbp.cdncp.nest.grpc.proto.v1.NestService/recognize"


@given(st.binary(max_size=40))
def test_bytes_that_are_no_message_are_a_protocol_error(data: bytes) -> None:
    """Any bytes are either a text or an error that a new connection may cure."""
    try:
        assert isinstance(_nest.contents(data), str)
    except ProtocolError as error:
        assert error.retryable and error.__cause__ is None and error.__context__ is None


def sent(vendor: dict[str, Any] | None = None, **known: Any) -> dict[str, Any]:
    """The configuration that a request opens a stream with."""
    (frame,) = dialect(vendor=vendor, **known).opened()
    assert isinstance(frame, bytes)
    found: dict[str, Any] = json.loads(read_message(read_message(frame)[2])[1])
    return found


def test_a_plain_request_says_where_to_cut_and_nothing_else() -> None:
    """Without options: the language and the thresholds, which have no documented defaults; empty results included."""
    assert sent() == {
        **FLAT,
        "semanticEpd": {
            "skipEmptyText": False,
            "useWordEpd": False,
            "usePeriodEpd": True,
            "gapThreshold": 500,
            "durationThreshold": 10_000,
            "syllableThreshold": 0,
        },
    }


def test_options_are_sent_under_the_vendors_names() -> None:
    """Each option of the service reaches its key."""
    vendor = {
        "skip_empty_text": True,
        "use_word_epd": True,
        "use_period_epd": False,
        "gap_threshold": 300,
        "duration_threshold": None,
        "syllable_threshold": 80,
        "use_domain_boostings": True,
        "boosting_ids": [3, "b"],
        "translate_to": ["en", "ja"],
        "merge_translation": True,
    }
    assert sent(vendor, forbidden_words=["a", "b"]) == {
        **FLAT,
        "keywordBoosting": {"useDomainBoostings": True, "boostingIDs": [3, "b"]},
        "forbidden": {"forbiddens": "a, b"},
        "semanticEpd": {
            "skipEmptyText": True,
            "useWordEpd": True,
            "usePeriodEpd": False,
            "gapThreshold": 300,
            "syllableThreshold": 80,
        },
        "translation": {"targets": ["en", "ja"], "mergedResult": True},
    }


def test_hot_words_go_by_weight_on_the_vendors_scale() -> None:
    """One string for each weight; 1 stays 1 and our 10 is the vendor's 5."""
    words = [{"text": "a"}, {"text": "b", "weight": 10}, {"text": "c", "weight": 0.5}, {"text": "d", "weight": 10}]
    assert sent(hot_words=[*words, {"text": "e", "weight": 1}])["keywordBoosting"]["boostings"] == [
        {"words": "a"},
        {"words": "b, d", "weight": 5.0},
        {"words": "c", "weight": 0.5},
        {"words": "e", "weight": 1.0},
    ]


@pytest.mark.parametrize(("tag", "code"), [("ko", "ko"), ("ko-KR", "ko"), ("en-GB", "en"), ("ja-JP", "ja")])
def test_languages_are_short_codes(tag: str, code: str) -> None:
    """The streaming service has names of its own for its three languages."""
    assert sent(language=tag)["transcription"] == {"language": code}


@pytest.mark.parametrize(
    ("vendor", "known", "why"),
    [
        ({"boosting_ids": [1]}, {}, "Set use_domain_boostings too"),
        ({"use_domain_boostings": True}, {"hot_words": ["a"]}, "exclude each other"),
        ({"merge_translation": True}, {}, "Set translate_to too"),
        ({}, {"hot_words": ["a,b"]}, "comma"),
        ({}, {"forbidden_words": ["a,b"]}, "comma"),
        ({}, {"language": "zh"}, "cannot hear zh"),
        ({}, {"language": "ko,en"}, "cannot hear ko"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused(vendor: dict[str, Any], known: dict[str, Any], why: str) -> None:
    """Contradictions and unknown languages are errors before a connection is opened."""
    with pytest.raises(InvalidRequestError, match=why) as caught:
        sent(vendor, **known)
    assert isinstance(caught.value, UnsupportedFeatureError) is ("cannot hear" in why)


def told(*pieces: dict[str, Any], blanks: bool = True) -> list[Any]:
    """The events of these pieces on one connection."""
    state = Pieces(blanks=blanks)
    wire = (WirePiece.model_validate(piece, context=Losses()) for piece in pieces)
    return [event for piece in wire for event in state.taken(piece, {})]


def text_of(*pieces: dict[str, Any], blanks: bool = True) -> str:
    from earwitness.models import Transcript

    events = told(*pieces, blanks=blanks)
    return Transcript(tuple(event.segment for event in events if isinstance(event, Final))).text


def piece(text: str, position: int | None = None, start: int | None = None, end: int | None = None) -> dict[str, Any]:
    return {"text": text, "position": position, "startTimestamp": start, "endTimestamp": end}


def test_the_manuals_example() -> None:
    """The piece of the manual is one segment with two words, each with its own times and its mark."""
    assert told(KOREAN) == [
        Final(
            Segment(
                "회의를 시작하겠습니다.",
                120,
                1990,
                (Word("회의를", 120, 760, 0.95), Word("시작하겠습니다.", 810, 1990, 0.93)),
                0.94,
            ),
            1990,
            {"epdType": "gap"},
        )
    ]


@pytest.mark.parametrize("reason", sorted(EPD_TYPES))
def test_every_reason_for_a_cut_makes_a_final_piece(reason: str) -> None:
    """Whatever cut it, a piece is final, and the reason is kept."""
    (final,) = told({**KOREAN, "epdType": reason})
    assert isinstance(final, Final) and final.vendor == {"epdType": reason}


@pytest.mark.parametrize(
    "second",
    [piece("네, 좋습니다.", 11), piece(" 네, 좋습니다.", 10), piece("네, 좋습니다.", 10), piece("네, 좋습니다.")],
)
def test_pieces_are_joined_by_one_blank(second: dict[str, Any]) -> None:
    """However the position counts the blank between two pieces, and where it is missing, the text has one."""
    assert text_of(piece("회의를 시작합니다.", 0), second) == "회의를 시작합니다. 네, 좋습니다."
    assert told(piece("회의를 시작합니다.", 0), second)[1].segment.text == "네, 좋습니다."


def test_japanese_gets_no_blanks() -> None:
    """Between two pieces of a script without blanks there is none."""
    assert text_of(piece("会議を", 0), piece("始めます。", 3), blanks=False) == "会議を始めます。"


def test_a_piece_that_comes_twice_is_told_once() -> None:
    """A piece at a position that was told, with the same text and time, is only settled again."""
    assert [type(event) for event in told(KOREAN, KOREAN)] == [Final, Settled]


def test_of_a_piece_that_overlaps_only_the_new_part_is_told() -> None:
    """Where a piece begins with text that was told, the rest of it is a segment with the rest of the words."""
    longer = {
        "text": "회의를 시작하겠습니다. 네.",
        "position": 0,
        "startTimestamp": 120,
        "endTimestamp": 2500,
        "alignInfos": [*KOREAN["alignInfos"], {"word": "네", "start": 2100, "end": 2400, "confidence": 0.5}],
    }
    first, second = told(KOREAN, longer)
    assert second == Final(Segment("네.", 2100, 2500, (Word("네.", 2100, 2400, 0.5),)), 2500)
    assert first.heard_ms == 1990


def test_what_is_said_again_is_kept() -> None:
    """The same words at a later time are new, even where positions start from zero again."""
    again = {**KOREAN, "startTimestamp": 2000, "endTimestamp": 3900, "alignInfos": None}
    assert [event.segment.start_ms for event in told(KOREAN, again) if isinstance(event, Final)] == [120, 2000]


def test_characters_that_never_came_are_told_once() -> None:
    """A jump of the position by more than a separator is an `incomplete` notice; the text that came is there."""
    events = told(piece("a b", 0), piece("c", 40), piece("d", 90), piece("e", 92))
    assert [event.kind for event in events if isinstance(event, Notice)] == ["incomplete"]
    assert [event.segment.text for event in events if isinstance(event, Final)] == ["a b", "c", "d", "e"]


def test_a_piece_without_text_settles_its_time() -> None:
    """An empty result is silence that was heard; one without a time says nothing."""
    assert told(piece("", 0, 100, 500), piece(" ", 0, 500, 900)) == [Settled(500), Settled(900)]
    assert told({}) == [] and told({"text": None, "alignInfos": None}) == []


def test_missing_times_are_worked_out_or_absent() -> None:
    """Without the piece's own times its words give them, marked as derived; without words they are absent."""
    without = {name: value for name, value in KOREAN.items() if not name.endswith("Timestamp")}
    (final,) = told(without)
    assert (final.segment.start_ms, final.segment.end_ms) == (120, 1990)
    assert final.segment.derived == ("start_ms", "end_ms") and final.heard_ms == 1990
    (bare,) = told(piece("a"))
    assert bare == Final(Segment("a"), 0)


def test_a_confidence_that_is_none_is_left_out() -> None:
    """What is not between 0 and 1 is no confidence."""
    (final,) = told({**KOREAN, "confidence": 94})
    assert final.segment.confidence is None


def tokens(*texts: str) -> list[Token]:
    return [Token(text, 100 * place, 100 * place + 100, 0.5 + place / 10) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("hello world", ["hello", "world"], [("hello", 0, 100), ("world", 100, 200)]),
        ("hello world", ["hello", " ", "world", " "], [("hello", 0, 100), ("world", 200, 300)]),
        ("회의를 시작", ["회", "의", "를", " ", "시", "작"], [("회의를", 0, 300), ("시작", 400, 600)]),
        ("네, 좋아요.", ["네", "좋아요"], [("네,", 0, 100), ("좋아요.", 100, 200)]),
        ("a - b", ["a", "b"], [("a", 0, 100), ("-", None, None), ("b", 100, 200)]),
        ("2천 원", ["이천", "원", "."], [("이천", 0, 100), ("원.", 100, 300)]),
        ("a b c", ["a", "c"], [("a", 0, 100), ("c", 100, 200)]),
        ("a b", [" ", ""], []),
    ],
)
def test_tokens_become_the_words_of_the_text(text: str, given: list[str], words: list[tuple[Any, ...]]) -> None:
    """Words are those of the text, with the times of the tokens in them; where both disagree, the tokens'."""
    found = aligned(text, tokens(*given), blanks=True)
    assert [(word.text, word.start_ms, word.end_ms) for word in found] == words


def test_without_blanks_each_spoken_token_is_a_word() -> None:
    """In Japanese a mark belongs to the token before it, and its confidence counts for nothing."""
    found = aligned("会議を始めます。", tokens("会議", "を", "始めます", "。"), blanks=False)
    assert [word.text for word in found] == ["会議", "を", "始めます。"]
    assert found[2] == Word("始めます。", 200, 400, 0.7)


@given(st.lists(st.text("ab ,.가", max_size=5), max_size=8), st.booleans())
def test_words_hold_the_whole_text(parts: list[str], blanks: bool) -> None:
    """When the tokens make up the text, no character of it is missing from the words, and none is added."""
    text = "".join(parts)
    found = aligned(text, tokens(*parts), blanks=blanks)
    spoken = any(part.strip() for part in parts)
    assert "".join(word.text for word in found).replace(" ", "") == (text.replace(" ", "") if spoken else "")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["config", "transcription", "recognize", "Forbidden", "error", "other", "translation"])


@given(
    kinds=JSON | st.lists(KINDS, max_size=3) | KINDS,
    body=JSON | st.dictionaries(st.sampled_from([*KOREAN, "status", "audio"]), JSON, max_size=6),
    changed=st.dictionaries(st.sampled_from(list(KOREAN)), JSON, max_size=3),
)
def test_any_message_is_read_or_refused(kinds: Any, body: Any, changed: dict[str, Any]) -> None:
    """Whatever JSON comes, it becomes events or an error of ours, and never anything else."""
    one = dialect()
    names = ["config", "transcription", "recognize", "Forbidden", "error", "other", "translation"]
    envelopes = [
        {"responseType": kinds, **dict.fromkeys(names, body)},
        {"responseType": ["transcription"], "transcription": {**KOREAN, **changed}},
    ]
    for envelope in envelopes:
        try:
            for event in one.received(answer(json.dumps(envelope))):
                assert isinstance(event, Final | Settled | Notice)
        except EarwitnessError:
            continue
