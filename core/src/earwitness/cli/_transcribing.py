"""The work behind `transcribe`: all recordings at once as far as processors allow, results in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from .. import connect
from .._plugins import Plugins
from .._workers import cpu_count
from ..errors import EarwitnessError, OutputError
from ..export import Exporter, exporters
from ..models import Notice, Transcript
from ..session import AsyncSession
from ._errors import describe, explain, explain_bug, note
from ._exit import BUG
from ._files import is_full, write_file
from ._inputs import Input, inputs_of
from ._output import say
from ._progress import Bars, bars_for
from ._state import State
from ._targets import choose_format, targets_of

__all__ = ["Wish", "transcribe_all"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks."""

    files: tuple[str, ...]
    profile: str | None
    config: str | None
    format: str | None
    output: str | None
    options: Mapping[str, Any]


@dataclass(slots=True)
class _Outcome:
    """What is still needed of one input's result: nothing of the transcript once it is in its file."""

    error: Exception | None = None
    text: str = field(default="", repr=False)
    document: Any = field(default=None, repr=False)
    notices: tuple[Notice, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything decided before the first recording is heard."""

    inputs: Sequence[Input]
    targets: Sequence[Path | None]
    exporter: Exporter
    options: Mapping[str, Any]
    state: State


def transcribe_all(wish: Wish, state: State) -> int:
    """Does what the wish asks and gives the exit code: that of the first failure in the order of the inputs."""
    exporter = choose_format(wish.format, wish.output, exporters(Plugins().exporters()))
    inputs = inputs_of(wish.files)
    _refuse_mixture(wish, len(inputs), exporter, state)
    work = _Work(inputs, targets_of(inputs, wish.output, exporter.suffix), exporter, wish.options, state)
    with bars_for(len(inputs), wanted=not (state.json or state.verbose)) as bars:
        return asyncio.run(_transcribed(work, wish, bars))


def _refuse_mixture(wish: Wish, count: int, exporter: Exporter, state: State) -> None:
    if wish.output not in (None, "-"):
        return
    if state.json and wish.format not in (None, "json"):
        raise click.UsageError(f"--json prints transcripts as JSON; give --output to keep them as {wish.format}.")
    if count > 1 and not state.json and exporter.name != "txt":
        raise click.UsageError(f"{count} results do not make one {exporter.name}; give a folder with --output.")


async def _transcribed(work: _Work, wish: Wish, bars: Bars) -> int:
    async with connect(wish.profile, config=wish.config) as session:
        gate = asyncio.Semaphore(cpu_count())
        tasks = [asyncio.create_task(_one(session, work, number, bars, gate)) for number in range(len(work.inputs))]
        try:
            return await _told(work, tasks, bars)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _one(session: AsyncSession, work: _Work, number: int, bars: Bars, gate: asyncio.Semaphore) -> _Outcome:
    """One recording, heard and kept; whatever goes wrong with it is its own outcome."""
    wanted = work.inputs[number]
    async with gate:
        try:
            with bars.one(wanted.name) as bar:
                transcript = await session.transcribe(wanted.source, on_change=bar, **work.options)
            return await asyncio.to_thread(_kept, transcript, work, work.targets[number])
        except Exception as error:
            return _Outcome(error)


def _kept(transcript: Transcript, work: _Work, target: Path | None) -> _Outcome:
    outcome = _Outcome(notices=transcript.notices, silent=not transcript.segments)
    if target is not None:
        write_file(target, work.exporter.write(transcript))
    elif work.state.json:
        outcome.document = json.loads(transcript.to_json())
    else:
        outcome.text = work.exporter.write(transcript)
    return outcome


async def _told(work: _Work, tasks: Sequence[asyncio.Task[_Outcome]], bars: Bars) -> int:
    """Tells every outcome in the order of the inputs, as soon as its turn has come, and gives the exit code."""
    code, full = 0, False
    documents = []
    for number, task in enumerate(tasks):
        outcome = _Outcome(_not_heard()) if full else await task
        # A full disk would cost every further recording its result, and perhaps its price.
        full = full or is_full(outcome.error)
        documents.append(_document(work, number, outcome))
        with bars.aside():
            told = _tell(work, number, outcome)
        code = code or told
    if work.state.json:
        say(json.dumps({"results": documents}, ensure_ascii=False, indent=2) + "\n")
    return code


def _tell(work: _Work, number: int, outcome: _Outcome) -> int:
    """Tells one outcome to people and gives its exit code."""
    name, state = work.inputs[number].name, work.state
    if isinstance(outcome.error, EarwitnessError):
        return explain(outcome.error, state, about=name)
    if outcome.error is not None:
        return explain_bug(outcome.error, state, about=name)
    for notice in outcome.notices:
        note(notice.message, state, about=name)
    if outcome.silent:
        note("no speech was heard.", state, about=name)
    if work.targets[number] is None and not state.json:
        say(_headed(name, outcome.text, number) if len(work.inputs) > 1 else outcome.text)
    return 0


def _headed(name: str, text: str, number: int) -> str:
    gap = "\n" if number else ""
    return f"{gap}==> {name} <==\n{text}"


def _document(work: _Work, number: int, outcome: _Outcome) -> dict[str, Any]:
    """One outcome for machines."""
    told: dict[str, Any] = {"input": work.inputs[number].name}
    target = work.targets[number]
    if isinstance(outcome.error, EarwitnessError):
        told["error"] = describe(outcome.error)
    elif outcome.error is not None:
        told["error"] = {"kind": "bug", "message": type(outcome.error).__name__, "exit_code": BUG}
    elif target is not None:
        told |= {"output": str(target), "format": work.exporter.name}
    else:
        told["transcript"] = outcome.document
    return told


def _not_heard() -> OutputError:
    return OutputError("Not transcribed, because results could not be kept", action="Make room and run again.")
