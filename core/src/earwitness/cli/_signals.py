"""Ctrl-C, a request to terminate and a closed terminal end a run in order; the second of them ends it at once."""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

from ._exit import HUNG_UP, INTERRUPTED, TERMINATED
from ._state import State

__all__ = ["run", "signals_handled"]

_PATIENCE_S = 2.0
"""Seconds of tidying up after which a person is told how to cut it short."""

_HANGUP = getattr(signal, "SIGHUP", None)
"""A terminal that is closed, or a connection that is cut; Windows has no such signal."""

_Handler = Callable[[int, FrameType | None], None]


@contextmanager
def signals_handled(state: State) -> Iterator[None]:
    """While active, the first Ctrl-C or request to terminate ends the work at hand, or raises KeyboardInterrupt.

    The second one ends the process without waiting for anything; what lies half-written is removed all the same.
    """

    def handle(number: int, _: FrameType | None) -> None:
        if state.stopped is not None:
            _end_at_once(state, state.stopped)
        state.stopped = _code(number)
        if state.stop is None:
            raise KeyboardInterrupt
        state.stop()

    before = _installed(handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            # Once asked to stop, the rest of the way out must not end in a traceback.
            signal.signal(number, handler if state.stopped is None else signal.SIG_DFL)


def run(work: Callable[[], Coroutine[Any, Any, int]], state: State) -> int:
    """What the work gives. A stop cancels it, waits until it has tidied up, and raises KeyboardInterrupt."""
    import asyncio

    async def stoppable() -> int:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop() -> None:
            task.cancel()
            # A loop that has just been closed has nothing left to stop. The call also wakes it from its sleep.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.call_later, _PATIENCE_S, _tell_the_short_way, state)

        state.stop = stop
        return await work()

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        state.stop = None


def _installed(handle: _Handler) -> dict[int, Any]:
    """The handlers that were there before. Only the main thread may replace them; elsewhere they stay."""
    before: dict[int, Any] = {}
    with suppress(ValueError):
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, handle)
        # `nohup` has it ignored, and so it stays.
        if _HANGUP is not None and signal.getsignal(_HANGUP) is signal.SIG_DFL:
            before[_HANGUP] = signal.signal(_HANGUP, handle)
        # Ctrl-C is ignored in what a shell without job control started in the background, and stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            before[signal.SIGINT] = signal.signal(signal.SIGINT, handle)
    return before


def _code(number: int) -> int:
    if number == _HANGUP:
        return HUNG_UP
    return TERMINATED if number == signal.SIGTERM else INTERRUPTED


def _tell_the_short_way(state: State) -> None:
    from ._errors import note

    note("stopping; press Ctrl-C again to end at once.", state)


def _end_at_once(state: State, code: int) -> NoReturn:
    from ._errors import explain_stop

    for one in (signal.SIGINT, signal.SIGTERM, _HANGUP):
        if one is not None:
            signal.signal(one, signal.SIG_IGN)
    with suppress(Exception):
        explain_stop(state)
    with suppress(Exception):
        # What an ordinary end would do, temporary files above all, but without waiting for threads.
        atexit._run_exitfuncs()
    os._exit(code)
