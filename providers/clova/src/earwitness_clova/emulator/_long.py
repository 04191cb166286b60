"""The long service over HTTP: three ways in, one question about a job (manual, 2). Checked in the vendor's order."""

from __future__ import annotations

import hmac
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from aiohttp import web

from earwitness.emulation import FormPart, ObjectFolder, fetch_file, receive_form
from earwitness.errors import AudioTooLargeError, BadAudioError, InvalidRequestError, UnavailableError

from ._audio import CONTAINERS, Sound, sound_of
from ._jobs import Ending, Job, Jobs, discard
from ._params import Asked, Way, read_params
from ._refusals import BAD_PARAMETER, RefusedError, as_json, long_answer, long_refusal

if TYPE_CHECKING:
    from ._server import ClovaEmulator

__all__ = ["KEY_HEADER", "LongService"]

KEY_HEADER = "X-CLOVASPEECH-API-KEY"
_BOUNDARY = re.compile(r"multipart/form-data;.*\bboundary=", re.IGNORECASE)
_WAYS: tuple[Way, ...] = get_args(Way)


class LongService:
    """Everything below the Invoke URL."""

    def __init__(self, emulator: ClovaEmulator) -> None:
        self._emulator, self._switches = emulator, emulator.switches
        storage = ObjectFolder(emulator.folder) if emulator.folder is not None else None
        root = self._switches.recognition_path.strip("/")
        self._objects = ObjectFolder(emulator.folder / root) if emulator.folder is not None else None
        self.jobs = Jobs(emulator, storage)
        self._key = emulator.secrets.secret_key.encode()

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """`POST /recognizer/{way}`: the transcript, or a token."""
        folder = Path(tempfile.mkdtemp(dir=self._emulator.scratch))
        try:
            way = _way(request)
            self._check_key(request)
            asked, path = await (self._uploaded(request, folder) if way == "upload" else self._named(request, way))
            sound = None if path is None else await self._sound(asked, path)
            job = self.jobs.admit(asked, folder)
        except RefusedError as refusal:
            return long_refusal(refusal, self._switches)
        finally:
            if not self.jobs.keep(folder):
                await discard(folder)
        return await self._begun(job, sound)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """`GET /recognizer/{token}`: how a job stands, or its result."""
        token = request.match_info["token"]
        try:
            self._check_key(request)
            job = self.jobs.find(token)
        except RefusedError as refusal:
            return long_refusal(refusal, self._switches, token=token)
        if job.shown is None:
            return as_json(job.state(self._switches.waiting_s))
        return self._answer(job, job.shown, status=200)

    def refuse(self, code: str) -> web.Response:
        """The refusal of this code, for the fault script."""
        return long_refusal(RefusedError(code), self._switches)

    def _check_key(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._key):
            raise RefusedError("ERROR_INVALID_SECRET")

    async def _uploaded(self, request: web.Request, folder: Path) -> tuple[Asked, Path]:
        """The form of 2.7: `media` as a file, `params` as a plain field, and whatever else is ignored."""
        if not _BOUNDARY.match(request.headers.get("content-type", "")):
            raise RefusedError(status=415)
        try:
            parts = await receive_form(request, folder, limit=self._switches.upload_limit_bytes)
        except InvalidRequestError:
            raise RefusedError(status=415) from None
        except AudioTooLargeError:
            raise RefusedError(status=413) from None
        params, media = _named_part(parts, "params"), _named_part(parts, "media")
        if params is None or params.text is None:
            raise RefusedError(BAD_PARAMETER, "Invalid params: params")
        asked = read_params(params.text, "upload", self._switches)
        if media is None or media.path is None:
            raise RefusedError(BAD_PARAMETER, "Invalid params: media")
        return asked, media.path

    async def _named(self, request: web.Request, way: Way) -> tuple[Asked, Path | None]:
        """JSON that says where the audio lies: a stored object is looked for at once, a URL is fetched later."""
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            raise RefusedError(status=415)
        asked = read_params(await request.read(), way, self._switches)
        if way == "url":
            return asked, None
        path = self._stored(asked)
        if path is None and self._switches.missing_object == "submit":
            raise RefusedError("ERROR_DATA_NOT_FOUND")
        return asked, path

    def _stored(self, asked: Asked) -> Path | None:
        return self._objects.path(asked.place) if self._objects else None

    async def _sound(self, asked: Asked, path: Path) -> Sound:
        try:
            sound = await sound_of(path, CONTAINERS)
        except BadAudioError:
            raise RefusedError("ERROR_AUDIO_CONVERSION") from None
        if sound.length == 0:
            raise RefusedError("ERROR_AUDIO_EMPTY")
        if sound.seconds > (self._switches.sync_limit_s if asked.sync else self._switches.async_limit_s):
            raise RefusedError(BAD_PARAMETER, "Exceed Sound Data length")
        return sound

    async def _begun(self, job: Job, sound: Sound | None) -> web.Response:
        async def fetch() -> Sound:
            return sound or await self._fetched(job)

        if not job.asked.sync:
            self._emulator.spawn(self.jobs.run(job, fetch))
            return as_json({"token": job.identity.token, "result": "SUCCEEDED", "message": "Succeeded"})
        return self._answer(job, await self.jobs.run(job, fetch))

    async def _fetched(self, job: Job) -> Sound:
        """The audio that lies elsewhere. Raises RefusedError where there is none, as an object that is missing."""
        if job.asked.way != "url":
            raise RefusedError("ERROR_DATA_NOT_FOUND")
        try:
            limit = self._switches.upload_limit_bytes
            path, _ = await fetch_file(job.asked.place, job.folder, limit=limit)
        except (UnavailableError, AudioTooLargeError):
            raise RefusedError("ERROR_DATA_NOT_FOUND") from None
        return await self._sound(job.asked, path)

    def _answer(self, job: Job, ending: Ending, *, status: int | None = None) -> web.Response:
        """A job's end: over a GET always 200, in answer to a submission as the same refusal would be."""
        if ending.heard:
            kind, _, charset = ending.content_type.partition("; charset=")
            return web.Response(body=ending.body, content_type=kind, charset=charset or None)
        if status is None:
            return long_refusal(RefusedError(ending.result, ending.message), self._switches, token=job.identity.token)
        return as_json(long_answer(ending.result, ending.message or None, token=job.identity.token), status=status)


def _way(request: web.Request) -> Way:
    asked = request.match_info["token"]
    for way in _WAYS:
        if way == asked:
            return way
    raise RefusedError(status=404)


def _named_part(parts: Sequence[FormPart], name: str) -> FormPart | None:
    return next((one for one in parts if one.name == name), None)
