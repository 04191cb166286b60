"""CLOVA for tests, from its manual alone: example bodies, a strict server, a scripted runtime, a wire writer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from earwitness.capabilities import AudioFacts
from earwitness.exchange import HttpReply
from earwitness.jobs import Attempt, Plan
from earwitness.media import open_media
from earwitness.models import Segment, Transcript
from earwitness.provider import Submission
from earwitness.request import BytesAudio, TranscriptionRequest
from earwitness_clova.provider import Clova
from earwitness_clova.settings import Settings
from support.vendors import NOW, Received, ScriptedRuntime, listening, next_of, reply, wav

__all__ = [
    "ACCEPTED",
    "COMPLETED",
    "DOMAIN",
    "INVOKE_KEY",
    "KEYS",
    "NOW",
    "SHORT",
    "SMI",
    "SRT",
    "TOKEN",
    "ClovaServer",
    "ScriptedRuntime",
    "provider",
    "reply",
    "serving",
    "settings",
    "submission",
    "wav",
    "wire",
]

INVOKE_KEY = "f00dfeed" * 8
KEYS = {"secret_key": "LONGKEYMARKER", "short_secret_key": "SHORTKEYMARKER"}
TOKEN = "0f3c9a7be2d14f7d8a5b6c1e90d2aa11"
DOMAIN = f"/external/v1/4242/{INVOKE_KEY}"

ACCEPTED = {"token": TOKEN, "result": "SUCCEEDED", "message": "Succeeded"}
COMPLETED: dict[str, Any] = json.loads("""
{
  "result": "COMPLETED", "message": "Succeeded", "token": "0f3c9a7be2d14f7d8a5b6c1e90d2aa11",
  "version": "ncp_v2_v9.9.9-emulator_v0.0.1_ko_",
  "params": {
    "service": "ncp", "domain": "general", "lang": "ko", "completion": "sync", "callback": "",
    "diarization": {"enable": true, "speakerCountMin": -1, "speakerCountMax": -1},
    "sed": {"enable": false}, "boostings": [{"words": "품질팀, 로드맵"}], "forbiddens": "",
    "wordAlignment": true, "fullText": true, "noiseFiltering": true, "resultToObs": false, "priority": 0,
    "userdata": {"_ncp_DomainCode": "demo-domain", "_ncp_DomainId": 4242, "_ncp_TaskId": 10001,
                 "_ncp_TraceId": "6b1d0c5e2f8a4b7796c3d2e1f0a9b8c7", "job_id": "ours-17"}
  },
  "progress": 100, "keywords": {},
  "segments": [
    {"start": 0, "end": 2140, "text": "회의를 시작하겠습니다.", "confidence": 0.9412,
     "diarization": {"label": "1"}, "speaker": {"label": "1", "name": "A", "edited": false},
     "words": [[120, 760, "회의를"], [810, 1990, "시작하겠습니다."]], "textEdited": "회의를 시작하겠습니다."},
    {"start": 2140, "end": 3500, "text": "네, 좋습니다.", "confidence": 0.9055,
     "diarization": {"label": "2"}, "speaker": {"label": "2", "name": "B", "edited": false},
     "words": [[2230, 2500, "네,"], [2560, 3300, "좋습니다."]], "textEdited": "네, 좋습니다."}
  ],
  "text": "회의를 시작하겠습니다. 네, 좋습니다.", "confidence": 0.9233,
  "speakers": [{"label": "1", "name": "A", "edited": false}, {"label": "2", "name": "B", "edited": false}],
  "events": [], "eventTypes": []
}
""")
SHORT = {"text": "안녕하세요", "quota": 15}
SRT = """1
00:00:00,000 --> 00:00:02,140
A: 회의를 시작하겠습니다.

2
00:00:02,140 --> 00:00:03,500
B: 네, 좋습니다.
"""
SMI = """<SAMI>
<Body>
<SYNC Start=0>
<P>A: 회의를 시작하겠습니다.
<SYNC Start=2140>
<P>B: 네, 좋습니다.
</Body>
</SAMI>
"""


def settings(**changed: Any) -> Settings:
    """Settings with every key, unless told otherwise; None leaves one out."""
    given = {"invoke_url": f"https://clova.invalid{DOMAIN}", **KEYS, **changed}
    return Settings.model_validate({name: value for name, value in given.items() if value is not None})


def provider(*replies: HttpReply, **changed: Any) -> tuple[Clova, ScriptedRuntime]:
    """The provider and the runtime that plays these replies to it."""
    runtime = ScriptedRuntime(list(replies))
    return Clova(settings(**changed), runtime), runtime


def submission(
    clova: Clova, audio: object = None, *, attempt: Attempt | None = None, facts: AudioFacts | None = None, **known: Any
) -> Submission:
    """What core would hand to the provider for this audio and these options."""
    request = TranscriptionRequest.of(wav() if audio is None else audio, **{"language": "ko-KR", **known})
    media = open_media(request.audio) if isinstance(request.audio, BytesAudio) else None
    if media is not None and facts is not None:
        media.facts = facts
    plan: Plan = clova.plan(request, media.facts if media else AudioFacts())
    options = clova.offered().at(plan.service).options.model_validate(dict(request.vendor))
    return Submission(request, plan, options, attempt or Attempt("att_1"), media)


def wire(transcript: Transcript) -> dict[str, Any]:
    """A finished result that says what the transcript says, written by the manual alone."""
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    return {
        "result": "COMPLETED",
        "token": TOKEN,
        "version": transcript.served_by.engine_version if transcript.served_by else None,
        "params": {"userdata": {**transcript.metadata, "_ncp_TaskId": 1}},
        "segments": [_wire_segment(one, names) for one in transcript.segments],
        "text": transcript.text,
        "confidence": transcript.confidence,
        "speakers": [_wire_speaker(label, name) for label, name in names.items()],
        "events": [
            {"type": "sound", "label": one.label, "labelEdited": one.label, "start": one.start_ms, "end": one.end_ms}
            for one in transcript.events
        ],
    }


def _wire_speaker(label: str, name: str | None) -> dict[str, Any]:
    letter = chr(ord("A") + ord(label[0]) % 26)
    return {"label": label, "name": name or letter, "edited": name is not None}


def _wire_segment(one: Segment, names: Mapping[str, str | None]) -> dict[str, Any]:
    known = {"start": one.start_ms, "end": one.end_ms, "text": one.text, "confidence": one.confidence}
    words = [[word.start_ms, word.end_ms, word.text] for word in one.words]
    voice = {} if one.speaker is None else _wire_speaker(one.speaker, names[one.speaker])
    recognised = {} if one.speaker is None else {"label": one.speaker}
    return {**known, "diarization": recognised, "speaker": voice, "words": words, "textEdited": one.text}


@dataclass
class Part:
    """One part of a multipart form."""

    name: str
    filename: str | None
    data: bytes


@dataclass
class ClovaServer:
    """What the server shall say, in order (the last one for ever), and what it got. A number is a bare HTTP status."""

    url: str = ""
    submits: list[object] = field(default_factory=lambda: [ACCEPTED])
    states: list[object] = field(default_factory=lambda: [COMPLETED])
    shorts: list[object] = field(default_factory=lambda: [SHORT])
    got: list[Received] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """A profile's settings for this server."""
        return {"invoke_url": f"{self.url}{DOMAIN}", "short_url": self.url, **KEYS}

    def answer(self, one: Received) -> object:
        """The answer to this request, checked as the manual says: path, key, content type, form, fields."""
        kind = one.headers.get("content-type", "")
        if one.path == "/recog/v1/stt":
            return self._short(one, kind)
        if not one.path.startswith(f"{DOMAIN}/recognizer/"):
            return 404
        if one.headers.get("x-clovaspeech-api-key") != KEYS["secret_key"]:
            return 401, {"result": "ERROR_INVALID_SECRET", "message": "Invalid secret"}
        if one.method == "GET":
            known = one.path.endswith(f"/{TOKEN}")
            return (
                next_of(self.states) if known else {"result": "ERROR_TOKEN_INVALID", "message": "Token does not exist"}
            )
        way = one.path.rpartition("/")[2]
        wrong = _wrong_upload(one, kind) if way == "upload" else _wrong_json(one, way, kind)
        return wrong or _wrong_params(one.params) or next_of(self.submits)

    def _short(self, one: Received, kind: str) -> object:
        if one.headers.get("x-clovaspeech-api-key") != KEYS["short_secret_key"]:
            return 401, {"errorCode": "401", "errorMessage": "Invalid secret"}
        if kind != "application/octet-stream":
            return 400, {"errorCode": "STT002", "errorMessage": "Invalid Content Type"}
        if one.query.get("lang") not in ("Kor", "Eng", "Jpn", "Chn"):
            return 400, {"errorCode": "STT005", "errorMessage": "Invalid Language"}
        return next_of(self.shorts)


def _refusal(message: str) -> tuple[int, dict[str, str]]:
    return 400, {"result": "ERROR_REQUEST_PARAMETER", "message": message}


def _wrong_upload(one: Received, kind: str) -> object:
    if not kind.startswith("multipart/form-data; boundary="):
        return 415
    parts = {part.name: part for part in _parts(one.media, kind.partition("boundary=")[2])}
    if set(parts) != {"media", "params"}:
        return _refusal("wrong parts")
    if parts["params"].filename is not None or parts["media"].filename is None:
        return _refusal("Invalid params: params")
    one.params, one.media = json.loads(parts["params"].data), parts["media"].data
    return None


def _wrong_json(one: Received, way: str, kind: str) -> object:
    if not kind.startswith("application/json"):
        return 415
    one.params = json.loads(one.media)
    needed = {"url": "url", "object-storage": "dataKey"}.get(way)
    return 404 if needed is None else None if one.params.get(needed) else _refusal(f"{needed} is missing")


def _wrong_params(params: Mapping[str, Any]) -> object:
    if "null" in json.dumps(params):
        return _refusal("null")
    if params.get("language") not in ("ko-KR", "en-US", "enko", "ja", "zh-cn", "zh-tw"):
        return _refusal("language")
    if not isinstance(params.get("diarization"), dict):
        return _refusal("speaker detect is off")
    if params.get("completion") == "async" and not (params.get("callback") or params.get("resultToObs")):
        return _refusal("callback or resultToObs is needed")
    return None


def _parts(body: bytes, boundary: str) -> Iterator[Part]:
    pieces = body.split(b"--" + boundary.encode())
    assert pieces[0] == b"" and pieces[-1] == b"--\r\n", "the form is not closed"
    for piece in pieces[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        told = dict(item.split("=", 1) for item in lines["Content-Disposition"].split("; ")[1:])
        yield Part(
            told["name"].strip('"'),
            told["filename"].strip('"') if "filename" in told else None,
            data.removesuffix(b"\r\n"),
        )


@contextmanager
def serving() -> Iterator[ClovaServer]:
    """CLOVA at work on a free port of loopback."""
    state = ClovaServer()

    def answer(one: Received) -> object:
        state.got.append(one)
        return state.answer(one)

    with listening(answer) as state.url:
        yield state
