"""What a type checker sees of the public surface. Checked by mypy, never run."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import earwitness
from earwitness import (
    AsyncSession,
    Final,
    Interim,
    Job,
    JobStatus,
    Notice,
    Reconnected,
    Segment,
    ServedBy,
    Session,
    Transcript,
    Word,
)
from earwitness.errors import Accepted, EarwitnessError, UnsupportedFeatureError
from earwitness.exchange import Exchange, HttpCall, HttpReply
from earwitness.hookspecs import hookimpl
from earwitness.jobs import JobUpdate, VendorReference
from earwitness.provider import Provider, ProviderSettings, Submission


def one_line() -> None:
    transcript = earwitness.transcribe("a.wav", profile="local", language="en-US")
    assert_type(transcript, Transcript)
    assert_type(transcript.text, str)
    assert_type(transcript.segments, tuple[Segment, ...])
    assert_type(transcript.segments[0].words, tuple[Word, ...])
    assert_type(transcript.segments[0].start_ms, int | None)
    assert_type(transcript.served_by, ServedBy | None)
    assert_type(transcript.notices, tuple[Notice, ...])
    assert_type(transcript.to_json(), bytes)
    assert_type(Transcript.from_json(b"{}"), Transcript)
    assert_type(earwitness.read_answer("clova", b"{}"), Transcript)


def blocking() -> None:
    session = earwitness.open("local", settings={"key": "value"})
    assert_type(session, Session)
    with session as same:
        assert_type(same, Session)
        job = same.submit(b"RIFF", speakers=True)
        assert_type(job, Job)
        assert_type(job.status, JobStatus)
        assert_type(same.watch(job), Iterator[Job])
        assert_type(same.wait(job, timeout=3), Job)
        assert_type(same.result(job), Transcript)
        with same.stream([b""]) as stream:
            for event in stream:
                assert_type(event, Interim | Final | Notice | Reconnected)


async def awaiting() -> None:
    async with earwitness.connect() as session:
        assert_type(session, AsyncSession)
        job = await session.submit("a.wav")
        assert_type(job, Job)
        assert_type(session.watch(job), AsyncIterator[Job])
        assert_type(await session.result(job), Transcript)
        async with session.stream("a.wav", pace=True) as stream:
            async for event in stream:
                assert_type(event, Interim | Final | Notice | Reconnected)
            assert_type(stream.transcript(), Transcript)


def failing() -> None:
    try:
        earwitness.transcribe("a.wav")
    except UnsupportedFeatureError as error:
        assert_type(error.who_can, tuple[str, ...])
    except EarwitnessError as error:
        assert_type(error.retryable, bool)
        assert_type(error.accepted, Accepted)
        assert_type(error.retry_after, float | None)


class _Settings(ProviderSettings):
    key: str = ""


class _Vendor(Provider[_Settings]):
    name = "vendor"
    Settings = _Settings

    async def submit(self, submission: Submission) -> JobUpdate:
        assert_type(self.settings.key, str)
        update = await self.runtime.converse(lambda: self._talk(submission))
        assert_type(update, JobUpdate)
        return update

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        raise JobFailed("no")

    def _talk(self, submission: Submission) -> Exchange[JobUpdate]:
        reply = yield HttpCall("submit", "POST", "https://vendor.example/jobs")
        assert_type(reply, HttpReply)
        return JobUpdate(JobStatus.QUEUED)


class JobFailed(EarwitnessError):
    """A plugin's own error."""


@hookimpl
def earwitness_provider() -> type[_Vendor]:
    return _Vendor
