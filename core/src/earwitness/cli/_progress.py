"""A progress display on standard error, and only for somebody who looks at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._output import steerable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ..jobs import Job

__all__ = ["Bars", "bars_for"]


class Bars:
    """One bar per recording at work, and one for the whole where there are several. Without a display: nothing."""

    def __init__(self, display: Progress | None, count: int) -> None:
        self._display = display
        self._whole = display.add_task(f"{count} recordings", total=count) if display and count > 1 else None

    @contextmanager
    def one(self, name: str) -> Iterator[_Bar]:
        """The bar of one recording, gone at its end."""
        if self._display is None:
            yield _Bar(None, None)
            return
        task = self._display.add_task(name, total=None)
        try:
            yield _Bar(self._display, task)
        finally:
            self._display.remove_task(task)
            if self._whole is not None:
                self._display.advance(self._whole)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While active the display is off the screen, so that results can be printed."""
        if self._display is None:
            yield
            return
        self._display.stop()
        try:
            yield
        finally:
            self._display.start()


class _Bar:
    def __init__(self, display: Progress | None, task: TaskID | None) -> None:
        self._display, self._task = display, task

    def __call__(self, job: Job) -> None:
        if self._display is not None and self._task is not None and job.progress is not None:
            self._display.update(self._task, total=1.0, completed=job.progress)


@contextmanager
def bars_for(count: int, *, wanted: bool) -> Iterator[Bars]:
    """The display while the work goes on, if it is wanted and standard error can show one; nothing of it stays."""
    if not wanted or not steerable(sys.stderr):
        yield Bars(None, count)
        return
    import atexit

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Redirecting standard output would send the transcripts to standard error.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    ) as display:
        # A run that is ended at once must leave the terminal its cursor.
        atexit.register(display.stop)
        try:
            yield Bars(display, count)
        finally:
            atexit.unregister(display.stop)
