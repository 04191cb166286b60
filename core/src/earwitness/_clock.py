"""Time comes from one place, so that tests own it; what a vendor's clock shows is learned from its replies."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

from .exchange import HttpReply

__all__ = ["Clock", "SystemClock", "VendorClocks", "endpoint_of"]

WORTH_CORRECTING = timedelta(seconds=2)
"""A Date header tells whole seconds, and no vendor refuses a signature for less."""


class Clock(Protocol):
    """What core needs of time."""

    def now(self) -> datetime:
        """The time of day in UTC, with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds from some moment on, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VendorClocks:
    """How far each vendor endpoint's clock is ahead of ours; zero until a vendor complains."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: dict[str, timedelta] = {}

    def ahead(self, url: str) -> timedelta:
        """The correction that is in force for this address."""
        return self._ahead.get(endpoint_of(url), timedelta()) if self._ahead else timedelta()

    def now(self, ahead: timedelta) -> datetime:
        """The time as a clock so far ahead shows it."""
        return self._clock.now() + ahead if ahead else self._clock.now()

    def learn(self, url: str, reply: HttpReply, *, used: timedelta) -> bool:
        """Takes the correction from a reply's Date header. True if it differs from the one `used` for signing."""
        try:
            shown = parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return False
        self._ahead[endpoint_of(url)] = ahead = shown - reply.received_at
        return abs(ahead - used) >= WORTH_CORRECTING


def endpoint_of(url: str) -> str:
    """Scheme, host and port of an address, without user, path or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
