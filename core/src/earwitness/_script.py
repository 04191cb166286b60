"""What a script is made of: scenes with their steps, faults and ends, and the engine that replays one as a stream."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from . import errors
from ._names import nearest
from .engine import Heard, Progress
from .errors import EarwitnessError, InvalidTranscriptError
from .models import AudioEvent, Interim, Notice, Segment, Speaker, Transcript, Word
from .validation import check

__all__ = ["Cue", "Failure", "Fault", "Scene", "ScriptTranscript", "ScriptedEngine", "Step", "scenes_in"]

_ERRORS: Mapping[str, type[EarwitnessError]] = {
    one.kind: one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, EarwitnessError)
}
_PARTS: Mapping[str, type] = {
    "segments": Segment,
    "words": Word,
    "speakers": Speaker,
    "events": AudioEvent,
    "notices": Notice,
}


def _known_error(kind: str) -> str:
    if kind not in _ERRORS:
        raise ValueError(f"no error is called {kind!r}; did you mean {_suggested(kind, _ERRORS)}?")
    return kind


def _known_parts(value: object) -> object:
    """Transcript data with no key that a transcript does not have: a misspelt one would be silence."""
    if isinstance(value, Mapping):
        _refuse_unknown(value, Transcript)
    return value


def _valid(transcript: Transcript) -> Transcript:
    try:
        return check(transcript)
    except InvalidTranscriptError as error:
        raise ValueError(error.message) from None


def _suggested(name: str, known: Iterable[str]) -> str:
    return nearest(name, known) or " or ".join(sorted(known))


def _refuse_unknown(data: Mapping[Any, Any], kind: type) -> None:
    known = [one.name for one in fields(kind)]
    for name, value in data.items():
        if name not in known:
            raise ValueError(
                f"{name!r} is no part of a {kind.__name__.lower()}; did you mean {_suggested(str(name), known)}?"
            )
        if name in _PARTS and isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, Mapping):
                    _refuse_unknown(item, _PARTS[name])


ScriptTranscript = Annotated[Transcript, BeforeValidator(_known_parts), AfterValidator(_valid)]
"""A transcript written by hand: complete in its names, and valid."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One status on the way, how long the vendor then wishes to be left alone (seconds), and the share done (0..1)."""

    status: Literal["queued", "running"]
    seconds: float = Field(default=0.0, ge=0)
    progress: float | None = Field(default=None, ge=0, le=1)


class Cue(_Part):
    """What a stream has understood so far when `at_ms` of audio has been heard."""

    at_ms: int = Field(ge=0)
    text: str = Field(repr=False)


class Failure(_Part):
    """An error by its kind (`rate_limited`, `outcome_unknown`, ...); what is unset has that kind's own default."""

    error: Annotated[str, AfterValidator(_known_error)]
    message: str = "The script says so"
    retryable: bool | None = None
    accepted: Literal["no", "unknown", "yes"] | None = None
    retry_after: float | None = Field(default=None, ge=0)
    vendor_code: str | None = None
    vendor_message: str | None = None
    request_id: str | None = None

    def made(self) -> EarwitnessError:
        """The error itself."""
        known = {name: getattr(self, name) for name in Failure.model_fields if name not in ("error", "message")}
        return _ERRORS[self.error](self.message, **known)


class Fault(Failure):
    """An error of one call, `times` times in a session and then no more; None is always. `at_ms` is for streams."""

    at: Literal["submit", "fetch", "cancel", "stream"] = "submit"
    times: int | None = Field(default=1, ge=1)
    at_ms: int = Field(default=0, ge=0)


class Scene(_Part):
    """The answer to one submission or stream: a text, a transcript, a failure, or silence; and the way there.

    `audio` is a pattern of file names (`*`, `?`); a URL counts by its last part, a stored object by its key, live audio
    as `live`. No `steps` means finished at submission. In a stream segments come when the audio has passed their end.
    """

    audio: str | None = None
    text: str | None = Field(default=None, repr=False)
    transcript: ScriptTranscript | None = None
    fails: Failure | None = None
    steps: tuple[Step, ...] = (Step(status="queued"), Step(status="running"))
    interims: tuple[Cue, ...] = ()
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _one_end(self) -> Scene:
        ends = [name for name in ("text", "transcript", "fails") if getattr(self, name) is not None]
        if len(ends) > 1:
            raise ValueError(f"a scene has one end, not {' and '.join(ends)}")
        return self

    def heard(self) -> Transcript:
        """The transcript at the end; a bare text is one segment without times."""
        if self.transcript is not None:
            return self.transcript
        return Transcript((Segment(self.text),)) if self.text else Transcript()


@dataclass(frozen=True, slots=True)
class ScriptedEngine:
    """Replays a scene as audio passes; what its times leave over comes at the end of the audio."""

    interims: tuple[tuple[int, Interim], ...] = ()
    segments: tuple[Segment, ...] = ()
    error: EarwitnessError | None = None
    error_at_ms: int = 0
    sample_rate: int = 16_000
    version: str | None = None

    def listen(self, pcm: Iterable[bytes]) -> Iterator[Heard]:
        """The scene's events, each once its time has been heard. Raises the scene's fault at its time."""
        cues, heard, now_ms = self._cues(), 0, 0
        for block in pcm:
            heard += len(block)
            now_ms = heard * 1000 // (2 * self.sample_rate)
            due = [one for one in cues if one[0] <= now_ms]
            cues = cues[len(due) :]
            yield from (event for _, event in due)
            yield Progress(now_ms)
            self._fail(now_ms)
        self._fail(now_ms)
        yield from (event for _, event in cues if isinstance(event, Segment))

    def _fail(self, now_ms: int) -> None:
        if self.error is not None and now_ms >= self.error_at_ms:
            raise self.error

    def _cues(self) -> list[tuple[float, Interim | Segment]]:
        timed: list[tuple[float, Interim | Segment]] = list(self.interims)
        timed += [(float("inf") if one.end_ms is None else one.end_ms, one) for one in self.segments]
        return sorted(timed, key=lambda cue: cue[0])


def scenes_in(path: Path) -> list[Any]:
    """The scenes of a script file. Raises ValueError, which becomes the setting's error."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path} is neither TOML nor, named .json, JSON: {error}") from None
    scenes = data.get("scenes") if isinstance(data, dict) else None
    if not isinstance(scenes, list) or len(data) > 1:
        raise ValueError(f"{path} has to hold a list `scenes` and nothing else")
    return scenes
