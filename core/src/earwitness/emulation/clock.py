"""A clock that tests can drive: it stands, runs, races, or jumps, and whoever sleeps by it wakes in time."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

from ..errors import ConfigurationError

__all__ = ["Clock"]

_REAL_NAP_S = 3600.0


class Clock:
    """Time as an emulator sees it. Safe to use from several threads and event loops at once.

    `start` is its first time of day (now, unless given); `scale` is how many of its seconds pass in a real one: 1 is
    real time, 60 makes a minute of every second, 0 stands still and moves by `advance` alone.
    Raises ConfigurationError for a negative scale or a start without a time zone.
    """

    def __init__(self, *, start: datetime | None = None, scale: float = 1.0) -> None:
        if not 0 <= scale < float("inf"):
            raise ConfigurationError(f"A clock cannot run at {scale} times real time", action="Give 0 or more.")
        if start is not None and start.tzinfo is None:
            raise ConfigurationError("The clock's start has no time zone", action="Give a time with its zone.")
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._scale = scale
        self._begun = time.monotonic()
        self._ahead = 0.0
        self._sleepers: set[_Sleeper] = set()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time of day in UTC, with its zone."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds of this clock since it was made, never going back."""
        return (time.monotonic() - self._begun) * self._scale + self._ahead

    def advance(self, seconds: float) -> None:
        """Jumps ahead by so many seconds and wakes who has slept long enough; from any thread.

        Raises ConfigurationError for less than 0.
        """
        if not 0 <= seconds < float("inf"):
            raise ConfigurationError(f"A clock cannot jump by {seconds} s", action="Give 0 or more.")
        with self._lock:
            self._ahead += seconds
            sleepers = list(self._sleepers)
        for sleeper in sleepers:
            sleeper.wake()

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds of this clock; one that stands still is waited for until it is advanced."""
        due = self.monotonic() + seconds
        sleeper = _Sleeper()
        with self._lock:
            self._sleepers.add(sleeper)
        try:
            while (left := due - self.monotonic()) > 0:
                await sleeper.nap(min(left / self._scale, _REAL_NAP_S) if self._scale else _REAL_NAP_S)
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)
        # Also a sleep of nothing lets others run, as `asyncio.sleep` does.
        await asyncio.sleep(0)


class _Sleeper:
    """One `sleep` in one event loop, which another thread may interrupt."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def nap(self, real_seconds: float) -> None:
        try:
            async with asyncio.timeout(real_seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
