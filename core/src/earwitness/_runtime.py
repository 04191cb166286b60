"""What a provider may use of core while it works: exchanges over HTTP and engines in worker processes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from .engine import Engine, Heard, Progress
from .errors import InvalidRequestError
from .exchange import Auth, Exchange
from .models import Notice, Segment, ServedBy, Transcript
from .provider import Submission

if TYPE_CHECKING:
    from ._http.transport import Transport
    from ._workers import EngineEnd, WorkerPool

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

    def conceal(self, secrets: tuple[str, ...]) -> None:
        """From now on these strings are masked in everything that the connections log or raise."""
        self._secrets = secrets

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        """See `Runtime.converse`."""
        return await self._connections().converse(make_exchange, auth)

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        """See `Runtime.in_worker`."""
        if submission.media is None:
            raise InvalidRequestError("An engine needs the audio itself", action="Give a path, bytes or an open file.")
        from ._workers import EngineEnd

        segments: list[Segment] = []
        heard_ms, end = 0, EngineEnd(None)
        async with aclosing(self._engines().listen(engine, submission.media)) as events:
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

            self._transport = Transport(secrets=self._secrets)
        return self._transport
