"""ass: Advanced SubStation Alpha subtitles, written with pysubs2 (extra `formats`); each voice is the cue's name."""

from __future__ import annotations

from collections.abc import Iterator

from .._cutting import SCREEN, Shape, span
from .._extras import extra
from ..errors import UnsupportedFeatureError
from ..models import Transcript
from ._base import Exporter
from ._cues import CUES, cues, shown
from ._voices import Voices

__all__ = ["EXPORTER", "write"]

_JOINER = "\N{WORD JOINER}"
_LAST_MS = 10 * 3_600_000 - 10
"""9:59:59.99: the format has one figure for the hours."""


def write(transcript: Transcript, shape: Shape = SCREEN) -> str:
    """One dialogue line per cue, times in hundredths of a second.

    Raises UnsupportedFeatureError without times, and for those from ten hours on.
    """
    pysubs2 = extra("pysubs2", "formats")
    file = pysubs2.SSAFile()
    file.info["ScaledBorderAndShadow"] = "yes"
    for cue in cues(transcript, format="ass", shape=shape):
        if max(cue.end_ms, cue.start_ms + 10) > _LAST_MS:
            raise UnsupportedFeatureError("ass ends at ten hours", action="Use the format srt or vtt.", feature="times")
        event = pysubs2.SSAEvent(cue.start_ms, max(cue.end_ms, cue.start_ms + 10), _escaped(shown(cue)))
        event.name = (cue.voice or "").replace(",", ";")
        file.append(event)
    text: str = file.to_string("ass")
    return text


def _escaped(text: str) -> str:
    # As FFmpeg does: a backslash followed by an invisible joiner starts no code, and a brace with one no override.
    return text.replace("\\", "\\" + _JOINER).replace("{", "\\{").replace("}", "\\}").replace("\n", "\\N")


def _loses(transcript: Transcript) -> Iterator[str]:
    if any((time or 0) % 10 for one in transcript.segments for time in span(one)):
        yield "thousandths of seconds"
    voices = Voices(transcript)
    if any("," in (voices.of(one) or "") for one in transcript.segments):
        yield "commas in names"


EXPORTER = Exporter("ass", ".ass", "text/x-ass", write, CUES, _loses, write)
