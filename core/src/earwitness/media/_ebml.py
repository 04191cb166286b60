"""Which of the two containers of the same grammar a file is: FFmpeg reads both as one family, and vendors do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

__all__ = ["matroska_or_webm"]

_HEADER = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = b"\x42\x82"


def matroska_or_webm(head: bytes) -> Literal["matroska", "webm"] | None:
    """What the EBML header says with which a file begins (RFC 8794, 11.2); None for a file that begins otherwise.

    Matroska is also what leaves its DocType out, or out of reach.
    """
    if not head.startswith(_HEADER):
        return None
    for name, value in _elements(head):
        if name == _DOC_TYPE:
            return "webm" if value.rstrip(b"\0") == b"webm" else "matroska"
    return "matroska"


def _elements(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The id and the content of everything within the header that lies in these bytes."""
    length, place = _size(head, len(_HEADER))
    end = min(len(head), place + length)
    while place < end:
        name = head[place : place + _width(head[place])]
        length, content = _size(head, place + len(name))
        place = content + length
        yield name, head[content : min(place, end)]


def _size(head: bytes, place: int) -> tuple[int, int]:
    """A length and where it ends (RFC 8794, 4): as many bytes as the first has leading zeros, and one."""
    width = _width(head[place]) if place < len(head) else 1
    number = int.from_bytes(head[place : place + width])
    return number & ((1 << 7 * width) - 1), place + width


def _width(first: int) -> int:
    return 9 - first.bit_length()
