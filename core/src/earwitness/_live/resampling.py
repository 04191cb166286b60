"""Live samples at another rate, through PyAV: block by block, without a gap between the blocks."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from typing import TYPE_CHECKING

from ..media._decoding import need_av

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler

__all__ = ["resampled"]

_WIDTH = 2
"""Bytes of one sample."""


async def resampled(blocks: AsyncIterable[bytes], given_rate: int, wanted_rate: int) -> AsyncGenerator[bytes]:
    """The same 16-bit little-endian mono sound at `wanted_rate` Hz. Blocks may have any length.

    Raises ConfigurationError where PyAV (extra `media`) is not installed.
    """
    need_av(f"Audio at {given_rate} Hz for a recogniser that wants {wanted_rate} Hz")
    from av import AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=wanted_rate)
    source, rest = aiter(blocks), b""
    try:
        async for block in source:
            whole = rest + block
            even = len(whole) // _WIDTH * _WIDTH
            rest = whole[even:]
            if even:
                for out in _pushed(resampler, _frame(whole[:even], given_rate)):
                    yield out
        for out in _pushed(resampler, None):
            yield out
    finally:
        if close := getattr(source, "aclose", None):
            await close()


def _frame(samples: bytes, rate: int) -> "AudioFrame":
    from av import AudioFrame

    frame = AudioFrame(format="s16", layout="mono", samples=len(samples) // _WIDTH, align=1)
    frame.sample_rate = rate
    frame.planes[0].update(samples)
    return frame


def _pushed(resampler: "AudioResampler", frame: "AudioFrame | None") -> Iterator[bytes]:
    for out in resampler.resample(frame):
        # A plane is padded beyond its samples.
        if out.samples:
            yield bytes(memoryview(out.planes[0])[: out.samples * _WIDTH])
