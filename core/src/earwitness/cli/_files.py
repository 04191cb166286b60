"""Files that appear whole or not at all, and that only their owner can read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .._drafts import replace_file
from ..errors import OutputError
from ._output import FULL, refused

__all__ = ["check_writable", "is_full", "write_file"]


def write_file(path: Path, text: str) -> None:
    """Puts the text in UTF-8 at `path`, whole or not at all, readable by the owner only. Raises OutputError.

    What was there before is replaced at the last moment; a device or pipe is written to directly.
    """
    try:
        # Of a pipe behind /dev/stdout the resolved name leads nowhere.
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            replace_file(path.resolve(), text.encode())
    except OSError as error:
        raise refused(str(path), error) from error


def check_writable(folder: Path) -> None:
    """Raises OutputError unless files can be made in this folder: better known before anything is paid for."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise refused(str(folder), error) from error


def is_full(error: BaseException | None) -> bool:
    """Whether a result could not be kept because there is no room."""
    cause = error.__cause__ if isinstance(error, OutputError) else None
    return isinstance(cause, OSError) and cause.errno in FULL
