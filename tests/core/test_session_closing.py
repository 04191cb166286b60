"""Ends of all kinds: sessions and streams closed from elsewhere, left in the middle, or closed under those who wait."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from earwitness._workers import cpu_count
from earwitness.errors import ConfigurationError, InvalidRequestError, JobCancelledError
from earwitness.jobs import JobStatus
from earwitness.sync import Session, Stream
from support.restful import RestServer
from support.sessions import engine, rest, run, session_of
from support.shapes import EngineVendor, RestVendor

NEVER = -(10**9)
"""So many times the vendor says that it still works."""


def _endless(over: threading.Event) -> Iterator[bytes]:
    """Live audio that goes on until `over`."""
    while not over.wait(0.01):
        yield bytes(3_200)


class _Reader(threading.Thread):
    """Reads a blocking stream in a thread of its own; `began` is set by the first event, `error` is what ended it."""

    def __init__(self, work: Callable[[Callable[[], None]], None]) -> None:
        super().__init__(daemon=True)
        self.began = threading.Event()
        self.error: BaseException | None = None
        self._work = work
        self.start()
        assert self.began.wait(120)

    def run(self) -> None:
        try:
            self._work(self.began.set)
        except BaseException as error:
            self.error = error

    def ended(self) -> BaseException | None:
        self.join(120)
        assert not self.is_alive()
        return self.error


def _reading(stream: Stream) -> _Reader:
    def work(begun: Callable[[], None]) -> None:
        for _ in stream:
            begun()

    return _Reader(work)


def test_a_slow_watcher_sees_the_end(wav: Path) -> None:
    """A watcher that was busy while its job ended is told the end, not that there is nobody to ask."""

    async def main() -> None:
        async with engine() as session:
            job = await session.submit(wav)
            watching = session.watch(job)
            seen = [await anext(watching)]
            await session.wait(job)
            while session._book.find(job, session._provider.name).busy:
                await asyncio.sleep(0.01)
            seen += [one async for one in watching]
            assert [one.status for one in seen] == [JobStatus.RUNNING, JobStatus.SUCCEEDED]

    run(main)


def test_a_job_cancelled_before_it_began_says_so(wav: Path) -> None:
    """A session closed before the first step of a submission leaves a cancelled job, not one queued for ever."""

    async def main() -> None:
        async with engine() as session:
            submitting = asyncio.create_task(session.submit(wav))
            await asyncio.sleep(0)
            await session.aclose()
            job = await submitting
            assert job.status is JobStatus.CANCELLED
            with pytest.raises(JobCancelledError):
                await session.result(job)

    run(main)


def test_closing_a_session_ends_its_stream() -> None:
    """Whoever reads a stream of a session that is closed is told that, and not that a worker failed."""
    over = threading.Event()

    async def main() -> None:
        async with engine() as session:
            stream = session.stream(_endless(over))
            await anext(stream)

            async def read_on() -> None:
                async for _ in stream:
                    pass

            reading = asyncio.create_task(read_on())
            await asyncio.sleep(0.05)
            await session.aclose()
            with pytest.raises(ConfigurationError, match="The session was closed"):
                await reading
            assert [one.kind for one in stream.transcript().notices] == ["incomplete"]
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

    run(main)
    over.set()


def test_a_closed_session_streams_nothing() -> None:
    """A stream that is asked for, or begun, after the closing is refused."""

    async def main() -> None:
        async with engine() as session:
            late = session.stream([bytes(3_200)])
            await session.aclose()
            with pytest.raises(ConfigurationError, match="The session was closed"):
                await anext(late)
            with pytest.raises(ConfigurationError, match="The session is closed"):
                session.stream([bytes(3_200)])

    run(main)


def test_a_stream_is_closed_from_another_thread() -> None:
    """Who reads it meanwhile is at the end of the events, without an error."""
    over = threading.Event()
    with Session(lambda: session_of(EngineVendor, {})) as session:
        stream = session.stream(_endless(over))
        reader = _reading(stream)
        stream.close()
        assert reader.ended() is None
        assert next(stream, None) is None
    over.set()


def test_a_session_is_closed_from_another_thread() -> None:
    """Who reads one of its streams meanwhile is told that the session was closed; leaving the stream is harmless."""
    over = threading.Event()
    session = Session(lambda: session_of(EngineVendor, {}))

    def work(begun: Callable[[], None]) -> None:
        with session.stream(_endless(over)) as stream:
            for _ in stream:
                begun()

    reader = _Reader(work)
    session.close()
    error = reader.ended()
    # Between two events, or in the middle of one: both are told.
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(("The session was closed", "The session is closed"))
    over.set()


def test_a_call_under_way_is_told_of_the_closing(vendor: RestServer, wav: Path) -> None:
    """A thread that waits for a vendor's job when the session is closed gets our error, and its iterator ends."""
    vendor.asked = NEVER
    session = Session(lambda: session_of(RestVendor, {"base_url": vendor.url}))
    job = session.submit(wav)

    def work(begun: Callable[[], None]) -> None:
        for _ in session.watch(job):
            begun()

    reader = _Reader(work)
    session.close()
    error = reader.ended()
    assert isinstance(error, ConfigurationError) and "session" in str(error)


def test_a_watcher_that_stops_after_the_closing_is_left_alone(vendor: RestServer, wav: Path) -> None:
    """Breaking off a watch of a session that has been closed meanwhile raises nothing."""
    vendor.asked = NEVER
    session = Session(lambda: session_of(RestVendor, {"base_url": vendor.url}))
    watching = session.watch(session.submit(wav))
    next(watching)
    session.close()
    watching.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_long_wait_ends_with_its_session(vendor: RestServer, wav: Path) -> None:
    """A waiter whose vendor wants to be asked in an hour is told of the closing at once."""
    vendor.asked = NEVER

    async def main() -> None:
        async with rest(vendor) as session:
            job = await session.submit(wav)
            session._book.find(job, session._provider.name).check_after = 3600
            waiting = asyncio.create_task(session.wait(job))
            await asyncio.sleep(0.05)
            await session.aclose()
            with pytest.raises(ConfigurationError, match="closed"):
                await waiting

    run(main)


def test_a_reader_that_loses_patience_loses_no_event() -> None:
    """Giving up waiting for one event ends neither the stream nor what comes later."""
    go_on = threading.Event()

    def audio() -> Iterator[bytes]:
        yield bytes(3_200)
        go_on.wait(120)
        yield bytes(3_200)

    async def main() -> None:
        async with engine() as session, session.stream(audio()) as stream:
            await anext(stream)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.2)
            go_on.set()
            assert [event async for event in stream]
            assert stream.transcript().text == "6400" and not stream.transcript().notices

    run(main)


def test_streams_left_in_the_middle_free_their_workers() -> None:
    """Breaking out of more streams than there are processors leaves room for the next one."""
    over = threading.Event()

    async def main() -> None:
        async with engine() as session:
            for _ in range(cpu_count() + 2):
                async for _event in session.stream(_endless(over)):
                    break
                gc.collect()
            async with asyncio.timeout(120):
                assert [event async for event in session.stream([bytes(3_200)])]

    run(main)
    over.set()


def test_a_stream_that_failed_is_forgotten() -> None:
    """A session that lives for months does not keep the streams that ended in an error."""

    def audio() -> Iterator[bytes]:
        yield bytes(3_200)
        raise InvalidRequestError("the microphone was unplugged")

    async def main() -> None:
        async with engine() as session:
            stream = session.stream(audio())
            with pytest.raises(InvalidRequestError, match="unplugged"):
                async for _ in stream:
                    pass
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            left = weakref.ref(stream)
            del stream
            gc.collect()
            assert left() is None and not session._relays._at_work

    run(main)


def test_closing_a_stream_twice_or_unread_is_harmless() -> None:
    """A stream that nobody read, or that is closed already, closes quietly and is at its end."""

    async def main() -> None:
        async with engine() as session:
            stream = session.stream([bytes(3_200)])
            await stream.aclose()
            await stream.aclose()
            assert [event async for event in stream] == []
            assert [one.kind for one in stream.transcript().notices] == ["incomplete"]

    run(main)


_ABANDONED = """
import asyncio, sys
from support.sessions import session_of
from support.shapes import EngineVendor

async def endless():
    while True:
        yield bytes(3_200)
        await asyncio.sleep(0.01)

def blocking():
    import time
    while True:
        time.sleep(0.01)
        yield bytes(3_200)

async def main(audio, close):
    session = session_of(EngineVendor, {})
    stream = session.stream(audio)
    await anext(stream)
    if close:
        await session.aclose()
    return session, stream

asyncio.run(main({"live": endless, "blocking": blocking}[sys.argv[1]](), sys.argv[2] == "close"))
print("done")
"""


@pytest.mark.parametrize("audio", ["live", "blocking"])
@pytest.mark.parametrize("end", ["close", "leave"])
def test_an_abandoned_stream_is_quiet(audio: str, end: str) -> None:
    """A program that ends in the middle of a stream, whether or not it closes the session, prints no traceback."""
    if end == "leave" and sys.version_info >= (3, 12):
        pytest.skip("newer asyncio complains itself of a worker's pipes that outlive their loop")
    command = [sys.executable, "-W", "error", "-c", _ABANDONED, audio, end]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=places)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


async def _flood() -> AsyncIterator[bytes]:
    """More than any pipe to a worker takes at once."""
    while True:
        yield bytes(3_200_000)
        await asyncio.sleep(0)


def test_a_live_source_is_closed_with_its_stream() -> None:
    """No async generator of ours is left for the loop to close when the stream has been closed."""

    async def main() -> None:
        async with engine(block_s=0.3) as session:
            stream = session.stream(_flood())
            await anext(stream)
            await asyncio.sleep(0.5)
            await stream.aclose()
            known = asyncio.get_running_loop()._asyncgens  # type: ignore[attr-defined]  # the loop's own list
            assert {one.__qualname__ for one in known if one.ag_frame is not None} <= {"engine", "_flood"}

    run(main)


@pytest.mark.parametrize("always", [True, False])
def test_nobody_waits_for_a_thread_that_ended(wav: Path, always: bool) -> None:
    """A listener that ends the session's own thread leaves no call waiting; pending and later ones say why."""
    session = Session(lambda: session_of(EngineVendor, {"block_s": 0.2}))
    once = [KeyboardInterrupt()]

    def listener(job: object) -> None:
        if once:
            raise once[0] if always else once.pop()

    def pending(started: Callable[[], None]) -> None:
        job = session.submit(wav)
        started()
        session.result(job)

    waiting = _Reader(pending)
    assert isinstance(_Calling(lambda: session.transcribe(wav, on_change=listener)).ended(), ConfigurationError)
    later = [_Calling(lambda: session.transcribe(wav)).ended(), _Calling(lambda: _first(session)).ended()]
    for told in (waiting.ended(), *later):
        assert isinstance(told, ConfigurationError)
        assert "thread was ended by KeyboardInterrupt" in str(told)
    session.close()
    assert not session._session._runtime._pool._all  # no worker process outlives the thread


class _Calling(_Reader):
    """One blocking call in a thread of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        def work(begun: Callable[[], None]) -> None:
            begun()
            call()

        super().__init__(work)


def _first(session: Session) -> object:
    with session.stream([bytes(3_200)]) as stream:
        return next(iter(stream))
