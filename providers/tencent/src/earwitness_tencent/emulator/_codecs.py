"""Compressed live audio as samples: mp3, aac with ADTS headers, and Opus in the vendor's own frames (manual, 10.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ._refusals import UrlError

if TYPE_CHECKING:
    from av import AudioFrame

__all__ = ["Decoder", "OpusFrames"]

_UNDECODED = 4007
_MARK = b"opus"
_HEAD = 6
_MOST_BAD = 10
"""Packets that may be broken before the first one that is not."""
_LONGEST_OPUS = 1275
"""Bytes of an Opus frame at most (RFC 6716, 3.4)."""


class Decoder:
    """Turns a stream of one codec into 16-bit mono samples at this rate. Raises UrlError for what it cannot decode."""

    def __init__(self, codec: str, sample_rate: int) -> None:
        try:
            import av
        except ImportError:
            raise UrlError(_UNDECODED, "voice_format") from None
        self._broken: type[Exception] = av.FFmpegError
        self._packet = av.Packet
        self._context: Any = av.CodecContext.create(codec, "r")
        self._good, self._bad = False, 0
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate)

    def take(self, data: bytes) -> bytes:
        """The samples of the packets that are whole now."""
        return self._decoded(self._context.parse(data))

    def whole(self, packet: bytes) -> bytes:
        """The samples of one packet."""
        return self._decoded([self._packet(packet)])

    def rest(self) -> bytes:
        """What was still held back when the audio ended."""
        return self._decoded([*self._context.parse(b""), None]) + _bytes(self._resampler.resample(None))

    def _decoded(self, packets: Iterable[Any]) -> bytes:
        frames: list[AudioFrame] = []
        for packet in packets:
            try:
                frames += self._context.decode(packet)
            except self._broken:
                # Tags and half frames are passed over at first.
                self._bad += 1
        self._good = self._good or bool(frames)
        if not self._good and self._bad > _MOST_BAD:
            raise UrlError(_UNDECODED)
        return b"".join(_bytes(self._resampler.resample(frame)) for frame in frames)


class OpusFrames:
    """Finds frames that begin with `opus` and a length of two bytes. Raises UrlError for anything else."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now."""
        self._held += data
        while len(self._held) >= _HEAD:
            length = self._length()
            if len(self._held) < _HEAD + length:
                return
            frame, self._held = self._held[_HEAD : _HEAD + length], self._held[_HEAD + length :]
            yield frame

    def _length(self) -> int:
        head = self._held[len(_MARK) : _HEAD]
        # The manual does not say which byte comes first; only one reading is short enough for a frame.
        readings = (int.from_bytes(head, "little"), int.from_bytes(head, "big"))
        length = next((one for one in readings if 0 < one <= _LONGEST_OPUS), 0)
        if not self._held.startswith(_MARK) or not length:
            raise UrlError(_UNDECODED)
        return length


def _bytes(frames: Iterable[AudioFrame]) -> bytes:
    return b"".join(bytes(memoryview(frame.planes[0])[: frame.samples * 2]) for frame in frames)
