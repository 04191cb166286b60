"""A local recogniser is a plain iterator: samples in, progress and segments out. Core runs it in a worker process.

The engine object itself is small and picklable: it carries settings, and loads its model at the first `listen`. The
worker keeps it, so that the next recording finds the model loaded. Stopping the iteration cancels the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from .models import Interim, Segment

__all__ = ["Engine", "Heard", "Interim", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to `heard_ms` (milliseconds from the start) has been listened to."""

    heard_ms: int


Heard = Progress | Interim | Segment


class Engine(Protocol):
    """A recogniser on this machine."""

    @property
    def sample_rate(self) -> int:
        """The rate of the samples it wants, in Hz."""
        ...

    @property
    def version(self) -> str | None:
        """What heard it: the engine's own version, for `served_by`."""
        ...

    def listen(self, pcm: Iterable[bytes]) -> Iterator[Heard]:
        """What is heard in 16-bit little-endian mono samples, block by block; memory does not grow with the audio.

        Blocks may have any length, odd ones included. Raises EarwitnessError subclasses only. What it yields holds
        plain values of the declared types, or the job fails with a PluginError that names the field. Its standard
        input is empty, and what it prints goes to standard error.
        """
        ...
