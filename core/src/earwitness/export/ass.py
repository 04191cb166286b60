"""ass: Advanced SubStation Alpha subtitles, written with pysubs2 (extra `formats`); each voice is the cue's name."""

from __future__ import annotations

from .._extras import extra
from ..models import Transcript
from ._base import Exporter
from ._cues import cues, wrapped

__all__ = ["EXPORTER", "write"]

_JOINER = "\N{WORD JOINER}"


def write(transcript: Transcript) -> str:
    """One dialogue line per cue, times in hundredths of a second. Raises UnsupportedFeatureError without times."""
    pysubs2 = extra("pysubs2", "formats")
    file = pysubs2.SSAFile()
    file.info["ScaledBorderAndShadow"] = "yes"
    for cue in cues(transcript, format="ass"):
        event = pysubs2.SSAEvent(cue.start_ms, max(cue.end_ms, cue.start_ms + 10), _escaped(wrapped(cue.text)))
        event.name = (cue.voice or "").replace(",", ";")
        file.append(event)
    text: str = file.to_string("ass")
    return text


def _escaped(text: str) -> str:
    # As FFmpeg does: a backslash followed by an invisible joiner starts no code, and a brace with one no override.
    return text.replace("\\", "\\" + _JOINER).replace("{", "\\{").replace("}", "\\}").replace("\n", "\\N")


EXPORTER = Exporter("ass", ".ass", "text/x-ass", write, frozenset({"speakers"}))
