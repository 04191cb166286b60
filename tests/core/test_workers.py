"""Engines in worker processes: results, cancelling, crashes and reuse, with real processes."""

import asyncio
import os
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from earwitness._worker import HEADER
from earwitness._workers import EngineEnd, WorkerPool
from earwitness.engine import Heard, Progress
from earwitness.errors import ConfigurationError, JobFailedError, PluginError
from earwitness.media import Media, open_media
from earwitness.models import Interim, Segment, Word
from earwitness.request import FileAudio, PcmFormat
from support.engines import CountingEngine, OddEngine

SECOND = 32_000
SECRET = "words that nobody may see"


@pytest.fixture
def second(tmp_path: Path) -> Media:
    path = tmp_path / "second.raw"
    path.write_bytes(b"\1\0" * (SECOND // 2))
    return open_media(FileAudio(path, pcm=PcmFormat(16_000, 1)))


async def heard(pool: WorkerPool, engine: object, audio: object) -> list[Heard | EngineEnd]:
    async with aclosing(pool.listen(engine, audio)) as events:  # type: ignore[arg-type]  # an engine; media or blocks
        return [event async for event in events]


async def blocks(count: int, size: int = 3_200) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(size)


def run(main: object) -> None:
    asyncio.run(main)  # type: ignore[arg-type]  # a coroutine


def test_a_recording_is_heard_whole(second: Media) -> None:
    """Every byte of a recording reaches the engine, with progress on the way and its version at the end."""

    async def main() -> None:
        async with _pool() as pool:
            *events, end = await heard(pool, CountingEngine(), second)
            assert isinstance(events[-1], Segment) and events[-1].text == str(SECOND)
            assert any(isinstance(event, Progress) for event in events)
            assert isinstance(end, EngineEnd) and end.version == "counting 1"

    run(main())


def test_live_audio_is_heard_while_it_comes() -> None:
    """Interim results of live audio arrive before the audio has ended."""

    async def main() -> None:
        more = asyncio.Event()

        async def live() -> AsyncIterator[bytes]:
            yield bytes(3_200)
            await asyncio.wait_for(more.wait(), 30)
            yield bytes(3_200)

        async with _pool() as pool, aclosing(pool.listen(CountingEngine(), live())) as events:
            async for event in events:
                if isinstance(event, Interim):
                    more.set()
                if isinstance(event, Segment):
                    assert event.text == "6400"
                    return
        raise AssertionError("no segment came")

    run(main())


def test_a_worker_is_used_again(second: Media) -> None:
    """A second recording finds the process of the first."""

    async def main() -> None:
        async with _pool(size=1) as pool:
            await heard(pool, CountingEngine(), second)
            first = pool._free[0]
            await heard(pool, CountingEngine(), second)
            assert pool._free == [first]

    run(main())


def test_a_crash_costs_one_job(second: Media) -> None:
    """A native crash is a sentence with its signal and what to check, and the next recording is heard."""

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(
                JobFailedError, match=r"ended unexpectedly \((native code died of SIGABRT|exit code 3)"
            ) as it:
                await heard(pool, CountingEngine("abort"), second)
            assert "Check that the models" in str(it.value)
            assert len(await heard(pool, CountingEngine(), second)) > 2

    run(main())


def test_a_foreign_exception_shows_no_words(second: Media) -> None:
    """An engine's own exception is told by type and place, because its text may quote what was said."""

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(JobFailedError, match=r"ValueError in CountingEngine\._fail") as caught:
                await heard(pool, CountingEngine("raise"), second)
            assert "nobody" not in str(caught.value)

    run(main())


@pytest.mark.parametrize(
    ("trouble", "told"), [("exit", "SystemExit"), ("panic", "PanicError"), ("own error", "HiddenError")]
)
def test_whatever_an_engine_raises_is_a_failure_and_the_worker_stays(second: Media, trouble: str, told: str) -> None:
    """An exit, a panic and an error that cannot travel are told like any exception; the process serves on."""

    async def main() -> None:
        async with _pool(size=1) as pool:
            with pytest.raises(JobFailedError, match=f"failed with {told} in ") as caught:
                await heard(pool, CountingEngine(trouble), second)
            assert "nobody" not in str(caught.value)
            (process,) = pool._free
            await heard(pool, CountingEngine(), second)
            assert pool._free == [process]

    run(main())


@pytest.mark.parametrize("trouble", ["print", "ask"])
def test_an_engine_cannot_touch_the_conversation(second: Media, trouble: str) -> None:
    """What an engine, a library or a child of it prints does not get into it, and their standard input is empty."""

    async def main() -> None:
        async with _pool() as pool, asyncio.timeout(60):
            *_, segment, _ = await heard(pool, CountingEngine(trouble), second)
            assert isinstance(segment, Segment) and segment.text == str(SECOND)

    run(main())


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        (OddEngine(None), "yielded an object of type None, none of Progress, Interim and Segment"),
        (OddEngine(SECRET), "object of type str, none of"),
        (OddEngine({SECRET: SECRET}), "object of type dict, none of"),
        (OddEngine(Word(SECRET)), "object of type Word, none of"),
        (OddEngine(Progress(1.5)), "yielded a wrong Progress: heard_ms is of type float, not int"),  # type: ignore[arg-type]
        (OddEngine(Interim(None)), "yielded a wrong Interim: text is of type None, not str"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET.encode())), "text is of type bytes, not str"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET, SECRET)), "start_ms is of type str, not int or None"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET, True)), "start_ms is of type bool, not int or None"),
        (OddEngine(Segment(SECRET, words=[])), "words is of type list, not tuple"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET, words=(SECRET,))), r"words\[0\] is of type str, not Word"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET, words=(Word(SECRET, 0, 0.5),))), r"words\[0\]\.end_ms is of type float"),  # type: ignore[arg-type]
        (OddEngine(Segment(SECRET, derived=(1,))), r"derived\[0\] is of type int, not str"),  # type: ignore[arg-type]
        (OddEngine(None, iterates=False), "returned an object of type None from listen, no iterator"),
        (OddEngine(Segment(SECRET), sample_rate="16k"), "has a sample_rate that is no whole number"),
        (OddEngine(Segment(SECRET), version=5), "has a version of type int, not str or None"),
    ],
    ids=lambda value: None if isinstance(value, OddEngine) else value,
)
def test_what_no_engine_may_give_is_one_clear_error(second: Media, engine: OddEngine, told: str) -> None:
    """Anything but whole events is told with the engine, the field and the types, never with what was said."""

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(PluginError, match=rf"support\.engines\.OddEngine .*{told}") as caught:
                await heard(pool, engine, second)
            assert SECRET not in str(caught.value)

    run(main())


@pytest.mark.parametrize("ending", ["nobody reads", "half a message"])
def test_a_worker_does_not_outlive_its_parent(ending: str) -> None:
    """A parent that dies while it reads or while it writes leaves no worker behind, and no abort."""
    work = pickle.dumps(("listen", pickle.dumps(CountingEngine()), None)), pickle.dumps(("pcm", bytes(3_200)))
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "earwitness._worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            if ending == "half a message":
                worker.stdin.write(HEADER.pack(len(work[0])) + work[0][:-9])
                worker.stdin.close()
            else:
                worker.stdout.close()
                worker.stdin.write(b"".join(HEADER.pack(len(one)) + one for one in work))
                worker.stdin.flush()
            assert worker.wait(60) == 0
        finally:
            worker.kill()


def test_cancelling_stops_the_engine_and_keeps_the_worker(second: Media) -> None:
    """Closing the events in the middle stops the work; the worker is then free for the next recording."""

    async def main() -> None:
        async with _pool(size=1) as pool:
            async with aclosing(pool.listen(CountingEngine(block_s=0.05), second)) as events:
                async for _ in events:
                    break
            *_, segment, _ = await heard(pool, CountingEngine(), second)
            assert isinstance(segment, Segment) and segment.text == str(SECOND)

    run(main())


EARLY = """
import sys
from earwitness._worker import _Worker

worker = _Worker(sys.stdin.buffer, sys.stdout.buffer)
if worker._inbox.cancelled.wait(60):
    worker.serve()
"""


def test_a_cancel_that_comes_before_the_work_is_taken_up_is_not_lost() -> None:
    """A cancel in the first moments of a worker, right behind the work, ends that work."""
    messages = pickle.dumps(("listen", pickle.dumps(CountingEngine()), None)), pickle.dumps(("cancel",))
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(
        [sys.executable, "-P", "-c", EARLY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(b"".join(HEADER.pack(len(one)) + one for one in messages))
            worker.stdin.flush()
            (length,) = HEADER.unpack(worker.stdout.read(HEADER.size))
            assert pickle.loads(worker.stdout.read(length)) == ("cancelled",)
        finally:
            worker.kill()


def test_a_failing_source_ends_the_listening() -> None:
    """An exception of the caller's own audio source comes back as it is, and no worker stays behind in the middle."""

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(3_200)
        raise LookupError("the microphone is gone")

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(LookupError, match="microphone"):
                await heard(pool, CountingEngine(), broken())
            *_, segment, _ = await heard(pool, CountingEngine(), blocks(3))
            assert isinstance(segment, Segment) and segment.text == "9600"

    run(main())


def test_an_engine_that_cannot_travel_is_refused() -> None:
    """An engine that cannot be pickled is a mistake of its author, told before a process starts."""

    class Local(CountingEngine):
        def __reduce__(self) -> str:
            raise pickle.PicklingError("no")

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(ConfigurationError, match="picklable"):
                await heard(pool, Local(), blocks(1))

    run(main())


def test_no_more_workers_than_allowed(second: Media) -> None:
    """Four recordings on a pool of two are heard by two processes."""

    async def main() -> None:
        async with _pool(size=2) as pool:
            await asyncio.gather(*(heard(pool, CountingEngine(block_s=0.01), second) for _ in range(4)))
            assert len(pool._all) <= 2

    run(main())


def test_an_idle_worker_ends(second: Media) -> None:
    """A worker that nobody needs ends by itself."""

    async def main() -> None:
        async with _pool(idle_s=0.05) as pool:
            await heard(pool, CountingEngine(), second)
            (process,) = pool._all
            deadline = time.monotonic() + 30
            while process.alive and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            assert not process.alive and not pool._all

    run(main())


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    """A plain script is not imported again by its workers, and a file beside it does not replace a library module."""
    (tmp_path / "random.py").write_text("raise SystemExit('the wrong random')")
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio, sys
        sys.path = [entry for entry in sys.path if entry != sys.path[0]]
        from support.engines import CountingEngine
        from earwitness._workers import WorkerPool

        async def audio():
            yield bytes(3200)

        async def main():
            pool = WorkerPool()
            async for event in pool.listen(CountingEngine(), audio()):
                pass
            await pool.aclose()

        asyncio.run(main())
        print("once")
        """)
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("once\n", 0), done.stderr


class _pool:  # noqa: N801  # reads as a context, not as a type
    def __init__(self, size: int | None = None, idle_s: float = 60.0) -> None:
        self._made = WorkerPool(size, idle_s=idle_s)

    async def __aenter__(self) -> WorkerPool:
        return self._made

    async def __aexit__(self, *_: object) -> None:
        await self._made.aclose()
