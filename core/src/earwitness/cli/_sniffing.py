"""What bare samples are not: the beginnings of files that hold sound in another form."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["container_of"]

_MARKS = (
    (0, b"RIFF", "WAV"),
    (0, b"RIFX", "WAV"),
    (0, b"RF64", "WAV"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"ID3", "MP3"),
    (4, b"ftyp", "MP4"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    (0, b"#!AMR", "AMR"),
    (0, b"FORM", "AIFF"),
    (0, b"caff", "CAF"),
    (0, b".snd", "AU"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
    (0, b"FLV\x01", "FLV"),
)
# Bit rates in kbit/s by their index (ISO/IEC 11172-3, 2.4.2.3, and 13818-3), for layer III.
_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLING = (44_100, 48_000, 32_000)


def container_of(head: bytes) -> str | None:
    """The name of the file format that begins like this, or None for what may be bare samples."""
    for place, mark, name in _MARKS:
        if head[place : place + len(mark)] == mark:
            return name
    if _two_frames(head, _mp3_frame):
        return "MP3"
    return "AAC" if _two_frames(head, _aac_frame) else None


def _two_frames(head: bytes, length_of: Callable[[bytes], int]) -> bool:
    # Twelve set bits alone are also a quiet sample; a second header just where the first one says it is, is not.
    first = length_of(head)
    return first > 0 and length_of(head[first:]) > 0


def _mp3_frame(head: bytes) -> int:
    """The length in bytes of the MPEG layer III frame that begins here; 0 for none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, sampling = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or sampling == 3:
        return 0
    first = version == 3
    hertz = _SAMPLING[sampling] // (1 if first else 2 if version == 2 else 4)
    bits = (_RATES_1 if first else _RATES_2)[rate] * 1000
    return (144 if first else 72) * bits // hertz + (head[2] >> 1 & 1)


def _aac_frame(head: bytes) -> int:
    """The length in bytes of the ADTS frame that begins here (ISO/IEC 13818-7, 6.2); 0 for none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length >= 7 else 0
