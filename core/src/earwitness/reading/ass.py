"""ass: Advanced SubStation Alpha subtitles, read with pysubs2 (extra `formats`); a cue's name is its speaker."""

from __future__ import annotations

import re
import warnings
from typing import Any

from .._extras import extra
from .._text import one_line
from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse

__all__ = ["READER", "read"]

_JOINER = "\N{WORD JOINER}"
_EVENT = re.compile(r"\s*(?:Dialogue|Comment):")


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
    # The library keeps no line; it makes one event of each of these, but of none in the head.
    places = [number for number, line in enumerate(text.split("\n"), start=1) if _EVENT.match(line)]
    shown = zip(map(_hidden, file.events), places[-len(file.events) :], strict=False)
    return finished(_segment(event, line) for event, line in shown if event.is_text and event.plaintext.strip())


def _segment(event: Any, line: int) -> Segment:
    if event.start < 0:
        refuse("a time is negative", line=line)
    if event.end < event.start:
        refuse("the dialogue ends before it starts", line=line)
    return Segment(_plain(event), event.start, event.end, speaker=one_line(event.name) or None)


def _hidden(event: Any) -> Any:
    """The event with braces hidden that begin no code: escaped ones, and those that nothing closes.

    The library takes the first for a code, and for the others it needs the square of their number.
    """
    shown = event.copy()
    codes, last, rest = event.text.replace("\\{", "\ue000").replace("\\}", "\ue001").rpartition("}")
    shown.text = codes + last + rest.replace("{", "\ue000")
    return shown


def _plain(event: Any) -> str:
    text: str = event.plaintext
    return one_line(text.replace("\ue000", "{").replace("\ue001", "}").replace("\\" + _JOINER, "\\"))


def _sniff(head: bytes) -> bool:
    return b"[script info]" in head.replace(b"\0", b"").lower()


READER = Reader("ass", (".ass", ".ssa"), _sniff, read)
