"""What the kit gives to hear: recordings told apart by their length, and what an emulator shall hear in them."""

from __future__ import annotations

import array
import asyncio
import io
import math
import re
import wave
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..models import Segment, Speaker, Transcript, Word
from ..request import BytesAudio, FileAudio

if TYPE_CHECKING:
    from ..emulation import HearingStream

__all__ = [
    "CROWD",
    "PLAIN",
    "RATE",
    "SCRIPTS",
    "SILENT",
    "KitHearing",
    "audio",
    "lettered",
    "said",
    "same",
    "samples",
    "squeezed",
]

RATE = 16_000
PLAIN, SILENT, SCRIPTS = 2, 3, 4
"""The lengths in seconds of the recordings that are heard as plain English, as silence, and as many scripts."""
CROWD = (5, 6, 7)
"""Recordings that are heard at the same time, each as something else."""

_LATIN = re.compile(r"[A-Za-z]+")
_TEXTS: Mapping[int, tuple[str, ...]] = {
    PLAIN: ("Good morning everybody.", "Shall we begin?"),
    SILENT: (),
    # Korean, Chinese, right to left, a family of emoji, a combining accent.
    SCRIPTS: ("회의를 시작하겠습니다.", "我们 开始 吧。", "שלום لكم", "👩‍👩‍👧‍👦 🏳️‍🌈 cafe\u0301"),
    5: ("The first of five.",),
    6: ("A second voice.",),
    7: ("Number three speaks.",),
}


class KitHearing:
    """Hears in each recording what its length says, and in live audio what `live` is."""

    def __init__(self) -> None:
        self.live = PLAIN

    language: str | None = None

    async def transcribe(self, audio: Path, *, language: str | None = None) -> Transcript:
        """The transcript for this length, whatever container the recording came in."""
        return said(await asyncio.to_thread(_seconds, audio))

    def stream(self, *, sample_rate: int, language: str | None = None) -> HearingStream:
        """An ear that hears `live`."""
        from ..emulation import GivenHearing

        return GivenHearing(said(self.live)).stream(sample_rate=sample_rate)

    async def aclose(self) -> None:
        """Nothing was opened."""


def said(seconds: int) -> Transcript:
    """What is said in the recording of this length: two speakers in turn, a word every 150 ms."""
    segments, speakers = [], ("1", "2")
    at = 100
    for number, text in enumerate(_TEXTS.get(seconds, ())):
        words = [Word(word, at + 150 * place, at + 150 * place + 120) for place, word in enumerate(text.split())]
        end = words[-1].end_ms or at
        segments.append(Segment(text, at, end, tuple(words), 0.9, speakers[number % 2]))
        at = end + 60
    return Transcript(tuple(segments), tuple(map(Speaker, speakers[: len(segments)])), duration_ms=seconds * 1000)


def samples(seconds: int) -> bytes:
    """A hum as 16-bit little-endian mono samples, with a level that no vendor takes for an empty line."""
    return _second() * seconds


def audio(seconds: int, *, name: str = "speech.wav") -> BytesAudio:
    """The recording of this length, as a WAV file in memory; silence is really silent."""
    pcm = bytes(seconds * RATE * 2) if seconds == SILENT else samples(seconds)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm)
    return BytesAudio(file.getvalue(), name)


def squeezed(text: str) -> str:
    """The text without blanks, because vendors differ in where they put them."""
    return "".join(text.split())


def lettered(text: str) -> str:
    """The letters and digits of the text alone, in lower case."""
    return "".join(char for char in text.lower() if char.isalnum())


def same(heard: str, wanted: str) -> bool:
    """Whether both texts have the same characters, and Latin words that are told apart in the same way."""
    return squeezed(heard) == squeezed(wanted) and _LATIN.findall(heard) == _LATIN.findall(wanted)


@cache
def _second() -> bytes:
    hum = (int(4000 * math.sin(2 * math.pi * 220 * place / RATE)) for place in range(RATE))
    return array.array("h", hum).tobytes()


def _seconds(path: Path) -> int:
    from ..media import open_media

    with open_media(FileAudio(path)) as media:
        return round((media.facts.duration_ms or 0) / 1000)
