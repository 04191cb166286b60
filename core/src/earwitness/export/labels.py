"""audacity: a label track of the audio editor Audacity: start, end and text in seconds, split by tabs."""

from __future__ import annotations

from .._text import one_line
from ..models import Transcript
from ._base import SEGMENTS, Exporter, timed

__all__ = ["EXPORTER", "write"]


def write(transcript: Transcript) -> str:
    """One label a segment. Raises UnsupportedFeatureError without times."""
    return "".join(
        f"{start / 1000:.6f}\t{end / 1000:.6f}\t{' '.join(one_line(one.text).split(chr(9)))}\n"
        for one, start, end in timed(transcript, "audacity")
    )


EXPORTER = Exporter("audacity", ".labels.txt", "text/plain", write, SEGMENTS)
