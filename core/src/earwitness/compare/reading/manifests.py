"""Manifests with one recording a line: NeMo's JSONL, the metadata of HF's audiofolder, Common Voice's TSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..corpus import Utterance
from ._base import (
    Format,
    Row,
    Source,
    audio_at,
    contents,
    first_line,
    id_of,
    is_text,
    language_of,
    located,
    milliseconds,
    objects,
    refuse,
    spoken,
    table,
)

__all__ = ["AUDIOFOLDER", "COMMON_VOICE", "NEMO"]

_LONGEST_TAG = 200


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column says what; of several the first that is there."""

    audio: str
    text: tuple[str, ...]
    speaker: tuple[str, ...]
    language: tuple[str, ...]
    heard: tuple[str, ...] = ("pred_text",)

    @property
    def known(self) -> frozenset[str]:
        named = (self.audio, "id", "duration", "offset", *self.text, *self.speaker, *self.language, *self.heard)
        return frozenset(named)


_NEMO = _Columns("audio_filepath", ("text",), ("speaker",), ("lang", "language"))
_HF = _Columns(
    "file_name", ("transcription", "text", "sentence", "transcript"), ("speaker_id", "speaker"), ("language", "lang")
)
_VOICE = _Columns("path", ("sentence",), ("client_id",), ("locale",))


def _nemo(source: Source) -> Iterator[Row]:
    return _utterances(source, list(objects(contents(source.path))), _NEMO, source.path.parent)


def _audiofolder(source: Source) -> Iterator[Row]:
    folder = source.path if source.path.is_dir() else source.path.parent
    for path in _metadata(source.path):
        inside = path.parent.relative_to(folder)
        with located(path):
            data = contents(path)
            found = objects(data) if path.suffix == ".jsonl" else table(data, ",", {"file_name"})
            # Each split of a data set has its own; names in it count from where it lies.
            rows = [(line, {**row, "file_name": _inside(inside, row.get("file_name"))}) for line, row in found]
            for place, one in _utterances(source, rows, _HF, folder):
                yield f"{(inside / path.name).as_posix()}: {place}", one


def _common_voice(source: Source) -> Iterator[Row]:
    folder = source.path.parent
    clips = folder / "clips"
    found = list(table(contents(source.path), "\t", {"path", "sentence"}))
    return _utterances(source, found, _VOICE, clips if clips.is_dir() else folder)


def _utterances(
    source: Source, given: Sequence[tuple[int, Mapping[str, Any]]], columns: _Columns, folder: Path
) -> Iterator[Row]:
    # What was heard, where any line has it: a line without it was not heard, and its reference is no answer.
    heard = source.results and any(name in row for _, row in given for name in columns.heard)
    texts = columns.heard if heard else columns.text
    for line, row in given:
        yield f"Line {line}", _utterance(row, line, columns, texts, folder)


def _utterance(row: Mapping[str, Any], line: int, columns: _Columns, texts: Sequence[str], folder: Path) -> Utterance:
    audio = _text(row, columns.audio, line)
    offset = milliseconds(row.get("offset"), "offset", line=line)
    name = id_of(audio) if audio else None
    id = _text(row, "id", line) or (f"{name}@{offset}" if name and offset is not None else name)
    if not id:
        refuse(f"there is neither {columns.audio} nor id", line=line)
    said = _first(row, texts, line)
    speaker = _first(row, columns.speaker, line) or None
    return Utterance(
        id,
        None if said is None else spoken(said, speaker=speaker),
        recording=name or id,
        speaker=speaker,
        language=language_of(_first(row, columns.language, line)),
        audio=audio_at(audio, folder) if audio else None,
        offset_ms=offset or 0,
        duration_ms=milliseconds(row.get("duration"), "duration", line=line),
        tags=dict(_tags(row, columns.known)),
    )


def _first(row: Mapping[str, Any], names: Iterable[str], line: int) -> str | None:
    """The first of these columns that is there, also when it is empty."""
    return next((found for name in names if (found := _text(row, name, line)) is not None), None)


def _text(row: Mapping[str, Any], name: str, line: int) -> str | None:
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str | None) or (value and not is_text(value)):
        refuse(f"{name} is no text", line=line)
    return value


def _tags(row: Mapping[str, Any], known: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if (
            name not in known
            and isinstance(value, str | int | float)
            and value != ""
            and len(str(value)) < _LONGEST_TAG
        ):
            yield name, str(value)


def _metadata(path: Path) -> list[Path]:
    """The metadata file of this folder, else those of the folders in it; or the file itself."""
    if not path.is_dir():
        return [path]
    for level in ("", "*/", "*/*/"):
        for name in ("metadata.csv", "metadata.jsonl"):
            if found := sorted(one for one in path.glob(level + name) if one.is_file() and not _aside(one, path)):
                return found
    return []


def _aside(file: Path, folder: Path) -> bool:
    """Whether it lies in a folder that is hidden, or is a link and may lead anywhere."""
    parts = [one for one in file.parents if folder in one.parents]
    return any(one.name.startswith(".") or one.is_symlink() for one in parts)


def _inside(folder: Path, name: object) -> object:
    return (folder / name).as_posix() if isinstance(name, str) and name and "://" not in name else name


def _has(head: bytes, *names: str) -> bool:
    """Whether the first line is a JSON object with all these names."""
    try:
        found = json.loads(first_line(head))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and set(names) <= set(found)


def _is_nemo(path: Path, head: bytes) -> bool:
    # Also where the first line is broken, or longer than what is looked at: the error is then about that line.
    named = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") and b'"audio_filepath"' in head
    texts = _has(head, "id", "pred_text") or (_has(head, "id", "text") and not _has(head, "segments"))
    return not path.is_dir() and (named or texts)


def _is_audiofolder(path: Path, head: bytes) -> bool:
    if path.is_dir():
        return bool(_metadata(path))
    return _has(head, "file_name") or (path.suffix == ".csv" and "file_name" in first_line(head).split(","))


def _is_common_voice(path: Path, head: bytes) -> bool:
    return not path.is_dir() and {"path", "sentence"} <= set(first_line(head).split("\t"))


NEMO = Format(
    "nemo",
    "NeMo manifest, one JSON object a line; id: `id`, else `audio_filepath` without suffix, with `@<offset in ms>` "
    "where it has an `offset`",
    _is_nemo,
    _nemo,
)
AUDIOFOLDER = Format(
    "audiofolder",
    "metadata.csv or metadata.jsonl of Hugging Face's audiofolder; id: `id`, else `file_name` without suffix",
    _is_audiofolder,
    _audiofolder,
)
COMMON_VOICE = Format(
    "commonvoice",
    "Common Voice TSV, quotes being plain characters; id: `path` without suffix",
    _is_common_voice,
    _common_voice,
)
