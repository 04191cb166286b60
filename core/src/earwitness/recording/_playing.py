"""Plays a recording to a provider, by core's own rules of signing and repeating, without a connection."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from .._clock import SystemClock, VendorClocks
from .._http.conversation import Conversation
from .._http.pacing import Pacer
from .._http.retry import Retries, RetryPolicy
from ..engine import Engine
from ..errors import ConfigurationError, EarwitnessError
from ..exchange import Auth, Exchange, HttpCall, HttpReply
from ..jobs import JobUpdate, VendorReference
from ..models import Transcript
from ..provider import Provider, Runtime, Submission
from ._files import INDEX, Exchanged, Recording
from ._watching import variant

__all__ = ["Player"]

T = TypeVar("T")


class Player:
    """The vendor of one recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._replies: defaultdict[str, deque[Exchanged]] = defaultdict(deque)
        self._asked: Counter[str] = Counter()
        for one in recording.index.exchanges:
            self._replies[one.operation].append(one)

    def played(self, kind: type[Provider[Any]]) -> type[Provider[Any]]:
        """The provider's class, talking to the recording. Raises ConfigurationError for another provider's."""
        if kind.name != self._recording.provider:
            raise ConfigurationError(
                f"The recording at {self._recording.folder} is of {self._recording.provider}, not of {kind.name}",
                action="Name a profile of that provider.",
            )

        def at_work(provider: Any, settings: Any, runtime: Runtime) -> None:
            kind.__init__(provider, settings, _Playing(runtime, self.answer))

        async def submit(provider: Any, submission: Submission) -> Any:
            return _at_once(await kind.submit(provider, submission))

        async def fetch(provider: Any, reference: VendorReference) -> Any:
            return _at_once(await kind.fetch(provider, reference))

        return variant(kind, __init__=at_work, submit=submit, fetch=fetch)

    async def answer(self, call: HttpCall, attempt: int) -> HttpReply | EarwitnessError:
        """The next recorded reply to this operation, as if it came now; or the error that there is none."""
        self._asked[call.operation] += 1
        left = self._replies[call.operation]
        if not left:
            return ConfigurationError(
                f"The recording at {self._recording.folder} has no reply to call {self._asked[call.operation]} of "
                f"the operation {call.operation!r}",
                action=f"Record it anew, or add the reply to {INDEX}.",
            )
        one = left.popleft()
        try:
            return HttpReply(one.status, one.headers, self._recording.body(one.body), datetime.now(UTC))
        except ConfigurationError as error:
            return error


def _at_once(update: Any) -> Any:
    """The update, after which the next question need not wait; what is no update core refuses."""
    return replace(update, check_after=0.0) if isinstance(update, JobUpdate) else update


class _Playing:
    """A runtime whose calls a recording answers; engines work as always."""

    def __init__(self, runtime: Runtime, answer: Callable[[HttpCall, int], Any]) -> None:
        self._runtime, self._answer = runtime, answer
        self._clock = _Hurried()
        self._clocks = VendorClocks(self._clock)
        self._retries = Retries(RetryPolicy())

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        talk = Conversation(
            make_exchange, auth, self._answer, self._retries, self._clock, self._clocks, Pacer(self._clock)
        )
        return await talk.run()

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        return await self._runtime.in_worker(engine, submission)


class _Hurried(SystemClock):
    """The machine's time, with nothing waited for."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
