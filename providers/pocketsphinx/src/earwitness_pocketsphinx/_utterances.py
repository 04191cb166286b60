"""Speech is cut out of endless audio at its pauses, in memory that does not grow.

Voice activity is judged by the detector inside PocketSphinx (WebRTC's), 30 ms at a time. What is done with its
judgements is our own: the built-in `Endpointer` limits no utterance's length and cannot tell a pause within a sentence
from one after it, and in noise it cuts words (45 errors in 96 words at 20 dB where this makes 36, and 23 instead of 21
without noise).

Little quiet is kept around the voice: decoding it costs CPU, and it shifts the mean by which the recogniser normalises
each utterance (with 0.3 s before and 0.15 s after, 43 errors in 192 words of joined recordings become 48).
"""

import math
import sys
from array import array
from dataclasses import dataclass
from operator import mul

from pocketsphinx import Vad

__all__ = ["Cutter", "Utterance"]

FRAME_S = 0.03
ONSET = 5
"""Frames of unbroken voice that open an utterance (0.15 s): the detector begins a stream with up to four false ones."""
LEAD = 2
"""Frames kept before the onset."""
TRAIL = 1
"""Frames kept after the last voiced one; the detector itself holds on for some tenths of a second."""
PAUSE = 15
"""Quiet frames that end an utterance (0.45 s), while it is short."""
BREATH = 4
"""Quiet frames that end it when it has grown long (0.12 s)."""
LONG = 333
"""From this many frames (10 s) on shorter and shorter pauses suffice ..."""
LONGEST = 800
"""... and at this many (24 s) it is cut at its quietest point, if need be within a word."""
STEADY_DB = 5.0
"""Hiss and hum keep their level within this range; speech at 0 dB above white noise spans more than 7 dB."""


@dataclass(slots=True)
class Frame:
    """30 ms of sound: its samples, its level in dB, and whether a voice is in it."""

    pcm: bytes
    level: float
    voiced: bool


@dataclass(slots=True)
class Utterance:
    """One stretch of speech with some quiet around it, from frame number `start` of the audio on."""

    start: int
    frames: list[Frame]

    @property
    def pcm(self) -> bytes:
        return b"".join(frame.pcm for frame in self.frames)

    @property
    def speechless(self) -> bool:
        """No voice is in it, or its level hardly moves from the 10th to the 95th percentile: steady noise."""
        levels = sorted(frame.level for frame in self.frames)
        steady = levels[len(levels) * 95 // 100] - levels[len(levels) // 10] < STEADY_DB
        return steady or not any(frame.voiced for frame in self.frames)


class Cutter:
    """Takes frames one by one and gives an utterance back whenever one is complete."""

    def __init__(self, sample_rate: int) -> None:
        self._vad = Vad(Vad.MEDIUM_LOOSE, sample_rate, FRAME_S)
        self.frame_bytes: int = self._vad.frame_bytes
        self._heard = 0
        self._kept: list[Frame] = []
        self._quiet = 0
        self._open = False

    @property
    def current(self) -> Utterance | None:
        """The utterance that is still going on."""
        return Utterance(self.settled, self._kept) if self._open else None

    @property
    def settled(self) -> int:
        """The number of frames that will not be looked at again."""
        return self._heard - len(self._kept)

    def hear(self, pcm: bytes) -> Utterance | None:
        """Takes the next frame (`frame_bytes` long, the last one may be shorter)."""
        frame = self._judged(pcm)
        self._heard += 1
        self._kept.append(frame)
        self._quiet = 0 if frame.voiced else self._quiet + 1
        if self._open:
            return self._finished()
        self._open = self._begun()
        if not self._open:
            del self._kept[: -(LEAD + ONSET)]
        return None

    def end(self) -> Utterance | None:
        """What was still going on when the audio ended."""
        return self._cut(len(self._kept)) if self._open else None

    def _judged(self, pcm: bytes) -> Frame:
        whole = pcm.ljust(self.frame_bytes, b"\0")
        return Frame(pcm, _level(pcm), self._vad.is_speech(whole))

    def _begun(self) -> bool:
        return len(self._kept) >= ONSET and all(frame.voiced for frame in self._kept[-ONSET:])

    def _finished(self) -> Utterance | None:
        length = len(self._kept)
        if self._quiet >= _pause_after(length - self._quiet):
            self._open = False
            return self._cut(length - self._quiet + TRAIL)
        if length >= LONGEST:
            return self._cut(self._quietest())
        return None

    def _quietest(self) -> int:
        """The middle of the quietest 0.15 s in the second half."""
        levels = [frame.level for frame in self._kept]
        return min(range(LONGEST // 2, LONGEST - 2), key=lambda at: sum(levels[at - 2 : at + 3]))

    def _cut(self, at: int) -> Utterance:
        utterance = Utterance(self.settled, self._kept[:at])
        self._kept = self._kept[at:]
        return utterance


def _pause_after(length: int) -> float:
    """The quiet frames that end an utterance of this many frames: fewer, the longer it gets."""
    grown = min(1.0, max(0.0, (length - LONG) / (LONGEST - LONG)))
    return PAUSE - (PAUSE - BREATH) * grown


def _level(pcm: bytes) -> float:
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return 10 * math.log10(sum(map(mul, samples, samples)) / len(samples) + 1)
