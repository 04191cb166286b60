"""What a provider can do is declared data: a wish is refused, compared and explained before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .errors import InvalidRequestError
from .request import (
    AudioSource,
    BytesAudio,
    Feature,
    FileAudio,
    LiveAudio,
    OpenFileAudio,
    RequestOptions,
    SpeakerCount,
    StoredAudio,
    UrlAudio,
)

__all__ = [
    "ANY",
    "NO_MODEL",
    "AudioFacts",
    "AudioForm",
    "Capabilities",
    "Handover",
    "Limit",
    "NoOptions",
    "Rate",
    "Refusal",
    "Rule",
    "Service",
    "Source",
    "handovers_of",
    "refusals",
]

Handover = Literal["inline", "stream", "url", "stored"]
"""How audio reaches a vendor: inside the request, streamed live, by a URL it fetches, or already in its store."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What is known of audio without decoding it; `None` is unknown. `duration_ms` is milliseconds, `length` bytes."""

    container: str | None = None
    codec: str | None = None
    duration_ms: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a declared fact was read, and when: a manual's section and an ISO month or day."""

    title: str
    read: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a feature goes. `minimum` and `maximum` bound a number or a count of items; `values` are the choices.

    What no limit says, such as how long a phrase may be, `Provider.plan` refuses.
    """

    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | None = None
    note: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class AudioForm:
    """Which audio a service takes as it is; everything else is converted first. `None` is no limit.

    `codecs` and `containers` carry FFmpeg's names, but `matroska` and `webm` are two; `preferred` is the container and
    codec to convert to. `otherwise` is what a person can do with audio that is too large or too long, as a sentence.
    """

    containers: tuple[str, ...] | None = None
    codecs: tuple[str, ...] | None = None
    sample_rates: tuple[int, ...] | None = None
    max_channels: int | None = None
    max_bytes: int | None = None
    max_duration_ms: int | None = None
    preferred: tuple[str, str] = ("wav", "pcm_s16le")
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` of `operation`, as `HttpCall` has it, in `per_s` seconds, per account.

    What the vendor limits for several operations together is divided among them.
    """

    operation: str
    calls: float
    per_s: float = 1.0


ANY = "*"
"""In `Service.models`: whatever name is asked for."""
NO_MODEL = ""
"""In `Rule.model`: while no model is chosen, so that the rule is about the one that the provider takes."""


class NoOptions(BaseModel):
    """A service without vendor options of its own."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Service:
    """One product of a vendor: its features, languages and limits. `features` maps each feature it has to its limit.

    `submission`: `paid` is never repeated on doubt, `idempotent` and `free` may be. `languages` empty means any;
    `models` empty means that there is no choice of models.
    `result_life_s` is how long an answer can be fetched, in seconds. `callback`: whether the vendor calls back, and
    whether that is the only way to the result.
    """

    name: str
    options: type[BaseModel] = NoOptions
    submission: Literal["paid", "idempotent", "free"] = "paid"
    audio: tuple[Handover, ...] = ("inline",)
    features: Mapping[Feature, Limit] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    mixed_languages: tuple[tuple[str, ...], ...] = ()
    models: tuple[str, ...] = ()
    accepts: AudioForm = AudioForm()
    rates: tuple[Rate, ...] = ()
    max_concurrent: int | None = None
    result_life_s: float | None = None
    callback: Literal["none", "hint", "only"] = "none"
    cancellable: bool = False
    sources: tuple[Source, ...] = ()

    def speaks(self, languages: tuple[str, ...]) -> bool:
        """Whether these tags, as asked together, can be heard. A bare `ko` is covered by `ko-KR` and the reverse."""
        if not self.languages or not languages:
            return True
        if len(languages) == 1:
            return _covers(self.languages, languages[0])
        return any(all(_covers(mix, tag) for tag in languages) for mix in self.mixed_languages)


@dataclass(frozen=True, slots=True)
class Rule:
    """An exception: for this model or language (both, where both are set) `without` is missing and `limits` differ.

    It holds where any of `languages` is asked; if `asked` is `alone`, where no other is; if `together`, where several
    are asked at once for mixed speech and all of them are among these.
    """

    service: str
    model: str | None = None
    languages: tuple[str, ...] | None = None
    asked: Literal["any", "alone", "together"] = "any"
    without: tuple[Feature, ...] = ()
    limits: Mapping[Feature, Limit] = field(default_factory=dict)
    accepts: AudioForm | None = None
    source: Source | None = None

    def holds(
        self, service: str, model: str | None, languages: Collection[str], *, declared: Collection[str] = ()
    ) -> bool:
        """Whether the rule applies to this choice. `declared` are the service's languages.

        A bare `zh` is met by a rule only if the rule names all of the service's kinds of it.
        """
        if self.service != service or self.model not in (None, model or NO_MODEL):
            return False
        if self.languages is None:
            return True
        met = [_names_all_of(self.languages, tag, declared) for tag in languages]
        match self.asked:
            case "alone":
                return met == [True]
            case "together":
                return len(met) > 1 and all(met)
        return any(met)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything a provider declares: its services, and the rules that narrow them by model and language."""

    services: tuple[Service, ...]
    rules: tuple[Rule, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The services' names in the provider's own order of preference."""
        return tuple(service.name for service in self.services)

    def at(self, service: str, *, model: str | None = None, languages: Collection[str] = ()) -> Service:
        """The service as it is for this model and these languages. Raises InvalidRequestError for a name it has not."""
        found = next((one for one in self.services if one.name == service), None)
        if found is None:
            raise InvalidRequestError(
                f"There is no service {service!r}",
                action=f"Use one of: {', '.join(self.names()) or 'none is configured'}.",
            )
        for rule in self.rules:
            if rule.holds(service, model, languages, declared=found.languages):
                found = _narrowed(found, rule)
        return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing a service cannot do of what was asked: the request's field and one sentence."""

    field: str
    message: str


def refusals(service: Service, request: RequestOptions) -> Iterator[Refusal]:
    """What this service cannot do of this request: features, their limits, languages. Pure."""
    if not service.speaks(request.languages):
        yield Refusal("language", _cannot_hear(service, request.languages))
    if request.model is not None and not {request.model, ANY} & {*service.models}:
        told = f"it has {', '.join(service.models)}" if service.models else "it offers no choice of models"
        yield Refusal("model", f"has no model {request.model!r}; {told}")
    for feature in request.asked():
        limit = service.features.get(feature)
        if limit is None:
            yield Refusal(feature.value, f"cannot do {feature.value}")
        elif why := _over(limit, getattr(request, feature.value)):
            yield Refusal(feature.value, why)


def handovers_of(source: AudioSource) -> tuple[Handover, ...]:
    """The ways in which this source can reach a vendor."""
    match source:
        case UrlAudio():
            return ("url",)
        case StoredAudio():
            return ("stored",)
        case LiveAudio():
            return ("stream",)
        case FileAudio() | BytesAudio() | OpenFileAudio():
            return ("inline",)


def _covers(known: Collection[str], tag: str) -> bool:
    """Whether a declared list covers a tag; without region it matches any region of its language, either way round."""
    return any(one == tag or one.startswith(f"{tag}-") or tag.startswith(f"{one}-") for one in known)


def _names_all_of(named: Collection[str], tag: str, declared: Collection[str]) -> bool:
    """Whether these are all the declared kinds of a tag: both of Chinese, where `zh` is asked and two are declared."""
    return all(_covers(named, one) for one in (tag, *(one for one in declared if _covers((one,), tag))))


def _narrowed(service: Service, rule: Rule) -> Service:
    features = {name: limit for name, limit in service.features.items() if name not in rule.without}
    return replace(service, features={**features, **rule.limits}, accepts=rule.accepts or service.accepts)


def _cannot_hear(service: Service, languages: tuple[str, ...]) -> str:
    if len(languages) == 1:
        return f"cannot hear {languages[0]}; it hears {', '.join(service.languages)}"
    mixes = " or ".join(" + ".join(mix) for mix in service.mixed_languages)
    return f"cannot hear {' + '.join(languages)} together; it hears {mixes or 'one language at a time'}"


def _over(limit: Limit, value: object) -> str:
    """Why this value passes the limit; empty when it does not."""
    if limit.values is not None and isinstance(value, str) and value not in limit.values:
        return f"takes {', '.join(limit.values)}, not {value}"
    amounts = _amounts(value)
    if amounts and limit.maximum is not None and max(amounts) > limit.maximum:
        return f"takes at most {limit.maximum:g}, not {max(amounts):g}"
    if amounts and limit.minimum is not None and min(amounts) < limit.minimum:
        return f"takes at least {limit.minimum:g}, not {min(amounts):g}"
    return ""


def _amounts(value: object) -> tuple[float, ...]:
    """The numbers that a limit bounds: a count of items, the number itself, or both ends of a range."""
    match value:
        case bool():
            return ()
        case int() | float():
            return (value,)
        case tuple():
            return (len(value),)
        case SpeakerCount():
            return tuple(end for end in (value.min, value.max) if end is not None)
    return ()
