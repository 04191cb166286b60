"""Engines run in worker processes, because a recogniser holds the interpreter's lock and would stall the event loop.

A worker is a fresh interpreter, not a fork and not a re-import of the caller's script, so a script needs no
`if __name__ == "__main__"` and threads do no harm. Workers keep their loaded model and stop when idle.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from ._worker import HEADER
from .engine import Engine, Heard
from .errors import ConfigurationError, JobFailedError, UnavailableError
from .media import Media

__all__ = ["EngineEnd", "WorkerPool", "cpu_count"]

log = logging.getLogger(__name__)

_LIMIT = 64 * 1024 * 1024
_GRACE_S = 2.0


class EngineEnd:
    """The last event of a listening: which version of the engine heard it, and what was wrong with the audio."""

    def __init__(self, version: str | None, warnings: tuple[str, ...] = ()) -> None:
        self.version = version
        self.warnings = warnings


def cpu_count() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)


class WorkerPool:
    """At most `size` worker processes, one per processor by default, each running one engine at a time."""

    def __init__(self, size: int | None = None, *, idle_s: float = 60.0) -> None:
        self._size = size or cpu_count()
        self._idle_s = idle_s
        self._free: list[_Process] = []
        self._turns = asyncio.Semaphore(self._size)
        self._all: set[_Process] = set()

    async def listen(self, engine: Engine, audio: Media | AsyncIterable[bytes]) -> AsyncGenerator[Heard | EngineEnd]:
        """What the engine hears, as it hears it, ending with an EngineEnd. Closing the iterator cancels the work."""
        pickled = _pickled(engine)
        async with (
            self._turns,
            self._borrowed(pickled) as process,
            aclosing(process.listen(pickled, audio)) as events,
        ):
            async for event in events:
                yield event

    async def aclose(self) -> None:
        """Ends every worker, also one that is at work."""
        await asyncio.gather(*(process.kill() for process in list(self._all)))
        self._all.clear()
        self._free.clear()

    @asynccontextmanager
    async def _borrowed(self, pickled: bytes) -> AsyncIterator[_Process]:
        process = await self._take(pickled)
        try:
            yield process
        finally:
            if process.usable:
                self._put_back(process)
            else:
                self._all.discard(process)
                await asyncio.shield(process.kill())

    async def _take(self, pickled: bytes) -> _Process:
        """A free worker, preferably one that has this engine loaded; else a new one."""
        free = sorted(self._free, key=lambda process: process.loaded != pickled)
        for process in free:
            self._free.remove(process)
            if process.alive:
                process.keep()
                return process
            self._all.discard(process)
        process = await _Process.start()
        self._all.add(process)
        return process

    def _put_back(self, process: _Process) -> None:
        self._free.append(process)
        process.expire(self._idle_s, lambda: self._retire(process))

    def _retire(self, process: _Process) -> None:
        if process in self._free:
            self._free.remove(process)
            self._all.discard(process)
            process.close()


class _Process:
    """One worker process and the conversation with it."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._child, self._to, self._from = child, child.stdin, child.stdout
        self._timer: asyncio.TimerHandle | None = None
        self.loaded = b""
        self.usable = True

    @classmethod
    async def start(cls) -> _Process:
        # -P keeps the current folder out of the import path: a file `random.py` beside the recordings must not run.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        noise = None if log.isEnabledFor(logging.DEBUG) else asyncio.subprocess.DEVNULL
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "earwitness._worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=noise,
                limit=_LIMIT,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )
        except OSError as error:
            raise UnavailableError(f"A worker process cannot be started: {error.strerror}") from None
        return cls(child)

    @property
    def alive(self) -> bool:
        return self._child.returncode is None

    async def listen(self, pickled: bytes, audio: Media | AsyncIterable[bytes]) -> AsyncGenerator[Heard | EngineEnd]:
        """Sends the work, yields what comes back. Ends unusable unless the worker said that it has ended."""
        self.usable, self.loaded = False, pickled
        media = audio if isinstance(audio, Media) else None
        feeder: asyncio.Task[None] | None = None
        try:
            await self._send("listen", pickled, media)
            if not isinstance(audio, Media):
                feeder = asyncio.create_task(self._feed(audio))
            async for event in self._events(feeder):
                yield event
        except (GeneratorExit, asyncio.CancelledError):
            await asyncio.shield(self._cancel())
            raise
        finally:
            if feeder is not None:
                feeder.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await feeder

    def keep(self) -> None:
        """Stops the idle timer."""
        if self._timer is not None:
            self._timer.cancel()

    def expire(self, seconds: float, retire: Any) -> None:
        """Calls `retire` after this many idle seconds."""
        self._timer = asyncio.get_running_loop().call_later(seconds, retire)

    def close(self) -> None:
        """Closes the pipe; the worker then ends by itself."""
        self.keep()
        self._to.close()

    async def kill(self) -> None:
        """Ends the process now and waits for it."""
        self.keep()
        if self.alive:
            with suppress(ProcessLookupError):
                self._child.kill()
        self._to.close()
        await self._child.wait()
        # asyncio lets go of the pipes one turn of the loop later; a loop that closes before that leaves a warning.
        await asyncio.sleep(0)

    async def _events(self, feeder: asyncio.Task[None] | None) -> AsyncGenerator[Heard | EngineEnd]:
        while True:
            kind, *rest = await self._next(feeder)
            if kind == "heard":
                yield rest[0]
                continue
            self.usable = feeder is None or feeder.done()
            if kind == "error":
                raise rest[0]
            yield EngineEnd(*rest)
            return

    async def _next(self, feeder: asyncio.Task[None] | None) -> tuple[Any, ...]:
        """The worker's next message; a failure of the audio source ends the waiting."""
        receiving = asyncio.create_task(self._receive())
        try:
            waiting = {receiving, feeder} if feeder is not None and not feeder.done() else {receiving}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if feeder is not None and feeder.done() and (error := feeder.exception()):
                raise error
            return await receiving
        finally:
            if not receiving.done():
                receiving.cancel()

    async def _feed(self, audio: AsyncIterable[bytes]) -> None:
        async for block in audio:
            await self._send("pcm", block)
        await self._send("end")

    async def _cancel(self) -> None:
        """Asks the worker to stop; one that does not answer soon is ended by its borrower."""
        with suppress(Exception):
            async with asyncio.timeout(_GRACE_S):
                await self._send("cancel")
                while (await self._receive())[0] == "heard":
                    pass
                self.usable = True

    async def _send(self, *message: Any) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._to.write(HEADER.pack(len(data)) + data)
            await self._to.drain()
        except OSError:
            raise await self._ended() from None

    async def _receive(self) -> tuple[Any, ...]:
        try:
            header = await self._from.readexactly(HEADER.size)
            message = pickle.loads(await self._from.readexactly(*HEADER.unpack(header)))
        except (asyncio.IncompleteReadError, OSError):
            raise await self._ended() from None
        assert isinstance(message, tuple)
        return message

    async def _ended(self) -> JobFailedError:
        return JobFailedError(
            f"The recogniser's worker process ended unexpectedly ({_end(await self._child.wait())})",
            action="Check that the models named in the profile's settings are whole and run again; if it ends again, "
            "report it to the maintainers of the provider's plugin.",
        )


def _end(code: int) -> str:
    """How a process ended; below zero stands the signal that a native library died of."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"native code died of {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def _pickled(engine: Engine) -> bytes:
    try:
        return pickle.dumps(engine, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise ConfigurationError(
            f"The engine {type(engine).__name__} cannot be sent to a worker process ({type(error).__name__})",
            action="An engine must be a picklable object that holds settings only.",
        ) from None
