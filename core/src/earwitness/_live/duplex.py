"""A live transcription that outlives its connections: reconnecting, replaying what was not settled, shifting times."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass
from random import random

from .._clock import Clock, SystemClock
from ..errors import DeadlineError, EarwitnessError, RateLimitedError
from ..models import Notice
from ..streaming import Dialect, StreamEvent
from .answers import dialect_of
from .leg import Leg, Outcome, StreamPolicy
from .replay import ReplayBuffer

__all__ = ["StreamPolicy", "drive"]

log = logging.getLogger(__name__)


async def drive(
    make_dialect: Callable[[], Dialect],
    audio: AsyncIterable[bytes],
    *,
    in_rate: int,
    clock: Clock | None = None,
    policy: StreamPolicy | None = None,
) -> AsyncGenerator[StreamEvent]:
    """Events of the whole audio while it is heard, over as many connections as it takes, each with a fresh dialect.

    `audio` gives 16-bit little-endian mono samples at `in_rate` Hz in blocks of any length; it is closed at the end.
    Nothing is told twice; audio that could not be sent again after a cut, and an end that the vendor never confirmed,
    are `incomplete` notices. An error of the source is raised as it is, after what it gave has been heard. Raises the
    EarwitnessError that ended the last try.
    """
    duplex = _Duplex(
        make_dialect, audio, in_rate=in_rate, clock=clock or SystemClock(), policy=policy or StreamPolicy()
    )
    try:
        while (event := await duplex.next_event()) is not None:
            yield event
    finally:
        await duplex.aclose()


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None


class _Duplex:
    """The tasks behind `drive`: one reads the source, one leads connection after connection."""

    def __init__(
        self,
        make_dialect: Callable[[], Dialect],
        audio: AsyncIterable[bytes],
        *,
        in_rate: int,
        clock: Clock,
        policy: StreamPolicy,
    ) -> None:
        self._make_dialect, self._clock, self._policy = make_dialect, clock, policy
        rate = dialect_of(make_dialect).sample_rate
        self._audio = ReplayBuffer(rate, replay_s=policy.replay_s, ahead_s=policy.ahead_s)
        self._events: asyncio.Queue[StreamEvent | _End] = asyncio.Queue(policy.events)
        self._noticed: set[tuple[str, str | None, str]] = set()
        self._reconnecting: str | None = None
        self._failures = self._carried = 0
        self._source_error: Exception | None = None
        self._tasks = [
            asyncio.create_task(self._feed(_at_rate(audio, in_rate, rate)), name="earwitness-stream-feed"),
            asyncio.create_task(self._lead(), name="earwitness-stream-lead"),
        ]

    async def next_event(self) -> StreamEvent | None:
        """The next event, or None at the end. Raises what ended the stream."""
        event = await self._events.get()
        if not isinstance(event, _End):
            return event
        if event.error is not None:
            raise event.error
        return None

    async def aclose(self) -> None:
        """Ends the tasks and with them the connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _feed(self, audio: AsyncIterable[bytes]) -> None:
        blocks = aiter(audio)
        try:
            async for block in blocks:
                await self._audio.put(block)
        except Exception as error:  # the source may be anything; its error is raised at the end
            self._source_error = error
        finally:
            self._audio.finish()
            if close := getattr(blocks, "aclose", None):
                await close()

    async def _lead(self) -> None:
        try:
            await self._go_on_to_the_end()
            error = self._source_error
        except Exception as raised:  # the reader of the events gets it
            error = raised
        await self._events.put(_End(error))

    async def _go_on_to_the_end(self) -> None:
        over = False
        while not over:
            leg = Leg(
                dialect_of(self._make_dialect),
                self._audio,
                self._emit,
                self._clock,
                self._policy,
                reason=self._reconnecting,
            )
            try:
                over = await self._over(await leg.run(), leg)
            except EarwitnessError as error:
                # Its frames would keep the lost connection, and the vendor's slot, until the collector comes.
                over = await self._over(leg.meaning(error.with_traceback(None)), leg)

    async def _over(self, ending: Outcome | EarwitnessError, leg: Leg) -> bool:
        """Whether that was the whole stream. If not, all is ready for the next connection. Raises the last error."""
        if isinstance(ending, EarwitnessError) and not ending.retryable:
            raise ending
        if ending == "ended":
            self._audio.settle(self._audio.sent)
        if self._audio.all_heard and leg.ready_at is not None:
            return True
        if ending == "unacknowledged" and self._audio.drained:
            await self._emit(_unconfirmed())
            return True
        try:
            await self._prepare_next(ending, leg)
        except EarwitnessError:
            # It may have closed before it read that we had finished; one that always does so has still heard all.
            if ending != "hung_up" or not self._audio.drained:
                raise
            await self._emit(_unconfirmed())
            return True
        return False

    async def _prepare_next(self, ending: Outcome | EarwitnessError, leg: Leg) -> None:
        if leg.ready_at is not None:
            self._reconnecting = ending.kind if isinstance(ending, EarwitnessError) else "rotation"
        wait_s = self._wait_s(ending, leg)
        # A vendor that hangs up in a pause is not called again before there is something new to say; what one
        # connection alone has carried, and nothing settled, is something to say once more.
        end, told = self._audio.end, leg.ready_at is not None and not self._audio.unsent
        paused = told and end <= max(self._carried, self._audio.heard)
        self._carried = end if told else self._carried
        await self._rewind()
        if wait_s:
            log.info("the stream was interrupted (%s); next connection in %.1f s", self._reconnecting, wait_s)
            await self._clock.sleep(wait_s)
        if paused:
            await self._audio.more_than(end)

    async def _rewind(self) -> None:
        lost_ms = self._audio.ms(self._audio.rewind())
        if lost_ms:
            until = self._audio.ms(self._audio.heard)
            told = f"{lost_ms} ms of audio, up to {until} ms, could not be sent again after a cut; words may be lost."
            await self._emit(Notice("incomplete", told))

    def _wait_s(self, ending: Outcome | EarwitnessError, leg: Leg) -> float:
        """Seconds until the next connection. Raises the error when there shall be none."""
        if self._progressed(leg):
            self._failures = 0
            if not isinstance(ending, EarwitnessError):
                return 0.0
        if not isinstance(ending, EarwitnessError):
            ending = DeadlineError("The vendor ended a connection without having settled any speech")
        self._failures += 1
        asked_s = _asked_s(ending, self._policy)
        if self._failures >= self._policy.attempts or asked_s > self._policy.longest_wait_s:
            raise ending
        highest = min(self._policy.backoff_s * 2.0 ** (self._failures - 1), self._policy.backoff_cap_s)
        return asked_s + random() * highest  # noqa: S311  a wait is no secret

    def _progressed(self, leg: Leg) -> bool:
        stable = leg.ready_at is not None and self._clock.monotonic() - leg.ready_at >= self._policy.stable_s
        return stable or self._audio.heard > leg.offset

    async def _emit(self, event: StreamEvent) -> None:
        if isinstance(event, Notice):
            told = (event.kind, event.feature, event.message)
            # A new connection repeats what the vendor already said about the request.
            if self._reconnecting and told in self._noticed:
                return
            self._noticed.add(told)
        await self._events.put(event)


def _unconfirmed() -> Notice:
    return Notice("incomplete", "The vendor did not confirm the end; its last words may be missing.")


def _asked_s(error: EarwitnessError, policy: StreamPolicy) -> float:
    """The seconds that the vendor wants to be left alone."""
    if error.retry_after is not None:
        return error.retry_after
    return policy.rate_limit_wait_s if isinstance(error, RateLimitedError) else 0.0


def _at_rate(audio: AsyncIterable[bytes], given: int, wanted: int) -> AsyncIterable[bytes]:
    if given == wanted:
        return audio
    from .resampling import resampled

    return resampled(audio, given, wanted)
