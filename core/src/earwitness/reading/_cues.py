"""Subtitle cues as segments."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._text import one_line
from ..models import Segment, Word
from ._base import refuse

__all__ = ["ARROW", "cue", "stamp"]

_STAMP = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3}))?"
ARROW = re.compile(rf"\s*(-?){_STAMP}[ \t]*-->[ \t]*(-?){_STAMP}")
"""A line of times; hours may be missing, as in WebVTT, and thousandths, as in files typed by hand."""


def cue(
    found: re.Match[str], lines: Iterable[str], *, line: int, words: tuple[Word, ...] = (), strict: bool = True
) -> Segment:
    """The segment of one cue; `line` is where its times stand. Raises InvalidTranscriptError for impossible times.

    Without `strict` they stay as they are written.
    """
    minus, *start, other_minus, h, m, s, part = found.groups()
    begin, end = stamp(*start) * (-1 if minus else 1), stamp(h, m, s, part) * (-1 if other_minus else 1)
    if strict and (minus or other_minus):
        refuse("a time is negative", line=line)
    if strict and end < begin:
        refuse("the cue ends before it starts", line=line)
    return Segment(one_line("\n".join(lines)), begin, end, words)


def stamp(hours: str | None, minutes: str, seconds: str, part: str | None) -> int:
    """Milliseconds from the groups of a time."""
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((part or "").ljust(3, "0"))
