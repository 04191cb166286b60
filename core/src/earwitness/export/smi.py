"""smi: SAMI subtitles (Microsoft, Understanding SAMI 1.0), the format of Korean players."""

from __future__ import annotations

import html
from collections.abc import Iterator

from .._cutting import SCREEN, Shape, span
from ..models import Transcript
from ._base import Exporter
from ._cues import CUES, Cue, cues, shown

__all__ = ["EXPORTER", "write"]

_CLASSES = {"ko": ("KRCC", "Korean", "ko-KR"), "en": ("ENCC", "English", "en-US"), "ja": ("JPCC", "Japanese", "ja-JP")}
_OTHER = ("SUBCC", "Subtitles", "und")
_HEAD = """<SAMI>
<HEAD>
<STYLE TYPE="text/css">
<!--
P {{ text-align: center; }}
.{0} {{ Name: {1}; lang: {2}; SAMIType: CC; }}
-->
</STYLE>
</HEAD>
<BODY>
"""


def write(transcript: Transcript, shape: Shape = SCREEN) -> str:
    """One SYNC per cue, and an empty one where silence follows. Raises UnsupportedFeatureError without times."""
    kind = _class(transcript)
    body = "".join(_syncs(cues(transcript, format="smi", named=True, shape=shape), kind[0]))
    return f"{_HEAD.format(*kind)}{body}</BODY>\n</SAMI>\n"


def _class(transcript: Transcript) -> tuple[str, str, str]:
    tags = [
        transcript.detected_language,
        *(one.language for one in transcript.segments),
        *transcript.requested_language,
    ]
    return next((_CLASSES[tag[:2]] for tag in tags if tag and tag[:2] in _CLASSES), _OTHER)


def _syncs(found: list[Cue], kind: str) -> Iterator[str]:
    for number, cue in enumerate(found):
        text = html.escape(shown(cue), quote=False).replace("\n", "<br>")
        yield f"<SYNC Start={cue.start_ms}><P Class={kind}>{text}\n"
        following = found[number + 1].start_ms if number + 1 < len(found) else None
        if following is None or cue.end_ms < following:
            yield f"<SYNC Start={cue.end_ms}><P Class={kind}>&nbsp;\n"


def _loses(transcript: Transcript) -> Iterator[str]:
    """One time shows one text: what overlaps is cut short."""
    last = 0
    for segment in sorted(transcript.segments, key=lambda one: span(one)[0] or 0):
        start, end = span(segment)
        if start is None or end is None or not segment.text.strip():
            continue
        if start < last:
            yield "overlaps"
        last = max(last, end)


EXPORTER = Exporter("smi", ".smi", "application/x-sami", write, CUES, _loses, write)
