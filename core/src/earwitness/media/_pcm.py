"""Samples as engines want them: 16-bit little-endian, one rate, mixed, block by block in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Self

from ..errors import InvalidRequestError
from ._checks import MAX_RATE, MIN_RATE, no_sound, readable, shown
from ._decoding import av_samples, need_av
from ._source import Media
from ._wav import PlainSamples, cut_short, plain_samples

__all__ = ["PcmStream", "pcm"]


class PcmStream(Iterator[bytes]):
    """Blocks of samples; all but the last have the same length. `close` lets go of the file before the end.

    `warnings` are sentences about what was wrong with the recording; they are complete after the last block.
    """

    def __init__(self, blocks: Generator[bytes], warnings: list[str]) -> None:
        self._blocks = blocks
        self.warnings = warnings

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._blocks)

    def close(self) -> None:
        """Ends the decoding."""
        self._blocks.close()


def pcm(
    media: Media, *, sample_rate: int, channels: int = 1, block_ms: int = 100, channel: int | None = None
) -> PcmStream:
    """The sound of any recording or video as 16-bit little-endian samples at `sample_rate` Hz.

    `channels` is 1 or 2 (interleaved); `channel`, counted from 0, takes one channel by itself instead of the mix.
    Holes in the recording become silence, so a sample's place is its time. WAV and bare samples of this very form are
    read as they are, everything else needs PyAV. Raises InvalidRequestError at once; BadAudioError while reading, when
    nothing can be decoded; ConfigurationError without PyAV.
    """
    _check(sample_rate, channels, block_ms, channel)
    warnings: list[str] = []
    size = max(1, sample_rate * block_ms // 1000) * channels * 2
    plain = _as_wanted(media, sample_rate, channels, channel)
    if plain is not None:
        return PcmStream(_read(media, plain, size, channel, warnings), warnings)
    need_av(f"Decoding {shown(media.name)}")
    samples = av_samples(media, sample_rate=sample_rate, channels=channels, channel=channel, warnings=warnings)
    return PcmStream(_cut(samples, size), warnings)


def _as_wanted(media: Media, sample_rate: int, channels: int, channel: int | None) -> PlainSamples | None:
    """Where samples lie just as they are wanted, apart from channels to leave out; None for other media."""
    facts = media.facts
    if facts.codec != "pcm_s16le" or facts.sample_rate != sample_rate or facts.container not in ("wav", "s16le"):
        return None
    there = facts.channels or 0
    fits = there == channels if channel is None else channel < there
    return plain_samples(media) if fits else None


def _read(media: Media, plain: PlainSamples, size: int, channel: int | None, warnings: list[str]) -> Generator[bytes]:
    name = shown(media.name)
    if not plain.whole:
        raise no_sound(name)
    warnings += cut_short(plain, name)
    picked = channel is not None and plain.channels > 1
    size *= plain.channels if picked else 1
    with media.reading() as file, readable(name):
        file.seek(plain.offset)
        left = plain.whole
        while left and (block := file.read(min(size, left))):
            left -= len(block)
            yield memoryview(block).cast("h")[channel :: plain.channels].tobytes() if picked else block


def _cut(pieces: Iterator[bytes], size: int) -> Generator[bytes]:
    """The same bytes in blocks of `size`."""
    held = bytearray()
    for piece in pieces:
        held += piece
        whole = len(held) - len(held) % size
        for start in range(0, whole, size):
            yield bytes(held[start : start + size])
        del held[:whole]
    if held:
        yield bytes(held)


def _check(sample_rate: int, channels: int, block_ms: int, channel: int | None) -> None:
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise InvalidRequestError(f"Samples cannot be made at {sample_rate:,} Hz", action="Ask for 8000 or 16000.")
    if channels not in (1, 2) or (channel is not None and channels != 1):
        raise InvalidRequestError(
            f"Sound cannot be mixed to {channels} channels", action="Ask for 1, for 2, or for one `channel`."
        )
    if block_ms < 1 or (channel is not None and channel < 0):
        raise InvalidRequestError("Blocks last at least 1 ms and channels are counted from 0", action="Ask for these.")
