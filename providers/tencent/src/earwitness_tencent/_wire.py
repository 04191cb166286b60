"""What goes over the wire: the calls that Tencent expects, and its answers as typed shapes.

Answers are lenient pydantic models. The usual sentence of a result never meets its model: `_segments` takes it as it
comes, with every check inline, because that is what makes ten hours cost no more than reading their JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from earwitness.exchange import HttpCall
from earwitness.lenient import Array, Forgiven, Losses, Number, Table, Text, Time, read
from earwitness.media import Media
from earwitness.rest import json_body, media_body

__all__ = [
    "VERSION",
    "CloudAnswer",
    "FlashAnswer",
    "FlashSentence",
    "FlashWord",
    "TaskStatus",
    "WireSentence",
    "cloud_call",
    "flash_call",
    "read_cloud",
]

VERSION = "2019-06-14"
_CLOUD_TIMEOUT_S = 60.0
_SENTENCE_TIMEOUT_S = 120.0
_FLASH_TIMEOUT_S = 600.0
_OPERATIONS: Mapping[str, tuple[str, float]] = {
    "CreateRecTask": ("submit", _CLOUD_TIMEOUT_S),
    "DescribeTaskStatus": ("fetch", _CLOUD_TIMEOUT_S),
    "SentenceRecognition": ("recognize", _SENTENCE_TIMEOUT_S),
}


def cloud_call(endpoint: str, action: str, params: Mapping[str, Any], *, region: str | None = None) -> HttpCall:
    """`POST /`: one action of the cloud API. Only asking how a task stands may be repeated freely."""
    headers = {
        "content-type": "application/json",
        "x-tc-action": action,
        "x-tc-version": VERSION,
        "x-tc-language": "en-US",
        **({"x-tc-region": region} if region else {}),
    }
    operation, timeout_s = _OPERATIONS[action]
    return HttpCall(
        operation,
        "POST",
        f"{endpoint}/",
        headers=headers,
        body=json_body(params),
        repeatable=operation == "fetch",
        read_timeout_s=timeout_s,
    )


def flash_call(base: str, app_id: str, query: Mapping[str, str], media: Media) -> HttpCall:
    """`POST /asr/flash/v1/{AppId}`: the file's bytes as they are, everything else in the query."""
    headers = {"content-type": "application/octet-stream"}
    return HttpCall(
        "flash", "POST", f"{base}/{app_id}", query, headers, media_body(media), read_timeout_s=_FLASH_TIMEOUT_S
    )


class _Cloud(BaseModel):
    """The cloud API writes its names in Pascal case, may leave out or null every one of them, and adds new ones."""

    model_config = ConfigDict(alias_generator=to_pascal)


class _Envelope(_Cloud):
    model_config = ConfigDict(title="answer")

    response: Table = Field(default=None, repr=False)


class CloudAnswer(_Cloud):
    """What stands within `Response`: a refusal, a task, or the sentence itself (`AudioDuration` in milliseconds)."""

    model_config = ConfigDict(title="answer")

    request_id: Text = None
    error: Table = Field(default=None, repr=False)
    data: Table = Field(default=None, repr=False)
    result: Text = Field(default=None, repr=False)
    audio_duration: Number = None
    word_list: Array = Field(default=None, repr=False)


class TaskStatus(_Cloud):
    """`Data` of DescribeTaskStatus; of CreateRecTask it has the id alone. `AudioDuration` is in seconds."""

    model_config = ConfigDict(title="Data")

    task_id: Any = Field(default=None, repr=False)
    status: Number = None
    status_str: Text = None
    audio_duration: Number = None
    result: Text = Field(default=None, repr=False)
    error_msg: Text = Field(default=None, repr=False)
    result_detail: Array = Field(default=None, repr=False)


class WireWord(_Cloud):
    """A word of a recording, from the start of its sentence in milliseconds."""

    model_config = ConfigDict(title="Words")

    word: Text = Field(default=None, repr=False)
    offset_start_ms: Time = None
    offset_end_ms: Time = None


class WireSentence(_Cloud):
    """One sentence of `ResultDetail` (data structure SentenceDetail). Times in milliseconds."""

    model_config = ConfigDict(title="ResultDetail")

    final_sentence: Text = Field(default=None, repr=False)
    written_text: Text = Field(default=None, repr=False)
    start_ms: Time = None
    end_ms: Time = None
    words: Annotated[list[Annotated[WireWord | None, Forgiven]] | None, Forgiven] = Field(default=None, repr=False)
    speech_speed: Number = None
    speaker_id: Number = None
    emotional_energy: Number = None
    silence_time: Number = None
    emotion_type: Array = None
    key_word_results: Array = Field(default=None, repr=False)
    lang_type: Text = None
    speaker_role_name: Text = Field(default=None, repr=False)


class FlashWord(BaseModel):
    """A word of flash or of a sentence, from the start of the audio in milliseconds."""

    model_config = ConfigDict(title="word_list")

    word: Text = Field(default=None, repr=False)
    start_time: Time = None
    end_time: Time = None


class FlashSentence(BaseModel):
    """One sentence of flash. Times in milliseconds."""

    model_config = ConfigDict(title="sentence_list")

    text: Text = Field(default=None, repr=False)
    start_time: Time = None
    end_time: Time = None
    speaker_id: Number = None
    word_list: Annotated[list[Annotated[FlashWord | None, Forgiven]] | None, Forgiven] = Field(default=None, repr=False)


class FlashChannel(BaseModel):
    """One channel of flash."""

    model_config = ConfigDict(title="flash_result")

    channel_id: Number = None
    text: Text = Field(default=None, repr=False)
    sentence_list: Array = Field(default=None, repr=False)


class FlashAnswer(BaseModel):
    """Every body of flash. `audio_duration` is in milliseconds; a `code` other than 0 is a refusal."""

    model_config = ConfigDict(title="answer")

    request_id: Text = None
    code: Any = None
    message: Text = Field(default=None, repr=False)
    audio_duration: Number = None
    flash_result: Annotated[list[Annotated[FlashChannel | None, Forgiven]] | None, Forgiven] = Field(
        default=None, repr=False
    )


def read_cloud(body: bytes, losses: Losses) -> CloudAnswer | None:
    """What stands within `Response`; None for what has none."""
    envelope = read(_Envelope, body, losses)
    if envelope is None or envelope.response is None:
        return None
    return CloudAnswer.model_validate(envelope.response, context=losses)
