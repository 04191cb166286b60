"""A small REST vendor on loopback, for the provider in `shapes`: takes a job, says that it runs, says what it heard."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["RestServer", "serving"]


@dataclass
class RestServer:
    """What the vendor was sent, and what it shall do: `refusals` are given to submissions in order, then it accepts."""

    url: str = ""
    refusals: list[int] = field(default_factory=list)
    ending: str = "done"
    uploads: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked: int = 0
    cancelled: list[str] = field(default_factory=list)
    drop_answers: bool = False


@contextmanager
def serving() -> Iterator[RestServer]:
    """A vendor at work on a free port."""
    state = RestServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(state: RestServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            state.uploads.append(self.rfile.read(int(self.headers["content-length"])))
            state.keys.append(self.headers["x-key"])
            if state.drop_answers:
                self.close_connection = True
                self.connection.close()
                return
            refused = state.refusals.pop(0) if state.refusals else 0
            self._say(refused or 200, {"id": f"v{len(state.uploads)}"})

        def do_GET(self) -> None:
            state.asked += 1
            if state.asked < 3:
                self._say(200, {"state": "working", "progress": state.asked / 4})
                return
            self._say(200, {"state": state.ending, "segments": [{"t": "as heard", "s": 0, "e": 900}]})

        def do_DELETE(self) -> None:
            state.cancelled.append(self.path.rpartition("/")[2])
            self._say(200, {})

        def _say(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        log_message: Callable[..., None] = lambda self, *args: None

    return Handler
