"""CLOVA's live service over real gRPC: nothing said is lost or doubled, and every refusal is understood."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

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
    RateLimitedError,
    UnavailableError,
)
from earwitness.models import Interim, Notice
from earwitness.request import RequestOptions
from earwitness.session import AsyncSession
from earwitness.streaming import Final, Reconnected
from earwitness_clova.provider import Clova
from support.clova_streams import STREAM_SECRET, StreamServer, Turn, answer, dialect, serving
from support.heard import AT_ONCE, Heard, listen, run
from support.streams import WORD_MS, TickingClock, expected_words, live, speech

VALUES = [1, 2, 3, 0, 4, 5, 0, 0, 6, 7, 8, 9, 10, 0, 11, 12]


def heard_with(
    *turns: Turn,
    usual: Turn | None = None,
    values: list[int] = VALUES,
    audio: AsyncIterator[bytes] | None = None,
    vendor: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[Heard, StreamServer]:
    """What is heard of these values on a server that behaves so, and the server."""

    async def main() -> tuple[Heard, StreamServer]:
        async with serving(*turns, usual=usual) as server:
            source = audio or live(speech(values))
            return await listen(lambda: dialect(server, vendor=vendor), source, **options), server

    return run(main())


def test_words_times_and_the_order_of_messages() -> None:
    """Every word once with its times; configuration first, audio after its answer, one flush, then a half-close."""
    heard, server = heard_with(Turn(config_delay_s=0.2))
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert not heard.all(Notice) and not heard.all(Interim) and not heard.all(Reconnected)
    (line,) = server.lines
    assert line.early == 0 and line.half_closed
    assert bytes(line.audio) == speech(VALUES)
    assert line.secret == f"Bearer {STREAM_SECRET}"
    assert line.config["transcription"] == {"language": "ko"}


def test_one_flush_with_a_number_ends_the_audio() -> None:
    """Only the last message asks for a flush; it has a number that is not zero, and no samples."""
    _, server = heard_with()
    (line,) = server.lines
    *before, last = line.extras
    assert before and not any(extra.get("epFlag") or extra.get("seqId") for extra in before)
    assert last["epFlag"] is True and last["seqId"] > 0
    assert line.chunks[-1] == 0 and max(line.chunks) <= 32_000


def test_pieces_become_one_text() -> None:
    """The transcript's text is what the positions say, with one blank between two pieces."""

    async def main() -> str:
        async with serving() as server, session(server) as opened:
            stream = opened.stream(live(speech([1, 2, 0, 3, 0])))
            async with aclosing(stream) as events:
                async for _ in events:
                    pass
            return stream.transcript().text

    assert run(main()) == "w1 w2. w3."


def session(server: StreamServer, **options: Any) -> AsyncSession:
    profile = Profile("live", "clova", server.settings, RequestOptions(language="ko-KR", **options))
    return AsyncSession(Clova, profile, Plugins(()), version="0.1.0")


def test_why_a_piece_was_cut_is_kept_beside_it() -> None:
    """The transcript's vendor data has one entry for each segment, in order."""

    async def main() -> Any:
        async with serving() as server, session(server) as opened:
            stream = opened.stream(live(speech([1, 2, 3, 4, 0, 5])))
            async for _ in stream:
                pass
            return stream.transcript()

    transcript = run(main())
    assert transcript.served_by.service == "streaming"
    kept = [one["epdType"] for one in transcript.vendor["segments"]]
    assert kept == ["durationThreshold", "period", "endPoint"]
    assert [segment.text for segment in transcript.segments] == ["w1 w2 w3", "w4.", "w5"]


@settings(max_examples=15)
@given(
    values=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    cuts=st.lists(
        st.tuples(
            st.integers(0, 1500),
            st.sampled_from(
                [
                    None,
                    ("UNAVAILABLE", "stream reset"),
                    ("INTERNAL", "broken"),
                    ("DEADLINE_EXCEEDED", ""),
                    ("INVALID_ARGUMENT", "Lifespan expired"),
                ]
            ),
        ),
        max_size=4,
    ),
    twice=st.booleans(),
    block=st.sampled_from([101, 3200, 50_000]),
)
def test_cuts_lose_and_double_nothing(
    values: list[int], cuts: list[tuple[int, tuple[str, str] | None]], twice: bool, block: int
) -> None:
    """Whenever and however streams end, and though pieces come twice, each word comes once, at its own time."""
    turns = [Turn(cut_after_ms=ms, ending=how, twice=twice) for ms, how in cuts]
    policy = StreamPolicy(backoff_s=0.0, attempts=9)
    heard, server = heard_with(*turns, usual=Turn(twice=twice), audio=live(speech(values), block=block), policy=policy)
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert not heard.notices("incomplete")
    assert len(heard.all(Reconnected)) == len(server.lines) - 1


def test_after_a_cut_only_the_unsettled_is_sent_again() -> None:
    """The new stream begins where the last piece ended, and says so."""
    heard, server = heard_with(Turn(cut_after_ms=700, ending=("UNAVAILABLE", "")), vendor={"speed": 20.0})
    (told,) = heard.all(Reconnected)
    assert told.reason == "unavailable" and told.offset_ms in (300, 400, 600)
    assert server.lines[1].audio_ms == len(VALUES) * WORD_MS - told.offset_ms
    assert heard.words == expected_words(VALUES)


def test_silence_that_was_heard_is_not_sent_again() -> None:
    """Results without text settle silence: after a cut in a long pause little is replayed."""
    values = [1, *[0] * 30, 2]
    heard, server = heard_with(Turn(cut_after_ms=2500), values=values, vendor={"speed": 20.0})
    assert heard.words == expected_words(values)
    assert server.lines[1].audio_ms <= 1500


def test_a_connection_is_replaced_before_its_time() -> None:
    """With an age set, new streams take over, and nothing is lost between them."""
    values = [*range(1, 40)]
    heard, server = heard_with(values=values, vendor={"max_age_s": 0.25, "speed": 5.0})
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert {event.reason for event in heard.all(Reconnected)} == {"rotation"}
    assert len(server.lines) >= 3


def test_a_flush_in_silence_that_is_not_answered_is_confirmed_by_the_end() -> None:
    """With `skip_empty_text` nothing answers a flush in silence; the server's clean end after ours is enough."""
    options = {"skip_empty_text": True, "flush_timeout_s": 0.3}
    heard, server = heard_with(values=[1, 2, 0, 0, 0, 0, 0], vendor=options)
    assert heard.error is None
    assert heard.words == expected_words([1, 2])
    assert not heard.all(Notice)
    assert server.lines[0].half_closed and len(server.lines) == 1


def test_a_flush_that_is_never_answered_is_a_notice() -> None:
    """A server that neither answers the flush nor ends costs twice the time-out and a notice; what it said is kept."""
    heard, _ = heard_with(Turn(acknowledges=False, deaf=True), values=[1, 2, 0, 3], vendor={"flush_timeout_s": 0.3})
    assert heard.error is None
    assert heard.words == expected_words([1, 2])
    assert len(heard.notices("incomplete")) == 1


def test_silence_and_no_audio_are_a_success() -> None:
    """No speech, and no samples at all, end without an event and without an error."""
    for values in ([0] * 9, []):
        heard, server = heard_with(values=values)
        assert heard.error is None and not heard.events
        assert len(server.lines) == 1


def test_a_pause_of_the_source_gets_its_words() -> None:
    """Where the source pauses in a sentence, the server flushes by itself and its piece comes during the pause."""
    told = asyncio.Event()

    async def paused() -> AsyncIterator[bytes]:
        yield speech([1, 2])
        await told.wait()
        yield speech([3])

    async def main() -> list[tuple[str, str]]:
        async with serving(usual=Turn(unvoice_s=0.3)) as server:
            seen = []
            async with aclosing(drive(lambda: dialect(server), paused(), in_rate=16_000)) as events:
                async for event in events:
                    assert isinstance(event, Final)
                    seen.append((event.segment.text, event.vendor["epdType"]))
                    told.set()
            return seen

    assert run(main()) == [("w1 w2", "unvoice"), ("w3", "endPoint")]


class WaitingRoom(TickingClock):
    """A clock whose five seconds last until a place is free, for which somebody leaves once they begin."""

    def __init__(self, server: StreamServer) -> None:
        super().__init__()
        self._server = server
        self.begun = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.begun.set()
        while self._server.open_now >= 15:
            await asyncio.sleep(0.01)


def test_the_sixteenth_stream_waits_its_turn() -> None:
    """Fifteen streams at once are heard; the sixteenth is refused, waits five seconds and more, and is then heard."""

    async def main() -> tuple[list[Heard], StreamServer, list[float]]:
        async with serving() as server:
            room = WaitingRoom(server)

            async def held(values: list[int]) -> AsyncIterator[bytes]:
                yield speech(values)
                await room.begun.wait()

            first = [asyncio.create_task(listen(lambda: dialect(server), held([number, 0]))) for number in range(1, 16)]
            while server.open_now < 15:
                await asyncio.sleep(0.01)
            last = await listen(lambda: dialect(server), live(speech([16, 0])), clock=room)
            return [*await asyncio.gather(*first), last], server, room.slept

    heard, server, slept = run(main())
    assert [one.error for one in heard] == [None] * 16
    assert [one.words for one in heard] == [expected_words([number]) for number in range(1, 17)]
    assert server.most_open == 15 and server.refused
    assert slept and min(slept) >= 5.0


def test_a_domain_that_stays_full_is_given_up() -> None:
    """After six tries, five seconds and more apart, the refusal is raised with what to do."""
    clock = TickingClock()

    async def main() -> Heard:
        async with serving(most=0) as server:
            heard = await listen(lambda: dialect(server), live(speech([1])), clock=clock)
            assert server.refused == 6
            return heard

    error = run(main()).error
    assert type(error) is RateLimitedError and error.retryable and error.retry_after == 5.0
    assert error.vendor_message == "Too many channels, the max channel is: 15".replace("15", "0")
    assert "Close streams" in str(error)
    assert len(clock.slept) == 5 and min(clock.slept) >= 5.0


@pytest.mark.parametrize(
    ("status", "text", "kind", "retryable"),
    [
        ("UNAUTHENTICATED", "no", AuthenticationError, False),
        ("PERMISSION_DENIED", "no", PermissionDeniedError, False),
        ("UNIMPLEMENTED", "no", PermissionDeniedError, False),
        ("INVALID_ARGUMENT", "no", InvalidRequestError, False),
        ("FAILED_PRECONDITION", "no", InvalidRequestError, False),
        ("OUT_OF_RANGE", "no", InvalidRequestError, False),
        ("NOT_FOUND", "no", InvalidRequestError, False),
        ("ALREADY_EXISTS", "no", InvalidRequestError, False),
        ("RESOURCE_EXHAUSTED", "No more slot", RateLimitedError, True),
        ("RESOURCE_EXHAUSTED", "No more available resources for connecting gRPC", RateLimitedError, True),
        ("RESOURCE_EXHAUSTED", "something new", RateLimitedError, True),
        ("UNAVAILABLE", "no", UnavailableError, True),
        ("INTERNAL", "no", UnavailableError, True),
        ("DEADLINE_EXCEEDED", "no", DeadlineError, True),
        ("ABORTED", "no", UnavailableError, True),
        ("CANCELLED", "no", UnavailableError, True),
        ("DATA_LOSS", "no", UnavailableError, True),
        ("UNKNOWN", "no", UnavailableError, True),
        ("FAILED_PRECONDITION", "Lifespan expired", UnavailableError, True),
        ("FAILED_PRECONDITION", "ConfigRequest did not complete", UnavailableError, True),
        ("UNAVAILABLE", "No more slot", RateLimitedError, True),
    ],
)
def test_every_status_is_understood(status: str, text: str, kind: type[EarwitnessError], *, retryable: bool) -> None:
    """Each gRPC status has its kind, its advice and its tries; a text that is known decides before it."""
    clock = TickingClock()
    heard, server = heard_with(usual=Turn(refusal=(status, text)), policy=StreamPolicy(attempts=2), clock=clock)
    assert heard.error is not None
    assert type(heard.error) is kind
    assert heard.error.retryable is retryable
    assert heard.error.vendor_code == status
    assert len(server.lines) == (2 if retryable else 1)
    assert STREAM_SECRET not in repr(heard.error.details()) and text in str(heard.error)
    if kind is RateLimitedError:
        assert heard.error.retry_after == 5.0 <= clock.slept[0]


def config(**parts: str) -> dict[str, Any]:
    """An answer to CONFIG with these statuses."""
    overall = {"status": parts.pop("status")} if "status" in parts else {}
    return {**overall, **{name: {"status": status} for name, status in parts.items()}}


@pytest.mark.parametrize(
    "accepted",
    [{}, {"status": ""}, config(status="Success", contextCode="Success"), {"status": "Success", "transcription": None}],
)
def test_an_answer_with_missing_members_is_an_acceptance(accepted: dict[str, Any]) -> None:
    """What is absent or empty in the configuration's answer is fine."""
    heard, _ = heard_with(usual=Turn(config=accepted))
    assert heard.error is None and heard.words == expected_words(VALUES) and not heard.all(Notice)


@pytest.mark.parametrize(
    ("refused", "kind", "said"),
    [
        (config(status="Failure", transcription="Unsupported"), InvalidRequestError, "language"),
        (config(status="Success", transcription="Unsupported"), InvalidRequestError, "language"),
        (config(status="Failure", semanticEpd="Failure"), InvalidRequestError, "semanticEpd: Failure"),
        (config(status="Invalid JSON"), InvalidRequestError, "Invalid JSON"),
        (config(status="No more slot"), RateLimitedError, "No more slot"),
    ],
)
def test_a_configuration_that_is_refused_ends_the_stream(
    refused: dict[str, Any], kind: type[EarwitnessError], said: str
) -> None:
    """The refusal names what failed in the vendor's words; no audio was sent."""
    heard, server = heard_with(usual=Turn(config=refused), policy=StreamPolicy(attempts=1))
    assert type(heard.error) is kind
    assert said in str(heard.error)
    assert not server.lines[0].audio


def test_a_feature_that_is_refused_is_a_notice() -> None:
    """A stream goes on without hot words or forbidden words, and the transcript says so, once, despite a cut."""
    partly = config(status="Success", keywordBoosting="Failure", forbidden="Too many", semanticEpd="Failure")
    heard, _ = heard_with(Turn(config=partly, cut_after_ms=400), usual=Turn(config=partly))
    assert heard.words == expected_words(VALUES)
    assert [(one.kind, one.feature) for one in heard.all(Notice)] == [
        ("not_delivered", "hot_words"),
        ("not_delivered", "forbidden_words"),
        ("vendor_warning", None),
    ]


def test_a_configuration_that_is_never_answered_is_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Audio waits for the answer, and no answer is an error that names it."""
    monkeypatch.setattr("earwitness_clova._stream._READY_S", 0.2)
    heard, server = heard_with(usual=Turn(config=None), policy=StreamPolicy(attempts=2, backoff_s=0.0))
    assert type(heard.error) is DeadlineError
    assert [line.chunks for line in server.lines] == [[], []]


@pytest.mark.parametrize(
    ("message", "kind", "retryable"),
    [
        ({"responseType": ["recognize"], "recognize": config(status="Failure", audio="Bad")}, BadAudioError, False),
        ({"responseType": ["recognize"], "recognize": config(seqId="Failure")}, InvalidRequestError, False),
        ({"responseType": ["recognize"], "recognize": config(epFlag="Failure")}, InvalidRequestError, False),
        ({"responseType": "recognize", "recognize": config(status="Odd")}, ProtocolError, True),
        ({"responseType": ["recognize"], "recognize": config(status="No more slot")}, RateLimitedError, True),
        (
            {"responseType": ["recognize"], "recognize": config(status="ConfigRequest did not complete")},
            UnavailableError,
            True,
        ),
        ({"responseType": ["error"], "error": {"message": "Lifespan expired"}}, UnavailableError, True),
        ({"responseType": ["error"], "error": "what"}, ProtocolError, True),
        ({"responseType": ["error"]}, ProtocolError, True),
        ("not JSON", ProtocolError, True),
        ("[1, 2]", ProtocolError, True),
        (b"\x0a\xff", ProtocolError, True),
        (b"\x0a\x02\xff\xfe", ProtocolError, True),
    ],
)
def test_every_error_message_is_understood(message: Any, kind: type[EarwitnessError], *, retryable: bool) -> None:
    """Each reported error has its kind; what is unknown or unreadable is tried again on a new stream, a few times."""
    heard, server = heard_with(usual=Turn(raw=(message,)), policy=StreamPolicy(attempts=2, backoff_s=0.0))
    assert type(heard.error) is kind
    if kind is not RateLimitedError:
        assert len(server.lines) == (2 if retryable else 1)
    again, _ = heard_with(Turn(raw=(message,)), policy=AT_ONCE, clock=TickingClock())
    assert (again.error is None) is retryable
    if retryable:
        assert again.words == expected_words(VALUES)


@pytest.mark.parametrize(
    "message",
    [
        {"responseType": ["keywordBoosting"], "keywordBoosting": {"status": "Success"}},
        {"responseType": ["Forbidden"], "Forbidden": {"status": "Success"}},
        {"responseType": ["semanticEpd"]},
        {"responseType": ["recognize"], "recognize": config(status="Success", audio="Success")},
        {"responseType": [], "uid": "s-1"},
        {"responseType": ["transcription"], "transcription": {}},
        {"responseType": ["transcription"]},
        {},
    ],
)
def test_messages_without_news_are_no_news(message: dict[str, Any]) -> None:
    """What reports no text and no failure changes nothing."""
    heard, _ = heard_with(usual=Turn(raw=(message,)))
    assert heard.error is None and heard.words == expected_words(VALUES) and not heard.all(Notice)


def test_what_is_unknown_is_reported_once() -> None:
    """An unknown kind of message and an unknown reason for a cut are notices, once, and the words are there."""
    odd = {"responseType": ["surprise"], "surprise": {"a": 1}}
    heard, _ = heard_with(usual=Turn(raw=(odd, odd), change=lambda piece: {**piece, "epdType": "mood"}))
    assert heard.words == expected_words(VALUES)
    assert [notice.kind for notice in heard.all(Notice)] == ["unknown_value", "unknown_value"]
    assert "surprise" in heard.notices("unknown_value")[0]


def test_late_feature_messages_are_notices() -> None:
    """A feature that fails later is told with the request's field, whatever its case."""
    late = {"responseType": ["Forbidden"], "Forbidden": {"status": "Failure"}}
    heard, _ = heard_with(usual=Turn(raw=(late, late)))
    assert [(one.kind, one.feature) for one in heard.all(Notice)] == [("not_delivered", "forbidden_words")]


def test_results_under_the_other_name_are_read() -> None:
    """The manual names the result `config` in one place; a server that does so is understood."""
    piece = {"text": "w99", "startTimestamp": 0, "endTimestamp": 0}
    heard, _ = heard_with(usual=Turn(raw=({"responseType": ["transcription"], "config": piece},)), values=[])
    assert [event.segment.text for event in heard.all(Final)] == ["w99"]


def test_translations_stay_with_their_piece() -> None:
    """A translation is vendor data of its segment; a request that wants one asks for it."""
    piece = {"text": "안녕", "position": 0, "startTimestamp": 0, "endTimestamp": 90}
    both = {"responseType": ["transcription", "translation"], "transcription": piece, "translation": {"en": "Hello"}}
    heard, server = heard_with(usual=Turn(raw=(both,)), values=[], vendor={"translate_to": ["en"]})
    (final,) = heard.all(Final)
    assert final.vendor == {"translation": {"en": "Hello"}}
    assert server.lines[0].config["translation"] == {"targets": ["en"]}
    assert not heard.all(Notice)


def test_audio_can_go_at_a_limited_pace() -> None:
    """With a speed set, audio goes no faster; without, as fast as the server reads."""
    for speed, least_s in ((2.0, 0.55), (None, 0.0)):
        clock = TickingClock()
        options = {} if speed is None else {"speed": speed}
        heard, _ = heard_with(vendor=options, clock=clock, values=VALUES)
        assert heard.words == expected_words(VALUES)
        assert least_s <= sum(clock.slept) <= least_s * 2


def test_a_wrong_key_is_told_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """A refused key is an authentication error that names the setting; the server's echo of it is masked."""
    caplog.set_level(logging.DEBUG)

    async def main() -> Heard:
        async with serving() as server:
            wrong = StreamServer(target=server.target)
            heard = Heard()
            profile = Profile(
                "live", "clova", {**wrong.settings, "stream_secret_key": "WRONGKEYMARKER"}, RequestOptions()
            )
            async with AsyncSession(Clova, profile, Plugins(()), version="0") as opened:
                try:
                    async for event in opened.stream(live(speech([1])), language="ko"):
                        heard.events.append(event)
                except EarwitnessError as error:
                    heard.error = error
            return heard

    error = run(main()).error
    assert type(error) is AuthenticationError and error.provider == "clova"
    assert "stream_secret_key" in str(error)
    everything = f"{error} {error!r} {error.details()} {error.__cause__!r} {error.__context__!r} {caplog.text}"
    assert "MARKER" not in everything


def test_nothing_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Over a whole life with cuts and refusals, no log line at DEBUG and no repr holds the key or a word."""
    caplog.set_level(logging.DEBUG)
    turns = [
        Turn(cut_after_ms=300, ending=("UNAVAILABLE", "MARKER")),
        Turn(refusal=("INTERNAL", "")),
        Turn(raw=("x",)),
    ]

    async def main() -> str:
        async with serving(*turns) as server:
            one = dialect(server, hot_words=["secretword"])
            heard = await listen(lambda: dialect(server), live(speech(VALUES)))
            assert heard.words == expected_words(VALUES)
            dial = one.dial(TickingClock().now())
            assert STREAM_SECRET not in repr(one.__dict__)
            return f"{one!r} {dial!r} {heard.events!r}"

    shown = run(main()) + caplog.text
    assert STREAM_SECRET not in shown and "secretword" not in shown and "w11" not in shown


def test_a_message_that_cannot_be_used_in_part_is_used_in_part() -> None:
    """Values of a wrong type are converted or left out, and told once; the text is there."""

    def spoil(piece: dict[str, Any]) -> dict[str, Any]:
        return {**piece, "confidence": "high", "position": "x", "alignInfos": [*piece["alignInfos"], 7, {"start": {}}]}

    heard, _ = heard_with(usual=Turn(change=spoil))
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert {notice.kind for notice in heard.all(Notice)} == {"repaired"}
    assert len(heard.notices("repaired")) == len(set(heard.notices("repaired")))


def test_bytes_of_an_answer_are_written_as_the_schema_has_them() -> None:
    """The test server's own writing is what the protobuf library reads (a check of the check)."""
    from earwitness_clova._nest import contents

    assert contents(answer("x" * 300)) == "x" * 300
