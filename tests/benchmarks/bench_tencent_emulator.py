"""How many status requests per second the Tencent emulator answers on one core, signatures checked.

Run: python tests/benchmarks/bench_tencent_emulator.py   (about half a minute)

The server is a process of its own, and its CPU time counts: what one core of it could answer if it had nothing else to
do. Sixteen connections send the same signed request for a finished task, written by hand, so that the client costs
little. The best of three rounds counts, because what else runs on the machine only ever takes away. Goal: at least
2,000 a second. The exit code says whether it holds.
"""

import asyncio
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from earwitness.emulation import EmulatorOptions, GivenHearing
from earwitness_tencent.emulator import create
from support.tencent_emulator import MORNING, SECRETS, recording, tc3

GOAL = 2_000
ROUNDS = 3
REQUESTS = 10_000
CONNECTIONS = 16


def serve(line: Connection) -> None:
    """The emulator, until it is told to end; it tells its CPU seconds whenever it is asked."""

    async def work() -> None:
        switches = {"queries_per_s": "0"}
        options = EmulatorOptions(secrets=SECRETS, switches=switches, hearing=GivenHearing(MORNING))
        async with create(options) as emulator:
            line.send(emulator.facts())
            while await asyncio.to_thread(line.recv):
                used = resource.getrusage(resource.RUSAGE_SELF)
                line.send(used.ru_utime + used.ru_stime)

    asyncio.run(work())


def request(facts: Mapping[str, str], action: str, body: bytes) -> bytes:
    """One call as it goes over the wire."""
    now = int(time.time())
    signed = {"content-type": "application/json", "host": facts["endpoint"]}
    headers = {
        **signed,
        "authorization": tc3(signed, body, timestamp=now),
        "x-tc-action": action,
        "x-tc-version": "2019-06-14",
        "x-tc-timestamp": str(now),
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


async def ask(facts: Mapping[str, str], call: bytes, times: int) -> bytes:
    """The last of so many answers on one connection."""
    host, _, port = facts["endpoint"].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    for _ in range(times):
        writer.write(call)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
        answer = await reader.readexactly(length)
    writer.close()
    return answer


async def finished(facts: Mapping[str, str]) -> bytes:
    """The query of a task that has ended well."""
    created = await ask(facts, request(facts, "CreateRecTask", json.dumps(recording()).encode()), 1)
    body = json.dumps({"TaskId": json.loads(created)["Response"]["Data"]["TaskId"]}).encode()
    while True:
        call = request(facts, "DescribeTaskStatus", body)
        if b'"Status": 2' in await ask(facts, call, 1):
            return call
        await asyncio.sleep(0.1)


def round_of(facts: Mapping[str, str], line: Connection, call: bytes) -> tuple[float, float]:
    """Answers per second of the server's CPU, and per second of the wall."""

    def cpu() -> float:
        line.send(True)
        used: float = line.recv()
        return used

    async def all_of_them() -> None:
        each = REQUESTS // CONNECTIONS
        answers = await asyncio.gather(*(ask(facts, call, each) for _ in range(CONNECTIONS)))
        assert all(b'"Status": 2' in answer for answer in answers)

    before, begun = cpu(), time.perf_counter()
    asyncio.run(all_of_them())
    wall = time.perf_counter() - begun
    return REQUESTS / (cpu() - before), REQUESTS / wall


def main() -> int:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    facts = here.recv()
    call = asyncio.run(finished(facts))
    rounds = [round_of(facts, here, call) for _ in range(ROUNDS)]
    here.send(False)
    server.join()
    best, wall = max(rounds)
    print(f"{best:,.0f} status requests a second of one core (goal {GOAL:,}), {wall:,.0f} a second of the wall")
    return 0 if best >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
