"""What has been heard, and perhaps paid for, is kept as JSON where the format asked for cannot hold it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from ..errors import EarwitnessError, OutputError
from ..models import Transcript
from ._files import write_file
from ._output import on_one_line, refused

__all__ = ["rescue"]


def rescue(transcript: Transcript, error: Exception, *, target: Path | None, stem: str) -> str:
    """Keeps the transcript in a new file of its owner's, and says where, also in an error of ours.

    The file stands beside `target`, or in the current folder for standard output and what is no ordinary file. It has
    the suffix `.json` and a name that nothing has yet.
    """
    beside = target is not None and (target.is_file() or not target.exists())
    wanted = target.with_suffix(".json") if target is not None and beside else Path(f"{stem}.json")
    try:
        kept = _new_file(wanted, transcript.to_json().decode())
    except OutputError as lost:
        told = f"What was heard is lost: {lost.message}."
    else:
        told = f"What was heard is kept in {on_one_line(str(kept))}; earwitness convert reads it."
        if isinstance(error, EarwitnessError):
            error.replaced(kept=str(kept))
    if isinstance(error, EarwitnessError):
        error.replaced(action=f"{error.action or ''} {told}".strip())
    return told


def _new_file(wanted: Path, text: str) -> Path:
    for path in _names(wanted):
        try:
            # Who makes the file has the name for itself, whatever else runs.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        except OSError as error:
            raise refused(str(path), error) from error
        try:
            write_file(path, text)
        except OutputError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in count(2):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
