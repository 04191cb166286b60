"""What a comparison run kept of one entrant: one result a line, with its failures and times. Written and read here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, get_args

from ...errors import InvalidTranscriptError
from ...models import Transcript
from ..corpus import Delivery, Result, Timing
from ._base import Format, Row, Source, contents, first_line, located, objects, refuse

__all__ = ["FORMAT", "read_results", "written"]

_MARK = "earwitness.result/1"
_DELIVERIES = get_args(Delivery)


def written(results: Iterable[Result]) -> bytes:
    """One JSON object a line; the vendors' own answers stay in the run's store."""
    return "".join(f"{json.dumps(_document(one), ensure_ascii=False)}\n" for one in results).encode()


def read_results(path: Path) -> Iterator[Result]:
    """The results of the file. Raises InvalidTranscriptError naming file and line."""
    with located(path):
        for line, found in objects(contents(path)):
            try:
                yield _result(found)
            except (InvalidTranscriptError, TypeError, ValueError):
                refuse("this is no result of a comparison run", line=line)


def _document(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"format": _MARK, "id": result.id, "delivery": result.delivery}
    if result.error is not None:
        told["error"] = result.error
    if result.timing is not None:
        told["timing"] = {name: value for name, value in asdict(result.timing).items() if value is not None}
    if result.transcript is not None:
        told["transcript"] = json.loads(replace(result.transcript, raw=None).to_json())
    return told


def _result(found: Mapping[str, Any]) -> Result:
    transcript = found.get("transcript")
    if not isinstance(found.get("id"), str) or found.get("delivery") not in _DELIVERIES:
        raise ValueError
    timing = found.get("timing")
    known = {one.name for one in fields(Timing)}
    return Result(
        found["id"],
        found["delivery"],
        None if transcript is None else Transcript.from_json(json.dumps(transcript)),
        found.get("error"),
        None if timing is None else Timing(**{name: value for name, value in timing.items() if name in known}),
    )


def _rows(_: Source) -> Iterator[Row]:
    raise AssertionError("results are no references")


def _fits(_: Path, head: bytes) -> bool:
    return _MARK in first_line(head)[:100]


FORMAT = Format("results", "What `earwitness compare` keeps of one profile; id: the data set's", _fits, _rows)
