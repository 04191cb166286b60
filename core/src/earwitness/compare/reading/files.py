"""One transcript a file: a single one, or a folder of them, in every format of transcripts that can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ...models import Transcript
from ...reading import read, readers
from ...reading._base import beginning, decoded
from ..corpus import Utterance
from ._base import AUDIO, Format, Row, Source, contents, id_of, located, recordings_in, refuse, spoken

__all__ = ["FOLDER", "TEXT", "TRANSCRIPT"]

_TEXT = (".txt", ".lab")
_UNTELLING = (*_TEXT, ".csv", ".tsv")
"""Suffixes that lists of many recordings have as well."""
_MANY = (".jsonl", ".ndjson")
"""Suffixes of lists alone: a line of one may look like a transcript."""


def _folder(source: Source) -> Iterator[Row]:
    """The files in order of name; a recording without a transcript is an utterance without a reference."""
    found = list(_files(source.path))
    audio = {id_of(name): name for name in reversed(found) if Path(name).suffix.lower() in AUDIO}
    written = [(_stem(name), name) for name in found if _stem(name)]
    for id, name in written:
        place = source.path / name
        with located(place):
            transcript = _transcript(place)
        yield name, _utterance(id, transcript, str(source.path / audio[id]) if id in audio else None)
    known = {id for id, _ in written}
    for id, name in () if source.results else sorted(audio.items()):
        if id not in known:
            yield name, _utterance(id, None, str(source.path / name))
    if source.results and not written:
        refuse("there is no transcript in the folder")


def _single(source: Source) -> Iterator[Row]:
    id = _stem(source.path.name) or source.path.stem
    heard = recordings_in(source.path.parent) if source.audio else {}
    yield source.path.name, _utterance(id, _transcript(source.path), heard.get(id))


def _single_text(source: Source) -> Iterator[Row]:
    heard = recordings_in(source.path.parent) if source.audio else {}
    id = source.path.stem
    yield source.path.name, _utterance(id, spoken(decoded(contents(source.path))), heard.get(id))


def _utterance(id: str, transcript: Transcript | None, audio: str | None) -> Utterance:
    length = transcript.duration_ms if transcript else None
    return Utterance(id, transcript, recording=id, audio=audio, duration_ms=length)


def _transcript(path: Path) -> Transcript:
    if path.suffix.lower() in _TEXT and not path.name.lower().endswith(".labels.txt"):
        return spoken(decoded(contents(path)))
    return read(contents(path), name=path.name)


def _files(folder: Path) -> Iterator[str]:
    """Every file below the folder that is not hidden, by its path from there, in order of name.

    Pipes, sockets and devices are none: reading one could wait for ever.
    """
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        places = (Path(root, name) for name in names if not name.startswith("."))
        found += [one.relative_to(folder).as_posix() for one in places if one.is_file() or not one.exists()]
    return iter(sorted(found))


def _stem(name: str) -> str:
    """The name without the suffix of a transcript; empty for a file that is none."""
    suffixes = [suffix for one in readers().values() for suffix in one.suffixes]
    for suffix in sorted([*suffixes, *_TEXT], key=len, reverse=True):
        if name.lower().endswith(suffix):
            return id_of(name[: -len(suffix)])
    return ""


def _fits_folder(path: Path, _: bytes) -> bool:
    return path.is_dir()


def _fits_single(path: Path, head: bytes) -> bool:
    if path.suffix.lower() in _MANY:
        return False
    if _stem(path.name) and path.suffix.lower() not in _UNTELLING:
        return True
    start = beginning(head)
    return any(one.sniff(start) for one in readers().values())


def _fits_text(path: Path, _: bytes) -> bool:
    return path.suffix.lower() in _TEXT


FOLDER = Format(
    "folder",
    "A folder with one transcript or text file a recording, and recordings; id: the path in the folder, without suffix",
    _fits_folder,
    _folder,
)
TRANSCRIPT = Format(
    "transcript",
    "One transcript by itself (our JSON, SRT, VTT, TextGrid and all others that `convert` reads); id: its name without "
    "suffix",
    _fits_single,
    _single,
    single=True,
)
TEXT = Format("txt", "One plain text; id: its name without suffix", _fits_text, _single_text, single=True)
