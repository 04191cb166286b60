"""What a live stream told, collected: for tests of dialects against servers of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from earwitness._live.duplex import StreamPolicy, drive
from earwitness.errors import EarwitnessError
from earwitness.models import Notice
from earwitness.streaming import Final

__all__ = ["AT_ONCE", "Heard", "listen", "run"]

T = TypeVar("T")
AT_ONCE = StreamPolicy(backoff_s=0.0)


@dataclass
class Heard:
    """Everything a stream told."""

    events: list[Any] = field(default_factory=list)
    error: EarwitnessError | None = None

    @property
    def words(self) -> list[tuple[str, int | None, int | None]]:
        """The words, without the marks at their ends."""
        finals = (event.segment for event in self.events if isinstance(event, Final))
        return [(word.text.rstrip("."), word.start_ms, word.end_ms) for one in finals for word in one.words]

    def all(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def notices(self, kind: str) -> list[str]:
        return [notice.message for notice in self.all(Notice) if notice.kind == kind]


async def listen(
    make: Callable[[], Any],
    audio: AsyncIterator[bytes],
    *,
    policy: StreamPolicy = AT_ONCE,
    clock: Any = None,
) -> Heard:
    """What is heard of this audio by fresh dialects."""
    heard = Heard()
    try:
        async with aclosing(drive(make, audio, in_rate=make().sample_rate, policy=policy, clock=clock)) as events:
            async for event in events:
                heard.events.append(event)
    except EarwitnessError as error:
        heard.error = error
    return heard


def run(main: Coroutine[Any, Any, T]) -> T:
    """The result, within two minutes."""

    async def bounded() -> T:
        async with asyncio.timeout(120):
            return await main

    return asyncio.run(bounded())
