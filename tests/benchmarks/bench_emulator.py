"""What CLOVA's emulator bears, and what an upload of 1 GB costs its client.

    python tests/benchmarks/bench_emulator.py [status] [upload] [megabytes]

`status`: the emulator runs in a process of its own on one core (pinned, where the system can), and two processes ask
about a finished job and one in progress as fast as it answers. The figure counts its processor's seconds, so that
those of the clients on the same machine do not slow it.

`upload`: a generated WAV of 1,000 MB (sparse where the file system can, removed afterwards) goes through the plugin to
an emulator in a process of its own. The figure is how much the client's memory grew above what it was before.
"""

import asyncio
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any

import aiohttp

import earwitness

GOAL_PER_SECOND = 2_000
GOAL_MEMORY = 64 * 2**20
_SECONDS = 5.0
_CONNECTIONS = 8
_HEADER = {"X-CLOVASPEECH-API-KEY": "benchkey"}
_RATE, _CHANNELS = 48_000, 2
_FRAME = 2 * _CHANNELS


@contextmanager
def emulator(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The emulator in a process of its own, and its facts."""
    (folder / "said.json").write_bytes(_said())
    command = [sys.executable, "-m", "earwitness", "emulate", "clova", "--json", "--secret", "secret_key=benchkey"]
    with subprocess.Popen(
        [*command, "--transcript", str(folder / "said.json"), *more], stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        try:
            yield server, json.loads(server.stdout.readline())
        finally:
            server.terminate()


def status(folder: Path) -> None:
    """Prints how many status requests a second of one core answers, of a job in progress and of a finished one."""
    with emulator(folder, "--switch", "processing_s=0") as (server, facts):
        _pin(server.pid)
        done = _submitted(facts["invoke_url"])
        _report("finished, a page of text", server.pid, f"{facts['invoke_url']}/recognizer/{done}")
    with emulator(folder, "--switch", "processing_s=3600") as (server, facts):
        _pin(server.pid)
        going = _submitted(facts["invoke_url"])
        _report("in progress", server.pid, f"{facts['invoke_url']}/recognizer/{going}")


def upload(folder: Path, megabytes: int) -> None:
    """Prints how much memory and time the plugin needs for a big recording."""
    recording = folder / "long.wav"
    sparse_wav(recording, megabytes * 1_000_000)
    with emulator(folder) as (_, facts):
        profile = folder / "earwitness.toml"
        profile.write_text(facts["profile_toml"], encoding="utf-8")
        with earwitness.open(config=profile) as session:
            # What is loaded late is loaded by the first, small recording.
            session.transcribe(_small(folder), timeout=60, language="ko-KR", vendor={"completion": "sync"})
            before, begun = _peak(), time.perf_counter()
            session.transcribe(recording, timeout=600, language="ko-KR", vendor={"completion": "sync"})
            grown, took = _peak() - before, time.perf_counter() - begun
    print(
        f"upload of {megabytes} MB: {grown / 2**20:.1f} MiB more memory (goal: at most {GOAL_MEMORY // 2**20}), "
        f"{took:.1f} s, {megabytes / took:.0f} MB/s"
    )


def sparse_wav(path: Path, length: int) -> None:
    """A WAV file of this many bytes, silent, which takes next to no room where files may have holes."""
    length -= length % _FRAME
    form = struct.pack("<HHIIHH", 1, _CHANNELS, _RATE, _RATE * _FRAME, _FRAME, 16)
    head = b"RIFF" + struct.pack("<I", length - 8) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    with path.open("wb") as file:
        file.write(head + b"data" + struct.pack("<I", length - len(head) - 8))
        file.truncate(length)


def _small(folder: Path) -> Path:
    path = folder / "small.wav"
    sparse_wav(path, 100_000)
    return path


def _said() -> bytes:
    segments = tuple(earwitness.Segment(f"문장 번호 {n}", n * 1000, n * 1000 + 900) for n in range(20))
    return earwitness.Transcript(segments).to_json()


def _submitted(url: str) -> str:
    async def main() -> str:
        params = {"language": "ko-KR", "completion": "async", "resultToObs": True, "diarization": {"enable": False}}
        form = aiohttp.FormData()
        with tempfile.TemporaryDirectory() as folder:
            form.add_field("media", _small(Path(folder)).read_bytes(), filename="a.wav")
        form.add_field("params", json.dumps(params))
        async with aiohttp.ClientSession(headers=_HEADER) as client:
            async with client.post(f"{url}/recognizer/upload", data=form) as reply:
                token = (await reply.json())["token"]
            await asyncio.sleep(0.5)
        return str(token)

    return asyncio.run(main())


def _report(what: str, pid: int, url: str) -> None:
    answers: Queue[int] = Queue()
    before = _cpu(pid)
    clients = [Process(target=_asking, args=(url, answers)) for _ in range(2)]
    for one in clients:
        one.start()
    count = sum(answers.get() for _ in clients)
    for one in clients:
        one.join()
    used = _cpu(pid) - before
    print(
        f"status, {what}: {count / used:,.0f} answers per second of one core "
        f"(goal: {GOAL_PER_SECOND:,}); {count / _SECONDS:,.0f} per second of the clock"
    )


def _asking(url: str, answers: Any) -> None:
    async def ask(client: aiohttp.ClientSession, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            async with client.get(url) as reply:
                assert reply.status == 200
                await reply.read()
            count += 1
        return count

    async def main() -> int:
        until = time.perf_counter() + _SECONDS
        async with aiohttp.ClientSession(headers=_HEADER) as client:
            return sum(await asyncio.gather(*(ask(client, until) for _ in range(_CONNECTIONS))))

    answers.put(asyncio.run(main()))


def _pin(pid: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(pid))})


def _cpu(pid: int) -> float:
    """Processor seconds that this process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main(*given: str) -> None:
    """Runs what is named, or both."""
    sizes = [int(one) for one in given if one.isdecimal()]
    wanted = [one for one in given if not one.isdecimal()] or ["status", "upload"]
    with tempfile.TemporaryDirectory() as folder:
        if "status" in wanted:
            status(Path(folder))
        if "upload" in wanted:
            upload(Path(folder), sizes[0] if sizes else 1_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
