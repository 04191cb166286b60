"""Small files that people write, a configuration or a secret, read whole and never without bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["content", "reason"]


def content(path: Path, *, longest: int) -> bytes:
    """The bytes of an ordinary file of at most `longest`. Raises OSError, or ValueError with the reason in words."""
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no ordinary file")
        data = file.read(longest + 1)
    if len(data) > longest:
        raise ValueError(f"it is longer than {longest // 1024} KiB")
    return data


def reason(error: OSError | ValueError) -> str:
    """Why it could not be read, in words."""
    return getattr(error, "strerror", None) or str(error)


def _without_waiting(path: str, flags: int) -> int:
    # A pipe would not open before somebody writes into it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
