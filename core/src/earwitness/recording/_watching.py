"""Looks on between one provider and core, and writes down what passes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from .._bugs import secrets_of
from ..engine import Engine
from ..errors import ClockSkewError, ConfigurationError, EarwitnessError, OutputError
from ..exchange import Auth, Exchange, HttpCall, HttpReply, StreamBody
from ..jobs import JobUpdate, VendorReference
from ..models import Transcript
from ..provider import Provider, Runtime, Submission
from ._veiling import Veil

__all__ = ["Step", "Watch", "variant"]

T = TypeVar("T")

_ACCOUNT = re.compile(r"appid|(?:.*_)?(?:id|account|user|tenant|project)")
_AUDIO = re.compile(r"audio/|video/|application/octet-stream")


class Step(NamedTuple):
    """One call, of whose body only the form is kept, and its reply."""

    call: HttpCall
    sent: Mapping[str, str | int]
    reply: HttpReply


class Watch:
    """Everything that passed, and what of it is secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.provider = "the provider"
        self._secrets = {*secrets}
        self._steps: list[Step] = []
        self._updates: list[JobUpdate] = []

    def watched(self, kind: type[Provider[Any]]) -> type[Provider[Any]]:
        """The provider's class, with what it does written down here."""
        self.provider = kind.name

        def at_work(provider: Any, settings: Any, runtime: Runtime) -> None:
            kind.__init__(provider, settings, _Noting(runtime, self._steps))
            self._secrets.update(secrets_of(provider), _accounts(settings))

        async def submit(provider: Any, submission: Submission) -> JobUpdate:
            attempt = submission.attempt
            self._secrets.update(filter(None, (attempt.callback_url, attempt.audio_url)))
            return self._told(await kind.submit(provider, submission))

        async def fetch(provider: Any, reference: VendorReference) -> JobUpdate:
            return self._told(await kind.fetch(provider, reference))

        return variant(kind, __init__=at_work, submit=submit, fetch=fetch)

    def keep(self, folder: Path, *, hide_text: bool) -> bool:
        """Writes the recording; False, and no folder, where there is none. Raises OutputError, ConfigurationError."""
        from ._writing import write

        if not self._steps:
            with suppress(OSError):
                folder.rmdir()
            return False
        try:
            write(folder, self.provider, self._steps, self._updates, veil=Veil(self._secrets), hide_text=hide_text)
        except OSError as error:
            raise OutputError(f"The recording cannot be written to {folder}: {error.strerror}") from None
        finally:
            with suppress(OSError):  # a folder that holds something stays
                folder.rmdir()
        return True

    def _told(self, update: JobUpdate) -> JobUpdate:
        if isinstance(update, JobUpdate):  # whatever else it is, core refuses it
            self._updates.append(update)
        return update


def variant(kind: type[Provider[Any]], **methods: Any) -> type[Provider[Any]]:
    """The provider's class with these methods in place of its own, and without live audio, which is not recorded."""

    def dialect(provider: Any, submission: Submission) -> Any:
        raise ConfigurationError(
            "Live audio is not recorded, and no recording plays it",
            action="Transcribe a recording, or use the provider's emulator.",
        )

    if kind.dialect is not Provider.dialect:
        methods["dialect"] = dialect
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, "__doc__": kind.__doc__, **methods})


class _Noting:
    """A runtime in front of the real one."""

    def __init__(self, runtime: Runtime, steps: list[Step]) -> None:
        self._runtime, self._steps = runtime, steps

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        return await self._runtime.converse(lambda: _noted(make_exchange(), self._steps), auth)

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        return await self._runtime.in_worker(engine, submission)


def _noted(exchange: Exchange[T], steps: list[Step]) -> Generator[HttpCall, HttpReply, T]:
    try:
        call = next(exchange)
        while True:
            try:
                reply = yield call
            except EarwitnessError as error:
                call = exchange.throw(error)
            else:
                steps.append(Step(call, _sent(call), reply))
                call = exchange.send(reply)
    except StopIteration as stop:
        result: T = stop.value
        return result
    except ClockSkewError:
        # It is about the clock of this machine; core corrects it, and the answer to the next try is the vendor's.
        del steps[-1:]
        raise
    finally:
        exchange.close()


def _sent(call: HttpCall) -> dict[str, str | int]:
    """Type and length of what was sent, and the hash where it is audio. A form has none: its boundary is drawn."""
    if not call.body:
        return {}
    blocks, length = (call.body, call.body.length) if isinstance(call.body, StreamBody) else (None, len(call.body))
    kind = next((value for name, value in call.headers.items() if name.lower() == "content-type"), "")
    told: dict[str, str | int] = {"content_type": kind.partition(";")[0].strip(), "length": length}
    if _AUDIO.match(kind):
        digest = hashlib.sha256()
        for block in blocks.open() if blocks else (call.body,):
            digest.update(block)  # type: ignore[arg-type]  # of a body that is no stream there is one block
        told["sha256"] = digest.hexdigest()
    return told


def _accounts(settings: BaseModel) -> Iterator[str]:
    """The settings whose names say that they are somebody's account."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, str | int) and _ACCOUNT.fullmatch(name):
            yield str(value)
