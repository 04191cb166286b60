"""A job of the long service: WAITING, PROCESSING with rising progress, then an end (manual, 9.1)."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earwitness.emulation import Clock, ObjectFolder
from earwitness.errors import BadAudioError, EarwitnessError
from earwitness.models import Transcript

from ._audio import Sound
from ._params import TAGS, Asked
from ._refusals import RefusedError, long_answer
from ._wire import Identity, result_body, smi, srt

if TYPE_CHECKING:
    from ._server import ClovaEmulator

__all__ = ["Ending", "Job", "Jobs", "discard"]

log = logging.getLogger(__name__)

Fetch = Callable[[], Awaitable[Sound]]
_GUESSED_SPEED = 6.0
"""Seconds of audio per second of processing, for the progress alone (2.15)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: the word of `result`, and the answer's bytes where it was heard."""

    result: str
    message: str = ""
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    callback: bytes = field(default=b"", repr=False)

    @property
    def heard(self) -> bool:
        """Whether there is a transcript."""
        return self.result == "COMPLETED"


class Job:
    """One submission that was accepted. `shown` is what a GET says, which may lag behind the end.

    `folder` holds its audio.
    """

    def __init__(self, asked: Asked, identity: Identity, folder: Path, clock: Clock) -> None:
        self.asked, self.identity, self.folder, self._clock = asked, identity, folder, clock
        self._submitted = clock.monotonic()
        self._expected_s = 0.0
        self.shown: Ending | None = None
        self.ended_at: float | None = None

    @property
    def age_s(self) -> float:
        """Seconds since it was submitted."""
        return self._clock.monotonic() - self._submitted

    def expect(self, seconds: float) -> None:
        """How long it will be processed, for the progress."""
        self._expected_s = max(seconds, 1.0)

    def state(self, waiting_s: float) -> dict[str, Any]:
        """The body of a GET while it is not finished (2.11)."""
        worked = self.age_s - waiting_s
        if worked < 0:
            return long_answer("WAITING", token=self.identity.token, progress=0)
        share = worked / self._expected_s if self._expected_s else 0.0
        return long_answer("PROCESSING", token=self.identity.token, progress=min(99, int(100 * share)))


class Jobs:
    """Every job of the domain, by token."""

    def __init__(self, emulator: ClovaEmulator, storage: ObjectFolder | None) -> None:
        self._emulator, self._storage = emulator, storage
        self._switches, self._clock = emulator.switches, emulator.clock
        self._by_token: dict[str, Job] = {}
        self._folders: set[Path] = set()
        self._count = 0

    def __len__(self) -> int:
        return len(self._by_token)

    def find(self, token: str) -> Job:
        """The job of this token. Raises RefusedError for one that does not exist, or not any more."""
        job = self._by_token.get(token)
        life = self._switches.token_life_s
        if job is None or (life and job.ended_at is not None and self._clock.monotonic() - job.ended_at > life):
            raise RefusedError("ERROR_TOKEN_INVALID")
        return job

    def admit(self, asked: Asked, folder: Path) -> Job:
        """A new job, whose folder goes with it. Raises RefusedError where there are too many."""
        most = self._switches.max_jobs
        if most is not None and sum(job.shown is None for job in self._by_token.values()) >= most:
            raise RefusedError("ERROR_TOO_MANY_JOBS")
        self._count += 1
        domain = int(self._emulator.secrets.domain_id)
        identity = Identity(
            secrets.token_hex(16), 10_000 + self._count, secrets.token_hex(16), domain, "emulated-domain"
        )
        job = Job(asked, identity, folder, self._clock)
        self._folders.add(folder)
        self._by_token[identity.token] = job
        return job

    def keep(self, folder: Path) -> bool:
        """Whether a job still needs this folder."""
        return folder in self._folders

    async def run(self, job: Job, fetch: Fetch) -> Ending:
        """Hears the job to its end: then the result is stored and billed, the callback delivered, and GET shows it."""
        ending = await self._within_time(job, fetch)
        if ending.heard and job.asked.flags["resultToObs"] and not job.asked.sync:
            self._store(job, ending)
        if job.asked.callback and not job.asked.sync:
            self._emulator.spawn(self._call_back(job, ending))
            if self._switches.callback_lead_s:
                await self._clock.sleep(self._switches.callback_lead_s)
        job.ended_at = self._clock.monotonic()
        job.shown = ending
        return ending

    async def _within_time(self, job: Job, fetch: Fetch) -> Ending:
        limit = self._switches.job_timeout_s
        hearing = asyncio.ensure_future(self._ended(job, fetch))
        waiting = {hearing} if limit is None else {hearing, asyncio.ensure_future(self._clock.sleep(limit))}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return hearing.result() if hearing.done() else Ending("TIMEOUT")
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _ended(self, job: Job, fetch: Fetch) -> Ending:
        try:
            await self._clock.sleep(self._switches.waiting_s)
            return await self._processed(job, await fetch())
        except RefusedError as refusal:
            return Ending(refusal.code, refusal.message)
        except BadAudioError:
            return Ending("ERROR_AUDIO_CONVERSION")
        except EarwitnessError as error:
            log.error("the CLOVA emulator could not listen: %s", error)
            return Ending("FAILED")
        except Exception as error:
            # Whoever listens is foreign code, and its bug must not leave a job that never ends.
            log.error("the CLOVA emulator's hearing failed with %s", type(error).__name__)
            return Ending("FAILED")
        finally:
            self._folders.discard(job.folder)
            await discard(job.folder)

    async def _processed(self, job: Job, sound: Sound) -> Ending:
        least = self._switches.processing_s
        job.expect(max(least, sound.seconds / _GUESSED_SPEED))
        begun = self._clock.monotonic()
        fault = self._emulator.faults.take("job")
        if fault is not None and fault.kind == "delay" and isinstance(fault.value, int | float):
            await self._clock.sleep(fault.value)
        heard = await self._emulator.hearing.transcribe(sound.path, language=TAGS.get(job.asked.language))
        await self._clock.sleep(max(0.0, least - (self._clock.monotonic() - begun)))
        if fault is not None and fault.kind == "answer":
            return Ending(str(fault.value))
        self._bill(job, sound)
        return self._written(job, heard)

    def _bill(self, job: Job, sound: Sound) -> None:
        block, seconds = self._switches.long_billing_block_s, sound.seconds
        self._emulator.billing.charge(
            time=self._clock.now(),
            operation="long",
            token=job.identity.token,
            billed_s=math.ceil(seconds / block) * block if block else seconds,
        )

    def _written(self, job: Job, heard: Transcript) -> Ending:
        asked = job.asked
        if asked.format != "JSON":
            text = srt(heard, asked) if asked.format == "SRT" else smi(heard, asked)
            body = text.encode()
            return Ending("COMPLETED", "", body, self._switches.subtitle_type, body)
        body, called = (
            json.dumps(
                result_body(heard, asked, job.identity, self._switches, result=word), ensure_ascii=False
            ).encode()
            for word in ("COMPLETED", "SUCCEEDED")
        )
        return Ending("COMPLETED", "", body, "application/json", called)

    def _store(self, job: Job, ending: Ending) -> None:
        if self._storage is None:
            return
        suffix = {"SRT": "srt", "SMI": "smi"}.get(job.asked.format, "json")
        stem = job.asked.place.strip("/") if job.asked.way == "object-storage" else job.asked.way
        self._storage.write(f"{self._switches.result_path}/{stem}_{job.identity.token}.{suffix}", ending.body)

    async def _call_back(self, job: Job, ending: Ending) -> None:
        body, kind = ending.callback, ending.content_type
        if not ending.heard or self._switches.callback_body == "notice":
            result = "SUCCEEDED" if ending.heard else ending.result
            told = {name: value for name, value in _notice(job, result, ending.message).items() if value}
            body, kind = json.dumps(told, ensure_ascii=False).encode(), "application/json"
        for copy in range(self._switches.callback_copies):
            if copy:
                await self._clock.sleep(self._switches.callback_interval_s)
            if (fault := self._emulator.faults.take("callback")) is not None:
                if fault.kind == "delay" and isinstance(fault.value, int | float):
                    await self._clock.sleep(fault.value)
                elif fault.kind in ("drop", "lost"):
                    continue
                elif fault.kind == "garbage":
                    body = body[: len(body) // 2]
            await self._emulator.callbacks.deliver(
                job.asked.callback,
                body=body,
                content_type=kind,
                tries=self._switches.callback_tries,
                interval_s=self._switches.callback_interval_s,
            )


async def discard(folder: Path) -> None:
    """Removes the audio of a job or of a submission that was refused."""
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _notice(job: Job, result: str, message: str) -> dict[str, Any]:
    said = long_answer(result, "Succeeded" if result == "SUCCEEDED" else message or None)
    return {"token": job.identity.token, "result": said["result"], "message": said["message"]}
