"""The jobs of one session: the latest snapshot of each, and who waits for the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ._arguments import mistaken
from ._foreign import where
from ._planning import Planned
from ._polling import Patience
from .engine import Heard, Progress
from .errors import ConfigurationError, InvalidRequestError
from .jobs import Job, JobStatus, VendorReference

__all__ = ["JobBook", "Tracked", "dated"]

log = logging.getLogger(__name__)


class Tracked:
    """One job at work. `sent`: its submission has begun; `started`: an engine is at it."""

    def __init__(self, job: Job, changed: Callable[[Job], None]) -> None:
        self.job = job
        self.task: asyncio.Task[None] | None = None
        self.planned: Planned | None = None
        self.audio_ms: int | None = None
        self.check_after: float | None = None
        self.sent = self.started = False
        self.patience = Patience()
        self._tell = changed
        self._next = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether our own task still works on it."""
        return self.task is not None and not self.task.done()

    @property
    def paid(self) -> bool:
        """Whether a second submission may cost money."""
        return self.planned is not None and self.planned.service.submission == "paid"

    def set(self, **fields: Any) -> None:
        """Replaces the snapshot and wakes whoever waits for a change. A finished job stays as it is."""
        new = replace(self.job, **fields)
        if new == self.job or self.job.status.finished:
            return
        self.job = new
        self._next.set()
        self._next = asyncio.Event()
        self._tell(new)

    async def stop(self) -> None:
        """Ends our own part in the job."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    async def changed(self, seen: Job) -> None:
        """Returns when the snapshot is no longer `seen`, or our task has ended."""
        if self.job is not seen:
            return
        await self._first(self._next.wait())

    async def handed_over(self) -> None:
        """Returns when the submission has been answered, or an engine has begun."""
        while self.busy and not self.started:
            await self._first(self._next.wait())

    async def _first(self, change: Any) -> None:
        waiting = asyncio.ensure_future(change)
        tasks = {waiting} | ({self.task} if self.task is not None else set())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()


class JobBook:
    """All jobs of a session by id; `observe` is told every change."""

    def __init__(self, observe: Callable[[Job], None]) -> None:
        self._observe = observe
        self._jobs: dict[str, Tracked] = {}
        self._by_attempt: dict[str, Tracked] = {}

    def add(self, job: Job, on_change: Callable[[Job], None] | None = None) -> Tracked:
        """A new live record."""

        def tell(new: Job) -> None:
            self._observe(new)
            if on_change is None:
                return
            try:
                on_change(new)
            except (Exception, SystemExit) as error:
                # A listener's own mistake must neither cost the result nor pass for the provider's.
                log.warning("a listener to changes of %s failed: %s", new.id, where(error))

        tracked = Tracked(job, tell)
        self._jobs[job.id] = tracked
        if job.attempt is not None:
            self._by_attempt[job.attempt.id] = tracked
        return tracked

    def find(self, job: Job, provider: str) -> Tracked:
        """The live record of this job of the session's provider; one of an earlier session is taken up."""
        given: object = job
        if not isinstance(given, Job):
            raise mistaken("job", given, "a Job, as submit returns it", kind=InvalidRequestError)
        if job.provider != provider:
            raise ConfigurationError(
                f"Job {job.id} belongs to {job.provider}, this session to {provider}",
                action=f"Open a session with a profile of {job.provider}.",
            )
        return self._jobs.get(job.id) or self.add(job)

    def forget(self, job: Job) -> None:
        """Drops the record."""
        self._jobs.pop(job.id, None)
        if job.attempt is not None:
            self._by_attempt.pop(job.attempt.id, None)

    def all(self) -> tuple[Tracked, ...]:
        """Every record."""
        return tuple(self._jobs.values())

    def heard(self, attempt: str, event: Heard) -> None:
        """An engine's progress becomes the job's."""
        tracked = self._by_attempt.get(attempt)
        if tracked is None:
            return
        tracked.started = True
        if isinstance(event, Progress):
            share = event.heard_ms / tracked.audio_ms if tracked.audio_ms else None
            tracked.set(status=JobStatus.RUNNING, progress=min(share, 1.0) if share is not None else None)
        elif tracked.job.status is JobStatus.QUEUED:
            tracked.set(status=JobStatus.RUNNING)


def dated(reference: VendorReference | None) -> VendorReference | None:
    """The reference with a time of submission: a vendor's id is not unique without a date."""
    if reference is None or reference.submitted_at is not None:
        return reference
    return replace(reference, submitted_at=datetime.now(UTC))
