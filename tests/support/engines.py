"""Small engines that tests send to worker processes."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from earwitness.engine import Heard, Progress
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
