"""What every format of data sets needs: lines with their numbers, ids, and errors that name file and place."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..._text import one_line
from ...errors import InvalidTranscriptError
from ...models import Segment, Transcript
from ...reading import MAX_BYTES
from ...reading._base import decoded, finished, refuse
from ...request import language_tag
from ..corpus import Utterance

__all__ = [
    "AUDIO",
    "Format",
    "Row",
    "Source",
    "audio_at",
    "beginning",
    "contents",
    "first_line",
    "id_of",
    "is_text",
    "language_of",
    "last_part",
    "lines",
    "located",
    "milliseconds",
    "objects",
    "recordings_in",
    "refuse",
    "require_there",
    "shown",
    "spoken",
    "table",
]

_SUFFIXES = "wav flac mp3 ogg oga opus m4a aac amr wma aiff aif caf mp4 mkv mov webm raw pcm sph"
AUDIO = frozenset(f".{name}" for name in _SUFFIXES.split())
"""Suffixes of recordings and videos: what an id does without."""

Row = tuple[str, Utterance]
"""An utterance behind the place where it stands, in words."""

_HEAD = 65_536
_LONGEST_S = 1e9


@dataclass(frozen=True, slots=True)
class Source:
    """What is read. `results`: its text is what somebody heard. `audio`: the recordings will be needed."""

    path: Path
    results: bool = False
    audio: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """One form of a data set. `fits` looks at the path and at a file's beginning; `single` is one transcript."""

    name: str
    title: str
    fits: Callable[[Path, bytes], bool]
    read: Callable[[Source], Iterator[Row]]
    single: bool = False


def shown(path: Path) -> str:
    """A path as it may stand in a message: on one line and not endless."""
    text = "".join(char if char.isprintable() else "?" for char in str(path))
    return text if len(text) <= 120 else f"...{text[-117:]}"


def require_there(path: Path) -> None:
    """Raises InvalidTranscriptError for a data set that does not exist, and for one that can be read only once."""
    if not path.exists():
        raise InvalidTranscriptError(f"There is no file or folder {shown(path)}", action="Check its name.")
    if not path.is_dir() and not path.is_file():
        raise InvalidTranscriptError(f"{shown(path)} is a pipe or device", action="Write it to a file first.")


def contents(path: Path) -> bytes:
    """The file's bytes. Raises InvalidTranscriptError where it cannot be read or is larger than 64 MiB."""
    data = _bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        refuse(f"the file is larger than {MAX_BYTES // 2**20} MiB", action="Cut it into parts.")
    return data


def beginning(path: Path) -> bytes:
    """The first part of the file, as far as a format is told by it; of one JSON document a line, all of the first."""
    with located(path):
        head = _bytes(path, _HEAD)
        if not head.lstrip().startswith(b"{") or b"\n" in head:
            return head
        whole, end, _ = _bytes(path, MAX_BYTES).partition(b"\n")
        return whole + end


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Inside it, an InvalidTranscriptError gets this file's name in front, unless it has one."""
    try:
        yield
    except InvalidTranscriptError as error:
        if not getattr(error, "path", None):
            error.replaced(message=f"{shown(path)}: {error.message}", path=str(path))
        raise


def first_line(head: bytes) -> str:
    """The first line that says something; empty for what is no text."""
    with suppress(InvalidTranscriptError):
        # The last character of a block may be cut in two.
        whole = head if len(head) < _HEAD else head[: head.rfind(b"\n") + 1] or head
        return next((line for _, line in lines(decoded(whole))), "")
    return ""


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something and are no `;;` comment, with their numbers."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith(";;"):
            yield number, line


def table(data: bytes, delimiter: str, needed: set[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Every row by the names of the first line, with its line number; quotes are plain characters between tabs.

    Raises InvalidTranscriptError for a missing column of `needed`, and naming the line that is broken.
    """
    quoted = delimiter == ","
    found = csv.reader(
        io.StringIO(decoded(data), newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=quoted,
    )
    try:
        head = next(found, [])
        if not needed <= set(head):
            refuse(f"the columns {', '.join(sorted(needed - set(head)))} are missing", line=1)
        for row in found:
            if row and len(row) != len(head):
                refuse(f"{len(row)} cells where the first line has {len(head)}", line=found.line_num)
            if row:
                yield found.line_num, dict(zip(head, row, strict=True))
    except csv.Error:
        refuse("the quotes are not closed, or a cell is too long", line=found.line_num)


def objects(data: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The JSON object in each line, with its number. Raises InvalidTranscriptError naming the line."""
    for number, line in lines(decoded(data)):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            refuse("this is no JSON object, of which each line has one", line=number)
        yield number, found


def spoken(text: str, *, speaker: str | None = None, language: str | None = None) -> Transcript:
    """The transcript of one text without times; nothing said where the text is empty."""
    said = one_line(text)
    return finished([Segment(said, speaker=speaker, language=language)] if said else [])


def milliseconds(value: object, name: str, *, line: int) -> int | None:
    """Milliseconds from seconds, a number or its text. Raises InvalidTranscriptError for what is no time from 0."""
    if value in (None, ""):
        return None
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_S:
        refuse(f"{name} is no number of seconds from 0", line=line)
    return round(seconds * 1000)


def id_of(name: str) -> str:
    """The id that an audio file's name stands for: the name as it is written, without the suffix of a recording."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and stem and f".{suffix.lower()}" in AUDIO else name


def last_part(id: str) -> str:
    """The id without what stands before its last `/`."""
    return id.replace("\\", "/").rpartition("/")[2]


def is_text(text: str) -> bool:
    """Whether files can hold this: half a surrogate pair, or a file's name in another encoding, is no text."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def audio_at(name: str, folder: Path) -> str:
    """Where the recording lies: a web address as it is, a path counted from this folder."""
    return name if "://" in name else str(folder / name)


def recordings_in(folder: Path) -> dict[str, str]:
    """The recordings of this very folder by their name without suffix; the first of several in order of name."""
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in AUDIO:
            found.setdefault(path.stem, str(path))
    return found


def language_of(value: object) -> str | None:
    """The BCP-47 tag that this value is, None for anything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return language_tag(value.strip())
    except ValueError:
        return None


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        refuse(
            f"the file cannot be read: {(error.strerror or type(error).__name__).lower()}",
            action="Check its name and its rights.",
        )
