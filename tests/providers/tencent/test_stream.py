"""Tencent's live service over a real WebSocket: nothing said is lost or doubled, and every code is understood."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness._live.duplex import StreamPolicy, drive
from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
)
from earwitness.models import Interim, Notice, Segment, Word
from earwitness.request import RequestOptions
from earwitness.session import AsyncSession
from earwitness.streaming import Final, Reconnected, Settled
from earwitness_tencent._errors import STREAM_CODES
from earwitness_tencent._stream import RealtimeDialect
from earwitness_tencent.provider import Tencent
from support.heard import AT_ONCE, Heard, listen, run
from support.streams import WORD_MS, TickingClock, expected_words, live, speech
from support.tencent import APP_ID, KEYS
from support.tencent_streams import LiveServer, Turn, dialect, serving

VALUES = [1, 2, 3, 0, 4, 5, 0, 0, 6, 7, 8, 9, 10, 0, 11, 12]
SECOND = "16k_zh_en_2.0"


def heard_with(
    *turns: Turn,
    usual: Turn | None = None,
    values: list[int] = VALUES,
    audio: AsyncIterator[bytes] | None = None,
    vendor: dict[str, Any] | None = None,
    known: dict[str, Any] | None = None,
    clock: Any = None,
    **options: Any,
) -> tuple[Heard, LiveServer]:
    """What is heard of these values on a server that behaves so, and the server; time does not pass by itself."""

    async def main() -> tuple[Heard, LiveServer]:
        async with serving(*turns, usual=usual) as server:
            source = audio or live(speech(values))
            timer = clock or TickingClock()
            heard = await listen(
                lambda: dialect(server, vendor=vendor, **(known or {})), source, clock=timer, **options
            )
            return heard, server

    return run(main())


def session(server: LiveServer, **changed: Any) -> AsyncSession:
    profile = Profile("live", "tencent", {**server.settings, **changed}, RequestOptions(language="zh-CN"))
    return AsyncSession(Tencent, profile, Plugins(()), version="0.1.0")


@pytest.mark.parametrize("model", [None, SECOND])
def test_words_times_and_the_order_of_messages(model: str | None) -> None:
    """Every word once with its times, interim results between; audio in blocks of 200 ms, then `end`, in both forms."""
    heard, server = heard_with(known={"model": model})
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert heard.all(Interim) and not heard.all(Notice) and not heard.all(Reconnected)
    (line,) = server.lines
    assert bytes(line.audio) == speech(VALUES)
    assert set(line.chunks) == {6400}
    assert [json.loads(text) for text in line.texts] == [{"type": "end"}]


def test_the_parameters_of_a_plain_request() -> None:
    """Samples are announced as such, sentences end at silence, words are wanted; all else is the vendor's default."""
    _, server = heard_with()
    query = dict(server.lines[0].query)
    changing = {name: query.pop(name) for name in ("timestamp", "expired", "nonce", "voice_id")}
    assert query == {
        "secretid": KEYS["secret_id"],
        "token": KEYS["token"],
        "engine_model_type": "16k_zh",
        "voice_format": "1",
        "needvad": "1",
        "word_info": "2",
    }
    assert int(changing["expired"]) - int(changing["timestamp"]) == 86_400


def query_of(one: RealtimeDialect) -> dict[str, str]:
    address = urlsplit(one.dial(datetime(2026, 11, 21, tzinfo=UTC)).target)
    return dict(parse_qsl(address.query, strict_parsing=True))


def test_every_connection_has_an_id_of_its_own() -> None:
    """Two dialects never share a `voice_id`, and the address of one is signed for the time of the dial."""
    one, other = query_of(dialect()), query_of(dialect())
    assert one["voice_id"] != other["voice_id"]
    assert one["timestamp"] == "1795219200" and 0 < int(one["nonce"]) < 10**10
    assert dialect().dial(datetime.now(UTC)).target.startswith(f"wss://asr.cloud.tencent.com/asr/v2/{APP_ID}?")


def test_options_are_sent_under_the_vendors_names() -> None:
    """Neutral and vendor options reach their parameters."""
    vendor = {
        "needvad": 1,
        "vad_silence_time": 800,
        "max_speak_time": 9000,
        "noise_threshold": -0.5,
        "emotion_recognition": 1,
        "filter_empty_result": 0,
        "hotword_id": "h1",
        "customization_id": "c1",
        "replace_text_id": "r1",
    }
    known = {
        "hot_words": ["甲"],
        "profanity": "mask",
        "fillers": "remove",
        "numerals": "words",
        "punctuation": False,
        "word_times": False,
    }
    query = query_of(dialect(vendor=vendor, **known))
    expected = {
        **{name: str(value) for name, value in vendor.items()},
        "hotword_list": "甲|5",
        "filter_dirty": "2",
        "filter_modal": "1",
        "convert_num_mode": "0",
        "filter_punc": "1",
        "word_info": "0",
    }
    assert {name: query.get(name) for name in expected} == expected


def test_engines_of_the_second_generation_get_their_parameters() -> None:
    """The newer engines are asked in their own way; speakers and their memory are parameters only there."""
    query = query_of(dialect(vendor={"speaker_context_id": "team"}, model=SECOND, speakers=True))
    names = ("result_mod", "sentence_strategy", "speaker_diarization", "enable_speaker_context", "speaker_context_id")
    assert [query.get(name) for name in names] == ["1", "1", "1", "1", "team"]
    assert "result_mod" not in query_of(dialect())


@pytest.mark.parametrize(
    ("vendor", "known", "why"),
    [
        ({"needvad": 0, "emotion_recognition": 1}, {}, "needs needvad"),
        ({"word_info": 100}, {}, "16k_zh_en"),
        ({"filter_punc": 2}, {}, "not for live"),
        ({"filter_punc": 1}, {"punctuation": False}, "say the same"),
        ({"word_info": 1}, {"word_times": True}, "say the same"),
        ({"speaker_context_id": "x"}, {}, "no speakers"),
        ({"hotword_list": "a|5"}, {"hot_words": ["b"]}, "say the same"),
        ({}, {"hot_words": ["a|b"]}, "bars"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused(vendor: dict[str, Any], known: dict[str, Any], why: str) -> None:
    """Contradictions are errors before a connection is opened."""
    with pytest.raises(InvalidRequestError, match=why):
        dialect(vendor=vendor, **known)


def test_punctuation_is_left_out_as_far_as_it_goes() -> None:
    """Only the end of sentences can go without punctuation, and the transcript says so, once."""
    heard, server = heard_with(Turn(cut_after_ms=300), known={"punctuation": False})
    assert [line.query["filter_punc"] for line in server.lines] == ["1", "1"]
    assert [(notice.kind, notice.feature) for notice in heard.all(Notice)] == [("not_delivered", "punctuation")]
    assert query_of(dialect(vendor={"filter_punc": 1}))["filter_punc"] == "1"
    assert query_of(dialect(punctuation=True))["filter_punc"] == "0"


def test_word_info_100_is_for_its_engine() -> None:
    """The engine that has a word form of its own may be asked for it."""
    assert query_of(dialect(vendor={"word_info": 100}, model="16k_zh_en"))["word_info"] == "100"


def test_telephone_engines_hear_at_8_khz() -> None:
    """With an engine for telephone audio, samples go at its rate."""
    assert dialect(model="8k_zh").sample_rate == 8000 and dialect().sample_rate == 16_000
    pcm = speech(VALUES, rate=8000)
    heard, server = heard_with(audio=live(pcm), known={"model": "8k_zh"})
    assert heard.words == expected_words(VALUES)
    assert bytes(server.lines[0].audio) == pcm and set(server.lines[0].chunks) == {3200}


@settings(max_examples=15)
@given(
    values=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    cuts=st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["lost", "clean", 4000, 4008, 4009, 5000, 5001, 5002])),
        max_size=4,
    ),
    twice=st.booleans(),
    model=st.sampled_from([None, SECOND]),
)
def test_cuts_lose_and_double_nothing(
    values: list[int], cuts: list[tuple[int, int | str]], twice: bool, model: str | None
) -> None:
    """Whenever and however connections end, and though messages come twice, each word comes once, at its own time."""
    turns = [Turn(cut_after_ms=ms, ending=how, twice=twice) for ms, how in cuts]
    policy = StreamPolicy(backoff_s=0.0, attempts=9)
    heard, server = heard_with(
        *turns, usual=Turn(twice=twice), audio=live(speech(values)), policy=policy, known={"model": model}
    )
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert not heard.notices("incomplete")
    assert len(heard.all(Reconnected)) == len(server.lines) - 1


def test_after_a_cut_only_the_unsettled_is_sent_again() -> None:
    """The new connection begins where the last sentence ended, under another id, and interim times go on."""
    heard, server = heard_with(Turn(cut_after_ms=600, ending=4009))
    (told,) = heard.all(Reconnected)
    assert told.reason == "unavailable" and told.offset_ms in (300, 600)
    assert server.lines[1].audio_ms == len(VALUES) * WORD_MS - told.offset_ms
    after = heard.events[heard.events.index(told) :]
    assert min(event.start_ms for event in after if isinstance(event, Interim)) >= told.offset_ms
    assert len({line.query["voice_id"] for line in server.lines}) == 2


class _Timed(RealtimeDialect):
    """The dialect, with a record of when it was given how much audio."""

    clock: Any
    sent: list[tuple[float, float]]

    def audio(self, pcm: bytes) -> Any:
        self.sent.append((self.clock.monotonic(), len(pcm) / 2 / self.sample_rate))
        return super().audio(pcm)


@pytest.mark.parametrize("speed", [None, 0.5, 1.4])
def test_no_second_gets_more_audio_than_the_vendor_takes(speed: float | None) -> None:
    """Within any second at most 3 s of audio go, also after a pause of the source; and no more than was asked."""
    clock, sent = TickingClock(), []

    async def pausing() -> AsyncIterator[bytes]:
        for start in range(1, 81, 20):
            yield speech([*range(start, start + 20)])
            await asyncio.sleep(0.05)
            clock.time += 7.0

    def make(server: LiveServer) -> RealtimeDialect:
        one = dialect(server, vendor={} if speed is None else {"speed": speed})
        one.__class__ = _Timed
        one.clock, one.sent = clock, sent  # type: ignore[attr-defined]
        return one

    async def main() -> None:
        async with serving() as server:
            heard = await listen(lambda: make(server), pausing(), clock=clock)
            assert heard.words == expected_words([*range(1, 81)])

    run(main())
    for begin, _ in sent:
        assert sum(length for at, length in sent if begin <= at < begin + 1.0) <= 3.0
    whole_s = sum(length for _, length in sent)
    assert whole_s >= 8.0 and sum(clock.slept) >= (whole_s - 4 * 2.0) / 1.4 - 1.0


def test_a_paused_source_keeps_its_line() -> None:
    """During a pause silence goes out before the vendor would break off, and times still count the source's audio."""
    told = asyncio.Event()

    async def paused() -> AsyncIterator[bytes]:
        yield speech([1, 2])
        await told.wait()
        yield speech([3, 0, 4])

    async def main() -> tuple[list[Any], LiveServer]:
        async with serving() as server:
            clock, events = TickingClock(), []
            make = lambda: dialect(server)  # noqa: E731
            async with aclosing(drive(make, paused(), in_rate=16_000, clock=clock, policy=AT_ONCE)) as heard:
                waiting = asyncio.create_task(_ticking(clock, told))
                async for event in heard:
                    events.append(event)
                    if isinstance(event, Final):
                        told.set()
                await waiting
            return events, server

    events, server = run(main())
    heard = Heard(events)
    assert heard.words == expected_words([1, 2, 3, 0, 4])
    assert len(server.lines) == 1 and server.lines[0].audio_ms >= 1500


async def _ticking(clock: TickingClock, until: asyncio.Event) -> None:
    while not until.is_set():
        await asyncio.sleep(0.05)
        clock.time += 0.5


def test_a_confirmation_that_never_comes_is_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not say that all is said costs the time-out and a notice; what it said is kept."""
    monkeypatch.setattr("earwitness_tencent._stream._FLUSH_S", 0.3)
    heard, _ = heard_with(Turn(confirms=False), values=[1, 2, 0, 0])
    assert heard.error is None and heard.words == expected_words([1, 2])
    assert len(heard.notices("incomplete")) == 1


def test_silence_and_no_audio_are_a_success() -> None:
    """No speech, and no samples at all, end without an event and without an error."""
    for values in ([0] * 9, []):
        heard, server = heard_with(values=values)
        assert heard.error is None and not heard.events and len(server.lines) == 1


KINDS: dict[int, type[EarwitnessError]] = {
    4000: InvalidRequestError,
    4001: InvalidRequestError,
    4002: AuthenticationError,
    4003: PermissionDeniedError,
    4004: QuotaExhaustedError,
    4005: QuotaExhaustedError,
    4006: RateLimitedError,
    4007: BadAudioError,
    4008: UnavailableError,
    4009: UnavailableError,
    4010: InvalidRequestError,
    5000: UnavailableError,
    5001: UnavailableError,
    5002: UnavailableError,
    5003: UnavailableError,
    6001: PermissionDeniedError,
    7777: UnavailableError,
}
AGAIN = {4000, 4006, 4008, 4009, 5000, 5001, 5002, 5003}


def test_the_table_is_the_manuals() -> None:
    """Every code of the manual is in the table, and two more are tried below."""
    assert STREAM_CODES.keys() == KINDS.keys() - {5003, 7777}


def test_a_refused_signature_may_be_the_clock_s_fault() -> None:
    """The vendor does not tell wrong keys from a wrong clock here, so both are named."""
    assert "clock" in str(STREAM_CODES[4002].action) and "AppId" in str(STREAM_CODES[4002].action)


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("where", ["refusal", "later", "status"])
def test_every_code_is_understood(code: int, where: str) -> None:
    """Wherever a code comes, as a refusal, in the middle, or in a failed hand-shake, it has its kind and its tries."""
    body = json.dumps({"code": code, "message": "失败", "voice_id": "v"}, ensure_ascii=False)
    turn = {
        "refusal": Turn(refusal=code),
        "later": Turn(cut_after_ms=200, ending=code, longest_words=99),
        "status": Turn(status=(400, body)),
    }[where]
    heard, server = heard_with(usual=turn, policy=StreamPolicy(attempts=2))
    assert heard.error is not None
    assert type(heard.error) is KINDS[code]
    assert heard.error.retryable is (code in AGAIN)
    assert heard.error.vendor_code == str(code) and "失败" in str(heard.error)
    assert len(server.lines) == (2 if code in AGAIN else 1)


def test_other_refusals_of_the_handshake_stay_as_they_are() -> None:
    """A status without the vendor's code is what HTTP makes of it."""
    for status, kind in ((401, AuthenticationError), (403, PermissionDeniedError), (404, InvalidRequestError)):
        heard, _ = heard_with(usual=Turn(status=(status, "<html>nothing</html>")))
        assert type(heard.error) is kind and heard.error.vendor_code == str(status)


def test_a_vendor_that_says_nothing_is_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Audio waits for the acceptance, and no acceptance is an error."""
    monkeypatch.setattr("earwitness_tencent._stream._READY_S", 0.2)
    heard, server = heard_with(usual=Turn(silent=True), policy=StreamPolicy(attempts=2, backoff_s=0.0))
    assert type(heard.error) is DeadlineError
    assert [line.early for line in server.lines] == [0, 0]


def test_a_full_account_is_asked_again_later() -> None:
    """A connection above the limit is refused, waits two seconds and more, and is heard when there is room."""
    clock, waiting = TickingClock(), asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        yield speech([1, 0])
        await waiting.wait()

    async def main() -> tuple[Heard, Heard, int]:
        async with serving(most=1) as server:
            first = asyncio.create_task(listen(lambda: dialect(server), held(), clock=TickingClock()))
            while not server.open_now:
                await asyncio.sleep(0.01)
            policy = StreamPolicy(backoff_s=0.0, attempts=1000)
            second = asyncio.create_task(
                listen(lambda: dialect(server), live(speech([2, 0])), clock=clock, policy=policy)
            )
            while not server.refused:
                await asyncio.sleep(0.01)
            waiting.set()
            return await first, await second, server.refused

    first, second, refused = run(main())
    assert first.words == expected_words([1]) and second.words == expected_words([2])
    assert clock.slept[:refused] == [2.0] * refused


@pytest.mark.parametrize("raw", ["nonsense", "[1]", "{}", '{"code": null}', b"\xff\xfe", '{"code": "x"}'])
def test_messages_that_cannot_be_read_are_tried_again(raw: str | bytes) -> None:
    """What is no message of the manual ends the connection; a new one hears everything."""
    heard, server = heard_with(Turn(raw=(raw,)))
    assert heard.error is None and heard.words == expected_words(VALUES) and len(server.lines) == 2
    heard, _ = heard_with(usual=Turn(raw=(raw,)), policy=StreamPolicy(attempts=2))
    assert type(heard.error) is ProtocolError and "nonsense" not in str(heard.error)


@pytest.mark.parametrize(
    "raw", ['{"code": 0}', '{"code": "0", "message": "sucess"}', '{"code": 0, "result": null, "sentences": {}}']
)
def test_messages_without_news_are_no_news(raw: str) -> None:
    """An acceptance in any spelling, and empty results, change nothing."""
    heard, server = heard_with(usual=Turn(raw=(raw,)))
    assert heard.error is None and heard.words == expected_words(VALUES) and len(server.lines) == 1


def told(*bodies: dict[str, Any], **known: Any) -> list[Any]:
    """The events of these messages on one connection."""
    one = dialect(**known)
    return [event for body in bodies for event in one.received(json.dumps({"code": 0, **body}))]


def result(text: str, stage: int = 2, index: int | None = 0, **fields: Any) -> dict[str, Any]:
    times = {"start_time": 0, "end_time": 1240, "word_size": 0, "word_list": []}
    return {"result": {"slice_type": stage, "index": index, "voice_text_str": text, **times, **fields}}


def test_the_manuals_example() -> None:
    """A sentence that begins, goes on and ends is two interim texts and a final one with its words."""
    words = [
        {"word": "good", "start_time": 0, "end_time": 620, "stable_flag": 1},
        {"word": "morning", "start_time": 620, "end_time": 1200, "stable_flag": 1},
        {"word": ".", "start_time": 1200, "end_time": 1240, "stable_flag": 1},
    ]
    assert told(
        result("good", 0),
        result("good mor", 1, word_list=words[:1]),
        result("good morning.", 2, word_list=words, word_size=3),
    ) == [
        Interim("good", 0),
        Interim("good mor", 0),
        Final(Segment("good morning.", 0, 1240, (Word("good", 0, 620), Word("morning.", 620, 1200))), 1240),
    ]


def test_a_sentence_is_final_once() -> None:
    """What comes of a sentence after its end is left alone; one without an index is always new."""
    assert len(told(result("a"), result("a"), result("b", 1))) == 1
    assert len(told(result("a", index=None), result("a", index=None))) == 2
    again = {"sentences": {"sentence_list": [sentence("a", 1, 0, 0, 9)]}}
    assert [event.segment.text for event in told(again, again, model=SECOND)] == ["a"]


def test_a_sentence_without_text_is_heard_silence() -> None:
    """Empty results settle their time; an empty interim text is nothing."""
    assert told(result("", 1), result("  ", 2)) == [Settled(1240)]


def test_missing_times_are_worked_out_or_absent() -> None:
    """Without the sentence's own times its words give them, marked as derived; without words they are absent."""
    words = [{"word": "a", "start_time": 5, "end_time": 9}]
    (final,) = told(result("a", start_time=None, end_time=None, word_list=words))
    assert final == Final(Segment("a", 5, 9, (Word("a", 5, 9),), derived=("start_ms", "end_ms")), 9)
    assert told(result("a", start_time=None, end_time=None)) == [Final(Segment("a"), 0)]


def test_what_engines_add_is_kept_beside_the_sentence() -> None:
    """Keys that the manual does not list are vendor data of their sentence."""
    (final,) = told(result("a", emotion_type=["happy"], empty="", none=None))
    assert final.vendor == {"emotion_type": ["happy"]}


def sentence(text: str, stage: int, number: int, start: int, end: int, speaker: int = -1) -> dict[str, Any]:
    known = {"sentence": text, "sentence_type": stage, "sentence_id": number, "speaker_id": speaker}
    return {**known, "start_time": start, "end_time": end}


def test_speakers_of_the_second_form() -> None:
    """Where speakers were asked for they are named, but not while they are undecided, and not unasked."""
    bodies = [{"sentences": {"sentence_list": [sentence("a", 1, 0, 0, 9, 2), sentence("b", 1, 1, 9, 20)]}}]
    asked = told(*bodies, model=SECOND, speakers=True)
    assert [event.segment.speaker for event in asked] == ["2", None]
    assert [event.segment.speaker for event in told(*bodies, model=SECOND)] == [None, None]


def test_a_sentence_that_goes_on_is_not_settled_by_a_later_one() -> None:
    """In the second form a later sentence may end first; what is still open is heard again after a cut."""
    listed = [sentence("a", 0, 0, 100, 900), sentence("b", 1, 1, 900, 1500), sentence("c", 0, 2, 1500, 1600)]
    events = told({"sentences": {"sentence_list": listed}}, model=SECOND)
    assert events == [Final(Segment("b", 900, 1500), 100), Interim("a c", 100)]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RESULT = st.dictionaries(st.sampled_from(list(result("a")["result"])), JSON, max_size=5)
LISTED = st.lists(st.dictionaries(st.sampled_from(list(sentence("a", 1, 0, 0, 9))), JSON, max_size=5), max_size=3)


@given(code=st.just(0) | JSON, body=JSON | RESULT, listed=JSON | LISTED, rest=JSON)
def test_any_message_is_read_or_refused(code: Any, body: Any, listed: Any, rest: Any) -> None:
    """Whatever JSON comes, it becomes events or an error of ours, and never anything else."""
    one = dialect()
    message = {"code": code, "result": body, "sentences": {"sentence_list": listed}, "final": rest, "message": rest}
    try:
        for event in one.received(json.dumps(message)):
            assert isinstance(event, Final | Settled | Notice | Interim)
    except EarwitnessError:
        pass


def test_a_session_streams_to_a_transcript() -> None:
    """A live request of a profile ends in a transcript that says who heard it, with what no neutral field holds."""

    async def main() -> Any:
        add = Turn(change=lambda body: {"result": {**body["result"], "emotion": "calm"}})
        async with serving(usual=add) as server, session(server) as opened:
            stream = opened.stream(live(speech([1, 2, 0, 3])))
            async for _ in stream:
                pass
            return stream.transcript()

    transcript = run(main())
    assert [one.text for one in transcript.segments] == ["w1 w2", "w3"]
    assert (transcript.served_by.service, transcript.served_by.model) == ("realtime", "16k_zh")
    assert transcript.vendor == {"segments": [{"emotion": "calm"}, {"emotion": "calm"}]}
    assert not transcript.notices


def test_nothing_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Over cuts, refusals and a wrong key, no log line at DEBUG, repr or error holds a credential or a word."""
    caplog.set_level(logging.DEBUG)

    async def main() -> str:
        turns = [Turn(cut_after_ms=300), Turn(status=(400, f"no entry for {KEYS['secret_id']}"))]
        async with serving(*turns) as server, session(server) as opened:
            with pytest.raises(InvalidRequestError) as refused:
                async for _ in opened.stream(live(speech(VALUES))):
                    pass
            async with session(server, secret_key="WRONGMARKER") as wrong:
                with pytest.raises(AuthenticationError) as denied:
                    async for _ in wrong.stream(live(speech(VALUES))):
                        pass
            one = dialect(server)
            errors = [f"{error.value} {error.value!r} {error.value.details()}" for error in (refused, denied)]
            return f"{one!r} {one.dial(datetime.now(UTC))!r} {errors}"

    shown = run(main()) + "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server")
    )
    assert "MARKER" not in shown and "signature=" not in shown and "w11" not in shown
