"""Exchanges and signatures for tests of the transport."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from typing import Any

import pytest

from earwitness._http.transport import Transport
from earwitness.exchange import Exchange, HttpCall, HttpReply

BELOW = [
    pytest.param(False, id="pool"),
    pytest.param(
        True,
        id="aiohttp",
        marks=pytest.mark.skipif(not find_spec("httpx_aiohttp"), reason="needs httpx-aiohttp"),
    ),
]
"""Every claim about the wire holds with and without aiohttp underneath."""


def call(url: str, **known: Any) -> HttpCall:
    """A repeatable call, unless it is said otherwise."""
    return HttpCall(
        **{
            "operation": "status",
            "method": "POST",
            "url": url,
            "repeatable": True,
            "read_timeout_s": 30.0,
            **known,
        }
    )


def asking(*calls: HttpCall) -> Callable[[], Exchange[HttpReply]]:
    """An exchange that makes these calls and returns the last reply."""

    def exchange() -> Exchange[HttpReply]:
        for made in calls:
            reply = yield made
        return reply

    return exchange


class Stamp:
    """A signature that shows when it was made."""

    def __init__(self) -> None:
        self.times: list[datetime] = []

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        self.times.append(now)
        return replace(call, headers={**call.headers, "X-Time": now.isoformat(), "X-Length": str(_length(call))})


class Source:
    """Blocks of audio that count how often they were opened and closed."""

    def __init__(self, *blocks: bytes | Exception) -> None:
        self.blocks = blocks
        self.opened = self.closed = 0

    def __call__(self) -> Iterator[bytes]:
        self.opened += 1
        return self._read()

    def _read(self) -> Iterator[bytes]:
        try:
            for block in self.blocks:
                if isinstance(block, Exception):
                    raise block
                yield block
        finally:
            self.closed += 1


def transport(fast: bool, **known: Any) -> Transport:
    """A transport with aiohttp underneath or without."""
    return Transport(fast=fast, **known)


def _length(call: HttpCall) -> int:
    return len(call.body) if isinstance(call.body, bytes) else call.body.length
