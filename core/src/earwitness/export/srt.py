"""srt: SubRip subtitles, as FFmpeg, VLC and YouTube read them.

Written here and not by a library on purpose: pysubs2 1.8 holds cue text as ASS, so that spoken braces and
backslashes are lost on the way, and stops at 100 hours; what remains of the format is one line of times and one
empty line.
"""

from __future__ import annotations

import re

from .._cutting import SCREEN, Shape
from ..models import Transcript
from ._base import Exporter
from ._cues import CUES, Cue, cues, shown

__all__ = ["EXPORTER", "write"]

_TIMES = re.compile(r"(?<=\d)(\s*)-->(?=\s*\d)")


def write(transcript: Transcript, shape: Shape = SCREEN) -> str:
    """Numbered cues; a voice is named where it changes. Raises UnsupportedFeatureError where segments have no times."""
    found = enumerate(cues(transcript, format="srt", named=True, shape=shape), start=1)
    return "\n".join(f"{number}\n{_times(cue)}\n{_safe(shown(cue))}\n" for number, cue in found)


def _times(cue: Cue) -> str:
    return f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}"


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


def _safe(text: str) -> str:
    # SubRip has no escapes, and readers take an arrow between two figures for a line of times; others are harmless.
    return _TIMES.sub("\\1\N{EN DASH}\N{EN DASH}>", text)


EXPORTER = Exporter("srt", ".srt", "application/x-subrip", write, CUES, laid_out=write)
