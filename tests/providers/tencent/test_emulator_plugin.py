"""The plugin, through a session, against the emulator: two readings of one manual that must meet."""

import asyncio
import tomllib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import earwitness
from earwitness.config import Config
from earwitness.emulation import Clock, EmulatorOptions, Fault, Faults, GivenHearing, ProfileHearing
from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    EarwitnessError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitedError,
)
from earwitness.jobs import JobStatus
from earwitness.models import Segment, Transcript
from earwitness.session import AsyncSession
from earwitness.streaming import Final
from earwitness_tencent.emulator import create
from earwitness_tencent.provider import Tencent
from support.receivers import files
from support.sessions import session_of
from support.tencent_emulator import Client, emulated, tone

SPEECH = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"
T = TypeVar("T")


def session(client: Client, **changes: object) -> AsyncSession:
    """A session with the very profile that the emulator prints."""
    profile = tomllib.loads(client.facts["profile_toml"])
    assert profile["default_profile"] == "tencent"
    settings = {**profile["profiles"]["tencent"]["settings"], **changes}
    return session_of(Tencent, settings)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 120))


def transcribed(client: Client, audio: object = None, **options: Any) -> Transcript:
    async def work() -> Transcript:
        async with session(client) as opened:
            return await opened.transcribe(tone() if audio is None else audio, **options)

    return run(work())


def lines(transcript: Transcript) -> list[tuple[str, int | None, int | None]]:
    return [(one.text, one.start_ms, one.end_ms) for one in transcript.segments]


SAID = [("Good morning.", 240, 2900), ("Shall we start?", 3100, 6180)]


@pytest.mark.parametrize("service", ["recording", "flash"])
def test_sentences_with_times_survive_the_way(service: str) -> None:
    """The same segments, words and times come back through either form of answer."""
    with emulated() as client:
        heard = transcribed(client, service=service, word_times=True)
    assert lines(heard) == SAID
    words = [(word.text, word.start_ms) for word in heard.segments[1].words if word.text.strip("?")]
    assert [(text.rstrip("?"), start) for text, start in words] == [("Shall", 3140), ("we", 3700), ("start", 4080)]
    assert heard.served_by is not None
    assert heard.served_by.service == service


def test_a_sentence_comes_back_at_once() -> None:
    """One text, because this service tells no sentences."""
    with emulated() as client:
        heard = transcribed(client, service="sentence", word_times=True)
        assert [one.operation for one in client.emulator.billing.entries] == ["SentenceRecognition"]
    assert heard.text == "Good morning. Shall we start?"


@pytest.mark.parametrize("service", ["recording", "flash", "sentence"])
def test_a_misspelt_engine_is_refused_with_the_nearest(service: str) -> None:
    """The vendor's refusal does not say what is wrong with the name, so the error does."""
    with emulated() as client, pytest.raises(InvalidRequestError, match=r"did you mean 16k_zh\?"):
        transcribed(client, service=service, language="zh-CN", model="16k_zhh")


def test_a_stream_of_a_misspelt_engine_is_refused_with_the_nearest() -> None:
    """So it is with live audio."""

    async def work() -> None:
        async with session(client) as opened, opened.stream(iter([bytes(3_200)]), model="16k_zhh") as events:
            async for _ in events:
                pass

    with emulated() as client, pytest.raises(InvalidRequestError, match=r"did you mean 16k_zh\?"):
        run(work())


@pytest.mark.parametrize("service", ["recording", "flash"])
def test_speakers_are_told_apart(service: str) -> None:
    """Two voices stay two voices."""
    with emulated() as client:
        heard = transcribed(client, service=service, speakers=True, language="zh-CN")
    assert len({one.speaker for one in heard.segments}) == len(heard.speakers) == 2


def test_a_recording_may_lie_at_an_address_and_a_dead_one_is_told() -> None:
    """The vendor fetches it; what it cannot fetch is a failed job with a reason."""
    with emulated() as client, files({"/a.wav": tone()}) as web:
        assert lines(transcribed(client, f"{web}/a.wav", service="recording")) == SAID
        with pytest.raises(EarwitnessError):
            transcribed(client, f"{web}/missing.wav", service="recording")


def test_a_wrong_key_is_an_authentication_error() -> None:
    """In every service, with no task made."""
    with emulated() as client:
        for service in ("recording", "sentence", "flash"):

            async def work(service: str = service) -> None:
                async with session(client, secret_key="SOMEOTHERKEY") as opened:
                    await opened.transcribe(tone(), service=service)

            with pytest.raises(AuthenticationError):
                run(work())
        assert client.emulator.billing.entries == ()


def test_temporary_credentials_are_used_with_their_token() -> None:
    """The three of them work in each service."""
    with emulated() as client:
        facts = client.facts

        async def work(service: str) -> Transcript:
            keys = {"secret_id": facts["temporary_secret_id"], "secret_key": facts["temporary_secret_key"]}
            async with session(client, token=facts["token"], **keys) as opened:
                return await opened.transcribe(tone(), service=service)

        for service in ("recording", "sentence", "flash"):
            assert run(work(service)).text == "Good morning. Shall we start?"


@pytest.mark.parametrize("service", ["recording", "sentence", "flash"])
def test_a_clock_that_is_far_off_is_corrected_once(service: str) -> None:
    """The server's Date header sets the plugin's clock, and the second call is taken."""
    with emulated(clock_ahead_s=-1000) as client:
        assert transcribed(client, service=service).text == "Good morning. Shall we start?"


def test_refused_submissions_are_tried_again() -> None:
    """A rate limit means that nothing was made; one task is billed."""
    limit = Fault("CreateRecTask", "answer", "RequestLimitExceeded.UinLimitExceeded", times=2)
    with emulated(faults=Faults([limit])) as client:
        assert lines(transcribed(client, service="recording")) == SAID
        assert len(client.emulator.billing.entries) == 1


def test_a_rate_limit_that_stays_is_told() -> None:
    """In the end the caller hears why."""
    limit = Fault("CreateRecTask", "answer", "RequestLimitExceeded", times=None)
    with emulated(faults=Faults([limit])) as client, pytest.raises(RateLimitedError):
        transcribed(client, service="recording")


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_a_lost_answer_leaves_the_outcome_open(kind: Any) -> None:
    """The task was made and may be billed, so nothing is sent again."""
    with emulated(faults=Faults([Fault("CreateRecTask", kind, times=None)])) as client:

        async def work() -> JobStatus:
            async with session(client) as opened:
                job = await opened.submit(tone(), service="recording")
                with pytest.raises(OutcomeUnknownError):
                    await opened.result(job)
                return job.status

        assert run(work()) is JobStatus.UNCERTAIN
        assert client.finished(1_000_000_001)["Status"] == 2
        assert client.code("DescribeTaskStatus", TaskId=1_000_000_002) == "FailedOperation.NoSuchTask"


def test_queries_survive_a_bad_day() -> None:
    """A failed question says nothing about the task: statuses, broken JSON and hung-up lines are passed over."""
    bad = [
        Fault("DescribeTaskStatus", "status", 502),
        Fault("DescribeTaskStatus", "drop", first=2),
        Fault("DescribeTaskStatus", "answer", "InternalError.FailAccessRedis", first=3),
    ]
    with emulated(faults=Faults(bad)) as client:
        assert lines(transcribed(client, service="recording")) == SAID


@pytest.mark.parametrize(
    "switches",
    [
        {"no_detail": "missing"},
        {"no_detail": "empty", "blanks": 1},
        {"other_task_id": True, "more_fields": True, "disordered_words": True},
        {"without_words": True, "no_words": "empty"},
        {"waiting_answers": 1, "doing_answers": 1},
    ],
)
def test_the_oddities_of_the_vendor_change_no_text(switches: dict[str, object]) -> None:
    """Whatever form the details have, the sentences and their times are the same."""
    with emulated(**switches) as client:
        assert lines(transcribed(client, service="recording")) == SAID


def test_broken_audio_is_bad_audio_in_every_service() -> None:
    """The vendor's word for it differs, the error does not."""
    broken = tone()[:44] + b"\xff\xfb" + bytes(3000)
    with emulated(faults=Faults([Fault("task", "answer", "10004")])) as client, pytest.raises(EarwitnessError):
        transcribed(client, broken, service="recording")
    code = "InvalidParameterValue.ErrorInvalidVoicedata"
    faults = [Fault("SentenceRecognition", "answer", code, times=None), Fault("flash", "answer", "4007", times=None)]
    with emulated(faults=Faults(faults)) as client:
        for service in ("sentence", "flash"):
            with pytest.raises(BadAudioError):
                transcribed(client, broken, service=service)


def test_silence_is_an_empty_transcript_everywhere() -> None:
    """Nothing said is a success without segments."""
    with emulated(GivenHearing(Transcript())) as client:
        for service in ("recording", "sentence", "flash"):
            assert transcribed(client, service=service).segments == ()


def streamed(client: Client, audio: bytes, **options: Any) -> Transcript:
    async def work() -> Transcript:
        async with session(client) as opened:
            blocks = [audio[at : at + 6400] for at in range(0, len(audio), 6400)]
            async with opened.stream(blocks, sample_rate=16_000, **options) as stream:
                async for event in stream:
                    assert not isinstance(event, Final) or event.segment.text
                return stream.transcript()

    return run(work())


def test_live_audio_has_the_same_sentences() -> None:
    """Finals with their times, at the pace that the vendor takes."""
    with emulated(clock=Clock(scale=20)) as client:
        heard = streamed(client, tone(7)[44:], language="zh-CN")
    assert lines(heard) == SAID
    assert not [notice for notice in heard.notices if notice.kind == "incomplete"]


def test_a_cut_line_loses_and_doubles_nothing() -> None:
    """After a cut in the middle a new connection goes on with new times."""
    cut = Fault("stream", "stream_cut", "seconds", after=1)
    with emulated(clock=Clock(scale=20), faults=Faults([cut])) as client:
        heard = streamed(client, tone(7)[44:], language="zh-CN")
    assert [text for text, _, _ in lines(heard)] == ["Good morning.", "Shall we start?"]


def test_the_embedded_engine_says_the_same_through_the_vendors_wire() -> None:
    """The swap: the words of the engine itself, from a file and live."""

    async def alone() -> str:
        async with earwitness.connect("pocketsphinx", config=Config()) as opened:
            return (await opened.transcribe(SPEECH)).text

    expected = run(alone())
    assert expected
    with emulated(ProfileHearing(), clock=Clock(scale=20)) as client:
        for service in ("recording", "sentence", "flash"):
            assert transcribed(client, SPEECH, service=service, language="en-US").text == expected
        assert streamed(client, SPEECH.read_bytes()[44:], language="en-US").text == expected


def test_a_ready_profile_names_a_language_also_for_a_bare_text() -> None:
    """A given text does not tell its language, and a request without one would be refused: the usual one is named."""
    server = create(EmulatorOptions(hearing=GivenHearing(Transcript((Segment("said"),)))))
    assert tomllib.loads(server.facts()["profile_toml"])["profiles"]["tencent"]["request"] == {"language": "zh-CN"}
