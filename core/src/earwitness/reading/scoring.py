"""ctm, stm and rttm: the line formats of NIST's scoring tools, in seconds; lines that begin with `;;` are comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from .._text import join_texts
from ..models import Segment, Transcript, Word
from ..validation import repair
from ._base import Reader, decoded, finished, refuse, seconds

__all__ = ["CTM", "RTTM", "STM"]

PAUSE_MS = 1_000
"""A silence this long between two words of a ctm, which knows no segments, begins a new one."""


def _read_ctm(data: bytes) -> Transcript:
    """Words of one channel without a long pause between them are a segment."""
    words = sorted(_ctm_words(decoded(data)), key=lambda item: (item[0], item[1].start_ms or 0))
    segments = [one for channel, group in groupby(words, lambda item: item[0]) for one in _spoken(channel, group)]
    return repair(finished(segments))


def _ctm_words(text: str) -> Iterator[tuple[int, Word]]:
    names: set[str] = set()
    for line, parts in _lines(text, 5):
        _one_recording(names, parts[0], line)
        start, length = seconds(parts[2], line=line), seconds(parts[3], line=line)
        confidence = seconds(parts[5], line=line) / 1000 if len(parts) > 5 and parts[5] not in ("NA", "<NA>") else None
        if confidence is not None and confidence > 1:
            refuse("a confidence lies outside 0..1", line=line)
        yield _channel(parts[1], line), Word(parts[4], start, start + length, confidence)


def _spoken(channel: int, group: Iterator[tuple[int, Word]]) -> Iterator[Segment]:
    words: list[Word] = []
    for _, word in group:
        if words and (word.start_ms or 0) - (words[-1].end_ms or 0) >= PAUSE_MS:
            yield _segment(channel, words)
            words = []
        words.append(word)
    if words:
        yield _segment(channel, words)


def _segment(channel: int, words: list[Word]) -> Segment:
    ends = [word.end_ms or 0 for word in words]
    derived = ("text", "start_ms", "end_ms")
    return Segment(
        join_texts(one.text for one in words),
        words[0].start_ms,
        max(ends),
        tuple(words),
        channel=channel,
        derived=derived,
    )


def _read_stm(data: bytes) -> Transcript:
    return finished(_stm_segments(decoded(data)))


def _stm_segments(text: str) -> Iterator[Segment]:
    names: set[str] = set()
    for line, parts in _lines(text, 5, most=6):
        _one_recording(names, parts[0], line)
        start, end = seconds(parts[3], line=line), seconds(parts[4], line=line)
        if end < start:
            refuse("the segment ends before it starts", line=line)
        spoken = re.sub(r"^<[\w,.]+>\s+", "", parts[5]) if len(parts) > 5 else ""
        if parts[2] != "inter_segment_gap" and spoken != "IGNORE_TIME_SEGMENT_IN_SCORING":
            yield Segment(spoken, start, end, speaker=_voice(parts[2]), channel=_channel(parts[1], line))


def _read_rttm(data: bytes) -> Transcript:
    """Who speaks when; the segments hold no text."""
    return finished(_rttm_segments(decoded(data)))


def _rttm_segments(text: str) -> Iterator[Segment]:
    names: set[str] = set()
    for line, parts in _lines(text, 8):
        if parts[0] != "SPEAKER":
            continue
        _one_recording(names, parts[1], line)
        start, length = seconds(parts[3], line=line), seconds(parts[4], line=line)
        yield Segment("", start, start + length, speaker=_voice(parts[7]), channel=_channel(parts[2], line))


def _voice(label: str) -> str | None:
    return None if label in ("unknown", "<NA>") else label


def _lines(text: str, least: int, most: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something, with their number, split at blanks into at most `most` parts."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith(";;"):
            continue
        parts = line.split(None, most - 1) if most else line.split()
        if len(parts) < least:
            refuse(f"{len(parts)} columns where at least {least} belong", line=number)
        yield number, parts


def _one_recording(names: set[str], name: str, line: int) -> None:
    names.add(name)
    if len(names) > 1:
        refuse(
            "the lines of a second recording begin here, and a transcript is of one",
            line=line,
            action="Split the file by its first column.",
        )


def _channel(text: str, line: int) -> int:
    """Channels are numbers from 1, or letters from A."""
    if re.fullmatch(r"\d{1,3}", text):
        return max(0, int(text) - 1)
    if not re.fullmatch(r"[A-Za-z]", text):
        refuse("a channel is neither a number nor a letter", line=line)
    return ord(text.upper()) - ord("A")


def _sniff(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:;;[^\n]*\n|\s*\n)*" + pattern)


_CTM_LINE = _sniff(rb"\S+[ \t]+[\dA-Za-z]+[ \t]+\d+\.?\d*[ \t]+\d+\.?\d*[ \t]+\S+(?:[ \t]+[\d.NA]+)?[ \t]*\r?(?:\n|$)")
_STM_LINE = _sniff(rb"\S+[ \t]+[\dA-Za-z]+[ \t]+\S+[ \t]+\d+\.?\d*[ \t]+\d+\.?\d*(?:[ \t]|\r?\n|$)")
_RTTM_LINE = _sniff(rb"(?:SPEAKER|SPKR-INFO|LEXEME)[ \t]")

CTM = Reader("ctm", (".ctm",), lambda head: _CTM_LINE.match(head) is not None, _read_ctm)
STM = Reader("stm", (".stm",), lambda head: _STM_LINE.match(head) is not None, _read_stm)
RTTM = Reader("rttm", (".rttm",), lambda head: _RTTM_LINE.match(head) is not None, _read_rttm)
