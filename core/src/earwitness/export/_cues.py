"""Subtitle cues: what fits on the screen at once, with the voice that says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter

from .._cutting import cells, cut, wrapped
from .._text import one_line
from ..errors import UnsupportedFeatureError
from ..models import Segment, Transcript
from ._voices import Voices

__all__ = ["Cue", "cells", "cues", "wrapped"]


@dataclass(frozen=True, slots=True)
class Cue:
    """Text shown from `start_ms` to `end_ms` (milliseconds, end after start), and whose voice it is."""

    start_ms: int
    end_ms: int
    text: str = field(repr=False)
    voice: str | None = None


def cues(transcript: Transcript, *, format: str, named: bool = False) -> list[Cue]:
    """The cues in order of time. `named` puts the voice's name in front of the text where the voice changes.

    Raises UnsupportedFeatureError where a segment has no times, neither its own nor its words'.
    """
    voices = Voices(transcript)
    found: list[Cue] = []
    last: str | None = None
    for segment, start, end in _timed(transcript, format):
        voice = voices.of(segment)
        lead = f"{voice}: " if named and voice is not None and voice != last else ""
        last = voice
        found.extend(_cut(segment, start, end, lead, voice))
    return sorted(found, key=attrgetter("start_ms"))


def _timed(transcript: Transcript, format: str) -> list[tuple[Segment, int, int]]:
    """The segments that say something with their start and end, in order of time."""
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    found = []
    for segment in spoken:
        start, end = _start(segment), _end(segment)
        if start is not None and end is not None:
            found.append((segment, start, end))
    if len(found) < len(spoken):
        raise _untimed(transcript, len(spoken) - len(found), len(spoken), format)
    return sorted(found, key=itemgetter(1))


def _untimed(transcript: Transcript, without: int, of: int, format: str) -> UnsupportedFeatureError:
    provider = transcript.served_by.provider if transcript.served_by else None
    return UnsupportedFeatureError(
        f"{provider or 'The vendor'} gave no times for {without} of {of} segments, and {format} needs them",
        action="Use the format txt or json, or ask for word times.",
        feature="word_times",
        provider=provider,
    )


def _start(segment: Segment) -> int | None:
    if segment.start_ms is not None:
        return segment.start_ms
    return next((word.start_ms for word in segment.words if word.start_ms is not None), None)


def _end(segment: Segment) -> int | None:
    if segment.end_ms is not None:
        return segment.end_ms
    return next((word.end_ms for word in reversed(segment.words) if word.end_ms is not None), None)


def _cut(segment: Segment, start: int, end: int, lead: str, voice: str | None) -> Iterator[Cue]:
    """The segment as cues that each fit, as far as its word times allow."""
    for stretch in cut(one_line(segment.text), segment.words, start_ms=start, end_ms=end, lead=lead):
        yield _cue(stretch.start_ms, stretch.end_ms, lead + stretch.text, voice)
        lead = ""


def _cue(start: int, end: int, text: str, voice: str | None) -> Cue:
    # Both formats want the end after the start; a vendor's instant is shown for one millisecond.
    return Cue(start, max(end, start + 1), text.rstrip(), voice)
