"""How often, and how many at once: calls in a second, and open requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["AtOnce", "PerSecond"]


class PerSecond:
    """Counts calls of each key within each whole second of a clock."""

    def __init__(self) -> None:
        self._second = -1
        self._calls: Counter[str] = Counter()

    def count(self, key: str, now: float) -> int:
        """How many calls of this key this second has seen, this one included. `now` in seconds."""
        if int(now) != self._second:
            self._second = int(now)
            self._calls.clear()
        self._calls[key] += 1
        return self._calls[key]


class AtOnce:
    """Counts what is open at the same time."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def full(self, key: str, limit: int) -> bool:
        """Whether one more would be too many; a limit of 0 is none."""
        return bool(limit) and self._open[key] >= limit

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Counts one for as long as the block runs."""
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
