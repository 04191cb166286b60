"""The audio of a request: fetched or unpacked to a file, judged as the service judges it, and heard."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import shutil
import tempfile
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from earwitness.emulation import GivenHearing, Hearing, fetch_file
from earwitness.errors import AudioTooLargeError, BadAudioError, EarwitnessError
from earwitness.media import Media, open_media, pcm
from earwitness.models import Segment, Transcript
from earwitness.request import FileAudio, PcmFormat

from ._engines import Engine

__all__ = [
    "FORMATS",
    "RECORDINGS",
    "Heard",
    "UnheardError",
    "Wanted",
    "decoded",
    "fetched",
    "hear",
    "unpacked",
    "workroom",
]

RECORDINGS = ("wav", "mp3", "m4a", "flv", "mp4", "asf", "3gp", "amr", "aac", "ogg", "flac")
"""The containers that the recording service takes; it finds out by itself which one a file is."""

FORMATS = {
    "wav": ("wav",),
    "pcm": ("s16le",),
    "ogg-opus": ("ogg",),
    "speex": ("ogg",),
    "silk": (),
    "mp3": ("mp3",),
    "m4a": ("m4a", "mp4"),
    "aac": ("aac",),
    "amr": ("amr",),
}
"""The containers behind the names of formats. Nothing here decodes silk, and speex only within Ogg."""

log = logging.getLogger(__name__)

_BLOCK_MS = 1000


class UnheardError(Exception):
    """The audio was not heard. `why` is one of: download, transcoding, short, long, large, invalid, channels,
    recognition, other."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """How audio is to be heard. `channels`: `mix` to one, the `first`, or each by itself (`all`).

    `containers` are those that are taken; `pcm_rate` in Hz is for headerless samples; `limit_ms` is the longest audio;
    `exactly` is the number of channels that there must be.
    """

    engine: Engine
    containers: tuple[str, ...]
    channels: str = "mix"
    pcm_rate: int | None = None
    limit_ms: int | None = None
    exactly: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: a transcript for each channel, one for a mix."""

    channels: tuple[Transcript, ...]
    duration_ms: int

    @property
    def merged(self) -> Transcript:
        """All channels in one transcript, in the order of time, each segment with its channel."""
        segments = (
            replace(segment, channel=number)
            for number, transcript in enumerate(self.channels)
            for segment in transcript.segments
        )
        return Transcript(tuple(sorted(segments, key=_begin)), duration_ms=self.duration_ms)


@asynccontextmanager
async def workroom(scratch: Path) -> AsyncIterator[Path]:
    """A folder for as long as the block runs: whatever breaks off in it leaves nothing behind."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=scratch))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@asynccontextmanager
async def fetched(url: str, scratch: Path, *, limit: int, timeout_s: float) -> AsyncIterator[Path]:
    """The file at this address for as long as the block runs. Raises UnheardError for what cannot be had."""
    async with workroom(scratch) as folder:
        try:
            async with asyncio.timeout(timeout_s):
                path, _ = await fetch_file(url, folder, limit=limit)
        except (EarwitnessError, TimeoutError) as error:
            raise UnheardError("large" if isinstance(error, AudioTooLargeError) else "download") from None
        yield path


@asynccontextmanager
async def unpacked(data: bytes, scratch: Path) -> AsyncIterator[Path]:
    """A file of these bytes for as long as the block runs."""
    async with workroom(scratch) as folder:
        path = folder / "audio"
        await asyncio.to_thread(path.write_bytes, data)
        yield path


def decoded(data: str) -> bytes | None:
    """The bytes of a Base64 text; None for what is none."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


async def hear(hearing: Hearing, path: Path, wanted: Wanted) -> Heard:
    """What the engine's ear hears in this file. Raises UnheardError."""
    form = PcmFormat(wanted.pcm_rate) if wanted.pcm_rate else None
    try:
        media = await asyncio.to_thread(open_media, FileAudio(path, form))
    except EarwitnessError:
        raise UnheardError("invalid") from None
    _judge(media, wanted)
    try:
        return await _heard(hearing, path, media, wanted)
    except BadAudioError:
        raise UnheardError("transcoding") from None
    except EarwitnessError as error:
        log.warning("a recording could not be heard: %s", error)
        raise UnheardError("recognition") from None


def _judge(media: Media, wanted: Wanted) -> None:
    facts = media.facts
    if facts.container is not None and facts.container not in wanted.containers:
        raise UnheardError("invalid")
    if wanted.exactly and facts.channels and facts.channels != wanted.exactly:
        raise UnheardError("channels")
    if facts.duration_ms == 0:
        raise UnheardError("short")
    if wanted.limit_ms and facts.duration_ms and facts.duration_ms > wanted.limit_ms:
        raise UnheardError("long")


async def _heard(hearing: Hearing, path: Path, media: Media, wanted: Wanted) -> Heard:
    count = media.facts.channels or 1
    # A given transcript belongs to the whole file, and may name the channels itself.
    if wanted.channels == "mix" or count == 1 or isinstance(hearing, GivenHearing):
        transcript = await _whole(hearing, path, media, wanted)
        duration = _duration(media, transcript)
        if wanted.channels == "mix":
            return Heard((transcript,), duration)
        return Heard(_by_channel(transcript, count)[: 1 if wanted.channels == "first" else None], duration)
    return await _apart(hearing, media, wanted, range(count) if wanted.channels == "all" else range(1))


async def _whole(hearing: Hearing, path: Path, media: Media, wanted: Wanted) -> Transcript:
    """The file as it is, so that a given transcript is found by its digest; only bare samples get a header."""
    language = wanted.engine.language
    if wanted.pcm_rate is None:
        return await hearing.transcribe(path, language=language)
    # In a folder of its own: the samples themselves may be called .wav.
    target = path.parent / "heard" / f"{path.stem}.wav"
    wav = await asyncio.to_thread(_as_wav, media, target, wanted.pcm_rate, None)
    return await hearing.transcribe(wav, language=language)


async def _apart(hearing: Hearing, media: Media, wanted: Wanted, numbers: range) -> Heard:
    """Each channel by itself, one after the other."""
    assert media.path is not None
    heard = []
    for number in numbers:
        path = media.path.with_name(f"{media.path.stem}.{number}.wav")
        wav = await asyncio.to_thread(_as_wav, media, path, wanted.engine.sample_rate, number)
        heard.append(await hearing.transcribe(wav, language=wanted.engine.language))
    return Heard(tuple(heard), _duration(media, *heard))


def _as_wav(media: Media, path: Path, rate: int, channel: int | None) -> Path:
    """The samples of one channel, or of all mixed, in a WAV file."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for block in pcm(media, sample_rate=rate, channel=channel, block_ms=_BLOCK_MS):
            file.writeframesraw(block)
    return path


def _by_channel(transcript: Transcript, count: int) -> tuple[Transcript, ...]:
    """A transcript that names channels itself, taken apart by them; there are at least `count`."""
    count = max(count, 1 + max((segment.channel or 0 for segment in transcript.segments), default=0))
    return tuple(
        replace(transcript, segments=tuple(one for one in transcript.segments if (one.channel or 0) == number))
        for number in range(count)
    )


def _duration(media: Media, *transcripts: Transcript) -> int:
    told = [media.facts.duration_ms, *(one.duration_ms for one in transcripts)]
    ends = [segment.end_ms or 0 for one in transcripts for segment in one.segments]
    return next((ms for ms in told if ms is not None), max(ends, default=0))


def _begin(segment: Segment) -> int:
    return segment.start_ms or 0
