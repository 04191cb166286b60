"""The provider at work: in a real session, over real sockets, against a server written from the manual alone."""

import asyncio
import io
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import earwitness_clova
from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    ConfigurationError,
    EarwitnessError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    UnsupportedFeatureError,
)
from earwitness.jobs import Job, JobStatus, VendorReference
from earwitness.models import Transcript
from earwitness.request import RequestOptions, StoredAudio
from earwitness.session import AsyncSession
from earwitness_clova.provider import Clova
from support.clova import (
    ACCEPTED,
    COMPLETED,
    DOMAIN,
    INVOKE_KEY,
    KEYS,
    SRT,
    TOKEN,
    ClovaServer,
    provider,
    reply,
    serving,
    submission,
    wav,
)


@pytest.fixture
def clova() -> Iterator[ClovaServer]:
    with serving() as server:
        yield server


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "회의.wav"
    path.write_bytes(wav(1))
    return path


@asynccontextmanager
async def session(server: ClovaServer, **changed: Any) -> AsyncIterator[AsyncSession]:
    given = {name: value for name, value in {**server.settings, **changed}.items() if value is not None}
    profile = Profile("test", "clova", given, RequestOptions(language=("ko-KR",)))
    async with AsyncSession(Clova, profile, Plugins(()), version=earwitness_clova.__version__) as opened:
        yield opened


def transcribed(server: ClovaServer, audio: object, keys: dict[str, Any] | None = None, **options: Any) -> Transcript:
    async def main() -> Transcript:
        async with session(server, **(keys or {})) as opened:
            return await opened.transcribe(audio, timeout=60, **options)

    return asyncio.run(main())


def submitted(server: ClovaServer, audio: object, **options: Any) -> Job:
    async def main() -> Job:
        async with session(server) as opened:
            return await opened.submit(audio, **options)

    return asyncio.run(main())


def ends(server: ClovaServer, audio: object, count: int) -> list[Transcript | BaseException]:
    """How that many transcriptions at the same time end, one way or the other."""

    async def main() -> list[Transcript | BaseException]:
        async with session(server) as opened:
            jobs = (opened.transcribe(audio, timeout=60) for _ in range(count))
            return await asyncio.gather(*jobs, return_exceptions=True)

    return asyncio.run(main())


def test_a_file_is_uploaded_and_fetched(clova: ClovaServer, recording: Path) -> None:
    """The whole way of a local file: form, token, states, result; the server sees the file's own bytes, once."""
    clova.states = [{"result": "PROCESSING", "progress": 40}, COMPLETED]

    async def main() -> list[Job]:
        async with session(clova) as opened:
            job = await opened.submit(recording, speakers=True, metadata={"case": "7"}, word_times=True)
            assert job.status is JobStatus.QUEUED and job.reference is not None and job.reference.id == TOKEN
            return [one async for one in opened.watch(job)]

    seen = asyncio.run(main())
    assert [(one.status.value, one.progress) for one in seen] == [
        ("queued", None),
        ("running", 0.4),
        ("succeeded", 1.0),
    ]
    transcript = seen[-1].transcript
    assert transcript is not None and transcript.text == COMPLETED["text"] and not transcript.notices
    assert transcript.served_by is not None and transcript.served_by.service == "long"
    assert transcript.metadata == {"case": "7"}
    upload, *asked = clova.got
    assert upload.media == recording.read_bytes() and upload.params["userdata"]["case"] == "7"
    assert upload.params["userdata"]["earwitness_attempt"].startswith("att_") and upload.params["resultToObs"] is True
    assert [one.path for one in asked] == [f"{DOMAIN}/recognizer/{TOKEN}"] * 2


def test_waiting_for_the_transcript_in_one_call(clova: ClovaServer, recording: Path) -> None:
    """With completion sync the first answer is the transcript, and nothing is asked afterwards."""
    clova.submits = [COMPLETED]
    assert transcribed(clova, recording, vendor={"completion": "sync"}).text == COMPLETED["text"]
    assert len(clova.got) == 1


@pytest.mark.parametrize(
    ("audio", "way", "name", "value"),
    [
        ("https://host/a.wav", "url", "url", "https://host/a.wav"),
        (StoredAudio("/a/x.wav"), "object-storage", "dataKey", "/a/x.wav"),
        (StoredAudio("a/x.wav"), "object-storage", "dataKey", "a/x.wav"),
    ],
)
def test_audio_that_lies_elsewhere(clova: ClovaServer, audio: object, way: str, name: str, value: str) -> None:
    """A URL and a stored object go by JSON, each to its own path, waited for or not."""
    clova.submits = [COMPLETED, ACCEPTED]
    assert transcribed(clova, audio, vendor={"completion": "sync"}).text == COMPLETED["text"]
    assert submitted(clova, audio).status is JobStatus.QUEUED
    assert [one.path for one in clova.got] == [f"{DOMAIN}/recognizer/{way}"] * 2
    assert [(one.params[name], one.params["completion"]) for one in clova.got] == [(value, "sync"), (value, "async")]


def test_subtitles_instead_of_json(clova: ClovaServer, recording: Path) -> None:
    """SRT is read in the answer to a submission and, remembered over a restart, in that to a question."""
    clova.submits = [SRT, ACCEPTED]
    asked = {"completion": "sync", "format": "SRT"}
    assert transcribed(clova, recording, speakers=True, vendor=asked).segments[1].speaker == "B"
    reference = submitted(clova, recording, vendor={"format": "SRT"}).reference
    assert reference is not None
    restarted, _ = provider(reply(SRT), reply(""))
    subtitles = asyncio.run(restarted.fetch(reference)).transcript
    silence = asyncio.run(restarted.fetch(reference)).transcript
    assert subtitles is not None and subtitles.segments[0].end_ms == 2140
    assert silence is not None and silence.segments == ()


def test_a_short_sentence(clova: ClovaServer, recording: Path) -> None:
    """With a short key alone, a short recording goes to the short service by itself, as raw bytes."""
    keys = {"invoke_url": None, "secret_key": None}
    transcript = transcribed(clova, recording, keys, hot_words=["로드맵", "품질팀"])
    assert transcript.text == "안녕하세요" and transcript.vendor == {"billed_s": 15}
    (got,) = clova.got
    assert got.media == recording.read_bytes()
    assert got.query == {"lang": "Kor", "boostings": "로드맵\t품질팀"}


def test_what_proves_that_nothing_was_taken_is_sent_again(clova: ClovaServer, recording: Path) -> None:
    """A busy server, and the short service's engine error, are tried again with the whole body; STT006 is not."""
    busy = (503, {"result": "ERROR_SERVER_BUSY"})
    clova.submits = [busy, busy, ACCEPTED]
    assert submitted(clova, recording).status is JobStatus.QUEUED
    assert [one.media for one in clova.got] == [recording.read_bytes()] * 3
    clova.got.clear()
    clova.shorts = [(500, {"errorCode": "STT998"}), {"text": "네"}]
    assert transcribed(clova, recording, service="short").text == "네" and len(clova.got) == 2
    clova.got.clear()
    clova.shorts = [(500, {"errorCode": "STT006", "errorMessage": "Failed to pre-processing"})]
    with pytest.raises(BadAudioError):
        transcribed(clova, recording, service="short")
    assert len(clova.got) == 1


@pytest.mark.parametrize(
    "answer",
    [None, 500, (504, {"result": "ERROR_GATEWAY_TIMEOUT"}), {"result": "ERROR_NEW"}, "<html>", {"result": "SUCCEEDED"}],
)
def test_an_answer_that_leaves_the_outcome_open(clova: ClovaServer, recording: Path, answer: object) -> None:
    """What may have been accepted is never sent twice: the job is uncertain."""
    clova.submits = [answer]
    assert submitted(clova, recording).status is JobStatus.UNCERTAIN
    assert len(clova.got) == 1


def test_a_question_is_repeated(clova: ClovaServer, recording: Path) -> None:
    """Bad statuses, unreadable bodies and lost answers to a question are asked again."""
    clova.states = [502, "<html>", (500, {"result": "ERROR_EXTERNAL_ERROR"}), None, COMPLETED]
    assert [type(end) for end in ends(clova, recording, 2)] == [Transcript] * 2
    assert len(clova.got) == 2 + 4 + 2


def test_a_wrong_key_and_a_wrong_address(clova: ClovaServer, recording: Path) -> None:
    """Each is told by its own error, with what to check."""
    with pytest.raises(AuthenticationError, match="Secret Key"):
        transcribed(clova, recording, {"secret_key": "wrong"})
    with pytest.raises(ConfigurationError, match="invoke key is wrong"):
        transcribed(clova, recording, {"invoke_url": f"{clova.url}/external/v1/4242/other"})


def test_a_failed_and_an_unknown_job(clova: ClovaServer, recording: Path) -> None:
    """A job that failed raises its reason; a job that CLOVA does not know is not found, also with HTTP 404."""
    clova.states = [
        {"result": "FAILED", "message": "nobody knows"},
        (404, {"result": "ERROR_TOKEN_INVALID", "message": "Token does not exist"}),
    ]
    failed, unknown = sorted(ends(clova, recording, 2), key=lambda end: type(end).__name__)
    assert type(failed) is JobFailedError and "nobody knows" in str(failed)
    assert type(unknown) is JobNotFoundError


def test_a_job_is_taken_up_by_a_later_session(clova: ClovaServer, recording: Path) -> None:
    """The job's snapshot is enough for another session, with no secret in it."""
    job = submitted(clova, recording, speakers=True)

    async def later() -> Transcript:
        async with session(clova) as opened:
            return await opened.result(job, timeout=60)

    assert asyncio.run(later()).text == COMPLETED["text"]
    assert job.reference is not None and dict(job.reference.state) == {"speakers": True}


def test_jobs_cannot_be_cancelled(clova: ClovaServer, recording: Path) -> None:
    """CLOVA has no way to cancel, and that is said."""

    async def main() -> None:
        async with session(clova) as opened:
            with pytest.raises(UnsupportedFeatureError, match="may still be billed"):
                await opened.cancel(await opened.submit(recording))

    asyncio.run(main())


def test_a_token_cannot_lead_elsewhere() -> None:
    """Whatever a token holds, it stays one step of the path."""
    called, runtime = provider(reply(COMPLETED))
    asyncio.run(called.fetch(VendorReference("long", "../x?y#z/")))
    assert runtime.calls[0].url.endswith("/recognizer/..%2Fx%3Fy%23z%2F")


def test_what_is_not_configured_cannot_be_asked() -> None:
    """Fetching without the long keys says which are missing; the short service has no jobs to ask about."""
    bare, _ = provider(invoke_url=None, secret_key=None)
    with pytest.raises(ConfigurationError, match="invoke_url and secret_key"):
        asyncio.run(bare.fetch(VendorReference("long", "t")))
    with pytest.raises(UnsupportedFeatureError):
        asyncio.run(bare.fetch(VendorReference("short", "t")))


def test_an_upload_is_read_in_blocks(tmp_path: Path) -> None:
    """A large file is never whole in memory: the form hands it out in blocks, and each try opens it afresh."""
    from earwitness.exchange import StreamBody
    from earwitness.media import open_media
    from earwitness.provider import Submission
    from earwitness.request import FileAudio

    path = tmp_path / "long.wav"
    path.write_bytes(wav(300))
    called, runtime = provider(reply(ACCEPTED))
    small = submission(called)
    asyncio.run(
        called.submit(Submission(small.request, small.plan, small.options, small.attempt, open_media(FileAudio(path))))
    )
    body = runtime.calls[0].body
    assert isinstance(body, StreamBody)
    blocks = [len(block) for block in body.open()]
    assert sum(blocks) == body.length > 9_600_000 and max(blocks) <= 256 * 1024


def test_no_credential_is_ever_shown(clova: ClovaServer, recording: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, no log line, exception, traceback or job shows a key, the invoke key or the token.

    The server echoes the secrets in its refusals, as a careless one might.
    """
    secrets = (*KEYS.values(), INVOKE_KEY)
    echo = {"result": "ERROR_AUDIO_EMPTY", "message": f"at {DOMAIN} with {KEYS['secret_key']}"}
    shown = io.StringIO()
    with caplog.at_level(logging.DEBUG):
        clova.states = [COMPLETED, echo]
        got = ends(clova, recording, 2)
        clova.submits = [(400, echo), None]
        got += [*ends(clova, recording, 1), *ends(clova, recording, 1)]
        for end in got:
            if isinstance(end, EarwitnessError):
                traceback.print_exception(end, file=shown)
                print(end.details(), file=shown)
            print(repr(end), file=shown)
    clova.submits = [ACCEPTED]
    assert {type(end) for end in got} == {Transcript, BadAudioError, OutcomeUnknownError}
    print(repr(submitted(clova, recording)), caplog.text, file=shown)
    told = shown.getvalue()
    assert caplog.text and "OutcomeUnknownError" in told and told.count("Traceback") == 3
    assert not [secret for secret in (*secrets, TOKEN) if secret in told]


def test_uncertain_is_told_as_such(clova: ClovaServer, recording: Path) -> None:
    """Waiting for a job whose submission got lost raises what a person must look at."""
    clova.submits = [None]
    with pytest.raises(OutcomeUnknownError):
        transcribed(clova, recording)
