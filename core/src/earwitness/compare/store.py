"""The folder of a comparison: every answer is written once, under a key of everything that decided it.

    answers/<key>.json     one transcript with the vendor's own answer, owner-only, written whole or not at all
    asked/<key>.json       a paid question whose end is not known, with what the vendor calls its job, where it told:
                           it is not asked again by itself, and its answer is fetched where the job is known
    .lock                  held by the run that is at work in the folder
    failures.json          what failed when it was last asked, and how often; it is asked again by the next run

A key is a hash of the audio, provider, service, model, options and the plugin's version: another version of any of
them is another question. Cancelled, failed and partial results are never answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from .._drafts import add_file, replace_file
from .._locks import locked
from ..errors import EarwitnessError, InvalidTranscriptError, OutputError
from ..jobs import VendorReference
from ..models import Transcript
from .corpus import Timing

__all__ = ["Answered", "Failure", "Question", "Store", "digest"]

_FORMAT = "earwitness.answer/1"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of whom: all that decides the answer. Digests are SHA-256 in hexadecimal.

    `audio` is the file's digest; `start_ms` and `end_ms` bound the stretch that was cut from it, None for the whole.
    `options` is a digest, because settings may be private.
    """

    audio: str
    start_ms: int | None
    end_ms: int | None
    provider: str
    service: str
    model: str | None
    options: str
    version: str | None

    @property
    def key(self) -> str:
        """The name under which its answer is kept."""
        return digest([_FORMAT, asdict(self)])


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the store with the times that it took when it was given."""

    transcript: Transcript
    timing: Timing


@dataclass(frozen=True, slots=True)
class Failure:
    """How the last try of a question ended, by the error's class name, and how many submissions there were."""

    error: str
    tries: int


class Store:
    """One comparison's folder. It is made at the first write, readable by its owner only.

    Raises OutputError where it cannot be written, InvalidTranscriptError for a damaged file in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answer(self, key: str) -> Answered | None:
        """The answer to the question with this key, if there is one."""
        found = self._read(self._answer(key))
        if found is None:
            return None
        known = {one.name for one in fields(Timing)}
        timing = {name: value for name, value in found.get("timing", {}).items() if name in known}
        with self._sound(self._answer(key)):
            transcript = Transcript.from_json(json.dumps(found["transcript"]))
            return Answered(transcript, Timing(**timing))

    def holds(self, key: str) -> bool:
        """Whether there is an answer to this question; it is not read."""
        return self._answer(key).is_file()

    def ended(self, key: str) -> bool:
        """Whether this question may have cost something: it has an answer, or nobody knows what became of it."""
        return self.holds(key) or self.unsettled(key)

    def keep(self, question: Question, answered: Answered) -> None:
        """Writes the answer down; one that is there already stays."""
        document = {
            "format": _FORMAT,
            "question": asdict(question),
            "timing": {name: value for name, value in asdict(answered.timing).items() if value is not None},
            "transcript": json.loads(answered.transcript.to_json()),
        }
        with self._writing(self._answer(question.key)) as path:
            add_file(path, json.dumps(document, ensure_ascii=False).encode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside it no other run asks anything for this folder. Raises OutputError where one is at it already."""
        with self._writing(self.folder / ".lock") as path:
            lock = path.open("ab")
        with lock:
            # Where files cannot be locked, the notes of what is being asked have to do.
            if locked(lock) is False:
                raise OutputError(
                    f"Another run is at work in {self.folder}", action="Wait until it has ended, or give another --out."
                )
            yield

    def begin(self, question: Question, *, again: bool = False) -> bool:
        """Notes, before anything is sent, that this question is being asked and may be billed.

        False where that stands there already, unless it is asked `again`.
        """
        with self._writing(self._asked(question.key)) as path:
            if add_file(path, _note(question)):
                return True
            if again:
                replace_file(path, _note(question))
        return again

    def reached(self, question: Question, reference: VendorReference) -> None:
        """Adds to that note what the vendor calls the job: its answer can then be fetched whatever happens here."""
        with self._writing(self._asked(question.key)) as path:
            replace_file(path, _note(question, reference))

    def reference(self, key: str) -> VendorReference | None:
        """What the vendor calls the job of this question, as far as it told before the run ended."""
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            said = json.loads(self._asked(key).read_bytes())["reference"]
            since, until = (None if one is None else datetime.fromisoformat(one) for one in said["times"])
            return VendorReference(said["service"], said["id"], since, until, said["state"])
        return None

    def settle(self, key: str) -> None:
        """Forgets that note: the question's end is known."""
        with suppress(OSError):
            self._asked(key).unlink(missing_ok=True)

    def unsettled(self, key: str) -> bool:
        """Whether this question was asked and nobody knows what became of it."""
        return self._asked(key).is_file()

    def failures(self) -> dict[str, Failure]:
        """What failed so far and has no answer yet, by key."""
        path = self.folder / "failures.json"
        with self._sound(path):
            return {key: Failure(one["error"], one["tries"]) for key, one in (self._read(path) or {}).items()}

    def fail(self, failures: Mapping[str, Failure]) -> None:
        """Writes down what failed, in place of what was there."""
        with self._writing(self.folder / "failures.json") as path:
            replace_file(path, json.dumps({key: asdict(one) for key, one in failures.items()}, indent=1).encode())

    def write(self, name: str, data: bytes) -> Path:
        """Puts a file of the comparison in its place, whole or not at all."""
        with self._writing(self.folder / name) as path:
            replace_file(path, data)
        return path

    def _answer(self, key: str) -> Path:
        return self.folder / "answers" / key[:2] / f"{key}.json"

    def _asked(self, key: str) -> Path:
        return self.folder / "asked" / f"{key}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        with self._sound(path):
            try:
                found = json.loads(path.read_bytes())
            except (FileNotFoundError, NotADirectoryError):
                return None
            if not isinstance(found, dict):
                raise ValueError
            return found

    @contextmanager
    def _sound(self, path: Path) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, EarwitnessError):
            damaged = InvalidTranscriptError(
                f"{path} is damaged or cannot be read", action="Remove it; what it held is then asked for again."
            )
        else:
            return
        raise damaged

    @contextmanager
    def _writing(self, path: Path) -> Iterator[Path]:
        try:
            _make(path.parent)
            yield path
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(
                f"{path} could not be written: {reason}", action="Make room, or give another --out; then run again."
            ) from error


def digest(value: object) -> str:
    """The SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _note(question: Question, reference: VendorReference | None = None) -> bytes:
    said: dict[str, Any] = asdict(question)
    if reference is not None:
        times = [one.isoformat() if one else None for one in (reference.submitted_at, reference.expires_at)]
        state = dict(reference.state)
        said["reference"] = {"service": reference.service, "id": reference.id, "times": times, "state": state}
    return json.dumps(said).encode()


def _make(folder: Path) -> None:
    """The folder and those above it that are missing, each for its owner only: `mkdir` has a mode for the last one."""
    for place in [one for one in (folder, *folder.parents) if not one.exists()][::-1]:
        place.mkdir(mode=0o700, exist_ok=True)
