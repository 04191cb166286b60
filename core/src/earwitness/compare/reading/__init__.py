"""Data sets in the forms in which people keep them: references to compare with, and what somebody heard.

An utterance's id is stable: it follows from its own line or file alone, so that what two tools write about the same
recording meets again. How, each format says; `formats` lists them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path

from ...errors import InvalidRequestError, InvalidTranscriptError
from ...models import Transcript
from ..corpus import Corpus, Entrant, Result, Utterance
from . import files, kaldi, lists, manifests, recordings, results
from ._base import Format, Source, beginning, is_text, last_part, located, refuse, require_there, shown

__all__ = ["formats", "read_corpus", "read_results"]

_FORMATS: tuple[Format, ...] = (
    kaldi.FOLDER,
    manifests.AUDIOFOLDER,
    files.FOLDER,
    results.FORMAT,
    manifests.NEMO,
    recordings.SEGLST,
    manifests.COMMON_VOICE,
    lists.TRN,
    recordings.RTTM,  # its lines look like those of the next two
    recordings.CTM,
    recordings.STM,
    files.TRANSCRIPT,
    lists.TAB,
    lists.KALDI_TEXT,
    files.TEXT,
)
"""In the order in which they are tried: what is told by its beginning before what is told by its suffix."""


def formats() -> Mapping[str, str]:
    """Every format of data sets by name, with what it is and what an utterance's id is there."""
    return {one.name: one.title for one in _FORMATS}


def read_corpus(path: str | PathLike[str], *, format: str | None = None, audio: bool = True) -> Corpus:
    """The utterances of this file or folder with their references, in its order.

    Without `format` the content decides. Without `audio` nobody will listen: where the recordings lie is then not
    looked at. Raises InvalidTranscriptError naming file and line, InvalidRequestError for an unknown format.
    """
    place = Path(path)
    chosen = _format(place, format)
    if chosen is results.FORMAT:
        raise InvalidRequestError(
            f"{shown(place)} holds results and no references", action="Give the data set that was transcribed."
        )
    return Corpus(_gathered(chosen, Source(place, audio=audio)), str(path))


def read_results(
    path: str | PathLike[str],
    *,
    name: str | None = None,
    corpus: Corpus | None = None,
    format: str | None = None,
) -> Entrant:
    """What one entrant heard, from a file or folder in any of the formats: its text is what was heard.

    In a manifest `pred_text` is taken, where any line has it. With a `corpus`, an id that it does not know but whose
    last part (behind the last `/`) fits exactly one of its utterances stands for that one, and one transcript for the
    only utterance. Other ids stay as they are: what does not match is for the caller to refuse. Raises as
    `read_corpus` does.
    """
    place = Path(path)
    chosen = _format(place, format)
    if chosen is results.FORMAT:
        found = _only_once(place, results.read_results(place))
    else:
        rows = _gathered(chosen, Source(place, results=True, audio=False))
        found = {one.id: _heard(one.id, one.reference) for one in rows.values() if one.reference is not None}
    if corpus is not None:
        found = _renamed(found, corpus, alone=chosen.single)
    return Entrant(name or (place.name if place.is_dir() else place.stem), found)


def _heard(id: str, transcript: Transcript) -> Result:
    said = any(one.text.strip() or one.speaker for one in transcript.segments)
    return Result(id, "delivered" if said else "empty", transcript)


def _format(path: Path, name: str | None) -> Format:
    require_there(path)
    if name is not None:
        known = {one.name: one for one in _FORMATS}
        if name not in known:
            raise InvalidRequestError(
                f"There is no data set format {name!r}", action=f"Use one of: {', '.join(known)}."
            )
        return known[name]
    head = b"" if path.is_dir() else beginning(path)
    for one in _FORMATS:
        if one.fits(path, head):
            return one
    _require_plain(path, head)
    raise InvalidTranscriptError(
        f"{shown(path)} is in none of the formats of data sets",
        action=f"Say which it is: {', '.join(formats())}.",
    )


def _require_plain(path: Path, head: bytes) -> None:
    """Raises InvalidTranscriptError for what is no format of data sets, but what people try nevertheless."""
    if path.is_file() and not head.strip():
        raise InvalidTranscriptError(f"{shown(path)} is empty", action="Check that it is the right file.")
    if head.startswith(_PACKED):
        raise InvalidTranscriptError(f"{shown(path)} is packed", action="Unpack it first.")


def _gathered(format: Format, source: Source) -> dict[str, Utterance]:
    """The utterances by id. Raises InvalidTranscriptError for two of one id, and where there are none."""
    found: dict[str, Utterance] = {}
    places: dict[str, str] = {}
    with located(source.path):
        for place, one in format.read(source):
            if not is_text(one.id):
                refuse(f"{place}: the id is no Unicode text", action=_OWN_IDS)
            if one.id in found:
                refuse(f"{place}: the id {one.id[:80]!r} is that of {places[one.id]} already", action=_OWN_IDS)
            found[one.id], places[one.id] = one, place
        if not found:
            refuse("there is no utterance in it", action="Check that it is the right file or folder.")
    return found


def _only_once(path: Path, given: Iterable[Result]) -> dict[str, Result]:
    found = list(given)
    twice = [id for id, count in Counter(one.id for one in found).items() if count > 1]
    if twice:
        with located(path):
            refuse(f"the id {twice[0][:80]!r} stands there more than once", action=_OWN_IDS)
    return {one.id: one for one in found}


def _renamed(found: dict[str, Result], corpus: Corpus, *, alone: bool) -> dict[str, Result]:
    if alone and len(found) == len(corpus) == 1:
        (result,), (utterance,) = found.values(), corpus
        return {utterance.id: replace(result, id=utterance.id)}
    strangers = {id: last_part(id) for id in found if id not in corpus.utterances}
    open_ids = Counter(last_part(id) for id in corpus.utterances if id not in found)
    full = {last_part(id): id for id in corpus.utterances if id not in found}
    claims = Counter(strangers.values())
    meant = {id: full[last] for id, last in strangers.items() if claims[last] == open_ids[last] == 1}
    return {meant.get(id, id): replace(one, id=meant.get(id, id)) for id, one in found.items()}


_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
"""How files of gzip, zip, bzip2, xz and zstd begin."""

_OWN_IDS = "Give each utterance an id of its own."
