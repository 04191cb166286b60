"""vtt: WebVTT (W3C Candidate Recommendation, April 2019), with voices and the time stamps of words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from .._text import one_line
from ..models import Segment, Transcript, Word
from ._base import Reader, decoded, finished, refuse
from ._cues import ARROW, cue, stamp

__all__ = ["READER", "read"]

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]{1,200})>")
_TAG = re.compile(r"</?[a-z][^<>]{0,200}>|</>", re.IGNORECASE)
_STAMP = re.compile(r"<(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})\.(\d{1,3})>")


def read(data: bytes) -> Transcript:
    """The cues; notes, styles and regions are passed over. Raises InvalidTranscriptError naming the line."""
    text = decoded(data)
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        refuse("A WebVTT file begins with the word WEBVTT", line=1)
    return finished(one for one in _cues(text.split("\n")) if one.text)


def _cues(lines: list[str]) -> Iterator[Segment]:
    number = 0
    while number < len(lines):
        found = ARROW.match(lines[number])
        number += 1
        if found is None:
            continue
        place, body = number, []
        # Only an empty line ends a cue, or the next line of times; YouTube's cues begin with a line that holds a blank.
        while number < len(lines) and lines[number] and not ARROW.match(lines[number]):
            body.append(lines[number])
            number += 1
        for spoken in _by_voice("\n".join(body)):
            yield _cue(found, spoken, place)


def _by_voice(body: str) -> Iterator[str]:
    """What each voice of a cue says; they share its times."""
    begins = [one.start() for one in _VOICE.finditer(body)]
    cuts = [0, *begins[1:], len(body)]
    return (body[start:end] for start, end in pairwise(cuts))


def _cue(found: re.Match[str], body: str, line: int) -> Segment:
    voice = _VOICE.search(body)
    bare = cue(found, [_plain(_STAMP.sub("", body))], line=line)
    named = replace(bare, speaker=one_line(html.unescape(voice[1])) if voice else None)
    return replace(named, words=tuple(_words(body, named))) if _STAMP.search(body) else named


def _words(body: str, segment: Segment) -> Iterator[Word]:
    """The pieces between time stamps; each ends where the next begins, as nothing else is said."""
    pieces = _STAMP.split(body)
    begins = [segment.start_ms or 0]
    begins += [stamp(*pieces[place : place + 4]) for place in range(1, len(pieces), 5)]
    ends = [*begins[1:], segment.end_ms or begins[-1]]
    for text, start, end in zip(pieces[::5], begins, ends, strict=True):
        spoken = one_line(_plain(text))
        if spoken and (segment.start_ms or 0) <= start <= end <= (segment.end_ms or end):
            yield Word(spoken, start, end)


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text))


def _sniff(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")


READER = Reader("vtt", (".vtt",), _sniff, read)
