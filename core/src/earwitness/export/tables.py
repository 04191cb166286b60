"""csv and tsv: one segment a row.

csv has every column that a segment has; tsv is the three columns of Whisper's own tool, milliseconds and text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from .._text import one_line
from ..models import Segment, Transcript
from ._base import SEGMENTS, Exporter, timed

__all__ = ["COLUMNS", "CSV", "TSV"]

COLUMNS = ("start_ms", "end_ms", "channel", "speaker", "speaker_name", "language", "emotion", "confidence", "text")
"""The columns of csv; an empty cell is a value that nobody gave."""


def _write_csv(transcript: Transcript) -> str:
    names = {one.id: one.name for one in transcript.speakers}
    return _table(COLUMNS, (_row(one, names.get(one.speaker or "")) for one in transcript.segments), ",")


def _row(segment: Segment, name: str | None) -> list[object]:
    cells = {column: getattr(segment, column, None) for column in COLUMNS}
    return [_cell(value) for value in (cells | {"speaker_name": name}).values()]


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return "" if value is None else value
    # A zero byte would make every reader take the file for something else than text.
    return one_line(value.replace("\0", ""))


def _write_tsv(transcript: Transcript) -> str:
    rows = ((start, end, " ".join(one_line(one.text).split("\t"))) for one, start, end in timed(transcript, "tsv"))
    lines = ["start\tend\ttext", *("\t".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


CSV = Exporter(
    "csv",
    ".csv",
    "text/csv",
    _write_csv,
    SEGMENTS | {"speakers", "names", "channels", "language", "emotion", "confidence", "segments without text"},
)
TSV = Exporter("tsv", ".tsv", "text/tab-separated-values", _write_tsv, SEGMENTS)
