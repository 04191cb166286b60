"""The work behind `transcribe`: all recordings at once as far as processors allow, results in order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from .. import connect
from .._plugins import Plugins
from .._workers import cpu_count
from ..config import Config, load_config
from ..errors import Accepted, BadAudioError, OutputError
from ..export import Exporter, exporters, losses
from ..jobs import Job, JobStatus
from ..models import Transcript
from ..request import TranscriptionRequest
from ..session import AsyncSession
from ._edits import Edits
from ._files import is_full
from ._inputs import Input, inputs_of, received
from ._keeping import keep
from ._output import require_output
from ._progress import Bars, bars_for
from ._rescue import rescue
from ._scratch import scratch_folder
from ._signals import run
from ._state import State
from ._targets import choose_format, is_folder, targets_of
from ._telling import LOOK_FIRST, Outcome, Telling, tell_again

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
    edits: Edits

    @property
    def chose_format(self) -> bool:
        """Whether somebody asked for this format, and does not just look at the text."""
        return self.format is not None or self.output is not None


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything decided before the first recording is heard.

    Two sets grow: whose job the vendor has taken, and of whose nobody knows whether it was taken.
    """

    inputs: Sequence[Input]
    targets: Sequence[Path | None]
    exporter: Exporter
    wish: Wish
    state: State
    handed_over: set[int] = field(default_factory=set)
    uncertain: set[int] = field(default_factory=set)

    def accepted(self, number: int) -> Accepted:
        """Whether the vendor has taken this recording, and so perhaps bills it."""
        if number in self.handed_over:
            return "yes"
        return "unknown" if number in self.uncertain else "no"


def transcribe_all(wish: Wish, state: State) -> int:
    """Does what the wish asks and gives the exit code: that of the first failure in the order of the inputs."""
    state.kept = lambda: "Nothing was submitted."
    inputs = inputs_of(wish.files)
    folder = is_folder(wish.output, len(inputs))
    exporter = choose_format(wish.format, None if folder else wish.output, exporters(Plugins().exporters()))
    exporter = wish.edits.exporter(exporter)
    _refuse_mixture(wish, len(inputs), exporter, state)
    config = load_config(wish.config)
    profile = config.profile(wish.profile)
    # What is wrong with the options is wrong for every input: it is told once.
    TranscriptionRequest.of(b"", defaults=profile.request, **wish.options)
    with targets_of(inputs, wish.output, exporter.suffix, folder=folder) as targets, scratch_folder():
        tell_again(inputs, state)
        heard = [received(one) for one in inputs]
        work = _Work(heard, targets, exporter, wish, state)
        with bars_for(len(inputs), wanted=not (state.json or state.verbose)) as bars:
            return run(lambda: _transcribed(work, profile.name, config, bars), state)


def _refuse_mixture(wish: Wish, count: int, exporter: Exporter, state: State) -> None:
    if state.json:
        require_output()
    if wish.output not in (None, "-"):
        return
    if state.json and wish.format not in (None, "json"):
        raise click.UsageError(f"--json prints transcripts as JSON; give --output to keep them as {wish.format}.")
    if count > 1 and not state.json and exporter.name != "txt":
        raise click.UsageError(
            f"{count} results in {exporter.name} cannot share standard output; give a folder with --output."
        )


async def _transcribed(work: _Work, profile: str, config: Config, bars: Bars) -> int:
    async with connect(profile, config=config) as session:
        gate = asyncio.Semaphore(cpu_count())
        tasks = [asyncio.create_task(_one(session, work, number, bars, gate)) for number in range(len(work.inputs))]
        work.state.kept = lambda: _so_far(work, tasks)
        told_in_log = session.profile.on_unsupported == "warn"
        telling = Telling(work.inputs, work.targets, work.exporter, work.state, bars, told_in_log=told_in_log)
        try:
            await _told(telling, tasks)
        except asyncio.CancelledError:
            await _stop(tasks)
            telling.rest([_finished(task) for task in tasks], work.accepted)
            raise
        finally:
            await _stop(tasks)
        return telling.end()


async def _one(session: AsyncSession, work: _Work, number: int, bars: Bars, gate: asyncio.Semaphore) -> Outcome:
    """One recording, heard and kept; whatever goes wrong with it is its own outcome."""
    wanted = work.inputs[number]
    async with gate:
        try:
            _refuse_folder(wanted)
            with bars.one(wanted.shown) as bar:

                def changed(job: Job) -> None:
                    if job.reference is not None:
                        work.handed_over.add(number)
                    elif job.status is JobStatus.UNCERTAIN:
                        work.uncertain.add(number)
                    bar(job)

                transcript = await session.transcribe(wanted.source, on_change=changed, **work.wish.options)
            return await _to_the_end(asyncio.create_task(asyncio.to_thread(_kept, transcript, work, number)))
        except Exception as error:
            return Outcome(error)


def _refuse_folder(wanted: Input) -> None:
    if wanted.path is not None and os.path.isdir(wanted.path):
        pattern = os.path.join(wanted.name, "*.wav")
        raise BadAudioError(
            f"{wanted.name} is a folder, not a recording",
            action=f"Name the recordings in it, for example as '{pattern}'.",
        )


async def _to_the_end(keeping: asyncio.Task[Outcome]) -> Outcome:
    # What has been heard, and perhaps paid for, is kept also when the run is stopped in this very moment.
    try:
        return await asyncio.shield(keeping)
    except asyncio.CancelledError:
        return await keeping


def _kept(transcript: Transcript, work: _Work, number: int) -> Outcome:
    target = work.targets[number]
    aside = work.wish.edits.strange(transcript)
    transcript = work.wish.edits.done(transcript)
    lost = losses(transcript, work.exporter) if work.wish.chose_format else ()
    outcome = Outcome(notices=transcript.notices, silent=not transcript.segments, lost=lost, aside=aside)
    try:
        return keep(outcome, transcript, exporter=work.exporter, target=target, state=work.state)
    except OutputError:
        raise
    except Exception as error:
        kept = rescue(transcript, error, target=target, stem=work.inputs[number].stem)
        return Outcome(error, aside=kept)


async def _told(telling: Telling, tasks: Sequence[asyncio.Task[Outcome]]) -> None:
    """Tells every outcome in the order of the inputs, as soon as its turn has come."""
    full = False
    for task in tasks:
        # Shielded, because a task that keeps its result would swallow the cancel that was meant for this one.
        outcome = Outcome(_not_heard()) if full else await asyncio.shield(task)
        # A full disk would cost every further recording its result, and perhaps its price.
        full = full or is_full(outcome.error)
        telling.next(outcome)


async def _stop(tasks: Sequence[asyncio.Task[Outcome]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _finished(task: asyncio.Task[Outcome]) -> Outcome | None:
    return task.result() if task.done() and not task.cancelled() else None


def _so_far(work: _Work, tasks: Sequence[asyncio.Task[Outcome]]) -> str:
    """What is done, for somebody who stopped the run."""
    outcomes = [_finished(task) for task in tasks]
    done = sum(outcome is not None and outcome.error is None for outcome in outcomes)
    told = f"{done} of {len(tasks)} recordings {'is' if done == 1 else 'are'} done"
    if len(tasks) == 1:
        told = f"{work.inputs[0].shown} is {'done' if done else 'not transcribed'}"
    if any(work.targets):
        told += "; nothing half-written was left"
    accepted = [work.accepted(number) for number, outcome in enumerate(outcomes) if outcome is None]
    return f"{told}.{_billed(accepted, alone=len(tasks) == 1)}"


def _billed(accepted: Sequence[Accepted], *, alone: bool) -> str:
    """What recordings without a result may cost, and what to do about those of which nobody knows."""
    taken, unknown = accepted.count("yes"), accepted.count("unknown")
    told = f" {'It' if alone else f'{taken} more'} had been handed over already and may be billed." if taken else ""
    if unknown:
        told += f" {'It' if alone else f'{unknown} more'} may have been handed over and billed. {LOOK_FIRST}"
    return told


def _not_heard() -> OutputError:
    return OutputError("Not transcribed, because results could not be kept", action="Make room and run again.")
