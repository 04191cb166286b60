"""A live transcription: audio goes in at its own pace, events come out, and a transcript stands at the end."""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from ._bugs import foreign, named, secrets_of
from ._delivery import delivered
from ._live.feeding import blocks_of, paced
from ._live.relay import Relay, Relays
from ._planning import Planned
from ._redact import Masker
from ._runtime import CoreRuntime
from ._workers import EngineEnd
from ._yields import engine_of, sample_rate_of
from .errors import EarwitnessError, InvalidRequestError
from .jobs import Attempt, new_id
from .models import Notice, Segment, ServedBy, Transcript
from .provider import Provider, Submission
from .streaming import Final, Interim, StreamEvent
from .validation import repair, well_formed

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
        relays: Relays,
    ) -> None:
        self._planned, self._served_by = planned, served_by
        self._segments: list[Segment] = []
        self._vendor: list[Mapping[str, Any]] = []
        self._notices: list[Notice] = []
        self._heard_ms = 0
        self._hearing = _Hearing(provider, runtime, planned, audio=audio, sample_rate=sample_rate, pace=pace)
        self._relay = Relay(self._hearing.events, relays)
        # The task behind it does not hold this object, so a stream that is left in the middle lets its worker go.
        weakref.finalize(self, self._relay.drop).atexit = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        event = await self._relay.next()
        if isinstance(event, Final):
            self._segments.append(event.segment)
            self._vendor.append(event.vendor)
            self._heard_ms = max(self._heard_ms, event.heard_ms)
        elif isinstance(event, Notice):
            self._notices.append(event)
        return event

    async def aclose(self) -> None:
        """Stops listening and lets the connection or worker go; who reads meanwhile is at the end of the events."""
        await self._relay.aclose()

    def transcript(self) -> Transcript:
        """Everything settled so far; complete once the events have ended, and marked `incomplete` before that."""
        early = () if self._relay.complete else (Notice("incomplete", "The stream was read before its end."),)
        heard_ms = max(self._heard_ms, self._hearing.heard_ms if self._relay.complete else 0)
        heard = Transcript(
            tuple(self._segments),
            duration_ms=heard_ms or None,
            notices=(*self._notices, *early),
            served_by=replace(self._served_by, engine_version=self._hearing.version),
            vendor={"segments": list(self._vendor)} if any(self._vendor) else {},
        )
        return delivered(
            repair(heard),
            request=self._planned.request,
            plan=self._planned.plan,
            served_by=self._served_by,
            notices=self._planned.notices,
        )


class _Hearing:
    """Where the events come from: an engine or a vendor's dialect, and the audio that it hears."""

    def __init__(
        self,
        provider: Provider[Any],
        runtime: CoreRuntime,
        planned: Planned,
        *,
        audio: object,
        sample_rate: int,
        pace: bool,
    ) -> None:
        self._provider, self._runtime, self._planned = provider, runtime, planned
        self._audio, self._rate, self._pace = audio, sample_rate, pace
        self.version: str | None = None
        self.heard_ms = 0

    async def events(self) -> AsyncGenerator[StreamEvent]:
        """Everything that is heard, with no lone surrogate in its texts; errors name the provider, not its secrets."""
        try:
            source = self._from_engine() if self._dialect() is None else self._from_dialect()
            async with aclosing(source) as told:
                async for event in told:
                    yield well_formed(event)
        except EarwitnessError as error:
            Masker(secrets_of(self._provider)).clean(error)
            named(error, self._provider.name)
            raise

    async def _from_engine(self) -> AsyncGenerator[StreamEvent]:
        with foreign(self._provider.name, "engine()"):
            engine = engine_of(self._provider.engine(self._submission()))
            rate = sample_rate_of(engine)
        blocks = self._blocks(rate)
        if self._pace:
            blocks = paced(blocks, sample_rate=rate)
        counted = self._counted(blocks, rate)
        async with aclosing(counted), aclosing(self._runtime.listen(engine, counted)) as heard:
            async for event in heard:
                if isinstance(event, Segment):
                    yield Final(event, event.end_ms or self.heard_ms)
                elif isinstance(event, Interim):
                    yield event
                elif isinstance(event, EngineEnd):
                    self.version = event.version

    async def _from_dialect(self) -> AsyncGenerator[StreamEvent]:
        from ._live.answers import dialect_of
        from ._live.duplex import drive

        rate = dialect_of(self._fresh_dialect).sample_rate
        blocks = self._blocks(rate)
        if self._pace:
            blocks = paced(blocks, sample_rate=rate)
        async with aclosing(drive(self._fresh_dialect, blocks, in_rate=rate)) as told:
            async for event in told:
                yield event

    def _fresh_dialect(self) -> Any:
        dialect = self._dialect()
        if dialect is None:
            raise InvalidRequestError(f"{self._provider.name} cannot stream", provider=self._provider.name)
        return dialect

    def _dialect(self) -> Any:
        with foreign(self._provider.name, "dialect()"):
            return self._provider.dialect(self._submission())

    def _blocks(self, rate: int) -> AsyncGenerator[bytes]:
        return blocks_of(self._audio, given_rate=self._rate, wanted_rate=rate)

    async def _counted(self, blocks: AsyncGenerator[bytes], rate: int) -> AsyncGenerator[bytes]:
        total = 0
        async with aclosing(blocks):
            async for block in blocks:
                total += len(block)
                yield block
        self.heard_ms = max(self.heard_ms, total * 1000 // (2 * rate))

    def _submission(self) -> Submission:
        planned = self._planned
        return Submission(planned.request, planned.plan, planned.options, Attempt(new_id("att")))
