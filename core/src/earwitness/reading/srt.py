"""srt: SubRip subtitles, also those without numbers or without empty lines between the cues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse
from ._cues import ARROW, cue

__all__ = ["READER", "cues", "read"]

_MARKUP = re.compile(r"</?(?:[bius]|font)(?:\s[^<>]{0,200})?>|\{\\[^{}]{1,200}\}", re.IGNORECASE)

_NEARLY = re.compile(r"\s*-?\d+:\d[\d:.,]*[ \t]*-{1,3}>[ \t]*-?\d+:\d")


def read(data: bytes) -> Transcript:
    """The cues; marks of style are taken out. Raises InvalidTranscriptError naming the line."""
    found = list(cues(decoded(data)))
    if not found and data.strip():
        refuse("There is no line of times (00:00:01,000 --> 00:00:02,000) in the file")
    return finished(one for one in found if one.text)


def cues(text: str, *, strict: bool = True) -> Iterator[Segment]:
    """Every cue of the text, those without words included.

    Impossible times raise InvalidTranscriptError, or stay for `repair` where the text is not to be lost over them.
    """
    times: tuple[re.Match[str], int] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        found = ARROW.match(line)
        if found is None:
            if strict and _NEARLY.match(line):
                refuse("this looks like a line of times (00:00:01,000 --> 00:00:02,000) and is none", line=number)
            lines.append(line)
            continue
        if times is not None:
            yield cue(times[0], map(_plain, lines[: _end_of_cue(lines)]), line=times[1], strict=strict)
        times, lines = (found, number), []
    if times is not None:
        yield cue(times[0], map(_plain, lines), line=times[1], strict=strict)


def _end_of_cue(lines: list[str]) -> int:
    """How many of the lines before a timing belong to the cue above: not the running number of the cue below."""
    return len(lines) - 1 if lines and lines[-1].strip().isdecimal() else len(lines)


def _plain(line: str) -> str:
    return _MARKUP.sub("", line)


def _sniff(head: bytes) -> bool:
    return re.match(rb"(?:\xef\xbb\xbf)?\s*\d+[ \t]*\r?\n[ \t]*-?\d+:\d\d:\d\d(?:[,.]\d|[ \t]*-->)", head) is not None


READER = Reader("srt", (".srt",), _sniff, read)
