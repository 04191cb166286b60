"""ctm, stm and rttm: the line formats of NIST's scoring tools, in seconds; lines that begin with `;;` are comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from ..models import Notice, Segment, Transcript, Word
from ..validation import repair
from ._base import Reader, decoded, finished, refuse, seconds, spoken

__all__ = ["CTM", "RTTM", "STM"]

NAMELESS = "recording"
"""What stands for the name of a recording that has none."""

_UNKNOWN = ("unknown", "<NA>")
_NOBODY = ("inter_segment_gap", "excluded_region")
"""In the place of a speaker in NIST's STM: nothing there is scored."""
_LABEL = re.compile(r"^<(?:NA|[oO]|[^<>\s]*,[^<>\s]*)>(?=\s|$)")
"""The conditions under which a segment of a stm was spoken: `<o,f0,male>`; but no token as `<unk>`."""
_Owner = tuple[int, str]
"""Channel and voice."""


def _read_ctm(data: bytes) -> Transcript:
    """Words of one channel and voice without a long pause between them are a segment."""
    names: set[str] = set()
    words = sorted(_ctm_words(decoded(data), names), key=lambda item: (*item[0], item[1].start_ms or 0))
    segments = [
        segment
        for (channel, voice), group in groupby(words, itemgetter(0))
        for segment in spoken((word for _, word in group), channel=channel, speaker=voice or None)
    ]
    # Channel for channel is an order of its own, and no disorder.
    segments.sort(key=lambda one: one.start_ms or 0)
    return repair(_named(finished(segments), names))


def _ctm_words(text: str, names: set[str]) -> Iterator[tuple[_Owner, Word]]:
    for line, parts in _lines(text, 5):
        _one_recording(names, parts[0], line)
        start, length = seconds(parts[2], line=line), seconds(parts[3], line=line)
        # NeMo writes the kind of the word and its speaker behind the confidence.
        voice = _voice(parts[7]) if len(parts) > 7 and parts[7] != "NA" else None
        owner = (_channel(parts[1], line), voice or "")
        yield owner, Word(parts[4], start, start + length, _confidence(parts, line))


def _confidence(parts: list[str], line: int) -> float | None:
    if len(parts) < 6 or parts[5] in ("NA", "<NA>"):
        return None
    try:
        confidence = float(parts[5])
    except ValueError:
        confidence = -1.0
    # Kaldi adds up probabilities, and may come to a little more than 1.
    if not 0 <= confidence <= 1.01:
        refuse("a confidence lies outside 0..1", line=line)
    return min(confidence, 1.0)


def _read_stm(data: bytes) -> Transcript:
    names: set[str] = set()
    return _named(finished(_stm_segments(decoded(data), names)), names)


def _stm_segments(text: str, names: set[str]) -> Iterator[Segment]:
    for line, parts in _lines(text, 5, most=6):
        _one_recording(names, parts[0], line)
        start, end = seconds(parts[3], line=line), seconds(parts[4], line=line)
        if end < start:
            refuse("the segment ends before it starts", line=line)
        said = _LABEL.sub("", parts[5]).strip() if len(parts) > 5 else ""
        if parts[2].lower() not in _NOBODY and said.upper() != "IGNORE_TIME_SEGMENT_IN_SCORING":
            yield Segment(said, start, end, speaker=_voice(parts[2]), channel=_channel(parts[1], line))


def _read_rttm(data: bytes) -> Transcript:
    """Who speaks when; the segments hold no text."""
    names: set[str] = set()
    others: list[int] = []
    made = _named(finished(_rttm_segments(decoded(data), names, others)), names)
    told = Notice("incomplete", "Lines that are neither SPEAKER nor SPKR-INFO were left out.", count=len(others))
    return replace(made, notices=(*made.notices, told)) if others else made


def _rttm_segments(text: str, names: set[str], others: list[int]) -> Iterator[Segment]:
    """Each SPEAKER; the numbers of lines that say something else go into `others`."""
    for line, parts in _lines(text, 8):
        if parts[0] not in ("SPEAKER", "SPKR-INFO"):
            others.append(line)
        if parts[0] != "SPEAKER":
            continue
        _one_recording(names, parts[1], line)
        start, length = seconds(parts[3], line=line), seconds(parts[4], line=line)
        yield Segment("", start, start + length, speaker=_voice(parts[7]), channel=_channel(parts[2], line))


def _voice(label: str) -> str | None:
    return None if label in _UNKNOWN else label


def _lines(text: str, least: int, most: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something, with their number, split at blanks into at most `most` parts."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith(";;"):
            continue
        parts = line.split(None, most - 1) if most else line.split()
        if len(parts) < least:
            refuse(f"{len(parts)} columns where at least {least} belong", line=number)
        yield number, parts


def _named(transcript: Transcript, names: set[str]) -> Transcript:
    """The transcript with the recording's name, where the file gives one."""
    name = next(iter(names), NAMELESS)
    return transcript if name == NAMELESS else replace(transcript, metadata={"recording": name})


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
    return re.compile(rb"(?:;;[^\n]*\n|[ \t]*\n)*" + pattern)


_CTM_LINE = _sniff(
    rb"\S+[ \t]+[\dA-Za-z]+[ \t]+\d+\.?\d*[ \t]+\d+\.?\d*[ \t]+\S+"
    rb"(?:[ \t]+[\d.<NA>]+(?:[ \t]+[a-z-]+(?:[ \t]+\S+)?)?)?[ \t]*(?:\n|$)"
)
_STM_LINE = _sniff(rb"\S+[ \t]+[\dA-Za-z]+[ \t]+\S+[ \t]+\d+\.?\d*[ \t]+\d+\.?\d*(?:\s|$)")
_RTTM_LINE = _sniff(rb"(?:SPEAKER|SPKR-INFO|LEXEME|NON-SPEECH|NON-LEX)[ \t]")

CTM = Reader("ctm", (".ctm",), lambda head: _CTM_LINE.match(head) is not None, _read_ctm)
STM = Reader("stm", (".stm",), lambda head: _STM_LINE.match(head) is not None, _read_stm)
RTTM = Reader("rttm", (".rttm",), lambda head: _RTTM_LINE.match(head) is not None, _read_rttm)
