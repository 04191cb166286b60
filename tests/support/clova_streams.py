"""CLOVA's streaming service on loopback, from its manual alone, on a bare gRPC server with protobuf written by hand.

It truly listens: every 100 ms of samples of one value N are the word `wN`, value 0 is silence and ends a piece, and
mixed samples are the word `?`. What was lost, doubled or misplaced on the way shows in the words and their times.
"""

import asyncio
import json
from array import array
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio

from earwitness.request import LiveAudio
from earwitness_clova._stream import NestDialect
from support.clova import provider, submission

__all__ = ["STREAM_SECRET", "Line", "StreamServer", "Turn", "answer", "dialect", "read_message", "serving"]

STREAM_SECRET = "STREAMKEYMARKER-0123456789"
METHOD = "/com.nbp.cdncp.nest.grpc.proto.v1.NestService/recognize"
WORD_MS = 100
_MS = 32
_EMPTY_EVERY_MS = 400
SUCCESS: dict[str, Any] = {
    "status": "Success",
    "transcription": {"status": "Success"},
    "keywordBoosting": {"status": "Success"},
    "forbidden": {"status": "Success"},
    "semanticEpd": {"status": "Success"},
}


@dataclass
class Turn:
    """What the server does with one stream."""

    refusal: tuple[str, str] | None = None
    """A gRPC status and its text, in place of a stream."""
    config: Mapping[str, Any] | None = field(default_factory=lambda: SUCCESS)
    """The answer to CONFIG; None is none."""
    config_delay_s: float = 0.0
    raw: tuple[Any, ...] = ()
    """Messages sent after the configuration was accepted: envelopes, texts, or bytes as they are."""
    cut_after_ms: int | None = None
    ending: tuple[str, str] | None = None
    """How a cut ends the call: a status and its text; None is a clean end that nobody asked for."""
    acknowledges: bool = True
    deaf: bool = False
    """Stays open when the client has ended its half."""
    longest_words: int = 3
    unvoice_s: float = 10.0
    change: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda piece: piece
    """Makes another piece of each; None leaves it out."""
    twice: bool = False
    """Sends every piece twice."""


@dataclass
class Line:
    """What the server saw of one stream."""

    secret: str
    config: dict[str, Any] = field(default_factory=dict)
    audio: bytearray = field(default_factory=bytearray)
    chunks: list[int] = field(default_factory=list)
    extras: list[dict[str, Any]] = field(default_factory=list)
    early: int = 0
    """How many messages of audio came before the configuration was accepted."""
    half_closed: bool = False
    ended: bool = False

    @property
    def audio_ms(self) -> float:
        return len(self.audio) / _MS


class _Cut(Exception):
    pass


class _Ear:
    """Hears words in samples and makes CLOVA's pieces of them."""

    def __init__(self, turn: Turn, epd: Mapping[str, Any]) -> None:
        self._turn, self._skip = turn, epd.get("skipEmptyText") is True
        self._period = epd.get("usePeriodEpd") is True
        self._pcm = bytearray()
        self._at = self._told = self._silent_since = 0
        self._words: list[tuple[str, int, int]] = []

    def hear(self, pcm: bytes) -> Iterator[dict[str, Any]]:
        self._pcm += pcm
        while len(self._pcm) >= WORD_MS * _MS:
            yield from self._word(bytes(self._pcm[: WORD_MS * _MS]))
            del self._pcm[: WORD_MS * _MS]

    def flush(self, seq_id: int) -> Iterator[dict[str, Any]]:
        rest, self._pcm = bytes(self._pcm), bytearray()
        if any(rest):  # a word cut in two, which must never come to this in a test
            yield from self._word(rest)
        if self._words or not self._skip:
            yield {**self._piece("endPoint"), "epFlag": True, "seqId": seq_id}

    def unvoice(self) -> Iterator[dict[str, Any]]:
        if self._words:
            yield self._piece("unvoice")

    def _word(self, pcm: bytes) -> Iterator[dict[str, Any]]:
        start, self._at = self._at, self._at + len(pcm) // _MS
        values = set(array("h", pcm))
        if values == {0}:
            if self._words:
                yield self._piece("period" if self._period else "gap")
            elif not self._skip and self._at - self._silent_since >= _EMPTY_EVERY_MS:
                yield self._piece("gap")
            return
        whole = len(values) == 1 and len(pcm) == WORD_MS * _MS
        self._words.append((f"w{values.pop()}" if whole else "?", start, self._at))
        if len(self._words) >= self._turn.longest_words:
            yield self._piece("durationThreshold")

    def _piece(self, epd_type: str) -> dict[str, Any]:
        """The words so far as a piece: one blank between two pieces is counted, as if the whole text were one."""
        words, self._words = self._words, []
        tokens: list[dict[str, Any]] = []
        for text, start, end in words:
            tokens += [_token(text, start, end), _token(" ", end, end)]
        text = " ".join(word[0] for word in words)
        if words and epd_type == "period":
            text += "."
            tokens[-1] = _token(".", words[-1][2], words[-1][2])
        position = self._told + 1 if text and self._told else self._told
        self._told = position + len(text)
        start = words[0][1] if words else self._silent_since
        end = words[-1][2] if words else self._at
        self._silent_since = end
        times = {"startTimestamp": start, "endTimestamp": end}
        known = {"text": text, "position": position, "epFlag": False, "seqId": 0, "epdType": epd_type, **times}
        return {**known, "periodPositions": [], "periodAlignIndices": [], "confidence": 0.9, "alignInfos": tokens}


def _token(text: str, start: int, end: int) -> dict[str, Any]:
    return {"word": text, "start": start, "end": end, "confidence": 0.9}


@dataclass
class StreamServer:
    """Takes each stream as the next of `turns` says, and as `usual` after the last. `lines` are what it saw."""

    turns: list[Turn] = field(default_factory=list)
    usual: Turn = field(default_factory=Turn)
    most: int = 15
    lines: list[Line] = field(default_factory=list)
    target: str = ""
    open_now: int = 0
    most_open: int = 0
    refused: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """A profile's settings for this server."""
        return {"stream_secret_key": STREAM_SECRET, "stream_target": self.target, "stream_plaintext": True}

    async def recognize(self, _: Any, context: Any) -> None:
        """One stream, from its metadata to its end."""
        secret = dict(context.invocation_metadata()).get("authorization", "")
        if secret != f"Bearer {STREAM_SECRET}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"bad secret: {secret}")
        if self.open_now >= self.most:
            self.refused += 1
            told = f"Too many channels, the max channel is: {self.most}"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, told)
        turn = self.turns[len(self.lines)] if len(self.lines) < len(self.turns) else self.usual
        line = Line(secret)
        self.lines.append(line)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            if turn.refusal:
                await context.abort(getattr(grpc.StatusCode, turn.refusal[0]), f"{turn.refusal[1]} {secret}".strip())
            await _Conversation(context, turn, line).run()
        except _Cut:
            if turn.ending:
                await context.abort(getattr(grpc.StatusCode, turn.ending[0]), turn.ending[1])
        finally:
            self.open_now -= 1
            line.ended = True


class _Conversation:
    def __init__(self, context: Any, turn: Turn, line: Line) -> None:
        self._context, self._turn, self._line = context, turn, line
        self._accepted = False

    async def run(self) -> None:
        part, body = _request(await self._read())
        if part != "config":
            return await self._send("recognize", {"status": "ConfigRequest did not complete"})
        self._line.config = json.loads(body[1])
        accepting = asyncio.create_task(self._accept())
        try:
            await self._listen()
        finally:
            accepting.cancel()
        if self._turn.deaf:
            while not self._context.done():
                await asyncio.sleep(0.02)
        return None

    async def _accept(self) -> None:
        await asyncio.sleep(self._turn.config_delay_s)
        if self._turn.config is None:
            return
        self._accepted = True
        await self._send("config", dict(self._turn.config))
        for raw in self._turn.raw:
            await self._context.write(raw if isinstance(raw, bytes) else answer(raw))

    async def _listen(self) -> None:
        ear = _Ear(self._turn, self._line.config.get("semanticEpd", {}))
        reading: asyncio.Task[Any] | None = None
        while True:
            reading = reading or asyncio.create_task(self._read())
            done, _ = await asyncio.wait({reading}, timeout=self._turn.unvoice_s)
            if not done:
                await self._tell(ear.unvoice())
                continue
            message, reading = await reading, None
            if message is None:
                self._line.half_closed = True
                return
            await self._data(ear, message)

    async def _data(self, ear: _Ear, message: bytes) -> None:
        part, body = _request(message)
        assert part == "data"
        if not self._accepted:
            self._line.early += 1
            await self._send("recognize", {"status": "ConfigRequest did not complete"})
        chunk, extra = body.get(1, b""), json.loads(body.get(2, b"") or b"{}")
        self._line.audio += chunk
        self._line.chunks.append(len(chunk))
        self._line.extras.append(extra)
        await self._tell(ear.hear(chunk))
        if self._turn.cut_after_ms is not None and self._line.audio_ms >= self._turn.cut_after_ms:
            raise _Cut
        if extra.get("epFlag") and self._turn.acknowledges:
            await self._tell(ear.flush(extra["seqId"]))

    async def _tell(self, pieces: Iterator[dict[str, Any]]) -> None:
        for piece in pieces:
            changed = self._turn.change(piece)
            for _ in range(0 if changed is None else 1 + self._turn.twice):
                await self._send("transcription", changed or {})

    async def _read(self) -> bytes | None:
        message = await self._context.read()
        return message if isinstance(message, bytes) else None

    async def _send(self, kind: str, body: dict[str, Any]) -> None:
        await self._context.write(answer({"uid": "s-1", "responseType": [kind], kind: body}))


def answer(envelope: Any) -> bytes:
    """A NestResponse with this JSON, or with this text."""
    text = envelope if isinstance(envelope, str) else json.dumps(envelope, ensure_ascii=False)
    data = text.encode()
    return b"\x0a" + _varint(len(data)) + data


def read_message(data: bytes) -> dict[int, Any]:
    """The fields of a protobuf message by number: whole numbers, and bytes of all else (protobuf.dev, Encoding)."""
    fields: dict[int, Any] = {}
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        assert key & 7 in (0, 2), "a wire type that no field of the schema has"
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        fields[key >> 3] = value
    return fields


def _request(message: bytes | None) -> tuple[str, dict[int, Any]]:
    """Which part a request has, by the oneof: the type of CONFIG is 0 and so not on the wire."""
    assert message is not None
    fields = read_message(message)
    part, number = ("config", 2) if 2 in fields else ("data", 3)
    assert fields.get(1, 0) == number - 2, "type and part do not agree"
    return part, read_message(fields[number])


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return number, at


@asynccontextmanager
async def serving(*turns: Turn, usual: Turn | None = None, most: int = 15) -> AsyncIterator[StreamServer]:
    """CLOVA's streaming service at work on a free port of loopback."""
    state = StreamServer(list(turns), usual or Turn(), most)
    server = grpc.aio.server()
    service, method = METHOD[1:].split("/")
    handler = grpc.stream_stream_rpc_method_handler(state.recognize)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    state.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield state
    finally:
        await server.stop(0)


def dialect(
    server: StreamServer | None = None, *, vendor: Mapping[str, Any] | None = None, **known: Any
) -> NestDialect:
    """A fresh dialect for this server, as core would get it for a live request with these options."""
    settings = server.settings if server else {"stream_secret_key": STREAM_SECRET}
    clova, _ = provider(**settings)
    found = clova.dialect(submission(clova, LiveAudio(), vendor=dict(vendor or {}), **known))
    assert isinstance(found, NestDialect)
    return found
