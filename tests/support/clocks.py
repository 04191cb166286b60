"""A clock that tests own: nothing waits, and what would have been waited for is kept."""

import asyncio
from datetime import UTC, datetime, timedelta


class ManualClock:
    """Time moves only by `sleep` and by hand."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)) -> None:
        self.time = start
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)
