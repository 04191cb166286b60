"""Where each transcript goes, decided and tried for all inputs before the first one is heard."""

from __future__ import annotations

import errno
import os
import stat
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ..errors import OutputError
from ..export import Exporter
from ._files import check_writable
from ._inputs import Input, identity
from ._output import refused, require_output

__all__ = ["choose_format", "is_folder", "targets_of"]


def is_folder(output: str | None, count: int) -> bool:
    """Whether this many results go to a folder of this name.

    Raises click.UsageError where they need one and the name is, or looks like, a file's.
    """
    if output is None or output == "-":
        return False
    if not output.strip():
        raise click.UsageError("--output is empty; name a file or a folder.")
    if output.endswith(tuple(filter(None, (os.sep, os.altsep)))) or os.path.isdir(output):
        return True
    if count > 1 and os.path.exists(output):
        raise click.UsageError(f"{output} is a file, and {count} results need a folder.")
    if count > 1 and Path(output).suffix:
        raise click.UsageError(
            f"{output} is named like a file, and {count} results need a folder; "
            f"if it shall be one, write it as {output}{os.sep} or without a suffix."
        )
    return count > 1


def choose_format(format: str | None, file: str | None, known: Mapping[str, Exporter]) -> Exporter:
    """The format asked for, else the one that the output file's suffix names, else txt.

    Raises click.UsageError for a format or suffix that nobody knows, and where the two contradict each other.
    """
    if format is not None and format not in known:
        raise click.UsageError(f"There is no format {format!r}; use one of: {', '.join(known)}.")
    suffix = Path(file).suffix.lower() if file and file != "-" else ""
    fitting = [name for name, one in known.items() if suffix and str(file).lower().endswith(one.suffix.lower())]
    # `.words.vtt` is more than `.vtt`.
    named = sorted(fitting, key=lambda name: -len(known[name].suffix))[:1]
    if format is not None:
        if named and format not in named:
            raise click.UsageError(
                f"The name {file} asks for {named[0]} and --format for {format}; leave one out or change it."
            )
        return known[format]
    if suffix and not named:
        raise click.UsageError(f"No format has the suffix {suffix!r}; say --format, one of: {', '.join(known)}.")
    return known[named[0] if named else "txt"]


@contextmanager
def targets_of(
    inputs: Sequence[Input], output: str | None, suffix: str, *, folder: bool
) -> Iterator[list[Path | None]]:
    """One file per input, or None for standard output, each tried without leaving a trace.

    A missing `folder` is made, and removed at the end if it is still empty. Raises click.UsageError where two inputs
    would share a file or an input would be overwritten, OutputError where a place cannot be written to.
    """
    if output is None or output == "-":
        require_output()
        yield [None] * len(inputs)
        return
    files = [Path(output, one.stem + suffix) if folder else Path(output) for one in inputs]
    _refuse_shared(inputs, files)
    _refuse_own_inputs(inputs, files)
    made = _Folder(Path(output)) if folder else None
    try:
        for place in dict.fromkeys(map(_needed, files)):
            if place is not None:
                check_writable(place)
        yield list(files)
    finally:
        if made is not None:
            made.leave()


def _refuse_shared(inputs: Sequence[Input], files: Sequence[Path]) -> None:
    first: dict[str, Input] = {}
    for one, file in zip(inputs, files, strict=True):
        other = first.setdefault(_place(file), one)
        if other is not one:
            raise click.UsageError(
                f"{other.name} and {one.name} would both be written to {file}; transcribe them one by one."
            )


def _place(file: Path) -> str:
    """One text for all names of this file; on some file systems case or the form of accents does not count."""
    from unicodedata import normalize

    with suppress(OSError, RuntimeError):  # links that lead in a circle
        file = file.resolve()
    return normalize("NFC", str(file)).casefold()


def _refuse_own_inputs(inputs: Iterable[Input], files: Iterable[Path]) -> None:
    heard = {one.file for one in inputs if one.file is not None} | _piped_in()
    for file in files:
        if identity(file) in heard:
            raise click.UsageError(f"{file} is an input and would be overwritten; give another --output.")


def _piped_in() -> set[object]:
    """The file that a shell reads into the command (`- < file`), if it is one."""
    try:
        found = os.fstat(0)
    except OSError:
        return set()
    return {(found.st_dev, found.st_ino)} if stat.S_ISREG(found.st_mode) else set()


class _Folder:
    """A folder that is there from now on; those that had to be made for it and are empty go with `leave`."""

    def __init__(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not os.path.exists(place)]
        # Also when the run is ended at once, which no context manager sees.
        self.leave = weakref.finalize(self, _remove_empty, missing)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.leave()
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(
                f"The folder {folder} could not be made: {reason}", action="Give another --output."
            ) from error


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _needed(file: Path) -> Path | None:
    """The folder in which a new file has to be made for this one to be written, None for a pipe or device.

    Raises OutputError where no file can stand.
    """
    mode = _mode(file)
    if stat.S_ISDIR(mode):
        raise OutputError(f"{file} is a folder, where a result should be", action="Remove it or give another --output.")
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        raise OutputError(f"{file} is a device or socket that takes no text", action="Give another --output.")
    if not stat.S_ISREG(mode):
        if not os.access(file, os.W_OK):
            raise refused(str(file), PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        return None
    folder = file.resolve().parent
    if not folder.exists():
        raise OutputError(f"There is no folder {folder} for {file.name}", action="Make it or give another --output.")
    return folder


def _mode(file: Path) -> int:
    """What stands at this place; nothing counts as the file that will."""
    try:
        return file.stat().st_mode
    except FileNotFoundError:
        return stat.S_IFREG
    except OSError as error:
        raise refused(str(file), error) from error
