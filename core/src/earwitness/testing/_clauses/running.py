"""Several jobs at once do not mix, and a closed session leaves nothing behind."""

import asyncio
import gc
import multiprocessing
import os
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...capabilities import Service
from ...jobs import Job
from .._clause import Unsupported, clause, raised
from .._live import finished
from .._speech import CROWD, PLAIN, SILENT, said, squeezed
from .._subject import Subject


@clause(
    "R1",
    "Jobs that run at the same time do not mix",
    why="""One session serves many callers. State that a provider keeps between calls ends up in somebody else's
    transcript.""",
    mend="""Keep nothing on the provider but its settings; everything about a job belongs into the exchange or the
    reference.""",
)
def jobs_do_not_mix(subject: Subject) -> Iterator[str]:
    bench = subject.bench
    lengths = CROWD if bench.emulator is not None else (PLAIN, SILENT)
    judged = False
    for service in subject.services:
        if "inline" not in service.audio:
            continue
        judged = True
        heard = subject.run(_crowd(subject, service, lengths))
        for seconds, got in zip(lengths, heard, strict=True):
            if isinstance(got, BaseException):
                yield f"{service.name}: one of {len(lengths)} jobs at once failed: {got}"
            elif not _belongs(subject, got, seconds):
                yield f"{service.name}: one of {len(lengths)} jobs at once has another job's words"
    if not judged:
        raise Unsupported("no service takes recordings from this machine")


@clause(
    "R2",
    "A closed session leaves no thread, task, process, file or warning behind",
    why="""Servers open and close sessions for months. What each leaves behind adds up.""",
    mend="""Let go in `aclose` of everything that the provider itself opened, and open as little as possible: core's
    runtime has the connections and the workers. `aclose` may be called twice, and on a provider that did nothing.""",
)
def nothing_is_left(subject: Subject) -> Iterator[str]:
    yield from subject.run(_closed_unused(subject))
    if not subject.has_bench:
        return
    before, children = set(threading.enumerate()), set(multiprocessing.active_children())
    with warnings.catch_warnings(record=True) as caught, _started() as processes, _scratch() as files:
        warnings.simplefilter("always")
        tasks = subject.run(_worked(subject))
        gc.collect()
    processes += [one for one in multiprocessing.active_children() if one not in children]
    leaks = [one for one in caught if issubclass(one.category, ResourceWarning)]
    threads = [
        one.name for one in threading.enumerate() if one not in before and one.is_alive() and not _is_shared(one)
    ]
    if threads:
        yield f"the threads {', '.join(threads)} are left"
    if tasks:
        yield f"{tasks} tasks are left"
    if processes:
        yield f"{len(processes)} processes are left"
    if files:
        yield f"{len(files)} temporary files are left"
    if leaks:
        yield f"something was not closed: {leaks[0].message}"


async def _closed_unused(subject: Subject) -> list[str]:
    provider = subject.provider()
    try:
        await provider.aclose()
        await provider.aclose()
    except Exception as error:
        return [f"aclose of a provider that did nothing raises {raised(error)}"]
    return []


async def _worked(subject: Subject) -> int:
    """How many tasks are left after one job."""
    bench = subject.bench
    before = asyncio.all_tasks()
    async with bench.session() as session:
        for service in [one for one in subject.services if "inline" in one.audio][:1]:
            await finished(session, await session.submit(bench.audio(PLAIN), service=service.name))
    if subject.overrides("dialect"):
        for service in [one for one in subject.services if "stream" in one.audio][:1]:
            await bench.streamed(service)
    await asyncio.sleep(0)
    return len([one for one in asyncio.all_tasks() - before if not one.done()])


@contextmanager
def _started() -> Iterator[list[Any]]:
    """Fills the list, at its end, with the processes that were started inside and still run."""
    seen: list[subprocess.Popen[Any]] = []
    running: list[Any] = []
    begin = subprocess.Popen.__init__

    def noted(self: Any, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        seen.append(self)

    subprocess.Popen.__init__ = noted  # type: ignore[method-assign]
    try:
        yield running
    finally:
        subprocess.Popen.__init__ = begin  # type: ignore[method-assign]
        running += [one for one in seen if one.poll() is None]


@contextmanager
def _scratch() -> Iterator[list[str]]:
    """Fills the list, at its end, with the temporary files that were made inside and are still there."""
    left: list[str] = []
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as place:
        tempfile.tempdir = place
        try:
            yield left
        finally:
            tempfile.tempdir = usual
            left += os.listdir(place)


async def _crowd(subject: Subject, service: Service, lengths: tuple[int, ...]) -> list[Any]:
    """The texts, or errors, of jobs of which none is asked about before all are handed over."""
    async with subject.bench.session() as session:

        async def submitted(seconds: int) -> Job:
            return await session.submit(subject.bench.audio(seconds), service=service.name)

        async def text(job: Job | BaseException) -> str:
            if isinstance(job, BaseException):
                raise job
            return (await session.result(await finished(session, job))).text

        jobs = await asyncio.gather(*map(submitted, lengths), return_exceptions=True)
        return list(await asyncio.gather(*map(text, jobs), return_exceptions=True))


def _belongs(subject: Subject, text: str, seconds: int) -> bool:
    if subject.bench.emulator is not None:
        return squeezed(text) == squeezed(said(seconds).text)
    return bool(text.strip()) is bool(subject.bench.expected(seconds).strip())


def _is_shared(thread: threading.Thread) -> bool:
    """Whether it is one of Python's own helpers, which end with the loop or the process."""
    return thread.name.startswith(("asyncio_", "pydevd"))
