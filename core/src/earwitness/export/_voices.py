"""Who speaks in a segment, as people read it."""

from __future__ import annotations

from .._text import one_line
from ..models import Segment, Transcript

__all__ = ["Voices"]


class Voices:
    """The name to show for each segment: the speaker's name or label, else the channel where there are several."""

    def __init__(self, transcript: Transcript) -> None:
        self._names = {speaker.id: one_line(speaker.name or speaker.id) for speaker in transcript.speakers}
        self._channels = len({segment.channel for segment in transcript.segments}) > 1

    def of(self, segment: Segment) -> str | None:
        """The voice's name, or None where nobody can be named."""
        if segment.speaker is not None:
            return self._names.get(segment.speaker, one_line(segment.speaker))
        if self._channels and segment.channel is not None:
            return f"Channel {segment.channel}"
        return None
