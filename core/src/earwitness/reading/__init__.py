"""Input formats: each turns the bytes of one foreign file into a transcript, or says where it is not what it claims.

A file says less than a vendor: what is not in it stays `None`. Times of cues and labels are the segments' times.
"""

from __future__ import annotations

from ..errors import InvalidRequestError, InvalidTranscriptError
from ..models import Transcript
from . import ass, json, labels, scoring, smi, srt, tables, textgrid, vtt
from ._base import MAX_BYTES, Reader, beginning, too_large

__all__ = ["MAX_BYTES", "Reader", "read", "readers", "too_large"]

_BUILT_IN = (
    json.READER,
    json.WHISPER,
    vtt.READER,
    smi.READER,
    ass.READER,
    srt.READER,
    textgrid.READER,
    tables.CSV,
    tables.TSV,
    scoring.RTTM,  # its lines look like those of the next two
    scoring.CTM,
    scoring.STM,
    labels.READER,
)


def readers() -> dict[str, Reader]:
    """The formats that can be read, by name; the names are those of the exporters."""
    return {reader.name: reader for reader in _BUILT_IN}


def read(data: bytes, *, format: str | None = None, name: str = "") -> Transcript:
    """The transcript in this file.

    Without `format` the content decides, and where several formats look alike the suffix of `name`. Raises
    InvalidRequestError for an unknown format, InvalidTranscriptError, naming the place, for a file that is not what it
    claims to be, that is larger than 64 MiB, or whose encoding is none of UTF-8, UTF-16, CP949 and GB18030.
    """
    if len(data) > MAX_BYTES:
        raise too_large(len(data))
    return _reader(data, format, name).read(data)


def _reader(data: bytes, format: str | None, name: str) -> Reader:
    known = readers()
    if format is not None:
        if format not in known:
            raise InvalidRequestError(
                f"The format {format!r} cannot be read", action=f"Use one of: {', '.join(known)}."
            )
        return known[format]
    head = beginning(data)
    fitting = [one for one in known.values() if one.sniff(head)]
    named = [one for one in known.values() if name.lower().endswith(one.suffixes)]
    both = [one for one in fitting if one in named]
    for found in (both, fitting, named):
        if found:
            return found[0]
    raise InvalidTranscriptError(
        "The file is in none of the formats that can be read", action=f"Say which it is: {', '.join(known)}."
    )
