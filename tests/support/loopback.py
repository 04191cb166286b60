"""A raw server on loopback that plays a script: one act for each request, the last one again for all that follow."""

import asyncio
import functools
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ParamSpec, Self

P = ParamSpec("P")


@dataclass
class Seen:
    """One request as it came over the wire. `connection` counts from 0."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Line:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection with RST, as a crashed peer does."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Act = Callable[[Line], Awaitable[None]]


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs an asynchronous test in a loop of its own, and never for ever."""

    @functools.wraps(test)
    def run(*args: P.args, **known: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **known), 120))

    return run


def reply(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None, *, after: float = 0) -> Act:
    """A proper answer, perhaps after some seconds."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    whole = f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body

    async def act(line: Line) -> None:
        await asyncio.sleep(after)
        await line.send(whole)

    return act


def raw(data: bytes, *, then: str = "close") -> Act:
    """These bytes, and then the connection is closed, reset, or kept in silence (`stall`)."""

    async def act(line: Line) -> None:
        await line.send(data)
        if then == "stall":
            await line.reader.read()
        elif then == "reset":
            # The bytes must be read before RST overtakes them.
            await asyncio.sleep(0.05)
            line.reset()
        line.close()

    return act


@dataclass
class Unread:
    """An act played as soon as a connection is there, with nothing of the request read."""

    act: Act


@dataclass
class Loopback:
    """The server. `seen` are the requests read in full; `connections` those accepted."""

    acts: list[Act | Unread]
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    _server: asyncio.Server | None = None
    _lines: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        line = Line(reader, writer, self.connections)
        self.connections += 1
        self.open_now += 1
        try:
            await self._serve(line)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self.open_now -= 1
            self._lines.discard(task)
            writer.close()

    async def _serve(self, line: Line) -> None:
        while not line.writer.is_closing():
            if isinstance(self.acts[0], Unread):
                await self._next(line)
                continue
            head = await line.reader.readuntil(b"\r\n\r\n")
            first, *rest = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ")
            headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rest if row)}
            body = await line.reader.readexactly(int(headers.get("content-length", "0")))
            self.seen.append(Seen(method, target, headers, body, line.number))
            await self._next(line)

    async def _next(self, line: Line) -> None:
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        await (act.act if isinstance(act, Unread) else act)(line)


def play(*acts: Act | Unread, tls: ssl.SSLContext | None = None) -> Loopback:
    """A server with this script."""
    return Loopback(list(acts), tls)


async def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
