"""Asks every profile about every recording of a data set, once: what the store holds is never asked for again.

All profiles work at the same time and through the recordings in the same shuffled order, so that no vendor has the
quiet hours. Answers go to the store as they come; an interrupted run is continued by the next one. A budget for runs,
and rates for each vendor, belong into `Runner`; a report that people click through reads what `finish` writes.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import quote

from .. import connect
from ..config import Config
from ..errors import (
    AuthenticationError,
    ClockSkewError,
    ConfigurationError,
    JobNotFoundError,
    OutcomeUnknownError,
    OutputError,
    PermissionDeniedError,
    PluginError,
    QuotaExhaustedError,
)
from ..jobs import Job
from ..session import AsyncSession
from .corpus import Entrant, Result, Timing
from .delivery import delivery_of, kind_of, result_of
from .hearing import Clock, audio, fetched, listened
from .planning import Ask, Prospect
from .reading.results import written
from .store import Answered, Failure, Store

__all__ = ["Runner", "Watch"]

Watch = Callable[[str], AbstractContextManager[Callable[[Job], None]]]
"""Shows one recording at work: entered with its name, it is told each change of the job."""

T = TypeVar("T")

_HOPELESS = (AuthenticationError, PermissionDeniedError, QuotaExhaustedError, ConfigurationError)
"""What is likely to be the same for every further recording of the profile."""
_STRIKES = 3
"""So many of them one after the other are enough to stop asking."""


@contextmanager
def _unwatched(_: str) -> Iterator[Callable[[Job], None]]:
    yield lambda job: None


@dataclass(slots=True)
class _Ended:
    """How questions ended that have no answer, by key, and which were asked now."""

    failed: dict[str, Exception] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    stopped: dict[str, Exception] = field(default_factory=dict)
    strikes: Counter[str] = field(default_factory=Counter)


class Runner:
    """One run over a prospect. `resubmit` also asks again what may have been billed without an answer.

    `concurrency` is how many recordings each profile hears at once. `watch` may be replaced before `run`.
    """

    def __init__(
        self,
        prospect: Prospect,
        store: Store,
        *,
        config: Config,
        concurrency: int = 2,
        resubmit: bool = False,
        seed: int = 0,
        watch: Watch = _unwatched,
    ) -> None:
        self.prospect, self.store = prospect, store
        self._config, self._concurrency, self._resubmit = config, concurrency, resubmit
        self._seed, self.watch = seed, watch
        self._failures = store.failures()
        self._ended = _Ended()
        self._claimed: set[str] = set()

    @property
    def stopped(self) -> Mapping[str, Exception]:
        """By profile, the error after which it was asked nothing more: the same would have come every time."""
        return self._ended.stopped

    def held(self, profile: str) -> int:
        """How many of the profile's questions are answered already."""
        return sum(self.store.holds(one.question.key) for one in self.prospect.asks[profile])

    def unsettled(self, profile: str) -> int:
        """How many of its questions were asked, may have been billed, and have no answer that could be fetched."""
        return sum(self.store.reference(one.question.key) is None for one in self._unsettled(profile))

    def waiting(self, profile: str) -> list[Ask]:
        """Those that an earlier run handed over and the vendor has a job for: their answers are fetched, not asked."""
        return [one for one in self._unsettled(profile) if self.store.reference(one.question.key) is not None]

    def _unsettled(self, profile: str) -> list[Ask]:
        asks = [(one, one.question.key) for one in self.prospect.asks[profile]]
        return [one for one, key in asks if self.store.unsettled(key) and not self.store.holds(key)]

    def open_asks(self, profile: str) -> list[Ask]:
        """What will be asked of this profile now, in the order of this run."""
        asks = [one for one in self.prospect.asks[profile] if not self.store.holds(one.question.key)]
        unsettled = self.waiting(profile) if self._resubmit else self._unsettled(profile)
        closed = {one.question.key for one in unsettled}
        asks = [one for one in asks if one.question.key not in closed]
        # The same order for every profile, whatever each of them has answered before.
        order = list(self.prospect.corpus.utterances)
        random.Random(self._seed).shuffle(order)  # noqa: S311
        place = {id: number for number, id in enumerate(order)}
        return sorted(asks, key=lambda one: place[one.id])

    async def run(self) -> None:
        """Asks what is open. Raises ConfigurationError before anything is sent, OutputError where nothing can be kept.

        Other errors are the recordings' own results. Cancelled, it keeps what is done.
        """
        if not any(map(self._queue, self.prospect.profiles)):
            return
        async with AsyncExitStack() as stack:
            stack.enter_context(self.store.alone())
            # Another run may have ended a moment ago: what it kept is asked nobody.
            self._failures = self.store.failures()
            queues = {name: deque(asks) for name in self.prospect.profiles if (asks := self._queue(name))}
            try:
                sessions = {
                    name: await stack.enter_async_context(connect(name, config=self._config)) for name in queues
                }
                await self._all(
                    self._work(sessions[name], queue)
                    for name, queue in queues.items()
                    for _ in range(self._concurrency)
                )
            finally:
                self.store.fail(self._failures)

    def _queue(self, profile: str) -> list[Ask]:
        """What there is to do: first what is paid for already."""
        return [*self.waiting(profile), *self.open_asks(profile)]

    def asked(self, ask: Ask) -> bool:
        """Whether this run asked it."""
        return ask.question.key in self._ended.asked

    def finish(self) -> tuple[Entrant, ...]:
        """What every profile delivered, from the store; it is also written to `results/`, for `earwitness score`."""
        entrants = tuple(Entrant(name, self._results(name)) for name in self.prospect.profiles)
        for one in entrants:
            self.store.write(f"results/{quote(one.name, safe=' ')}.jsonl", written(one.results.values()))
        return entrants

    def _results(self, name: str) -> dict[str, Result]:
        found = {id: result_of(id, error) for id, error in self.prospect.refused[name].items()}
        for ask in self.prospect.asks[name]:
            if (result := self._result(ask)) is not None:
                found[ask.id] = result
        return {id: found[id] for id in self.prospect.corpus.utterances if id in found}

    def _result(self, ask: Ask) -> Result | None:
        key = ask.question.key
        answered = self.store.answer(key)
        if answered is not None:
            transcript = replace(answered.transcript, raw=None)
            said = any(one.text.strip() for one in transcript.segments)
            return Result(ask.id, "delivered" if said else "empty", transcript, timing=answered.timing)
        tries = self._failures[key].tries if key in self._failures else 0
        error = self._ended.failed.get(key)
        if error is None and self.store.unsettled(key):
            return Result(ask.id, "failed", error=OutcomeUnknownError.__name__, timing=Timing(tries=max(tries, 1)))
        error = error or self._ended.stopped.get(ask.profile)
        if error is None:
            return None
        timing = Timing(tries=tries) if tries else None
        return Result(ask.id, delivery_of(error), error=kind_of(error), timing=timing)

    def failures(self, profile: str) -> dict[str, tuple[int, Exception]]:
        """By kind, how many of the profile's recordings have no answer after this run, and the first error of it."""
        found: dict[str, tuple[int, Exception]] = {}
        errors: list[Exception] = [*self.prospect.refused[profile].values()]
        errors += [one for ask in self.prospect.asks[profile] if (one := self._ended.failed.get(ask.question.key))]
        for error in errors:
            count, first = found.get(kind_of(error), (0, error))
            found[kind_of(error)] = count + 1, first
        return found

    async def _all(self, work: Any) -> None:
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, session: AsyncSession, queue: deque[Ask]) -> None:
        while queue:
            ask = queue.popleft()
            # Two profiles that differ in nothing ask one question.
            if ask.profile in self._ended.stopped or ask.question.key in self._claimed:
                continue
            self._claimed.add(ask.question.key)
            await self._one(session, ask)

    async def _one(self, session: AsyncSession, ask: Ask) -> None:
        """One question, asked and kept; whatever goes wrong with it is its own end, unless nothing can be kept."""
        reference = self.store.reference(ask.question.key) if ask.paid else None
        clock = Clock(sent=reference is not None)
        try:
            with self.watch(f"{ask.profile}: {ask.id}") as changed:
                told = self._listener(ask, clock, changed)
                if reference is not None:
                    answered = await fetched(session, ask, reference, told)
                elif await self._begun(ask):
                    answered = await self._heard(session, ask, told, clock)
                else:
                    return
            await _to_the_end(asyncio.to_thread(self._keep, ask, answered, submitted=reference is None))
        except asyncio.CancelledError:
            if clock.over:
                self.store.settle(ask.question.key)
            raise
        except OutputError:
            raise
        except Exception as error:
            if ask.paid and isinstance(error, JobNotFoundError):
                # Perhaps it was billed and is gone: from here on a person decides.
                self.store.begin(ask.question, again=True)
                clock = Clock(sent=True)
            # A stream that broke is over at the vendor too: it is asked again like everything that failed.
            self._fail(ask, error, over=ask.live or clock.over, submitted=reference is None)

    async def _begun(self, ask: Ask) -> bool:
        """Whether this run is the one that asks: where files cannot be locked another one may be quicker."""
        await asyncio.to_thread(ask.recording.require_unchanged)
        if not ask.paid:
            return True
        return await _to_the_end(asyncio.to_thread(self.store.begin, ask.question, again=self._resubmit))

    async def _heard(self, session: AsyncSession, ask: Ask, told: Callable[[Job], None], clock: Clock) -> Answered:
        source = None if ask.live else await asyncio.to_thread(audio, ask.recording)
        self._ended.asked.add(ask.question.key)
        if source is None:
            clock.begun()
            return await listened(session, ask)
        return Answered(await session.transcribe(source, on_change=told, keep_raw=True, **ask.options), clock.timing())

    def _listener(self, ask: Ask, clock: Clock, changed: Callable[[Job], None]) -> Callable[[Job], None]:
        """Told of each change, it takes the time and notes what the vendor calls the job."""
        noted: list[object] = []

        def told(job: Job) -> None:
            clock(job)
            changed(job)
            if ask.paid and job.reference is not None and not job.status.finished:
                known = (job.reference.id, job.reference.state)
                if known not in noted[-1:]:
                    self.store.reached(ask.question, job.reference)
                    noted.append(known)

        return told

    def _keep(self, ask: Ask, answered: Answered, *, submitted: bool) -> None:
        key = ask.question.key
        before = self._failures.pop(key, None)
        answered.timing.tries = max(1, (before.tries if before else 0) + submitted)
        self.store.keep(ask.question, answered)
        self.store.settle(key)
        self._ended.strikes[ask.profile] = 0

    def _fail(self, ask: Ask, error: Exception, *, over: bool, submitted: bool) -> None:
        key = ask.question.key
        before = self._failures.get(key)
        self._ended.failed[key] = error
        self._failures[key] = Failure(kind_of(error), max(1, (before.tries if before else 0) + submitted))
        if over:
            self.store.settle(key)
        if isinstance(error, _HOPELESS) and not isinstance(error, PluginError | ClockSkewError):
            self._ended.strikes[ask.profile] += 1
            if self._ended.strikes[ask.profile] == _STRIKES:
                self._ended.stopped[ask.profile] = error


async def _to_the_end(writing: Coroutine[Any, Any, T]) -> T:
    # What has been heard, and perhaps paid for, is kept also when the run is stopped in this very moment.
    task = asyncio.create_task(writing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
