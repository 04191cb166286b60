"""The server: which address leads to which service, its clock, and the facts that a client needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

from aiohttp import web

from earwitness.emulation import Emulator, EmulatorOptions, profile_toml, read_switches

from ._accounts import Account
from ._cloud import LONGEST_BODY, CloudApi
from ._flash import Flash
from ._realtime import Realtime
from ._switches import TencentSwitches

__all__ = ["TencentEmulator"]


class TencentEmulator(Emulator[TencentSwitches]):
    """Tencent Cloud ASR on this machine: the cloud API, flash, and real-time recognition, behind one port.

    Operations of the fault script: `CreateRecTask`, `DescribeTaskStatus`, `SentenceRecognition`, `task`, `flash`,
    `stream`. Raises ConfigurationError for a switch or secret that does not exist.
    """

    name: ClassVar[str] = "tencent"
    usual_language: ClassVar[str] = "zh-CN"

    def __init__(self, options: EmulatorOptions) -> None:
        super().__init__(options, read_switches(TencentSwitches, options.switches))
        life = self.switches.token_life_s
        self.account = Account.of(options.secrets, now=self.server_now(), token_life_s=life)
        self._date = (0, "")

    def application(self) -> web.Application:
        """The handlers, with an empty memory."""
        # aiohttp refuses from this length on.
        application = web.Application(client_max_size=LONGEST_BODY + 1)
        router = application.router
        router.add_route("*", "/", CloudApi(self).handle)
        router.add_post("/asr/flash/v1/{app_id}", Flash(self).handle)
        router.add_get("/asr/v2/{app_id}", Realtime(self).handle)
        router.add_get("/server_time", self._server_time)
        return application

    def facts(self) -> dict[str, str]:
        """How to reach it: `endpoint` is a bare `host:port`, as the official SDKs want it."""
        endpoint = self.url.partition("://")[2]
        account = self.account
        keys = {
            "secret_id": account.permanent.secret_id,
            "secret_key": account.permanent.secret_key,
            "app_id": account.app_id,
        }
        addresses = {
            "flash_url": f"http://{endpoint}/asr/flash/v1/{account.app_id}",
            "stream_url": f"ws://{endpoint}/asr/v2/{account.app_id}",
        }
        return {
            "endpoint": endpoint,
            **keys,
            **addresses,
            "temporary_secret_id": account.temporary.secret_id,
            "temporary_secret_key": account.temporary.secret_key,
            "token": account.temporary.token or "",
            "profile_toml": profile_toml("tencent", {**keys, "endpoint": self.url, **addresses}, request=self.spoken),
        }

    def server_now(self) -> datetime:
        """The time that this server believes it is."""
        return self.clock.now() + timedelta(seconds=self.switches.clock_ahead_s)

    def http_date(self) -> str:
        """The same for the `Date` header, by which clients set their clocks."""
        now = self.server_now()
        second = int(now.timestamp())
        if second != self._date[0]:
            self._date = second, format_datetime(now.astimezone(UTC), usegmt=True)
        return self._date[1]

    def charge(self, operation: str, token: object, duration_ms: int) -> None:
        """Writes down what a real account would pay for."""
        self.billing.charge(time=self.clock.now(), operation=operation, token=str(token), billed_s=duration_ms / 1000)

    async def _server_time(self, request: web.Request) -> web.Response:
        return web.Response(text=str(int(self.server_now().timestamp())), headers={"Date": self.http_date()})
