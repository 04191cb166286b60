"""What one run of the command line is told once and needs everywhere: machine output, loudness, how it was ended."""

from __future__ import annotations

__all__ = ["State"]


class State:
    """The run's own facts; made anew by every `main`, so that nothing is kept between two runs in one process."""

    __slots__ = ("json", "terminated", "verbose")

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.verbose = False
        self.terminated = False
