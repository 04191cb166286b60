"""Whether code reads the clock or touches the world: both are replaced while it runs, and what is used is noted."""

from __future__ import annotations

import asyncio
import builtins
import datetime as dt
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

__all__ = ["noticing"]

_Real = dt.datetime
_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "sleep")


@contextmanager
def noticing(package: str) -> Iterator[list[str]]:
    """Inside it, each look at the clock by this package, and each file, connection or process, is noted in the list.

    Everything still works: code that swallows exceptions cannot hide what it did.
    """
    noted: list[str] = []
    with ExitStack() as stack:
        for name in _CLOCKS:
            _swap(stack, time, name, _clock(getattr(time, name), f"time.{name}", package, noted))
        _swap(stack, asyncio, "sleep", _clock(asyncio.sleep, "asyncio.sleep", package, noted))
        for name, what in _ENVIRONMENT.items():
            _swap(stack, _Environment, name, _look(getattr(_Environment, name), what, package, noted))
        watched = _watching_datetime(package, noted)
        _swap(stack, dt, "datetime", watched)
        for module in [one for name, one in list(sys.modules.items()) if _is_of(name, package)]:
            _swap_names(stack, module, watched, package, noted)
        for holder, name, what in _WORLD:
            _swap(stack, holder, name, _act(getattr(holder, name), what, noted))
        yield noted


_Environment = type(os.environ)
_ENVIRONMENT = {
    "__getitem__": "read the environment",
    "__setitem__": "changed the environment",
    "__delitem__": "changed the environment",
}
_WORLD: tuple[tuple[Any, str, str], ...] = (
    (builtins, "open", "opened a file"),
    (io, "open", "opened a file"),
    (os, "listdir", "looked into a folder"),
    (os, "stat", "looked at a file"),
    (os, "getenv", "read the environment"),
    (socket, "create_connection", "opened a connection"),
    (socket, "getaddrinfo", "asked for an address"),
    (subprocess, "Popen", "started a process"),
)


def _swap(stack: ExitStack, holder: Any, name: str, value: Any) -> None:
    old = getattr(holder, name)
    setattr(holder, name, value)
    stack.callback(setattr, holder, name, old)


def _swap_names(stack: ExitStack, module: Any, watched: type, package: str, noted: list[str]) -> None:
    """What a module of the package imported by name is watched too."""
    for name, value in list(vars(module).items()):
        if value is _Real:
            _swap(stack, module, name, watched)
        elif any(value is getattr(time, clock).__wrapped__ for clock in _CLOCKS):
            _swap(stack, module, name, _clock(value, f"time.{value.__name__}", package, noted))


def _clock(real: Callable[..., Any], what: str, package: str, noted: list[str]) -> Callable[..., Any]:
    ours = threading.get_ident()

    def called(*given: Any, **named: Any) -> Any:
        if threading.get_ident() == ours and _is_of(sys._getframe(1).f_globals.get("__name__", ""), package):
            noted.append(f"called {what}")
        return real(*given, **named)

    called.__wrapped__ = real  # type: ignore[attr-defined]
    return called


def _look(real: Callable[..., Any], what: str, package: str, noted: list[str]) -> Callable[..., Any]:
    ours = threading.get_ident()

    def called(*given: Any) -> Any:
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") in ("os", "collections.abc"):
            frame = frame.f_back
        if frame is not None and threading.get_ident() == ours and _is_of(frame.f_globals["__name__"], package):
            noted.append(what)
        return real(*given)

    return called


def _act(real: Callable[..., Any], what: str, noted: list[str]) -> Callable[..., Any]:
    ours = threading.get_ident()  # an emulator may be at work beside

    def called(*given: Any, **named: Any) -> Any:
        if threading.get_ident() == ours and not _importing():
            noted.append(what)
        return real(*given, **named)

    return called


def _importing() -> bool:
    """Whether Python itself looks for a module: what is imported at first use is no act of the provider."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("importlib"):
            return True
        frame = frame.f_back
    return False


def _watching_datetime(package: str, noted: list[str]) -> type:
    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, _Real)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, _Real)

    class Watched(_Real, metaclass=Meta):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            _note_now(package, noted)
            return _Real.now(tz)

        @classmethod
        def utcnow(cls) -> Any:
            _note_now(package, noted)
            return _Real.now(dt.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            _note_now(package, noted)
            return _Real.today()

    return Watched


def _note_now(package: str, noted: list[str]) -> None:
    if _is_of(sys._getframe(2).f_globals.get("__name__", ""), package):
        noted.append("called datetime.now")


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
