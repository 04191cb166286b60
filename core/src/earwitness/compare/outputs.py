"""The files of a comparison: one JSON document, and a row for each utterance and entrant as CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from .._drafts import replace_file
from .._extras import extra
from ..errors import OutputError
from .scores import Scores
from .stages import Stage

__all__ = ["FORMAT", "document", "rendered", "write"]

FORMAT = "earwitness.scores/1"
"""What `scores.json` says it is."""

_LIBRARIES = ("rapidfuzz", "numpy")
_SOMETIMES = frozenset({"clips.csv"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(scores: Scores, folder: Path, *, text: bool = True) -> list[Path]:
    """Writes `scores.json`, `utterances.csv` and `utterances.parquet`, each whole or not at all, for the owner only.

    Clips, where there are any, are in `clips.csv`; those of an earlier run are taken away.

    Without `text`, nothing of what was said is in them. Raises OutputError.
    """
    made = rendered(scores, text=text)
    place = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in made.items():
            place = folder / name
            replace_file(place, data)
        for name in _SOMETIMES - {*made}:
            place = folder / name
            place.unlink(missing_ok=True)  # of other scores than these, and perhaps with text where none is wanted
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{place} could not be written: {reason}", action="Give another folder.") from error
    return [folder / name for name in made]


def rendered(scores: Scores, *, text: bool = True) -> dict[str, bytes]:
    """The files by name. Raises ConfigurationError where the extra `compare` is not installed."""
    rows = list(scores.utterances(text=text))
    told = json.dumps(document(scores), ensure_ascii=False, indent=2, default=str) + "\n"
    made = {
        "scores.json": told.encode("utf-8", "backslashreplace"),
        "utterances.csv": _csv(rows),
        "utterances.parquet": _parquet(rows),
    }
    if scores.clips:
        made["clips.csv"] = _csv([one if text else {**one, "term": None} for one in scores.clips])
    return made


def document(scores: Scores) -> dict[str, Any]:
    """Everything but the single utterances, as JSON data; numbers that do not exist are null."""
    told = {
        "format": FORMAT,
        "versions": {"earwitness": __version__, **{name: _version(name) for name in _LIBRARIES}},
        "references": scores.corpus.source,
        "utterances": sum(one.reference is not None for one in scores.corpus),
        "entrants": [one.name for one in scores.entrants],
        "policy": scores.policy,
        "settings": _settings(scores),
        "stages": [_stage(one) for one in scores.stages],
        "main_stage": scores.main,
        "headlines": list(scores.headlines),
        "notes": list(scores.notes),
        "delivery": scores.delivery(),
        "speed": scores.speed(),
        "table": scores.table(),
        "comparisons": scores.comparisons(),
        "recordings": list(scores.recordings()),
        **scores.tables,
    }
    plain: dict[str, Any] = _finite(told)
    return plain


def _settings(scores: Scores) -> dict[str, Any]:
    # Which words count as the same is the user's business; how many groups there are tells two runs apart well enough.
    told = asdict(scores.settings)
    return {**told, "synonyms": len(scores.settings.synonyms), "blocks": len({one.block for one in scores.corpus})}


def _stage(stage: Stage) -> dict[str, Any]:
    told = [
        {"name": one.name, "version": one.version, "digest": one.digest, "headline": one.headline}
        for one in stage.profiles
    ]
    return {"name": stage.name, "profiles": told}


def _finite(value: Any) -> Any:
    """The same data without numbers that JSON cannot say."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, _names(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet does not take for a formula; whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    arrow, parquet = extra("pyarrow", "compare"), extra("pyarrow.parquet", "compare")
    columns = {name: [_valid(row.get(name)) for row in rows] for name in _names(rows)}
    out = io.BytesIO()
    parquet.write_table(arrow.table({name: _typed(arrow, values) for name, values in columns.items()}), out)
    return out.getvalue()


def _typed(arrow: Any, values: Sequence[Any]) -> Any:
    """Text, whole numbers or fractions; a column that says nothing is one of text."""
    found = {type(value) for value in values if value is not None}
    kind = arrow.float64() if float in found else arrow.int64() if found == {int} else arrow.string()
    return arrow.array(values, type=kind)


def _valid(value: Any) -> Any:
    """Text that is UTF-8: half a character is shown as what it is."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _names(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


@cache
def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
