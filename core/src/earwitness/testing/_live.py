"""Where a provider works for real: in sessions, against its emulator or with its own settings."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys
import threading
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._plugins import Plugins
from ..capabilities import Service
from ..config import Profile
from ..errors import EarwitnessError
from ..jobs import Job
from ..models import Transcript
from ..request import AudioSource, BytesAudio, FileAudio, RequestOptions, UrlAudio
from ..session import AsyncSession
from ..streaming import StreamEvent
from ._clause import Unsupported, raised
from ._playing import Conversation, Dialogue, watched
from ._speech import PLAIN, RATE, SILENT, KitHearing, audio, said, samples

if TYPE_CHECKING:
    from ..emulation import Emulator
    from ._subject import Subject

__all__ = ["Bench", "Run", "bench_of", "finished", "logged"]

_ASK_EVERY_S = 0.02
_PATIENCE_S = 60.0
_EMULATOR_FAULT = re.compile(r"^earwitness\.emulation\S* (the \S+ emulator failed.*)$", re.MULTILINE)


@dataclass
class Run:
    """One job or stream, whatever became of it. `log` is everything that was logged meanwhile, at any level."""

    transcript: Transcript | None = None
    job: Job | None = None
    error: BaseException | None = None
    events: list[StreamEvent] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    dialogues: list[Dialogue] = field(default_factory=list)
    secrets: tuple[str, ...] = ()
    log: str = ""

    @property
    def failure(self) -> str:
        """Why there is no transcript, with what broke in the emulator meanwhile."""
        faults = dict.fromkeys(_EMULATOR_FAULT.findall(self.log))
        if isinstance(self.error, TimeoutError):
            return "; ".join([f"not done within {_PATIENCE_S:g} s", *faults])
        why = str(self.error) if isinstance(self.error, EarwitnessError) else raised(self.error) if self.error else "?"
        return "; ".join([why.rstrip("."), *faults]) if faults else why


class Bench:
    """Opens sessions that work: with the settings of the emulator's ready profile, or with the declared ones."""

    def __init__(self, subject: Subject, emulator: Emulator[Any] | None, hearing: KitHearing) -> None:
        self.subject, self.emulator, self.hearing = subject, emulator, hearing

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a profile that reaches the emulator."""
        if self.emulator is None:
            return dict(self.subject.contract.settings)
        file = tomllib.loads(self.emulator.facts()["profile_toml"])
        (table,) = file["profiles"].values()
        return dict(table.get("settings", {}))

    def expected(self, seconds: int) -> str:
        """What will be heard in the recording of this length."""
        sample = self.subject.contract.sample
        if self.emulator is None and sample is not None:
            return sample.text if seconds == PLAIN else ""
        return said(seconds).text

    def audio(self, seconds: int) -> AudioSource:
        """The recording of this length; without an emulator the author's sample stands for speech."""
        sample = self.subject.contract.sample
        if self.emulator is None and sample is not None and seconds == PLAIN:
            return FileAudio(sample.path)
        if self.emulator is None and seconds != SILENT:
            raise Unsupported("there is no emulator that would hear this")
        return audio(seconds, name="silence.wav" if seconds == SILENT else "speech.wav")

    @asynccontextmanager
    async def session(self, run: Run | None = None) -> AsyncIterator[AsyncSession]:
        """A session whose conversations and dialogues go into `run`."""
        run = run or Run()
        kind = watched(self.subject.kind, run.conversations, run.dialogues)
        profile = Profile("contract", kind.name, self.settings, RequestOptions(**self.subject.contract.request))
        async with AsyncSession(kind, profile, Plugins(()), version="0") as session:
            run.secrets = tuple(session._provider.secrets())
            yield session

    def run(self, service: Service, *, seconds: int = PLAIN, by_url: bool = False, **options: Any) -> Run:
        """One job, or one stream where the service takes nothing but live audio."""
        run, live = Run(), service.audio == ("stream",)
        options = {"service": service.name, **options}
        work = self._stream if live else self._job
        with logged() as log, ExitStack() as stack:
            try:
                source: Any = seconds if live else self._source(service, seconds, stack, by_url=by_url)
                self.subject.run(work(run, source, options))
            except Unsupported:
                raise
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                run.error = error
        run.log = log.getvalue()
        return run

    def stream(self, service: Service, *, seconds: int = PLAIN) -> Run:
        """One stream, also of a service that takes recordings too."""
        run = Run()
        try:
            self.subject.run(self._stream(run, seconds, {"service": service.name}))
        except Exception as error:
            run.error = error
        return run

    async def streamed(self, service: Service) -> None:
        """One stream in a session of its own, in the loop that runs. Raises what it raises."""
        await self._stream(Run(), PLAIN, {"service": service.name})

    def _source(self, service: Service, seconds: int, stack: ExitStack, *, by_url: bool) -> AudioSource:
        given = self.audio(seconds)
        if "inline" in service.audio and not by_url:
            return given
        if "url" in service.audio and isinstance(given, BytesAudio):
            return UrlAudio(stack.enter_context(_serving(given.data)))
        raise Unsupported(f"{service.name} takes audio only from the vendor's store")

    async def _job(self, run: Run, source: AudioSource, options: dict[str, Any]) -> None:
        async with self.session(run) as session:
            run.job = await finished(session, await session.submit(source, **options))
            run.transcript = await session.result(run.job)

    async def _stream(self, run: Run, seconds: int, options: dict[str, Any]) -> None:
        self.hearing.live = seconds
        async with (
            self.session(run) as session,
            session.stream(self._live(seconds), sample_rate=RATE, **options) as stream,
        ):
            async for event in stream:
                run.events.append(event)
            run.transcript = stream.transcript()

    def _live(self, seconds: int) -> Any:
        sample = self.subject.contract.sample
        if self.emulator is None and sample is not None and seconds == PLAIN:
            return _pcm(sample.path)
        pcm = bytes(seconds * RATE * 2) if seconds == SILENT else samples(seconds)
        return [pcm[at : at + 6400] for at in range(0, len(pcm), 6400)]


async def finished(session: AsyncSession, job: Job) -> Job:
    """The job when nothing more will happen; it is asked about often, because emulators are fast."""
    async with asyncio.timeout(_PATIENCE_S):
        while not job.status.finished and job.status != "uncertain":
            with _retried():
                job = await session.refresh(job)
            if not job.status.finished:
                await asyncio.sleep(_ASK_EVERY_S)
    return job


@contextmanager
def _retried() -> Iterator[None]:
    """Inside it, an error that invites another try is passed over."""
    try:
        yield
    except EarwitnessError as error:
        if not error.retryable:
            raise


def bench_of(subject: Subject, stack: ExitStack) -> Bench | None:
    """The bench of this provider, its emulator running until the stack is closed; None where there can be none."""
    hearing = KitHearing()
    if subject.contract.emulator is None:
        return Bench(subject, None, hearing) if subject.contract.sample is not None else None
    from ..emulation import EmulatorOptions, running

    module, _, name = subject.contract.emulator.partition(":")
    create = getattr(import_module(module), name or "create")
    emulator: Emulator[Any] = create(EmulatorOptions(switches=dict(subject.contract.switches), hearing=hearing))
    return Bench(subject, stack.enter_context(running(emulator)), hearing)


@contextmanager
def _serving(data: bytes) -> Iterator[str]:
    """The address of a server on this machine that gives these bytes to whoever asks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, data))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/speech.wav"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, data: bytes, *rest: Any) -> None:
        self._data = data
        super().__init__(*rest)

    def do_HEAD(self) -> None:
        self.send_response_only(200)
        self.send_header("content-type", "audio/wav")
        self.send_header("content-length", str(len(self._data)))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self._data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _pcm(path: Any) -> list[bytes]:
    from ..media import open_media, pcm

    with open_media(FileAudio(path)) as media:
        return list(pcm(media, sample_rate=RATE))


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged or printed inside, as text; what is printed is shown afterwards."""
    text, root = io.StringIO(), logging.getLogger()
    printed, handler, level = io.StringIO(), logging.StreamHandler(text), root.level
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        text.write(printed.getvalue())
        sys.stdout.write(printed.getvalue())
