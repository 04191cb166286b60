"""The emulated flash recognition, called with HTTP by hand as the manual describes it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from earwitness.emulation import Clock, Fault, Faults, GivenHearing
from earwitness.errors import JobFailedError
from earwitness.models import Segment, Transcript, Word
from support.tencent_emulator import KEY, MORNING, emulated, flash_signature, stereo, tone, until


def least(now: int) -> dict[str, str]:
    return {"secretid": "AKIDEXAMPLE", "timestamp": str(now), "engine_type": "16k_en", "voice_format": "wav"}


def test_flash_answers_with_the_whole_transcript() -> None:
    """Milliseconds, absolute times, a 24-digit id, and a word list as asked for."""
    with emulated() as client:
        answer = client.flash(tone(2), word_info=1, speaker_diarization=1)
        plain = client.flash(tone(2))
    assert (answer["code"], answer["message"], answer["audio_duration"]) == (0, "", 2000)
    assert len(bytes.fromhex(answer["request_id"])) == 12
    (channel,) = answer["flash_result"]
    assert (channel["channel_id"], channel["text"]) == (0, "Good morning. Shall we start?")
    first, second = channel["sentence_list"]
    assert (first["text"], first["start_time"], first["end_time"], first["speaker_id"]) == (
        "Good morning.",
        240,
        2900,
        0,
    )
    assert first["word_list"] == [
        {"word": "Good", "start_time": 300, "end_time": 1020, "stable_flag": 1},
        {"word": "morning", "start_time": 1020, "end_time": 2640, "stable_flag": 1},
    ]
    assert second["speaker_id"] == 1
    assert [one["word_list"] for one in plain["flash_result"][0]["sentence_list"]] == [None, None]
    assert [one["speaker_id"] for one in plain["flash_result"][0]["sentence_list"]] == [0, 0]


def test_subtitles_are_cut_at_punctuation_and_length() -> None:
    """`word_info` 3 ends a piece at each mark, `sentence_max_length` where it grows too long."""
    words = tuple(
        Word(text, at * 100, at * 100 + 90) for at, text in enumerate(["one,", "two", "three", "four", "five"])
    )
    told = Transcript((Segment("one, two three four five", 0, 500, words),))
    with emulated(GivenHearing(told)) as client:
        marks = client.flash(tone(), word_info=3)
        short = client.flash(tone(), word_info=3, sentence_max_length=10)
    assert [one["text"] for one in marks["flash_result"][0]["sentence_list"]] == ["one,", "two three four five"]
    pieces = short["flash_result"][0]["sentence_list"]
    assert [one["text"] for one in pieces] == ["one,", "two three", "four five"]
    assert [(one["start_time"], one["end_time"]) for one in pieces] == [(0, 90), (100, 290), (300, 500)]


def test_signed_values_are_decoded_first_and_empty_ones_count() -> None:
    """Hot words in Chinese with bars and an empty parameter verify, over the real host and the own one."""
    odd = {"hotword_list": "腾讯云|10,语音识别|5", "customization_id": "", "reinforce_hotword": 0}
    with emulated() as client:
        assert client.flash(tone(), **odd)["code"] == 0
        assert client.flash(tone(), host=client.facts["endpoint"], **odd)["code"] == 0
        assert client.flash(tone(), host="127.0.0.1", **odd)["code"] == 0
        assert client.flash(tone(), host="asr.example.com", **odd)["code"] == 4002


@pytest.mark.parametrize(("off", "code"), [(180, 0), (-180, 0), (181, 4002), (-181, 4002)])
def test_three_minutes_of_clock_skew_are_the_most(off: int, code: int) -> None:
    """Flash is stricter with clocks than the cloud API."""
    with emulated(clock=Clock(start=datetime(2026, 1, 1, tzinfo=UTC), scale=0)) as client:
        assert client.flash(tone(), timestamp=client.now + off)["code"] == code


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"secretid": None}, 4001),
        ({"secretid": "AKIDother"}, 4002),
        ({"timestamp": None}, 4001),
        ({"timestamp": "soon"}, 4002),
        ({"engine_type": None}, 4001),
        ({"engine_type": "16k_klingon"}, 4001),
        ({"voice_format": "flac"}, 4001),
        ({"voice_format": "mp3"}, 4007),
        ({"word_info": 4}, 4001),
        ({"filter_dirty": "yes"}, 4001),
        ({"sentence_max_length": 5}, 4001),
        ({"hotword_list": "Zephyr"}, 4001),
        ({"something_new": 1}, 0),
    ],
)
def test_parameters_are_judged(values: dict[str, object], code: int) -> None:
    """What is missing or out of range is 4001, named in the message; unknown parameters are overlooked."""
    with emulated() as client:
        answer = client.flash(tone(), **values)
    assert answer["code"] == code
    if code:
        assert (answer["audio_duration"], answer["flash_result"]) == (0, None)
    if code == 4001:
        assert f"({next(iter(values))})" in answer["message"]


def test_another_key_app_id_or_body_of_parameters_is_refused() -> None:
    """The signature covers the AppId in the path and every parameter."""
    with emulated(strict_parameters=True) as client:
        assert client.flash(tone(), something_new=1)["code"] == 4001
        client.key = KEY + "x"
        assert client.flash(tone())["code"] == 4002
        client.key = KEY
        values = least(client.now)
        place = f"{client.facts['endpoint']}/asr/flash/v1/1250000001"
        signed = flash_signature(place, values)
        other = client.http.post(
            f"http://{place}?{urlencode(values)}", content=tone(), headers={"Authorization": signed}
        )
        assert other.json()["code"] == 4002
        mine = client.facts["flash_url"]
        signed = flash_signature(mine.partition("://")[2], values)
        more = client.http.post(
            f"{mine}?{urlencode({**values, 'word_info': '1'})}", content=tone(), headers={"Authorization": signed}
        )
        assert more.json()["code"] == 4002


@pytest.mark.parametrize(("audio", "code"), [(b"", 4012), (b"<html>", 4007), (tone()[:30], 4007)])
def test_a_body_without_audio_has_its_code(audio: bytes, code: int) -> None:
    """Empty and undecodable bodies are told apart."""
    with emulated() as client:
        assert client.flash(audio)["code"] == code


def test_a_hundred_megabytes_are_the_most() -> None:
    """A larger body is refused, whether its length is told or not."""
    block = bytes(1024 * 1024)

    def blocks() -> Iterator[bytes]:
        for _ in range(101):
            yield block

    with emulated() as client:
        assert client.flash(tone() + bytes(100 * 1024 * 1024))["code"] == 4011
        values = least(client.now)
        signed = flash_signature(client.facts["flash_url"].partition("://")[2], values)
        reply = client.http.post(
            f"{client.facts['flash_url']}?{urlencode(values)}", content=blocks(), headers={"Authorization": signed}
        )
        assert reply.json()["code"] == 4011
        assert list(client.emulator.scratch.iterdir()) == []


MEMORY = Path(__file__).parents[2] / "support" / "tencent_emulator_memory.py"


def test_a_large_upload_takes_little_memory() -> None:
    """99 MB go through the server to disk in at most 64 MiB more than a small one takes."""
    ran = subprocess.run(
        [sys.executable, str(MEMORY)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) <= 64


def test_one_channel_or_all() -> None:
    """The first channel alone unless all are asked for; each is billed."""
    both = Transcript((Segment("hello", 0, 900, channel=0), Segment("yes", 500, 900, channel=1)), duration_ms=2000)
    with emulated(GivenHearing(both)) as client:
        first = client.flash(stereo(2), engine_type="8k_zh")
        every = client.flash(stereo(2), engine_type="8k_zh", first_channel_only=0)
        bills = [one.billed_seconds for one in client.emulator.billing.entries]
    assert [one["text"] for one in first["flash_result"]] == ["hello"]
    assert [(one["channel_id"], one["text"]) for one in every["flash_result"]] == [(0, "hello"), (1, "yes")]
    assert bills == [2.0, 4.0]


class Slow(GivenHearing):
    """An ear that waits until it may go on."""

    def __init__(self) -> None:
        super().__init__(MORNING)
        self.free = threading.Event()
        self.inside = 0

    async def transcribe(self, audio: object, *, language: str | None = None) -> Transcript:
        import asyncio

        self.inside += 1
        await asyncio.to_thread(self.free.wait, 60)
        return await super().transcribe(audio, language=language)


def test_only_so_many_requests_at_once() -> None:
    """One more than the limit is 4006, and large models have a limit of their own."""
    ear = Slow()
    with emulated(ear, flash_at_once=2, flash_large_at_once=1) as client, ThreadPoolExecutor(3) as pool:
        held = [pool.submit(client.flash, tone()) for _ in range(2)]
        held.append(pool.submit(client.flash, tone(), engine_type="16k_zh_large"))
        until(lambda: ear.inside, lambda inside: inside == 3)
        assert client.flash(tone())["code"] == 4006
        assert client.flash(tone(), engine_type="16k_zh_large")["code"] == 4006
        ear.free.set()
        assert [one.result()["code"] for one in held] == [0, 0, 0]
        assert client.flash(tone())["code"] == 0


def test_faults_and_bills_of_flash() -> None:
    """The script's `answer` is a number of the table; an ear that breaks is 5002; only answers are billed."""

    class Broken(GivenHearing):
        async def transcribe(self, audio: object, *, language: str | None = None) -> Transcript:
            raise JobFailedError("it gave up")

    with emulated(Broken(MORNING)) as client:
        assert client.flash(tone())["code"] == 5002
    with emulated(faults=Faults([Fault("flash", "answer", "5001")])) as client:
        assert client.flash(tone())["code"] == 5001
        answer = client.flash(tone(2))
        assert [(one.operation, one.token, one.billed_seconds) for one in client.emulator.billing.entries] == [
            ("flash", answer["request_id"], 2.0)
        ]


def test_bare_samples_last_by_the_rate_that_is_told() -> None:
    """PCM is heard at the engine's rate, or at 8000 Hz where the parameter says so."""
    with emulated() as client:
        full = client.flash(tone(1)[44:], voice_format="pcm")
        half = client.flash(tone(1)[44:], voice_format="pcm", input_sample_rate=8000)
    assert (full["audio_duration"], half["audio_duration"]) == (1000, 2000)
