"""The provider `scripted` answers what its caller wrote down, so that an application tests itself without any vendor.

A script is a list of scenes. One scene answers one submission or one stream:

    [profiles.test]
    provider = "scripted"

    [[profiles.test.settings.scenes]]
    audio = "greeting.*"                              # these recordings only; without it, any
    text = "hello world"                              # or `transcript`, or `fails`; none of them is silence

    [[profiles.test.settings.scenes]]
    text = "good bye"
    steps = [{ status = "queued", seconds = 2 }, { status = "running", progress = 0.5, seconds = 1 }]
    faults = [{ error = "rate_limited", retry_after = 3 }, { error = "unavailable", at = "fetch", times = 2 }]

    [[profiles.test.settings.scenes]]
    fails = { error = "job_failed", vendor_code = "E42" }

Scenes that name the audio win over scenes that do not. Several that fit are played in order, and the last one again
and again. A scene is over once its submission is taken, or refused for good; after a fault that invites another try
the same scene goes on. `script` names a TOML or JSON file with `scenes`, whose scenes come first.

A job goes one step further each time it is asked about. No clock is read: `seconds` is what the vendor wishes to be
left alone, which whoever waits for the job respects, and a reference alone is enough to go on after a restart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationInfo, model_validator

from ._script import Cue, Failure, Fault, Scene, ScriptedEngine, ScriptTranscript, Step, scenes_in
from .capabilities import ANY, AudioForm, Capabilities, Limit, Service
from .engine import Engine
from .errors import (
    EarwitnessError,
    InvalidRequestError,
    InvalidTranscriptError,
    JobCancelledError,
    JobNotFoundError,
    ProtocolError,
)
from .hookspecs import hookimpl
from .jobs import JobStatus, JobUpdate, VendorReference
from .models import Answer, Interim, Transcript
from .provider import Callback, Provider, ProviderSettings, Runtime, Submission
from .request import AudioSource, Feature, FileAudio, LiveAudio, StoredAudio, UrlAudio
from .rest import read_json

__all__ = [
    "Cue",
    "Failure",
    "Fault",
    "Scene",
    "ScriptedEngine",
    "ScriptedProvider",
    "ScriptedSettings",
    "Step",
    "earwitness_provider",
]

_SERVICE = "scripted"


@hookimpl
def earwitness_provider() -> type[Provider[Any]]:
    """The scripted provider."""
    return ScriptedProvider


class ScriptedSettings(ProviderSettings):
    """The script, and what the pretended vendor can do: by default everything, in any language, for money."""

    script: Path | None = None
    """A TOML or JSON file with `scenes`; relative to the configuration's folder."""
    scenes: tuple[Scene, ...] = ()
    """The scenes, in order. None at all is one scene of silence."""
    submission: Literal["paid", "idempotent", "free"] = "paid"
    """Whether a submission may be repeated on doubt."""
    languages: tuple[str, ...] = ()
    """The only languages that it hears; empty is any."""
    without: tuple[Feature, ...] = ()
    """Features that it refuses."""

    @model_validator(mode="before")
    @classmethod
    def _with_script(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("script"), str | Path):
            return data
        folder = Path((info.context or {}).get("folder", "."))
        return {**data, "scenes": [*scenes_in(folder / data["script"]), *data.get("scenes", ())]}


class _AnyOptions(BaseModel):
    """Another vendor's options pass, so that a profile can be swapped for this one in a test."""

    model_config = ConfigDict(extra="allow")


class ScriptedProvider(Provider[ScriptedSettings]):
    """Plays the scenes of its settings."""

    name = "scripted"
    Settings = ScriptedSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        services=(
            Service(
                name=_SERVICE,
                options=_AnyOptions,
                audio=("inline", "stream", "url", "stored"),
                features={feature: Limit() for feature in Feature},
                models=(ANY,),
                accepts=AudioForm(),
                callback="hint",
                cancellable=True,
            ),
        )
    )

    def __init__(self, settings: ScriptedSettings, runtime: Runtime) -> None:
        super().__init__(settings, runtime)
        self._scenes = settings.scenes or (Scene(),)
        self._played: Counter[tuple[int, ...]] = Counter()
        self._raised: Counter[tuple[object, ...]] = Counter()

    def offered(self) -> Capabilities:
        """Everything, less what the settings take away."""
        service, settings = self.capabilities.services[0], self.settings
        kept = {name: limit for name, limit in service.features.items() if name not in settings.without}
        return Capabilities(
            (replace(service, features=kept, languages=settings.languages, submission=settings.submission),)
        )

    async def submit(self, submission: Submission) -> JobUpdate:
        """The first step of the next fitting scene, or its end where it has no steps."""
        number = self._enter(submission.request.audio, "submit")
        return self._at(_reference(f"scripted-{submission.attempt.id}", number, 0))

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """One step further."""
        number, asked = self._place(reference)
        self._fault(number, "fetch", reference.id)
        return self._at(_reference(reference.id, number, asked + 1, cancelled=_is_cancelled(reference)))

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        """Cancelled, unless the scene is already at its end."""
        number, asked = self._place(reference)
        self._fault(number, "cancel", reference.id)
        over = asked >= len(self._scenes[number].steps)
        return self._at(_reference(reference.id, number, asked, cancelled=not over or _is_cancelled(reference)))

    def engine(self, submission: Submission) -> Engine:
        """The next fitting scene as a stream."""
        number = self._enter(submission.request.audio, None)
        scene = self._scenes[number]
        fault = next((one for one in scene.faults if one.at == "stream" and self._due(one, number)), None)
        error = fault or scene.fails
        return ScriptedEngine(
            tuple((cue.at_ms, Interim(cue.text)) for cue in scene.interims),
            scene.heard().segments,
            error.made() if error else None,
            fault.at_ms if fault else 0,
        )

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """A finished job from a transcript's JSON. Raises ProtocolError for anything else."""
        try:
            transcript = Transcript.from_json(answer.body)
        except InvalidTranscriptError as error:
            raise ProtocolError(error.message, provider=cls.name) from None
        return JobUpdate(JobStatus.SUCCEEDED, reference, transcript=transcript, answer=answer)

    @classmethod
    def read_callback(cls, callback: Callback, reference: VendorReference | None = None) -> JobUpdate:
        """A finished job from `{"id": ..., "transcript": {...}}`. Raises ProtocolError for anything else."""
        said = read_json(_callback_body(), callback.body, what="callback")
        if reference is not None and reference.id != said.id:
            raise ProtocolError("The callback is about another job", provider=cls.name, accepted="no")
        known = reference or VendorReference(_SERVICE, said.id)
        return JobUpdate(JobStatus.SUCCEEDED, known, transcript=said.transcript, answer=_answer(said.transcript))

    def _enter(self, audio: AudioSource, call: Literal["submit"] | None) -> int:
        """The scene for this audio; it is over, unless a fault of it invites another try."""
        fitting = self._fitting(_name_of(audio))
        number = fitting[min(self._played[fitting], len(fitting) - 1)]
        try:
            if call:
                self._fault(number, call)
        except EarwitnessError as error:
            if not (error.retryable and error.accepted == "no"):
                self._played[fitting] += 1
            raise
        self._played[fitting] += 1
        return number

    def _fitting(self, name: str) -> tuple[int, ...]:
        scenes = list(enumerate(self._scenes))
        named = [number for number, one in scenes if one.audio is not None and fnmatchcase(name, one.audio)]
        fitting = named or [number for number, one in scenes if one.audio is None]
        if not fitting:
            raise InvalidRequestError(
                "The script has no scene for this audio",
                action="Add a scene without `audio`.",
                provider=self.name,
            )
        return tuple(fitting)

    def _fault(self, number: int, call: str, job: str = "") -> None:
        for fault in self._scenes[number].faults:
            if fault.at == call and self._due(fault, number, job):
                raise fault.made()

    def _due(self, fault: Fault, number: int, job: str = "") -> bool:
        """Whether this fault happens now; each counts by itself, per scene, and per job once there is one."""
        key = (number, self._scenes[number].faults.index(fault), job)
        self._raised[key] += 1
        return fault.times is None or self._raised[key] <= fault.times

    def _place(self, reference: VendorReference) -> tuple[int, int]:
        """Scene and steps so far, from the reference alone."""
        number, asked = reference.state.get("scene"), reference.state.get("asked")
        if not isinstance(number, int) or not isinstance(asked, int) or not 0 <= number < len(self._scenes):
            raise JobNotFoundError("The script does not know this job", provider=self.name)
        return number, asked

    def _at(self, reference: VendorReference) -> JobUpdate:
        number, asked = self._place(reference)
        scene = self._scenes[number]
        if _is_cancelled(reference):
            return JobUpdate(JobStatus.CANCELLED, reference, error=JobCancelledError("The job was cancelled"))
        if asked < len(scene.steps):
            step = scene.steps[asked]
            return JobUpdate(JobStatus(step.status), reference, step.progress, check_after=step.seconds)
        if scene.fails is not None:
            return JobUpdate(JobStatus.FAILED, reference, error=scene.fails.made())
        return self.read_answer(_answer(scene.heard()), reference)


class _CallbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    transcript: ScriptTranscript


@cache
def _callback_body() -> TypeAdapter[_CallbackBody]:
    return TypeAdapter(_CallbackBody)


def _name_of(audio: AudioSource) -> str:
    match audio:
        case FileAudio(path):
            return path.name
        case UrlAudio(url):
            return url.partition("?")[0].rstrip("/").rpartition("/")[2]
        case StoredAudio(key):
            return key
        case LiveAudio():
            return "live"
    return audio.name


def _reference(job: str, number: int, asked: int, *, cancelled: bool = False) -> VendorReference:
    state: dict[str, str | int | float | bool | None] = {"scene": number, "asked": asked}
    return VendorReference(_SERVICE, job, state={**state, "cancelled": True} if cancelled else state)


def _is_cancelled(reference: VendorReference) -> bool:
    return reference.state.get("cancelled") is True


def _answer(transcript: Transcript) -> Answer:
    return Answer(transcript.to_json(), service=_SERVICE)
