"""A request to terminate is answered like Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ._state import State

__all__ = ["termination_handled"]


@contextmanager
def termination_handled(state: State) -> Iterator[None]:
    """While active, a request to terminate ends the run as Ctrl-C does: jobs cancelled, nothing half-written."""

    def terminate(_: int, frame: FrameType | None) -> None:
        state.terminated = True
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):
            # Started in the background by a shell without job control: Ctrl-C is ignored there, terminating is not.
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        # Only the main thread may do this; elsewhere the default stays.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
