"""A folder of this run for everything temporary, so that what a killed run left behind is found by a later one.

Audio from standard input and converted audio lie in files that other processes open by name; nothing that such a
process could do itself survives `kill -9`. A run holds a lock on its folder, and the system lets go of the lock however
the run ends: a folder whose lock can be had is nobody's.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .._locks import locked

__all__ = ["scratch_folder"]

_PREFIX = "earwitness-run-"
_LOCK = "lock"
_NEW_S = 60
"""A folder younger than this is left alone: its owner may be about to lock it."""


@contextmanager
def scratch_folder() -> Iterator[None]:
    """While active, temporary files are made in a folder of their own, which goes with them at the end.

    What killed runs of the same user left is removed first. Without room for a folder everything stays as it is.
    """
    usual = tempfile.tempdir
    _remove_left_over(Path(tempfile.gettempdir()))
    try:
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    except OSError:
        # The first who needs room says so.
        yield
        return
    with folder, Path(folder.name, _LOCK).open("wb") as lock:
        locked(lock)
        tempfile.tempdir = folder.name
        try:
            yield
        finally:
            tempfile.tempdir = usual


def _remove_left_over(place: Path) -> None:
    with suppress(OSError):
        for folder in place.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if _ours(folder) and _abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _ours(folder: Path) -> bool:
    """Whether it is an old enough folder of this very user; a link to one is not."""
    status = folder.lstat()
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISDIR(status.st_mode) and mine and status.st_mtime < time.time() - _NEW_S


def _abandoned(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("rb+") as lock:
            return locked(lock) is True
    except FileNotFoundError:
        # Killed before the lock was made, or while the folder was removed.
        return True
