"""The emulator with the embedded engine behind it: real speech in, its words out in the vendor's own formats."""

import asyncio
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

import earwitness
from earwitness.config import Config
from earwitness.emulation import ProfileHearing
from support.tencent_emulator import Client, emulated, end, line, results

SPEECH = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"
BLOCK = 6400


@pytest.fixture(scope="module")
def words() -> list[str]:
    """What the embedded engine itself hears."""

    async def hear() -> earwitness.Transcript:
        async with earwitness.connect("pocketsphinx", config=Config()) as session:
            return await session.transcribe(SPEECH, word_times=True)

    transcript = asyncio.run(hear())
    assert len(transcript.segments) > 1
    return [segment.text for segment in transcript.segments]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with emulated(ProfileHearing(), ahead_ms=0) as client:
        yield client


def samples() -> bytes:
    with wave.open(str(SPEECH), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return file.readframes(file.getnframes())


def test_a_recording_has_the_engines_words(client: Client, words: list[str]) -> None:
    """Sentence by sentence, with word offsets inside each."""
    data = client.finished(client.create(SPEECH.read_bytes(), EngineModelType="16k_en"))
    assert [one["FinalSentence"] for one in data["ResultDetail"]] == words
    for one in data["ResultDetail"]:
        assert " ".join(word["Word"] for word in one["Words"]) == one["FinalSentence"]
        assert one["Words"][0]["OffsetStartMs"] == 0
        assert one["Words"][-1]["OffsetEndMs"] == one["EndMs"] - one["StartMs"]


def test_an_engine_for_another_language_hears_with_what_there_is(client: Client, words: list[str]) -> None:
    """The vendor's general engine is Chinese; the ear behind the emulator knows English alone."""
    data = client.finished(client.create(SPEECH.read_bytes(), EngineModelType="16k_zh", ResTextFormat=0))
    assert [row.partition("]  ")[2] for row in data["Result"].splitlines()] == words


def test_flash_and_live_audio_have_the_same_words(client: Client, words: list[str]) -> None:
    """One ear, three services."""
    flash = client.flash(SPEECH.read_bytes())
    assert [one["text"] for one in flash["flash_result"][0]["sentence_list"]] == words
    audio = samples()
    with line(client) as socket:
        for start in range(0, len(audio), BLOCK):
            socket.send(audio[start : start + BLOCK])
        told = results(end(socket))
    assert [one["voice_text_str"] for one in told if one["slice_type"] == 2] == words


def test_the_channels_of_a_call_are_really_heard_apart(client: Client, words: list[str]) -> None:
    """Speech on the right, a hum on the left: what was said is the second channel's alone."""
    speech = samples()
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        quiet = bytes(2)
        file.writeframes(b"".join(quiet + speech[at : at + 2] for at in range(0, len(speech), 2)))
    answer = client.flash(held.getvalue(), first_channel_only=0)
    first, second = answer["flash_result"]
    assert (first["text"], first["sentence_list"]) == ("", [])
    assert [one["text"] for one in second["sentence_list"]] == words
    task = client.finished(client.create(held.getvalue(), EngineModelType="8k_en", ChannelNum=2))
    assert task["Status"] == 2
    assert {one["SpeakerId"] for one in task["ResultDetail"]} == {1}
