"""A job is one request's life at one provider: our own id, a status, and what the vendor calls it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .errors import EarwitnessError
from .models import Answer, Transcript

__all__ = ["Attempt", "Job", "JobStatus", "JobUpdate", "Plan", "VendorReference", "new_id"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class JobStatus(StrEnum):
    """Where a job stands. `uncertain`: it may have been taken and billed, so it is never sent again by itself."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class VendorReference:
    """What the vendor calls the job: CLOVA's token, Tencent's TaskId. Never our key: vendors reuse theirs.

    `state` is flat JSON, the provider's own memory between calls. It is kept, so it holds no secret.
    """

    service: str
    id: str = field(repr=False)
    submitted_at: datetime | None = None
    expires_at: datetime | None = None
    state: Mapping[str, str | int | float | bool | None] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One submission of a job, with addresses that are good for this attempt only.

    `callback_url` is None where nobody listens: the vendor is then told no address.
    """

    id: str
    callback_url: str | None = field(default=None, repr=False)
    audio_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which service and model answers a request: decided once from request, settings and audio facts, and kept.

    `languages` are as they were asked for: a bare `en` too, where the service declares `en-US`.
    """

    service: str
    model: str | None = None
    languages: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class JobUpdate:
    """What a provider tells after any exchange. `check_after`: seconds the vendor wants before the next question.

    A job that ended badly is told: `FAILED`, with its `error`. What is raised instead means that only the call failed.
    """

    status: JobStatus
    reference: VendorReference | None = None
    progress: float | None = None
    transcript: Transcript | None = None
    error: EarwitnessError | None = None
    answer: Answer | None = None
    check_after: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A snapshot of one job; each change gives a new one. `progress` is 0..1 where it is known."""

    id: str
    provider: str
    profile: str | None
    status: JobStatus
    created_at: datetime
    plan: Plan | None = None
    attempt: Attempt | None = None
    reference: VendorReference | None = None
    progress: float | None = None
    transcript: Transcript | None = None
    error: EarwitnessError | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.id} {self.status} at {self.provider}"

    def details(self) -> dict[str, Any]:
        """The job as plain data without the transcript, for JSON output."""
        return {
            "id": self.id,
            "provider": self.provider,
            "profile": self.profile,
            "status": self.status.value,
            "progress": self.progress,
            "created_at": self.created_at.isoformat(),
            "error": self.error.details() if self.error else None,
        }


def new_id(prefix: str) -> str:
    """A sortable unique id such as `job_01JD...`: 48 bits of milliseconds and 80 random bits in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
