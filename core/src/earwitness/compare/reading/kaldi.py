"""A Kaldi data folder: text, wav.scp, segments, utt2spk, utt2lang. A pipe in wav.scp is a program, and is never run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from ...reading._base import decoded
from ..corpus import Utterance
from ._base import (
    Format,
    Row,
    Source,
    audio_at,
    contents,
    language_of,
    lines,
    located,
    milliseconds,
    refuse,
    spoken,
)

__all__ = ["FOLDER", "table"]

T = TypeVar("T")


class _Stretch(NamedTuple):
    recording: str
    start_ms: int = 0
    end_ms: int | None = None


def table(path: Path, value: Callable[[str, int], T]) -> dict[str, T]:
    """What `value` makes of the rest of each line and its number, by the line's first word.

    Nothing for a file that is not there. Raises InvalidTranscriptError naming file and line.
    """
    found: dict[str, T] = {}
    if not path.is_file():
        return found
    with located(path):
        for number, line in lines(decoded(contents(path))):
            id, *rest = line.split(None, 1)
            if id in found:
                refuse(f"the id {id[:80]!r} stands in a line above already", line=number)
            found[id] = value(rest[0].strip() if rest else "", number)
    return found


def _read(source: Source) -> Iterator[Row]:
    folder = source.path
    texts = table(folder / "text", _plain)
    stretches = table(folder / "segments", _stretch)
    audio = table(folder / "wav.scp", lambda rest, line: _audio(rest, line, folder)) if source.audio else {}
    speakers, languages = table(folder / "utt2spk", _plain), table(folder / "utt2lang", _plain)
    unheard = {} if source.results else stretches or dict.fromkeys(audio, _Stretch(""))
    for id in dict.fromkeys([*texts, *unheard]):
        stretch = stretches.get(id, _Stretch(id))
        if audio and stretch.recording not in audio:
            refuse(f"{id[:80]!r} has no recording in wav.scp", action="Add it, or take the utterance out.")
        yield (
            f"the entry {id[:80]!r}",
            Utterance(
                id,
                spoken(texts[id], speaker=speakers.get(id)) if id in texts else None,
                recording=stretch.recording,
                speaker=speakers.get(id),
                language=language_of(languages.get(id)),
                audio=audio.get(stretch.recording),
                offset_ms=stretch.start_ms,
                duration_ms=None if stretch.end_ms is None else stretch.end_ms - stretch.start_ms,
            ),
        )


def _plain(rest: str, _: int) -> str:
    return rest


def _stretch(rest: str, line: int) -> _Stretch:
    """A line of `segments`: recording, start, end in seconds; an end of -1 is the recording's own."""
    parts = rest.split()
    if len(parts) not in (3, 4):
        refuse("a segment has an id, a recording, a start and an end", line=line)
    start = milliseconds(parts[1], "the start", line=line) or 0
    end = None if parts[2].startswith("-1") else milliseconds(parts[2], "the end", line=line)
    if end is not None and end <= start:
        refuse("the segment ends before it starts", line=line)
    return _Stretch(parts[0], start, end)


def _audio(rest: str, line: int, folder: Path) -> str:
    if rest.startswith("|") or rest.endswith("|"):
        refuse(
            "the recording is a pipe, which is a program and is not run",
            line=line,
            action="Run it yourself and name the file that it makes; for scoring alone wav.scp is not needed.",
        )
    if rest in ("", "-"):
        refuse("no recording is named", line=line, action="Name its file.")
    return audio_at(rest, folder)


def _fits(path: Path, _: bytes) -> bool:
    return path.is_dir() and any((path / name).is_file() for name in ("wav.scp", "utt2spk", "text"))


FOLDER = Format("kaldi", "Kaldi data folder; id: the utterance's", _fits, _read)
