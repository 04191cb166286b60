"""smi: SAMI subtitles (Microsoft, Understanding SAMI 1.0). They hold starts only: a cue ends where the next begins."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from .._text import one_line
from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse

__all__ = ["READER", "cues", "read"]

LAST_MS = 3_000
"""How long a last cue is shown that nothing follows."""

_SYNC = re.compile(r"<sync\b[^<>]{0,80}?\bstart\s{0,8}=\s{0,8}[\"']?(-?\d{1,15})[^<>]{0,80}>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s{0,8}/?>", re.IGNORECASE)
_TAG = re.compile(r"<[/!a-z][^<>]{0,200}>", re.IGNORECASE)


def read(data: bytes) -> Transcript:
    """The cues; one that nothing follows lasts three seconds. Raises InvalidTranscriptError naming the line."""
    text = decoded(data)
    if not _SYNC.search(text) and "<sami" not in text.lower():
        refuse("There is no <SYNC Start=...> in the file")
    return finished(map(_ended, cues(text)))


def cues(text: str, *, strict: bool = True) -> Iterator[Segment]:
    """Every cue that shows something. The last one's end nobody knows, unless an empty one follows it.

    Impossible times raise InvalidTranscriptError, or stay for `repair` where the text is not to be lost over them.
    """
    found = list(_SYNC.finditer(text))
    for number, sync in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        inside = text[sync.end() : following.start() if following else len(text)]
        shown = one_line(html.unescape(_TAG.sub("", _BREAK.sub("\n", inside))).replace("\xa0", " "))
        if not shown:
            continue
        start, end = int(sync[1]), int(following[1]) if following else None
        if strict and (start < 0 or (end is not None and end < start)):
            line = text.count("\n", 0, sync.start()) + 1
            refuse("a time is negative" if start < 0 else "the cue ends before it starts", line=line)
        yield Segment(shown, start, end, derived=("end_ms",) if following else ())


def _ended(cue: Segment) -> Segment:
    """The cue; the last one of many files has no end, and players show it for a moment."""
    if cue.end_ms is not None or cue.start_ms is None:
        return cue
    return replace(cue, end_ms=cue.start_ms + LAST_MS, derived=("end_ms",))


def _sniff(head: bytes) -> bool:
    return b"<sami" in head.replace(b"\0", b"").lower()


READER = Reader("smi", (".smi", ".sami"), _sniff, read)
