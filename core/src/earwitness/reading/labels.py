"""audacity: a label track of the audio editor Audacity; lines of frequencies (with a backslash) are skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._text import one_line
from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse, seconds

__all__ = ["READER", "read"]


def read(data: bytes) -> Transcript:
    """One segment a label. Raises InvalidTranscriptError naming the line."""
    return finished(_labels(decoded(data)))


def _labels(text: str) -> Iterator[Segment]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        start, end, *label = line.split("\t", 2) if line.count("\t") else ("", "")
        begin, until = (seconds(time.replace(",", "."), line=number) for time in (start, end))
        if until < begin:
            refuse("the label ends before it starts", line=number)
        yield Segment(one_line("".join(label)), begin, until)


def _sniff(head: bytes) -> bool:
    return re.match(rb"\d+(?:[.,]\d+)?\t\d+(?:[.,]\d+)?\t", head) is not None


READER = Reader("audacity", (".labels.txt",), _sniff, read)
