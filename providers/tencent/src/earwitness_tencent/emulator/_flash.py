"""Flash recognition: a whole file in the body, its transcript in the answer (manual, 9)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import web

from earwitness.emulation import receive_body
from earwitness.errors import AudioTooLargeError

from ._audio import FORMATS, Heard, UnheardError, Wanted, hear, workroom
from ._engines import ENGINES
from ._json import dumped
from ._limits import AtOnce
from ._parameters import FLASH, UrlCall, check, signer, whole_number
from ._refusals import UrlError
from ._sentences import Wishes, sentences_of
from ._wire import flash_sentences, joined

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Flash"]

LARGEST_FILE = 100 * 1024 * 1024
LONGEST_MS = 2 * 3600 * 1000
_TOLERANCE_S = 180
_REQUIRED = ("engine_type", "voice_format")
_CODES = {"long": 4011, "large": 4011, "recognition": 5002, "other": 5002}
_UNDECODED = 4007


class Flash:
    """The flash service of one emulator."""

    def __init__(self, emulator: TencentEmulator) -> None:
        self._emulator = emulator
        self._open = AtOnce()
        self.handle = emulator.faulty("flash", self._handled, refuse=self._refusal)

    async def _handled(self, request: web.Request) -> web.StreamResponse:
        request_id = secrets.token_hex(12)
        try:
            return self._response(request_id, await self._answer(request, request_id))
        except UrlError as refusal:
            return self._refused(request_id, refusal)

    async def _answer(self, request: web.Request, request_id: str) -> dict[str, Any]:
        call = UrlCall(request.raw_path, request.headers.get("Host", ""))
        secret_id = self._admitted(call, request.headers.get("Authorization", ""))
        engine = ENGINES[call.get("engine_type")]
        switches = self._emulator.switches
        key = f"{secret_id} {engine.large}"
        if self._open.full(key, switches.flash_large_at_once if engine.large else switches.flash_at_once):
            raise UrlError(4006)
        with self._open.one(key):
            heard = await self._heard(request, call)
        self._emulator.charge("flash", request_id, heard.duration_ms * len(heard.channels))
        return {"code": 0, "message": "", "audio_duration": heard.duration_ms, "flash_result": _channels(call, heard)}

    def _admitted(self, call: UrlCall, signature: str) -> str:
        """The SecretId. Raises UrlError."""
        for name in ("secretid", "timestamp"):
            if not call.get(name):
                raise UrlError(4001, name)
        now = self._emulator.server_now()
        timestamp = call.get("timestamp")
        if not whole_number(timestamp) or abs(now.timestamp() - int(timestamp)) > _TOLERANCE_S:
            raise UrlError(4002)
        switches = self._emulator.switches
        key = signer(call, self._emulator.account, signature, now=now, method="POST", which=switches.signed_host)
        check(call, FLASH, required=_REQUIRED, strict=switches.strict_parameters)
        return key.secret_id

    async def _heard(self, request: web.Request, call: UrlCall) -> Heard:
        if (request.content_length or 0) > LARGEST_FILE:
            raise UrlError(4011)
        async with workroom(self._emulator.scratch) as folder:
            try:
                path, length = await receive_body(request, folder, limit=LARGEST_FILE)
                if not length:
                    raise UrlError(4012)
                return await hear(self._emulator.hearing, path, _wanted(call))
            except AudioTooLargeError:
                raise UrlError(4011) from None
            except UnheardError as unheard:
                raise UrlError(_CODES.get(unheard.why, _UNDECODED)) from None

    def _refusal(self, code: str) -> web.Response:
        return self._refused(secrets.token_hex(12), UrlError(int(code) if code.isdigit() else 5002))

    def _refused(self, request_id: str, refusal: UrlError) -> web.Response:
        nothing = {"audio_duration": 0, "flash_result": None}
        return self._response(request_id, {"code": refusal.code, "message": refusal.message, **nothing})

    def _response(self, request_id: str, answer: dict[str, Any]) -> web.Response:
        body = dumped({"request_id": request_id, **answer})
        headers = {"Content-Type": "application/json", "Date": self._emulator.http_date()}
        return web.Response(body=body, headers=headers)


def _wanted(call: UrlCall) -> Wanted:
    engine = ENGINES[call.get("engine_type")]
    form = call.get("voice_format")
    return Wanted(
        engine,
        FORMATS[form],
        "first" if call.number("first_channel_only", 1) else "all",
        pcm_rate=call.number("input_sample_rate", engine.sample_rate) if form == "pcm" else None,
        limit_ms=LONGEST_MS,
    )


def _channels(call: UrlCall, heard: Heard) -> list[dict[str, Any]]:
    level = call.number("word_info")
    wishes = Wishes(
        voices="speakers" if call.number("speaker_diarization") else "none",
        punctuation=call.number("filter_punc"),
        cut=level == 3,
        max_chars=call.number("sentence_max_length"),
    )
    told = [sentences_of(transcript, wishes) for transcript in heard.channels]
    return [
        {"channel_id": number, "text": joined(one), "sentence_list": flash_sentences(one, level)}
        for number, one in enumerate(told)
    ]
