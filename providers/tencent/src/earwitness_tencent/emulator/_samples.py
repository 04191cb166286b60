"""The binary frames of a live connection as whole 16-bit samples, and whether they come faster than they may."""

from __future__ import annotations

from collections import deque

from ._codecs import Decoder, OpusFrames
from ._refusals import UrlError

__all__ = ["FORMS", "Pace", "Samples"]

FORMS = {1: "pcm", 8: "mp3", 10: "opus", 12: "wav", 16: "aac"}
"""The `voice_format` numbers that this emulator decodes. The others (speex, silk, m4a) it cannot: they are refused when
audio comes."""

_BYTES = 2
_LONGEST_HEADER = 4096


class Samples:
    """Takes frames of any length. The header of a WAV file is left out, half a sample waits for the rest."""

    def __init__(self, voice_format: int, sample_rate: int) -> None:
        form = FORMS.get(voice_format)
        self._known = form is not None
        self._rate = sample_rate
        self._head: bytes | None = b"" if form == "wav" else None
        self._decoder = Decoder(form, sample_rate) if form in ("mp3", "opus", "aac") else None
        self._frames = OpusFrames() if form == "opus" else None
        self._half = b""
        self.total = 0

    @property
    def heard_ms(self) -> int:
        """How much audio has come, in milliseconds."""
        return self.ms(self.total)

    def ms(self, size: int) -> int:
        """How long so many bytes of samples last, in milliseconds."""
        return size * 1000 // (_BYTES * self._rate)

    def take(self, frame: bytes) -> bytes:
        """The whole samples that are there now. Raises UrlError for what cannot be decoded."""
        return self._whole(self._bare(frame))

    def rest(self) -> bytes:
        """What a decoder still held when the audio ended."""
        return self._whole(self._decoder.rest()) if self._decoder and self.total else b""

    def _whole(self, samples: bytes) -> bytes:
        data = self._half + samples
        whole = len(data) - len(data) % _BYTES
        self._half = data[whole:]
        self.total += whole
        return data[:whole]

    def _bare(self, frame: bytes) -> bytes:
        if frame and not self._known:
            raise UrlError(4007, "voice_format")
        if self._decoder is not None and self._frames is not None:
            decoder = self._decoder
            return b"".join(decoder.whole(packet) for packet in self._frames.take(frame))
        if self._decoder is not None:
            return self._decoder.take(frame)
        return frame if self._head is None else self._after_head(self._head + frame)

    def _after_head(self, held: bytes) -> bytes:
        place = held.find(b"data")
        if place < 0 or len(held) < place + 8:
            if len(held) > _LONGEST_HEADER:
                raise UrlError(4007)
            self._head = held
            return b""
        self._head = None
        if held[:4] != b"RIFF" or held[8:12] != b"WAVE":
            raise UrlError(4007)
        return held[place + 8 :]


class Pace:
    """How much audio came within the last second. Raises UrlError 4000 beyond the limit in milliseconds (0: none)."""

    def __init__(self, limit_ms: int) -> None:
        self._limit = limit_ms
        self._recent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, ms: int, now: float) -> None:
        """Counts this much audio at this second of the clock."""
        while self._recent and self._recent[0][0] <= now - 1:
            self._sum -= self._recent.popleft()[1]
        self._recent.append((now, ms))
        self._sum += ms
        if self._limit and self._sum > self._limit:
            raise UrlError(4000)
