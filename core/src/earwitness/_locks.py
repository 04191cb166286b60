"""A lock on a file for this process alone; the system lets go of it however the process ends."""

from __future__ import annotations

import errno
import sys
from typing import BinaryIO

__all__ = ["locked"]

_TAKEN = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


def locked(file: BinaryIO) -> bool | None:
    """Whether this process has the lock now, until the file is closed; None where files cannot be locked at all."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _TAKEN else None
    return True
