"""What one run of the command line is told once and needs everywhere: machine output, loudness, how it was ended."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["State"]


class State:
    """The run's own facts; made anew by every `main`, so that nothing is kept between two runs in one process.

    `stopped` is the exit code of whoever asked the run to stop, `stop` asks the work at hand to end, and `kept` says
    in a sentence what of it is done. `command` is what was typed first.
    """

    __slots__ = ("command", "json", "kept", "stop", "stopped", "verbose")

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.command = "earwitness"
        self.verbose = False
        self.stopped: int | None = None
        self.stop: Callable[[], None] | None = None
        self.kept: Callable[[], str] | None = None
