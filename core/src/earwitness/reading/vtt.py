"""vtt: WebVTT (W3C Candidate Recommendation, April 2019), with voices and the time stamps of words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from .._text import one_line
from ..models import Notice, Segment, Transcript, Word
from ._base import Reader, decoded, finished, refuse
from ._cues import ARROW, cue, stamp

__all__ = ["READER", "read"]

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]{1,200})>")
_TAG = re.compile(r"</?[a-z][^<>]{0,200}>|</>", re.IGNORECASE)
_READING = re.compile(r"<rt>[^<]{0,200}(?:</rt>|(?=</ruby>))", re.IGNORECASE)
"""How the characters before it are read aloud, written small above them."""
_STAMP = re.compile(r"<(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})\.(\d{1,3})>")
_MOMENT_MS = 50
"""A cue that only holds a line until the next one rolls in lasts no longer; YouTube's last 10 ms."""


def read(data: bytes) -> Transcript:
    """The cues; notes, styles and regions are passed over. Raises InvalidTranscriptError naming the line."""
    text = decoded(data)
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        refuse("A WebVTT file begins with the word WEBVTT", line=1)
    found = _cues(text.split("\n"))
    again: list[str] = []
    # Captions that roll up over the screen, as YouTube's, have the times of words.
    fresh = _rolled(found, again) if _STAMP.search(text) else found
    segments = [one for match, place, body in fresh for one in _spoken(match, place, body) if one.text]
    told = Notice("repaired", "Lines were left out that roll up from the cue before.", count=len(again))
    return finished(segments, notices=(told,) if again else ())


_Cue = tuple[re.Match[str], int, list[str]]
"""A line of times, its number, and the lines of text behind it."""


def _cues(lines: list[str]) -> Iterator[_Cue]:
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
        yield found, place, body


def _rolled(cues: Iterator[_Cue], again: list[str]) -> Iterator[_Cue]:
    """The cues without the lines that the cue before has shown already; those go into `again`."""
    last: list[str] = []
    ended = 0
    for found, place, body in cues:
        shown = [line for line in body if _plain(_STAMP.sub("", line)).strip()]
        told = [one_line(_plain(_STAMP.sub("", line))) for line in shown]
        # What is said for the first time comes with its times, or alone; what is shown again stands still above it.
        still = next((n for n, line in enumerate(shown) if _STAMP.search(line)), len(shown))
        count = next((n for n in range(min(still, len(last)), 0, -1) if told[:n] == last[-n:]), 0)
        start, end = _times(found)
        if start - ended > _MOMENT_MS or (count == len(shown) and end - start > _MOMENT_MS):
            count = 0
        again.extend(told[:count])
        last, ended = told or last, end
        yield found, place, shown[count:]


def _times(found: re.Match[str]) -> tuple[int, int]:
    shown = cue(found, (), line=0, strict=False)
    return shown.start_ms or 0, shown.end_ms or 0


def _spoken(found: re.Match[str], place: int, body: list[str]) -> Iterator[Segment]:
    for said in _by_voice("\n".join(body)):
        yield _cue(found, said, place)


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
    return html.unescape(_TAG.sub("", _READING.sub("", text)))


def _sniff(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")


READER = Reader("vtt", (".vtt",), _sniff, read)
