"""Two small streaming vendors on loopback, one over WebSocket and one over gRPC, and their dialects.

They truly listen: every 100 ms of samples of one value N are the word `wN`, value 0 is silence and ends a sentence, and
mixed samples are the word `?`. So what was lost, doubled or misplaced on the way shows in the words and their times.
"""

import asyncio
import json
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import grpc
import grpc.aio
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from earwitness.errors import EarwitnessError, InvalidRequestError, RateLimitedError, UnavailableError
from earwitness.models import Interim, Notice, Segment, Word
from earwitness.streaming import Dial, Dialect, Final, Frame, Settled

__all__ = [
    "METHOD",
    "RATE",
    "SECRET",
    "WIRES",
    "WORD_MS",
    "Act",
    "GrpcDialect",
    "TickingClock",
    "Vendor",
    "WebSocketDialect",
    "expected_words",
    "live",
    "running",
    "speech",
]

RATE = 16_000
WORD_MS = 100
SECRET = "MARKER-very-secret-0123456789"
METHOD = "/test.Ear/listen"
_MS = RATE * 2 // 1000


def speech(values: Sequence[int], *, rate: int = RATE) -> bytes:
    """100 ms of samples for each value."""
    return b"".join(array("h", [value]).tobytes() * (rate * WORD_MS // 1000) for value in values)


def expected_words(values: Sequence[int]) -> list[tuple[str, int, int]]:
    """What must be heard in `speech(values)`, with times."""
    return [(f"w{v}", i * WORD_MS, (i + 1) * WORD_MS) for i, v in enumerate(values) if v]


async def live(
    pcm: bytes, *, block: int = 3_000, pause: Callable[[int], Awaitable[None]] | None = None
) -> AsyncIterator[bytes]:
    """The samples in blocks; `pause` is awaited before each, with the bytes given so far."""
    for start in range(0, len(pcm), block):
        if pause is not None:
            await pause(start)
        yield pcm[start : start + block]


class TickingClock:
    """A clock that stands still but for its sleeps, which take no time."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=self.time)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Act:
    """What the vendor does with one connection."""

    refusal: int | str | None = None
    """An HTTP status in place of the WebSocket, or a gRPC code in place of the stream."""
    ready: bool = True
    reads: bool = True
    cut_after_ms: int | None = None
    """Ends the connection when it has read so much audio; `ending` says how."""
    cut_at_finish: bool = False
    ending: str = "lost"
    """lost, clean, error (retryable), busy (rate limited), wrong (not retryable), `final` unasked, UNAUTHENTICATED."""
    ack: bool = True
    deaf: bool = False
    """Does not notice that nothing more comes."""
    last_words: bool = False
    """Flushes only once nothing more comes, not when it is asked to."""
    ack_delay_s: float = 0.0
    raw: tuple[bytes | str, ...] = ()
    """Frames sent as they are, as soon as the stream is ready."""
    longest_sentence: int = 3
    settles: bool = False
    """Tells that silence has been listened to."""
    babble: bool = False
    """Talks without end and without being asked."""


@dataclass
class Line:
    """What the vendor saw of one connection."""

    secret: str = ""
    audio_ms: float = 0.0
    finished: bool = False
    said: int = 0
    goodbye: bool = False
    ended: bool = False
    after_finish: int = 0


class _Cut(Exception):
    pass


class _Wire(Protocol):
    async def receive(self) -> bytes | str | None: ...
    async def send(self, message: dict[str, Any] | bytes | str) -> None: ...
    async def cut(self) -> None: ...
    async def hang_up(self) -> None: ...
    async def lost(self) -> None: ...
    async def refuse(self) -> None: ...


class _Ear:
    """Hears words in samples and groups them into sentences."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pcm = bytearray()
        self._at = 0
        self._sentence: list[tuple[str, int, int]] = []

    def hear(self, pcm: bytes) -> list[dict[str, Any]]:
        self._pcm += pcm
        told: list[dict[str, Any]] = []
        size = WORD_MS * _MS
        while len(self._pcm) >= size:
            told += self._word(bytes(self._pcm[:size]))
            del self._pcm[:size]
        return told

    def flush(self) -> list[dict[str, Any]]:
        rest, self._pcm = bytes(self._pcm), bytearray()
        # A fragment is a word cut in two: it must never come to this in a test.
        tail = self._word(rest) if any(rest) else []
        return tail + self._final()

    def _word(self, pcm: bytes) -> list[dict[str, Any]]:
        start, self._at = self._at, self._at + len(pcm) // _MS
        values = set(array("h", pcm))
        if values == {0}:
            return self._final() or [{"settled": self._at}]
        text = f"w{values.pop()}" if len(values) == 1 and len(pcm) == WORD_MS * _MS else "?"
        self._sentence.append((text, start, self._at))
        if len(self._sentence) >= self._longest:
            return self._final()
        return [{"interim": " ".join(word[0] for word in self._sentence), "start": self._sentence[0][1]}]

    def _final(self) -> list[dict[str, Any]]:
        words, self._sentence = self._sentence, []
        return [{"words": words, "heard": words[-1][2]}] if words else []


@dataclass
class Vendor:
    """Acts on each connection in turn as `acts` say; after the last of them it behaves well."""

    acts: list[Act] = field(default_factory=list)
    usual: Act = field(default_factory=Act)
    lines: list[Line] = field(default_factory=list)
    target: str = ""

    def next_line(self, secret: str) -> tuple[Act, Line]:
        act = self.acts[len(self.lines)] if len(self.lines) < len(self.acts) else self.usual
        self.lines.append(Line(secret))
        return act, self.lines[-1]

    async def converse(self, wire: _Wire, act: Act, line: Line) -> None:
        """One stream, from its first frame to its end."""
        ear = _Ear(act.longest_sentence)
        if act.ready:
            await wire.send({"ready": True, "warning": "profanity filter is off"})
        for raw in act.raw:
            await wire.send(raw)
        while act.babble:
            line.said += 1
            await wire.send({"interim": "blah " * 200, "start": 0})
        if not act.reads:
            await wire.lost()
        while (frame := await wire.receive()) is not None:
            if line.finished:
                line.after_finish += 1
            if frame in {"finish", b"F"}:
                line.finished = True
                if act.cut_at_finish:
                    await self._end(wire, act)
                if not act.last_words:
                    await self._tell(wire, line, ear.flush(), act)
                await asyncio.sleep(act.ack_delay_s)
                if act.ack:
                    await wire.send({"end": True})
                continue
            pcm = frame if isinstance(wire, _OverWebSocket) else frame[1:]
            assert isinstance(pcm, bytes)
            line.audio_ms += len(pcm) / _MS
            await self._tell(wire, line, ear.hear(pcm), act)
            if act.cut_after_ms is not None and line.audio_ms >= act.cut_after_ms:
                await self._end(wire, act)
        if act.last_words:
            await self._tell(wire, line, ear.flush(), act)
        if act.deaf:
            await wire.lost()
        line.goodbye = True

    async def _tell(self, wire: _Wire, line: Line, events: list[dict[str, Any]], act: Act) -> None:
        for event in events:
            if "settled" not in event or act.settles:
                line.said += 1
                await wire.send(event)

    async def _end(self, wire: _Wire, act: Act) -> None:
        if act.ending == "lost":
            await wire.cut()
        elif act.ending == "UNAUTHENTICATED":
            await wire.refuse()
        elif act.ending != "clean":
            await wire.send({"end": True} if act.ending == "final" else {"error": act.ending})
        await wire.hang_up()
        raise _Cut


class _OverWebSocket:
    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def receive(self) -> bytes | str | None:
        try:
            return await self._socket.recv()
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                raise _Cut from None
            return None

    async def send(self, message: dict[str, Any] | bytes | str) -> None:
        frame = json.dumps(message) if isinstance(message, dict) else message
        # A frame of bytes that pretends to be text is how garbage comes.
        await self._socket.send(frame, text=True if isinstance(frame, bytes) else None)

    async def cut(self) -> None:
        self._socket.transport.abort()

    async def lost(self) -> None:
        await self._socket.wait_closed()

    async def refuse(self) -> None:
        await self._socket.close(1008, "bad secret")

    async def hang_up(self) -> None:
        closing = asyncio.create_task(self._socket.close())
        # The other side's answer comes after the audio that is still on its way.
        with suppress(ConnectionClosed):
            while True:
                await self._socket.recv()
        await closing


class _OverGrpc:
    def __init__(self, context: Any) -> None:
        self._context = context

    async def receive(self) -> bytes | str | None:
        frame = await self._context.read()
        return frame if isinstance(frame, bytes) else None

    async def send(self, message: dict[str, Any] | bytes | str) -> None:
        frame = json.dumps(message) if isinstance(message, dict) else message
        await self._context.write(frame.encode() if isinstance(frame, str) else frame)

    async def cut(self) -> None:
        await self._context.abort(grpc.StatusCode.UNAVAILABLE, "stream reset")

    async def refuse(self) -> None:
        await self._context.abort(grpc.StatusCode.UNAUTHENTICATED, "bad secret")

    async def lost(self) -> None:
        while not self._context.done():
            await asyncio.sleep(0.05)

    async def hang_up(self) -> None:
        """The call ends by returning."""


@asynccontextmanager
async def _websocket(vendor: Vendor) -> AsyncIterator[None]:
    turns: dict[ServerConnection, tuple[Act, Line]] = {}

    def admit(socket: ServerConnection, request: Request) -> Response | None:
        turns[socket] = act, _ = vendor.next_line(request.headers.get("authorization", ""))
        if act.refusal is None:
            return None
        headers = Headers({"Retry-After": "7", "Location": "wss://elsewhere.test/"})
        return Response(int(act.refusal), "No", headers, f"no entry with {request.path}".encode())

    async def handle(socket: ServerConnection) -> None:
        act, line = turns[socket]
        try:
            await vendor.converse(_OverWebSocket(socket), act, line)
        except (_Cut, ConnectionClosed):
            pass
        finally:
            line.ended = True

    async with serve(handle, "127.0.0.1", 0, process_request=admit, compression=None, close_timeout=0.5) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        vendor.target = f"ws://127.0.0.1:{port}/v2/app?signature={SECRET}"
        yield


@asynccontextmanager
async def _grpc(vendor: Vendor) -> AsyncIterator[None]:
    async def handle(_: Any, context: Any) -> None:
        metadata = dict(context.invocation_metadata())
        act, line = vendor.next_line(metadata.get("authorization", ""))
        if act.refusal is not None:
            await context.abort(
                getattr(grpc.StatusCode, str(act.refusal)), f"no entry with {metadata['authorization']}"
            )
        try:
            if await context.read() != b"Cconfig":
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "ConfigRequest did not complete")
            await vendor.converse(_OverGrpc(context), act, line)
        except _Cut:
            pass
        finally:
            line.ended = True

    server = grpc.aio.server()
    service, method = METHOD[1:].split("/")
    handler = grpc.method_handlers_generic_handler(service, {method: grpc.stream_stream_rpc_method_handler(handle)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    vendor.target = f"127.0.0.1:{port}"
    try:
        yield
    finally:
        await server.stop(0)


class _WordsDialect(Dialect):
    """What the two vendors' dialects have in common: JSON from the vendor."""

    ready = False
    ended = False

    sample_rate = RATE
    chunk_ms = 40
    pace = float("inf")
    means: type[EarwitnessError] | None = None
    terms: dict[str, Any]

    def __init__(self, vendor: Vendor, **terms: Any) -> None:
        self.target = vendor.target
        for name in ("chunk_ms", "means", "pace", "sample_rate"):
            if name in terms:
                setattr(self, name, terms.pop(name))
        self.terms = terms

    def received(self, frame: Frame) -> list[Interim | Final | Settled | Notice]:
        message = json.loads(frame)
        if "error" in message:
            raise _error(message["error"])
        self.ready = self.ready or "ready" in message
        self.ended = "end" in message
        if "warning" in message:
            return [Notice("vendor_warning", message["warning"])]
        if "interim" in message:
            return [Interim(message["interim"], message["start"])]
        if "settled" in message:
            return [Settled(message["settled"])]
        return [_final(message)] if "words" in message else []

    def meaning(self, error: EarwitnessError) -> EarwitnessError:
        return self.means("The vendor means this") if self.means else error


class WebSocketDialect(_WordsDialect):
    """Samples in binary messages, the end in a text; the vendor speaks first."""

    def dial(self, now: datetime) -> Dial:
        return Dial("websocket", self.target, headers={"Authorization": f"Bearer {SECRET}"}, **self.terms)

    def opened(self) -> list[Frame]:
        return []

    def audio(self, pcm: bytes) -> list[Frame]:
        return [pcm]

    def finish(self) -> list[Frame]:
        return ["finish"]


class GrpcDialect(_WordsDialect):
    """A letter before every message; the first one is a configuration."""

    def dial(self, now: datetime) -> Dial:
        headers = {"authorization": f"Bearer {SECRET}"}
        return Dial("grpc", self.target, method=METHOD, headers=headers, **{"plaintext": True, **self.terms})

    def opened(self) -> list[Frame]:
        return [b"Cconfig"]

    def audio(self, pcm: bytes) -> list[Frame]:
        return [b"A" + pcm]

    def finish(self) -> list[Frame]:
        return [b"F"]


def _final(message: dict[str, Any]) -> Final:
    words = tuple(Word(text, start, end) for text, start, end in message["words"])
    text = " ".join(word.text for word in words)
    return Final(Segment(text, words[0].start_ms, words[-1].end_ms, words), message["heard"])


def _error(kind: str) -> EarwitnessError:
    if kind == "busy":
        return RateLimitedError("Too many streams", vendor_code="4006")
    if kind == "wrong":
        return InvalidRequestError("A parameter is wrong", vendor_code="4001")
    return UnavailableError("The vendor is overloaded", vendor_code="5000")


WIRES: dict[str, tuple[Callable[[Vendor], Any], Callable[..., Dialect]]] = {
    "websocket": (_websocket, WebSocketDialect),
    "grpc": (_grpc, GrpcDialect),
}


@asynccontextmanager
async def running(
    wire: str, *acts: Act, usual: Act | None = None
) -> AsyncIterator[tuple[Vendor, Callable[..., Dialect]]]:
    """A vendor on this wire, and what makes a fresh dialect for it."""
    vendor = Vendor(list(acts), usual or Act())
    server, dialect = WIRES[wire]
    async with server(vendor):
        yield vendor, lambda **terms: dialect(vendor, **terms)
