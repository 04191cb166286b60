"""A session is one profile at work: it plans, submits, waits and hands out transcripts, whichever vendor hears.

    async with earwitness.connect("korean-calls") as session:
        transcript = await session.transcribe("meeting.wav")

Jobs live as long as the session. A job of a vendor that gave a reference can be taken up by a later session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._arguments import require_rate, require_seconds
from ._bugs import broken, bug, foreign, named, secrets_of, transcribing
from ._delivery import delivered
from ._foreign import where
from ._jobs import JobBook, Tracked, dated
from ._live.relay import Relays
from ._planning import Planned, installed_that_can, plan_request
from ._polling import next_delay_s
from ._runtime import CoreRuntime
from .errors import (
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    JobCancelledError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
)
from .jobs import Attempt, Job, JobStatus, JobUpdate, VendorReference, new_id
from .models import ServedBy, Transcript
from .provider import Provider, Submission
from .request import LiveAudio, TranscriptionRequest
from .validation import accepted

if TYPE_CHECKING:
    from ._plugins import Plugins
    from ._stream import AsyncStream
    from .config import Profile

__all__ = ["AsyncSession"]

log = logging.getLogger(__name__)

OnChange = Callable[[Job], None]


class AsyncSession:
    """One profile at work. Made by `earwitness.connect`; use it as an async context manager."""

    def __init__(
        self, provider: type[Provider[Any]], profile: Profile, plugins: Plugins, *, version: str | None = None
    ) -> None:
        from .config import settings_of

        self.profile = profile
        self._plugins = plugins
        self._book = JobBook(plugins.job_changed)
        self._runtime = CoreRuntime(heard=self._book.heard)
        settings = settings_of(profile, provider)
        with foreign(provider.name, "__init__"):
            self._provider = provider(settings, self._runtime)
        self._runtime.conceal(secrets_of(self._provider))
        self._runtime.keep_to(provider.capabilities.services)
        self._served_by = ServedBy(provider.name, profile.name, version)
        self._relays = Relays()
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def submit(self, audio: object, **options: Any) -> Job:
        """The job, once it is handed over: accepted by the vendor, or being heard by a local engine.

        `audio` and `options` are those of `TranscriptionRequest`. Raises an EarwitnessError when the job was certainly
        not accepted; a job whose submission has an unknown outcome is returned with the status `uncertain`.
        """
        tracked = await self._start(audio, options)
        if tracked.job.status is JobStatus.FAILED and tracked.job.reference is None and tracked.job.error:
            raise tracked.job.error
        return tracked.job

    async def refresh(self, job: Job) -> Job:
        """The job as it stands now; the vendor is asked once. Raises what the vendor's answer means."""
        tracked = self._book.find(job, self._provider.name)
        if not tracked.job.status.finished and tracked.job.reference is not None and not tracked.busy:
            await self._fetch(tracked)
        return tracked.job

    async def watch(self, job: Job) -> AsyncIterator[Job]:
        """Every change of the job until nothing more will happen, beginning with the present state."""
        tracked = self._book.find(job, self._provider.name)
        seen: Job | None = None
        while True:
            if tracked.job is not seen:
                seen = tracked.job
                yield seen
            if seen.status.finished or seen.status is JobStatus.UNCERTAIN:
                return
            await self._next_change(tracked, seen)

    async def wait(self, job: Job, *, timeout: float | None = None) -> Job:
        """The job when nothing more will happen. Raises DeadlineError after `timeout` seconds; the job goes on."""
        require_seconds(timeout)
        try:
            async with asyncio.timeout(timeout) as limit:
                async for now in self.watch(job):
                    job = now
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineError(
                f"Job {job.id} was not finished after {timeout:g} s", action="It goes on; wait for it again."
            ) from None
        return job

    async def result(self, job: Job, *, timeout: float | None = None) -> Transcript:
        """The finished job's transcript. Raises the job's error when it failed, was cancelled or is uncertain."""
        done = await self.wait(job, timeout=timeout)
        if done.transcript is not None:
            return done.transcript
        raise done.error or JobFailedError(f"Job {done.id} ended as {done.status} without saying why")

    async def transcribe(
        self, audio: object, *, on_change: OnChange | None = None, timeout: float | None = None, **options: Any
    ) -> Transcript:
        """The transcript of this audio. `on_change` is told each change of the job; cancelling the call cancels it."""
        require_seconds(timeout)
        try:
            async with asyncio.timeout(timeout) as limit:
                return await self._heard(audio, options, on_change)
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineError(
                f"There was no transcript after {timeout:g} s",
                action="A vendor's job may go on and be billed; use submit and wait to keep hold of it.",
                provider=self._provider.name,
            ) from None

    async def _heard(self, audio: object, options: Mapping[str, Any], on_change: OnChange | None) -> Transcript:
        tracked = await self._start(audio, options, on_change)
        try:
            return await self.result(tracked.job)
        except asyncio.CancelledError:
            await asyncio.shield(tracked.stop())
            raise
        finally:
            # Nobody holds this job: a session that transcribes for months must not keep every transcript.
            if tracked.job.status.finished:
                self._book.forget(tracked.job)

    def stream(
        self,
        audio: object,
        *,
        sample_rate: int = 16_000,
        pace: bool = False,
        **options: Any,
    ) -> AsyncStream:
        """Events while the audio is heard: `Interim`, `Final`, `Notice`, `Reconnected`.

        `audio` is a path, or an iterable, plain or async, of 16-bit little-endian mono samples at `sample_rate` Hz.
        `pace` plays a file at the speed of real time.
        """
        from ._stream import AsyncStream
        from .capabilities import AudioFacts

        self._require_open()
        require_rate(sample_rate)
        request = self._prepared(LiveAudio(sample_rate), options)
        planned = self._planned(request, AudioFacts(sample_rate=sample_rate, channels=1))
        served_by = replace(self._served_by, service=planned.plan.service)
        return AsyncStream(
            self._provider,
            self._runtime,
            planned,
            served_by,
            audio=audio,
            sample_rate=sample_rate,
            pace=pace,
            relays=self._relays,
        )

    async def cancel(self, job: Job) -> Job:
        """The job after asking for its end. Raises UnsupportedFeatureError where the vendor cannot.

        A job that ends early may still be billed.
        """
        tracked = self._book.find(job, self._provider.name)
        if tracked.job.status.finished:
            return tracked.job
        if tracked.busy:
            await tracked.stop()
        elif tracked.job.reference is not None:
            await self._cancel_there(tracked, tracked.job.reference)
        return tracked.job

    async def aclose(self) -> None:
        """Cancels what still runs here and lets go of connections and workers. A vendor's jobs go on.

        Whoever still waits for something of this session is told that it was closed.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        await self._relays.aclose()
        for tracked in self._book.all():
            await tracked.stop()
        try:
            await self._provider.aclose()
        except (Exception, SystemExit) as error:
            log.warning("%s failed to close: %s", self._provider.name, where(error))
        finally:
            await self._runtime.aclose()

    async def _start(self, audio: object, options: Mapping[str, Any], on_change: OnChange | None = None) -> Tracked:
        self._require_open()
        request = self._prepared(audio, options)
        job = Job(new_id("job"), self._provider.name, self.profile.name, JobStatus.QUEUED, datetime.now(UTC))
        job = replace(job, attempt=Attempt(new_id("att")), metadata=dict(request.metadata))
        tracked = self._book.add(job, on_change)
        tracked.task = asyncio.create_task(self._run(tracked, request))
        tracked.task.add_done_callback(lambda _: self._unstarted(tracked))
        try:
            await tracked.handed_over()
        except asyncio.CancelledError:
            await asyncio.shield(tracked.stop())
            self._book.forget(tracked.job)
            raise
        return tracked

    def _require_open(self) -> None:
        if self._closing.is_set():
            raise ConfigurationError("The session is closed", action="Open a new one.")

    def _prepared(self, audio: object, options: Mapping[str, Any]) -> TranscriptionRequest:
        request = TranscriptionRequest.of(audio, defaults=self.profile.request, **options)
        return self._plugins.prepare_request(request, self.profile.name)

    def _planned(self, request: TranscriptionRequest, facts: Any) -> Planned:
        policy = self.profile.on_unsupported
        with foreign(self._provider.name, "planning"):
            return plan_request(self._provider, request, facts, on_unsupported=policy, who_can=installed_that_can)

    async def _run(self, tracked: Tracked, request: TranscriptionRequest) -> None:
        """One submission, from audio to the provider's first answer; every end of it is a state of the job."""
        media = None
        try:
            media, planned = await self._ready(request)
            tracked.planned, tracked.audio_ms = planned, media.facts.duration_ms if media else None
            tracked.set(plan=planned.plan)
            assert tracked.job.attempt is not None
            submission = Submission(planned.request, planned.plan, planned.options, tracked.job.attempt, media)
            async with self._runtime.place(planned.plan.service):
                tracked.sent = True
                self._apply(tracked, await self._provider.submit(submission))
        except asyncio.CancelledError:
            self._interrupted(tracked)
            raise
        except EarwitnessError as error:
            self._failed(tracked, error)
        except (Exception, SystemExit) as error:
            self._failed(tracked, bug(self._provider.name, error, accepted="unknown"))
        finally:
            if media is not None:
                await asyncio.to_thread(media.close)

    async def _ready(self, request: TranscriptionRequest) -> tuple[Any, Planned]:
        """The media, in a form that the planned service takes, and the plan."""
        from . import media as audio
        from .capabilities import AudioFacts, handovers_of

        if "inline" not in handovers_of(request.audio):
            return None, self._planned(request, AudioFacts())
        media = await asyncio.to_thread(audio.open_media, request.audio)
        try:
            planned = self._planned(request, media.facts)
            return await asyncio.to_thread(audio.convert, media, planned.service.accepts), planned
        except BaseException:
            media.close()
            raise

    def _apply(self, tracked: Tracked, update: JobUpdate) -> None:
        """Takes in what a provider told; a transcript is completed and passes the plugins."""
        if tracked.job.status.finished:
            return  # Two asked at once, and this answer is the older one.
        given: object = update
        if not isinstance(given, JobUpdate):
            raise broken(self._provider.name, f"answered with a {type(given).__name__}, not a JobUpdate")
        transcript = update.transcript
        if update.status is JobStatus.SUCCEEDED and transcript is not None:
            transcript = self._complete(tracked, update, transcript)
        tracked.check_after = update.check_after
        tracked.set(
            status=update.status,
            reference=dated(update.reference) or tracked.job.reference,
            progress=1.0 if update.status is JobStatus.SUCCEEDED else update.progress,
            transcript=transcript,
            error=self._named(update.error) if update.error else None,
        )

    def _complete(self, tracked: Tracked, update: JobUpdate, transcript: Transcript) -> Transcript:
        planned = tracked.planned
        with transcribing(self._provider.name):
            transcript = accepted(transcript)
            if planned is not None:
                transcript = delivered(
                    transcript,
                    request=planned.request,
                    plan=planned.plan,
                    served_by=replace(self._served_by, service=planned.plan.service),
                    notices=planned.notices,
                    answer=update.answer,
                )
        return self._plugins.transcript_ready(transcript, tracked.job)

    async def _next_change(self, tracked: Tracked, seen: Job) -> None:
        """Returns when the job may have changed: a task of ours moved on, or the vendor was asked again."""
        if tracked.busy or tracked.job is not seen:
            await tracked.changed(seen)
            return
        if tracked.job.reference is None:
            raise JobFailedError(
                f"Job {tracked.job.id} is {tracked.job.status} and has no vendor reference to ask about"
            )
        waited = (datetime.now(UTC) - (tracked.job.reference.submitted_at or tracked.job.created_at)).total_seconds()
        delay_s = next_delay_s(waited, audio_ms=tracked.audio_ms, wish_s=tracked.check_after)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), delay_s)
        try:
            await self._fetch(tracked)
            tracked.patience.answered()
        except EarwitnessError as error:
            if not error.retryable or tracked.patience.failed():
                raise
            log.warning("asking about %s failed and is done again later: %s", tracked.job.id, error)

    async def _fetch(self, tracked: Tracked) -> None:
        self._require_open()
        reference = tracked.job.reference
        assert reference is not None
        try:
            self._apply(tracked, await self._provider.fetch(reference))
        except (JobNotFoundError, JobFailedError) as error:
            self._failed(tracked, error)
        except EarwitnessError as error:
            raise self._named(error) from None
        except (Exception, SystemExit) as error:
            raise bug(self._provider.name, error, accepted="unknown") from None

    async def _cancel_there(self, tracked: Tracked, reference: VendorReference) -> None:
        try:
            self._apply(tracked, await self._provider.cancel(reference))
        except EarwitnessError as error:
            raise self._named(error) from None
        except (Exception, SystemExit) as error:
            raise bug(self._provider.name, error, accepted="unknown") from None

    def _unstarted(self, tracked: Tracked) -> None:
        """Speaks for a task that was cancelled before its first step."""
        if not tracked.sent and not tracked.job.status.finished:
            self._interrupted(tracked)

    def _interrupted(self, tracked: Tracked) -> None:
        """A cancel in the middle of a submission: an engine's work is over, a paid submission may have arrived."""
        if tracked.sent and tracked.paid and not tracked.started:
            told = OutcomeUnknownError(
                "The submission was interrupted; the vendor may have taken the job and bill it",
                action="Look in the vendor's console before you submit again.",
            )
            log.warning("%s: job %s is uncertain: its submission was interrupted", self._provider.name, tracked.job.id)
            tracked.set(status=JobStatus.UNCERTAIN, error=self._named(told))
        else:
            tracked.set(status=JobStatus.CANCELLED, error=JobCancelledError(f"Job {tracked.job.id} was cancelled"))

    def _failed(self, tracked: Tracked, error: EarwitnessError) -> None:
        uncertain = tracked.sent and tracked.paid and error.accepted == "unknown" and tracked.job.reference is None
        status = JobStatus.UNCERTAIN if uncertain else JobStatus.FAILED
        if isinstance(error, JobCancelledError):
            status = JobStatus.CANCELLED
        tracked.set(status=status, error=self._named(error))

    def _named(self, error: EarwitnessError) -> EarwitnessError:
        return named(error, self._provider.name)
