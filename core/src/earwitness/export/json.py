"""json: everything the transcript holds, in the published schema; the only format that loses nothing."""

from __future__ import annotations

from ..models import Transcript
from ._base import EVERYTHING, Exporter

__all__ = ["EXPORTER", "write"]


def write(transcript: Transcript) -> str:
    """Indented JSON in UTF-8, in the schema of `earwitness.serial`."""
    return transcript.to_json(indent=2).decode() + "\n"


EXPORTER = Exporter("json", ".json", "application/json", write, EVERYTHING)
