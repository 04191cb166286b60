"""CLOVA's REST interface for tests, spoken by hand as its manual describes it: without the plugin."""

import http.client
import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

from earwitness.emulation import EmulatorOptions, GivenHearing, Hearing, running
from earwitness.models import AudioEvent, Segment, Speaker, Transcript, Word
from earwitness_clova.emulator import create
from support.clova import wav

__all__ = ["BASIC", "SAID", "SECRETS", "WAIT_S", "Bare", "Reply", "emulated", "packed", "part", "receiving", "until"]

T = TypeVar("T")
WAIT_S = 60
SECRETS = {
    "invoke_key": "INVOKEKEYMARKER" + "0" * 49,
    "secret_key": "LONGKEYMARKER-1",
    "short_secret_key": "SHORTKEYMARKER-2",
    "stream_secret_key": "STREAMKEYMARKER-3",
}
BASIC: dict[str, Any] = {
    "language": "ko-KR",
    "completion": "async",
    "resultToObs": True,
    "diarization": {"enable": False},
}
SAID = Transcript(
    (
        Segment(
            "회의를 시작하겠습니다.",
            0,
            2140,
            (Word("회의를", 120, 760), Word("시작하겠습니다.", 810, 1990)),
            0.9412,
            "1",
        ),
        Segment("네, 좋습니다.", 2140, 3500, (Word("네,", 2230, 2500), Word("좋습니다.", 2560, 3300)), 0.9055, "2"),
    ),
    (Speaker("1"), Speaker("2", "김민수")),
    (AudioEvent("music", 3500, 9000),),
)


def packed(container: str) -> bytes:
    """A second of silence in this container of FFmpeg's, as Opus."""
    av = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream("libopus", rate=48_000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=48_000)
        frame.sample_rate = 48_000
        frame.planes[0].update(bytes(96_000))
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return file.getvalue()


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Bare:
    """Calls to one emulator, each on a connection of its own."""

    def __init__(self, emulator: Any) -> None:
        facts = emulator.facts()
        self.emulator = emulator
        self.invoke_url, self.short_url = facts["invoke_url"], facts["short_url"]
        self.key, self.short_key = facts["secret_key"], facts["short_secret_key"]

    def call(
        self,
        method: str,
        url: str,
        *,
        key: str | None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, with this key in the vendor's header."""
        parts = urlsplit(url)
        sent = {**(headers or {}), **({} if key is None else {"X-CLOVASPEECH-API-KEY": key})}
        connection = http.client.HTTPConnection(parts.netloc, timeout=WAIT_S)
        try:
            connection.request(method, f"{parts.path}?{parts.query}".rstrip("?"), body, sent)
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, told, reply.read())
        finally:
            connection.close()

    def upload(self, params: Mapping[str, Any] | str | None = None, media: bytes | None = None, **more: Any) -> Reply:
        """`POST /recognizer/upload` with `params` as a plain field (2.7)."""
        text = params if isinstance(params, str) else json.dumps(BASIC if params is None else params)
        return self.form(
            part('name="media"; filename="x.wav"', wav(1) if media is None else media, "audio/wav"),
            part('name="params"', text.encode()),
            **more,
        )

    def form(self, *parts: bytes, way: str = "upload", key: str | None = None) -> Reply:
        """`POST` of a form of these parts."""
        body = b"".join(b"--BOUNDARY\r\n" + one for one in parts) + b"--BOUNDARY--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=BOUNDARY"}
        return self.call("POST", f"{self.invoke_url}/recognizer/{way}", key=key or self.key, body=body, headers=kind)

    def submit(self, way: str, params: object, *, kind: str = "application/json", key: str | None = None) -> Reply:
        """`POST /recognizer/url` or `/recognizer/object-storage` (2.2)."""
        body = params if isinstance(params, bytes) else json.dumps(params).encode()
        url = f"{self.invoke_url}/recognizer/{way}"
        return self.call("POST", url, key=key or self.key, body=body, headers={"Content-Type": kind})

    def ask(self, token: str) -> Reply:
        """`GET /recognizer/{token}` (2.11)."""
        return self.call("GET", f"{self.invoke_url}/recognizer/{token}", key=self.key)

    def finished(self, token: str) -> Reply:
        """The answer once the job is neither waiting nor processing."""
        return until(
            lambda: (
                reply
                if (reply := self.ask(token)).body[:1] != b"{" or reply.json["result"] not in ("WAITING", "PROCESSING")
                else None
            )
        )

    def heard(self, params: Mapping[str, Any] | None = None, media: bytes | None = None) -> Reply:
        """The result of an upload, whichever way it is delivered."""
        reply = self.upload(params, media)
        assert reply.status == 200, reply.body
        if reply.body[:1] != b"{" or reply.json["result"] != "SUCCEEDED":
            return reply
        return self.finished(reply.json["token"])

    def short(
        self,
        body: bytes | None = None,
        *,
        kind: str | None = "application/octet-stream",
        key: str | None = None,
        **query: str,
    ) -> Reply:
        """`POST /recog/v1/stt` (3.1)."""
        url = f"{self.short_url}?{urlencode(query or {'lang': 'Kor'})}"
        headers = {} if kind is None else {"Content-Type": kind}
        return self.call("POST", url, key=key or self.short_key, body=wav(1) if body is None else body, headers=headers)


def part(disposition: str, data: bytes, kind: str | None = None) -> bytes:
    """One part of a form."""
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    return f"Content-Disposition: form-data; {disposition}\r\n{typed}\r\n".encode() + data + b"\r\n"


@contextmanager
def emulated(
    hearing: Hearing | Transcript = SAID, *, switches: Mapping[str, object] | None = None, **how: Any
) -> Iterator[Bare]:
    """The emulator at work, with a transcript that it hears, and calls to it."""
    ears = GivenHearing(hearing) if isinstance(hearing, Transcript) else hearing
    told = {name: str(value) for name, value in (switches or {}).items()}
    options = EmulatorOptions(**{"hearing": ears, "switches": told, "secrets": SECRETS, **how})
    with running(create(options)) as emulator:
        yield Bare(emulator)


def until(look: Callable[[], T | None]) -> T:
    """What this gives, as soon as it gives something."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it never happened")


@dataclass
class Receiver:
    """Where callbacks arrive; `status` is what it answers."""

    url: str = ""
    status: int = 200
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None


@contextmanager
def receiving(status: int = 200) -> Iterator[Receiver]:
    """A receiver of callbacks on loopback; `then` runs while the vendor waits for the answer."""
    state = Receiver(status=status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["content-length"]))
            state.then()
            state.got.append((self.path, self.headers["content-type"], body))
            self.send_response(state.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
