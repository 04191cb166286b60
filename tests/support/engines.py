"""Small engines that tests send to worker processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from earwitness.engine import Heard, Progress
from earwitness.errors import EarwitnessError
from earwitness.models import Interim, Segment

BYTES_PER_MS = 32


@dataclass(frozen=True)
class CountingEngine:
    """Hears how much audio there was: one segment with the number of bytes. `trouble` makes it fail in the middle."""

    trouble: str = ""
    block_s: float = 0.0
    sample_rate: int = 16_000
    version: str = "counting 1"

    def listen(self, pcm: Iterable[bytes]) -> Iterator[Heard]:
        """Progress for each block, then the count."""
        total = 0
        for block in pcm:
            total += len(block)
            time.sleep(self.block_s)
            self._fail()
            yield Progress(total // BYTES_PER_MS)
            yield Interim(f"{total} so far")
        yield Segment(str(total), 0, total // BYTES_PER_MS)

    def _fail(self) -> None:
        if self.trouble == "abort":
            os.abort()
        if self.trouble == "raise":
            raise ValueError("words that nobody may see")
        if self.trouble == "print":
            os.write(1, b"native libraries print where they like\n")
            print("and so do authors", flush=True)
            subprocess.run([sys.executable, "-c", "print('and their children')"], check=True)
        if self.trouble == "exit":
            sys.exit("words that nobody may see")
        if self.trouble == "panic":
            raise PanicError("words that nobody may see")
        if self.trouble == "own error":
            raise _unknown_error()
        if self.trouble == "ask":
            read = os.read(0, 1), sys.stdin.read(), subprocess.run([sys.executable, "-c", "input()"], check=False)
            assert read[:2] == (b"", "") and read[2].returncode == 1


class PanicError(BaseException):
    """What a library may raise that bypasses `except Exception`."""


@dataclass(frozen=True)
class OddEngine:
    """Yields whatever it is told to, once it has listened; `iterates=False` returns it from `listen`."""

    gives: object
    iterates: bool = True
    sample_rate: object = 16_000
    version: object = None

    def listen(self, pcm: Iterable[bytes]) -> object:
        """The odd thing."""
        return self._events(pcm) if self.iterates else self.gives

    def _events(self, pcm: Iterable[bytes]) -> Iterator[object]:
        for _ in pcm:
            pass
        yield self.gives


def _unknown_error() -> EarwitnessError:
    class HiddenError(EarwitnessError):
        """An error that no other process can make again."""

    return HiddenError("words that nobody may see")
