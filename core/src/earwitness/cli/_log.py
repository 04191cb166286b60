"""What Earwitness logs is told on standard error: warnings always, everything with `--verbose`.

Other libraries stay silent: some log whole web addresses, and asyncio logs tracebacks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ._output import complain

__all__ = ["set_up", "silenced"]

_OURS = "earwitness"


class _Handler(logging.Handler):
    """One line per record without its traceback; the same warning is told once."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__()
        self._verbose = verbose
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if self._verbose:
            complain(f"{record.levelname.lower()}: {record.name}: {message}")
        elif message not in self._told:
            self._told.add(message)
            complain(f"{record.levelname.lower()}: {message}")


def set_up(ctx: click.Context, *, verbose: bool) -> None:
    """Shows the log of everything named `earwitness` until this command ends."""
    ours, rest = logging.getLogger(_OURS), logging.getLogger()
    handler, silence, before = _Handler(verbose=verbose), logging.NullHandler(), ours.level
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
