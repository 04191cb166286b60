"""The server every emulator is: started in process or by the command line, with faults in front of its handlers."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from .._foreign import where
from ..errors import ConfigurationError, EarwitnessError
from ._library import web as web_library
from .billing import BillingLog
from .callbacks import Callbacks
from .clock import Clock
from .faults import Faults
from .hearing import GivenHearing, Hearing, ProfileHearing
from .switches import Switches

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Emulator", "EmulatorOptions", "Handler", "running"]

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Switches)
E = TypeVar("E", bound="Emulator[Any]")
Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]
"""Answers one request, as aiohttp's server calls it."""
_SHUTDOWN_S = 2.0
_START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """What every emulator is made with. `secrets` are taken instead of drawn ones; `folder` holds stored objects."""

    host: str = "127.0.0.1"
    port: int = 0
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    switches: Mapping[str, str] = field(default_factory=dict)
    hearing: Hearing = field(default_factory=ProfileHearing)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    billing: BillingLog = field(default_factory=BillingLog)
    folder: Path | None = None


class Emulator(ABC, Generic[S]):
    """One vendor's server. A subclass says what it answers (`application`) and how to reach it (`facts`).

    `clock`, `faults`, `billing`, `callbacks`, `hearing` and `switches` may be used and driven by tests at any time;
    `scratch` is a folder of its own that goes with it. Between `start` and `stop` it belongs to one event loop.
    """

    name: ClassVar[str]
    usual_language: ClassVar[str | None] = None
    """What most of the vendor's customers speak, for a ready profile where given transcripts do not tell theirs."""

    def __init__(self, options: EmulatorOptions, switches: S) -> None:
        self.options = options
        self.switches = switches
        self.clock, self.faults, self.billing = options.clock, options.faults, options.billing
        self.hearing, self.folder = options.hearing, options.folder
        self.callbacks = Callbacks(self.clock)
        self.host, self.port = options.host, options.port
        self._scratch: Path | None = None
        self._runner: Any = None
        self._tasks: set[asyncio.Task[object]] = set()

    @abstractmethod
    def application(self) -> web.Application:
        """The handlers, made anew at every start."""

    @abstractmethod
    def facts(self) -> dict[str, str]:
        """How to reach the started emulator: addresses, secrets, and `profile_toml`, a ready profile."""

    @property
    def spoken(self) -> dict[str, str | int | bool]:
        """Request defaults for a ready profile: the language that is heard here, where it is known.

        Given transcripts are heard whatever language is asked for, so that the vendor's usual one does as well.
        """
        language = getattr(self.hearing, "language", None)
        if language is None and isinstance(self.hearing, GivenHearing):
            language = self.usual_language
        return {"language": language} if isinstance(language, str) else {}

    @property
    def url(self) -> str:
        """The address that the server listens at, once it is started."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host  # noqa: S104  # told, not listened at
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def scratch(self) -> Path:
        """A folder for what comes in, removed at `stop`."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix=f"earwitness-{self.name}-"))
        return self._scratch

    async def start(self, *, host: str | None = None, port: int | None = None) -> None:
        """Listens at this host and port (0: any free one). Raises ConfigurationError where that is taken."""
        web = web_library()
        self.host, wanted = host or self.host, self.port if port is None else port
        # The library logs what it cannot read as HTTP, and the path in it may be a secret.
        silent = logging.Logger("silent", level=logging.CRITICAL + 1)  # noqa: LOG001  # one of the tree would speak
        app = self.application()
        app.middlewares.append(self._telling(web))
        runner = web.AppRunner(app, access_log=None, logger=silent, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        site = web.TCPSite(runner, self.host, wanted, backlog=1024)
        try:
            await site.start()
        except (OSError, OverflowError, UnicodeError) as error:
            await runner.cleanup()
            why = getattr(error, "strerror", None) or "no such address"
            raise ConfigurationError(
                f"The {self.name} emulator cannot listen at {self.host}:{wanted}: {why}",
                action="Give another --port, or 0 for any free one.",
            ) from None
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Ends everything that runs and removes what came in. Stopping twice does no harm."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self.callbacks.aclose()
        await self.hearing.aclose()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Runs this beside the handlers until it ends or the emulator stops; what breaks in it is told in the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def faulty(
        self, operation: str, handler: Handler, *, refuse: Callable[[str], web.StreamResponse] | None = None
    ) -> Handler:
        """The handler behind the fault script. `refuse` makes the vendor's own answer of a code."""
        from .misbehaving import misbehave

        async def behave(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take(operation)
            if fault is None:
                return await handler(request)
            return await misbehave(request, handler, fault, self.clock, refuse)

        return self._guarded(behave)

    def _guarded(self, handler: Handler) -> Handler:
        """A handler whose bugs are told by their place only: the library would log texts that may hold secrets."""
        library = web_library()

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except (library.HTTPException, ConnectionError):
                raise
            except Exception as error:
                log.error("the %s emulator failed: %s", self.name, where(error))
                failed: web.Response = library.Response(status=500)
                return failed

        return answer

    def _telling(self, library: Any) -> Any:
        """What tells the bugs of handlers that are not behind `faulty`, such as those of live connections."""

        async def telling(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except (library.HTTPException, ConnectionError):
                raise
            except Exception as error:
                log.error("the %s emulator failed: %s", self.name, where(error))
                raise

        return library.middleware(telling)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            told = str(error) if isinstance(error, EarwitnessError) else where(error)
            log.error("the %s emulator failed beside its handlers: %s", self.name, told)


@contextmanager
def running(emulator: E) -> Iterator[E]:
    """The emulator at work in a thread and event loop of its own, for code that is not async.

    Raises what `start` raises.
    """
    outcome = _Outcome()
    thread = threading.Thread(target=_run, args=(emulator, outcome), name=f"{emulator.name}-emulator", daemon=True)
    thread.start()
    outcome.wait()
    try:
        yield emulator
    finally:
        outcome.end()
        thread.join()


class _Outcome:
    """How a start in another thread went, and the way to end it."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    def wait(self) -> None:
        if not self._known.wait(_START_TIMEOUT_S):
            raise ConfigurationError("The emulator did not start in time")
        if self._error is not None:
            raise self._error

    def failed(self, error: BaseException) -> None:
        self._error = error
        self._known.set()

    def started(self, over: asyncio.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), over
        self._known.set()

    def end(self) -> None:
        if self._loop is not None and self._over is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._over.set)


def _run(emulator: Emulator[Any], outcome: _Outcome) -> None:
    async def serve() -> None:
        over = asyncio.Event()
        try:
            await emulator.start()
        except BaseException as error:
            await emulator.stop()
            outcome.failed(error)
            return
        outcome.started(over)
        try:
            await over.wait()
        finally:
            await emulator.stop()

    asyncio.run(serve())
