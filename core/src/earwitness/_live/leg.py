"""One connection of a live transcription, from dialing to its end: a task that speaks, a task that listens."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from .._clock import Clock
from .._foreign import where
from ..errors import ConfigurationError, DeadlineError, EarwitnessError, PluginError, ProtocolError, UnavailableError
from ..models import Interim, Notice
from ..streaming import Dial, Dialect, Final, Frame, ReadsErrors, Reconnected, Settled, StreamEvent
from .answers import dial_of, events_in, frames_of, meaning_of
from .connections import Connection, open_connection
from .replay import ReplayBuffer, Timeline

__all__ = ["Leg", "Outcome", "StreamPolicy"]

Outcome = Literal["ended", "unacknowledged", "hung_up", "rotated"]
"""The vendor said everything; was silent after `finish`; closed without a word after it; a new connection goes on."""

LAST_WORDS_S = 1.0
"""How long what the vendor said before a loss is still waited for."""
FILL_MS = 1000
"""Silence that ends a sentence for every vendor's end-point detection with its usual settings."""
GRACE = 1.1
"""A connection past its age waits so much longer for the end of a sentence, which makes the cheapest cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPolicy:
    """How patient a live stream is and how much it remembers. Times in seconds. Raises ConfigurationError.

    It gives up after `attempts` connections in a row that brought nothing and lived less than `stable_s`. The wait
    before reconnection i (from 0) is drawn evenly from 0 to min(backoff_s * 2^i, backoff_cap_s), after what the vendor
    asked for; a vendor that asks for more than `longest_wait_s` ends the stream.
    """

    attempts: int = 6
    backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    rate_limit_wait_s: float = 5.0
    longest_wait_s: float = 120.0
    stable_s: float = 60.0
    stall_timeout_s: float = 60.0
    replay_s: float = 120.0
    ahead_s: float = 5.0
    burst_s: float = 1.0
    events: int = 256

    def __post_init__(self) -> None:
        wrong = [field.name for field in fields(self) if not getattr(self, field.name) >= 0]
        if wrong or min(self.attempts, self.events) < 1 or not self.ahead_s:
            raise ConfigurationError(
                "A stream policy needs one attempt, one event, some audio ahead, and no negative times"
            )


class Leg:
    """One connection. It begins at the sample `offset` and takes audio since `ready_at`, a monotonic time."""

    def __init__(
        self,
        dialect: Dialect,
        audio: ReplayBuffer,
        emit: Callable[[StreamEvent], Awaitable[None]],
        clock: Clock,
        policy: StreamPolicy,
        *,
        reason: str | None,
    ) -> None:
        self._dialect, self._audio, self._emit, self._clock, self._policy = dialect, audio, emit, clock, policy
        self._reason = reason
        self.offset = audio.heard
        self.ready_at: float | None = None
        self._ready = asyncio.Event()
        self._timeline = Timeline(audio.ms(self.offset))
        self._pace = _Pace(clock, policy.burst_s)
        self._chunk = max(1, audio.samples(dialect.chunk_ms))
        self._filled_ms = 0
        self._finishing = self._sentence_over = self._half_closed = False
        self._said: EarwitnessError | None = None
        self._frame_at = 0.0
        self._patience_s: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._dial: Dial
        self._connection: Connection

    async def run(self) -> Outcome:
        """How it ended. Raises the EarwitnessError that ended it."""
        self._dial = dial_of(self._dialect, self._clock.now())
        self._connection = await open_connection(self._dial, pinged=math.isfinite(self._dialect.pace))
        self._opened_at = self._spoke_at = self._clock.monotonic()
        politely = False
        try:
            outcome = await self._converse()
            politely = True
            return outcome
        finally:
            await self._connection.aclose(politely=politely)

    def meaning(self, error: EarwitnessError) -> EarwitnessError:
        """What the dialect makes of an error of the connection; one that it raised itself stays as it is."""
        if error is self._said or isinstance(error, PluginError) or not isinstance(self._dialect, ReadsErrors):
            return error
        return meaning_of(self._dialect, error)

    async def _converse(self) -> Outcome:
        speaker = asyncio.create_task(self._speak(), name="earwitness-stream-speak")
        listener = asyncio.create_task(self._listen(), name="earwitness-stream-listen")
        try:
            await asyncio.wait({speaker, listener}, return_when=asyncio.FIRST_COMPLETED)
            if not listener.done():
                lost = speaker.exception()
                if lost is None and speaker.result() == "rotated":
                    return "rotated"
                if isinstance(lost, DeadlineError):
                    raise lost
                await asyncio.wait({listener}, timeout=LAST_WORDS_S if lost else None)
            return listener.result() if listener.done() else speaker.result()
        finally:
            speaker.cancel()
            listener.cancel()
            await asyncio.gather(speaker, listener, return_exceptions=True)

    async def _speak(self) -> Outcome:
        await self._send(frames_of(self._dialect, "opened"))
        await self._wait_until_ready()
        while not self._audio.drained:
            # A paused source's last, incomplete chunk goes too, so that nobody waits for the end of a word.
            if not await self._audio.available(self._chunk, patience_s=2 * self._dialect.chunk_ms / 1000):
                await self._fill_pause()
            elif not self._too_old():
                await self._send_audio(self._audio.take(self._chunk))
            elif self._sentence_over:
                return "rotated"
            else:
                break
        self._finishing = True
        await self._send(frames_of(self._dialect, "finish"))
        await self._let_it_finish(0.0 if self._dialect.ended else self._dial.flush_timeout_s)
        return "ended"

    async def _let_it_finish(self, silence_s: float) -> None:
        """Gives the vendor so much silence after `finish`, and once more after the half-close, where there is one.

        Who has nothing left to say may never confirm that. His clean end of the stream then does.
        """
        half_closes = self._connection.half_closes and silence_s > 0
        self._expect_within(2 * silence_s if half_closes else silence_s)
        while half_closes and not self._half_closed:
            left_s = self._frame_at + silence_s - asyncio.get_running_loop().time()
            await asyncio.sleep(left_s)
            if left_s <= 0:
                self._half_closed = True
                await self._connection.half_close()

    async def _wait_until_ready(self) -> None:
        if self._dialect.ready:
            await self._note_ready()
        try:
            async with asyncio.timeout(self._dial.ready_timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise DeadlineError("The vendor did not accept the stream in time") from None

    async def _send_audio(self, pcm: bytes) -> None:
        # A vendor may read much faster than it hears. What it has not settled must still be here if it breaks off.
        speed = min(self._dialect.pace, 1.0) if self._audio.at_risk else self._dialect.pace
        await self._pace.turn(len(pcm) / 2 / self._dialect.sample_rate, speed)
        await self._send(frames_of(self._dialect, "audio", pcm))
        self._spoke_at = self._clock.monotonic()

    async def _fill_pause(self) -> None:
        if self._dial.idle_s is None or self._clock.monotonic() - self._spoke_at < self._dial.idle_s:
            return
        self._timeline.fill(self._audio.ms(self._audio.sent - self.offset) + self._filled_ms, FILL_MS)
        self._filled_ms += FILL_MS
        left = self._audio.samples(FILL_MS)
        while left > 0:
            await self._send_audio(bytes(2 * min(left, self._chunk)))
            left -= self._chunk

    async def _send(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            try:
                async with asyncio.timeout(self._policy.stall_timeout_s):
                    await self._connection.send(frame)
            except TimeoutError:
                raise DeadlineError("The vendor has stopped reading the audio") from None

    def _age(self) -> float:
        """The connection's age in parts of the age it may reach."""
        limit = self._dial.max_age_s
        return 0.0 if limit is None else (self._clock.monotonic() - self._opened_at) / limit

    def _too_old(self) -> bool:
        return self._age() >= (1.0 if self._sentence_over else GRACE)

    async def _listen(self) -> Outcome:
        while not (self._finishing and self._dialect.ended):
            if self._dialect.ended:
                raise UnavailableError("The vendor ended the stream before the audio did")
            try:
                frame = await self._next_frame()
            except TimeoutError:
                break
            if frame is None:
                if not self._finishing:
                    raise UnavailableError("The vendor closed the stream before the audio ended")
                return "ended" if self._half_closed else "hung_up"
            self._frame_at = asyncio.get_running_loop().time()
            await self._take_in(frame)
        return "ended" if self._dialect.ended else "unacknowledged"

    async def _next_frame(self) -> Frame | None:
        async with asyncio.timeout(self._patience_s) as self._limit:
            try:
                return await self._connection.receive()
            finally:
                self._limit = None

    def _expect_within(self, seconds: float) -> None:
        """From now on the vendor may not be silent for longer."""
        self._patience_s = seconds
        self._frame_at = asyncio.get_running_loop().time()
        if self._limit is not None:
            self._limit.reschedule(self._frame_at + seconds)

    async def _take_in(self, frame: Frame) -> None:
        try:
            given = self._dialect.received(frame)
        except EarwitnessError as error:
            self._said = error
            raise
        except Exception as error:  # any bug of a dialect; its text may quote the transcript
            raise ProtocolError(f"The vendor sent a frame that its dialect cannot read: {where(error)}") from None
        if self._dialect.ready:
            await self._note_ready()
        for event in events_in(given):
            await self._tell(event)

    async def _note_ready(self) -> None:
        if self.ready_at is None:
            self.ready_at = self._clock.monotonic()
            if self._reason is not None:
                await self._emit(Reconnected(self._audio.ms(self.offset), self._reason))
            self._ready.set()

    async def _tell(self, event: Interim | Final | Settled | Notice) -> None:
        # First told, then settled: whatever stops us in between, the audio is heard again and nothing is told twice.
        if isinstance(event, Final):
            moved = self._timeline.final(event)
            await self._emit(moved)
            self._settle(moved.heard_ms)
        elif isinstance(event, Settled):
            self._settle(self._timeline.whole(event.heard_ms))
        elif isinstance(event, Interim):
            await self._emit(self._timeline.interim(event))
        else:
            await self._emit(event)

    def _settle(self, heard_ms: int) -> None:
        self._audio.settle(self._audio.samples(heard_ms))
        self._sentence_over = self._age() >= 1.0


class _Pace:
    """Lets audio go no faster than the vendor takes it, counted from the start, and forgives `burst_s` of lateness."""

    def __init__(self, clock: Clock, burst_s: float) -> None:
        self._clock, self._burst_s = clock, burst_s
        self._due: float | None = None

    async def turn(self, seconds: float, speed: float) -> None:
        """Returns when audio of this length may go; the next has to wait `seconds / speed`."""
        now = self._clock.monotonic()
        due = now if self._due is None else max(self._due, now - self._burst_s)
        if due > now:
            await self._clock.sleep(due - now)
        self._due = due + seconds / speed
