"""Echo on your own machine, written from its manual. Nothing of the provider is imported here."""

from secrets import token_hex
from typing import Any

from aiohttp import web
from earwitness.emulation import Emulator, EmulatorOptions, Switches, profile_toml, read_switches, receive_body
from earwitness.errors import AudioTooLargeError, EarwitnessError
from earwitness.media import probe
from earwitness.models import Segment
from earwitness.request import FileAudio

__all__ = ["EchoEmulator", "EchoSwitches", "create"]

STATUSES = {"bad_key": 401, "no_credit": 402, "too_long": 413, "no_audio": 415, "too_fast": 429, "broken": 500}
LONGEST_MS = 60_000
_LARGEST = 10_000_000


class EchoSwitches(Switches):
    """How this Echo behaves where the manual is silent."""

    answer_s: float = 0.0
    """How long an answer takes, in seconds of the emulator's clock."""


def create(options: EmulatorOptions) -> "EchoEmulator":
    """The emulator with these options; the entry point names this function."""
    return EchoEmulator(options, read_switches(EchoSwitches, options.switches))


class EchoEmulator(Emulator[EchoSwitches]):
    """All of Echo. Faults name the operation `say`."""

    name = "echo"
    usual_language = "en-US"

    def __init__(self, options: EmulatorOptions, switches: EchoSwitches) -> None:
        super().__init__(options, switches)
        self.api_key = options.secrets.get("api_key") or token_hex(16)

    def application(self) -> web.Application:
        """The one call."""
        app = web.Application()
        app.router.add_post("/say", self.faulty("say", self._say, refuse=_refuse))
        return app

    def facts(self) -> dict[str, str]:
        """How to reach it, and a ready profile."""
        settings = {"base_url": self.url, "api_key": self.api_key}
        return {**settings, "profile_toml": profile_toml(self.name, settings, request=self.spoken)}

    async def _say(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Echo-Key") != self.api_key:
            return _refuse("bad_key")
        try:
            path, _ = await receive_body(request, self.scratch, limit=_LARGEST)
            length_ms = probe(FileAudio(path)).duration_ms or 0
        except AudioTooLargeError:
            return _refuse("too_long")
        except EarwitnessError:
            return _refuse("no_audio")
        if length_ms > LONGEST_MS:
            return _refuse("too_long")
        await self.clock.sleep(self.switches.answer_s)
        heard = await self.hearing.transcribe(path, language="en-US")
        self.billing.charge(time=self.clock.now(), operation="say", token=token_hex(8), billed_s=length_ms / 1000)
        wanted = request.query.get("words") == "1"
        return web.json_response({"utterances": [_told(one, words=wanted) for one in heard.segments]})


def _told(segment: Segment, *, words: bool) -> dict[str, Any]:
    begun, ended = segment.start_ms or 0, segment.end_ms or 0
    listed = [[word.start_ms, word.end_ms, word.text] for word in segment.words]
    told = {"at": begun, "for": ended - begun, "said": segment.text}
    return {**told, "words": listed} if words else told


def _refuse(problem: str) -> web.Response:
    return web.json_response({"problem": problem, "detail": f"refused: {problem}"}, status=STATUSES.get(problem, 400))
