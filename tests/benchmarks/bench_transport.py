"""What our transport costs over the HTTP client below it, against a server on loopback that answers after 50 ms.

Run: python tests/benchmarks/bench_transport.py   (about a minute; needs the extras `fast` and httpx2 for all rows)

Ours is everything: `Transport.converse`, an exchange, an HMAC signature of the body, the attempt budget, the bounded
reply, a pydantic model of the answer. Bare is `client.post(...)` and `json.loads`, in two arrangements:

  plain    one AsyncClient with 100 connections: what one writes without thinking
  sharded  25 AsyncClients with 4 connections each: the best one can do with the same client library

(With aiohttp underneath the two are the same, because its pool is not quadratic.) The rounds of a row take turns inside
one run; the best round of each counts, because what else runs on the machine only ever takes away. Goals at 100 in
flight: rate >= 0.90 of the bare client's, CPU a call <= 1.25 of its; and our rate never falls from 10 to 200 in flight
(5 % is noise). The exit code says whether they hold against every bare arrangement.
"""

import asyncio
import hashlib
import hmac
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter

from earwitness._http.transport import POOL_CONNECTIONS, Transport
from earwitness.exchange import Exchange, HttpCall
from earwitness.rest import read_json, status_error

IN_FLIGHT = 100
ROUNDS = 5
ROUND_S = 0.4
LEVELS = (10, 20, 50, 100, 200)
RATE_GOAL, CPU_GOAL, NOISE = 0.90, 1.25, 0.95
DELAY_S = 0.05
REQUEST = json.dumps({"Action": "DescribeTaskStatus", "TaskId": 1234567890}).encode()
ANSWER = json.dumps(
    {"Response": {"RequestId": "b1c2", "Data": {"TaskId": 1234567890, "Status": 1, "Result": ""}}}
).encode()

Call = Callable[[], Awaitable[Any]]


class Status(BaseModel):
    """The answer's inner part."""

    TaskId: int
    Status: int
    Result: str


class Answer(BaseModel):
    """The answer."""

    Response: dict[str, str | Status]


ADAPTER = TypeAdapter(Answer)


@dataclass(frozen=True)
class Sample:
    """One round: calls a second, and CPU microseconds a call."""

    rate: float
    cpu_us: float


class Signature:
    """An HMAC over the body and the time, as a vendor wants it."""

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        body = call.body if isinstance(call.body, bytes) else b""
        digest = hashlib.sha256(body).hexdigest()
        stamp = str(int(now.timestamp()))
        key = hmac.digest(b"TC3" + b"k" * 32, now.strftime("%Y-%m-%d").encode(), "sha256")
        signature = hmac.digest(key, f"{stamp}\n{digest}".encode(), "sha256").hex()
        return replace(call, headers={**call.headers, "X-Timestamp": stamp, "Authorization": f"TC3 {signature}"})


class Waiter(asyncio.Protocol):
    """Answers each request after the delay, and reads no more of it than its length."""

    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(ANSWER),
        ANSWER,
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.loop = asyncio.get_running_loop()
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        head, blank, body = self.waiting.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        if blank and len(body) >= length:
            self.waiting = b""
            self.loop.call_later(DELAY_S, self._answer)

    def _answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.reply)


async def serve() -> None:
    """The server process: prints its port and serves until it is stopped."""
    pin(1)
    server = await asyncio.get_running_loop().create_server(Waiter, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def pin(core: int) -> None:
    """Client and server on a core each, where the system can do that."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[core]})


async def measure(call: Call, in_flight: int, seconds: float) -> Sample:
    """So many workers call for so long, after each has opened its connection."""

    async def worker(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            await call()
            done += 1
        return done

    await asyncio.gather(*(call() for _ in range(in_flight)))
    started, cpu = time.perf_counter(), time.process_time()
    done = sum(await asyncio.gather(*(worker(started + seconds) for _ in range(in_flight))))
    return Sample(done / (time.perf_counter() - started), (time.process_time() - cpu) / done * 1e6)


def bare(clients: list[Any], url: str) -> Call:
    """A plain call of the client library, turning over its clients."""
    turn = iter(range(sys.maxsize))

    async def call() -> Any:
        client = clients[next(turn) % len(clients)]
        response = await client.post(url, content=REQUEST, headers={"Content-Type": "application/json"})
        return json.loads(response.content)

    return call


def ours(transport: Transport, url: str) -> Call:
    """The same call as a provider makes it."""
    auth = Signature()

    def exchange() -> Exchange[Answer]:
        headers = {"Content-Type": "application/json"}
        reply = yield HttpCall("status", "POST", url, headers=headers, body=REQUEST, repeatable=True)
        if reply.status != 200:
            raise status_error(reply, operation="status")
        return read_json(ADAPTER, reply.body, what="status answer")

    return lambda: transport.converse(exchange, auth)


async def arms(library: str, fast: bool, url: str, stack: AsyncExitStack) -> dict[str, Call]:
    """The arrangements to compare on one client library."""
    http = importlib.import_module(library)
    os.environ["EARWITNESS_HTTP_CLIENT"] = library
    transport = Transport(fast=fast)
    stack.push_async_callback(transport.aclose)

    tls = http.create_ssl_context()

    async def client(connections: int) -> Any:
        limits = http.Limits(max_connections=connections, max_keepalive_connections=connections)
        below = None
        if fast:
            seam = importlib.import_module("httpx_aiohttp" if library == "httpx" else "httpx_aiohttp.httpx2")
            below = seam.AiohttpTransport(verify=tls, limits=limits)
        return await stack.enter_async_context(http.AsyncClient(limits=limits, transport=below, verify=tls, timeout=60))

    found = {"ours": ours(transport, url), "plain": bare([await client(IN_FLIGHT)], url)}
    if not fast:
        found["sharded"] = bare([await client(POOL_CONNECTIONS) for _ in range(IN_FLIGHT // POOL_CONNECTIONS)], url)
    return found


async def compare(library: str, fast: bool, url: str) -> bool:
    """Prints one row: the arrangements at 100 in flight, the ratios, and our rate at each level."""
    async with AsyncExitStack() as stack:
        calls = await arms(library, fast, url, stack)
        samples: dict[str, list[Sample]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                samples[name].append(await measure(call, IN_FLIGHT, ROUND_S))
        levels: dict[int, list[float]] = {level: [] for level in LEVELS}
        for _ in range(2):
            for level in LEVELS:
                levels[level].append((await measure(calls["ours"], level, ROUND_S)).rate)
    print(f"\n{library} {importlib.import_module(library).__version__}{' over aiohttp' if fast else ''}")
    good = report(samples)
    rates = [max(levels[level]) for level in LEVELS]
    steady = all(after >= NOISE * before for before, after in pairwise(rates))
    told = "  ".join(f"{level}: {rate:,.0f}/s" for level, rate in zip(LEVELS, rates, strict=True))
    print(f"  ours by calls in flight   {told}   {'never falls' if steady else 'FALLS'}")
    return good and steady


def report(samples: dict[str, list[Sample]]) -> bool:
    """Prints the arrangements and the ratios of ours to each bare one; True if the goals hold against all."""
    best = {name: Sample(max(s.rate for s in got), min(s.cpu_us for s in got)) for name, got in samples.items()}
    mine = best.pop("ours")
    print(f"  ours      {mine.rate:7,.0f}/s {mine.cpu_us:7,.0f} us CPU a call")
    good = True
    for name, other in best.items():
        rate, cpu = mine.rate / other.rate, mine.cpu_us / other.cpu_us
        holds = rate >= RATE_GOAL and cpu <= CPU_GOAL
        good &= holds
        told = f"ours/{name}: rate {rate:.2f}, CPU {cpu:.2f}   {'holds' if holds else 'MISSED'}"
        print(f"  {name:9} {other.rate:7,.0f}/s {other.cpu_us:7,.0f} us CPU a call   {told}")
    return good


async def compare_all(url: str) -> bool:
    """Every client library there is, with and without aiohttp."""
    libraries = [name for name in ("httpx", "httpx2") if find_spec(name)]
    below = [False, True] if find_spec("httpx_aiohttp") else [False]
    return all([await compare(library, fast, url) for library in libraries for fast in below])


def main() -> int:
    """Starts the server on another core, compares, and stops it."""
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        pin(0)
        return 0 if asyncio.run(compare_all(f"http://127.0.0.1:{port}/asr")) else 1
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve()) if "--serve" in sys.argv else main())
