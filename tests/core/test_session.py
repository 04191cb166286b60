"""A session at work with real small providers: REST over loopback, an engine in a worker process."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from websockets.asyncio.server import ServerConnection, serve

from earwitness.errors import (
    BadAudioError,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    PluginError,
    RateLimitedError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.hookspecs import hookimpl
from earwitness.jobs import Job, JobStatus, JobUpdate, VendorReference
from earwitness.models import Interim, Transcript
from earwitness.request import RequestOptions, UrlAudio
from earwitness.streaming import Final
from earwitness.sync import Session
from support.restful import RestServer
from support.sessions import engine, recording, rest, run, session_of
from support.shapes import EngineVendor, RestVendor, SocketVendor


def test_a_job_goes_through_its_statuses(vendor: RestServer, wav: Path) -> None:
    """Submitting, watching and taking the result of a vendor's job, each with its status and progress."""

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav, metadata={"case": "7"})
            assert job.status is JobStatus.QUEUED and job.reference is not None
            assert job.reference.submitted_at is not None
            seen = [(one.status, one.progress) async for one in session.watch(job)]
            assert seen[-1] == (JobStatus.SUCCEEDED, 1.0) and (JobStatus.RUNNING, 0.25) in seen
            transcript = await session.result(job)
            assert transcript.text == "as heard" and transcript.metadata == {"case": "7"}

    run(main)


def test_the_upload_is_the_file(vendor: RestServer, wav: Path) -> None:
    """The vendor receives the file's own bytes, signed, once."""

    async def main() -> None:
        async with rest(vendor) as session:
            await session.transcribe(wav)

    run(main)
    assert len(vendor.uploads) == 1 and wav.read_bytes() in vendor.uploads[0] and vendor.keys == ["key"]


def test_audio_is_converted_to_what_the_service_takes(vendor: RestServer, tmp_path: Path) -> None:
    """A stereo recording reaches a mono service as mono."""

    async def main() -> None:
        async with rest(vendor) as session:
            await session.transcribe(recording(tmp_path / "stereo.wav", seconds=1, channels=2))

    run(main)
    assert 32_000 < len(vendor.uploads[0]) < 33_000


def test_a_transcript_says_who_heard_it(vendor: RestServer, wav: Path) -> None:
    """Provider, profile, plugin version, service and the language asked for stand on the transcript."""

    async def main() -> None:
        async with rest(vendor) as session:
            heard = await session.transcribe(wav, keep_raw=True)
            served = heard.served_by
            assert served is not None
            assert (served.provider, served.profile, served.plugin_version) == ("restful", "test", "9")
            assert served.service == "batch" and heard.requested_language == ("en-US",)
            assert heard.raw is not None and b"as heard" in heard.raw.body

    run(main)


def test_what_was_asked_and_did_not_come_is_a_notice(vendor: RestServer, wav: Path) -> None:
    """Word times that the vendor did not deliver are a countable notice."""

    async def main() -> None:
        async with rest(vendor) as session:
            (notice,) = (await session.transcribe(wav, word_times=True)).notices
            assert (notice.kind, notice.feature) == ("not_delivered", "word_times")

    run(main)


def test_a_refused_submission_is_repeated(vendor: RestServer, wav: Path) -> None:
    """A submission that was certainly not accepted is sent again, with the whole body."""
    vendor.refusals = [429, 429]

    async def main() -> None:
        async with rest(vendor) as session:
            await session.transcribe(wav)

    run(main)
    assert len(vendor.uploads) == 3 and all(wav.read_bytes() in body for body in vendor.uploads)


def test_a_vendor_that_stays_away_is_given_up_and_the_job_is_kept(
    vendor: RestServer, wav: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Questions that fail for too long end the waiting with their error; the job can be asked about again."""
    monkeypatch.setattr("earwitness._polling.GIVE_UP_S", 0.5)
    vendor.down = True

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav)
            with pytest.raises(UnavailableError, match="503"):
                await session.result(job)
            assert "503" in caplog.text
            vendor.down = False
            assert (await session.result(job)).text == "as heard"

    run(main)
    assert len(vendor.uploads) == 1


def test_a_refusal_for_good_is_raised(vendor: RestServer, wav: Path) -> None:
    """When the tries are used up the vendor's own refusal is raised, with its type."""
    vendor.refusals = [429] * 10

    async def main() -> None:
        async with rest(vendor) as session:
            with pytest.raises(RateLimitedError, match="Too many jobs") as caught:
                await session.submit(wav)
            assert caught.value.provider == "restful"

    run(main)


@pytest.mark.parametrize("trouble", ["500", "cut"])
def test_a_lost_answer_makes_the_job_uncertain(vendor: RestServer, wav: Path, trouble: str) -> None:
    """A submission whose outcome is unknown is never sent again: the job is uncertain and says so."""
    vendor.refusals, vendor.drop_answers = [500], trouble == "cut"

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav)
            assert job.status is JobStatus.UNCERTAIN
            with pytest.raises(OutcomeUnknownError):
                await session.result(job)

    run(main)
    assert len(vendor.uploads) == 1


def test_a_failed_job_raises_its_error(vendor: RestServer, wav: Path) -> None:
    """A job that the vendor gave up raises the vendor's reason, with its code."""
    vendor.ending = "broken"

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav)
            with pytest.raises(JobFailedError) as caught:
                await session.result(job)
            assert caught.value.vendor_code == "B1" and caught.value.provider == "restful"
            assert (await session.refresh(job)).status is JobStatus.FAILED

    run(main)


def test_a_later_session_takes_a_job_up(vendor: RestServer, wav: Path) -> None:
    """A job's snapshot is enough for another session to fetch its result."""

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav)
        async with rest(vendor) as session:
            assert (await session.result(job)).text == "as heard"

    run(main)


def test_cancel_asks_the_vendor(vendor: RestServer, wav: Path) -> None:
    """Cancelling a vendor's job ends it there, and its result raises."""

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.cancel(await session.submit(wav))
            assert job.status is JobStatus.CANCELLED
            with pytest.raises(JobFailedError):
                await session.result(job)

    run(main)
    assert vendor.cancelled == ["v1"]


def test_waiting_ends_in_time(wav: Path) -> None:
    """A wait that takes too long raises, and the job goes on."""

    async def main() -> None:
        async with engine(block_s=0.2) as session:
            job = await session.submit(wav)
            with pytest.raises(DeadlineError):
                await session.wait(job, timeout=0.1)
            assert (await session.refresh(job)).status is JobStatus.RUNNING

    run(main)


def test_an_engine_gives_progress(wav: Path) -> None:
    """A job of a local engine is handed over when it is being heard, and tells how far it is."""

    async def main() -> None:
        async with engine(block_s=0.01) as session:
            job = await session.submit(wav)
            assert job.status is JobStatus.RUNNING
            shares = [one.progress or 0 async for one in session.watch(job)]
            assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 3
            transcript = await session.result(job)
            assert transcript.text == "64000" and transcript.duration_ms == 2000
            assert transcript.served_by is not None and transcript.served_by.engine_version == "counting 1"

    run(main)


def test_cancelling_an_engine_frees_it(wav: Path) -> None:
    """A local job that is cancelled stops, and the next one is heard."""

    async def main() -> None:
        async with engine(block_s=0.1) as session:
            job = await session.cancel(await session.submit(wav))
            assert job.status is JobStatus.CANCELLED
            with pytest.raises(JobCancelledError):
                await session.result(job)
            assert (await session.transcribe(wav)).text == "64000"

    run(main)


def test_a_cancelled_transcribe_cancels_its_job(wav: Path) -> None:
    """Cancelling the call cancels the work, and leaves no record behind."""

    async def main() -> None:
        async with engine(block_s=0.2) as session:
            seen: list[Job] = []
            task = asyncio.create_task(session.transcribe(wav, on_change=seen.append))
            while not seen:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert seen[-1].status is JobStatus.CANCELLED and not session._book.all()

    run(main)


def test_an_engine_that_crashes_fails_its_job(wav: Path) -> None:
    """A crash in a native library is a failed job with a sentence."""

    async def main() -> None:
        async with engine(trouble="abort") as session:
            with pytest.raises(JobFailedError, match="ended unexpectedly"):
                await session.transcribe(wav)

    run(main)


def test_live_audio_gives_events_and_a_transcript() -> None:
    """A stream through an engine gives interim and final events, and a transcript at the end."""

    async def main() -> None:
        async with engine() as session, session.stream([bytes(3_200)] * 5) as stream:
            events = [event async for event in stream]
            assert isinstance(events[0], Interim) and isinstance(events[-1], Final)
            transcript = stream.transcript()
            assert transcript.text == "16000" and transcript.duration_ms == 500 and not transcript.notices

    run(main)


def test_a_stream_left_early_says_so() -> None:
    """A transcript taken before the end of its stream is marked incomplete."""

    async def main() -> None:
        async with engine() as session:
            stream = session.stream([bytes(3_200)] * 5)
            await anext(stream)
            await stream.aclose()
            assert [notice.kind for notice in stream.transcript().notices] == ["incomplete"]

    run(main)


def test_a_file_is_streamed_at_the_pace_of_speech(wav: Path) -> None:
    """A paced file takes about as long as it lasts."""

    async def main() -> None:
        async with engine() as session, session.stream(wav, pace=True) as stream:
            started = time.monotonic()
            assert [event async for event in stream]
            assert time.monotonic() - started > 1.5

    run(main)


def test_what_a_service_cannot_do_is_refused(vendor: RestServer, wav: Path) -> None:
    """An option the service lacks, or too much of one, is refused before anything is sent, with the option's name."""

    async def main() -> None:
        async with rest(vendor) as session:
            with pytest.raises(UnsupportedFeatureError, match="emotion") as caught:
                await session.submit(wav, emotion=True)
            assert caught.value.feature == "emotion" and "scripted" not in caught.value.who_can
            with pytest.raises(UnsupportedFeatureError, match="at most 2"):
                await session.submit(wav, hot_words=["a", "b", "c"])
            with pytest.raises(UnsupportedFeatureError, match="de-DE"):
                await session.submit(wav, language="de-DE")
            with pytest.raises(InvalidRequestError, match="teir"):
                await session.submit(wav, vendor={"teir": "gold"})

    run(main)
    assert not vendor.uploads


def test_a_profile_may_drop_what_cannot_be_done(vendor: RestServer, wav: Path) -> None:
    """With on_unsupported = drop the job runs, and the transcript says what was left out."""

    async def main() -> None:
        async with rest(vendor, on_unsupported="drop") as session:
            heard = await session.transcribe(wav, emotion=True)
            assert [(one.kind, one.feature) for one in heard.notices] == [("dropped", "emotion")]

    run(main)


def test_language_is_never_guessed(vendor: RestServer, wav: Path) -> None:
    """A service of several languages wants to be told one; a service of one language is not asked."""

    async def main() -> None:
        async with rest(vendor, request=RequestOptions()) as session:
            with pytest.raises(InvalidRequestError, match="names none"):
                await session.submit(wav)
        async with session_of(EngineVendor, {}, request=RequestOptions()) as local:
            assert (await local.transcribe(wav)).requested_language == ("en-US",)

    run(main)


def test_an_engine_cannot_fetch_a_url() -> None:
    """A URL for an engine of this machine is refused with what to do."""

    async def main() -> None:
        async with engine() as session:
            with pytest.raises(UnsupportedFeatureError, match="download the file"):
                await session.submit("https://example.com/secret-path/a.wav")

    run(main)


def test_a_missing_file_is_bad_audio(vendor: RestServer, tmp_path: Path) -> None:
    """A file that is not there is told by name."""

    async def main() -> None:
        async with rest(vendor) as session:
            with pytest.raises(BadAudioError, match=r"gone\.wav"):
                await session.submit(tmp_path / "gone.wav")

    run(main)


class _Marking:
    @hookimpl
    def earwitness_prepare_request(self, request: Any) -> Any:
        return request.model_copy(update={"metadata": {"by": "plugin"}})

    @hookimpl
    def earwitness_transcript_ready(self, transcript: Transcript, job: Job) -> Transcript:
        return Transcript.checked(transcript.segments, metadata={**transcript.metadata, "job": job.id})

    def __init__(self) -> None:
        self.seen: list[JobStatus] = []

    @hookimpl
    def earwitness_job_changed(self, job: Job) -> None:
        self.seen.append(job.status)


def test_plugins_see_request_changes_and_result(vendor: RestServer, wav: Path) -> None:
    """A plugin given to a session changes the request and the transcript, and observes every status."""
    plugin = _Marking()

    async def main() -> None:
        async with rest(vendor, plugin) as session:
            job = await session.submit(wav)
            heard = await session.result(job)
            assert heard.metadata == {"by": "plugin", "job": job.id}

    run(main)
    assert plugin.seen[-1] is JobStatus.SUCCEEDED and JobStatus.RUNNING in plugin.seen


def test_a_job_of_another_provider_is_refused(vendor: RestServer, wav: Path) -> None:
    """A session does not ask one vendor about another's job."""

    async def main() -> None:
        async with rest(vendor) as session, engine() as other:
            job = await session.submit(wav)
            with pytest.raises(ConfigurationError, match="restful"):
                await other.refresh(job)

    run(main)


def test_the_blocking_session_works_inside_a_running_loop(wav: Path) -> None:
    """The blocking face runs in its own loop, also where one is already running."""

    async def main() -> None:
        with Session(lambda: session_of(EngineVendor, {})) as session:
            job = session.submit(wav)
            assert [one.status for one in session.watch(job)][-1] is JobStatus.SUCCEEDED
            assert session.result(job).text == "64000"
            with session.stream([bytes(3_200)]) as stream:
                assert [type(event) for event in stream] == [Interim, Final]

    run(main)


def test_a_blocking_call_from_its_own_loop_is_refused(wav: Path) -> None:
    """A call that would wait for itself raises instead."""
    caught: list[BaseException] = []
    with Session(lambda: session_of(EngineVendor, {})) as session:

        def ask(job: Job) -> None:
            try:
                session.refresh(job)
            except ConfigurationError as error:
                caught.append(error)

        session.transcribe(wav, on_change=ask)
    assert caught and "wait for itself" in str(caught[0])


def test_a_closed_session_says_so(wav: Path) -> None:
    """A session that was closed refuses work in one sentence; closing it twice is harmless."""
    session = Session(lambda: session_of(EngineVendor, {}))
    session.close()
    session.close()
    with pytest.raises(ConfigurationError, match="closed"):
        session.transcribe(wav)


def test_nothing_is_left_behind(wav: Path) -> None:
    """After a session no thread and no worker process remains."""
    before = set(threading.enumerate())
    with Session(lambda: session_of(EngineVendor, {})) as session:
        session.transcribe(wav)
        pool = session._session._runtime._pool
        assert pool is not None
        (process,) = pool._all
    assert not process.alive
    assert {one for one in threading.enumerate() if not one.daemon} <= before


def test_several_recordings_at_once(tmp_path: Path) -> None:
    """Recordings given together are heard by several workers, and each gets its own result."""
    files = [recording(tmp_path / f"{number}.wav", seconds=number / 2) for number in range(1, 5)]

    async def main() -> None:
        async with engine() as session:
            heard = await asyncio.gather(*(session.transcribe(file) for file in files))
            assert [one.text for one in heard] == [str(16_000 * number) for number in range(1, 5)]

    run(main)


def test_a_url_is_handed_to_a_vendor_that_fetches() -> None:
    """A URL needs no media on this machine, and its path is shown nowhere."""
    source = UrlAudio("https://example.com/signed?token=abc")
    assert "abc" not in repr(source) and "signed" not in repr(source) and source.host == "example.com"


def test_live_audio_reaches_a_vendor_over_a_websocket() -> None:
    """A provider with a dialect streams through the same session: events, times and a transcript."""

    async def hear(socket: ServerConnection) -> None:
        heard = 0
        async for message in socket:
            if isinstance(message, bytes):
                heard += len(message) // 32
                await socket.send(json.dumps({"text": "so far", "start": 0, "final": False}))
            elif "hello" in message:
                await socket.send(json.dumps({"welcome": 1}))
            else:
                await socket.send(json.dumps({"text": f"{heard} ms", "start": 0, "end": heard, "final": True}))
                await socket.send(json.dumps({"end": 1}))

    async def main() -> None:
        async with serve(hear, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with session_of(SocketVendor, {"url": f"ws://127.0.0.1:{port}"}) as session:
                async with session.stream([bytes(3_200)] * 4) as stream:
                    events = [event async for event in stream]
                assert isinstance(events[0], Interim) and isinstance(events[-1], Final)
                assert stream.transcript().text == "400 ms" and not stream.transcript().notices

    run(main)


def test_a_vendor_that_cannot_be_reached_is_named() -> None:
    """A refused connection of a live stream is an error with the provider's name and without the address."""

    async def main() -> None:
        async with session_of(SocketVendor, {"url": "ws://127.0.0.1:9/hidden-path"}) as session:
            with pytest.raises(UnavailableError) as caught:
                async for _ in session.stream([bytes(3_200)]):
                    pass
            assert caught.value.provider == "socketed" and "hidden-path" not in str(caught.value)

    run(main)


def test_a_listener_that_fails_costs_nothing(vendor: RestServer, wav: Path) -> None:
    """An exception in `on_change` neither loses a paid result nor passes for the provider's."""

    def broken(job: Job) -> None:
        raise RuntimeError("the caller's own mistake")

    async def main() -> None:
        async with rest(vendor) as session:
            assert (await session.transcribe(wav, on_change=broken)).text == "as heard"

    run(main)
    assert len(vendor.uploads) == 1


def test_a_timeout_bounds_the_whole_call(wav: Path) -> None:
    """`timeout` also covers the time before an engine says its first word, and leaves no record."""

    async def main() -> None:
        async with engine(block_s=3) as session:
            with pytest.raises(DeadlineError):
                await session.transcribe(wav, timeout=0.3)
            assert not session._book.all()

    run(main)


class _Faulty(RestVendor):
    name = "faulty"

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        raise KeyError("words that nobody may see")

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        raise SystemExit(3)

    async def aclose(self) -> None:
        raise KeyError("closing")


def test_a_plugins_own_exceptions_become_ours(vendor: RestServer, wav: Path) -> None:
    """Whatever a provider raises by mistake is a PluginError without its text, and closing still closes."""

    async def main() -> None:
        async with session_of(_Faulty, {"base_url": vendor.url}) as session:
            job = await session.submit(wav)
            with pytest.raises(PluginError, match="KeyError") as caught:
                await session.refresh(job)
            assert "nobody" not in str(caught.value)
            with pytest.raises(PluginError, match="SystemExit"):
                await session.cancel(job)

    run(main)


class _OutOfOrder(RestVendor):
    """Its first answer comes after its second; `late` is what the first then says."""

    name = "outoforder"
    late: ClassVar[asyncio.Event]
    first: ClassVar[JobUpdate | EarwitnessError]
    asked: ClassVar[int]

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        type(self).asked += 1
        if self.asked > 1:
            return JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript())
        await self.late.wait()
        if isinstance(self.first, EarwitnessError):
            raise self.first
        return self.first


@pytest.mark.parametrize(
    "first", [JobUpdate(JobStatus.RUNNING, progress=0.5), JobNotFoundError("The result was taken"), JobFailedError("x")]
)
def test_an_older_answer_undoes_nothing(vendor: RestServer, wav: Path, first: JobUpdate | EarwitnessError) -> None:
    """Of two who ask at once the slower may hear how it was before; a job that has ended stays ended."""

    async def main() -> None:
        _OutOfOrder.late, _OutOfOrder.first, _OutOfOrder.asked = asyncio.Event(), first, 0
        async with session_of(_OutOfOrder, {"base_url": vendor.url}) as session:
            job = await session.submit(wav)
            slow = asyncio.create_task(session.refresh(job))
            while not _OutOfOrder.asked:
                await asyncio.sleep(0.01)
            assert (await session.refresh(job)).status is JobStatus.SUCCEEDED
            _OutOfOrder.late.set()
            assert (await slow).status is JobStatus.SUCCEEDED
            assert (await session.result(job)).text == ""

    run(main)


def test_closing_from_two_threads_ends_both(wav: Path) -> None:
    """Whoever closes second waits for the first; nobody waits for ever."""
    session = Session(lambda: session_of(EngineVendor, {"block_s": 0.2}))
    session.submit(wav)
    closers = [threading.Thread(target=session.close, daemon=True) for _ in range(3)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(60)
    assert not any(closer.is_alive() for closer in closers)


def test_a_session_nobody_closed_does_not_hold_up_the_exit() -> None:
    """A script that forgets to close its session still ends."""
    code = "import earwitness; session = earwitness.open('scripted'); print('done')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
