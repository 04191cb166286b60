"""Where each transcript goes, decided for all inputs before the first one is heard."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from ..errors import OutputError
from ..export import Exporter
from ._files import check_writable
from ._inputs import Input

__all__ = ["choose_format", "targets_of"]


def choose_format(format: str | None, output: str | None, known: Mapping[str, Exporter]) -> Exporter:
    """The format asked for, else the one that the output file's suffix names, else txt. Raises click.UsageError."""
    if format is not None:
        if format not in known:
            raise click.UsageError(f"There is no format {format!r}; use one of: {', '.join(known)}.")
        return known[format]
    suffix = Path(output).suffix.lower() if output and not _means_folder(output) else ""
    if not suffix:
        return known["txt"]
    found = next((exporter for exporter in known.values() if exporter.suffix == suffix), None)
    if found is None:
        raise click.UsageError(f"No format has the suffix {suffix!r}; say --format, one of: {', '.join(known)}.")
    return found


def targets_of(inputs: Sequence[Input], output: str | None, suffix: str) -> list[Path | None]:
    """One file per input, or None for standard output.

    Several inputs need a folder, which is made if it is missing. Raises click.UsageError where two inputs would
    share a file or an input would be overwritten, OutputError where the place cannot be written to.
    """
    if output is None or output == "-":
        return [None] * len(inputs)
    folder = len(inputs) > 1 or _means_folder(output)
    files = [Path(output, one.stem + suffix) if folder else Path(output) for one in inputs]
    if folder and Path(output).exists() and not Path(output).is_dir():
        raise click.UsageError(f"{output} is a file, and {len(inputs)} results need a folder.")
    _refuse_shared(inputs, files)
    _refuse_own_inputs(inputs, files)
    _ready(Path(output) if folder else Path(output).parent, make=folder)
    return list(files)


def _means_folder(output: str) -> bool:
    separators = tuple(part for part in (os.sep, os.altsep) if part)
    if not output:
        raise click.UsageError("--output is empty; name a file or a folder.")
    return output.endswith(separators) or Path(output).is_dir()


def _refuse_shared(inputs: Sequence[Input], files: Sequence[Path]) -> None:
    # Compared without case: on some file systems `A.txt` is `a.txt`.
    first: dict[str, Input] = {}
    for one, file in zip(inputs, files, strict=True):
        other = first.setdefault(str(file).casefold(), one)
        if other is not one:
            raise click.UsageError(
                f"{other.name} and {one.name} would both be written to {file}; transcribe them one by one."
            )


def _refuse_own_inputs(inputs: Iterable[Input], files: Iterable[Path]) -> None:
    heard = {one.path.resolve(): one for one in inputs if one.path is not None}
    for file in files:
        if file.resolve() in heard or _is_standard_input(file):
            raise click.UsageError(f"{file} is an input and would be overwritten; give another --output.")


def _is_standard_input(file: Path) -> bool:
    """Whether a shell reads this very file into the command (`- < file`)."""
    try:
        return os.path.samestat(os.fstat(0), file.stat())
    except OSError:
        return False


def _ready(folder: Path, *, make: bool) -> None:
    if make:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(
                f"The folder {folder} could not be made: {reason}", action="Give another --output."
            ) from error
    check_writable(folder)
