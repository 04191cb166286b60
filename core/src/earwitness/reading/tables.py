"""csv and tsv: one segment a row, the columns named in the first line, by us or by others.

Other programs name and measure the columns as they like: `start,end,text` in seconds, `Start;End;Text` of a German or
French Excel, clock times. Times in milliseconds stand in `start_ms`, or in `start` of a tsv, as Whisper's own tool has
them; else a fraction or a colon tells seconds from milliseconds, and where neither does, how long the segments are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .._text import one_line
from ..models import Notice, Segment, Speaker, Transcript
from ._base import Reader, clock, decoded, finished, refuse, seconds, sound

__all__ = ["CSV", "TSV"]

_NAMES = {
    "start": "start start_time starttime timestamp time begin begin_time from in 시작 시작_시간 开始 开始时间 開始",
    "end": "end end_time endtime stop stop_time to out 끝 종료 종료_시간 结束 结束时间 終了",
    "duration": "duration dur length",
    "text": "text transcript transcription sentence caption subtitle content utterance 텍스트 내용 자막 文本 内容 字幕",
    "speaker": "speaker speaker_id speaker_label voice 화자 说话人 話者",
    "speaker_name": "speaker_name",
    "channel": "channel",
    "language": "language lang",
    "emotion": "emotion",
    "confidence": "confidence",
}
_COLUMNS = {name: column for column, names in _NAMES.items() for name in names.split()}
"""What a column is called, in lower case and with `_` for what is neither letter nor figure, and what is in it."""
_UNITS = {"ms": "ms", "msec": "ms", "milliseconds": "ms", "s": "s", "sec": "s", "secs": "s", "seconds": "s"}
_SHORT_MS = 100
"""A segment shorter than this is rare, and so is one longer than as many seconds."""

_TIMES = ("start", "end", "duration")
_Row = tuple[int, Mapping[str, str]]
_Reading = Callable[[str, int], int]


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows that hold anything, by our own columns and with their lines, and how many columns are none of ours."""

    rows: Sequence[_Row]
    delimiter: str
    strange: int


def _read_csv(data: bytes) -> Transcript:
    """The rows as segments. Raises InvalidTranscriptError naming the line."""
    return _transcript(_table(decoded(data), _delimiter(decoded(data))))


def _read_tsv(data: bytes) -> Transcript:
    return _transcript(_table(decoded(data), "\t"))


def _transcript(table: _Table) -> Transcript:
    unit, notices = _unit(table)
    if table.strange:
        notices = (*notices, Notice("incomplete", "Columns were left out that no transcript has.", count=table.strange))
    made = finished((_segment(row, number, unit) for number, row in table.rows), notices=notices)
    named = {row.get("speaker"): row["speaker_name"] for _, row in table.rows if row.get("speaker_name")}
    return sound(replace(made, speakers=tuple(Speaker(one.id, named.get(one.id)) for one in made.speakers)))


def _table(text: str, delimiter: str) -> _Table:
    """Quotes are plain characters in the tsv that Whisper's own tool writes."""
    quoted = not text.startswith("start\tend\ttext\n")
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=quoted,
    )
    try:
        head = next(filter(_says_something, lines), [])
        if len(head) <= 2 and head[0:1] and head[0].lower().startswith("sep="):  # Excel's hint to itself
            head = next(filter(_says_something, lines), [])
        columns = _columns(head, line=lines.line_num or 1)
        rows = [_row(columns, cells, lines.line_num) for cells in lines if _says_something(cells)]
    except csv.Error:
        refuse("the quotes are not closed, or a cell is too long", line=lines.line_num)
    return _Table(
        rows, delimiter, sum(column is None and bool(name) for column, name in zip(columns, head, strict=True))
    )


def _says_something(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _columns(head: Sequence[str], *, line: int) -> list[str | None]:
    """Our column for each of the file's; of several that mean the same the first counts."""
    found: list[str | None] = []
    for name in head:
        column = _column(name)
        found.append(None if column in found else column)
    if "text" not in found:
        refuse("no column is named text", line=line, action="Name the columns: start_ms, end_ms, speaker, text.")
    return found


def _column(name: str) -> str | None:
    """Our column: `start`, `end` and `duration` with `_ms` or `_s` where the name says in what they are measured."""
    words = re.findall(r"[^\W_]+", name.lower())
    unit = _UNITS.get(words[-1]) if words else None
    column = _COLUMNS.get("_".join(words[:-1])) if unit else _COLUMNS.get("_".join(words))
    return f"{column}_{unit}" if unit and column in ("start", "end", "duration") else None if unit else column


def _row(columns: Sequence[str | None], cells: Sequence[str], line: int) -> _Row:
    if len(cells) != len(columns):
        refuse(f"{len(cells)} cells where the first line has {len(columns)}", line=line)
    return line, {column: cell for column, cell in zip(columns, cells, strict=True) if column is not None}


def _unit(table: _Table) -> tuple[_Reading, tuple[Notice, ...]]:
    """How times are read that stand under `start`, `end` and `duration`, and what to tell of it."""
    written = [row[name] for _, row in table.rows for name in _TIMES if row.get(name)]
    if not written or any(mark in one for one in written for mark in ".,:"):
        return _seconds, ()
    if table.delimiter == "\t" and all(set(row) == {"start", "end", "text"} for _, row in table.rows):
        return _ms, ()
    read_as, told = (_seconds, "seconds") if _typical(table.rows) < _SHORT_MS else (_ms, "milliseconds")
    told = f"The file does not say in what its times are measured; they were read as {told}."
    return read_as, (Notice("repaired", told),)


def _typical(rows: Iterable[_Row]) -> int:
    """How long most segments are, or else from one start to the next, in whatever that is measured."""
    known = [{name: int(row[name]) for name in _TIMES if row.get(name, "").strip().isdecimal()} for _, row in rows]
    lengths = [row.get("duration", row.get("end", 0) - row.get("start", 0)) for row in known]
    starts = [row.get("start", 0) for row in known]
    found = sorted(one for one in lengths if one > 0) or sorted(late - soon for soon, late in pairwise(starts))
    return found[len(found) // 2] if found else 0


def _segment(row: Mapping[str, str], line: int, unit: _Reading) -> Segment:
    start, end, length = (_time(row, name, line, unit) for name in _TIMES)
    if end is None and start is not None and length is not None:
        end = start + length
    if start is not None and end is not None and end < start:
        refuse("the segment ends before it starts", line=line)
    return Segment(
        one_line(row["text"]),
        start,
        end,
        confidence=_confidence(row.get("confidence"), line),
        speaker=row.get("speaker") or None,
        channel=_ms(row["channel"], line) if row.get("channel", "").strip() else None,
        language=row.get("language") or None,
        emotion=row.get("emotion") or None,
    )


def _time(row: Mapping[str, str], name: str, line: int, unit: _Reading) -> int | None:
    for column, read in ((f"{name}_ms", _ms), (f"{name}_s", _seconds), (name, unit)):
        if text := row.get(column, "").strip():
            return clock(text, line=line) if ":" in text else read(text, line)
    return None


def _number(text: str) -> str:
    """The number with a point for the comma that Excel writes in half of the world."""
    return text.strip().replace(",", ".")


def _seconds(text: str, line: int) -> int:
    return clock(text.strip(), line=line) if ":" in text else seconds(_number(text), line=line)


def _ms(text: str, line: int) -> int:
    if not re.fullmatch(r"\d{1,13}", text.strip()):
        refuse("a time or channel is no whole number from 0", line=line)
    return int(text)


def _confidence(text: str | None, line: int) -> float | None:
    if not text:
        return None
    try:
        value = float(_number(text))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        refuse("a confidence lies outside 0..1", line=line)
    return value


def _delimiter(text: str) -> str:
    """What stands between the names of the first line that has names."""
    for line in text.split("\n", 4)[:4]:
        found = max(",;\t|", key=line.count)
        if line.count(found) and not line.lower().startswith("sep="):
            return found
    return ","


def _is_table(head: bytes, delimiters: str) -> bool:
    """Whether the first line names a column of text and another one that we know."""
    text = head.decode("utf-8", "ignore")
    first = next(
        (line for line in text.split("\n") if re.search(r"\w", line) and not line.lower().startswith("sep=")), ""
    )
    delimiter = _delimiter(first)
    names = [_column(name) for name in first.split(delimiter)]
    return delimiter in delimiters and "text" in names and len(set(names) - {None}) > 1


CSV = Reader("csv", (".csv",), lambda head: _is_table(head, ",;|"), _read_csv)
TSV = Reader("tsv", (".tsv",), lambda head: _is_table(head, "\t"), _read_tsv)
