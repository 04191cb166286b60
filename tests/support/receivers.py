"""Small web servers beside a test: one that takes callbacks, one that hands out files."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import pytest

__all__ = ["Called", "Receiver", "files"]


@dataclass(frozen=True)
class Called:
    """One callback as it came."""

    path: str
    content_type: str
    body: bytes


class Receiver:
    """Takes callbacks and answers each with `reply`."""

    def __init__(self, reply: bytes = b'{"code": 0, "message": "success"}') -> None:
        self.seen: list[Called] = []
        self._server = _server(self._handler(reply))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def wait(self, count: int) -> list[Called]:
        """The callbacks, once there are so many."""
        end = time.monotonic() + 60
        while len(self.seen) < count:
            if time.monotonic() > end:
                pytest.fail(f"{len(self.seen)} of {count} callbacks came")
            time.sleep(0.01)
        return self.seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._server)

    def _handler(self, reply: bytes) -> type[BaseHTTPRequestHandler]:
        seen = self.seen

        class Handler(_Quiet):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                seen.append(Called(self.path, self.headers["content-type"], body))
                self.answer(200, reply)

        return Handler


@contextmanager
def files(contents: Mapping[str, bytes], *, silent: bool = False) -> Iterator[str]:
    """The address of a server with these files by path; a silent one never answers."""
    over = threading.Event()

    class Handler(_Quiet):
        def do_GET(self) -> None:
            if silent:
                over.wait(60)
            data = contents.get(self.path.partition("?")[0])
            self.answer(404 if data is None else 200, data or b"not here")

    server = _server(Handler)
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        _end(server)


class _Quiet(BaseHTTPRequestHandler):
    def answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass

    def log_message(self, *_: object) -> None:
        pass


def _server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def _end(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()
