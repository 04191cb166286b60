"""The parameters of each action: their JSON types, which are required, and which values they take (manual, 5.1, 8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from ._engines import ENGINES, SENTENCE_ENGINES
from ._refusals import CloudError, missing, unknown, wrong_type, wrong_value

__all__ = ["CREATE", "DESCRIBE", "SENTENCE", "Field", "body_of", "checked"]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter. `kind` is the vendor's name of its JSON type; `code` is what a wrong value is called."""

    kind: str
    required: bool = False
    values: Container[Any] | None = None
    code: str = "InvalidParameterValue"


Fields = Mapping[str, Field]


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_string(value: object) -> bool:
    return isinstance(value, str)


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "int": _is_int,
    "uint64": lambda value: _is_int(value) and 0 <= value < 2**64,
    "string": _is_string,
    "array of string": lambda value: isinstance(value, list) and all(map(_is_string, value)),
    "array of object": lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
}

_UP_TO_2 = Field("int", values=range(3))
_SWITCH = Field("int", values=range(2))
_TEXT = Field("string")
_NUMBER = Field("int")
_SOURCE = Field("int", required=True, values=range(2), code="InvalidParameterValue.ErrorInvalidSourcetype")

CREATE: Fields = {
    "EngineModelType": Field(
        "string", required=True, values=ENGINES, code="InvalidParameterValue.ErrorInvalidEngservice"
    ),
    "ChannelNum": Field("int", required=True, values=(1, 2)),
    "ResTextFormat": Field("int", required=True, values=range(6)),
    "SourceType": _SOURCE,
    "Url": _TEXT,
    "Data": _TEXT,
    "DataLen": _NUMBER,
    "CallbackUrl": _TEXT,
    "SpeakerDiarization": Field("int", values=(0, 1, 3)),
    "SpeakerNumber": Field("int", values=range(11)),
    "SpeakerRoles": Field("array of object"),
    "HotwordId": _TEXT,
    "HotwordList": _TEXT,
    "ReinforceHotword": _NUMBER,
    "CustomizationId": _TEXT,
    "EmotionRecognition": _UP_TO_2,
    "EmotionalEnergy": _SWITCH,
    "ConvertNumMode": Field("int", values=(0, 1, 3)),
    "FilterDirty": _UP_TO_2,
    "FilterPunc": _UP_TO_2,
    "FilterModal": _UP_TO_2,
    "SentenceMaxLength": Field("int", values=(0, *range(6, 41))),
    "Extra": _TEXT,
    "KeyWordLibIdList": Field("array of string"),
    "ReplaceTextId": _TEXT,
}

DESCRIBE: Fields = {"TaskId": Field("uint64", required=True)}

SENTENCE: Fields = {
    "EngSerViceType": Field(
        "string", required=True, values=SENTENCE_ENGINES, code="InvalidParameterValue.ErrorInvalidEngservice"
    ),
    "SourceType": _SOURCE,
    "VoiceFormat": Field(
        "string",
        required=True,
        values=("wav", "pcm", "ogg-opus", "speex", "silk", "mp3", "m4a", "aac", "amr"),
        code="InvalidParameterValue.ErrorInvalidVoiceFormat",
    ),
    "Url": _TEXT,
    "Data": _TEXT,
    "DataLen": _NUMBER,
    "WordInfo": _UP_TO_2,
    "FilterDirty": _UP_TO_2,
    "FilterModal": _UP_TO_2,
    "FilterPunc": _UP_TO_2,
    "ConvertNumMode": _SWITCH,
    "HotwordId": _TEXT,
    "HotwordList": _TEXT,
    "CustomizationId": _TEXT,
    "ReplaceTextId": _TEXT,
    "InputSampleRate": Field("int", values=(8000,)),
    "ProjectId": _NUMBER,
    "SubServiceType": _NUMBER,
    "UsrAudioKey": _TEXT,
    "ReinforceHotword": _NUMBER,
}


def body_of(payload: bytes) -> dict[str, Any]:
    """The JSON object of a request; null stands for a parameter that was left out. Raises CloudError."""
    try:
        body = json.loads(payload)
    except ValueError:
        raise CloudError("InvalidRequest") from None
    except RecursionError:
        raise CloudError("InvalidRequest") from None
    if not isinstance(body, dict):
        raise CloudError("InvalidRequest")
    return {name: value for name, value in body.items() if value is not None}


def checked(body: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """The same parameters, each known, there and of its type and range. Raises CloudError for the first that is not."""
    for name in body:
        if name not in fields:
            raise unknown(name[:80])
    for name, field in fields.items():
        if field.required and name not in body:
            raise missing(name)
    for name, value in body.items():
        field = fields[name]
        if not _KINDS[field.kind](value):
            raise wrong_type(name, field.kind)
        if field.values is not None and value not in field.values:
            raise wrong_value(name, "it is not one of those that this action takes", code=field.code)
    return body
