"""The work behind `convert`: file by file, from whatever it is to what is asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from .._plugins import Plugins
from ..editing import name_speakers, slice_time, without_text
from ..errors import EarwitnessError, InvalidRequestError, InvalidTranscriptError
from ..export import Exporter, exporters, losses
from ..models import Transcript
from ..reading import MAX_BYTES, read, readers, too_large
from ._edits import Edits
from ._inputs import Input, inputs_of
from ._keeping import keep
from ._progress import Bars, bars_for
from ._state import State
from ._targets import choose_format, is_folder, targets_of
from ._telling import Outcome, Telling

__all__ = ["Wish", "convert_all"]

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_ENDLESS_MS = 10**12


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks."""

    files: tuple[str, ...]
    source: str | None
    answer_of: str | None
    format: str | None
    output: str | None
    names: Mapping[str, str]
    times: tuple[str | None, str | None]
    no_text: bool = False


def convert_all(wish: Wish, state: State) -> int:
    """Does what the wish asks and gives the exit code: that of the first failure in the order of the inputs."""
    _refuse_unknown(wish)
    inputs = inputs_of(wish.files)
    folder = is_folder(wish.output, len(inputs))
    exporter = choose_format(wish.format, None if folder else wish.output, exporters(Plugins().exporters()))
    exporter = Edits(no_text=wish.no_text).exporter(exporter)
    with (
        targets_of(inputs, wish.output, exporter.suffix, folder=folder) as targets,
        bars_for(len(inputs), wanted=False) as bars,
    ):
        return _converted(wish, inputs, targets, exporter, state, bars)


def _refuse_unknown(wish: Wish) -> None:
    if wish.source is not None and wish.answer_of is not None:
        raise click.UsageError("--from and --answer-of exclude each other: a vendor's answer is no format of a file.")
    if wish.source is not None and wish.source not in readers():
        raise click.UsageError(f"The format {wish.source!r} cannot be read; use one of: {', '.join(readers())}.")


def _converted(
    wish: Wish,
    inputs: list[Input],
    targets: list[Path | None],
    exporter: Exporter,
    state: State,
    bars: Bars,
) -> int:
    telling = Telling(inputs, targets, exporter, state, bars, told_in_log=False)
    for one, target in zip(inputs, targets, strict=True):
        try:
            transcript = _edited(_read(one, wish), wish)
            transcript = without_text(transcript) if wish.no_text else transcript
            outcome = Outcome(notices=transcript.notices, lost=losses(transcript, exporter))
            telling.next(keep(outcome, transcript, exporter=exporter, target=target, state=state))
        except (EarwitnessError, OSError) as error:
            telling.next(Outcome(_told(error, one)))
    return telling.end()


def _read(one: Input, wish: Wish) -> Transcript:
    data = _content(one)
    if wish.answer_of is None:
        return read(data, format=wish.source, name=one.name)
    from .._facade import read_answer

    return read_answer(wish.answer_of, data)


def _content(one: Input) -> bytes:
    if isinstance(one.source, str):
        raise InvalidRequestError("A web address cannot be converted", action="Download the file first.")
    if one.path is None:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise too_large(None)
        return data
    if not one.path.is_file() and one.path.exists():
        raise InvalidTranscriptError(f"{one.name} is a folder or device", action="Name the files in it.")
    size = one.path.stat().st_size
    if size > MAX_BYTES:
        raise too_large(size)
    return one.path.read_bytes()


def _told(error: EarwitnessError | OSError, one: Input) -> EarwitnessError:
    if isinstance(error, EarwitnessError):
        return error
    reason = (error.strerror or type(error).__name__).lower()
    return InvalidTranscriptError(f"{one.name} cannot be read: {reason}", action="Check the name and its rights.")


def _edited(transcript: Transcript, wish: Wish) -> Transcript:
    if wish.names:
        transcript = name_speakers(transcript, wish.names)
    start, end = map(_ms, wish.times)
    if start is None and end is None:
        return transcript
    return slice_time(transcript, start or 0, _ENDLESS_MS if end is None else end)


def _ms(text: str | None) -> int | None:
    if text is None:
        return None
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise click.UsageError(f"{text!r} is no time; write seconds, M:SS or H:MM:SS.")
    hours, minutes, seconds = found.groups()
    return round((int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)) * 1000)
