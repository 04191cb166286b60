"""vtt: WebVTT (W3C Candidate Recommendation, April 2019), with each cue's speaker as a voice span.

Written here and not by a library on purpose: pysubs2 1.8 does not escape `&`, `<` and the arrow, webvtt-py 0.6 refuses
a cue that needs it; escaping is what there is to the format.
"""

from __future__ import annotations

from ..models import Transcript
from ._base import Exporter
from ._cues import Cue, cues, wrapped

__all__ = ["EXPORTER", "write"]


def write(transcript: Transcript) -> str:
    """The header and one cue after the other. Raises UnsupportedFeatureError where segments have no times."""
    return "\n".join(["WEBVTT\n", *(_block(cue) for cue in cues(transcript, format="vtt"))])


def _block(cue: Cue) -> str:
    voice = "" if cue.voice is None else f"<v {_escaped(cue.voice)}>"
    return f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{voice}{_escaped(wrapped(cue.text))}\n"


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _escaped(text: str) -> str:
    # The standard's own escapes (section 4.2.2); with `>` escaped no arrow can appear.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


EXPORTER = Exporter("vtt", ".vtt", "text/vtt", write)
