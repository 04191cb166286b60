"""What to transcribe: files, patterns, web addresses and standard input, each with a name to show."""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import click

from ..errors import BadAudioError
from ._output import on_one_line, watched

__all__ = ["Input", "identity", "inputs_of", "is_url", "received", "require_piped"]

_IN_MEMORY = 16 * 1024 * 1024
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
"""What no file system, or not every one, takes in a file's name."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to transcribe. `stem` names its output; `path` is set for a file, and `file` tells which one it is.

    `name` holds no secret but may hold any character; `shown` is the same, harmless to print. `again` are the other
    names under which the same file was given.
    """

    name: str
    stem: str
    source: object = None
    path: Path | None = None
    file: object = None
    again: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        return on_one_line(self.name)


def inputs_of(given: Iterable[str]) -> list[Input]:
    """The inputs in the order given, each once; a pattern stands for its files in order of name.

    Nothing is read yet. Raises click.UsageError for an empty name and for a standard input that nothing is piped into,
    BadAudioError for a pattern that nothing matches. A missing file is not noticed here.
    """
    first: dict[object, Input] = {}
    for name in (name for one in given for name in _expanded(one)):
        found = _input(name)
        key = name if found.path is None else found.file or os.path.abspath(name)
        same = first.setdefault(key, found)
        if same is not found:
            first[key] = replace(same, again=(*same.again, found.name))
    return list(first.values())


def identity(path: Path) -> object:
    """What all names of one file share, also behind links: its place on the disk. None for no file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def is_url(name: str) -> bool:
    """Whether this is a web address or something that only looks like one, and no file's name."""
    # Any scheme: those that are not taken are refused by the session, in words.
    return re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE) is not None


def received(one: Input) -> Input:
    """The same input; standard input has been read to its end by now, into an unnamed file once it is large.

    It is read here and not by a session's thread, which nothing could interrupt while it waits.
    """
    if one.source is not None:
        return one
    import tempfile

    # Nobody closes it before the process ends: the session reads it when its turn has come.
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.seek(0)
    return replace(one, source=kept)


def require_piped(what: str) -> None:
    """Raises click.UsageError unless something can come from standard input."""
    if sys.stdin is None:
        raise click.UsageError(f"Standard input is closed; pipe {what} into the command or name a file.")
    if watched(sys.stdin):
        raise click.UsageError(f"Standard input is a terminal; pipe {what} into the command or name a file.")


def _expanded(name: str) -> list[str]:
    if not name.strip():
        raise click.UsageError("The name of a FILE is empty; perhaps a variable in a script is not set.")
    # Shells without patterns (Windows) hand them to us; a file that really has such a name comes first.
    if name == "-" or is_url(name) or not glob.has_magic(name) or os.path.exists(name):
        return [name]
    found = sorted(path for path in glob.glob(name, recursive=True) if os.path.isfile(path))
    if not found:
        raise BadAudioError(f"No file matches {name!r}", action="Check the pattern and the folder you are in.")
    return found


def _input(name: str) -> Input:
    if name == "-":
        require_piped("audio")
        return Input("standard input", "stdin")
    if is_url(name):
        return _from_web(name)
    path = Path(name)
    return Input(name, path.stem, path, path, identity(path))


def _from_web(address: str) -> Input:
    try:
        parts = urlsplit(address)
        last, host = PurePosixPath(parts.path).name, parts.hostname or "the web"
    except ValueError:
        raise click.UsageError("A FILE looks like a web address and is none; check it.") from None
    # A web address may be signed: its query, and all but the last part of its path, are not shown.
    stem = _UNFIT.sub("_", PurePosixPath(last).stem)
    return Input(f"{host}/…/{last}" if last else host, stem or "url", address)
