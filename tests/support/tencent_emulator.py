"""Clients of the Tencent emulator, written by hand from the manual: signatures, calls, and audio to send."""

import array
import base64
import contextlib
import hashlib
import hmac
import io
import json
import math
import time
import uuid
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from earwitness.emulation import Clock, EmulatorOptions, Faults, GivenHearing, Hearing, running
from earwitness.models import Segment, Transcript, Word
from earwitness_tencent.emulator import create
from earwitness_tencent.emulator._emulator import TencentEmulator

__all__ = [
    "APP_ID",
    "KEY",
    "MORNING",
    "SECRETS",
    "SECRET_ID",
    "Client",
    "emulated",
    "end",
    "flash_signature",
    "hear",
    "line",
    "parameters",
    "recording",
    "results",
    "stereo",
    "stream_url",
    "tc3",
    "tone",
    "until",
]

T = TypeVar("T")

SECRET_ID, KEY, APP_ID = "AKIDEXAMPLE", "SecretKeyEXAMPLE", "1250000000"
SECRETS = {"secret_id": SECRET_ID, "secret_key": KEY, "app_id": APP_ID}

MORNING = Transcript(
    (
        Segment("Good morning.", 240, 2900, (Word("Good", 300, 1020), Word("morning.", 1020, 2640)), speaker="anna"),
        Segment(
            "Shall we start?",
            3100,
            6180,
            (Word("Shall", 3140, 3700), Word("we", 3700, 4080), Word("start?", 4080, 5800)),
            speaker="ben",
        ),
    ),
    duration_ms=6420,
)
"""The conversation of the manual's examples."""


def tone(seconds: float = 1.0, *, rate: int = 16_000, channels: int = 1) -> bytes:
    """A WAV file with a hum."""
    count = int(seconds * rate)
    one = (int(3000 * math.sin(2 * math.pi * 220 * place / rate)) for place in range(count))
    samples = array.array("h", [sample for value in one for sample in [value] * channels])
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return held.getvalue()


def stereo(seconds: float = 1.0) -> bytes:
    """A telephone call in two channels."""
    return tone(seconds, rate=8_000, channels=2)


@contextmanager
def emulated(
    hearing: Hearing | None = None,
    *,
    clock: Clock | None = None,
    faults: Faults | None = None,
    secrets: Mapping[str, str] = SECRETS,
    **switches: object,
) -> Iterator["Client"]:
    """A client of an emulator that runs beside the test."""
    options = EmulatorOptions(
        secrets=secrets,
        switches={name: str(value) for name, value in switches.items()},
        hearing=hearing or GivenHearing(MORNING),
        clock=clock or Clock(),
        faults=faults or Faults(),
    )
    with running(create(options)) as emulator, httpx.Client(timeout=60, trust_env=False) as http:
        yield Client(emulator, http)


def tc3(
    headers: Mapping[str, str],
    body: bytes,
    *,
    timestamp: int,
    secret_id: str = SECRET_ID,
    key: str = KEY,
    date: str | None = None,
    service: str = "asr",
) -> str:
    """The Authorization header of the manual's section 3.1, over exactly these headers (lower-case names)."""
    day = date or datetime.fromtimestamp(timestamp, tz=UTC).strftime("%Y-%m-%d")
    names = sorted(headers)
    lines = [f"{name}:{headers[name].strip().lower()}" for name in names]
    canonical = ["POST", "/", "", *lines, "", ";".join(names), hashlib.sha256(body).hexdigest()]
    scope = f"{day}/{service}/tc3_request"
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    secret = b"TC3" + key.encode()
    for part in (day, service, "tc3_request", f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{digest}"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    listed = ";".join(names)
    return f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={listed}, Signature={secret.hex()}"


def flash_signature(host_and_path: str, values: Mapping[str, str], *, key: str = KEY) -> str:
    """The signature of section 9.2."""
    text = f"POST{host_and_path}?" + "&".join(f"{name}={values[name]}" for name in sorted(values))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()


def stream_url(facts: Mapping[str, str], values: Mapping[str, str], *, key: str = KEY, host: str | None = None) -> str:
    """The signed address of section 10.1."""
    path = facts["stream_url"].partition("://")[2].partition("/")[2]
    text = f"{host or 'asr.cloud.tencent.com'}/{path}?" + "&".join(f"{name}={values[name]}" for name in sorted(values))
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return f"{facts['stream_url']}?{urlencode(values, quote_via=quote)}&signature={quote(signature, safe='')}"


@dataclass
class Client:
    """Calls by hand. `headers` replace what would be sent."""

    emulator: TencentEmulator
    http: httpx.Client
    secret_id: str = SECRET_ID
    key: str = KEY
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, str]:
        return self.emulator.facts()

    @property
    def now(self) -> int:
        return int(self.emulator.server_now().timestamp())

    def raw(
        self,
        action: str,
        body: bytes,
        *,
        timestamp: int | None = None,
        signed_host: str | None = None,
        service: str = "asr",
        date: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One signed POST; `headers` (underscores for hyphens) are added, and an empty one is left out."""
        when = self.now if timestamp is None else timestamp
        kind = headers.pop("content_type", "application/json")
        signed = {"content-type": kind, "host": signed_host or self.facts["endpoint"]}
        authorization = tc3(
            signed, body, timestamp=when, secret_id=self.secret_id, key=self.key, service=service, date=date
        )
        sent = {
            "Content-Type": kind,
            "Authorization": authorization,
            "X-TC-Action": action,
            "X-TC-Version": "2019-06-14",
            "X-TC-Timestamp": str(when),
            **self.extra,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        kept = {name: value for name, value in sent.items() if value}
        return self.http.post(f"http://{self.facts['endpoint']}/", content=body, headers=kept)

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """What stands in `Response`."""
        reply = self.raw(action, json.dumps(parameters).encode())
        assert reply.status_code == 200
        answer: dict[str, Any] = reply.json()["Response"]
        return answer

    def code(self, action: str, **parameters: Any) -> str:
        """The error's code; empty for none."""
        return str(self.call(action, **parameters).get("Error", {}).get("Code", ""))

    def create(self, audio: bytes | None = None, **parameters: Any) -> int:
        """The TaskId of a task with this audio in its body."""
        given = recording(audio, **parameters)
        answer = self.call("CreateRecTask", **given)
        assert "Error" not in answer, answer
        return int(answer["Data"]["TaskId"])

    def status(self, task_id: int) -> dict[str, Any]:
        """The `Data` of a status answer."""
        answer = self.call("DescribeTaskStatus", TaskId=task_id)
        assert "Error" not in answer, answer
        data: dict[str, Any] = answer["Data"]
        return data

    def finished(self, task_id: int) -> dict[str, Any]:
        """The same when nothing more happens."""
        return until(lambda: self.status(task_id), lambda data: data["Status"] > 1)

    def flash(self, audio: bytes, *, host: str = "asr.cloud.tencent.com", **values: object) -> dict[str, Any]:
        """The answer of flash; a value of None leaves the parameter out."""
        given = {
            "secretid": self.secret_id,
            "timestamp": str(self.now),
            "engine_type": "16k_en",
            "voice_format": "wav",
            **values,
        }
        texts = {name: str(value) for name, value in given.items() if value is not None}
        path = self.facts["flash_url"].partition("://")[2].partition("/")[2]
        signature = flash_signature(f"{host}/{path}", texts, key=self.key)
        address = f"{self.facts['flash_url']}?{urlencode(texts, quote_via=quote)}"
        reply = self.http.post(address, content=audio, headers={"Authorization": signature})
        assert reply.status_code == 200
        answer: dict[str, Any] = reply.json()
        return answer


def recording(audio: bytes | None = None, **parameters: Any) -> dict[str, Any]:
    """The parameters of a task with this audio in its body; a value of None leaves one out."""
    data = tone() if audio is None else audio
    given = {
        "EngineModelType": "16k_zh",
        "ChannelNum": 1,
        "ResTextFormat": 2,
        "SourceType": 1,
        "Data": base64.b64encode(data).decode(),
        "DataLen": len(data),
        **parameters,
    }
    return {name: value for name, value in given.items() if value is not None}


def until(ask: Callable[[], T], enough: Callable[[T], bool]) -> T:
    """The first answer that is enough."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if enough(answer := ask()):
            return answer
        time.sleep(0.02)
    pytest.fail("it took more than a minute")


def parameters(client: Client, **changes: object) -> dict[str, str]:
    now = client.now
    given: dict[str, object] = {
        "secretid": client.secret_id,
        "timestamp": now,
        "expired": now + 86_400,
        "nonce": 1_234_567_890,
        "engine_model_type": "16k_en",
        "voice_id": str(uuid.uuid4()),
        "voice_format": 1,
        "needvad": 1,
        **changes,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


@contextmanager
def line(client: Client, *, host: str | None = None, **changes: object) -> Iterator[ClientConnection]:
    """An open connection with these parameters."""
    address = stream_url(client.facts, parameters(client, **changes), key=client.key, host=host)
    with connect(address, proxy=None, open_timeout=60, close_timeout=60) as socket:
        yield socket


def hear(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every message until the server closes."""
    messages: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            messages.append(json.loads(socket.recv(timeout=60)))
    return messages


def end(socket: ClientConnection) -> list[dict[str, Any]]:
    """Says that no more audio comes, and takes what is left."""
    # A line that was refused may be closed already.
    with contextlib.suppress(ConnectionClosed):
        socket.send('{"type": "end"}')
    return hear(socket)


def results(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message["result"] for message in messages if "result" in message]
