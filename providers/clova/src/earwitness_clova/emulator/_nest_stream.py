"""One stream of the streaming service from its CONFIG to its end, whatever carries its messages (manual 5.4, 9.3)."""

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from earwitness.emulation import BillingLog, Clock, Hearing, HearingStream
from earwitness.errors import EarwitnessError
from earwitness.models import Interim
from earwitness.streaming import Final

from ._nest_config import configured
from ._nest_contents import NOT_CONFIGURED, config_answer, extra_of, feature_answers, refused, transcription
from ._nest_faults import Mischief, StreamEnd
from ._nest_messages import ConfigPart, DataPart, Messages, UnreadableMessageError
from ._nest_pieces import Cutter, Piece
from ._nest_switches import StreamSwitches

__all__ = ["Conversation", "StreamEnd", "Surroundings", "Wire"]

log = logging.getLogger(__name__)

SAMPLE_RATE = 16_000
BILLED_BLOCK_S = 15
"""Streams are billed by so many seconds of audio (5.9)."""
_BYTES_PER_MS = SAMPLE_RATE * 2 // 1000


class Wire(Protocol):
    """What carries the messages of one stream."""

    async def read(self) -> bytes | None:
        """The next message, or None after the client's half-close."""
        ...

    async def write(self, message: bytes) -> None:
        """Sends a message."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all streams of a server share."""

    hearing: Hearing
    clock: Clock
    billing: BillingLog
    switches: StreamSwitches
    messages: Messages


class Conversation:
    """One stream. `uid` is its id in every answer and in the billing log."""

    def __init__(self, around: Surroundings, wire: Wire, mischief: Mischief) -> None:
        self.uid = uuid4().hex
        self._around, self._wire, self._mischief = around, wire, mischief
        self._audio = _Audio()
        self._listening: _Listening | None = None
        self._mouth = asyncio.Lock()
        self._turn = asyncio.Lock()
        """Held while a message or the idle time is dealt with."""
        self._busy_at = around.clock.monotonic()
        self._fed, self._stopped = asyncio.Event(), asyncio.Event()

    def stop(self) -> None:
        """Ends the stream from the server's side."""
        self._stopped.set()

    async def run(self) -> StreamEnd:
        """Serves the stream to its end and says how to end it."""
        endings: list[StreamEnd] = []
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for part in (self._converse(), self._watch_idleness(), self._grow_old(), self._stop_when_told()):
                    self._tasks.create_task(part)
        except* StreamEnd as ended:
            endings += (one for one in ended.exceptions if isinstance(one, StreamEnd))
        except* EarwitnessError as failed:
            # Told by its kind: its text may hold what a profile's settings hold.
            log.error("stream %s: what listens has failed (%s)", self.uid, type(failed.exceptions[0]).__name__)
            endings.append(StreamEnd("INTERNAL", "Failed to STT"))
        finally:
            await self._wind_up()
        log.info("stream %s: %d ms of audio, ended with %s", self.uid, self._audio.ms, endings[0].code)
        return endings[0]

    async def _wind_up(self) -> None:
        if self._listening is None:
            return
        if blocks := math.ceil(self._audio.ms / 1000 / BILLED_BLOCK_S):
            self._around.billing.charge(
                time=self._around.clock.now(),
                operation="stream",
                token=self.uid,
                billed_s=float(blocks * BILLED_BLOCK_S),
            )
        await self._listening.ear.aclose()

    async def _converse(self) -> None:
        number = 0
        while (message := await self._wire.read()) is not None:
            await self._mischief.before(number)
            async with self._turn:
                await self._take(message)
            self._mischief.after(number, audio_ms=self._audio.ms)
            number += 1
        if self._listening is not None and self._around.switches.stream_tail == "told":
            async with self._turn:
                await self._flush(self._listening, "endPoint")
        self._mischief.at_end()
        raise StreamEnd

    async def _take(self, message: bytes) -> None:
        try:
            part = self._around.messages.request(message)
        except UnreadableMessageError:
            raise StreamEnd("INTERNAL", "Invalid protobuf message") from None
        match part:
            case ConfigPart(text):
                await self._configure(text)
            case DataPart() if self._listening is not None:
                await self._hear(self._listening, part)
            case DataPart() if self._around.switches.stream_data_before_config == "envelope":
                await self._say(refused(self.uid, status=NOT_CONFIGURED, audio=False))
            case DataPart():
                raise StreamEnd("FAILED_PRECONDITION", NOT_CONFIGURED)
            case None:
                await self._say(refused(self.uid, audio=False))

    async def _configure(self, text: str) -> None:
        asked, switches = configured(text), self._around.switches
        if not asked.accepted and switches.stream_bad_config == "status":
            raise StreamEnd("INVALID_ARGUMENT", "Invalid config")
        if asked.accepted and self._listening is not None:
            self._listening.cutter.cutting = asked.cutting
        elif asked.accepted:
            cutter = Cutter(
                asked.cutting,
                blanks=asked.language != "ja",
                blank=switches.stream_blank,
                align_blank=switches.stream_align_blank,
            )
            ear = self._around.hearing.stream(sample_rate=SAMPLE_RATE, language=asked.language)
            self._listening = _Listening(ear, cutter)
            self._tasks.create_task(self._tell(self._listening))
        features = feature_answers(self.uid, asked) if switches.stream_feature_messages else ()
        await self._say(config_answer(self.uid, asked), *features)
        if not asked.accepted:
            raise StreamEnd
        self._note_activity()

    async def _hear(self, listening: "_Listening", part: DataPart) -> None:
        self._note_activity()
        extra = extra_of(part.extra)
        if samples := self._audio.take(part.chunk):
            await listening.ear.feed(samples)
        if extra.wrong:
            await self._say(refused(self.uid, wrong=extra.wrong))
        await self._say_pieces(listening.cutter.tick(self._audio.ms))
        if extra.flush:
            await self._flush(listening, "endPoint", extra.number)
        # However long the recogniser took, the client was not idle meanwhile.
        self._note_activity()

    async def _flush(self, listening: "_Listening", why: str, number: int = 0) -> None:
        listening.settled.clear()
        listening.awaited_ms = self._audio.ms
        await listening.ear.flush()
        await listening.settled.wait()
        piece = listening.cutter.flush(why, self._audio.ms)
        if piece is not None:
            await self._say(transcription(self.uid, piece, flushed=number))

    async def _tell(self, listening: "_Listening") -> None:
        """Sends what is heard, while it is heard."""
        cutter = listening.cutter
        async for event in listening.ear:
            if isinstance(event, Final):
                pieces = cutter.hear(event.segment, heard_ms=event.heard_ms, clock_ms=self._audio.ms)
            elif isinstance(event, Interim):
                pieces = cutter.guess(event.start_ms)
            else:
                pieces = cutter.settle(event.heard_ms, unasked=listening.settled.is_set())
            await self._say_pieces(pieces)
            if not isinstance(event, Final | Interim) and event.heard_ms >= listening.awaited_ms:
                listening.settled.set()
        raise StreamEnd("INTERNAL", "Failed to STT")

    async def _watch_idleness(self) -> None:
        idle_s, clock = self._around.switches.stream_idle_s, self._around.clock
        while True:
            if (left := self._busy_at + idle_s - clock.monotonic()) > 0:
                await clock.sleep(left)
                continue
            async with self._turn:
                if self._listening is not None and self._busy_at + idle_s <= clock.monotonic():
                    self._fed.clear()
                    await self._flush(self._listening, "unvoice")
            await self._fed.wait()

    async def _grow_old(self) -> None:
        switches = self._around.switches
        if switches.stream_lifetime_s is None:
            return
        await self._around.clock.sleep(switches.stream_lifetime_s)
        raise StreamEnd("UNAVAILABLE", "Lifespan expired") if switches.stream_lifetime_end == "status" else StreamEnd

    async def _stop_when_told(self) -> None:
        await self._stopped.wait()
        raise StreamEnd("UNAVAILABLE", "Server is stopped")

    def _note_activity(self) -> None:
        self._busy_at = self._around.clock.monotonic()
        self._fed.set()

    async def _say_pieces(self, pieces: list[Piece]) -> None:
        await self._say(*(transcription(self.uid, piece) for piece in pieces))

    async def _say(self, *contents: str) -> None:
        # All of them under one lock, taken in the order of the cutter's answers: positions must go up.
        async with self._mouth:
            for text in contents:
                told = self._mischief.contents(text)
                if told is None:
                    continue
                message = self._around.messages.response(told)
                if self._mischief.cuts_answer():
                    await self._wire.write(message[: len(message) // 2])
                    raise StreamEnd("UNAVAILABLE", "Connection reset")
                await self._wire.write(message)


class _Listening:
    """What a configured stream has besides."""

    def __init__(self, ear: HearingStream, cutter: Cutter) -> None:
        self.ear, self.cutter = ear, cutter
        self.awaited_ms = 0
        self.settled = asyncio.Event()
        """Clear while a flush waits until everything up to `awaited_ms` has been told."""
        self.settled.set()


class _Audio:
    """The audio clock: 32,000 bytes are a second. Half a sample is kept for the next chunk."""

    def __init__(self) -> None:
        self._count = 0
        self._half = b""

    @property
    def ms(self) -> int:
        return self._count // _BYTES_PER_MS

    def take(self, chunk: bytes) -> bytes:
        data = self._half + chunk
        whole = len(data) // 2 * 2
        self._half = data[whole:]
        self._count += whole
        return data[:whole]
