"""Callbacks as a vendor makes them: posted, repeated until the receiver accepts, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ._library import aiohttp, as_it_is
from .clock import Clock

__all__ = ["Callbacks", "Delivery"]

_REAL_TIMEOUT_S = 30.0
_LONGEST_REPLY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try at a callback. `status` is the receiver's HTTP status, None where there was no answer.

    The repr hides address and body: an address may hold a nonce, a body holds what was said.
    """

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    status: int | None
    at: datetime
    accepted: bool


class Callbacks:
    """Posts to receivers by the emulator's clock, and keeps a record. Use it within one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: Any = None
        self._deliveries: list[Delivery] = []

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every try so far, in order."""
        return tuple(self._deliveries)

    async def deliver(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        tries: int = 1,
        interval_s: float = 1.0,
        accept: Callable[[int, bytes], bool] | None = None,
    ) -> bool:
        """Whether the receiver accepted it within so many tries, `interval_s` seconds of the emulator's clock apart.

        `accept` judges status and body of the receiver's answer; by default any 2xx will do. A receiver that cannot be
        reached, or an address that is none, is a try that failed.
        """
        sent = {"content-type": content_type, **(headers or {})}
        for number in range(tries):
            if number:
                await self._clock.sleep(interval_s)
            status, said = await self._posted(url, body, sent)
            accepted = status is not None and (accept or _any_success)(status, said)
            self._deliveries.append(Delivery(url, body, status, self._clock.now(), accepted))
            if accepted:
                return True
        return False

    async def aclose(self) -> None:
        """Closes the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _posted(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int | None, bytes]:
        library = aiohttp()
        if self._client is None:
            self._client = library.ClientSession(timeout=library.ClientTimeout(total=_REAL_TIMEOUT_S))
        try:
            async with self._client.post(as_it_is(url), data=body, headers=headers, allow_redirects=False) as reply:
                return reply.status, await reply.content.read(_LONGEST_REPLY)
        except (library.ClientError, library.InvalidURL, OSError, ValueError):
            return None, b""


def _any_success(status: int, _: bytes) -> bool:
    return 200 <= status < 300
