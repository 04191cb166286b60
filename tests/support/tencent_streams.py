"""Tencent's real-time recognition on loopback, from its manual alone, on a real WebSocket server.

It truly listens: every 100 ms of samples of one value N are the word `wN`, value 0 is silence and ends a sentence, and
mixed samples are the word `?`. Signatures are checked by its own code, which shares nothing with the plugin's.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from array import array
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from earwitness.request import LiveAudio
from earwitness_tencent._stream import RealtimeDialect
from support.tencent import APP_ID, KEYS, provider, submission

__all__ = ["Line", "LiveServer", "Turn", "dialect", "serving"]

WORD_MS = 100
_KNOWN = {
    "secretid", "timestamp", "expired", "nonce", "engine_model_type", "voice_id", "voice_format", "needvad",
    "filter_dirty", "filter_modal", "filter_punc", "filter_empty_result", "convert_num_mode", "word_info",
    "vad_silence_time", "max_speak_time", "noise_threshold", "hotword_id", "hotword_list", "customization_id",
    "replace_text_id", "input_sample_rate", "emotion_recognition", "reinforce_hotword", "token",
    "speaker_diarization", "result_mod", "sentence_strategy", "enable_speaker_context", "speaker_context_id",
}  # fmt: skip
_NEEDED = {"secretid", "timestamp", "expired", "nonce", "engine_model_type", "voice_id"}


@dataclass
class Turn:
    """What the server does with one connection."""

    status: tuple[int, str] | None = None
    """An HTTP status and its body, in place of a WebSocket."""
    refusal: int | None = None
    """A code in place of the acceptance."""
    silent: bool = False
    """Accepts nothing and refuses nothing."""
    raw: tuple[str | bytes, ...] = ()
    """Messages sent as they are after the acceptance."""
    cut_after_ms: int | None = None
    ending: int | str = "lost"
    """How a cut ends: a code, `lost`, or `clean`."""
    confirms: bool = True
    longest_words: int = 3
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda message: message
    twice: bool = False
    silence_s: float = 15.0
    """Without audio for so long, it is code 4008."""


@dataclass
class Line:
    """What the server saw of one connection."""

    query: dict[str, str]
    audio: bytearray = field(default_factory=bytearray)
    chunks: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    early: int = 0
    """How much audio came before the acceptance."""

    @property
    def rate(self) -> int:
        return 8000 if self.query["engine_model_type"].startswith("8k_") else 16_000

    @property
    def audio_ms(self) -> float:
        return len(self.audio) * 500 / self.rate


class _Cut(Exception):
    pass


@dataclass
class _Refused(Exception):
    code: int


class _Ear:
    """Hears words in samples and makes the vendor's messages of them, in either form."""

    def __init__(self, turn: Turn, line: Line) -> None:
        self._turn, self._line = turn, line
        self._bytes = WORD_MS * line.rate // 500
        self._second = line.query.get("result_mod") == "1"
        self._pcm = bytearray()
        self._at = self._index = 0
        self._words: list[tuple[str, int, int]] = []

    def hear(self, pcm: bytes) -> Iterator[dict[str, Any]]:
        self._pcm += pcm
        while len(self._pcm) >= self._bytes:
            yield from self._word(bytes(self._pcm[: self._bytes]))
            del self._pcm[: self._bytes]

    def rest(self) -> Iterator[dict[str, Any]]:
        if any(self._pcm):  # a word cut in two, which must never come to this in a test
            yield from self._word(bytes(self._pcm))
        yield from self._ended()

    def _word(self, pcm: bytes) -> Iterator[dict[str, Any]]:
        start, self._at = self._at, self._at + WORD_MS
        values = set(array("h", pcm))
        if values == {0}:
            yield from self._ended()
            return
        whole = len(values) == 1 and len(pcm) == self._bytes
        self._words.append((f"w{values.pop()}" if whole else "?", start, self._at))
        if len(self._words) >= self._turn.longest_words:
            yield from self._ended()
        else:
            yield self._message(0 if len(self._words) == 1 else 1)

    def _ended(self) -> Iterator[dict[str, Any]]:
        if self._words:
            yield self._message(2)
            self._words.clear()
            self._index += 1

    def _message(self, stage: int) -> dict[str, Any]:
        words = [{"word": text, "start_time": a, "end_time": b, "stable_flag": 1} for text, a, b in self._words]
        times = {"start_time": self._words[0][1], "end_time": self._words[-1][2]}
        text = " ".join(word[0] for word in self._words)
        if self._second:
            voice = {"speaker_id": self._index % 2 if stage == 2 else -1}
            known = {"sentence": text, "sentence_type": int(stage == 2), "sentence_id": self._index, "words": words}
            return {"sentences": {"sentence_list": [{**known, **times, **voice}]}}
        listed = words if self._line.query.get("word_info", "0") != "0" else []
        known = {"slice_type": stage, "index": self._index, "voice_text_str": text}
        return {"result": {**known, **times, "word_size": len(listed), "word_list": listed}}


@dataclass
class LiveServer:
    """Takes each connection as the next of `turns` says, and as `usual` after the last. `lines` are what it saw."""

    turns: list[Turn] = field(default_factory=list)
    usual: Turn = field(default_factory=Turn)
    most: int = 200
    lines: list[Line] = field(default_factory=list)
    url: str = ""
    host: str = ""
    secret_key: str = KEYS["secret_key"]
    open_now: int = 0
    refused: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """A profile's settings for this server."""
        return {"stream_url": self.url, "app_id": APP_ID, **KEYS}

    def admit(self, path: str) -> tuple[Turn, dict[str, str]]:
        """The turn and the parameters of a connection. Raises _Refused."""
        address, _, query = path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&"))
        signature = unquote_plus(pairs.pop("signature"))
        known = {name: unquote_plus(value) for name, value in pairs.items()}
        if not known.keys() >= _NEEDED or not known.keys() <= _KNOWN or "" in known.values():
            raise _Refused(4001)
        text = f"{self.host}{address}?" + "&".join(f"{name}={known[name]}" for name in sorted(known))
        proof = base64.b64encode(hmac.digest(self.secret_key.encode(), text.encode(), hashlib.sha1)).decode()
        begun, until = int(known["timestamp"]), int(known["expired"])
        fresh = begun < until < begun + 90 * 86_400 and re.fullmatch(r"[1-9]\d{0,9}", known["nonce"])
        used = {line.query["voice_id"] for line in self.lines}
        if signature != proof or not fresh or address != f"/asr/v2/{APP_ID}":
            raise _Refused(4002)
        if known["voice_id"] in used or len(known["voice_id"]) > 128:
            raise _Refused(4001)
        turn = self.turns[len(self.lines)] if len(self.lines) < len(self.turns) else self.usual
        self.lines.append(Line(known))
        return turn, known

    async def handle(self, socket: ServerConnection) -> None:
        """One connection, from its acceptance to its end."""
        assert socket.request is not None
        try:
            turn, line = socket.turn, self.lines[socket.place]  # type: ignore[attr-defined]
            if self.open_now >= self.most:
                self.refused += 1
                raise _Refused(4006)
            self.open_now += 1
            try:
                await _Conversation(socket, turn, line).run()
            finally:
                self.open_now -= 1
        except _Refused as refusal:
            await socket.send(json.dumps({"code": refusal.code, "message": f"失败 {refusal.code}", "voice_id": "v"}))
            await socket.close()
        except (_Cut, ConnectionClosed):
            pass


class _Conversation:
    def __init__(self, socket: ServerConnection, turn: Turn, line: Line) -> None:
        self._socket, self._turn, self._line = socket, turn, line
        self._messages = 0

    async def run(self) -> None:
        turn, line = self._turn, self._line
        if turn.refusal is not None:
            raise _Refused(turn.refusal)
        if turn.silent:
            async for frame in self._socket:
                line.early += len(frame)
        await self._send({})
        for raw in turn.raw:
            await self._socket.send(raw)
        ear = _Ear(turn, line)
        while True:
            try:
                frame = await asyncio.wait_for(self._socket.recv(), turn.silence_s)
            except TimeoutError:
                raise _Refused(4008) from None
            if isinstance(frame, str):
                return await self._asked(ear, frame)
            line.audio += frame
            line.chunks.append(len(frame))
            await self._tell(ear.hear(frame))
            if turn.cut_after_ms is not None and line.audio_ms >= turn.cut_after_ms:
                await self._end()

    async def _asked(self, ear: _Ear, text: str) -> None:
        self._line.texts.append(text)
        if json.loads(text) != {"type": "end"}:
            raise _Refused(4010)
        await self._tell(ear.rest())
        if self._turn.confirms:
            await self._send({"final": 1})
            await self._socket.close()
        else:
            await self._socket.wait_closed()

    async def _end(self) -> None:
        if isinstance(self._turn.ending, int):
            raise _Refused(self._turn.ending)
        if self._turn.ending == "lost":
            self._socket.transport.abort()
        else:
            await self._socket.close()
        raise _Cut

    async def _tell(self, messages: Iterator[dict[str, Any]]) -> None:
        for message in messages:
            for _ in range(1 + self._turn.twice):
                await self._send(self._turn.change(message))

    async def _send(self, body: Mapping[str, Any]) -> None:
        self._messages += 1
        voice = self._line.query["voice_id"]
        head = {"code": 0, "message": "success", "voice_id": voice, "message_id": f"{voice}_{self._messages}"}
        await self._socket.send(json.dumps({**head, **body}, ensure_ascii=False))


@asynccontextmanager
async def serving(*turns: Turn, usual: Turn | None = None, most: int = 200) -> AsyncIterator[LiveServer]:
    """Tencent's real-time recognition at work on a free port of loopback."""
    state = LiveServer(list(turns), usual or Turn(), most)

    def admit(socket: ServerConnection, request: Request) -> Response | None:
        place = len(state.lines)
        try:
            turn, _ = state.admit(request.path)
        except _Refused as refusal:
            turn, place = Turn(refusal=refusal.code), len(state.lines)
            state.lines.append(Line({"voice_id": "", "engine_model_type": "16k_zh"}))
        socket.turn, socket.place = turn, place  # type: ignore[attr-defined]
        if turn.status is None:
            return None
        from websockets.datastructures import Headers

        return Response(turn.status[0], "No", Headers(), turn.status[1].encode())

    async with serve(state.handle, "127.0.0.1", 0, process_request=admit, compression=None, close_timeout=1) as server:
        state.host = f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        state.url = f"ws://{state.host}"
        yield state


def dialect(
    server: LiveServer | None = None, *, vendor: Mapping[str, Any] | None = None, **known: Any
) -> RealtimeDialect:
    """A fresh dialect for this server, as core would get it for a live request with these options."""
    tencent, _ = provider(**(server.settings if server else {}))
    options = {"service": None, "vendor": dict(vendor or {}), **known}
    found = tencent.dialect(submission(tencent, LiveAudio(), **options))
    assert isinstance(found, RealtimeDialect)
    return found
