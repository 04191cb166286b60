"""What every reader needs: text from bytes of unknown encoding, times, and errors that name the place."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from .._extras import extra
from .._text import join_texts
from ..errors import InvalidTranscriptError
from ..models import Notice, Segment, Speaker, Transcript, Word
from ..validation import problems
from ._encodings import korean_or_chinese

__all__ = [
    "MAX_BYTES",
    "Reader",
    "beginning",
    "clock",
    "decoded",
    "finished",
    "refuse",
    "seconds",
    "sound",
    "spoken",
    "too_large",
]

MAX_BYTES = 64 * 2**20
_HEAD, _SAMPLE = 4096, 50_000
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),  # before the mark that it begins with
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OURS = ("utf_8", "cp949", "euc_kr", "gb18030", "gbk", "gb2312")
_SWITCH = b"\x1b$"
"""What changes to two bytes a character in the ISO-2022 encodings, which are otherwise ASCII."""
_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,3}):(\d{1,2}(?:[.,]\d{1,9})?)")
PAUSE_MS = 1_000
"""A silence this long begins a new segment in files that know only words."""
_LONGEST_MS = 10**12
"""Thirty years: a time beyond it is a damaged file."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One input format. `suffixes` are in lower case, with their dot.

    `sniff` looks at the file's beginning: in UTF-8 without its mark where the file has one, line ends as `\\n`.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes], Transcript]


def beginning(data: bytes) -> bytes:
    """The file's first lines for `sniff`; in an encoding that is none of ours they stay as they are."""
    head, encoding = data[:_HEAD], _mark_of(data) or _unmarked_utf16(data)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        encoding = encoding or korean_or_chinese(data[:_SAMPLE].rpartition(b"\n")[0])
    if encoding is not None:
        head = head.decode(encoding, "ignore").encode()
    return head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def too_large(size: int | None) -> InvalidTranscriptError:
    """The error for data of so many bytes, or of more than MAX_BYTES where nobody knows how many."""
    how_much = "more than" if size is None else f"{math.ceil(size / 2**20 * 10) / 10:g} MiB; at most"
    return InvalidTranscriptError(
        f"This has {how_much} {MAX_BYTES // 2**20} MiB{'' if size is None else ' are read'}",
        action="Look whether it is the right file, or cut it into parts.",
    )


def decoded(data: bytes) -> str:
    """The text, line ends as `\\n`: UTF-8, UTF-16, CP949 (Korean) or GB18030 (Chinese).

    Raises InvalidTranscriptError naming any other encoding that it is likely to be in.
    """
    encoding = _mark_of(data) or _unmarked_utf16(data)
    try:
        text = _unmarked(data) if encoding is None else data.decode(encoding)
    except UnicodeDecodeError:
        refuse(f"The file begins as {(encoding or '').upper().removesuffix('-SIG')} and is damaged")
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
    return sound(made)


def refuse(what: str, *, line: int | None = None, action: str = "Mend the file, or name its format.") -> NoReturn:
    """Raises InvalidTranscriptError; `line` counts from 1."""
    place = "" if line is None else f"Line {line}: "
    raise InvalidTranscriptError(f"{place}{what}", action=action)


def sound(transcript: Transcript) -> Transcript:
    """The same transcript. Raises InvalidTranscriptError naming the first place that no transcript may have."""
    for problem in problems(transcript):
        refuse(f"No transcript may have this: {problem}", action="Mend the file.")
    return transcript


def seconds(text: str, *, line: int) -> int:
    """Milliseconds from a decimal number of seconds. Raises InvalidTranscriptError for what is no time from 0."""
    try:
        ms = round(float(text) * 1000)
    except (ValueError, OverflowError):
        refuse("a time is no number of seconds", line=line)
    if not 0 <= ms <= _LONGEST_MS:
        refuse("a time is negative or beyond all recordings", line=line)
    return ms


def spoken(words: Iterable[Word], *, channel: int | None = None, speaker: str | None = None) -> Iterator[Segment]:
    """The words, timed and in order, as segments without a long pause in them."""
    together: list[Word] = []
    for word in words:
        if together and (word.start_ms or 0) - (together[-1].end_ms or 0) >= PAUSE_MS:
            yield _of_words(together, channel, speaker)
            together = []
        together.append(word)
    if together:
        yield _of_words(together, channel, speaker)


def _of_words(words: Sequence[Word], channel: int | None, speaker: str | None) -> Segment:
    return Segment(
        join_texts(one.text for one in words),
        words[0].start_ms,
        max(word.end_ms or 0 for word in words),
        tuple(words),
        channel=channel,
        speaker=speaker,
        derived=("text", "start_ms", "end_ms"),
    )


def clock(text: str, *, line: int) -> int:
    """Milliseconds from `H:MM:SS.mmm` or `MM:SS`. Raises InvalidTranscriptError for another form, also with frames."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        refuse("a time is neither H:MM:SS.mmm nor a number", line=line)
    hours, minutes, rest = found.groups()
    return seconds(rest.replace(",", "."), line=line) + (int(hours or 0) * 60 + int(minutes)) * 60_000


def _mark_of(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 that lost its mark: every other byte of its ASCII characters is zero."""
    head = data[:200]
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) * 4 < len(head) or min(zeros) > 0:
        return None
    return "utf-16-be" if zeros[0] else "utf-16-le"


def _unmarked(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if _is_nearly_utf8(data):
            refuse("the file is in UTF-8 and damaged here", line=data.count(b"\n", 0, error.start) + 1)
        return _guessed(data)
    if _SWITCH in data and data.isascii():
        refuse("The encoding is ISO-2022, none of UTF-8, UTF-16, CP949 and GB18030", action="Save the file as UTF-8.")
    if "\0" in text:
        refuse("The file holds zero bytes: it is no text", action="Save it as UTF-8.")
    return text


def _is_nearly_utf8(data: bytes) -> bool:
    """Whether more characters come out right than wrong; text in another encoding gives next to none."""
    text = data.decode(errors="replace")
    lost = text.count("\N{REPLACEMENT CHARACTER}")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * lost


def _guessed(data: bytes) -> str:
    """One of the two East Asian encodings. Raises InvalidTranscriptError naming what else it looks like."""
    encoding = korean_or_chinese(data)
    if encoding is not None:
        return data.decode(encoding)
    lines = b"\n".join(_telling_lines(data))
    best = extra("charset_normalizer", "formats").from_bytes(lines, cp_exclusion=[*_OURS]).best()
    likely = f"; it looks like {best.encoding}" if best and best.encoding != "ascii" else ""
    refuse(f"The encoding is none of UTF-8, UTF-16, CP949 and GB18030{likely}", action="Save the file as UTF-8.")


def _telling_lines(data: bytes) -> list[bytes]:
    """The first lines that are not all ASCII: the others say nothing about the encoding."""
    return [line for line in data.splitlines() if not line.isascii()][:500]
