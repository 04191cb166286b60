"""What Earwitness logs is told on standard error: warnings always, everything with `--verbose`.

Other libraries stay silent: some log whole web addresses, and asyncio logs tracebacks.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ._output import complain
from ._state import State

__all__ = ["set_up", "silenced"]

_OURS = "earwitness"


class _Handler(logging.Handler):
    """One line per record without its traceback, JSON for machines; the same warning is told once."""

    def __init__(self, state: State, *, verbose: bool) -> None:
        super().__init__()
        self._state, self._verbose = state, verbose
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message, level = record.getMessage(), record.levelname.lower()
        if not self._verbose:
            if message in self._told:
                return
            self._told.add(message)
        if self._state.json:
            told = {level: message, **({"logger": record.name} if self._verbose else {})}
            complain(json.dumps(told), bare=True)
        else:
            complain(f"{level}: {record.name}: {message}" if self._verbose else f"{level}: {message}")


def set_up(ctx: click.Context, state: State, *, verbose: bool) -> None:
    """Shows the log of everything named `earwitness` until this command ends."""
    ours, rest = logging.getLogger(_OURS), logging.getLogger()
    handler, silence, before = _Handler(state, verbose=verbose), logging.NullHandler(), ours.level
    ours.addHandler(handler)
    rest.addHandler(silence)
    ours.setLevel(logging.DEBUG if verbose else logging.WARNING)

    def undo() -> None:
        ours.removeHandler(handler)
        rest.removeHandler(silence)
        ours.setLevel(before)

    ctx.call_on_close(undo)


@contextmanager
def silenced() -> Iterator[None]:
    """While active our log says nothing: the command tells the same as findings."""
    ours = logging.getLogger(_OURS)
    before = ours.level
    ours.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        ours.setLevel(before)
