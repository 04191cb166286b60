"""Files that are put in their place whole or not at all, and that only their owner can read."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

__all__ = ["Draft", "add_file", "replace_file"]


def replace_file(target: Path, data: bytes) -> None:
    """Puts the data at `target`; what was there is replaced at the last moment. Raises OSError."""
    draft = Draft(target.parent)
    try:
        draft.write(data)
        os.replace(draft.name, target)
    finally:
        draft.discard()


def add_file(target: Path, data: bytes) -> bool:
    """Puts the data at `target` unless something is there already; says whether it did. Raises OSError."""
    draft = Draft(target.parent)
    try:
        draft.write(data)
        return _linked(draft.name, target)
    finally:
        draft.discard()


class Draft:
    """A file under a name of its own until it is whole; gone at the latest when the process ends in any orderly way."""

    def __init__(self, folder: Path) -> None:
        # mkstemp makes the file readable by its owner only; the same folder, so that the move is one step.
        self.handle, self.name = tempfile.mkstemp(prefix=".earwitness-", suffix=".tmp", dir=folder)
        self.discard = weakref.finalize(self, _unlink, self.name)

    def write(self, data: bytes) -> None:
        """Writes the whole of it, down to the disk. Raises OSError."""
        with os.fdopen(self.handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _linked(name: str, target: Path) -> bool:
    """Gives the file a second name that nothing had before; without links, in two steps that could be parted."""
    try:
        os.link(name, target)
    except FileExistsError:
        return False
    except OSError:
        if target.exists():
            return False
        os.replace(name, target)
    return True


def _unlink(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)
