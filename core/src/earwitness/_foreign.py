"""What may be told of an exception that is not ours: its text may quote what somebody said."""

import sys
from collections.abc import Iterator
from pathlib import PurePath
from traceback import walk_tb
from types import FrameType

__all__ = ["where"]

_HOSTS = frozenset({*sys.stdlib_module_names, "__main__", "earwitness", "pluggy", "pydantic", "stevedore"})
"""Who calls plugins, and what they are called through; a worker is `__main__`."""


def where(error: BaseException) -> str:
    """The exception by its type and place only: the last line of the plugin, not of a library that it used."""
    place = _place(error)
    if place is None:
        return type(error).__name__
    frame, line = place
    code = frame.f_code
    return f"{type(error).__name__} in {code.co_qualname} ({PurePath(code.co_filename).name}, line {line})"


def _place(error: BaseException) -> tuple[FrameType, int] | None:
    frames = list(walk_tb(error.__traceback__))
    plugin = next(_plugins(frames), None)
    return next((one for one in reversed(frames) if plugin in (None, _package(one[0]))), None)


def _plugins(frames: list[tuple[FrameType, int]]) -> Iterator[str]:
    return (name for frame, _ in frames if (name := _package(frame)) not in _HOSTS)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
