"""What the vendor finds out about a file before it listens: its container, by the bytes alone, and how long it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from earwitness.capabilities import AudioFacts
from earwitness.errors import BadAudioError, EarwitnessError
from earwitness.media import open_media
from earwitness.request import FileAudio

__all__ = ["CONTAINERS", "SHORT_CONTAINERS", "Sound", "sound_of"]

SHORT_CONTAINERS = frozenset({"mp3", "aac", "ac3", "ogg", "flac", "wav", "m4a"})
CONTAINERS = SHORT_CONTAINERS | {"avi", "mp4", "mov", "asf", "flv", "matroska"}
"""What is taken (2.15); WebM is not, although it is a kind of Matroska."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that can be heard. `seconds` is 0 where nobody can tell, `length` is in bytes."""

    path: Path
    seconds: float
    length: int


async def sound_of(path: Path, containers: frozenset[str]) -> Sound:
    """The file as sound, of no seconds if it is empty.

    Raises BadAudioError for what cannot be decoded or is no container that is taken.
    """
    length, facts = await asyncio.to_thread(_described, path)
    if facts is None:
        return Sound(path, 0.0, 0)
    if facts.container is not None and facts.container not in containers:
        raise BadAudioError("The container is none that is taken")
    return Sound(path, (facts.duration_ms or 0) / 1000, length)


def _described(path: Path) -> tuple[int, AudioFacts | None]:
    length = path.stat().st_size
    if not length:
        return 0, None
    try:
        with open_media(FileAudio(path)) as media:
            return length, media.facts
    except BadAudioError:
        raise
    except EarwitnessError as error:
        raise BadAudioError(f"The file cannot be read: {error.kind}") from None
