"""An acoustic model's files must be as long as they say, because PocketSphinx reads on without looking.

A `mdef` that breaks off crashes it, broken `transition_matrices` end its process, and from half a `sendump` it hears
other words and says nothing. The forms are those of PocketSphinx 5 (its sources `bin_mdef.c`, `tmat.c`, `ptm_mgau.c`).
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["broken_off"]

_HEADER_BYTES = 1 << 16
_MAGIC = 0x11223344
_LONGEST_TITLE = 999


def broken_off(folder: Path) -> str | None:
    """The name of a file that is shorter than its own beginning tells, or whose beginning makes no sense."""
    wanted: dict[str, Callable[[], int]] = {
        "mdef": lambda: _size_of_mdef(_beginning(folder / "mdef")),
        "transition_matrices": lambda: _size_of_transitions(_beginning(folder / "transition_matrices")),
        "sendump": lambda: _size_of_sendump(_beginning(folder / "sendump"), _streams(_beginning(folder / "means"))),
    }
    for name, size in wanted.items():
        if (folder / name).is_file() and not _long_enough(folder / name, size):
            return name
    return None


class _Header:
    """The numbers at the beginning of a file, one after the other. Raises ValueError for a senseless one."""

    def __init__(self, data: bytes, order: str, at: int = 0) -> None:
        self._data, self._order, self.at = data, order, at

    def number(self) -> int:
        (value,) = struct.unpack_from(f"{self._order}i", self._data, self.at)
        self.at += 4
        return int(value)

    def count(self) -> int:
        value = self.number()
        if value < 0:
            raise ValueError("a negative count")
        return value

    def text(self, size: int) -> bytes:
        self.at += size
        return self._data[self.at - size : self.at].rstrip(b"\0")

    def skip_string(self) -> None:
        self.at = self._data.index(b"\0", self.at) + 1


def _long_enough(path: Path, size: Callable[[], int]) -> bool:
    try:
        return path.stat().st_size >= size()
    except (struct.error, ValueError):
        return False


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)


def _size_of_mdef(data: bytes) -> int:
    if data[:4] not in (b"BMDF", b"FDMB"):
        return 0  # the text form, which is read with care
    header = _Header(data, "<" if data.startswith(b"BMDF") else ">", at=8)
    header.text(header.count())
    phones, triphones, states, _, _, _, sequences, _, nodes = (header.count() for _ in range(9))
    header.number()
    names = header.at
    for _ in range(phones):
        header.skip_string()
    padded = -(names - header.at) + 3 & ~3
    # Nodes of 8 bytes, phones of 12, and the sequences of two-byte states after their number.
    return names + padded + nodes * 8 + triphones * 12 + 4 + sequences * states * 2


def _size_of_transitions(data: bytes) -> int:
    header = _s3(data)
    matrices, sources, targets, values = (header.count() for _ in range(4))
    if targets != sources + 1 or values != matrices * sources * targets:
        raise ValueError("no matrices of transitions")
    checksum = 4 if b"chksum0" in data[: header.at] else 0
    return header.at + values * 4 + checksum


def _streams(data: bytes) -> int:
    """The number of feature streams, which is the second number of `means`."""
    header = _s3(data)
    header.count()
    return header.count()


def _s3(data: bytes) -> _Header:
    """Behind the text and the mark of the byte order with which this family of files begins."""
    at = data.index(b"endhdr\n") + len(b"endhdr\n")
    return _Header(data, "<" if _Header(data, "<", at).number() == _MAGIC else ">", at + 4)


def _size_of_sendump(data: bytes, streams: int) -> int:
    little = 1 <= _Header(data, "<").number() <= _LONGEST_TITLE
    header = _Header(data, "<" if little else ">")
    header.text(header.count())
    told = dict(_settings(header))
    clusters, bits = told.get(b"cluster_count", 0), told.get(b"cluster_bits", 8)
    if clusters:
        rows, columns = told.get(b"mixture_count", 0), told.get(b"model_count", 0)
    else:
        rows, columns = header.count(), header.count()
    row = (columns + 1) // 2 if bits == 4 else columns
    table = 16 if clusters == 15 else clusters
    return header.at + table + told.get(b"feature_count", streams) * rows * row


def _settings(header: _Header) -> Iterator[tuple[bytes, int]]:
    """The lines `name number` among the strings of the header, which an empty one ends."""
    while size := header.count():
        words = header.text(size).split()
        if len(words) == 2 and words[1].isdigit():
            yield words[0], int(words[1])
