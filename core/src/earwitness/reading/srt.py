"""srt: SubRip subtitles, also those without numbers or without empty lines between the cues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..models import Segment, Transcript
from ._base import Reader, decoded, finished, refuse
from ._cues import ARROW, cue

__all__ = ["READER", "cues", "read"]

_MARKUP = re.compile(r"</?(?:[bius]|font)(?:\s[^<>]{0,200})?>|\{\\[^{}]{1,200}\}", re.IGNORECASE)

_SPACED = re.compile(r"\s*\d+[ \t]*\n(?:[ \t]*\n)+[ \t]*-?\d+:\d")
"""A first running number with empty lines behind it."""
_TRANSLATED = re.compile(r"\s*\d+ ?: ?\d\d ?: ?\d\d ?[,.] ?\d{3} ?- ?- ?> ?\d")
"""A line of times with the blanks that translation services put into it."""
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
    spaced = _SPACED.match(text) is not None
    for number, line in enumerate(text.split("\n"), start=1):
        found = _times(line) if ">" in line else None
        if found is None:
            if ">" in line and strict and _NEARLY.match(line):
                refuse("this looks like a line of times (00:00:01,000 --> 00:00:02,000) and is none", line=number)
            lines.append(line)
            continue
        if times is not None:
            yield cue(times[0], map(_plain, lines[: _end_of_cue(lines, spaced=spaced)]), line=times[1], strict=strict)
        times, lines = (found, number), []
    if times is not None:
        yield cue(times[0], map(_plain, lines), line=times[1], strict=strict)


def _times(line: str) -> re.Match[str] | None:
    return ARROW.match(line.replace(" ", "") if _TRANSLATED.match(line) else line)


def _end_of_cue(lines: list[str], *, spaced: bool) -> int:
    """How many of the lines before a timing belong to the cue above: not the running number of the cue below.

    `spaced` says that empty lines stand between all lines of the file, and so behind that number too.
    """
    end = len(lines)
    while spaced and end and not lines[end - 1].strip():
        end -= 1
    return end - 1 if end and lines[end - 1].strip().isdecimal() else end


def _plain(line: str) -> str:
    return _MARKUP.sub("", line)


def _sniff(head: bytes) -> bool:
    return re.match(rb"\s*(?:\d+[ \t]*\n\s*)?-?\d+(?: ?: ?\d+){1,2}(?: ?[,.] ?\d+)?[ \t]*-->", head) is not None


READER = Reader("srt", (".srt",), _sniff, read)
