"""ass: Advanced SubStation Alpha subtitles, read with pysubs2 (extra `formats`); a cue's name is its speaker."""

from __future__ import annotations

import warnings
from typing import Any

from .._extras import extra
from .._text import one_line
from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse

__all__ = ["READER", "read"]

_JOINER = "\N{WORD JOINER}"


def read(data: bytes) -> Transcript:
    """The dialogue lines, without drawings and comments. Raises InvalidTranscriptError."""
    pysubs2 = extra("pysubs2", "formats")
    text = decoded(data)
    version = "ssa" if "[v4 styles]" in text.lower() else "ass"
    try:
        with warnings.catch_warnings(action="ignore"):  # It warns of styles and layers, which say nothing here.
            file = pysubs2.SSAFile.from_string(text, format_=version)
    except Exception:  # The library raises whatever its parsing runs into.
        file = None
    if file is None:
        refuse("This is no SubStation Alpha file")
    return finished(_segment(event) for event in file.events if event.is_text and event.plaintext.strip())


def _segment(event: Any) -> Segment:
    if event.start < 0 or event.end < event.start:
        refuse(f"the dialogue at {event.start} ms ends before it starts")
    return Segment(_plain(event), event.start, event.end, speaker=one_line(event.name) or None)


def _plain(event: Any) -> str:
    # The library takes escaped braces for a code; hidden meanwhile, they come through.
    shown = event.copy()
    shown.text = event.text.replace("\\{", "\ue000").replace("\\}", "\ue001")
    text: str = shown.plaintext
    return one_line(text.replace("\ue000", "{").replace("\ue001", "}").replace("\\" + _JOINER, "\\"))


def _sniff(head: bytes) -> bool:
    return b"[script info]" in head.replace(b"\0", b"").lower()


READER = Reader("ass", (".ass", ".ssa"), _sniff, read)
