"""Whatever is sent, the emulator answers in the vendor's own form and goes on."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from earwitness.emulation import GivenHearing
from earwitness.models import Transcript
from earwitness_tencent.emulator._fields import CREATE, SENTENCE
from earwitness_tencent.emulator._parameters import FLASH, STREAM
from support.tencent_emulator import Client, emulated, hear, line, recording, tone
from support.transcripts import json_values

numbers = st.integers(-1, 6)
texts = st.text(max_size=12) | st.sampled_from(["16k_zh", "8k_zh", "wav", "pcm", "a|1", "0", "1", "8000"])
values = numbers | texts | json_values


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    free = {"submissions_per_s": 0, "queries_per_s": 0, "sentences_per_s": 0, "fetch_timeout_s": 0.1}
    with emulated(GivenHearing(Transcript()), **free) as client:
        yield client


def well_formed(client: Client, action: str, body: bytes) -> None:
    reply = client.raw(action, body)
    assert reply.status_code == 200
    answer = reply.json()["Response"]
    assert answer["RequestId"]
    error = answer.get("Error")
    assert error is None or (error["Code"] and error["Message"])


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(sorted(CREATE)), values, max_size=6))
def test_any_parameters_of_a_recording_are_answered(client: Client, changes: dict[str, Any]) -> None:
    """A task or a refusal, never a broken server."""
    well_formed(client, "CreateRecTask", json.dumps({**recording(tone(0.01)), **changes}).encode())


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(sorted(SENTENCE)) | texts, values, max_size=6))
def test_any_parameters_of_a_sentence_are_answered(client: Client, changes: dict[str, Any]) -> None:
    """Unknown names, half surrogate pairs and nested values included."""
    least = {"EngSerViceType": "16k_en", "SourceType": 1, "VoiceFormat": "wav", "Data": recording()["Data"]}
    well_formed(client, "SentenceRecognition", json.dumps({**least, **changes}).encode())
    well_formed(client, "SentenceRecognition", rb'{"\ud800": 1}')


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_body_is_answered(client: Client, body: bytes) -> None:
    """Bytes that are no JSON too."""
    well_formed(client, "DescribeTaskStatus", body)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(sorted(FLASH)), numbers | texts, max_size=4), st.binary(max_size=60))
def test_any_flash_request_is_answered(client: Client, changes: dict[str, Any], audio: bytes) -> None:
    """With a code, and a result only with code 0."""
    answer = client.flash(audio or tone(0.01), **changes)
    assert (answer["flash_result"] is None) == (answer["code"] != 0)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(STREAM)), numbers | texts, max_size=4), st.binary(max_size=60))
def test_any_stream_comes_to_an_end(client: Client, changes: dict[str, Any], audio: bytes) -> None:
    """Every message has a code, and the last one is an error or final."""
    with line(client, **changes) as socket:
        # A refused line is closed while this side still speaks.
        with contextlib.suppress(ConnectionClosed):
            socket.send(audio)
            socket.send('{"type": "end"}')
        messages = hear(socket)
    assert messages
    assert messages[-1].get("final") == 1 or messages[-1]["code"] != 0
