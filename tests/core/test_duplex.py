"""Live streams over real connections: nothing said is lost or doubled, whatever happens to the connection."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earwitness._live.duplex import StreamPolicy, drive
from earwitness.errors import (
    ConfigurationError,
    DeadlineError,
    InvalidRequestError,
    PluginError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from earwitness.models import Interim, Notice
from earwitness.streaming import Dialect, Final, Reconnected
from support.streams import (
    SECRET,
    WORD_MS,
    Act,
    TickingClock,
    expected_words,
    live,
    running,
    speech,
)

T = TypeVar("T")
WIRES = ["websocket", "grpc"]
AT_ONCE = StreamPolicy(backoff_s=0.0)
VALUES = [1, 2, 3, 0, 4, 5, 0, 0, 6, 7, 8, 9, 10, 0, 11, 12]

on_both_wires = pytest.mark.parametrize("wire", WIRES)


def run(main: Coroutine[Any, Any, T]) -> T:
    """The result, with proof that no task of ours is left and that the loop had nothing to complain about."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with asyncio.timeout(60):
            result = await main
        assert not _our_tasks()
        return result

    result = asyncio.run(watched())
    gc.collect()
    assert not complaints
    return result


def _our_tasks() -> list[str]:
    return [name for task in asyncio.all_tasks() if (name := task.get_name()).startswith("earwitness")]


@dataclass
class Heard:
    """Everything a stream told."""

    events: list[Any] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def words(self) -> list[tuple[str, int | None, int | None]]:
        finals = (event.segment for event in self.events if isinstance(event, Final))
        return [(word.text, word.start_ms, word.end_ms) for segment in finals for word in segment.words]

    def all(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def incomplete(self) -> list[str]:
        return [notice.message for notice in self.all(Notice) if notice.kind == "incomplete"]


async def listen(
    make: Callable[[], Dialect],
    audio: AsyncIterator[bytes],
    *,
    policy: StreamPolicy = AT_ONCE,
    clock: Any = None,
    in_rate: int = 16_000,
) -> Heard:
    heard = Heard()
    try:
        async with aclosing(drive(make, audio, in_rate=in_rate, policy=policy, clock=clock)) as events:
            async for event in events:
                heard.events.append(event)
    except Exception as error:
        heard.error = error
    return heard


def heard_with(
    wire: str,
    *acts: Act,
    usual: Act | None = None,
    values: list[int] = VALUES,
    audio: AsyncIterator[bytes] | None = None,
    terms: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[Heard, Any]:
    """What is heard of these values by a vendor that acts so, and the vendor."""

    async def main() -> tuple[Heard, Any]:
        async with running(wire, *acts, usual=usual) as (vendor, make):
            source = audio or live(speech(values))
            return await listen(lambda: make(**(terms or {})), source, **options), vendor

    return run(main())


@on_both_wires
def test_words_and_times_are_exact_on_a_quiet_line(wire: str) -> None:
    """One connection, every word once, with its times; interim results in between; a polite end."""
    heard, vendor = heard_with(wire)
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert heard.all(Interim)
    assert not heard.all(Reconnected)
    assert not heard.incomplete
    assert [(line.finished, line.goodbye, line.after_finish) for line in vendor.lines] == [(True, True, 0)]
    assert vendor.lines[0].secret == f"Bearer {SECRET}"
    assert vendor.lines[0].audio_ms == len(VALUES) * WORD_MS


@on_both_wires
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 1500), st.sampled_from(["lost", "clean", "error"])), max_size=4),
    chunk_ms=st.sampled_from([7, 40, 100, 330]),
    block=st.sampled_from([101, 3200, 50_000]),
    last=st.booleans(),
)
def test_cuts_lose_and_double_nothing(
    wire: str, values: list[int], cuts: list[tuple[int, str]], chunk_ms: int, block: int, last: bool
) -> None:
    """Whenever and however connections end, each word comes exactly once and at its own time."""
    acts = [Act(cut_after_ms=ms, ending=how) for ms, how in cuts]
    if last:
        acts.append(Act(cut_at_finish=True))
    policy = StreamPolicy(backoff_s=0.0, attempts=9)
    audio = live(speech(values), block=block)
    heard, vendor = heard_with(wire, *acts, audio=audio, terms={"chunk_ms": chunk_ms}, policy=policy)
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert not heard.incomplete
    assert len(heard.all(Reconnected)) == len(vendor.lines) - 1


@on_both_wires
def test_a_reconnection_is_told_with_its_place_and_reason(wire: str) -> None:
    """The new connection begins where the last settled sentence ended, and the event says why."""
    heard, vendor = heard_with(wire, Act(cut_after_ms=700, ending="error"))
    told = heard.all(Reconnected)
    assert [event.reason for event in told] == ["unavailable"]
    before = [event.heard_ms for event in heard.events[: heard.events.index(told[0])] if isinstance(event, Final)]
    assert before[-1] == told[0].offset_ms == 600
    assert vendor.lines[1].audio_ms == len(VALUES) * WORD_MS - 600


@on_both_wires
def test_an_end_that_nobody_asked_for_is_a_cut(wire: str) -> None:
    """A vendor that says that it has ended while there is audio left is connected again."""
    values = VALUES * 2
    heard, vendor = heard_with(wire, Act(cut_after_ms=900, ending="final"), values=values, terms={"pace": 5.0})
    assert heard.words == expected_words(values)
    assert len(vendor.lines) == 2


@on_both_wires
def test_interim_results_move_too(wire: str) -> None:
    """After a cut the times of interim results still count from the start of the whole audio."""
    heard, _ = heard_with(wire, Act(cut_after_ms=500))
    after = heard.events[heard.events.index(heard.all(Reconnected)[0]) :]
    starts = {event.start_ms for event in after if isinstance(event, Interim)}
    assert starts
    assert starts <= {start for _, start, _ in expected_words(VALUES)}
    assert min(filter(None, starts)) >= 300


@on_both_wires
def test_a_repeated_warning_is_told_once(wire: str) -> None:
    """What every connection says about the request is told for the first one only."""
    heard, vendor = heard_with(wire, Act(cut_after_ms=300), Act(cut_after_ms=600))
    assert len(vendor.lines) == 3
    assert [notice.kind for notice in heard.all(Notice)] == ["vendor_warning"]


@on_both_wires
def test_a_late_confirmation_is_waited_for(wire: str) -> None:
    """A vendor that confirms the end slowly, but within its time, completes the stream."""
    heard, _ = heard_with(wire, Act(ack_delay_s=0.4), terms={"flush_timeout_s": 20.0})
    assert heard.words == expected_words(VALUES)
    assert not heard.incomplete


@on_both_wires
def test_a_missing_confirmation_is_a_notice(wire: str) -> None:
    """A vendor that never confirms the end costs its flush time-out and a notice, and what it said is kept."""
    values = [*VALUES, 0]
    heard, vendor = heard_with(wire, Act(ack=False, deaf=True), values=values, terms={"flush_timeout_s": 0.2})
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert len(heard.incomplete) == 1
    assert len(vendor.lines) == 1


@on_both_wires
def test_a_missing_confirmation_of_what_is_all_settled_is_none(wire: str) -> None:
    """Where every sample was settled before, a missing confirmation means nothing."""
    heard, _ = heard_with(wire, Act(ack=False), terms={"flush_timeout_s": 0.2})
    assert heard.words == expected_words(VALUES)
    assert not heard.incomplete


def test_a_clean_end_after_ours_is_a_confirmation() -> None:
    """A gRPC vendor that is silent after `finish` is told that nothing more comes; its clean end confirms the end."""
    heard, vendor = heard_with("grpc", Act(ack=False), values=[*VALUES, 0], terms={"flush_timeout_s": 0.2})
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert not heard.incomplete
    assert [line.goodbye for line in vendor.lines] == [True]


def test_last_words_may_come_after_the_half_close() -> None:
    """What a gRPC vendor says only once it knows that nothing more comes is heard, and is no error."""
    act = Act(ack=False, last_words=True)
    heard, vendor = heard_with("grpc", act, values=[1, 2, 3, 0, 4, 5], terms={"flush_timeout_s": 0.2})
    assert heard.words == expected_words([1, 2, 3, 0, 4, 5])
    assert not heard.incomplete
    assert len(vendor.lines) == 1


@on_both_wires
def test_a_dialect_may_know_better_what_an_error_means(wire: str) -> None:
    """An error of the connection is read by the dialect: what it calls retryable is tried again, and the reverse."""
    refusal = {"websocket": 403, "grpc": "PERMISSION_DENIED"}[wire]
    heard, vendor = heard_with(wire, Act(refusal=refusal), terms={"means": UnavailableError})
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    heard, vendor = heard_with(wire, Act(cut_after_ms=300), terms={"means": InvalidRequestError})
    assert type(heard.error) is InvalidRequestError
    assert len(vendor.lines) == 1


@on_both_wires
def test_a_dialects_own_error_is_not_read_again(wire: str) -> None:
    """What a dialect raised itself, from a frame, is not given back to it."""
    act = Act(cut_after_ms=300, ending="error")
    heard, vendor = heard_with(wire, act, terms={"means": InvalidRequestError})
    assert heard.error is None
    assert heard.words == expected_words(VALUES)
    assert len(vendor.lines) == 2


@on_both_wires
def test_a_clean_end_in_place_of_the_confirmation_is_a_notice(wire: str) -> None:
    """A vendor that hangs up instead of confirming is given the rest again; one that always does so costs a notice."""
    usual = Act(cut_at_finish=True, ending="clean")
    policy = StreamPolicy(backoff_s=0.0, attempts=2)
    heard, vendor = heard_with(wire, usual=usual, values=[1, 2, 3, 0, 4], policy=policy)
    assert heard.error is None
    assert heard.words == expected_words([1, 2, 3])
    assert len(heard.incomplete) == 1
    assert [line.audio_ms for line in vendor.lines] == [500, 200, 200]


@on_both_wires
def test_silence_and_empty_audio_are_a_success(wire: str) -> None:
    """No speech and no samples at all end without an event that matters and without an error."""
    for values in ([0, 0, 0], []):
        heard, vendor = heard_with(wire, values=values)
        assert heard.error is None
        assert not heard.words
        assert not heard.incomplete
        assert vendor.lines[0].finished


@on_both_wires
def test_an_error_that_is_final_ends_the_stream(wire: str) -> None:
    """What the dialect says cannot be helped is raised with its type; what came before it is kept."""
    heard, vendor = heard_with(wire, Act(cut_after_ms=900, ending="wrong"))
    assert isinstance(heard.error, InvalidRequestError)
    assert heard.error.vendor_code == "4001"
    assert heard.words[:5] == expected_words(VALUES)[:5]
    assert len(vendor.lines) == 1


@on_both_wires
def test_it_gives_up_with_the_last_error(wire: str) -> None:
    """After as many connections in a row as the policy allows that brought nothing, the last error is raised."""
    policy = StreamPolicy(backoff_s=0.0, attempts=4)
    heard, vendor = heard_with(wire, *[Act(cut_after_ms=0, ending="error")] * 9, policy=policy)
    assert isinstance(heard.error, UnavailableError)
    assert heard.error.vendor_code == "5000"
    assert len(vendor.lines) == 4


def test_progress_gives_new_attempts() -> None:
    """Connections that each bring a sentence may be lost any number of times."""
    values = [1, 0] * 12
    policy = StreamPolicy(backoff_s=0.0, attempts=2)
    heard, vendor = heard_with("websocket", *[Act(cut_after_ms=320, ending="error")] * 11, values=values, policy=policy)
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert len(vendor.lines) == 12


def test_waits_grow_and_are_drawn_at_random() -> None:
    """Before each further try the wait is drawn from a range that doubles up to its cap."""
    clock = TickingClock()
    policy = StreamPolicy(backoff_s=1.0, backoff_cap_s=3.0, attempts=6)
    heard, _ = heard_with("websocket", usual=Act(cut_after_ms=0, ending="error"), policy=policy, clock=clock)
    assert isinstance(heard.error, UnavailableError)
    assert len(clock.slept) == 5
    assert all(0 <= slept <= highest for slept, highest in zip(clock.slept, (1, 2, 3, 3, 3), strict=True))
    assert len(set(clock.slept)) == 5


@on_both_wires
def test_a_busy_vendor_is_left_alone(wire: str) -> None:
    """After a rate limit without a time the stream waits at least five seconds, and no audio is lost meanwhile."""
    clock = TickingClock()
    heard, _ = heard_with(wire, Act(cut_after_ms=400, ending="busy"), clock=clock)
    assert heard.words == expected_words(VALUES)
    assert [slept >= 5.0 for slept in clock.slept] == [True]
    assert heard.all(Reconnected)[0].reason == "rate_limited"


def test_a_vendors_own_wait_is_kept_or_refused() -> None:
    """`Retry-After` is waited for; where it is longer than the policy allows, the error is raised at once."""
    clock = TickingClock()
    heard, _ = heard_with("websocket", Act(refusal=429), clock=clock)
    assert heard.words == expected_words(VALUES)
    assert clock.slept == [pytest.approx(7.0)]
    impatient = StreamPolicy(longest_wait_s=6.0)
    heard, vendor = heard_with("websocket", Act(refusal=429), policy=impatient)
    assert isinstance(heard.error, RateLimitedError)
    assert heard.error.retry_after == 7.0
    assert len(vendor.lines) == 1


@on_both_wires
def test_a_vendor_that_does_not_accept_is_given_up(wire: str) -> None:
    """A connection that is never ready ends with its own time-out, and the stream with a DeadlineError."""
    policy = StreamPolicy(backoff_s=0.0, attempts=1)
    heard, _ = heard_with(wire, usual=Act(ready=False), terms={"ready_timeout_s": 0.1}, policy=policy)
    assert isinstance(heard.error, DeadlineError)
    assert not heard.events


@on_both_wires
def test_a_stalled_vendor_stops_the_source(wire: str) -> None:
    """While the vendor reads nothing, a bounded amount is taken from an endless source; then it is a DeadlineError."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 32_000
            yield bytes(32_000)

    # The window is wider than the kernel's buffers, so that these are filled before audio goes in real time only.
    policy = StreamPolicy(attempts=1, stall_timeout_s=0.5, replay_s=600.0, ahead_s=2.0)
    heard, _ = heard_with(wire, usual=Act(reads=False), audio=endless(), terms={"chunk_ms": 500}, policy=policy)
    assert isinstance(heard.error, DeadlineError)
    # Ours are 602 s, 19 MB; the rest is the kernel's buffers on both sides.
    assert taken < 36_000_000


@on_both_wires
def test_a_slow_reader_stops_the_vendor(wire: str) -> None:
    """While nobody reads the events, only a bounded number is taken from a vendor that talks without end."""

    async def main() -> None:
        async with running(wire, usual=Act(babble=True)) as (vendor, make):
            async with aclosing(drive(make, live(speech(VALUES)), in_rate=16_000)) as events:
                await anext(events)
                said = -1
                while said != vendor.lines[0].said:
                    said = vendor.lines[0].said
                    await asyncio.sleep(0.3)
            # A thousand characters each: what is held is our queue, the library's, and the kernel's buffers.
            assert 256 <= said < 20_000

    run(main())


@on_both_wires
@pytest.mark.parametrize("longest", [1, 1000])
def test_rotation_loses_nothing(wire: str, longest: int) -> None:
    """An aged connection is replaced, after a sentence or, where none ends, by asking the vendor to finish."""
    values = [*range(1, 40)]
    heard, vendor = heard_with(
        wire,
        usual=Act(longest_sentence=longest, settles=True),
        values=values,
        terms={"max_age_s": 0.25, "pace": 5.0, "chunk_ms": 100},
    )
    assert heard.error is None
    assert heard.words == expected_words(values)
    assert {event.reason for event in heard.all(Reconnected)} == {"rotation"}
    assert len(vendor.lines) >= 3
    asked_to_finish = [line.finished for line in vendor.lines[:-1]]
    assert all(asked_to_finish) if longest > 1 else not all(asked_to_finish)


def test_rotation_without_progress_ends() -> None:
    """A vendor that settles nothing for as long as a connection may live is given up, not asked for ever."""
    heard, vendor = heard_with(
        "websocket",
        usual=Act(longest_sentence=1000, cut_at_finish=True, ending="clean"),
        values=[*range(1, 40)],
        terms={"max_age_s": 0.05, "pace": 5.0},
        policy=StreamPolicy(backoff_s=0.0, attempts=3),
    )
    assert isinstance(heard.error, DeadlineError)
    assert len(vendor.lines) == 3


def test_what_left_the_replay_buffer_is_told() -> None:
    """Unsettled audio that is too old to be sent again is a notice with its length; all else is heard at its time."""
    values = [*range(1, 31)]
    policy = StreamPolicy(backoff_s=0.0, replay_s=0.5, ahead_s=0.2)
    audio = live(speech(values), block=3200)
    act = Act(cut_after_ms=2000, longest_sentence=1000)
    heard, _ = heard_with("websocket", act, audio=audio, policy=policy, terms={"chunk_ms": 100})
    lost_ms = int(heard.incomplete[0].split()[0])
    assert len(heard.incomplete) == 1
    assert 1000 <= lost_ms <= 2500
    assert [event.offset_ms for event in heard.all(Reconnected)] == [lost_ms]
    assert heard.words == [word for word in expected_words(values) if word[1] >= lost_ms]


def test_a_vendor_that_lags_is_given_no_more_than_can_be_sent_again() -> None:
    """Audio goes at once until three quarters of the replay window are unsettled; after that in real time."""
    clock = TickingClock()
    policy = StreamPolicy(replay_s=2.0, ahead_s=0.2)
    values = [*range(1, 51)]
    heard, _ = heard_with("grpc", Act(longest_sentence=1000), values=values, policy=policy, clock=clock)
    assert heard.words == expected_words(values)
    assert 3.4 <= sum(clock.slept) <= 3.6
    clock = TickingClock()
    heard, _ = heard_with("grpc", Act(longest_sentence=1000), values=values, clock=clock)
    assert not clock.slept


def test_settled_silence_needs_no_replay() -> None:
    """Where the vendor tells that silence was listened to, a cut neither replays it nor calls it lost."""
    values = [1, *[0] * 30, 2, 3]
    policy = StreamPolicy(backoff_s=0.0, replay_s=0.5, ahead_s=0.2)
    act = Act(cut_after_ms=2500, settles=True)
    heard, vendor = heard_with("websocket", act, values=values, policy=policy, terms={"pace": 50.0, "chunk_ms": 100})
    assert heard.words == expected_words(values)
    assert not heard.incomplete
    assert vendor.lines[1].audio_ms <= 1300


def test_audio_goes_at_the_vendors_pace() -> None:
    """No chunk leaves before its time from the start, and none is late."""
    clock = TickingClock()
    sent: list[tuple[float, int]] = []
    heard, _ = _paced(clock, sent, live(speech(VALUES), block=len(speech(VALUES))), pace=2.0)
    assert heard.words == expected_words(VALUES)
    assert [size for _, size in sent] == [3200 * 2] * 8
    assert [at for at, _ in sent] == pytest.approx([1000.0 + 0.1 * i for i in range(8)])


def test_a_late_source_may_catch_up_by_a_second_only() -> None:
    """After a pause of the source one second of audio goes at once, the rest again at the vendor's pace."""
    clock = TickingClock()
    sent: list[tuple[float, int]] = []

    async def pause(given: int) -> None:
        if given == 3200 * 10:
            # What was given is all sent by the time the source has been asleep.
            while len(sent) < 5:
                await asyncio.sleep(0.01)
            clock.time += 10.0

    values = [*range(1, 41)]
    heard, _ = _paced(clock, sent, live(speech(values), block=3200 * 10, pause=pause), pace=1.0)
    assert heard.words == expected_words(values)
    late = [at - sent[5][0] for at, _ in sent[5:]]
    assert late == pytest.approx([0.0] * 6 + [0.2 * i for i in range(1, 10)])


def _paced(clock: TickingClock, sent: list[tuple[float, int]], audio: AsyncIterator[bytes], *, pace: float) -> Any:
    async def main() -> Any:
        async with running("websocket") as (vendor, make):

            def noting() -> Dialect:
                dialect: Any = make(chunk_ms=200, pace=pace)
                real = dialect.audio

                def audio_and_note(pcm: bytes) -> Any:
                    sent.append((clock.monotonic(), len(pcm)))
                    return real(pcm)

                dialect.audio = audio_and_note
                return dialect  # type: ignore[no-any-return]

            return await listen(noting, audio, clock=clock), vendor

    return run(main())


def test_a_paused_source_gets_its_last_words_heard() -> None:
    """A live source that pauses within a chunk has that part sent, and silence after it ends the sentence."""

    async def main() -> tuple[Heard, list[str]]:
        early: list[str] = []
        go_on = asyncio.Event()

        async def pausing(given: int) -> None:
            if given:
                await go_on.wait()

        async with running("websocket", usual=Act(longest_sentence=100)) as (vendor, make):
            heard = Heard()
            source = live(speech([1, 2, 3, 0, 4]), block=3200 * 2, pause=pausing)
            events = drive(lambda: make(idle_s=0.1, chunk_ms=300), source, in_rate=16_000, policy=AT_ONCE)
            async with aclosing(events):
                async for event in events:
                    heard.events.append(event)
                    if isinstance(event, Final) and not go_on.is_set():
                        early.append(event.segment.text)
                        go_on.set()
            assert vendor.lines[0].audio_ms >= 500 + 1000
            return heard, early

    heard, early = run(main())
    assert early == ["w1 w2"]
    assert heard.words == expected_words([1, 2, 3, 0, 4])


@on_both_wires
def test_a_vendor_that_hangs_up_in_a_pause_is_not_called_again_for_nothing(wire: str) -> None:
    """A source that pauses for long causes no string of connections; what it says afterwards is heard at its time."""

    async def main() -> tuple[Heard, Any]:
        async with running(wire, usual=Act(cut_after_ms=200, longest_sentence=100)) as (vendor, make):

            async def pausing(given: int) -> None:
                if given:
                    await asyncio.sleep(0.8)
                    vendor.usual = Act()

            source = live(speech([1, 2, 3, 4]), block=3200 * 2, pause=pausing)
            return await listen(make, source, policy=StreamPolicy(backoff_s=0.0, attempts=3)), vendor

    heard, vendor = run(main())
    assert heard.error is None
    assert heard.words == expected_words([1, 2, 3, 4])
    # How often depends on whether the first audio or the first connection was earlier.
    assert len(vendor.lines) in {2, 3}


@on_both_wires
def test_a_source_that_waits_for_its_words_gets_them_after_a_cut(wire: str) -> None:
    """What only one connection has carried is said again at once, also to a source that waits for it to be heard."""

    async def main() -> Heard:
        async with running(wire, Act(cut_after_ms=200), usual=Act(longest_sentence=100)) as (vendor, make):
            heard, answered = Heard(), asyncio.Event()

            async def waiting(given: int) -> None:
                if given == 3200 * 2:
                    await answered.wait()

            source = live(speech([1, 2, 0, 3]), block=3200 * 2, pause=waiting)
            events = drive(lambda: make(idle_s=0.1), source, in_rate=16_000, policy=AT_ONCE)
            async with aclosing(events):
                async for event in events:
                    heard.events.append(event)
                    if isinstance(event, Final):
                        answered.set()
            assert len(vendor.lines) >= 2
            return heard

    assert run(main()).words == expected_words([1, 2, 0, 3])


@on_both_wires
def test_a_source_that_fails_is_heard_out(wire: str) -> None:
    """The error of the audio source is raised as it is, after what came before it was heard to the end."""

    async def breaking() -> AsyncIterator[bytes]:
        yield speech([1, 2])
        raise OSError("microphone unplugged")

    heard, vendor = heard_with(wire, audio=breaking())
    assert heard.words == expected_words([1, 2])
    assert isinstance(heard.error, OSError)
    assert str(heard.error) == "microphone unplugged"
    assert vendor.lines[0].finished


@on_both_wires
def test_it_can_be_left_at_any_moment(wire: str) -> None:
    """Wherever a reader stops or is cancelled, tasks and connection end, and the source is closed."""

    async def one(seed: int) -> None:
        dice = random.Random(seed)
        closed = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            try:
                async for block in live(speech(VALUES * 3), block=1600):
                    await asyncio.sleep(dice.choice([0, 0, 0.002]))
                    yield block
            finally:
                closed.set()

        async with running(wire, Act(cut_after_ms=dice.choice([0, 400, 9000]))) as (vendor, make):
            reading = asyncio.create_task(listen(make, slowly()))
            for _ in range(dice.randrange(60)):
                await asyncio.sleep(0)
            await asyncio.sleep(dice.choice([0, 0.01, 0.05, 0.1]))
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            assert not _our_tasks()
            assert closed.is_set() or not vendor.lines
            while not all(line.ended for line in vendor.lines):
                await asyncio.sleep(0.01)

    async def main() -> None:
        for seed in range(15):
            await one(seed)

    run(main())


def test_a_source_is_closed_when_the_stream_is_left() -> None:
    """A source with `aclose` is closed by the driver, not by the collector some time later."""

    class Microphone:
        closed = False

        def __aiter__(self) -> "Microphone":
            return self

        async def __anext__(self) -> bytes:
            return bytes(3200)

        async def aclose(self) -> None:
            self.closed = True

    async def main() -> None:
        source = Microphone()
        async with running("websocket") as (_, make):
            events = drive(make, source, in_rate=16_000)
            await anext(events)
            await events.aclose()
        assert source.closed

    run(main())


def test_one_huge_block_is_as_good_as_many() -> None:
    """A source that gives all its audio in one block loses nothing in a cut either."""
    values = [*range(1, 40)]
    policy = StreamPolicy(backoff_s=0.0, replay_s=3.0, ahead_s=0.3)
    pcm = speech(values)
    act = Act(cut_after_ms=1000, ending="error")
    heard, _ = heard_with("websocket", act, audio=live(pcm, block=len(pcm)), policy=policy, terms={"pace": 20.0})
    assert heard.words == expected_words(values)
    assert not heard.incomplete


@on_both_wires
def test_closing_early_closes_the_line(wire: str) -> None:
    """After `aclose` in the middle the vendor's side has ended and none of our tasks is left."""

    async def main() -> None:
        async with running(wire) as (vendor, make):
            events = drive(make, live(speech(VALUES)), in_rate=16_000)
            async for event in events:
                if isinstance(event, Final):
                    break
            await events.aclose()
            assert not _our_tasks()
            while not vendor.lines[0].ended:
                await asyncio.sleep(0.01)

    run(main())


def test_another_rate_is_resampled() -> None:
    """Audio at 8 kHz reaches a vendor that wants 16 kHz at the same length, and words stay within their times."""
    values = [1000, 1000, 1000, 0, 2000, 2000]
    heard, vendor = heard_with("websocket", audio=live(speech(values, rate=8000)), in_rate=8000)
    assert heard.error is None
    assert vendor.lines[0].audio_ms == pytest.approx(600, abs=3)
    assert heard.words[0][1] == 0


def test_a_dialect_with_a_bug_is_a_plugin_error() -> None:
    """A failure of the dialect is typed and says where it is, without the text of the failure."""
    heard, _ = heard_with("websocket", Act(raw=("not JSON, " + SECRET,)))
    assert isinstance(heard.error, ProtocolError)
    assert "JSONDecodeError" in str(heard.error)
    assert SECRET not in str(heard.error)
    heard, _ = heard_with("websocket", terms={"chunk_ms": 0})
    assert isinstance(heard.error, PluginError)


def test_an_impossible_policy_is_refused() -> None:
    """A policy without attempts, or with negative times, is a ConfigurationError."""
    for wrong in ({"attempts": 0}, {"replay_s": -1.0}, {"ahead_s": 0.0}, {"backoff_s": float("nan")}):
        with pytest.raises(ConfigurationError):
            StreamPolicy(**wrong)
