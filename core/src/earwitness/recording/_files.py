"""The form of a recording: an index of its exchanges, and each body as a file of its own, as the vendor sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..errors import ConfigurationError, OutputError

__all__ = ["INDEX", "Exchanged", "Finished", "Index", "Recording", "empty_folder"]

INDEX = "recording.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One call and its reply. `body` is a file; of a body that is no text only length and hash are kept."""

    operation: str
    method: str
    path: str
    status: int
    sent: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    length: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An answer that held a transcript, and what it says."""

    body: str
    content_type: str
    service: str | None = None
    text: str
    words: int | None = None
    speakers: tuple[str, ...] | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What `recording.json` holds."""

    provider: str
    exchanges: tuple[Exchanged, ...]
    answers: tuple[Finished, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A folder that `record` made: `recording.json`, and each reply's body as a file of its own.

    Bodies may be edited, and entries be deleted from the index, such as polls in between.
    """

    folder: Path
    index: Index = field(repr=False)

    @classmethod
    def read(cls, folder: str | Path) -> Recording:
        """The recording in this folder. Raises ConfigurationError where there is none that can be read."""
        path = Path(folder) / INDEX
        try:
            return cls(Path(folder), _adapter().validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            why = error.strerror if isinstance(error, OSError) else "it does not have the form of an index"
        raise ConfigurationError(
            f"There is no recording at {path}: {why}", action="Make one with earwitness.recording.record."
        )

    @property
    def provider(self) -> str:
        """Whose exchanges they are."""
        return self.index.provider

    @property
    def answers(self) -> tuple[dict[str, Any], ...]:
        """The answers with a transcript, as the conformance kit takes them: `Recorded(**one)` for each.

        Raises ConfigurationError where a body is missing.
        """
        return tuple({**asdict(one), "body": self.body(one.body)} for one in self.index.answers)

    def body(self, name: str | None) -> bytes:
        """What this file of the folder holds; nothing for None. Raises ConfigurationError where it is missing."""
        if name is None:
            return b""
        try:
            return (self.folder / Path(name).name).read_bytes()
        except OSError as error:
            why = error.strerror
        raise ConfigurationError(
            f"The recording at {self.folder} lacks {name}: {why}", action=f"Record it anew, or correct {INDEX}."
        )


def empty_folder(folder: Path) -> Path:
    """The folder, made where it is not there yet. Raises ConfigurationError where something is in it, OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}", action="Name another folder.") from None
    if taken:
        raise ConfigurationError(f"{folder} is not empty", action="Name a new folder for each recording.")
    return folder


@cache
def _adapter() -> TypeAdapter[Index]:
    return TypeAdapter(Index)
