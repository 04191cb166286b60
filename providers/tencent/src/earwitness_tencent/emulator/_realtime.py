"""Real-time recognition: a WebSocket whose URL is signed; samples in, sentences out (manual, 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from earwitness.emulation import Fault

from ._conversation import Conversation, Spoilt
from ._engines import STREAM_ENGINES
from ._json import dumped
from ._limits import AtOnce
from ._parameters import STREAM, UrlCall, check, signer, whole_number
from ._refusals import UrlError
from ._samples import Samples
from ._utterances import StreamForm, Utterances

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Realtime"]

LARGEST_FRAME = 1024 * 1024
_LONGEST_LIFE_S = 90 * 86_400
_REQUIRED = ("secretid", "timestamp", "expired", "nonce", "engine_model_type", "voice_id", "signature")


class Realtime:
    """The real-time service of one emulator."""

    def __init__(self, emulator: TencentEmulator) -> None:
        self._emulator = emulator
        self._open = AtOnce()
        self._used: set[str] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from the hand-shake to its end."""
        fault = self._emulator.faults.take("stream")
        call = UrlCall(request.raw_path, request.headers.get("Host", ""))
        if (early := await self._spoilt_early(request, fault)) is not None:
            return early
        try:
            secret_id = self._admitted(call)
            samples = _samples(call)
        except UrlError as refusal:
            return await self._refused(request, call, refusal)
        with self._open.one(secret_id):
            socket = web.WebSocketResponse(max_msg_size=LARGEST_FRAME)
            await socket.prepare(request)
            engine = STREAM_ENGINES[call.get("engine_model_type")]
            ear = self._emulator.hearing.stream(sample_rate=_rate(call), language=engine.language)
            talk = Conversation(self._emulator, socket, ear, samples, Utterances(_form(call)), Spoilt.of(fault))
            try:
                await talk.run(request.transport)
            finally:
                if samples.heard_ms:
                    self._emulator.charge("realtime", call.get("voice_id"), samples.heard_ms)
        return socket

    def _admitted(self, call: UrlCall) -> str:
        """The SecretId. Raises UrlError."""
        check(call, {"timestamp": whole_number, "expired": whole_number}, required=_REQUIRED)
        switches, now = self._emulator.switches, self._emulator.server_now()
        signed, expired = call.number("timestamp"), call.number("expired")
        if not signed < expired < signed + _LONGEST_LIFE_S or expired <= now.timestamp():
            raise UrlError(4002)
        key = signer(call, self._emulator.account, call.get("signature"), now=now, which=switches.signed_host)
        check(call, STREAM, required=(), strict=switches.strict_parameters)
        _fit(call)
        if call.get("voice_id") in self._used:
            raise UrlError(4001, "voice_id")
        if self._open.full(key.secret_id, switches.streams_at_once):
            raise UrlError(4006)
        self._used.add(call.get("voice_id"))
        return key.secret_id

    async def _spoilt_early(self, request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
        """What the fault script does before the hand-shake."""
        if fault is None:
            return None
        if fault.kind == "delay":
            await self._emulator.clock.sleep(float(str(fault.value)))
        elif fault.kind == "status":
            return web.Response(status=int(str(fault.value)))
        elif fault.kind == "drop":
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        return None

    async def _refused(self, request: web.Request, call: UrlCall, refusal: UrlError) -> web.StreamResponse:
        answer = Utterances(StreamForm(call.get("voice_id"))).envelope(refusal.code, refusal.message)
        if self._emulator.switches.refused_stream == "status":
            return web.Response(body=dumped(answer), status=400, content_type="application/json")
        socket = web.WebSocketResponse(max_msg_size=LARGEST_FRAME)
        await socket.prepare(request)
        await socket.send_str(dumped(answer).decode())
        await socket.close()
        return socket


def _fit(call: UrlCall) -> None:
    """Refuses parameters that do not go together. Raises UrlError."""
    engine = STREAM_ENGINES[call.get("engine_model_type")]
    if call.number("emotion_recognition") and not call.number("needvad"):
        raise UrlError(4001, "emotion_recognition")
    if call.number("word_info") == 100 and engine.name != "16k_zh_en":
        raise UrlError(4001, "word_info")
    second = call.number("result_mod") == 1 and call.number("sentence_strategy") == 1
    if engine.second and not second:
        raise UrlError(4001, "engine_model_type")


def _rate(call: UrlCall) -> int:
    return call.number("input_sample_rate", STREAM_ENGINES[call.get("engine_model_type")].sample_rate)


def _samples(call: UrlCall) -> Samples:
    return Samples(call.number("voice_format", 4), _rate(call))


def _form(call: UrlCall) -> StreamForm:
    second = STREAM_ENGINES[call.get("engine_model_type")].second
    return StreamForm(
        call.get("voice_id"),
        pauses=second or call.number("needvad") == 1,
        level=call.number("word_info"),
        punctuation=call.number("filter_punc"),
        second=second,
        speakers=second and call.number("speaker_diarization") == 1,
    )
