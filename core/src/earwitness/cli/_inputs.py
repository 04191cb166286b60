"""What to transcribe: files, patterns, web addresses and standard input, each with a name to show."""

from __future__ import annotations

import glob
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import click

from ..errors import BadAudioError
from ._output import watched

__all__ = ["Input", "inputs_of"]

_IN_MEMORY = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to transcribe. `name` is safe to show; `stem` names its output; `path` is set for a file."""

    name: str
    stem: str
    source: object
    path: Path | None = None


def inputs_of(given: Iterable[str]) -> list[Input]:
    """The inputs in the order given, each once; a pattern stands for its files in order of name.

    Raises BadAudioError for a pattern that nothing matches. A missing file is not noticed here.
    """
    names = dict.fromkeys(name for one in given for name in _expanded(one))
    return [_input(name) for name in names]


def _expanded(name: str) -> list[str]:
    # Shells without patterns (Windows) hand them to us; a file that really has such a name comes first.
    if name == "-" or _is_url(name) or not glob.has_magic(name) or Path(name).exists():
        return [name]
    found = sorted(path for path in glob.glob(name, recursive=True) if Path(path).is_file())
    if not found:
        raise BadAudioError(f"No file matches {name!r}", action="Check the pattern and the folder you are in.")
    return found


def _input(name: str) -> Input:
    if name == "-":
        return Input("standard input", "stdin", _standard_input())
    if _is_url(name):
        parts = urlsplit(name)
        last = PurePosixPath(parts.path).name
        # A web address may be signed: its query, and all but the last part of its path, are not shown.
        shown = f"{parts.hostname}/…/{last}" if last else str(parts.hostname)
        return Input(shown, PurePosixPath(last).stem or "url", name)
    path = Path(name)
    return Input(name, path.stem, path, path)


def _is_url(name: str) -> bool:
    return re.match(r"https?://", name, re.IGNORECASE) is not None


def _standard_input() -> object:
    """Everything on standard input, kept in an unnamed file of our own once it is large.

    It is read here and not by a session's thread, which nothing could interrupt while it waits.
    """
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed; pipe audio into the command or name a file.")
    if watched(sys.stdin):
        raise click.UsageError("Standard input is a terminal; pipe audio into the command or name a file.")
    import tempfile

    # Nobody closes it before the process ends: the session reads it when its turn has come.
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.seek(0)
    return kept
