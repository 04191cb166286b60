"""A provider only translates: requests into exchanges, dialects or engines, and answers into the neutral model.

Waiting, repeating, limiting, recording, reconnecting and pacing happen once, in core. Everything a provider may use of
core at run time is the `Runtime` it is given. Nothing here is abstract: the defaults refuse, and the declared
capabilities say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from .capabilities import AudioFacts, AudioForm, Capabilities, handovers_of
from .errors import InvalidRequestError, UnsupportedFeatureError
from .exchange import Auth, Exchange
from .jobs import Attempt, JobStatus, JobUpdate, Plan, VendorReference
from .models import Answer, Transcript
from .request import TranscriptionRequest

if TYPE_CHECKING:
    from .engine import Engine
    from .media import Media
    from .streaming import Dialect

__all__ = ["INTERFACE", "Callback", "CallbackReply", "Plan", "Provider", "ProviderSettings", "Runtime", "Submission"]

INTERFACE = 1
"""The version of this contract. A provider written for one version runs under the next."""

S = TypeVar("S", bound="ProviderSettings")
T = TypeVar("T")


class ProviderSettings(BaseModel):
    """The settings of one profile of a provider. Secrets are `pydantic.SecretStr`; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything a provider needs to hand one job over. `options` is validated by the planned service's own model.

    `media` is re-openable and already in a form that the service accepts; it is None for a URL or a stored object.
    """

    request: TranscriptionRequest
    plan: Plan
    options: Any
    attempt: Attempt
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """What a vendor sent to our callback address. Header names are in lower case."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """The fixed answer that a vendor wants to its callback, given before any work is done."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200


class Runtime(Protocol):
    """All that a provider may use of core while it works."""

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        """What the exchange returns; its calls are signed, sent and repeated as they allow. Raises EarwitnessError."""
        ...

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        """What this engine hears in the submission's media, in a worker process. Progress goes to the job."""
        ...


class Provider(Generic[S]):
    """One vendor or engine. Subclasses set the class attributes and override what they can do.

    `name` is the entry point's name, `Settings` the model of a profile's settings, `capabilities` what is declared,
    `interface` the version of this contract, `callback_reply` what the vendor wants to hear to its callback. At work,
    `self.settings` are this profile's validated settings and `self.runtime` is all that may be used of core.
    """

    name: ClassVar[str]
    interface: ClassVar[int] = INTERFACE
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    capabilities: ClassVar[Capabilities]
    callback_reply: ClassVar[CallbackReply] = CallbackReply()

    def __init__(self, settings: S, runtime: Runtime) -> None:
        self.settings = settings
        self.runtime = runtime

    def offered(self) -> Capabilities:
        """What this profile can do: the capabilities, narrowed by its settings (which keys, which models)."""
        return self.capabilities

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        """Which service and model will answer. Pure. Raises InvalidRequestError for a service it has not.

        The default takes the service asked for, else the first one offered that the audio can reach, and the language
        asked for, else the only one that the service hears.
        """
        offered = self.offered()
        name = request.service or _first_that_takes(offered, request)
        if name not in offered.names():
            raise InvalidRequestError(
                f"{self.name} has no service {name!r} with these settings",
                action=f"Use one of: {', '.join(offered.names()) or 'none is configured'}.",
                provider=self.name,
            )
        service = offered.at(name, model=request.model, languages=request.languages)
        only = service.languages if len(service.languages) == 1 else ()
        return Plan(service=name, model=request.model, languages=request.languages or only)

    def accepts(self, request: TranscriptionRequest, plan: Plan, form: AudioForm) -> AudioForm:
        """The audio that this plan's service takes for this request; what does not fit is converted. Pure.

        The default is the declared `form`. Override it where an option decides (channels heard apart, say).
        """
        return form

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hands one job over; the update may be final. Raises EarwitnessError with `accepted` set truthfully.

        The default lets the provider's engine hear the recording, where it has one.
        """
        if type(self).engine is Provider.engine:
            raise self._refusal("submit", "transcribe recordings")
        heard = await self.runtime.in_worker(self.engine(submission), submission)
        return JobUpdate(JobStatus.SUCCEEDED, transcript=heard)

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """How the job stands now. The reference is enough, also after a restart."""
        raise self._refusal("fetch", "be asked about a job")

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        """Asks the vendor to stop the job: cancelled, or as it stands where it had finished before."""
        raise self._refusal("cancel", "cancel a job; a job that runs may still be billed")

    def engine(self, submission: Submission) -> Engine:
        """The local recogniser for this submission, for providers that are engines."""
        raise self._refusal("stream", "transcribe live audio")

    def dialect(self, submission: Submission) -> Dialect | None:
        """A fresh dialect for one streaming connection, or None for a provider that streams through its engine."""
        return None

    @classmethod
    def read_callback(cls, callback: Callback, reference: VendorReference | None = None) -> JobUpdate:
        """What a callback says. A class method: pure, without credentials; a hint until it has been fetched."""
        raise _cannot(cls.name, "callback", "read callbacks")

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """The update that a stored vendor answer means. A class method: pure, without credentials."""
        raise _cannot(cls.name, "read_answer", "read stored answers")

    def secrets(self) -> Iterable[str]:
        """The strings that must never be shown: every secret setting, and what is derived from one."""
        return _secret_values(self.settings)

    async def aclose(self) -> None:
        """Lets go of what the provider itself holds; core's connections and workers are core's."""

    def _refusal(self, feature: str, what: str) -> UnsupportedFeatureError:
        return _cannot(self.name, feature, what)


def _first_that_takes(offered: Capabilities, request: TranscriptionRequest) -> str:
    ways = handovers_of(request.audio)
    fitting = (service.name for service in offered.services if any(way in service.audio for way in ways))
    return next(fitting, next(iter(offered.names()), ""))


def _cannot(name: str, feature: str, what: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(f"{name} cannot {what}", feature=feature, provider=name)


def _secret_values(settings: BaseModel) -> list[str]:
    from pydantic import SecretStr

    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
