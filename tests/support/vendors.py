"""What the tests of vendors' plugins share: a scripted runtime, a server on loopback, recordings, broken answers."""

import copy
import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from earwitness.exchange import Auth, Exchange, HttpCall, HttpReply
from earwitness.models import Transcript
from earwitness.provider import Submission

__all__ = ["NOW", "Received", "ScriptedRuntime", "as_bytes", "listening", "mutants", "next_of", "reply", "wav"]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def reply(body: object, status: int = 200, **headers: str) -> HttpReply:
    """A vendor's reply; text and bytes as they are, everything else as JSON."""
    return HttpReply(status, {"content-type": "application/json", **headers}, as_bytes(body), NOW)


@dataclass
class ScriptedRuntime:
    """Plays replies to exchanges, one to each call; nothing is repeated. `calls` are what was asked, signed."""

    replies: list[HttpReply] = field(default_factory=list)
    calls: list[HttpCall] = field(default_factory=list)
    now: datetime = NOW

    async def converse(self, make_exchange: Callable[[], Exchange[Any]], auth: Auth | None = None) -> Any:
        exchange = make_exchange()
        call = next(exchange)
        while True:
            self.calls.append(auth.sign(call, self.now) if auth else call)
            try:
                call = exchange.send(self.replies.pop(0))
            except StopIteration as stop:
                return stop.value

    async def in_worker(self, engine: object, submission: Submission) -> Transcript:
        raise AssertionError("a vendor is no engine")


def wav(seconds: float = 1.0, *, rate: int = 16_000, channels: int = 1) -> bytes:
    """Silence in a WAV file."""
    data = bytes(int(rate * seconds) * 2 * channels)
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    numbers = ((1, 2), (channels, 2), (rate, 4), (2 * channels * rate, 4), (2 * channels, 2), (16, 2))
    form = b"".join(number.to_bytes(size, "little") for number, size in numbers)
    return head + form + b"data" + len(data).to_bytes(4, "little") + data


def as_bytes(body: object) -> bytes:
    """A body as it goes over the wire."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def next_of(answers: list[object]) -> object:
    """The next answer of a script, whose last one is said for ever."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Received:
    """One request that the server read whole. `params` are those of the JSON body or of the form."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    params: dict[str, Any] = field(default_factory=dict)
    media: bytes = b""
    target: str = ""


@contextmanager
def listening(answer: Callable[[Received], object]) -> Iterator[str]:
    """A server on a free port of loopback, by its address.

    An answer is a body, a bare HTTP status, both, both with headers, or None for an answer that gets lost.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answer: Callable[[Received], object]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            self._respond(self.rfile.read(int(self.headers["content-length"])))

        def do_GET(self) -> None:
            self._respond(b"")

        def do_DELETE(self) -> None:
            self._respond(b"")

        def _respond(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            said = answer(Received(self.command, parts.path, query, headers, media=body, target=self.path))
            if said is None:  # the answer is lost
                self.close_connection = True
                self.connection.close()
                return
            status, said, *more = (
                said if isinstance(said, tuple) else (said, b"") if isinstance(said, int) else (200, said)
            )
            data = as_bytes(said)
            self.send_response_only(status)
            kinds: dict[str, str] = {"date": self.date_time_string(), **(more[0] if more else {})}
            for name, value in kinds.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        log_message: Callable[..., None] = lambda self, *args: None

    return Handler


_WILD: list[Any] = [
    None, True, -1, 1.5, 2**70, float("nan"), float("-inf"), "", "\ud800", "x" * 2000, [], [[]], {}, {"label": []},
    [[1, 2]], "0", 10**300, {"a": {"b": [None]}},
]  # fmt: skip


def mutants(originals: Sequence[Any], count: int, seed: int) -> list[bytes]:
    """Bodies with a value replaced, removed or doubled, or with bytes changed."""
    chance = random.Random(seed)
    return [_mutant(chance, chance.choice(originals)) for _ in range(count)]


def _mutant(chance: random.Random, original: Any) -> bytes:
    if isinstance(original, str) or chance.random() < 0.3:
        data = bytearray(as_bytes(original))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.3 else data)
    body = copy.deepcopy(original)
    for _ in range(chance.randint(1, 4)):
        places = list(_places(body))
        if not places:
            break
        holder, key = chance.choice(places)
        if chance.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(_WILD))
    return json.dumps(body).encode()


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from _places(item)
