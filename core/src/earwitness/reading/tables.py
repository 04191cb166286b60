"""csv and tsv: one segment a row, the columns named in the first line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .._text import one_line
from ..models import Segment, Speaker, Transcript
from ..validation import check
from ._base import Reader, decoded, finished, refuse

__all__ = ["CSV", "TSV"]


def _read_csv(data: bytes) -> Transcript:
    rows = list(_rows(data, ",", {"text"}))
    made = finished(_segment(row, number) for number, row in rows)
    names = {row["speaker"]: row["speaker_name"] for _, row in rows if row.get("speaker") and row.get("speaker_name")}
    return check(replace(made, speakers=tuple(Speaker(one.id, names.get(one.id)) for one in made.speakers)))


def _read_tsv(data: bytes) -> Transcript:
    rows = _rows(data, "\t", {"start", "end", "text"})
    return finished(
        Segment(one_line(row["text"]), _ms(row["start"], number), _ms(row["end"], number)) for number, row in rows
    )


def _rows(data: bytes, delimiter: str, needed: set[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Every row with its line; quotes are plain characters in tsv, as Whisper's own tool writes them."""
    text = io.StringIO(decoded(data), newline="")
    quoted = delimiter == ","
    table = csv.reader(
        text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=quoted
    )
    try:
        head = next(table, [])
        if not needed <= set(head):
            refuse(f"the columns {', '.join(sorted(needed - set(head)))} are missing", line=1)
        for row in table:
            if row and len(row) != len(head):
                refuse(f"{len(row)} cells where the first line has {len(head)}", line=table.line_num)
            if row:
                yield table.line_num, dict(zip(head, row, strict=True))
    except csv.Error:
        refuse("the quotes are not closed, or a cell is too long", line=table.line_num)


def _segment(row: Mapping[str, str], line: int) -> Segment:
    start, end = _ms(row.get("start_ms"), line), _ms(row.get("end_ms"), line)
    if start is not None and end is not None and end < start:
        refuse("the segment ends before it starts", line=line)
    return Segment(
        row["text"],
        start,
        end,
        confidence=_confidence(row.get("confidence"), line),
        speaker=row.get("speaker") or None,
        channel=_ms(row.get("channel"), line),
        language=row.get("language") or None,
        emotion=row.get("emotion") or None,
    )


def _confidence(text: str | None, line: int) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        refuse("a confidence lies outside 0..1", line=line)
    return value


def _ms(text: str | None, line: int) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,13}", text):
        refuse("a time or channel is no whole number from 0", line=line)
    return int(text)


CSV = Reader("csv", (".csv",), lambda head: b"text" in head.split(b"\n")[0] and b"," in head.split(b"\n")[0], _read_csv)
TSV = Reader(
    "tsv", (".tsv",), lambda head: head.removeprefix(b"\xef\xbb\xbf").startswith(b"start\tend\ttext"), _read_tsv
)
