"""The audio of one live stream that may still be needed: not yet sent, or sent and not yet settled by the vendor."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from ..models import Interim, Segment, Word
from ..streaming import Final

__all__ = ["ReplayBuffer", "Timeline"]

_WIDTH = 2
"""Bytes of one sample."""
_RISKY = 0.75
"""Part of the replay window."""


class ReplayBuffer:
    """A bounded window on the audio, in samples from its start: `base <= heard, sent <= end`.

    Audio before `base` is gone. `put` waits while there is enough to send, so that memory is bounded by `replay_s` and
    twice `ahead_s`. One task may put and one may take.
    """

    def __init__(self, rate: int, *, replay_s: float, ahead_s: float) -> None:
        self._rate = rate
        self._replay, self._ahead = int(replay_s * rate), int(ahead_s * rate)
        self._data = bytearray()
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._full = False
        self.base = self.heard = self.sent = 0
        self.finished = False

    @property
    def end(self) -> int:
        """How many samples have come from the source."""
        return self.base + len(self._data) // _WIDTH

    @property
    def unsent(self) -> int:
        """How many samples are waiting to be sent."""
        return self.end - self.sent

    @property
    def at_risk(self) -> bool:
        """Whether so much is sent and not settled that soon not all of it could be sent again."""
        return self.sent - self.heard >= self._replay * _RISKY

    @property
    def drained(self) -> bool:
        """Whether the source has ended and every sample of it was taken."""
        return self.finished and not self.unsent

    @property
    def all_heard(self) -> bool:
        """Whether the source has ended and the vendor has settled every sample of it."""
        return self.finished and self.heard == self.end

    async def put(self, block: bytes) -> None:
        """Adds a block, of any length, piece by piece as there is room."""
        size = max(1, self._ahead) * _WIDTH
        for start in range(0, len(block), size):
            await self._let_in()
            self._data += block[start : start + size]
            self._forget(self.sent - self._replay)
            self._news.set()

    def finish(self) -> None:
        """Says that no more audio comes."""
        self.finished = True
        self._news.set()

    async def available(self, samples: int, *, patience_s: float) -> bool:
        """Whether there is audio to send, once it is so much, or the source paused for `patience_s` or has ended."""
        if self.unsent < samples:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    while self.unsent < samples and not self.finished:
                        await self._next_news()
        return self.unsent > 0

    def take(self, samples: int) -> bytes:
        """The next samples to send, fewer if there are no more."""
        start = (self.sent - self.base) * _WIDTH
        taken = min(samples, self.unsent)
        self.sent += taken
        self._room.set()
        return bytes(self._data[start : start + taken * _WIDTH])

    async def more_than(self, samples: int) -> None:
        """Returns when the source has given more than so many samples, has ended, or waits for room."""
        while self.end <= samples and not self.finished and not self._full:
            await self._next_news()

    def settle(self, samples: int) -> None:
        """Takes note that everything before this sample is settled; what was never sent cannot be."""
        self.heard = max(self.heard, min(samples, self.sent))
        self._forget(self.heard)
        self._room.set()

    def rewind(self) -> int:
        """Makes all unsettled audio unsent again. Returns how many unsettled samples are gone for ever."""
        lost = max(0, self.base - self.heard)
        self.heard = self.sent = self.base
        return lost

    def ms(self, samples: int) -> int:
        """So many samples in milliseconds."""
        return round(samples * 1000 / self._rate)

    def samples(self, ms: int) -> int:
        """So many milliseconds in samples."""
        return ms * self._rate // 1000

    async def _let_in(self) -> None:
        # After a cut much is unsent; a live source must still be read until the replay window is full.
        while self.unsent >= self._ahead and self.end - self.base >= self._replay:
            self._full = True
            self._news.set()
            self._room.clear()
            await self._room.wait()
        self._full = False

    def _forget(self, until: int) -> None:
        gone = until - self.base
        if gone > 0:
            del self._data[: gone * _WIDTH]
            self.base = until

    async def _next_news(self) -> None:
        self._news.clear()
        await self._news.wait()


class Timeline:
    """Moves times of one connection to the whole audio: it began at `offset_ms`, and silence was filled in since."""

    def __init__(self, offset_ms: int) -> None:
        self._offset = offset_ms
        self._fillings: list[tuple[int, int]] = []

    def fill(self, at_ms: int, length_ms: int) -> None:
        """Takes note of silence that is in the connection's audio but not in the source's."""
        if self._fillings and sum(self._fillings[-1]) == at_ms:
            at_ms, before = self._fillings.pop()
            length_ms += before
        self._fillings.append((at_ms, length_ms))

    def whole(self, ms: int) -> int:
        """The time in the whole audio."""
        filled = sum(min(max(ms - at, 0), length) for at, length in self._fillings)
        return self._offset + ms - filled

    def final(self, event: Final) -> Final:
        """The same segment with the times of the whole audio; a new object wherever a time changes."""
        if not self._moves:
            return event
        return replace(event, segment=self._segment(event.segment), heard_ms=self.whole(event.heard_ms))

    def interim(self, event: Interim) -> Interim:
        """The same text with its time in the whole audio."""
        return replace(event, start_ms=self._maybe(event.start_ms)) if self._moves else event

    @property
    def _moves(self) -> bool:
        return bool(self._offset or self._fillings)

    def _segment(self, segment: Segment) -> Segment:
        start, end = self._maybe(segment.start_ms), self._maybe(segment.end_ms)
        return replace(segment, start_ms=start, end_ms=end, words=tuple(map(self._word, segment.words)))

    def _word(self, word: Word) -> Word:
        return replace(word, start_ms=self._maybe(word.start_ms), end_ms=self._maybe(word.end_ms))

    def _maybe(self, ms: int | None) -> int | None:
        return None if ms is None else self.whole(ms)
