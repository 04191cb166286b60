"""The provider at work: in a real session, over real sockets, against a server written from the manual alone."""

import asyncio
import base64
import io
import logging
import os
import subprocess
import sys
import traceback
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import earwitness_tencent
from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    ClockSkewError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    ResultExpiredError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.jobs import Job, JobStatus, VendorReference
from earwitness.models import Transcript
from earwitness.request import RequestOptions
from earwitness.session import AsyncSession
from earwitness_tencent.provider import Tencent
from support.tencent import (
    ACCEPTED,
    FAILED,
    FLASH,
    KEYS,
    NOW,
    RUNNING,
    SENTENCE,
    SPEAKERS,
    TASK,
    TencentServer,
    provider,
    refused,
    reply,
    serving,
    task,
    wav,
)

URL = "https://media.example/meeting-42.mp3"
MEMORY = Path(__file__).parents[2] / "support" / "flash_memory.py"


@pytest.fixture
def tencent() -> Iterator[TencentServer]:
    with serving() as server:
        yield server


@asynccontextmanager
async def session(server: TencentServer, **changed: Any) -> AsyncIterator[AsyncSession]:
    given = {name: value for name, value in {**server.settings, **changed}.items() if value is not None}
    profile = Profile("test", "tencent", given, RequestOptions(language=("en",)))
    async with AsyncSession(Tencent, profile, Plugins(()), version=earwitness_tencent.__version__) as opened:
        yield opened


def transcribed(server: TencentServer, audio: object, keys: dict[str, Any] | None = None, **options: Any) -> Transcript:
    async def main() -> Transcript:
        async with session(server, **(keys or {})) as opened:
            return await opened.transcribe(audio, timeout=60, **options)

    return asyncio.run(main())


def submitted(server: TencentServer, audio: object = URL, **options: Any) -> Job:
    async def main() -> Job:
        async with session(server) as opened:
            return await opened.submit(audio, **options)

    return asyncio.run(main())


def end(server: TencentServer, audio: object = URL, **options: Any) -> Transcript | BaseException:
    """How one transcription ends, one way or the other."""
    try:
        return transcribed(server, audio, **options)
    except EarwitnessError as error:
        return error


def asked_again(server: TencentServer, job: Job) -> EarwitnessError | None:
    """The error of a job that a later session asks about once."""

    async def later() -> Job:
        async with session(server) as opened:
            return await opened.refresh(job)

    return asyncio.run(later()).error


def actions(server: TencentServer) -> list[str]:
    return [one.headers.get("x-tc-action", one.path) for one in server.got]


def noise(path: Path, seconds: float, *, rate: int = 16_000, channels: int = 1) -> Path:
    """A recording that no codec can make tiny: noise, in WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        second = Random(7).randbytes(rate * channels * 2)
        for _ in range(int(seconds)):
            file.writeframes(second)
    return path


def test_a_url_is_submitted_and_fetched(tencent: TencentServer) -> None:
    """The whole way of a recording: signed call, TaskId, states, result; the reference knows when it was submitted."""
    tencent.states = [task(Status=1, StatusStr="doing", ResultDetail=[]), SPEAKERS]

    async def main() -> list[Job]:
        async with session(tencent) as opened:
            job = await opened.submit(URL, speakers=True, word_times=True, metadata={"case": "7"})
            reference = job.reference
            assert job.status is JobStatus.QUEUED and reference is not None and reference.id == str(TASK)
            assert reference.submitted_at and reference.expires_at == reference.submitted_at + timedelta(hours=24)
            return [one async for one in opened.watch(job)]

    seen = asyncio.run(main())
    assert [one.status.value for one in seen] == ["queued", "running", "succeeded"]
    transcript = seen[-1].transcript
    assert transcript is not None and transcript.text == "Good morning. Shall we start?" and not transcript.notices
    assert transcript.served_by is not None and transcript.served_by.model == "16k_en"
    assert transcript.metadata == {"case": "7"} and [one.id for one in transcript.speakers] == ["0", "1"]
    assert actions(tencent) == ["CreateRecTask", "DescribeTaskStatus", "DescribeTaskStatus"]
    assert tencent.got[0].params["Url"] == URL and tencent.got[1].params == {"TaskId": TASK}


def test_a_number_of_speakers_that_the_vendor_does_not_take(tencent: TencentServer) -> None:
    """An engine for 16 kHz counts by itself: the number is left out and the transcript says so; 8 kHz takes it."""
    for model, kinds in (("16k_en", ["dropped"]), ("8k_zh", [])):
        notices = transcribed(tencent, URL, speakers=2, model=model, language="zh" if kinds == [] else "en").notices
        assert [one.kind for one in notices if one.feature == "speakers"] == kinds
        assert tencent.got[-2].params["SpeakerNumber"] == (0 if kinds else 2)
    for speakers, count in ((2, 1), (True, 0)):
        notices = transcribed(tencent, wav(61), service="flash", speakers=speakers).notices
        assert len([one for one in notices if one.kind == "dropped"]) == count


@pytest.mark.parametrize("service", ["recording", "flash", "sentence"])
def test_an_engine_that_is_taken_on_trust_is_told(tencent: TencentServer, service: str) -> None:
    """A name that no page of the vendor has may be new, or a slip: the result names the nearest one, once."""
    for model, told in (("16k_zhh", ["did you mean 16k_zh?"]), ("16k_zh", [])):
        notices = transcribed(tencent, wav(1), service=service, language="zh", model=model).notices
        found = [one for one in notices if one.feature == "model"]
        assert [one.message.partition("; ")[2] for one in found] == told


def test_a_short_file_is_answered_at_once(tencent: TencentServer) -> None:
    """A recording of a second goes to the sentence service by itself, as its own bytes, in one call."""
    transcript = transcribed(tencent, wav(1))
    assert transcript.text == "Good morning." and transcript.duration_ms == 2430
    (got,) = tencent.got
    assert got.headers["x-tc-action"] == "SentenceRecognition" and base64.b64decode(got.params["Data"]) == wav(1)


def test_a_flash_recording(tencent: TencentServer, tmp_path: Path) -> None:
    """With an AppId, flash takes the file as it is, with Chinese in its signed query."""
    path = noise(tmp_path / "talk.wav", 70)
    transcript = transcribed(tencent, path, service="flash", speakers=True, language="zh", hot_words=["腾讯云"])
    assert transcript.speakers[1].id == "1"
    (got,) = tencent.got
    assert got.media == path.read_bytes() and got.query["hotword_list"] == "腾讯云|5"


def test_a_file_that_is_too_large_is_made_smaller(tencent: TencentServer, tmp_path: Path) -> None:
    """Stereo at 44.1 kHz beyond 5 MB arrives as one channel, at most 5 MB, in a form that the vendor takes."""
    path = noise(tmp_path / "band.wav", 90, rate=44_100, channels=2)
    transcribed(tencent, path, service="recording")
    sent = base64.b64decode(tencent.got[0].params["Data"])
    assert path.stat().st_size > 15_000_000 and len(sent) <= 5 * 1024 * 1024
    assert sent.startswith((b"fLaC", b"OggS")) and tencent.got[0].params["ChannelNum"] == 1


def test_a_file_that_cannot_be_made_small_enough(tencent: TencentServer, tmp_path: Path) -> None:
    """What does not fit however packed is refused before anything is sent, with the routes that remain."""
    path, length = noise(tmp_path / "hour.wav", 200), 3600 * 32_000
    with path.open("r+b") as file:
        # Silence after some minutes of noise, without writing it; the header says how long all of it is.
        file.truncate(length + 44)
        file.seek(4)
        file.write((length + 36).to_bytes(4, "little"))
        file.seek(40)
        file.write(length.to_bytes(4, "little"))
    with pytest.raises(AudioTooLargeError, match=r"URL.*app_id") as caught:
        transcribed(tencent, path, {"app_id": None}, service="recording")
    assert not tencent.got and caught.value.accepted == "no"


def test_channels_of_a_telephone_call(tencent: TencentServer, tmp_path: Path) -> None:
    """A stereo call at 8 kHz is sent as it is where its channels are heard apart, and mixed where not."""
    path = noise(tmp_path / "call.wav", 61, rate=8_000, channels=2)
    transcript = transcribed(tencent, path, language="zh", channels="separate")
    assert tencent.got[0].params["EngineModelType"] == "8k_zh" and tencent.got[0].params["ChannelNum"] == 2
    assert base64.b64decode(tencent.got[0].params["Data"]) == path.read_bytes()
    assert [one.channel for one in transcript.segments] == [0, 1]
    tencent.got.clear()
    transcribed(tencent, path, language="zh")
    mixed = base64.b64decode(tencent.got[0].params["Data"])
    assert tencent.got[0].params["ChannelNum"] == 1 and len(mixed) < path.stat().st_size


@pytest.mark.parametrize("minutes", [-7, 6, 600])
@pytest.mark.parametrize("service", ["recording", "sentence", "flash"])
def test_a_wrong_clock_is_corrected_once(tencent: TencentServer, service: str, minutes: int) -> None:
    """The server's answer tells its time: the call is signed again, once; the next calls are right at once."""
    tencent.ahead = timedelta(minutes=minutes)

    async def main() -> tuple[Transcript, Transcript]:
        async with session(tencent) as opened:
            first = await opened.transcribe(wav(1), service=service, timeout=60)
            return first, await opened.transcribe(wav(1), service=service, timeout=60)

    assert all(one.segments for one in asyncio.run(main()))
    assert len(tencent.got) == (5 if service == "recording" else 3)


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_clock_that_is_a_day_off_loses_no_recording(tencent: TencentServer, hours: int) -> None:
    """What expires by the vendor's clock is asked about by the vendor's clock, at once and by a later session."""
    tencent.ahead = timedelta(hours=hours)

    async def main() -> tuple[Transcript, Job]:
        async with session(tencent) as opened:
            job = await opened.submit(URL)
            return await opened.result(job, timeout=60), job

    async def later(job: Job) -> Transcript:
        async with session(tencent) as opened:
            return await opened.result(job, timeout=60)

    heard, job = asyncio.run(main())
    assert heard.segments and asyncio.run(later(job)).segments


def test_a_clock_that_cannot_be_corrected(tencent: TencentServer) -> None:
    """A vendor that goes on refusing is not asked for ever, and the error says what to do."""
    tencent.submits = [refused("AuthFailure.SignatureExpire")]
    error = end(tencent)
    assert type(error) is ClockSkewError and "clock" in str(error) and len(tencent.got) <= 2


def test_temporary_credentials(tencent: TencentServer) -> None:
    """The token is sent with each call; a wrong one is told with what to renew."""
    assert isinstance(end(tencent), Transcript)
    assert {one.headers["x-tc-token"] for one in tencent.got} == {KEYS["token"]}
    with pytest.raises(AuthenticationError, match="Renew the temporary credentials"):
        transcribed(tencent, URL, {"token": "old"})
    tencent.keys = {name: key for name, key in KEYS.items() if name != "token"}
    assert transcribed(tencent, URL, {"token": None}).segments


@pytest.mark.parametrize("changed", [{"secret_id": "AKIDOTHER"}, {"secret_key": "other"}])
def test_wrong_keys(tencent: TencentServer, changed: dict[str, str]) -> None:
    """A wrong pair is told as such, by either way of signing, and not tried again."""
    for options in ({}, {"service": "flash"}):
        tencent.got.clear()
        with pytest.raises(AuthenticationError, match="secret_id"):
            transcribed(tencent, wav(61) if options else URL, changed, **options)
        assert len(tencent.got) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        500,
        502,
        refused("InternalError"),
        refused("InternalError.FailAccessDatabase"),
        refused("New"),
        "<html>",
        "{}",
    ],
)
def test_an_answer_that_leaves_the_outcome_open(tencent: TencentServer, answer: object) -> None:
    """What may have been accepted is never sent twice: the job is uncertain."""
    tencent.submits = [answer]
    assert submitted(tencent).status is JobStatus.UNCERTAIN
    assert len(tencent.got) == 1
    assert isinstance(end(tencent), OutcomeUnknownError | EarwitnessError)


@pytest.mark.parametrize(
    "code", ["RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded", "ServiceUnavailable"]
)
def test_what_proves_that_nothing_was_taken_is_sent_again(tencent: TencentServer, code: str) -> None:
    """A refusal for lack of room created nothing, so the same submission goes out again, signed afresh."""
    tencent.submits = [refused(code), ACCEPTED]
    assert submitted(tencent).status is JobStatus.QUEUED and len(tencent.got) == 2
    assert tencent.got[0].params == tencent.got[1].params


def test_a_question_is_repeated(tencent: TencentServer) -> None:
    """Bad statuses, unreadable bodies, lost answers and internal errors say nothing of the task: it is asked again."""
    tencent.states = [502, "<html>", refused("InternalError.FailAccessRedis"), None, refused("Unheard"), SPEAKERS]
    assert isinstance(end(tencent), Transcript)
    assert actions(tencent).count("CreateRecTask") == 1 and actions(tencent).count("DescribeTaskStatus") == 6


def test_sentences_and_flash_that_met_a_busy_vendor(tencent: TencentServer) -> None:
    """What is answered at once and failed by the vendor's own fault is tried again; bad audio is not."""
    tencent.sentences = [refused("InternalError.ErrorRecognize"), SENTENCE]
    assert transcribed(tencent, wav(1)).segments and len(tencent.got) == 2
    tencent.got.clear()
    tencent.flashes = [{"code": 5001, "message": "x"}, FLASH]
    assert transcribed(tencent, wav(61), service="flash").segments and len(tencent.got) == 2
    tencent.got.clear()
    tencent.flashes = [{"code": 4007, "message": "x"}]
    assert type(end(tencent, wav(61), service="flash")) is BadAudioError and len(tencent.got) == 1


@pytest.mark.parametrize(
    "code",
    ["InvalidParameterValue.ErrorInvalidVoicedata", "InternalError.ErrorDownFile", "InternalError.ErrorRecognize"],
)
def test_some_sentences_are_sent_again_only_once(tencent: TencentServer, code: str) -> None:
    """The vendor may be wrong about the audio once; what it says twice is so."""
    tencent.sentences = [refused(code), refused(code), SENTENCE]
    error = end(tencent, wav(1))
    assert isinstance(error, EarwitnessError) and error.vendor_code == code and len(tencent.got) == 2


def test_a_sentence_in_doubt_is_not_sent_again(tencent: TencentServer) -> None:
    """A store that failed may have kept the sentence, and so may an internal error without a name."""
    for code in ("InternalError", "InternalError.FailAccessDatabase", "InternalError.FailAccessRedis"):
        tencent.got.clear()
        tencent.sentences = [refused(code), SENTENCE]
        assert submitted(tencent, wav(1)).status is JobStatus.UNCERTAIN and len(tencent.got) == 1


def test_a_lost_flash_answer_is_uncertain(tencent: TencentServer) -> None:
    """Nothing can be asked about flash, so a lost answer stays open and is not paid for twice."""
    tencent.flashes = [None]
    assert submitted(tencent, wav(61), service="flash").status is JobStatus.UNCERTAIN and len(tencent.got) == 1


def test_failed_tasks(tencent: TencentServer) -> None:
    """A failed task raises its reason; a final code is the job's end too."""
    tencent.states = [FAILED]
    failed = end(tencent)
    assert type(failed) is JobFailedError and "Failed to download audio file!" in str(failed)
    tencent.states = [refused("FailedOperation.ErrorDownFile")]
    assert type(end(tencent)) is InvalidRequestError


def test_a_task_that_is_not_known_yet(tencent: TencentServer) -> None:
    """Directly after the submission an unknown task is asked for again."""
    tencent.states = [refused("FailedOperation.NoSuchTask"), SPEAKERS]
    assert isinstance(end(tencent), Transcript)


def test_a_job_is_taken_up_by_a_later_session(tencent: TencentServer) -> None:
    """The job's snapshot is enough for another session, with no secret in it."""
    job = submitted(tencent, speakers=True)

    async def later() -> Transcript:
        async with session(tencent) as opened:
            return await opened.result(job, timeout=60)

    assert [one.speaker for one in asyncio.run(later()).segments] == ["0", "1"]
    assert job.reference is not None and dict(job.reference.state) == {"engine": "16k_en", "speakers": True}


def test_a_task_is_never_asked_about_after_a_day(tencent: TencentServer) -> None:
    """24 hours on, another task may have the id: the answer is 'expired', and no call is made, also after a restart."""
    job = submitted(tencent)
    tencent.got.clear()
    assert job.reference is not None
    submitted_at = datetime.now(UTC) - timedelta(hours=24, seconds=1)
    for old in (
        replace(job.reference, submitted_at=submitted_at, expires_at=None),
        replace(job.reference, expires_at=datetime.now(UTC)),
    ):
        error = asked_again(tencent, replace(job, reference=old))
        assert type(error) is ResultExpiredError and "24 hours" in str(error)
    assert not tencent.got


@pytest.mark.parametrize("reference", [VendorReference("recording", "5"), VendorReference("recording", "../5", NOW)])
def test_a_task_is_never_asked_about_by_its_id_alone(reference: VendorReference) -> None:
    """Without the time of its submission, or with an id that is none, no task is asked about."""
    called, runtime = provider(reply(SPEAKERS))
    with pytest.raises(InvalidRequestError):
        asyncio.run(called.fetch(reference))
    assert not runtime.calls


def test_only_recordings_can_be_asked_about() -> None:
    """A sentence and a flash recording were answered at once, and nothing can be cancelled."""
    called, _ = provider()
    for service in ("sentence", "flash"):
        with pytest.raises(UnsupportedFeatureError):
            asyncio.run(called.fetch(VendorReference(service, "5")))
    with pytest.raises(UnsupportedFeatureError, match="may still be billed"):
        asyncio.run(called.cancel(VendorReference("recording", "5", datetime.now(UTC))))


def test_another_tasks_answer_is_reported(tencent: TencentServer) -> None:
    """An answer that names another task is taken, as the vendor's own page shows such, and the transcript says so."""
    tencent.states = [task(TaskId=7)]
    transcript = end(tencent)
    assert isinstance(transcript, Transcript) and transcript.segments
    assert [one.kind for one in transcript.notices] == ["vendor_warning"]


def test_no_credential_is_ever_shown(tencent: TencentServer, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, no log line, exception, traceback or job shows a key, the token or a signature.

    The server echoes the secrets in its refusals, as a careless one might.
    """
    echo = refused("InvalidParameter", f"with {KEYS['secret_id']}, {KEYS['secret_key']} and {KEYS['token']}")
    shown = io.StringIO()
    with caplog.at_level(logging.DEBUG):
        tencent.submits, tencent.states = [ACCEPTED, echo, None], [SPEAKERS]
        got = [end(tencent), end(tencent), end(tencent)]
        tencent.flashes = [{"code": 4001, "message": echo["Response"]["Error"]["Message"]}, None]
        got += [end(tencent, wav(61), service="flash"), end(tencent, wav(61), service="flash")]
        for one in got:
            if isinstance(one, EarwitnessError):
                traceback.print_exception(one, file=shown)
                print(one.details(), file=shown)
            print(repr(one), file=shown)
    assert [type(one) for one in got] == [
        Transcript, InvalidRequestError, OutcomeUnknownError, InvalidRequestError, OutcomeUnknownError,
    ]  # fmt: skip
    tencent.submits = [ACCEPTED]
    print(repr(submitted(tencent)), caplog.text, file=shown)
    told = shown.getvalue()
    assert caplog.text and told.count("Traceback") == 4
    secrets = (*KEYS.values(), "Signature=", "Credential=", "media.example/meeting", str(TASK))
    assert not [secret for secret in secrets if secret in told]


def test_unknown_jobs_of_another_account(tencent: TencentServer) -> None:
    """A task that this account does not have is not found, where it is neither fresh nor old."""
    job = submitted(tencent)
    assert job.reference is not None
    tencent.states = [refused("FailedOperation.NoSuchTask")]
    earlier = replace(job.reference, submitted_at=datetime.now(UTC) - timedelta(hours=1))
    assert type(asked_again(tencent, replace(job, reference=earlier))) is JobNotFoundError


def test_a_vendor_that_cannot_be_reached() -> None:
    """Where no connection can be made, nothing was accepted and the error says so."""
    server = TencentServer(url="http://127.0.0.1:9")
    error = end(server)
    assert isinstance(error, UnavailableError) and error.accepted == "no"


def test_a_status_that_waits(tencent: TencentServer) -> None:
    """A waiting task stays queued however often it is asked about."""
    tencent.states = [RUNNING, RUNNING, SPEAKERS]
    assert isinstance(end(tencent), Transcript) and actions(tencent).count("DescribeTaskStatus") == 3


def test_a_flash_recording_of_100_mb_is_never_in_memory(tmp_path: Path) -> None:
    """The file is handed out in blocks as it is read: sending 99 MB costs at most 64 MiB."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, str(MEMORY), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 64
