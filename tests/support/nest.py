"""The streaming service of CLOVA for tests: a bare gRPC client from the manual alone, and an ear that truly listens.

The client writes protobuf's wire format by hand (protobuf.dev, "Encoding"), so that neither the emulator's nor the
plugin's reading of the schema is taken for granted.
"""

import asyncio
import json
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from earwitness.emulation import BillingLog, Clock, Event, Fault, Faults, Hearing
from earwitness.errors import EarwitnessError
from earwitness.models import Interim, Segment, Transcript, Word
from earwitness.streaming import Final, Settled
from earwitness_clova.emulator._nest_server import NestServer
from earwitness_clova.emulator._nest_switches import StreamSwitches

__all__ = [
    "CONFIG",
    "SECRET",
    "BareStream",
    "Nest",
    "SampleHearing",
    "bare",
    "config",
    "data",
    "read_contents",
    "serving",
]

SECRET = "STREAMKEYMARKER-0123456789"
METHOD = "/com.nbp.cdncp.nest.grpc.proto.v1.NestService/recognize"
CONFIG: dict[str, Any] = {
    "transcription": {"language": "ko"},
    "semanticEpd": {
        "skipEmptyText": True,
        "useWordEpd": False,
        "usePeriodEpd": False,
        "gapThreshold": 300,
        "durationThreshold": 0,
        "syllableThreshold": 0,
    },
}
_WAIT_S = 60.0
_WORD_BYTES = 3200


def config(text: str) -> bytes:
    """A CONFIG: its enum value is 0 and so not on the wire."""
    return _field(2, _field(1, text.encode()))


def data(chunk: bytes, extra: str = "") -> bytes:
    """A DATA."""
    return b"\x08\x01" + _field(3, _field(1, chunk) + _field(2, extra.encode()))


def read_contents(message: bytes) -> str:
    """The text of a NestResponse, whose only field is number 1."""
    assert message[:1] == b"\x0a"
    size, at = _varint(message, 1)
    assert at + size == len(message)
    return message[at:].decode()


def _field(number: int, value: bytes) -> bytes:
    if not value:
        return b"" if number == 1 else bytes([number << 3 | 2, 0])
    size, length = bytearray(), len(value)
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes([number << 3 | 2, *size, length]) + value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if message[at - 1] < 128:
            return value, at


class BareStream:
    """One call of `recognize`."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self._answers = aiter(call)

    async def send(self, message: bytes) -> None:
        """Sends a message as it is."""
        await self.call.write(message)

    async def configure(self, asked: Mapping[str, Any] | str = CONFIG) -> dict[str, Any]:
        """Sends this CONFIG and returns the answer."""
        await self.send(config(asked if isinstance(asked, str) else json.dumps(asked)))
        return await self.answer()

    async def say(self, pcm: bytes, extra: Mapping[str, Any] | str = "") -> None:
        """Sends a DATA."""
        await self.send(data(pcm, extra if isinstance(extra, str) else json.dumps(extra)))

    async def flush(self, number: int = 1, pcm: bytes = b"") -> list[dict[str, Any]]:
        """Asks for a flush and returns the transcriptions up to the one that answers it."""
        await self.say(pcm, {"seqId": number, "epFlag": True})
        pieces = [await self.piece()]
        while not pieces[-1]["epFlag"]:
            pieces.append(await self.piece())
        return pieces

    async def contents(self) -> str:
        """The text of the next answer."""
        async with asyncio.timeout(_WAIT_S):
            return read_contents(await anext(self._answers))

    async def answer(self) -> dict[str, Any]:
        """The next answer."""
        told: dict[str, Any] = json.loads(await self.contents())
        assert told["uid"]
        return told

    async def piece(self) -> dict[str, Any]:
        """The next answer, a transcription."""
        told = await self.answer()
        assert told["responseType"] == ["transcription"]
        body: dict[str, Any] = told["transcription"]
        return body

    async def end(self) -> tuple[list[dict[str, Any]], str, str]:
        """After our half-close: the answers still to come, and the status with its text."""
        await self.call.done_writing()
        return await self.ended()

    async def ended(self) -> tuple[list[dict[str, Any]], str, str]:
        """The answers still to come, and the status with its text."""
        rest: list[dict[str, Any]] = []
        async with asyncio.timeout(_WAIT_S):
            with suppress(grpc.RpcError):
                async for message in self._answers:
                    rest.append(json.loads(read_contents(message)))  # noqa: PERF401  an error keeps what came before
            code, text = await self.call.code(), await self.call.details()
        return rest, code.name, text or ""


@dataclass
class Nest:
    """A running streaming server and what belongs to it."""

    server: NestServer
    port: int
    clock: Clock
    faults: Faults
    billing: BillingLog

    @property
    def target(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(
    hearing: Hearing, *, faults: Sequence[Fault] = (), scale: float = 0.0, secret: str = SECRET, **switches: Any
) -> AsyncIterator[Nest]:
    """A server that hears so; its clock stands still unless `scale` is given."""
    clock, script, billing = Clock(scale=scale), Faults(faults), BillingLog()
    server = NestServer(
        hearing, clock=clock, faults=script, billing=billing, switches=StreamSwitches(**switches), secret=secret
    )
    port = await server.start("127.0.0.1", 0)
    try:
        yield Nest(server, port, clock, script, billing)
    finally:
        await server.stop()
        await hearing.aclose()


@asynccontextmanager
async def bare(nest: Nest, *, metadata: Sequence[tuple[str, str]] | None = None) -> AsyncIterator[BareStream]:
    """A stream on a connection of its own, with the right secret unless other metadata is given."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    channel = grpc.aio.insecure_channel(nest.target, options=options)
    known = (("authorization", f"Bearer {SECRET}"),) if metadata is None else tuple(metadata)
    call = channel.stream_stream(METHOD)(metadata=known)
    try:
        yield BareStream(call)
    finally:
        call.cancel()
        # What is still under way would fail noisily once the loop is closed.
        await call.code()
        await channel.close()


@dataclass
class SampleHearing:
    """Hears samples as `support.streams.speech` makes them: 100 ms of value N are the word `wN`, 0 is silence.

    A silent 100 ms ends a sentence. What was lost, doubled or moved on the way so shows in words and times.
    """

    settles: bool = True
    """Tells which silence is settled."""
    guesses: bool = False
    feeding: Callable[[], None] = lambda: None
    """Called whenever one of its ears is fed."""
    failure: EarwitnessError | None = None
    """What it ends with, at once."""
    languages: list[str | None] = field(default_factory=list)
    ears: list["_SampleEar"] = field(default_factory=list)

    async def transcribe(self, audio: Path, *, language: str | None = None) -> Transcript:
        """Streams are its only business."""
        raise NotImplementedError

    def stream(self, *, sample_rate: int, language: str | None = None) -> "_SampleEar":
        assert sample_rate == 16_000
        self.languages.append(language)
        self.ears.append(_SampleEar(self))
        return self.ears[-1]

    async def aclose(self) -> None:
        return None


class _SampleEar:
    def __init__(self, hearing: SampleHearing) -> None:
        self._hearing = hearing
        self._pcm = b""
        self._at = 0
        self._sentence: list[Word] = []
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.fed: list[int] = []
        """The lengths of what was fed."""
        self.closed = False

    async def feed(self, pcm: bytes) -> None:
        assert len(pcm) % 2 == 0
        self.fed.append(len(pcm))
        self._hearing.feeding()
        self._pcm += pcm
        while len(self._pcm) >= _WORD_BYTES:
            block, self._pcm = array("h", self._pcm[:_WORD_BYTES]), self._pcm[_WORD_BYTES:]
            self._at += 100
            value = block[0] if len(set(block)) == 1 else "?"
            if value:
                self._sentence.append(Word(f"w{value}", self._at - 100, self._at, 0.5))
                if self._hearing.guesses:
                    self._events.put_nowait(Interim("...", self._sentence[0].start_ms))
            else:
                self._end_sentence()
                if self._hearing.settles:
                    self._events.put_nowait(Settled(self._at))

    async def flush(self) -> None:
        self._end_sentence()
        self._events.put_nowait(Settled(self._at + len(self._pcm) // 32))

    async def finish(self) -> None:
        await self.flush()
        self._events.put_nowait(None)

    async def aclose(self) -> None:
        self.closed = True
        self._events.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        if self._hearing.failure is not None:
            raise self._hearing.failure
        while (event := await self._events.get()) is not None:
            yield event

    def _end_sentence(self) -> None:
        words, self._sentence = tuple(self._sentence), []
        if words:
            segment = Segment(" ".join(w.text for w in words), words[0].start_ms, words[-1].end_ms, words)
            self._events.put_nowait(Final(segment, words[-1].end_ms or 0))
