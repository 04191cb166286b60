"""Tencent for tests, from its manual alone: example bodies, a strict server, a scripted provider, a wire writer.

The server checks signatures by its own code, written from the manual's steps, which shares nothing with the plugin.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from earwitness.capabilities import AudioFacts
from earwitness.exchange import HttpReply
from earwitness.jobs import Attempt
from earwitness.media import convert, open_media
from earwitness.models import Segment, Transcript
from earwitness.provider import Submission
from earwitness.request import BytesAudio, TranscriptionRequest
from earwitness_tencent.provider import Tencent
from earwitness_tencent.settings import Settings
from support.vendors import NOW, Received, ScriptedRuntime, listening, next_of, reply, wav

__all__ = [
    "ACCEPTED",
    "APP_ID",
    "FAILED",
    "FLASH",
    "KEYS",
    "NOW",
    "RUNNING",
    "SEED",
    "SENTENCE",
    "SPEAKERS",
    "TASK",
    "TEXT",
    "TencentServer",
    "provider",
    "refused",
    "reply",
    "serving",
    "settings",
    "submission",
    "task",
    "wav",
    "wire",
]

KEYS = {"secret_id": "AKIDMARKER", "secret_key": "SECRETKEYMARKER", "token": "TOKENMARKER"}
APP_ID = "1250000000"
TASK = 1000000286

ACCEPTED = {"Response": {"RequestId": "3f0d1d8e-6c53-4b8e-9a0b-2b6f0a1c7d11", "Data": {"TaskId": TASK}}}
SEED = json.loads("""
{"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c000", "Data": {
  "TaskId": 522931820, "Status": 2, "StatusStr": "success", "AudioDuration": 2.38,
  "Result": "[0:0.020,0:2.380] Machine learning is a branch of it.\\n", "ErrorMsg": "",
  "ResultDetail": [{"FinalSentence": "Machine learning is a branch of it.", "SliceSentence": "Machine  learning branch",
    "StartMs": 20, "EndMs": 2380, "WordsNum": 4, "SpeechSpeed": 3.2, "SpeakerId": 0, "EmotionalEnergy": 0,
    "SilenceTime": 0, "EmotionType": ["happy"],
    "Words": [{"Word": "branch", "OffsetStartMs": 1200, "OffsetEndMs": 1710},
              {"Word": "Machine", "OffsetStartMs": 0, "OffsetEndMs": 480},
              {"Word": " ", "OffsetStartMs": 480, "OffsetEndMs": 510},
              {"Word": "learning", "OffsetStartMs": 510, "OffsetEndMs": 1140}]}]}}}
""")
"""Built in the form of the seed's success example: another task's id, a blank word, words out of order."""
RUNNING = json.loads("""
{"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c001",
  "Data": {"TaskId": 1000000286, "Status": 0, "StatusStr": "waiting", "AudioDuration": 0,
           "Result": "", "ErrorMsg": "", "ResultDetail": null}}}
""")
FAILED = json.loads("""
{"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c002",
  "Data": {"TaskId": 1000000286, "Status": 3, "StatusStr": "failed", "AudioDuration": 0,
           "Result": "", "ErrorMsg": "Failed to download audio file!", "ResultDetail": []}}}
""")
TEXT = json.loads("""
{"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c003",
  "Data": {"TaskId": 1000000286, "Status": 2, "StatusStr": "success", "AudioDuration": 6.42,
           "Result": "[0:0.240,0:2.900]  Good morning.\\n[0:3.100,0:6.180]  Shall we start?\\n",
           "ErrorMsg": "", "ResultDetail": null}}}
""")
SPEAKERS = json.loads("""
{"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c004",
  "Data": {"TaskId": 1000000286, "Status": 2, "StatusStr": "success", "AudioDuration": 6.42,
    "Result": "[0:0.240,0:2.900,0]  Good morning.\\n[0:3.100,0:6.180,1]  Shall we start?\\n",
    "ErrorMsg": "",
    "ResultDetail": [
      {"FinalSentence": "Good morning.", "SliceSentence": "Good morning .", "StartMs": 240, "EndMs": 2900,
       "WordsNum": 3, "SpeechSpeed": 4.5, "SpeakerId": 0, "EmotionalEnergy": 0, "SilenceTime": 0,
       "EmotionType": null, "KeyWordResults": null, "WrittenText": null, "LangType": "english", "SpeakerRoleName": "",
       "Words": [{"Word": "Good", "OffsetStartMs": 60, "OffsetEndMs": 780},
                 {"Word": "morning", "OffsetStartMs": 780, "OffsetEndMs": 2400},
                 {"Word": ".", "OffsetStartMs": 2400, "OffsetEndMs": 2660}]},
      {"FinalSentence": "Shall we start?", "SliceSentence": "Shall we start ?", "StartMs": 3100, "EndMs": 6180,
       "WordsNum": 4, "SpeechSpeed": 4.2, "SpeakerId": 1, "EmotionalEnergy": 0, "SilenceTime": 200,
       "EmotionType": null, "KeyWordResults": null, "WrittenText": null, "LangType": "english", "SpeakerRoleName": "",
       "Words": [{"Word": "Shall", "OffsetStartMs": 40, "OffsetEndMs": 600},
                 {"Word": "we", "OffsetStartMs": 600, "OffsetEndMs": 980},
                 {"Word": "start", "OffsetStartMs": 980, "OffsetEndMs": 2700},
                 {"Word": "?", "OffsetStartMs": 2700, "OffsetEndMs": 3080}]}]}}}
""")
SENTENCE = json.loads("""
{"Response": {"RequestId": "0b2c3a10-7c1d-4f9a-8a53-0d6f6a1e9b21", "Result": "Good morning.", "AudioDuration": 2430,
  "WordSize": 2, "WordList": [{"Word": "Good", "StartTime": 120, "EndTime": 810},
                              {"Word": "morning", "StartTime": 810, "EndTime": 2250}]}}
""")
FLASH = json.loads("""
{"request_id": "65f0c1d2a3b4c5d6e7f80912", "code": 0, "message": "", "audio_duration": 6420,
 "flash_result": [{"channel_id": 0, "text": "Good morning. Shall we start?",
   "sentence_list": [
     {"text": "Good morning.", "start_time": 240, "end_time": 2900, "speaker_id": 0,
      "word_list": [{"word": "Good", "start_time": 300, "end_time": 1020, "stable_flag": 1},
                    {"word": "morning", "start_time": 1020, "end_time": 2640, "stable_flag": 1}]},
     {"text": "Shall we start?", "start_time": 3100, "end_time": 6180, "speaker_id": 1, "word_list": null}]}]}
""")

_FIELDS: Mapping[str, Mapping[str, type]] = {
    "CreateRecTask": {
        "EngineModelType": str, "ChannelNum": int, "ResTextFormat": int, "SourceType": int, "Url": str, "Data": str,
        "DataLen": int, "CallbackUrl": str, "SpeakerDiarization": int, "SpeakerNumber": int, "SpeakerRoles": list,
        "HotwordId": str, "HotwordList": str, "ReinforceHotword": int, "CustomizationId": str,
        "EmotionRecognition": int, "EmotionalEnergy": int, "ConvertNumMode": int, "FilterDirty": int,
        "FilterPunc": int, "FilterModal": int, "SentenceMaxLength": int, "Extra": str, "KeyWordLibIdList": list,
        "ReplaceTextId": str,
    },
    "DescribeTaskStatus": {"TaskId": int},
    "SentenceRecognition": {
        "EngSerViceType": str, "SourceType": int, "VoiceFormat": str, "Url": str, "Data": str, "DataLen": int,
        "WordInfo": int, "FilterDirty": int, "FilterModal": int, "FilterPunc": int, "ConvertNumMode": int,
        "HotwordId": str, "HotwordList": str, "CustomizationId": str, "ReplaceTextId": str, "InputSampleRate": int,
    },
}  # fmt: skip
_NEEDED = {
    "CreateRecTask": ("EngineModelType", "ChannelNum", "ResTextFormat", "SourceType"),
    "DescribeTaskStatus": ("TaskId",),
    "SentenceRecognition": ("EngSerViceType", "SourceType", "VoiceFormat"),
}
_FLASH_FIELDS = {
    "secretid", "engine_type", "voice_format", "timestamp", "speaker_diarization", "hotword_id", "hotword_list",
    "customization_id", "replace_text_id", "reinforce_hotword", "filter_dirty", "filter_modal", "filter_punc",
    "convert_num_mode", "word_info", "first_channel_only", "sentence_max_length", "input_sample_rate", "token",
}  # fmt: skip


def settings(**changed: Any) -> Settings:
    """Settings with every credential, unless told otherwise; None leaves one out."""
    given = {**KEYS, "app_id": APP_ID, **changed}
    return Settings.model_validate({name: value for name, value in given.items() if value is not None})


def provider(*replies: HttpReply, **changed: Any) -> tuple[Tencent, ScriptedRuntime]:
    """The provider and the runtime that plays these replies to it."""
    runtime = ScriptedRuntime(list(replies))
    return Tencent(settings(**changed), runtime), runtime


def submission(
    tencent: Tencent,
    audio: object = None,
    *,
    attempt: Attempt | None = None,
    facts: AudioFacts | None = None,
    **known: Any,
) -> Submission:
    """What core would hand to the provider for this audio and these options; a recording, unless told otherwise."""
    options = {"language": "zh-CN", "service": "recording", **known}
    request = TranscriptionRequest.of(wav() if audio is None else audio, **options)
    media = open_media(request.audio) if isinstance(request.audio, BytesAudio) else None
    if media is not None and facts is not None:
        media.facts = facts
    plan = tencent.plan(request, media.facts if media else AudioFacts())
    service = tencent.offered().at(plan.service, model=plan.model, languages=plan.languages)
    if media is not None and facts is None:
        media = convert(media, tencent.accepts(request, plan, service.accepts))
    return Submission(
        request, plan, service.options.model_validate(dict(request.vendor)), attempt or Attempt("att_1"), media
    )


def task(**fields: Any) -> dict[str, Any]:
    """An answer about a task that succeeded."""
    data = {**SPEAKERS["Response"]["Data"], **fields}
    return {"Response": {"RequestId": "5f1d0c56", "Data": data}}


def refused(code: str, message: str = "as it is") -> dict[str, Any]:
    """A refusal, which comes with HTTP 200."""
    return {"Response": {"RequestId": "b0a7c3de", "Error": {"Code": code, "Message": message}}}


def wire(transcript: Transcript) -> dict[str, Any]:
    """A finished task that says what the transcript says, written by the manual alone."""
    return {
        "Response": {
            "RequestId": transcript.vendor.get("request_id"),
            "Data": {
                "TaskId": TASK,
                "Status": 2,
                "StatusStr": "success",
                "AudioDuration": None if transcript.duration_ms is None else transcript.duration_ms / 1000,
                "Result": "",
                "ErrorMsg": "",
                "ResultDetail": [_wire_sentence(one) for one in transcript.segments],
            },
        }
    }


def _wire_sentence(one: Segment) -> dict[str, Any]:
    base = one.start_ms or 0
    words = [
        {"Word": word.text, "OffsetStartMs": _minus(word.start_ms, base), "OffsetEndMs": _minus(word.end_ms, base)}
        for word in one.words
    ]
    return {
        "FinalSentence": one.text,
        "StartMs": one.start_ms,
        "EndMs": one.end_ms,
        "Words": words or None,
        "SpeakerId": -1 if one.speaker is None else int(one.speaker),
        "EmotionType": [one.emotion] if one.emotion else None,
        "SpeechSpeed": 4.5,
    }


def _minus(time: int | None, base: int) -> int | None:
    return None if time is None else time - base


@dataclass
class TencentServer:
    """What the server shall say, in order (the last one for ever), and what it got. A number is a bare HTTP status.

    `now` is the server's clock; every answer shows it.
    """

    url: str = ""
    submits: list[object] = field(default_factory=lambda: [ACCEPTED])
    states: list[object] = field(default_factory=lambda: [SPEAKERS])
    sentences: list[object] = field(default_factory=lambda: [SENTENCE])
    flashes: list[object] = field(default_factory=lambda: [FLASH])
    got: list[Received] = field(default_factory=list)
    ahead: timedelta = timedelta()
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))

    @property
    def settings(self) -> dict[str, Any]:
        """A profile's settings for this server."""
        return {"endpoint": self.url, "flash_url": self.url, "app_id": APP_ID, **KEYS}

    @property
    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC) + self.ahead

    def answer(self, one: Received) -> object:
        """The answer to this request, checked as the manual says: signature, time, fields, their types and pairs."""
        said = self._flash(one) if one.path.startswith("/asr/flash/v1/") else self._cloud(one)
        if said is None:
            return None
        status, body = said if isinstance(said, tuple) else (said, b"") if isinstance(said, int) else (200, said)
        # Exactly this content type: the vendor's own SDK needs it.
        return status, body, {"content-type": "application/json", "date": format_datetime(self.now, usegmt=True)}

    def _cloud(self, one: Received) -> object:
        action = one.headers.get("x-tc-action", "")
        missing = [n for n in ("action", "version", "timestamp") if f"x-tc-{n}" not in one.headers]
        if missing:
            return refused("MissingParameter", f"The request is missing a required parameter `{missing[0].title()}`.")
        if action not in _FIELDS:
            return refused("InvalidAction")
        if one.headers["x-tc-version"] != "2019-06-14":
            return refused("NoSuchVersion")
        wrong = self._wrong_signature(one) or _wrong_fields(one, action)
        if wrong:
            return wrong
        one.params = json.loads(one.media)
        if action == "DescribeTaskStatus":
            known = one.params["TaskId"] == TASK
            return next_of(self.states) if known else refused("FailedOperation.NoSuchTask")
        wrong = _wrong_source(one.params, 5 * 1024 * 1024 if action == "CreateRecTask" else 3 * 1024 * 1024 * 3 // 4)
        wrong = wrong or (_wrong_task(one.params) if action == "CreateRecTask" else None)
        return wrong or next_of(self.submits if action == "CreateRecTask" else self.sentences)

    def _wrong_signature(self, one: Received) -> object:
        """The steps of the manual's signature v3, from what arrived."""
        form = r"TC3-HMAC-SHA256 Credential=([^/]+)/([0-9-]+)/asr/tc3_request, SignedHeaders=([a-z;-]+), "
        told = re.fullmatch(form + r"Signature=(\w{64})", one.headers.get("authorization", ""))
        if told is None:
            return refused("AuthFailure.InvalidAuthorization")
        stamp = int(one.headers["x-tc-timestamp"])
        if abs(self.now.timestamp() - stamp) > 300:
            return refused("AuthFailure.SignatureExpire")
        if told[1] != self.keys["secret_id"]:
            return refused("AuthFailure.SecretIdNotFound")
        if one.headers.get("x-tc-token") != self.keys.get("token"):
            return refused("AuthFailure.TokenFailure")
        lines = [f"{name}:{one.headers[name].strip().lower()}" for name in told[3].split(";")]
        whole = ["POST", one.path, "", *lines, "", told[3], hashlib.sha256(one.media).hexdigest()]
        day = datetime.fromtimestamp(stamp, UTC).date().isoformat()
        digest = hashlib.sha256("\n".join(whole).encode()).hexdigest()
        text = "\n".join(("TC3-HMAC-SHA256", str(stamp), f"{day}/asr/tc3_request", digest))
        secret = b"TC3" + self.keys["secret_key"].encode()
        for part in (day, "asr", "tc3_request", text):
            secret = hmac.digest(secret, part.encode(), "sha256")
        good = {"content-type", "host"} <= set(told[3].split(";")) and told[2] == day and secret.hex() == told[4]
        return None if good else refused("AuthFailure.SignatureFailure")

    def _flash(self, one: Received) -> object:
        pairs = "&".join(f"{name}={one.query[name]}" for name in sorted(one.query))
        text = f"POST{one.headers['host']}{one.path}?{pairs}"
        proof = hmac.digest(self.keys["secret_key"].encode(), text.encode(), "sha1")
        good = one.headers.get("authorization") == base64.b64encode(proof).decode()
        fresh = abs(self.now.timestamp() - int(one.query.get("timestamp", "0"))) <= 180
        good = good and one.query.get("secretid") == self.keys["secret_id"]
        if not good or not fresh or one.path != f"/asr/flash/v1/{APP_ID}":
            return {"request_id": "65f0", "code": 4002, "message": "signature"}
        needed = {"secretid", "engine_type", "voice_format", "timestamp"}
        if not needed <= set(one.query) <= _FLASH_FIELDS or not one.media:
            return {"request_id": "65f0", "code": 4001, "message": "parameter"}
        return next_of(self.flashes)


def _wrong_fields(one: Received, action: str) -> object:
    if one.headers.get("content-type", "").partition(";")[0] != "application/json":
        return refused("InvalidRequest")
    try:
        params = json.loads(one.media)
    except ValueError:
        return refused("InvalidRequest")
    for name, value in params.items():
        if name not in _FIELDS[action]:
            return refused("UnknownParameter", f"The parameter `{name}` is not recognized.")
        if type(value) is not _FIELDS[action][name]:
            return refused("InvalidParameter", f"The value type of parameter `{name}` is not valid.")
    missing = [name for name in _NEEDED[action] if name not in params]
    return refused("MissingParameter", f"`{missing[0]}`") if missing else None


def _wrong_source(params: Mapping[str, Any], largest: int) -> object:
    data, by_url = params.get("Data"), params["SourceType"] == 0
    if by_url != ("Url" in params) or by_url == (data is not None):
        return refused("InvalidParameterValue.ErrorInvalidSourcetype")
    if data is None:
        return None
    raw = base64.b64decode(data, validate=True)
    if len(raw) > largest or params.get("DataLen") != len(raw):
        return refused("InvalidParameterValue")
    return None


def _wrong_task(params: Mapping[str, Any]) -> object:
    engine, stereo = params["EngineModelType"], params["ChannelNum"] == 2
    if stereo and (engine.startswith("16k_") or params.get("SpeakerDiarization")):
        return refused("InvalidParameterValue", "ChannelNum")
    if "Extra" in params and not isinstance(json.loads(params["Extra"]), dict):
        return refused("InvalidParameterValue", "Extra")
    return None


@contextmanager
def serving() -> Iterator[TencentServer]:
    """Tencent at work on a free port of loopback."""
    state = TencentServer()

    def answer(one: Received) -> object:
        state.got.append(one)
        return state.answer(one)

    with listening(answer) as state.url:
        yield state
