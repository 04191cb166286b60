"""The whole of CLOVA Speech as one server: long, short, and streams on a port of their own."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from earwitness.emulation import Emulator, EmulatorOptions, profile_toml, read_switches

from ._long import LongService
from ._nest_server import NestServer
from ._secrets import ClovaSecrets
from ._short import ShortService
from ._switches import ClovaSwitches

__all__ = ["ClovaEmulator"]

_LARGEST_JSON = 8 * 1024 * 1024


class ClovaEmulator(Emulator[ClovaSwitches]):
    """CLOVA Speech on this machine. Faults name the operations `submit`, `fetch`, `recognize`, `job`, `callback` and
    `stream`; the billing log names `long`, `short` and `stream`.
    """

    name = "clova"
    usual_language = "ko-KR"

    def __init__(self, options: EmulatorOptions) -> None:
        super().__init__(options, read_switches(ClovaSwitches, options.switches))
        self.secrets = ClovaSecrets.of(options.secrets)
        self._nest: NestServer | None = None
        self._stream_port = 0

    @property
    def invoke_url(self) -> str:
        """The Invoke URL of the long-sentence domain."""
        return f"{self.url}/external/v1/{self.secrets.domain_id}/{self.secrets.invoke_key}"

    @property
    def short_url(self) -> str:
        """Where short sentences are sent."""
        return f"{self.url}/recog/v1/stt"

    @property
    def stream_target(self) -> str:
        """Where streams are opened, as `host:port`."""
        return f"{self.url.removeprefix('http://').rpartition(':')[0]}:{self._stream_port}"

    async def start(self, *, host: str | None = None, port: int | None = None) -> None:
        """Listens for HTTP at this port and for gRPC at another. Raises ConfigurationError where one is taken."""
        await super().start(host=host, port=port)
        nest = NestServer(
            self.hearing,
            clock=self.clock,
            faults=self.faults,
            billing=self.billing,
            switches=self.switches,
            secret=self.secrets.stream_secret_key,
        )
        try:
            self._stream_port = await nest.start(self.host, self.switches.stream_port)
        except BaseException:
            await self.stop()
            raise
        self._nest = nest

    async def stop(self) -> None:
        """Ends everything that runs."""
        nest, self._nest = self._nest, None
        if nest is not None:
            await nest.stop()
        await super().stop()

    def application(self) -> web.Application:
        """Paths that are not the domain's are not found, as everything else that nobody serves."""
        long, short = LongService(self), ShortService(self)
        base = f"/external/v1/{self.secrets.domain_id}/{self.secrets.invoke_key}/recognizer"
        app = web.Application(client_max_size=_LARGEST_JSON)
        app.router.add_get(f"{base}/{{token}}", self.faulty("fetch", long.ask, refuse=long.refuse), allow_head=False)
        app.router.add_post(f"{base}/{{token}}", self.faulty("submit", long.submit, refuse=long.refuse))
        app.router.add_post("/recog/v1/stt", self.faulty("recognize", short.recognize, refuse=short.refuse))
        return app

    def facts(self) -> dict[str, str]:
        """Addresses and keys of all three services, and a profile that has them all."""
        known = {
            "invoke_url": self.invoke_url,
            "secret_key": self.secrets.secret_key,
            "short_url": self.short_url,
            "short_secret_key": self.secrets.short_secret_key,
            "stream_target": self.stream_target,
            "stream_secret_key": self.secrets.stream_secret_key,
        }
        settings: dict[str, str | int | bool] = {**known, "stream_plaintext": True}
        if not _is_loopback(self.host):
            # The plugin would not show a key to the network in plain text, and so refuse the profile.
            settings = {name: value for name, value in settings.items() if not name.startswith("stream_")}
        return {**known, "profile_toml": profile_toml("clova", settings, request=self.spoken)}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
