"""Calls keep to the rates that a provider declares, so that ordinary parallel use is not refused.

Written here and not by a limiter library: those wait on the event loop's own time, which no test can drive, and let a
burst through at the beginning that a vendor's window counts together with what follows.
"""

from collections.abc import Iterable

from .._clock import Clock
from ..capabilities import Rate

__all__ = ["Pacer"]

_MARGIN = 1.05
"""A call may travel a little faster than the one in front of it."""


class Pacer:
    """Each operation's calls begin so far apart that no window of its `Rate` holds more than the vendor allows."""

    def __init__(self, clock: Clock, rates: Iterable[Rate] = ()) -> None:
        self._clock = clock
        self._apart: dict[str, float] = {}
        self._next: dict[str, float] = {}
        for rate in rates:
            self._apart[rate.operation] = max(self._apart.get(rate.operation, 0.0), _MARGIN * rate.per_s / rate.calls)

    async def turn(self, operation: str) -> None:
        """Returns when a call of this operation may begin; first come, first served."""
        apart = self._apart.get(operation)
        if apart is None:
            return
        now = self._clock.monotonic()
        at = max(now, self._next.get(operation, now))
        self._next[operation] = at + apart
        if at > now:
            await self._clock.sleep(at - now)
