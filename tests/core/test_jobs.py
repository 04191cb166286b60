"""Jobs: sortable ids of our own, statuses, and references that can be kept."""

import json
import pickle
import re
import secrets
import time
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from earwitness.errors import JobFailedError
from earwitness.jobs import Attempt, Job, JobStatus, VendorReference, new_id

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LAST_MS = 2**48 - 1
states = st.dictionaries(
    st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


def ids_at(milliseconds: list[int], *, randoms: int | None = None) -> list[str]:
    """One id for each of these moments."""
    with pytest.MonkeyPatch.context() as patch:
        moments = iter(milliseconds)
        patch.setattr(time, "time_ns", lambda: next(moments) * 1_000_000)
        if randoms is not None:
            patch.setattr(secrets, "randbits", lambda bits: randoms)
        return [new_id("job") for _ in milliseconds]


@given(st.lists(st.integers(0, LAST_MS), unique=True, max_size=20))
def test_ids_sort_by_time(milliseconds: list[int]) -> None:
    """Sorting ids as text sorts them by the millisecond in which they were made."""
    by_text = sorted(zip(ids_at(milliseconds), milliseconds, strict=True))
    assert [moment for _, moment in by_text] == sorted(milliseconds)


@given(st.integers(0, LAST_MS))
def test_ids_of_one_moment_are_unique(moment: int) -> None:
    """Ids of the same millisecond are different: 80 random bits keep them apart."""
    assert len(set(ids_at([moment] * 50))) == 50


@given(st.integers(0, LAST_MS - 1), st.sampled_from([0, 2**80 - 1]))
def test_the_random_part_never_reaches_into_the_time(moment: int, randoms: int) -> None:
    """The largest random part of one millisecond still sorts before the smallest of the next."""
    (this,) = ids_at([moment], randoms=randoms)
    (following,) = ids_at([moment + 1], randoms=0)
    assert this < following
    assert re.fullmatch(r"job_[0-7][0-9A-HJKMNP-TV-Z]{25}", this)


def test_ids_carry_their_prefix() -> None:
    """What an id is of can be read in front."""
    assert new_id("att").startswith("att_")
    assert len(new_id("att")) == 4 + 26


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        (JobStatus.QUEUED, False),
        (JobStatus.RUNNING, False),
        (JobStatus.SUCCEEDED, True),
        (JobStatus.FAILED, True),
        (JobStatus.CANCELLED, True),
        (JobStatus.UNCERTAIN, False),
    ],
)
def test_finished(status: JobStatus, finished: bool) -> None:
    """Three statuses are final; an uncertain job is not, because evidence may still settle it."""
    assert status.finished is finished


def test_the_statuses_are_these() -> None:
    """The six statuses of the design, written as their own lower-case names."""
    assert [status.value for status in JobStatus] == [status.name.lower() for status in JobStatus]
    assert len(JobStatus) == 6


@given(states, st.none() | st.datetimes(timezones=st.just(UTC)))
def test_a_reference_survives_being_kept(state: dict[str, Any], moment: datetime | None) -> None:
    """A reference with any flat state is the same after a way through JSON, and through another process."""
    reference = VendorReference("long", "token-1", moment, moment, state)
    adapter = TypeAdapter(VendorReference)
    assert adapter.validate_json(adapter.dump_json(reference)) == reference
    assert pickle.loads(pickle.dumps(reference)) == reference
    assert json.loads(json.dumps(dict(reference.state))) == state


def test_a_job_is_a_snapshot() -> None:
    """A change gives a new job; the old one stays as it was."""
    job = Job("job_1", "some", None, JobStatus.QUEUED, NOW)
    later = replace(job, status=JobStatus.RUNNING)
    assert (job.status, later.status) == (JobStatus.QUEUED, JobStatus.RUNNING)
    with pytest.raises(FrozenInstanceError):
        job.status = JobStatus.FAILED  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Attempt("att_1").id = "att_2"  # type: ignore[misc]


def test_the_details_of_a_job_are_json() -> None:
    """A job's details name its id, place and error, and can be written as JSON."""
    job = Job("job_1", "some", "calls", JobStatus.FAILED, NOW, error=JobFailedError("No luck", vendor_code="E7"))
    details = json.loads(json.dumps(job.details()))
    assert (details["id"], details["provider"], details["profile"], details["status"]) == (
        "job_1",
        "some",
        "calls",
        "failed",
    )
    assert details["created_at"] == "2026-11-01T12:00:00+00:00"
    assert details["error"]["vendor_code"] == "E7"
    assert replace(job, error=None).details()["error"] is None
    assert str(job) == "job_1 failed at some"
