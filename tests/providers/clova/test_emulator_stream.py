"""The streaming emulator answers a bare gRPC client as the vendor's manual describes (sections 5 and 9.3)."""

import asyncio
import json
import logging
import subprocess
import sys
from array import array
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from earwitness.emulation import BillingLog, Clock, Fault, Faults, GivenHearing
from earwitness.errors import BadAudioError, ConfigurationError
from earwitness.models import Segment, Transcript, Word
from earwitness_clova.emulator._nest_server import NestServer
from earwitness_clova.emulator._nest_switches import StreamSwitches
from support.nest import CONFIG, SECRET, BareStream, Nest, SampleHearing, bare, config, data, serving
from support.streams import speech

Talk = Callable[[Nest, BareStream], Awaitable[None]]


def talk(conversation: Talk, hearing: Any = None, **how: Any) -> None:
    """Holds this conversation with a server that hears samples."""

    async def main() -> None:
        async with (
            asyncio.timeout(120),
            serving(hearing if hearing is not None else SampleHearing(), **how) as nest,
            bare(nest) as stream,
        ):
            await conversation(nest, stream)

    asyncio.run(main())


def epd(**changes: Any) -> dict[str, Any]:
    """The usual CONFIG with these values of `semanticEpd`."""
    return {**CONFIG, "semanticEpd": {**CONFIG["semanticEpd"], **changes}}


async def until(condition: Callable[[], bool]) -> None:
    """Returns when this holds."""
    while not condition():
        await asyncio.sleep(0.01)


# -- the key and the number of streams


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "Bearer wrong")],
        [("authorization", SECRET)],
        [("authorization", f"bearer {SECRET}")],
        [("authorization", f"Bearer {SECRET} ")],
        [("x-clovaspeech-api-key", SECRET)],
    ],
)
def test_only_the_secret_in_the_metadata_opens_a_stream(metadata: list[tuple[str, str]]) -> None:
    """Without exactly `Bearer <secret>` the answer is UNAUTHENTICATED, and nothing is heard or billed."""

    async def main() -> None:
        hearing = SampleHearing()
        async with serving(hearing) as nest, bare(nest, metadata=metadata) as stream:
            rest, code, text = await stream.ended()
            assert (rest, code) == ([], "UNAUTHENTICATED")
            assert SECRET not in text
            assert not hearing.ears
            assert not nest.billing.entries

    asyncio.run(main())


def test_the_stream_over_the_limit_is_refused_until_another_ends() -> None:
    """The 16th of 16 gets RESOURCE_EXHAUSTED with the vendor's text, and finds room once one is over."""

    async def main() -> None:
        async with serving(SampleHearing()) as nest, AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(bare(nest)) for _ in range(15)]
            for stream in streams:
                await stream.configure()
            async with bare(nest) as refused:
                assert await refused.ended() == (
                    [],
                    "RESOURCE_EXHAUSTED",
                    "Too many channels, the max channel is: 15",
                )
            assert (await streams[7].end())[1] == "OK"
            async with bare(nest) as late:
                assert (await late.configure())["config"]["status"] == "Success"
                assert nest.server.most_streams == nest.server.open_streams == 15

    asyncio.run(main())


def test_a_client_that_vanishes_frees_its_place() -> None:
    """A cancelled call is noticed: its ear is closed, its audio billed, its slot free."""

    async def main() -> None:
        hearing = SampleHearing()
        async with serving(hearing, stream_limit=1) as nest:
            async with bare(nest) as stream:
                await stream.configure()
                await stream.say(speech([1]))
            await until(lambda: nest.server.open_streams == 0 and len(nest.billing.entries) == 1)
            assert hearing.ears[0].closed
            async with bare(nest) as next_one:
                await next_one.configure()

    asyncio.run(main())


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    """Two servers never share a port."""

    async def main() -> None:
        async with serving(SampleHearing()) as nest:
            other = NestServer(
                SampleHearing(),
                clock=Clock(),
                faults=Faults(),
                billing=BillingLog(),
                switches=StreamSwitches(),
                secret=SECRET,
            )
            with pytest.raises(ConfigurationError, match=f"cannot listen at 127.0.0.1:{nest.port}"):
                await other.start("127.0.0.1", nest.port)
            await other.stop()

    asyncio.run(main())


def test_a_server_can_be_stopped_and_started_again() -> None:
    """`stop` ends the open streams and leaves the port; a second `stop` does no harm."""

    async def main() -> None:
        async with serving(SampleHearing()) as nest:
            async with bare(nest) as stream:
                await stream.configure()
                await nest.server.stop()
                await nest.server.stop()
                assert (await stream.ended())[1] in {"UNAVAILABLE", "CANCELLED"}
            nest.port = await nest.server.start()
            async with bare(nest) as stream:
                await stream.configure()

    asyncio.run(main())


# -- the configuration


def test_the_config_is_answered_with_a_status_for_each_part() -> None:
    """What was asked for is listed, everything `Success`, and the language reaches the recogniser (5.5, 5.7)."""
    hearing = SampleHearing()

    async def conversation(nest: Nest, stream: BareStream) -> None:
        told = await stream.configure(
            {
                **CONFIG,
                "keywordBoosting": {"boostings": [{"words": "로드맵,품질팀", "weight": 1.5}, {"words": "a"}]},
                "forbidden": {"forbiddens": "금칙어"},
                "sttEnable": True,
                "translation": None,
            }
        )
        fine = {"status": "Success"}
        assert told["responseType"] == ["config"]
        assert told["config"] == {
            **fine,
            "transcription": fine,
            "keywordBoosting": fine,
            "forbidden": fine,
            "semanticEpd": fine,
        }
        assert hearing.languages == ["ko"]

    talk(conversation, hearing)


@pytest.mark.parametrize("language", ["ko", "en", "ja"])
def test_each_language_of_the_manual_is_heard(language: str) -> None:
    """The three short codes are taken, and nothing else is needed."""
    hearing = SampleHearing()

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure({"transcription": {"language": language}})
        assert hearing.languages == [language]

    talk(conversation, hearing)


UNUSABLE = [
    "",
    "{",
    "[]",
    '"ko"',
    "[" * 100_000,
    '{"transcription": {}}',
    '{"transcription": {"language": "ko-KR"}}',
    '{"transcription": {"language": ["ko"]}}',
    '{"transcription": "ko"}',
]


@pytest.mark.parametrize("text", UNUSABLE, ids=range(len(UNUSABLE)))
def test_an_unusable_config_is_answered_and_ends_the_stream(text: str) -> None:
    """Broken JSON and unknown languages get a config envelope without `Success`, then the end, unbilled."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        told = await stream.configure(text)
        assert told["responseType"] == ["config"]
        assert told["config"]["status"] != "Success"
        assert await stream.ended() == ([], "OK", "")
        assert not nest.billing.entries

    talk(conversation)


def test_an_unusable_config_is_a_status_where_the_switch_says_so() -> None:
    """The other way that the manual leaves open: INVALID_ARGUMENT."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.send(config("{"))
        assert (await stream.ended())[:2] == ([], "INVALID_ARGUMENT")

    talk(conversation, stream_bad_config="status")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("keywordBoosting", {"boostings": [{"words": "a", "weight": 5.1}]}),
        ("keywordBoosting", {"boostings": [{"words": "a"}], "useDomainBoostings": True}),
        ("keywordBoosting", {"useDomainBoostings": True, "boostingIDs": list(range(31))}),
        ("keywordBoosting", {"boostings": [{"words": ["a"]}]}),
        ("forbidden", {"forbiddens": ["a"]}),
        ("semanticEpd", {"gapThreshold": "500"}),
        ("semanticEpd", {"skipEmptyText": 1}),
    ],
)
def test_a_wrong_feature_fails_by_itself(part: str, value: object) -> None:
    """The stream goes on without that feature: its status says so, and the overall status is `Success` (5.7)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        told = (await stream.configure({**CONFIG, part: value}))["config"]
        assert told["status"] == told["transcription"]["status"] == "Success"
        assert told[part]["status"] != "Success"
        await stream.say(speech([1, 0, 0, 0, 0]))
        assert (await stream.piece())["text"] == "w1"

    talk(conversation)


def test_features_may_get_messages_of_their_own() -> None:
    """A switch sends `keywordBoosting`, `Forbidden` with its capital letter, and `semanticEpd` (5.7)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure({**CONFIG, "forbidden": {"forbiddens": "a"}, "keywordBoosting": {}})
        told = [await stream.answer() for _ in range(3)]
        assert {one["responseType"][0] for one in told} == {"keywordBoosting", "Forbidden", "semanticEpd"}
        assert all(one[one["responseType"][0]] == {"status": "Success"} for one in told)

    talk(conversation, stream_feature_messages=True)


def test_data_before_the_config_is_answered_with_an_error_and_not_heard() -> None:
    """The envelope has the text that was seen; the stream waits for its CONFIG and then goes on (5.4)."""
    hearing = SampleHearing()

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.say(speech([9]))
        told = await stream.answer()
        assert told["responseType"] == ["recognize"]
        assert told["recognize"]["status"] == "ConfigRequest did not complete"
        await stream.configure()
        assert [piece["text"] for piece in await stream.flush(5, speech([1]))] == ["w1"]

    talk(conversation, hearing)


def test_data_before_the_config_is_a_status_where_the_switch_says_so() -> None:
    """FAILED_PRECONDITION with the same text."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.say(speech([9]))
        assert await stream.ended() == ([], "FAILED_PRECONDITION", "ConfigRequest did not complete")

    talk(conversation, stream_data_before_config="status")


def test_the_oneof_tells_what_a_request_is_not_its_type() -> None:
    """A CONFIG marked as DATA is a CONFIG (5.2), and a request with neither part an error."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.send(b"\x08\x01" + config(json.dumps(CONFIG)))
        assert (await stream.answer())["responseType"] == ["config"]
        await stream.send(b"\x08\x01")
        told = (await stream.answer())["recognize"]
        assert told["status"] != "Success"
        assert told["audio"]["status"] != "Success"

    talk(conversation)


def test_bytes_that_are_no_message_end_the_stream() -> None:
    """As with every gRPC server, INTERNAL."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.send(b"\xff\xff\xff")
        assert (await stream.ended())[1] == "INTERNAL"

    talk(conversation)


# -- audio and pieces


def test_a_piece_has_everything_the_manual_lists() -> None:
    """Text, position, sentence ends, why it was cut, times, confidence and alignment (5.7)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(usePeriodEpd=True))
        await stream.say(bytes(64_000))
        assert await stream.piece() == {
            "text": "회의를 시작하겠습니다.",
            "position": 0,
            "periodPositions": [11],
            "periodAlignIndices": [3],
            "epFlag": False,
            "seqId": 0,
            "epdType": "period",
            "startTimestamp": 120,
            "endTimestamp": 1900,
            "confidence": 0.94,
            "alignInfos": [
                {"word": "회의를", "start": 120, "end": 760, "confidence": 0.95},
                {"word": " ", "start": 760, "end": 810, "confidence": 0.93},
                {"word": "시작하겠습니다", "start": 810, "end": 1900, "confidence": 0.93},
                {"word": ".", "start": 1900, "end": 1900, "confidence": 0.93},
            ],
        }

    words = (Word("회의를", 120, 760, 0.95), Word("시작하겠습니다", 810, 1900, 0.93))
    talk(conversation, given(Segment("회의를 시작하겠습니다.", 120, 1990, words, 0.94)))


def given(*segments: Segment) -> GivenHearing:
    return GivenHearing(Transcript(segments))


@pytest.mark.parametrize(("language", "text"), [("ja", "会議です"), ("ko", "会議 です")])
def test_the_language_decides_about_blanks_between_segments(language: str, text: str) -> None:
    """Japanese is written without them."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure({**CONFIG, "transcription": {"language": language}})
        assert [p["text"] for p in await stream.flush(1, bytes(32_000))] == [text]

    talk(conversation, given(Segment("会議", 0, 400), Segment("です", 450, 800)))


def test_given_segments_come_when_the_audio_has_reached_their_end() -> None:
    """The audio clock counts bytes: one byte less than its second, and the segment is not there yet."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(useWordEpd=True))
        await stream.say(bytes(31_999))
        await stream.say(b"", {"seqId": "x", "epFlag": True})
        assert (await stream.answer())["responseType"] == ["recognize"]
        await stream.say(b"\0")
        assert (await stream.piece())["text"] == "now"

    talk(conversation, given(Segment("now", 500, 1000, (Word("now", 500, 1000),))))


def test_half_a_sample_is_kept_for_the_next_chunk() -> None:
    """Audio cut at odd bytes sounds like the same audio in one block."""
    values = [3, 1, 0, 2, 2, 0]
    pcm = speech(values)

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(gapThreshold=0))
        for at in range(0, len(pcm), 777):
            await stream.say(pcm[at : at + 777])
        [piece] = await stream.flush()
        assert piece["text"] == "w3 w1 w2 w2"
        assert (piece["startTimestamp"], piece["endTimestamp"]) == (0, 500)

    talk(conversation)


CUTS: list[tuple[dict[str, Any], list[int], list[tuple[str, str, int]]]] = [
    ({"gapThreshold": 300}, [1, 2, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0], [("w1 w2 w3", "gap", 0), ("w4", "gap", 8)]),
    (
        {"durationThreshold": 200},
        [1, 2, 3, 4, 0],
        [("w1 w2", "durationThreshold", 0), ("w3 w4", "durationThreshold", 5)],
    ),
    ({"syllableThreshold": 2}, [1, 2, 3, 4, 0], [("w1 w2", "syllableThreshold", 0), ("w3 w4", "syllableThreshold", 5)]),
    ({"useWordEpd": True}, [1, 2, 0], [("w1", "endPoint", 0), ("w2", "endPoint", 2)]),
]


@pytest.mark.parametrize(("values", "audio", "expected"), CUTS, ids=[next(iter(cut[0])) for cut in CUTS])
def test_pieces_are_cut_as_configured_while_audio_comes(
    values: dict[str, Any], audio: list[int], expected: list[tuple[str, str, int]]
) -> None:
    """Without any flush: by gap, duration, syllables or word, with the `epdType` of that reason and the position."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(**values))
        for value in audio:
            await stream.say(speech([value]))
        pieces = [await stream.piece() for _ in expected]
        assert [(p["text"], p["epdType"], p["position"]) for p in pieces] == expected
        assert {(p["epFlag"], p["seqId"]) for p in pieces} == {(False, 0)}

    talk(conversation)


@pytest.mark.parametrize("settles", [True, False])
def test_a_gap_is_found_whether_or_not_the_recogniser_tells_silence(settles: bool) -> None:
    """A recogniser that tells only speech has its pieces ended by the audio clock."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        for value in [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]:
            await stream.say(speech([value]))
        assert [(await stream.piece())["text"] for _ in range(2)] == ["w1", "w2"]

    talk(conversation, SampleHearing(settles=settles, guesses=not settles))


def test_without_end_point_settings_small_pieces_and_empty_ones_come() -> None:
    """The vendor's own default: a piece for each word, and in silence an empty text every 0.4 s (5.5)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure({"transcription": {"language": "ko"}})
        await stream.say(speech([1, 2, *[0] * 9]))
        pieces = [await stream.piece() for _ in range(4)]
        assert [p["text"] for p in pieces] == ["w1", "w2", "", ""]
        assert [(p["startTimestamp"], p["endTimestamp"]) for p in pieces[2:]] == [(200, 600), (600, 1000)]
        assert "alignInfos" not in pieces[2]

    talk(conversation)


def test_a_second_config_changes_how_pieces_are_cut() -> None:
    """It is answered like the first, and text and positions go on."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.flush(1, speech([1, 2]))
        assert (await stream.configure(epd(useWordEpd=True)))["config"]["status"] == "Success"
        await stream.say(speech([3, 4, 0]))
        assert [((p := await stream.piece())["text"], p["position"]) for _ in range(2)] == [("w3", 5), ("w4", 7)]

    talk(conversation)


# -- flushes and silence


def test_a_flush_is_answered_with_its_number_and_all_that_was_said() -> None:
    """`epFlag` true and the same `seqId` on the last piece, whether or not audio comes with it (5.4)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        [first] = await stream.flush(7, speech([1, 2]))
        assert (first["text"], first["seqId"], first["epdType"]) == ("w1 w2", 7, "endPoint")
        await stream.say(speech([3]))
        [second] = await stream.flush(2_147_483_647)
        assert (second["text"], second["seqId"], second["position"]) == ("w3", 2_147_483_647, 5)
        assert (await stream.end())[:2] == ([], "OK")

    talk(conversation)


def test_a_flush_in_silence_is_answered_unless_empty_texts_are_skipped() -> None:
    """Section 5.8: with `skipEmptyText` nothing comes at all, otherwise an empty text with the number."""

    async def hears(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(skipEmptyText=False))
        answers = await stream.flush(4, speech([0, 0, 0]))
        assert [(a["text"], a["epFlag"], a["seqId"], a["endTimestamp"]) for a in answers] == [("", True, 4, 300)]

    async def hears_nothing(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(skipEmptyText=True))
        await stream.say(speech([0, 0, 0]), {"seqId": 4, "epFlag": True})
        assert await stream.end() == ([], "OK", "")

    talk(hears)
    talk(hears_nothing)


@pytest.mark.parametrize(
    ("extra", "wrong"),
    [
        ("{", {"epFlag", "seqId"}),
        ("7", {"epFlag", "seqId"}),
        ('{"epFlag": "yes"}', {"epFlag"}),
        ('{"epFlag": true}', {"seqId"}),
        ('{"epFlag": true, "seqId": 0}', {"seqId"}),
        ('{"epFlag": true, "seqId": "7"}', {"seqId"}),
        ('{"epFlag": true, "seqId": true}', {"seqId"}),
    ],
)
def test_wrong_extra_contents_are_named_and_the_audio_is_heard_all_the_same(extra: str, wrong: set[str]) -> None:
    """The error envelope tells which member failed (5.7), and nothing is flushed."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([1]), extra)
        told = await stream.answer()
        assert told["responseType"] == ["recognize"]
        members = told["recognize"]
        assert members["status"] != "Success"
        assert {name for name in ("epFlag", "seqId", "audio") if members[name]["status"] != "Success"} == wrong
        assert [p["text"] for p in await stream.flush(8)] == ["w1"]

    talk(conversation)


@pytest.mark.parametrize("extra", ["", "{}", '{"epFlag": false}', '{"epFlag": false, "seqId": 3}', '{"seqId": null}'])
def test_extra_contents_without_a_flush_need_no_number(extra: str) -> None:
    """They may be empty, and the number may be left out (5.4)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([1]), extra)
        assert [p["text"] for p in await stream.flush(8)] == ["w1"]

    talk(conversation)


def test_ten_seconds_without_data_flush_by_themselves() -> None:
    """`unvoice`, without a number, once until data comes again; the tests' clock decides when that is (5.9)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(skipEmptyText=False))
        await stream.say(speech([1]))
        await until(lambda: len(ears[0].fed) == 1)
        nest.clock.advance(9.9)
        await stream.say(speech([2]))
        await until(lambda: len(ears[0].fed) == 2)
        nest.clock.advance(9.9)
        await asyncio.sleep(0.1)
        nest.clock.advance(0.2)
        piece = await stream.piece()
        assert (piece["text"], piece["epdType"], piece["epFlag"], piece["seqId"]) == ("w1 w2", "unvoice", False, 0)
        nest.clock.advance(60)
        await asyncio.sleep(0.1)
        await stream.say(speech([3]))
        await until(lambda: len(ears[0].fed) == 3)
        nest.clock.advance(10)
        assert (await stream.piece())["text"] == "w3"

    hearing = SampleHearing()
    ears = hearing.ears
    talk(conversation, hearing)


def test_a_slow_recogniser_is_no_idle_client() -> None:
    """The idle time begins when the audio has been taken, however long that took."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        hearing.feeding = lambda: nest.clock.advance(11)
        await stream.configure()
        await stream.say(speech([1]))
        await asyncio.sleep(0.1)
        assert [(p["text"], p["epdType"]) for p in await stream.flush(2)] == [("w1", "endPoint")]

    hearing = SampleHearing()
    talk(conversation, hearing)


def test_what_was_not_flushed_is_lost_at_the_half_close_unless_the_switch_says_otherwise() -> None:
    """Nobody knows which; the careful client flushes (5.4)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([1]))
        rest, code, _ = await stream.end()
        told.append([one["transcription"]["text"] for one in rest])
        assert code == "OK"

    told: list[list[str]] = []
    talk(conversation)
    talk(conversation, stream_tail="told")
    assert told == [[], ["w1"]]


# -- the end of a stream, and what goes wrong


def test_a_stream_ends_when_its_life_is_over() -> None:
    """With a status, or cleanly without the client's half-close; unlimited unless the switch is set (5.9, 5.10)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        nest.clock.advance(239)
        await stream.flush(1, speech([1]))
        nest.clock.advance(2)
        ends.append((await stream.ended())[1:])

    ends: list[tuple[str, str]] = []
    talk(conversation, stream_lifetime_s=240)
    talk(conversation, stream_lifetime_s=240, stream_lifetime_end="clean")
    assert ends == [("UNAVAILABLE", "Lifespan expired"), ("OK", "")]


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (Fault("stream", "answer", value="PERMISSION_DENIED"), "PERMISSION_DENIED", ""),
        (Fault("*", "status", value=503), "UNAVAILABLE", ""),
        (Fault("stream", "status", value={"status": 404}), "UNIMPLEMENTED", ""),
        (Fault("stream", "status", value=418), "UNKNOWN", ""),
        (Fault("stream", "drop"), "UNAVAILABLE", "Connection reset"),
        (Fault("stream", "answer", value="No more slot"), "RESOURCE_EXHAUSTED", "No more slot"),
        (Fault("stream", "answer", value="UNIMPLEMENTED: no plan"), "UNIMPLEMENTED", "no plan"),
    ],
)
def test_the_fault_script_refuses_streams(fault: Fault, code: str, text: str) -> None:
    """Before anything is heard; the next stream is served."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        assert await stream.ended() == ([], code, text)
        async with bare(nest) as second:
            await second.configure()
            assert len(hearing.ears) == 1

    hearing = SampleHearing()
    talk(conversation, hearing, faults=[fault])


@pytest.mark.parametrize(
    ("value", "after", "code", "billed"),
    [(None, 2, "UNAVAILABLE", 30.0), ("OK", 1, "OK", 15.0), ("seconds INTERNAL", 20, "INTERNAL", 30.0)],
)
def test_the_fault_script_cuts_streams_after_messages_or_seconds(
    value: object, after: float, code: str, billed: float
) -> None:
    """Exactly there, with the status it names, and what was heard is billed."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([0] * 100))
        if code != "OK":
            await stream.say(speech([0] * 100))
        assert (await stream.ended())[1] == code
        assert [charge.billed_seconds for charge in nest.billing.entries] == [billed]

    talk(conversation, faults=[Fault("stream", "stream_cut", value=value, after=after)])


def test_the_fault_script_spoils_contents() -> None:
    """`garbage` replaces one answer, `cut` ends within one, `lost` swallows them and ends badly."""

    async def garbage(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([1]), {"seqId": 3, "epFlag": True})
        with pytest.raises(ValueError, match="Unterminated"):
            json.loads(await stream.contents())

    async def own_text(nest: Nest, stream: BareStream) -> None:
        await stream.send(config("{}"))
        assert await stream.contents() == "<html>"

    async def cut(nest: Nest, stream: BareStream) -> None:
        await stream.send(config("{}"))
        with pytest.raises(AssertionError):
            await stream.contents()
        assert (await stream.ended())[1] == "UNAVAILABLE"

    async def lost(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.say(speech([1]), {"seqId": 3, "epFlag": True})
        assert (await stream.end())[:2] == ([], "UNAVAILABLE")
        assert len(nest.billing.entries) == 1

    talk(garbage, faults=[Fault("stream", "garbage", after=1)])
    talk(own_text, faults=[Fault("stream", "garbage", value="<html>")])
    talk(cut, faults=[Fault("stream", "cut")])
    talk(lost, faults=[Fault("stream", "lost", after=1)])


def test_the_fault_script_delays_by_the_clock() -> None:
    """The answer waits until the emulator's clock has gone on."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        answer = asyncio.create_task(stream.configure())
        await asyncio.sleep(0.2)
        assert not answer.done()
        nest.clock.advance(12)
        assert (await answer)["config"]["status"] == "Success"

    talk(conversation, faults=[Fault("stream", "delay", value=12)])


def test_a_fault_that_means_nothing_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The client sees INTERNAL, the person at the emulator why."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        assert (await stream.ended())[1] == "INTERNAL"
        assert "kind stream_cut means nothing" in caplog.text

    talk(conversation, faults=[Fault("stream", "stream_cut", value="minutes")])


def test_a_hearing_that_fails_ends_the_stream_and_tells_no_text(caplog: pytest.LogCaptureFixture) -> None:
    """INTERNAL, and the log names the kind of the failure only."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.send(config("{}"))
        _, code, text = await stream.ended()
        assert code == "INTERNAL"
        assert "MARKER" not in text

    caplog.set_level(logging.DEBUG)
    talk(conversation, SampleHearing(failure=BadAudioError("MARKER what somebody said")))
    assert "BadAudioError" in caplog.text
    assert "MARKER" not in caplog.text


@pytest.mark.parametrize(("seconds", "billed"), [(0.001, 15.0), (15.0, 15.0), (15.001, 30.0)])
def test_each_stream_is_billed_in_blocks_of_fifteen_seconds(seconds: float, billed: float) -> None:
    """One entry for each stream with the id that its answers carry (5.9)."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        uid = (await stream.configure())["uid"]
        await stream.say(array("h", [0] * round(16_000 * seconds)).tobytes())
        await stream.end()
        await until(lambda: bool(nest.billing.entries))
        [charge] = nest.billing.entries
        assert (charge.operation, charge.token, charge.billed_seconds) == ("stream", uid, billed)
        assert charge.time == nest.clock.now()

    talk(conversation)


def test_a_stream_without_audio_costs_nothing() -> None:
    """It leaves no entry; the next one does."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        assert (await stream.end())[1] == "OK"
        assert not nest.billing.entries

    talk(conversation)


def test_no_log_holds_the_secret_or_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, through success, refusal and a cut."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure()
        await stream.flush(1, speech([77]))
        async with bare(nest) as cut:
            await cut.configure()
            await cut.ended()
        async with bare(nest, metadata=[("authorization", "Bearer MARKER-of-another")]) as refused:
            await refused.ended()

    caplog.set_level(logging.DEBUG)
    talk(conversation, faults=[Fault("stream", "stream_cut", first=2)])
    assert caplog.text
    assert "MARKER" not in caplog.text
    assert "w77" not in caplog.text


def test_grpc_and_protobuf_are_loaded_only_by_a_server_that_starts() -> None:
    """An installation without them can import the emulator."""
    code = (
        "import sys, earwitness_clova.emulator._nest_server as server\n"
        "assert server.NestServer and not {'grpc', 'google.protobuf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_large_message_is_heard_like_many_small_ones() -> None:
    """The largest size of DATA is not known; a minute in one message is taken."""

    async def conversation(nest: Nest, stream: BareStream) -> None:
        await stream.configure(epd(gapThreshold=0))
        await stream.send(data(speech([1, 0] * 300), '{"epFlag": true, "seqId": 1}'))
        piece = await stream.piece()
        assert piece["text"] == " ".join(["w1"] * 300)

    talk(conversation)
