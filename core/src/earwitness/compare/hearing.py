"""One recording at one vendor: what is sent, how live audio is heard, how a job of an earlier run is taken up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from ..errors import JobFailedError, UnavailableError
from ..jobs import Job, JobStatus, Plan, VendorReference, new_id
from ..media import open_media, pcm
from ..models import ServedBy
from ..request import BytesAudio, FileAudio, PcmFormat
from ..session import AsyncSession
from .corpus import Timing
from .planning import LIVE_RATE, Ask, Recording
from .speed import live_timing
from .store import Answered

__all__ = ["Clock", "audio", "fetched", "listened"]

_LIVE_BLOCK = LIVE_RATE // 10 * 2


class Clock:
    """When a job changed, by a clock that only goes forward."""

    def __init__(self, *, sent: bool = False) -> None:
        self._sent = sent
        self._last: JobStatus | None = None
        self._at: dict[str, float] = {}

    def __call__(self, job: Job) -> None:
        """Takes the time of everything that the job has reached now."""
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

    def begun(self) -> None:
        """From here on a live stream may be billed; it is no job that could tell."""
        self._sent = True

    @property
    def over(self) -> bool:
        """Whether nothing can still be going on, or be billed, at the vendor without our knowing how it ends."""
        return not self._sent if self._last is None else self._last.finished

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


async def fetched(session: AsyncSession, ask: Ask, reference: VendorReference, told: Callable[[Job], None]) -> Answered:
    """The answer to what an earlier run handed over. Nobody measured its times, and the vendor's own form is gone."""
    question, since = ask.question, reference.submitted_at or datetime.now(UTC)
    plan = Plan(question.service, question.model)
    job = Job(new_id("job"), question.provider, ask.profile, JobStatus.QUEUED, since, plan, reference=reference)
    async for now in session.watch(await session.refresh(job)):
        told(job := now)
    if job.transcript is None:
        raise job.error or JobFailedError(f"The job ended as {job.status} without saying why")
    heard = job.transcript.served_by
    model, engine = (heard.model, heard.engine_version) if heard else (None, None)
    model = model or question.model
    by = ServedBy(question.provider, ask.profile, question.version, question.service, model, engine)
    return Answered(replace(job.transcript, served_by=by), Timing())


async def listened(session: AsyncSession, ask: Ask) -> Answered:
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


def audio(recording: Recording) -> FileAudio | BytesAudio:
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
