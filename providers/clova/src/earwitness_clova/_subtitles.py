"""SRT and SMI as CLOVA writes them (manual, long-sentence recognition, `format`), read back into segments.

Both hold the same cues, `A: text` each, where A is the letter of a speaker. SMI has starts only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from earwitness.models import Notice, Segment, Speaker, Transcript

__all__ = ["read_subtitles", "sniff"]

_SRT_HEAD = re.compile(r"\d+[ \t]*\r?\n[ \t]*\d+:\d\d:\d\d[,.]\d")
_TIMING = re.compile(r"(\d{1,6}):(\d\d):(\d\d)[,.](\d{1,3})[ \t]*-->[ \t]*(\d{1,6}):(\d\d):(\d\d)[,.](\d{1,3})")
_SYNC = re.compile(r"<sync\b[^<>]{0,80}?\bstart\s{0,8}=\s{0,8}[\"']?(\d{1,15})[^<>]{0,80}>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s{0,8}/?>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,200}>")
_VOICE = re.compile(r"([A-Z]{1,2}): ")


def sniff(body: bytes) -> Literal["srt", "smi"] | None:
    """Which of the two formats this text is in, if any."""
    head = body[:200].decode(errors="replace").lstrip("\ufeff \t\r\n")
    if head[:5].lower() == "<sami":
        return "smi"
    return "srt" if _SRT_HEAD.match(head) else None


def read_subtitles(body: bytes) -> Transcript | None:
    """The cues as segments with their speakers; None for what is in neither format."""
    form = sniff(body)
    if form is None:
        return None
    text = body.decode(errors="replace")
    cues = list(_srt(text) if form == "srt" else _smi(text))
    broken = text.count("\ufffd") - body.count("\ufffd".encode())
    told = f"The vendor's {form.upper()} held bytes that are no UTF-8."
    notices = (Notice("repaired", told, count=broken),) if broken > 0 else ()
    return _with_speakers(cues, notices)


def _srt(text: str) -> Iterator[Segment]:
    """The cues of an SRT file, with or without blank lines between them."""
    current: Segment | None = None
    lines: list[str] = []
    for line in text.splitlines():
        found = _TIMING.match(line.strip())
        if not found:
            lines.append(line.strip())
            continue
        if current is not None:
            yield _cue(current, lines[: _end_of_cue(lines)])
        current, lines = _timed(found), []
    if current is not None:
        yield _cue(current, lines)


def _end_of_cue(lines: list[str]) -> int:
    """How many of the lines before a timing belong to the cue above: not the running number, nor blanks before it."""
    return len(lines) - 1 if lines and lines[-1].isdecimal() else len(lines)


def _timed(found: re.Match[str]) -> Segment:
    hours, minutes, seconds, part, *end = found.groups()
    return Segment("", _ms(hours, minutes, seconds, part), _ms(*end))


def _ms(hours: str, minutes: str, seconds: str, part: str) -> int:
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(part.ljust(3, "0"))


def _smi(text: str) -> Iterator[Segment]:
    """The cues of an SMI file; each ends where the next begins, and the last one nobody knows where."""
    found = list(_SYNC.finditer(text))
    for number, cue in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        inside = text[cue.end() : following.start() if following else len(text)]
        shown = html.unescape(_TAG.sub("", _BREAK.sub("\n", inside))).replace("\xa0", " ")
        start, end = int(cue[1]), int(following[1]) if following else None
        if shown.strip():
            bare = Segment("", start, end, derived=("end_ms",) if following else ())
            yield _cue(bare, shown.splitlines())


def _cue(bare: Segment, lines: list[str]) -> Segment:
    return replace(bare, text=" ".join(filter(None, map(str.strip, lines))))


def _with_speakers(cues: list[Segment], notices: tuple[Notice, ...]) -> Transcript:
    """The letters become speakers where every cue has one; a single `OK: ` is text."""
    voices = [_VOICE.match(cue.text) for cue in cues]
    if not all(voices):
        return Transcript(tuple(cues), notices=notices)
    named = [
        replace(cue, text=cue.text[voice.end() :], speaker=voice[1])
        for cue, voice in zip(cues, voices, strict=True)
        if voice
    ]
    speakers = tuple(map(Speaker, dict.fromkeys(one.speaker for one in named if one.speaker)))
    return Transcript(tuple(named), speakers, notices=notices)
