"""Files with many recordings, each a transcript with times and speakers: STM, CTM, RTTM and SegLST."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..._text import one_line
from ...errors import InvalidTranscriptError
from ...models import Segment, Transcript
from ...reading import read, readers
from ...reading._base import beginning, decoded, finished
from ..corpus import Utterance
from ._base import Format, Row, Source, contents, lines, located, milliseconds, recordings_in, refuse

__all__ = ["CTM", "RTTM", "SEGLST", "STM"]

_FIRST_CHANNELS = ("0", "1", "A", "a")


def _read(source: Source, *, format: str, first: int) -> Iterator[Row]:
    """One utterance for each channel of a recording; `first` is the column that names the recording."""
    text = decoded(contents(source.path))
    parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, line in lines(text):
        parts[_name(line.split(None, first + 2), first)].append((number, line))
    heard = recordings_in(source.path.parent) if source.audio else {}
    for id, part in parts.items():
        yield f"Line {part[0][0]}", _utterance(id, _transcript(part, format), heard)


def _name(columns: list[str], first: int) -> str:
    """The recording, with its channel where that is not the first one: what one transcript is of."""
    if len(columns) < first + 2:
        return columns[-1]  # Too few columns: the format's own reader says so.
    recording, channel = columns[first : first + 2]
    if channel in _FIRST_CHANNELS:
        return recording
    letter = re.fullmatch(r"[A-Za-z]", channel)
    return f"{recording}:{ord(channel.upper()) - ord('A') + 1 if letter else channel}"


def _transcript(part: list[tuple[int, str]], format: str) -> Transcript:
    try:
        return read("\n".join(line for _, line in part).encode(), format=format)
    except InvalidTranscriptError:
        # Read again with every line where it stands in the file: the error is about that one.
        whole = [""] * part[-1][0]
        for number, line in part:
            whole[number - 1] = line
        read("\n".join(whole).encode(), format=format)
        raise


def _utterance(id: str, transcript: Transcript, heard: Mapping[str, str]) -> Utterance:
    recording = id.rpartition(":")[0] or id if id not in heard else id
    return Utterance(id, transcript, recording=recording, speaker=_only(transcript), audio=heard.get(recording))


def _only(transcript: Transcript) -> str | None:
    """The one voice of this transcript, None where there are several or none is named."""
    voices = {one.speaker for one in transcript.segments}
    return voices.pop() if len(voices) == 1 else None


def _seglst(source: Source) -> Iterator[Row]:
    sessions: dict[str, list[Segment]] = defaultdict(list)
    for place, item in enumerate(_entries(source.path), start=1):
        if not isinstance(item, Mapping) or not isinstance(item.get("session_id"), str | int):
            refuse(f"entry {place}: there is no session_id")
        sessions[str(item["session_id"])].append(_segment(item, place))
    heard = recordings_in(source.path.parent) if source.audio else {}
    for id, segments in sessions.items():
        with located(source.path):
            yield f"the session {id[:80]!r}", _utterance(id, finished(segments), heard)


def _entries(path: Path) -> list[Any]:
    try:
        found = json.loads(decoded(contents(path)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        refuse("this is no SegLST: a JSON list of objects with session_id, start_time, end_time, speaker and words")
    return found


def _segment(item: Mapping[str, Any], place: int) -> Segment:
    words, speaker = item.get("words", ""), item.get("speaker")
    if not isinstance(words, str):
        refuse(f"entry {place}: words is no text")
    try:
        start = milliseconds(item.get("start_time"), "start_time", line=place)
        end = milliseconds(item.get("end_time"), "end_time", line=place)
    except InvalidTranscriptError as error:
        raise error.replaced(message=error.message.replace("Line", "entry", 1)) from None
    if start is not None and end is not None and end < start:
        refuse(f"entry {place}: the segment ends before it starts")
    return Segment(one_line(words), start, end, speaker=str(speaker) if isinstance(speaker, str | int) else None)


def _sniffs(format: str, path: Path, head: bytes) -> bool:
    known = readers()[format]
    return not path.is_dir() and (known.sniff(beginning(head)) or path.name.lower().endswith(known.suffixes))


def _is_seglst(path: Path, head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"[") and b'"session_id"' in start


_IDS = "any number of recordings; id: the recording, with `:2` for its second channel"

STM = Format(
    "stm",
    f"STM with {_IDS}; alternatives in braces are not interpreted",
    partial(_sniffs, "stm"),
    partial(_read, format="stm", first=0),
)
CTM = Format("ctm", f"CTM, words with times, of {_IDS}", partial(_sniffs, "ctm"), partial(_read, format="ctm", first=0))
RTTM = Format(
    "rttm", f"RTTM, who speaks when, of {_IDS}", partial(_sniffs, "rttm"), partial(_read, format="rttm", first=1)
)
SEGLST = Format("seglst", "SegLST JSON of CHiME; id: `session_id`", _is_seglst, _seglst)
