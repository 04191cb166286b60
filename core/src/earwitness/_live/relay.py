"""An async generator read by a task of its own, so that it can be closed while somebody waits for its next event.

A generator that another task runs cannot be closed, and a loop that ends closes all generators at once, nested ones in
each other's way. A cancelled task unwinds them from the inside out, whoever asks for it and whenever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import ConfigurationError, EarwitnessError

__all__ = ["Relay", "Relays"]

T = TypeVar("T")
# One event ahead of its reader, the source goes on at the reader's own pace.
_AHEAD = 1


class Relays:
    """The relays of one session that are at work, kept alive until they end."""

    def __init__(self) -> None:
        self._at_work: set[Relay[Any]] = set()
        self._closed = False

    def enter(self, relay: Relay[Any]) -> None:
        """Keeps it. Raises ConfigurationError when the session is closed."""
        if self._closed:
            raise _closed()
        self._at_work.add(relay)

    def leave(self, relay: Relay[Any]) -> None:
        """Lets it go."""
        self._at_work.discard(relay)

    async def aclose(self) -> None:
        """Ends them all; whoever reads one is told that the session was closed."""
        self._closed = True
        await asyncio.gather(*(relay.aclose(_closed()) for relay in list(self._at_work)))


class Relay(Generic[T]):
    """What `source` yields, in order. It is started by the first `next`; `complete` once its end has been read."""

    def __init__(self, source: Callable[[], AsyncGenerator[T]], relays: Relays) -> None:
        self.complete = False
        self._source, self._relays = source, relays
        self._told: asyncio.Queue[T | _End] = asyncio.Queue()
        self._room = asyncio.Semaphore(_AHEAD)
        self._task: asyncio.Task[None] | None = None
        self._closing = self._ended = False
        self._why: EarwitnessError | None = None

    async def next(self) -> T:
        """The next event. Raises StopAsyncIteration at the end, or what ended the source; a cancel ends the wait only.

        Several may wait at once; each event is given to one of them.
        """
        if self._task is None and not self._closing and not self._ended:
            self._begin()
        event = await self._told.get()
        if not isinstance(event, _End):
            self._room.release()
            return event
        # Whoever asks again, or waits as well, is told that it is over, but the error only once.
        self._told.put_nowait(_End(None, complete=event.complete))
        self.complete = event.complete
        raise event.error or StopAsyncIteration

    async def aclose(self, why: EarwitnessError | None = None) -> None:
        """Ends the source and waits for that. Whoever reads is told `why`, or that it is over."""
        self._cancel(why)
        if self._task is not None:
            await asyncio.wait({self._task})

    def drop(self) -> None:
        """Ends the source because nobody is left to read it; from any thread, without waiting."""
        if self._task is not None:
            # A loop that has ended has cancelled it already.
            with suppress(RuntimeError):
                self._task.get_loop().call_soon_threadsafe(self._cancel)

    def _begin(self) -> None:
        self._relays.enter(self)
        self._task = asyncio.create_task(self._pump(), name="earwitness-stream")
        self._task.add_done_callback(self._over)

    async def _pump(self) -> None:
        async with aclosing(self._source()) as events:
            async for event in events:
                await self._room.acquire()
                self._told.put_nowait(event)

    def _cancel(self, why: EarwitnessError | None = None) -> None:
        # A second cancel would break off the clearing up after the first.
        if self._closing or self._ended or (self._task is not None and self._task.done()):
            return
        self._closing, self._why = True, why
        if self._task is None:
            self._told.put_nowait(_End(why))
            return
        while why is None and not self._told.empty():
            self._told.get_nowait()
        self._task.cancel()

    def _over(self, task: asyncio.Task[None]) -> None:
        self._relays.leave(self)
        # A task keeps its error, and an error whoever it went through, the reader included.
        self._task, self._ended = None, True
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._closing:
            self._told.put_nowait(_End(self._why))
        else:
            self._told.put_nowait(_End(error, complete=error is None))


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None
    complete: bool = False


def _closed() -> ConfigurationError:
    return ConfigurationError(
        "The session was closed, and with it this stream", action="Close the session after the stream has ended."
    )
