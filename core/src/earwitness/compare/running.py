"""Asks every profile about every recording of a data set, once: what the store holds is never asked for again.

All profiles work at the same time and through the recordings in the same shuffled order, so that no vendor has the
quiet hours. Answers go to the store as they come; an interrupted run is continued by the next one. A budget for runs,
and rates for each vendor, belong into `Runner`; a report that people click through reads what `finish` writes.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from .. import connect
from ..config import Config
from ..errors import (
    AuthenticationError,
    ClockSkewError,
    ConfigurationError,
    OutcomeUnknownError,
    OutputError,
    PermissionDeniedError,
    PluginError,
    QuotaExhaustedError,
    UnavailableError,
)
from ..jobs import Job, JobStatus
from ..media import open_media, pcm
from ..request import BytesAudio, FileAudio, PcmFormat
from ..session import AsyncSession
from .corpus import Entrant, Result, Timing
from .delivery import delivery_of, kind_of
from .planning import LIVE_RATE, Ask, Prospect, Recording
from .reading.results import written
from .speed import live_timing
from .store import Answered, Failure, Store

__all__ = ["Runner", "Watch"]

Watch = Callable[[str], AbstractContextManager[Callable[[Job], None]]]
"""Shows one recording at work: entered with its name, it is told each change of the job."""

_HOPELESS = (AuthenticationError, PermissionDeniedError, QuotaExhaustedError, ConfigurationError)
"""What is likely to be the same for every further recording of the profile."""
_LIVE_BLOCK = LIVE_RATE // 10 * 2
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
        """How many of its questions were asked, may have been billed, and have no answer."""
        keys = [one.question.key for one in self.prospect.asks[profile]]
        return sum(self.store.unsettled(key) and not self.store.holds(key) for key in keys)

    def open_asks(self, profile: str) -> list[Ask]:
        """What will be asked of this profile now, in the order of this run."""
        asks = [one for one in self.prospect.asks[profile] if not self.store.holds(one.question.key)]
        if not self._resubmit:
            asks = [one for one in asks if not self.store.unsettled(one.question.key)]
        # The same order for every profile, whatever each of them has answered before.
        order = list(self.prospect.corpus.utterances)
        random.Random(self._seed).shuffle(order)  # noqa: S311
        place = {id: number for number, id in enumerate(order)}
        return sorted(asks, key=lambda one: place[one.id])

    async def run(self) -> None:
        """Asks what is open. Raises ConfigurationError before anything is sent, OutputError where nothing can be kept.

        Other errors are the recordings' own results. Cancelled, it keeps what is done.
        """
        queues = {name: deque(asks) for name in self.prospect.profiles if (asks := self.open_asks(name))}
        try:
            async with AsyncExitStack() as stack:
                sessions = {
                    name: await stack.enter_async_context(connect(name, config=self._config)) for name in queues
                }
                await self._all(
                    self._work(sessions[name], queue)
                    for name, queue in queues.items()
                    for _ in range(self._concurrency)
                )
        finally:
            if queues:
                self.store.fail(self._failures)

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
        found = dict(self.prospect.refused[name])
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
        error = self._ended.failed.get(key) or self._ended.stopped.get(ask.profile)
        if error is not None:
            timing = Timing(tries=tries) if tries else None
            return Result(ask.id, delivery_of(error), error=kind_of(error), timing=timing)
        if self.store.unsettled(key):
            return Result(ask.id, "failed", error=OutcomeUnknownError.__name__, timing=Timing(tries=max(tries, 1)))
        return None

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
        clock = _Clock()
        try:
            source = None if ask.live else await asyncio.to_thread(_audio, ask.recording)
            if ask.paid:
                await _to_the_end(asyncio.to_thread(self.store.begin, ask.question))
            self._ended.asked.add(ask.question.key)
            with self.watch(f"{ask.profile}: {ask.id}") as changed:

                def told(job: Job) -> None:
                    clock(job)
                    changed(job)

                if ask.live:
                    answered = await _listened(session, ask)
                else:
                    transcript = await session.transcribe(source, on_change=told, keep_raw=True, **ask.options)
                    answered = Answered(transcript, clock.timing())
            await _to_the_end(asyncio.to_thread(self._keep, ask, answered))
        except asyncio.CancelledError:
            if clock.over:
                self.store.settle(ask.question.key)
            raise
        except OutputError:
            raise
        except Exception as error:
            self._fail(ask, error, over=clock.over)

    def _keep(self, ask: Ask, answered: Answered) -> None:
        key = ask.question.key
        before = self._failures.pop(key, None)
        answered.timing.tries = (before.tries if before else 0) + 1
        self.store.keep(ask.question, answered)
        self.store.settle(key)
        self._ended.strikes[ask.profile] = 0

    def _fail(self, ask: Ask, error: Exception, *, over: bool) -> None:
        key = ask.question.key
        before = self._failures.get(key)
        self._ended.failed[key] = error
        self._failures[key] = Failure(kind_of(error), (before.tries if before else 0) + 1)
        if over:
            self.store.settle(key)
        if isinstance(error, _HOPELESS) and not isinstance(error, PluginError | ClockSkewError):
            self._ended.strikes[ask.profile] += 1
            if self._ended.strikes[ask.profile] == _STRIKES:
                self._ended.stopped[ask.profile] = error


class _Clock:
    """When a job changed, by a clock that only goes forward."""

    def __init__(self) -> None:
        self._last: JobStatus | None = None
        self._at: dict[str, float] = {}

    def __call__(self, job: Job) -> None:
        now = time.monotonic()
        reached: Mapping[str, bool] = {
            "sent": job.plan is not None,
            "taken": job.reference is not None,
            "running": job.status is JobStatus.RUNNING,
            "done": job.status is JobStatus.SUCCEEDED,
        }
        for name in (name for name, is_so in reached.items() if is_so):
            self._at.setdefault(name, now)
        self._last = job.status

    @property
    def over(self) -> bool:
        """Whether nothing can still be going on, or be billed, at the vendor without our knowing how it ends."""
        return self._last is None or self._last.finished

    def timing(self) -> Timing:
        """The times between the changes, as far as there were any."""
        begun = "taken" if "taken" in self._at else "sent"
        return Timing(
            total_s=self._between("sent", "done"),
            upload_s=self._between("sent", "taken") if self._at.get("taken") != self._at.get("done") else None,
            queue_s=self._between(begun, "running"),
            process_s=self._between("running", "done"),
        )

    def _between(self, start: str, end: str) -> float | None:
        if start not in self._at or end not in self._at:
            return None
        return round(self._at[end] - self._at[start], 6)


async def _listened(session: AsyncSession, ask: Ask) -> Answered:
    """What was heard live, and when it was shown. Raises UnavailableError for a stream without its end."""
    begun: list[float] = []

    async def played() -> AsyncIterator[bytes]:
        samples = await asyncio.to_thread(_samples, ask.recording, rate=LIVE_RATE, channels=1)
        begun.append(time.monotonic())
        for start in range(0, len(samples), _LIVE_BLOCK):
            yield samples[start : start + _LIVE_BLOCK]

    async with session.stream(played(), sample_rate=LIVE_RATE, pace=True, **ask.options) as stream:
        events = [(time.monotonic() - begun[0] if begun else 0.0, event) async for event in stream]
        transcript = stream.transcript()
    if any(one.kind == "incomplete" for one in transcript.notices):
        raise UnavailableError("The stream ended before all of it was confirmed", action="Run again.")
    return Answered(transcript, live_timing(events, speech_end_s=ask.speech_end_ms / 1000))


def _audio(recording: Recording) -> FileAudio | BytesAudio:
    """The file, or the samples of the stretch that was cut from it."""
    if not recording.cut:
        return FileAudio(recording.path)
    rate, channels = recording.facts.sample_rate or LIVE_RATE, recording.facts.channels or 1
    samples = _samples(recording, rate=rate, channels=channels)
    return BytesAudio(samples, f"{recording.path.stem}.raw", PcmFormat(rate, channels))


def _samples(recording: Recording, *, rate: int, channels: int) -> bytes:
    """The recording, or the stretch that it is of its file, as 16-bit samples."""
    start, end = recording.start_ms or 0, recording.end_ms
    first = start * rate // 1000 * channels * 2
    behind = None if end is None else end * rate // 1000 * channels * 2
    samples, place = bytearray(), 0
    with open_media(FileAudio(recording.path)) as media:
        blocks = pcm(media, sample_rate=rate, channels=channels, block_ms=1000)
        for block in blocks:
            samples += block[max(0, first - place) : None if behind is None else max(0, behind - place)]
            place += len(block)
            if behind is not None and place >= behind:
                blocks.close()
                break
    return bytes(samples)


async def _to_the_end(writing: Coroutine[Any, Any, None]) -> None:
    # What has been heard, and perhaps paid for, is kept also when the run is stopped in this very moment.
    task = asyncio.create_task(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
