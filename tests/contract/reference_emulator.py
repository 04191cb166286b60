"""The reference provider's vendor as a small server."""

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from earwitness.emulation import (
    Emulator,
    EmulatorOptions,
    Handler,
    Switches,
    fetch_file,
    profile_toml,
    read_switches,
    receive_body,
)
from earwitness.errors import EarwitnessError
from earwitness.models import Segment, Transcript
from earwitness.streaming import Final, Settled

KEY = "MINNOWKEYMARKER"
_LARGEST = 100_000_000


class MinnowEmulator(Emulator[Switches]):
    """Takes a recording, hears it beside its answers, and tells it when it is asked."""

    name = "minnow"

    def __init__(self, options: EmulatorOptions) -> None:
        super().__init__(options, read_switches(Switches, options.switches))
        self._jobs: dict[str, dict[str, Any]] = {}

    def application(self) -> web.Application:
        """Four addresses."""
        app = web.Application(client_max_size=_LARGEST)
        ways: list[tuple[str, str, str, Handler]] = [
            ("POST", "/jobs", "submit", self._submit),
            ("GET", "/jobs/{id}", "fetch", self._fetch),
            ("DELETE", "/jobs/{id}", "cancel", self._cancel),
            ("GET", "/live", "live", self._live),
        ]
        for method, path, operation, handler in ways:
            app.router.add_route(method, path, self.faulty(operation, handler))
        return app

    def facts(self) -> dict[str, str]:
        """The address, the key, and a ready profile."""
        known = {"base_url": self.url, "live_url": f"{self.url.replace('http', 'ws')}/live", "api_key": KEY}
        return {**known, "profile_toml": profile_toml("minnow", dict(known), request=self.spoken)}

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        if url := request.query.get("url"):
            path, _ = await fetch_file(url, self.scratch, limit=_LARGEST)
        else:
            path, _ = await receive_body(request, self.scratch, limit=_LARGEST)
        name = f"m{len(self._jobs) + 1}"
        self._jobs[name] = {"state": "running"}
        self.billing.charge(time=self.clock.now(), operation="job", token=name, billed_s=1.0)
        self.spawn(self._hear(name, path, dict(request.query)))
        return web.json_response({"id": name, "state": "queued"})

    async def _hear(self, name: str, path: Path, query: dict[str, str]) -> None:
        try:
            heard = await self.hearing.transcribe(path, language=query.get("lang"))
        except EarwitnessError:
            self._jobs[name] = {"error": {"code": "E_AUDIO"}}
            return
        if self._jobs[name]["state"] == "running":
            self._jobs[name] = {"state": "done", "segments": _segments(heard, query)}

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        job = self._jobs.get(name, {"error": {"code": "E_GONE"}})
        return web.json_response({"id": name, **job})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        self._jobs[name] = {"state": "stopped"}
        return web.json_response({"id": name, "state": "stopped"})

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        start = json.loads(await socket.receive_str())
        ear = self.hearing.stream(sample_rate=16_000, language=start["lang"])
        await socket.send_json({"ready": True})
        telling = asyncio.ensure_future(_tell(socket, ear, words=start["words"]))
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await ear.feed(message.data)
            elif message.type is WSMsgType.TEXT:
                await ear.flush()
                await ear.finish()
                await telling
                await socket.send_json({"end": True})
                break
        await socket.close()
        await ear.aclose()
        return socket


async def _tell(socket: web.WebSocketResponse, ear: Any, *, words: bool) -> None:
    async for event in ear:
        if isinstance(event, Final):
            await socket.send_json({"segment": _segment(event.segment, words=words, speakers=False)})
        elif isinstance(event, Settled):
            await socket.send_json({"settled": event.heard_ms})


def _segments(heard: Transcript, query: dict[str, str]) -> list[dict[str, Any]]:
    return [_segment(one, words="words" in query, speakers="speakers" in query) for one in heard.segments]


def _segment(one: Segment, *, words: bool, speakers: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"text": one.text, "start": one.start_ms, "end": one.end_ms}
    if words:
        told["words"] = [{"text": word.text, "start": word.start_ms, "end": word.end_ms} for word in one.words]
    return {**told, "speaker": one.speaker} if speakers else told


def create(options: EmulatorOptions) -> MinnowEmulator:
    """The emulator."""
    return MinnowEmulator(options)
