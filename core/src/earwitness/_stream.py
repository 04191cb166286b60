"""A live transcription: audio goes in at its own pace, events come out, and a transcript stands at the end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from ._delivery import delivered
from ._live.feeding import blocks_of, paced
from ._planning import Planned
from ._redact import Masker
from ._runtime import CoreRuntime
from ._workers import EngineEnd
from .errors import EarwitnessError, InvalidRequestError
from .jobs import Attempt, new_id
from .models import Notice, Segment, ServedBy, Transcript
from .provider import Provider, Submission
from .streaming import Final, Interim, StreamEvent

__all__ = ["AsyncStream"]


class AsyncStream:
    """Events of one live transcription: an async iterator and context manager. Made by `AsyncSession.stream`."""

    def __init__(
        self,
        provider: Provider[Any],
        runtime: CoreRuntime,
        planned: Planned,
        served_by: ServedBy,
        *,
        audio: object,
        sample_rate: int,
        pace: bool,
    ) -> None:
        self._provider, self._runtime, self._planned, self._served_by = provider, runtime, planned, served_by
        self._audio, self._rate, self._pace = audio, sample_rate, pace
        self._segments: list[Segment] = []
        self._notices: list[Notice] = []
        self._version: str | None = None
        self._heard_ms = 0
        self._ended = False
        self._events = self._run()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        return await anext(self._events)

    async def aclose(self) -> None:
        """Stops listening and lets the connection or worker go."""
        await self._events.aclose()

    def transcript(self) -> Transcript:
        """Everything settled so far; complete once the events have ended, and marked `incomplete` before that."""
        early = () if self._ended else (Notice("incomplete", "The stream was read before its end."),)
        heard = Transcript(
            tuple(self._segments),
            duration_ms=self._heard_ms or None,
            notices=(*self._notices, *early),
            served_by=replace(self._served_by, engine_version=self._version),
        )
        return delivered(
            heard,
            request=self._planned.request,
            plan=self._planned.plan,
            served_by=self._served_by,
            notices=self._planned.notices,
        )

    async def _run(self) -> AsyncGenerator[StreamEvent]:
        async with aclosing(self._source()) as events:
            async for event in events:
                if isinstance(event, Final):
                    self._segments.append(event.segment)
                    self._heard_ms = max(self._heard_ms, event.heard_ms)
                elif isinstance(event, Notice):
                    self._notices.append(event)
                yield event
        self._ended = True

    def _source(self) -> AsyncGenerator[StreamEvent]:
        if self._provider.dialect(self._submission()) is not None:
            return self._from_dialect()
        return self._from_engine()

    async def _from_engine(self) -> AsyncGenerator[StreamEvent]:
        engine = self._provider.engine(self._submission())
        blocks = self._blocks(engine.sample_rate)
        if self._pace:
            blocks = paced(blocks, sample_rate=engine.sample_rate)
        counted = self._counted(blocks, engine.sample_rate)
        async with aclosing(self._runtime.listen(engine, counted)) as heard:
            async for event in heard:
                if isinstance(event, Segment):
                    yield Final(event, event.end_ms or self._heard_ms)
                elif isinstance(event, Interim):
                    yield event
                elif isinstance(event, EngineEnd):
                    self._version = event.version

    async def _from_dialect(self) -> AsyncGenerator[StreamEvent]:
        from ._live.duplex import drive

        first = self._fresh_dialect()
        events = drive(self._fresh_dialect, self._blocks(first.sample_rate), in_rate=first.sample_rate)
        async with aclosing(events) as told:
            try:
                async for event in told:
                    yield event
            except EarwitnessError as error:
                Masker(self._provider.secrets()).clean(error)
                error.provider = error.provider or self._provider.name
                raise

    def _fresh_dialect(self) -> Any:
        dialect = self._provider.dialect(self._submission())
        if dialect is None:
            raise InvalidRequestError(f"{self._provider.name} cannot stream", provider=self._provider.name)
        return dialect

    def _blocks(self, rate: int) -> AsyncIterator[bytes]:
        return blocks_of(self._audio, given_rate=self._rate, wanted_rate=rate)

    async def _counted(self, blocks: AsyncIterator[bytes], rate: int) -> AsyncIterator[bytes]:
        total = 0
        async for block in blocks:
            total += len(block)
            yield block
        self._heard_ms = max(self._heard_ms, total * 1000 // (2 * rate))

    def _submission(self) -> Submission:
        planned = self._planned
        return Submission(planned.request, planned.plan, planned.options, Attempt(new_id("att")))
