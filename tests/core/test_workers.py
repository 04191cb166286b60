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

from earwitness._workers import EngineEnd, WorkerPool
from earwitness.engine import Heard, Progress
from earwitness.errors import ConfigurationError, JobFailedError
from earwitness.media import Media, open_media
from earwitness.models import Interim, Segment
from earwitness.request import FileAudio, PcmFormat
from support.engines import CountingEngine

SECOND = 32_000


@pytest.fixture
def second(tmp_path: Path) -> Media:
    path = tmp_path / "second.raw"
    path.write_bytes(b"\1\0" * (SECOND // 2))
    return open_media(FileAudio(path, pcm=PcmFormat(16_000, 1)))


async def heard(pool: WorkerPool, engine: CountingEngine, audio: object) -> list[Heard | EngineEnd]:
    async with aclosing(pool.listen(engine, audio)) as events:  # type: ignore[arg-type]  # media or blocks
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
    """A native crash is a sentence with the exit code, and the next recording is heard."""

    async def main() -> None:
        async with _pool() as pool:
            with pytest.raises(JobFailedError, match="ended unexpectedly"):
                await heard(pool, CountingEngine("abort"), second)
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


def test_what_an_engine_prints_harms_nothing(second: Media) -> None:
    """Output of a native library does not get into the conversation."""

    async def main() -> None:
        async with _pool() as pool:
            *_, segment, _ = await heard(pool, CountingEngine("print"), second)
            assert isinstance(segment, Segment) and segment.text == str(SECOND)

    run(main())


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
