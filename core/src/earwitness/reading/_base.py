"""What every reader needs: text from bytes of unknown encoding, times, and errors that name the place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from .._extras import extra
from ..errors import InvalidTranscriptError
from ..models import Notice, Segment, Speaker, Transcript
from ..validation import check
from ._encodings import korean_or_chinese

__all__ = ["MAX_BYTES", "Reader", "decoded", "finished", "refuse", "seconds"]

MAX_BYTES = 64 * 2**20
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST_MS = 10**12
"""Thirty years: a time beyond it is a damaged file."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One input format. `sniff` looks at the file's beginning; `suffixes` are in lower case, with their dot."""

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes], Transcript]


def decoded(data: bytes) -> str:
    """The text, line ends as `\\n`: UTF-8, UTF-16, CP949 (Korean) or GB18030 (Chinese).

    Raises InvalidTranscriptError naming any other encoding that it is likely to be in.
    """
    text = _marked(data)
    if text is None:
        text = _unmarked(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def finished(
    segments: Iterable[Segment], *, duration_ms: int | None = None, notices: tuple[Notice, ...] = ()
) -> Transcript:
    """The transcript of what was read, in order of time; a disorder that was mended is told in a notice."""
    found = list(segments)
    ordered = sorted(found, key=lambda one: one.start_ms or 0)
    if any(one is not other for one, other in zip(found, ordered, strict=True)):
        notices = (Notice("repaired", "The file's entries were not in order of time."), *notices)
    speakers = dict.fromkeys(one.speaker for one in found if one.speaker)
    made = Transcript(tuple(ordered), tuple(map(Speaker, speakers)), duration_ms=duration_ms, notices=notices)
    return check(made)


def refuse(what: str, *, line: int | None = None, action: str = "Mend the file, or name its format.") -> NoReturn:
    """Raises InvalidTranscriptError; `line` counts from 1."""
    place = "" if line is None else f"Line {line}: "
    raise InvalidTranscriptError(f"{place}{what}", action=action)


def seconds(text: str, *, line: int) -> int:
    """Milliseconds from a decimal number of seconds. Raises InvalidTranscriptError for what is no time from 0."""
    try:
        ms = round(float(text) * 1000)
    except (ValueError, OverflowError):
        refuse("a time is no number of seconds", line=line)
    if not 0 <= ms <= _LONGEST_MS:
        refuse("a time is negative or beyond all recordings", line=line)
    return ms


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                refuse(f"The file begins as {encoding.upper().removesuffix('-SIG')} and is damaged")
    return None


def _unmarked(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _guessed(data)
    if "\0" in text:
        refuse("The file holds zero bytes: it is no text", action="Save it as UTF-8.")
    return text


def _guessed(data: bytes) -> str:
    """One of the two East Asian encodings. Raises InvalidTranscriptError naming what else it looks like."""
    encoding = korean_or_chinese(data)
    if encoding is not None:
        return data.decode(encoding)
    best = extra("charset_normalizer", "formats").from_bytes(b"\n".join(_telling_lines(data))).best()
    likely = f"; it looks like {best.encoding}" if best and best.encoding not in ("ascii", "utf_8") else ""
    refuse(f"The encoding is none of UTF-8, UTF-16, CP949 and GB18030{likely}", action="Save the file as UTF-8.")


def _telling_lines(data: bytes) -> list[bytes]:
    """The first lines that are not all ASCII: the others say nothing about the encoding."""
    return [line for line in data.splitlines() if not line.isascii()][:500]
