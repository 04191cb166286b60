"""Subtitle cues: what fits on the screen at once, with the voice that says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

from .._cutting import SCREEN, Shape, Stretch, cells, cut, wrapped
from .._text import one_line
from ..models import Segment, Transcript, Word
from ._base import SEGMENTS, timed
from ._voices import Voices

__all__ = ["CUES", "Cue", "cells", "cues", "shown"]

CUES = SEGMENTS | {"speakers", "names"}
"""What every subtitle keeps: the voices are named in the text, or beside it."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Text shown from `start_ms` to `end_ms` (milliseconds, end after start), and whose voice it is."""

    start_ms: int
    end_ms: int
    text: str = field(repr=False)
    voice: str | None = None
    words: tuple[Word, ...] = field(default=(), repr=False)
    line_cells: int = SCREEN.line_cells


def cues(transcript: Transcript, *, format: str, named: bool = False, shape: Shape = SCREEN) -> list[Cue]:
    """The cues in order of time, each of which fits on this screen.

    `named` puts the voice's name in front of the text where the voice changes. Raises
    UnsupportedFeatureError where a segment has no times, neither its own nor its words'.
    """
    voices = Voices(transcript)
    found: list[Cue] = []
    last: str | None = None
    for segment, start, end in timed(transcript, format):
        voice = voices.of(segment)
        lead = f"{voice}: " if named and voice is not None and voice != last else ""
        last = voice
        found.extend(_cut(replace(segment, start_ms=start, end_ms=end), lead, voice, shape))
    return sorted(found, key=attrgetter("start_ms"))


def shown(cue: Cue) -> str:
    """The cue's text in lines that fit on the screen."""
    return wrapped(cue.text, cue.line_cells, cue.words)


def _cut(segment: Segment, lead: str, voice: str | None, shape: Shape) -> Iterator[Cue]:
    """The segment as cues that each fit, as far as its word times allow."""
    start, end = segment.start_ms or 0, segment.end_ms or 0
    for stretch in cut(one_line(segment.text), segment.words, start_ms=start, end_ms=end, shape=shape, lead=lead):
        yield _cue(replace(stretch, text=lead + stretch.text), voice, shape)
        lead = ""


def _cue(stretch: Stretch, voice: str | None, shape: Shape) -> Cue:
    # Both formats want the end after the start; a vendor's instant is shown for one millisecond.
    start, end = stretch.start_ms, max(stretch.end_ms, stretch.start_ms + 1)
    return Cue(start, end, stretch.text.rstrip(), voice, stretch.words, shape.line_cells)
