"""What the parameters of one call must be together (manual, 5, 8). The vendor's codes for these are unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ._audio import decoded
from ._engines import ENGINES, SENTENCE_ENGINES
from ._hotwords import wrong_hot_words
from ._refusals import CloudError, missing, wrong_value

__all__ = ["check_recording", "check_sentence", "is_web_address"]

LARGEST_DATA = 5 * 1024 * 1024
"""Bytes of a recording before Base64."""
LARGEST_SENTENCE = 3 * 1024 * 1024
"""Bytes of a sentence after Base64."""
_BAD_DATA = "InvalidParameterValue.ErrorInvalidVoicedata"
_BAD_URL = "InvalidParameterValue.ErrorInvalidUrl"
_PAID_ENGINES = ("8k_zh", "16k_zh")
_EMOTION_ENGINES = ("16k_zh", "16k_zh_en_2.0", "16k_zh_en", "8k_zh")
_ROLE_ENGINES = ("16k_zh_en_2.0", "16k_zh_en")
_MOST_LIBRARIES = 10
_LONGEST_ROLE = 30

Rule = tuple[str, str, Callable[[Mapping[str, Any]], bool]]


def _is_not_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return bool(text)
    return False


def _wrong_roles(body: Mapping[str, Any]) -> bool:
    roles = body.get("SpeakerRoles", [])
    if body.get("SpeakerDiarization") != 3:
        return False
    fits = len(roles) == 1 and is_web_address(roles[0].get("RoleAudioUrl"))
    name = roles[0].get("RoleName") if fits else None
    return not (isinstance(name, str) and 0 < len(name.encode()) <= _LONGEST_ROLE)


# Parameter, what is wrong, and when.
_RECORDING: tuple[Rule, ...] = (
    ("ChannelNum", "only telephone engines take two channels",
     lambda body: body["ChannelNum"] == 2 and not ENGINES[body["EngineModelType"]].telephone),
    ("ResTextFormat", "4 and 5 are for 8k_zh and 16k_zh alone",
     lambda body: body["ResTextFormat"] > 3 and body["EngineModelType"] not in _PAID_ENGINES),
    ("SpeakerDiarization", "speakers are told apart in one channel only",
     lambda body: bool(body.get("SpeakerDiarization")) and body["ChannelNum"] == 2),
    ("SpeakerDiarization", "this engine does not tell speakers apart",
     lambda body: body.get("SpeakerDiarization") == 1 and not ENGINES[body["EngineModelType"]].speakers),
    ("SpeakerDiarization", "this engine knows no roles",
     lambda body: body.get("SpeakerDiarization") == 3 and body["EngineModelType"] not in _ROLE_ENGINES),
    ("SpeakerRoles", "one role with the address of a sample and a name of at most 30 bytes is needed", _wrong_roles),
    ("EmotionRecognition", "this engine recognises no emotions",
     lambda body: bool(body.get("EmotionRecognition")) and body["EngineModelType"] not in _EMOTION_ENGINES),
    ("EmotionRecognition", "it needs a ResTextFormat above 0",
     lambda body: bool(body.get("EmotionRecognition")) and body["ResTextFormat"] == 0),
    ("SentenceMaxLength", "it needs the ResTextFormat 3",
     lambda body: bool(body.get("SentenceMaxLength")) and body["ResTextFormat"] != 3),
    ("KeyWordLibIdList", "more than 10 libraries",
     lambda body: len(body.get("KeyWordLibIdList", ())) > _MOST_LIBRARIES),
    ("Extra", "it is no JSON text", lambda body: _is_not_json(body.get("Extra", ""))),
)  # fmt: skip

_SENTENCE: tuple[Rule, ...] = (
    ("InputSampleRate", "it is for pcm and a 16k engine alone",
     lambda body: "InputSampleRate" in body and not (
         body["VoiceFormat"] == "pcm" and not SENTENCE_ENGINES[body["EngSerViceType"]].telephone)),
    ("Data", "more than 3 MB after Base64",
     lambda body: body["SourceType"] == 1 and len(body.get("Data", "")) > LARGEST_SENTENCE),
)  # fmt: skip


def check_recording(body: Mapping[str, Any], *, rule_code: str) -> bytes | None:
    """The audio in the body of CreateRecTask, None where it lies at `Url`. Raises CloudError."""
    _check(_RECORDING, body, rule_code)
    if "CallbackUrl" in body and body["CallbackUrl"] and not is_web_address(body["CallbackUrl"]):
        raise wrong_value("CallbackUrl", "it is no web address", code=_BAD_URL)
    data = _source(body)
    if data is not None and len(data) > LARGEST_DATA:
        raise wrong_value("Data", "more than 5 MB before Base64", code=rule_code)
    return data


def check_sentence(body: Mapping[str, Any], *, rule_code: str) -> bytes | None:
    """The audio in the body of SentenceRecognition, None where it lies at `Url`. Raises CloudError."""
    _check(_SENTENCE, body, rule_code)
    return _source(body)


def is_web_address(url: object) -> bool:
    """Whether this is an http or https address with a host."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _check(rules: tuple[Rule, ...], body: Mapping[str, Any], rule_code: str) -> None:
    for name, why, broken in rules:
        if broken(body):
            raise wrong_value(name, why, code=rule_code)
    if why := wrong_hot_words(body.get("HotwordList", "")):
        raise wrong_value("HotwordList", why, code=rule_code)


def _source(body: Mapping[str, Any]) -> bytes | None:
    if body["SourceType"] == 0:
        if not body.get("Url"):
            raise missing("Url")
        if not is_web_address(body["Url"]):
            raise wrong_value("Url", "it is no web address", code=_BAD_URL)
        return None
    if not body.get("Data"):
        raise missing("Data")
    data = decoded(body["Data"])
    if not data:
        raise CloudError(_BAD_DATA)
    if body.get("DataLen", len(data)) != len(data):
        raise wrong_value(
            "DataLen", "it is not the length of the audio before Base64", code="InvalidParameter.ErrorContentlength"
        )
    return data
