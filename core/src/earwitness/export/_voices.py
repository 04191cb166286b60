"""Who speaks in a segment, as people read it."""

from __future__ import annotations

import re

from ..models import Segment, Transcript

__all__ = ["Voices", "one_line"]

# Every character that some reader takes for the end of a line (the list of str.splitlines).
_BREAKS = re.compile(r"[ \t]*[\n\v\f\r\x1c-\x1e\x85\u2028\u2029][ \t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]*")


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


def one_line(text: str) -> str:
    """The text with every line break turned into one blank, and nothing else changed but blanks at the ends."""
    return _BREAKS.sub(" ", text).strip()
