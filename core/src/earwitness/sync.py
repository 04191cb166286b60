"""The blocking face: the same session for code that is not async, thin over the async one.

Every session runs its own event loop in a thread, so it also works where an event loop is already running (a notebook).
Calling it from inside that very loop would wait for itself for ever; that is noticed and refused.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ._foreign import where
from .errors import ConfigurationError
from .jobs import Job
from .models import Transcript
from .session import AsyncSession, OnChange
from .streaming import StreamEvent

if TYPE_CHECKING:
    from ._stream import AsyncStream

__all__ = ["Session", "Stream"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_ATTEMPTS, _PATIENCE_S = 20, 5.0
"""How often, and each time for how long, a loop that was broken off may clear up."""


class Session:
    """One profile at work, blocking. Made by `earwitness.open`; a context manager, usable from several threads."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._loop = _Loop()
        try:
            self._session = self._loop.run(_made, make)
        except BaseException:
            self._loop.close()
            raise
        self._loop.last = self._session.aclose
        self.profile = self._session.profile

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, audio: object, **options: Any) -> Job:
        """See `AsyncSession.submit`."""
        return self._call(lambda: self._session.submit(audio, **options))

    def refresh(self, job: Job) -> Job:
        """See `AsyncSession.refresh`."""
        return self._call(lambda: self._session.refresh(job))

    def wait(self, job: Job, *, timeout: float | None = None) -> Job:
        """See `AsyncSession.wait`."""
        return self._call(lambda: self._session.wait(job, timeout=timeout))

    def watch(self, job: Job) -> Iterator[Job]:
        """See `AsyncSession.watch`."""
        events = self._session.watch(job)
        return self._iterate(events)

    def result(self, job: Job, *, timeout: float | None = None) -> Transcript:
        """See `AsyncSession.result`."""
        return self._call(lambda: self._session.result(job, timeout=timeout))

    def transcribe(
        self, audio: object, *, on_change: OnChange | None = None, timeout: float | None = None, **options: Any
    ) -> Transcript:
        """See `AsyncSession.transcribe`. `on_change` is called in the session's own thread."""
        return self._call(lambda: self._session.transcribe(audio, on_change=on_change, timeout=timeout, **options))

    def stream(self, audio: object, *, sample_rate: int = 16_000, pace: bool = False, **options: Any) -> Stream:
        """See `AsyncSession.stream`."""

        async def made() -> AsyncStream:
            return self._session.stream(audio, sample_rate=sample_rate, pace=pace, **options)

        return Stream(self._loop, self._call(made))

    def cancel(self, job: Job) -> Job:
        """See `AsyncSession.cancel`."""
        return self._call(lambda: self._session.cancel(job))

    def close(self) -> None:
        """See `AsyncSession.aclose`. Closing twice does nothing."""
        self._loop.close()

    def _iterate(self, events: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._call(lambda: anext(events))
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_if_open(events.aclose)

    def _call(self, make: Callable[..., Awaitable[T]], *args: Any) -> T:
        return self._loop.run(make, *args)


class Stream:
    """Events of one live transcription, blocking: an iterator and context manager."""

    def __init__(self, loop: _Loop, stream: AsyncStream) -> None:
        self._loop, self._stream = loop, stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StreamEvent:
        try:
            return self._loop.run(self._stream.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def transcript(self) -> Transcript:
        """See `AsyncStream.transcript`."""
        return self._stream.transcript()

    def close(self) -> None:
        """See `AsyncStream.aclose`; from any thread. A closed session has closed its streams."""
        self._loop.run_if_open(self._stream.aclose)


class _Loop:
    """An event loop in a thread of its own: a daemon, so that a session nobody closed does not hold up the exit."""

    def __init__(self) -> None:
        self._closing = threading.Lock()
        # Between the look at `_ended` and the handing over nobody may end the loop: a call that it never runs hangs.
        self._gate = threading.Lock()
        self._ended = False
        self._died: str | None = None
        self.last: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._waiting: set[Future[Any]] = set()
        self._begun = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._serve, name="earwitness-session", daemon=True)
        self._thread.start()
        self._begun.wait()

    def run(self, make: Callable[..., Awaitable[T]], *args: Any) -> T:
        """What the call gives in the loop. An interrupt here cancels it there."""
        self.require_outside()
        with self._gate:
            if self._ended:
                raise self._over("The session is closed", "Open a new one.")
            future = asyncio.run_coroutine_threadsafe(_awaited(make, args), self._loop)
            self._waiting.add(future)
        try:
            return future.result()
        except CancelledError:
            if not self._ended:
                raise
            raise self._cut_off() from None
        except BaseException:
            future.cancel()
            raise
        finally:
            self._waiting.discard(future)

    def run_if_open(self, make: Callable[..., Awaitable[None]]) -> None:
        """The same for clearing up, which the end of the loop has done as well."""
        try:
            self.run(make)
        except ConfigurationError:
            if not self._ended:
                raise

    def require_outside(self) -> None:
        """Raises ConfigurationError where waiting would never end: in the loop's own thread, and in a forked child."""
        if os.getpid() != self._pid:
            raise ConfigurationError("The session was opened before a fork", action="Open one in this process.")
        if threading.current_thread() is self._thread:
            raise ConfigurationError(
                "A blocking call was made from inside the session's own event loop and would wait for itself",
                action="Use earwitness.connect and await there.",
            )

    def close(self) -> None:
        """Runs `last`, then ends the loop. Whoever calls meanwhile waits for that end; closing again does nothing."""
        self.require_outside()
        with self._closing:
            if self._ended:
                self._thread.join()
                return
            try:
                if self.last is not None:
                    self.run(self.last)
            finally:
                with self._gate:
                    self._ended = True
                    self._loop.call_soon_threadsafe(self._stop.set)
                self._thread.join()

    def _serve(self) -> None:
        """Runs the loop to its end. Whatever ends it, nobody waits for it afterwards."""
        try:
            with asyncio.Runner() as runner:
                try:
                    runner.run(self._until_stopped())
                except BaseException as error:
                    # What is cancelled from here on shall know why.
                    self._end(where(error))
                    _wind_up(runner.get_loop(), self.last)
                    raise
        except BaseException as error:  # Also a KeyboardInterrupt that a listener raised.
            log.error("the session's thread ended: %s", where(error))
        finally:
            self._end(None)
            self._begun.set()

    def _end(self, why: str | None) -> None:
        with self._gate:
            self._ended, self._died = True, self._died or why
            left = () if why else tuple(self._waiting)
        for future in left:
            with suppress(InvalidStateError):
                future.set_exception(self._cut_off())

    def _cut_off(self) -> ConfigurationError:
        return self._over(
            "The session was closed, and with it this call", "Close the session after the call has returned."
        )

    def _over(self, what: str, action: str) -> ConfigurationError:
        if self._died is None:
            return ConfigurationError(what, action=action)
        return ConfigurationError(
            f"The session's own thread was ended by {self._died}, and with it every call",
            action="Open a new session; no listener may raise KeyboardInterrupt or SystemExit.",
        )

    async def _until_stopped(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        await self._stop.wait()


async def _awaited(make: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> T:
    return await make(*args)


async def _made(make: Callable[[], AsyncSession]) -> AsyncSession:
    return make()


def _wind_up(loop: asyncio.AbstractEventLoop, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    """Cancels everything that the loop still does, then runs `last`: no worker process outlives the thread.

    What ended the loop may come again, but not for ever.
    """
    # What ended it has been told; asyncio would tell it again, with the traceback.
    loop.set_exception_handler(lambda *_: None)
    for _ in range(_ATTEMPTS):
        if not (tasks := asyncio.all_tasks(loop)):
            break
        for task in tasks:
            task.cancel()
        _turn(loop, tasks)
    ending = loop.create_task(last()) if last is not None else None
    for _ in range(_ATTEMPTS):
        if ending is not None and not ending.done():
            _turn(loop, {ending})


def _turn(loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[Any]]) -> None:
    with suppress(BaseException):
        loop.run_until_complete(asyncio.wait(tasks, timeout=_PATIENCE_S))
