"""An exporter is a name, a suffix, a media type and one pure function from a transcript to text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..models import Transcript

__all__ = ["Exporter"]


@dataclass(frozen=True, slots=True)
class Exporter:
    """One output format. `suffix` begins with a dot; `write` is pure and returns the whole file as text.

    `write` raises UnsupportedFeatureError where the format needs something that the transcript does not have.
    """

    name: str
    suffix: str
    media_type: str
    write: Callable[[Transcript], str]
