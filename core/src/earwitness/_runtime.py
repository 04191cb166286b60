"""What a provider may use of core while it works: exchanges over HTTP and engines in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from .engine import Engine, Heard, Progress
from .errors import InvalidRequestError
from .exchange import Auth, Exchange
from .models import Notice, Segment, ServedBy, Transcript
from .provider import Submission

if TYPE_CHECKING:
    from ._http.transport import Transport
    from ._workers import EngineEnd, WorkerPool
    from .capabilities import Rate, Service

__all__ = ["CoreRuntime"]

T = TypeVar("T")


class CoreRuntime:
    """One session's connections and workers; both are made only when first needed.

    `heard` is told, by attempt id, everything that an engine hears while it works.
    """

    def __init__(self, *, heard: Callable[[str, Heard], None], workers: int | None = None) -> None:
        self._heard = heard
        self._workers = workers
        self._pool: WorkerPool | None = None
        self._transport: Transport | None = None
        self._secrets: tuple[str, ...] = ()
        self._rates: tuple[Rate, ...] = ()
        self._places: dict[str, asyncio.Semaphore] = {}

    def conceal(self, secrets: tuple[str, ...]) -> None:
        """From now on these strings are masked in everything that the connections log or raise."""
        self._secrets = secrets

    def keep_to(self, services: Iterable[Service]) -> None:
        """From now on calls and one-shot jobs keep to what these services allow at once and in a time."""
        known = tuple(services)
        self._rates = tuple(rate for service in known for rate in service.rates)
        self._places = {one.name: asyncio.Semaphore(one.max_concurrent) for one in known if one.max_concurrent}

    @asynccontextmanager
    async def place(self, service: str) -> AsyncIterator[None]:
        """While entered, one of the places that the service has at once is taken; waits for one."""
        async with self._places.get(service) or nullcontext():
            yield

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        """See `Runtime.converse`."""
        return await self._connections().converse(make_exchange, auth)

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        """See `Runtime.in_worker`."""
        if submission.media is None:
            raise InvalidRequestError("An engine needs the audio itself", action="Give a path, bytes or an open file.")
        from ._workers import EngineEnd
        from ._yields import engine_of

        segments: list[Segment] = []
        heard_ms, end = 0, EngineEnd(None)
        async with aclosing(self._engines().listen(engine_of(engine), submission.media)) as events:
            async for event in events:
                if isinstance(event, EngineEnd):
                    end = event
                    continue
                if isinstance(event, Segment):
                    segments.append(event)
                elif isinstance(event, Progress):
                    heard_ms = event.heard_ms
                self._heard(submission.attempt.id, event)
        return Transcript(
            tuple(segments),
            duration_ms=submission.media.facts.duration_ms or heard_ms or None,
            served_by=ServedBy("", engine_version=end.version),
            notices=tuple(Notice("incomplete", warning) for warning in end.warnings),
        )

    def listen(self, engine: Engine, audio: AsyncIterable[bytes]) -> AsyncGenerator[Heard | EngineEnd]:
        """What an engine hears in live samples."""
        return self._engines().listen(engine, audio)

    async def aclose(self) -> None:
        """Ends the workers and closes the connections."""
        if self._pool is not None:
            await self._pool.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    def _engines(self) -> WorkerPool:
        if self._pool is None:
            # With it come processes and the reading of audio, which a vendor's job may never need.
            from ._workers import WorkerPool

            self._pool = WorkerPool(self._workers)
        return self._pool

    def _connections(self) -> Transport:
        if self._transport is None:
            from ._http.transport import Transport

            self._transport = Transport(secrets=self._secrets, rates=self._rates)
        return self._transport
