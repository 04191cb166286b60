"""Samples that lie open in a file, and the WAV header that describes them, read and written without any library.

Source: Microsoft's Multimedia Programming Interface (RIFF/WAVE), WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ..errors import BadAudioError
from ._checks import check_form, shown

if TYPE_CHECKING:
    from ._source import Media

__all__ = ["HEADER", "PlainSamples", "Section", "cut_short", "is_wav", "plain_samples", "read_header", "write_header"]

HEADER = 44
"""Length in bytes of the header that `write_header` makes."""

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_UNKNOWN = 0xFFFFFFFF
_MAX_CHUNKS = 1000

# (format tag, bits per sample) -> FFmpeg's name of the codec. What is missing here needs PyAV.
_CODECS = {
    (_PCM, 8): "pcm_u8",
    (_PCM, 16): "pcm_s16le",
    (_PCM, 24): "pcm_s24le",
    (_PCM, 32): "pcm_s32le",
    (_FLOAT, 32): "pcm_f32le",
    (_FLOAT, 64): "pcm_f64le",
    (_ALAW, 8): "pcm_alaw",
    (_MULAW, 8): "pcm_mulaw",
}


@dataclass(frozen=True, slots=True)
class PlainSamples:
    """Samples that lie one after the other in a file. `offset` and `length` (bytes) bound those that are truly there.

    `codec` is None for a WAV file whose samples are packed by another codec. `mask` tells which loudspeakers the
    channels belong to, 0 when nobody said. `missing` is how many bytes a header promises beyond the end of the file.
    """

    codec: str | None
    sample_rate: int
    channels: int
    bits: int
    offset: int
    length: int
    missing: int = 0
    mask: int = 0

    @property
    def frame(self) -> int:
        """The bytes of one moment: one sample of each channel."""
        return self.channels * self.bits // 8

    @property
    def whole(self) -> int:
        """The length in bytes without a last moment that is cut in two."""
        return self.length - self.length % self.frame

    @property
    def duration_ms(self) -> int:
        """How long the samples last, in milliseconds."""
        return round(self.length // self.frame * 1000 / self.sample_rate)

    @property
    def layout(self) -> str:
        """The channels in FFmpeg's words: by the mask, else mono, stereo or just a count (`3C`)."""
        if self.mask.bit_count() == self.channels:
            return f"0x{self.mask:x}"
        return f"{self.channels}{'c' if self.channels <= 2 else 'C'}"


class Section(io.RawIOBase):
    """A part of an open file that reads as a file of its own."""

    def __init__(self, file: BinaryIO, *, offset: int, length: int) -> None:
        super().__init__()
        self._file = file
        self._offset = offset
        self._length = length
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._length - self._place)
        self._file.seek(self._offset + self._place)
        block = self._file.read(left if size < 0 else min(size, left))
        self._place += len(block)
        return block


def plain_samples(media: Media) -> PlainSamples | None:
    """Where the samples of a WAV file or of headerless media lie; None for any other. Raises BadAudioError."""
    facts = media.facts
    if facts.container == "s16le" and facts.sample_rate and facts.channels:
        return PlainSamples("pcm_s16le", facts.sample_rate, facts.channels, 16, 0, media.length)
    with media.open() as file:
        if not is_wav(file.read(12)):
            return None
        file.seek(0)
        return read_header(file, length=media.length, name=shown(media.name))


def is_wav(head: bytes) -> bool:
    """Whether a file that begins so is a WAV file."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def cut_short(plain: PlainSamples, name: str) -> list[str]:
    """The warning that samples are missing at the end, if they are."""
    if not plain.missing:
        return []
    return [f"{name} is cut short: its header promises {plain.missing:,} bytes more than there are"]


def read_header(file: BinaryIO, *, length: int, name: str) -> PlainSamples:
    """The header of a WAV file of `length` bytes. Raises BadAudioError for one that contradicts itself or the file.

    A data size of 0 or 0xFFFFFFFF, as written by programs that stream, means all the rest of the file.
    """
    riff = _unpack("<4xI4x", file.read(12), name)[0]
    form: bytes | None = None
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        start = file.tell() + 8
        head = file.read(8)
        if len(head) < 8:
            break
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data":
            size = long_size if size == _UNKNOWN and long_size else size
            return _described(form, name, start, _sizes(size, start, length, complete=riff == length - 8))
        if start + size > length:
            told = kind.decode("ascii", "replace")
            raise _damaged(name, f"its {_plain(told)} part claims {size:,} bytes in a file of {length:,}")
        if kind == b"fmt ":
            form = file.read(min(size, 40))
        elif kind == b"ds64":
            long_size = _unpack("<8xQ", file.read(min(size, 16)), name)[0]
        file.seek(start + size + size % 2)
    raise _damaged(name, "it has no samples after its header")


def write_header(*, sample_rate: int, channels: int, length: int) -> bytes:
    """The header of a WAV file of 16-bit samples that take `length` bytes; beyond 4 GiB its sizes say `unknown`."""
    riff, data = (length + HEADER - 8, length) if length + HEADER - 8 < _UNKNOWN else (_UNKNOWN, _UNKNOWN)
    rate = (sample_rate, sample_rate * channels * 2)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, channels, *rate, channels * 2, 16)
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + form + struct.pack("<4sI", b"data", data)


def _sizes(claimed: int, start: int, length: int, *, complete: bool) -> tuple[int, int]:
    """How many bytes of samples are there and how many are missing."""
    there = length - start
    # A streaming writer left the sizes of the file and of the data open; a finished empty recording did not.
    if claimed == _UNKNOWN or (claimed == 0 and not complete):
        return there, 0
    return min(claimed, there), max(0, claimed - there)


def _described(form: bytes | None, name: str, offset: int, sizes: tuple[int, int]) -> PlainSamples:
    if form is None or len(form) < 16:
        raise _damaged(name, "the description of its samples is missing or cut short")
    tag, channels, rate, bits = _unpack("<HHI6xH", form[:16], name)
    check_form(sample_rate=rate, channels=channels, name=name)
    mask = 0
    if tag == _EXTENSIBLE and len(form) >= 26:
        mask, tag = struct.unpack_from("<IH", form, 20)
    return PlainSamples(_CODECS.get((tag, bits)), rate, channels, bits, offset, *sizes, mask=mask)


def _unpack(form: str, data: bytes, name: str) -> tuple[int, ...]:
    try:
        return struct.unpack(form, data)
    except struct.error:
        raise _damaged(name, "its header is cut short") from None


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip() or "first"


def _damaged(name: str, why: str) -> BadAudioError:
    return BadAudioError(
        f"{name} is a damaged WAV file: {why}", action="Record or export it again, or repair it with an audio editor."
    )
