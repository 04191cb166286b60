"""The short service over HTTP: one sentence in, its text out (manual, 3)."""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from earwitness.emulation import receive_body
from earwitness.errors import AudioTooLargeError, BadAudioError, EarwitnessError

from ._assessment import assessment
from ._audio import SHORT_CONTAINERS, Sound, sound_of
from ._long import KEY_HEADER
from ._refusals import ShortRefusedError, as_json, short_refusal

if TYPE_CHECKING:
    from ._server import ClovaEmulator

__all__ = ["BLOCK_S", "ShortService"]

log = logging.getLogger(__name__)

BLOCK_S = 15
"""What is billed, in whole blocks (3.2)."""

TAGS: Mapping[str, str] = {"Kor": "ko-KR", "Eng": "en-US", "Jpn": "ja-JP", "Chn": "zh-CN"}
_ASSESSED = ("Kor", "Eng")


class ShortService:
    """`POST /recog/v1/stt`."""

    def __init__(self, emulator: ClovaEmulator) -> None:
        self._emulator, self._switches = emulator, emulator.switches
        self._key = emulator.secrets.short_secret_key.encode()

    async def recognize(self, request: web.Request) -> web.StreamResponse:
        """The text of the sentence in the body."""
        path: Path | None = None
        try:
            self._check(request)
            path, length = await self._received(request)
            sound = await self._sound(path, length)
            return as_json(await self._heard(sound, request.query))
        except ShortRefusedError as refusal:
            return short_refusal(refusal.code, self._switches)
        finally:
            if path is not None:
                await asyncio.to_thread(shutil.rmtree, path.parent, ignore_errors=True)

    def refuse(self, code: str) -> web.Response:
        """The refusal of this code, for the fault script."""
        return short_refusal(code, self._switches)

    def _check(self, request: web.Request) -> None:
        """What can be told before the body is read: secret, content type, language."""
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._key):
            raise ShortRefusedError("401")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/octet-stream":
            raise ShortRefusedError("STT002")
        language = request.query.get("lang", "")
        if language not in TAGS:
            raise ShortRefusedError("STT005" if language else "STT004")

    async def _received(self, request: web.Request) -> tuple[Path, int]:
        try:
            return await receive_body(
                request, self._emulator.scratch, limit=self._switches.short_limit_bytes, name="sentence"
            )
        except AudioTooLargeError:
            raise ShortRefusedError("STT000") from None

    async def _sound(self, path: Path, length: int) -> Sound:
        if length == 0:
            raise ShortRefusedError("STT003")
        try:
            sound = await sound_of(path, SHORT_CONTAINERS)
        except BadAudioError:
            raise ShortRefusedError("STT006") from None
        if sound.seconds > self._switches.short_limit_s:
            raise ShortRefusedError("STT001")
        if sound.seconds < self._switches.short_least_s:
            raise ShortRefusedError("STT007")
        return sound

    async def _heard(self, sound: Sound, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer, and what it costs. Raises ShortRefusedError where the engine fails."""
        try:
            heard = await self._emulator.hearing.transcribe(sound.path, language=TAGS[query["lang"]])
        except BadAudioError:
            raise ShortRefusedError("STT006") from None
        except EarwitnessError as error:
            log.error("the CLOVA emulator could not listen: %s", error)
            raise ShortRefusedError("STT998") from None
        billed = math.ceil(sound.seconds / BLOCK_S) * BLOCK_S
        self._emulator.billing.charge(
            time=self._emulator.clock.now(), operation="short", token=secrets.token_hex(16), billed_s=billed
        )
        answer = {"text": " ".join(one.text for one in heard.segments), "quota": billed}
        if query.get("assessment", "").lower() != "true" or query["lang"] not in _ASSESSED:
            return answer
        graph = query.get("graph", "").lower() == "true"
        scored = await asyncio.to_thread(assessment, heard, sound.path, query.get("utterance", ""), graph)
        return {**answer, **scored}
