"""smi: SAMI subtitles (Microsoft, Understanding SAMI 1.0). They hold starts only: a cue ends where the next begins."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from .._text import one_line
from ..models import Notice, Segment, Transcript
from ._base import Reader, decoded, finished, refuse

__all__ = ["READER", "cues", "read"]

LAST_MS = 3_000
"""How long a last cue is shown that nothing follows."""

_SYNC = re.compile(r"<sync\b[^<>]{0,80}?\bstart\s{0,8}=\s{0,8}[\"']?(-?\d{1,15})[^<>]{0,80}>", re.IGNORECASE)
_END = re.compile(r"\bend\s{0,8}=\s{0,8}[\"']?(\d{1,15})", re.IGNORECASE)
_PARAGRAPH = re.compile(
    r"<p\b[^<>]{0,80}?\bclass\s{0,8}=\s{0,8}[\"']?([\w-]{1,40})[^<>]{0,80}>(.*?)(?=<p\b|<sync\b|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(r"<br\s{0,8}/?>", re.IGNORECASE)
_TAG = re.compile(r"<[/!a-z][^<>]{0,200}>", re.IGNORECASE)


def read(data: bytes) -> Transcript:
    """The first language's cues; one that nothing follows lasts three seconds.

    Raises InvalidTranscriptError naming the line.
    """
    text = _uncommented(decoded(data))
    if not _SYNC.search(text) and "<sami" not in text.lower():
        refuse("There is no <SYNC Start=...> in the file")
    others = len(_languages(text)) - 1
    told = Notice("incomplete", "The file holds further languages; the first one was read.", "language", others)
    return finished(map(_ended, cues(text)), notices=(told,) if others > 0 else ())


def cues(text: str, *, strict: bool = True) -> Iterator[Segment]:
    """Every cue that shows something. The last one's end nobody knows, unless an empty one follows it.

    Impossible times raise InvalidTranscriptError, or stay for `repair` where the text is not to be lost over them.
    """
    shown = list(_shown(text))
    for number, (sync, inside) in enumerate(shown):
        following = shown[number + 1][0] if number + 1 < len(shown) else None
        spoken = one_line(html.unescape(_TAG.sub("", _BREAK.sub("\n", inside))).replace("\xa0", " "))
        if not spoken:
            continue
        ended = _END.search(sync[0])
        start, end = int(sync[1]), int(ended[1]) if ended else int(following[1]) if following else None
        if strict and (start < 0 or (end is not None and end < start)):
            line = text.count("\n", 0, sync.start()) + 1
            refuse("a time is negative" if start < 0 else "the cue ends before it starts", line=line)
        yield Segment(spoken, start, end, derived=("end_ms",) if following and not ended else ())


def _uncommented(text: str) -> str:
    """The text without its comments; the lines keep their numbers."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept += [text[place:start], "\n" * text.count("\n", start, end)]
        place = end + 3
    return "".join([*kept, text[place:]])


def _shown(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each time with what is shown then in the first language: a file may hold the same film in several."""
    syncs = list(_SYNC.finditer(text))
    first = next(iter(_languages(text)), None)
    for number, sync in enumerate(syncs):
        inside = text[sync.end() : syncs[number + 1].start() if number + 1 < len(syncs) else len(text)]
        parts = [(found[1].lower(), found[2]) for found in _PARAGRAPH.finditer(inside)]
        if not parts:
            yield sync, inside
        elif any(language == first for language, _ in parts):
            yield sync, "\n".join(part for language, part in parts if language == first)


def _languages(text: str) -> dict[str, None]:
    """The classes of the file's paragraphs, in order."""
    return dict.fromkeys(found[1].lower() for found in _PARAGRAPH.finditer(text))


def _ended(cue: Segment) -> Segment:
    """The cue; the last one of many files has no end, and players show it for a moment."""
    if cue.end_ms is not None or cue.start_ms is None:
        return cue
    return replace(cue, end_ms=cue.start_ms + LAST_MS, derived=("end_ms",))


def _sniff(head: bytes) -> bool:
    return b"<sami" in head.replace(b"\0", b"").lower()


READER = Reader("smi", (".smi", ".sami"), _sniff, read)
