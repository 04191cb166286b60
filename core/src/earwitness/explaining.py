"""What a request would send, lose and cost under several profiles, told from declared data with no call at all.

for one in earwitness.explain("meeting.wav", profiles=["calls", "other"], speakers=2):
    print(one.profile, one.service, one.problem or one.cost)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import ValidationError

from ._bugs import foreign
from ._discovery import SCRIPTED, installed, load_provider
from ._plainly import option_reason
from ._planning import Planned, installed_that_can, judged, plan_request
from ._plugins import Plugins
from .capabilities import AudioFacts, Handover, Refusal, Service, handovers_of
from .config import Config, Profile, load_config, settings_of
from .errors import ConfigurationError, EarwitnessError
from .media import Target, conversion, misfit, open_media
from .provider import Provider
from .request import AudioSource, RequestOptions, SpeakerCount, TranscriptionRequest, audio_source

__all__ = ["Explanation", "Option", "explain"]

_OTHERS = ("metadata", "keep_raw", "vendor", "audio")
"""What stands in a request and is no option that a vendor may lack."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the request, as `value` in words; `reason` says why it is not sent, or what to know when it is.

    `sent` is an option that the service takes, whatever else in the request it refuses.
    """

    name: str
    value: str
    outcome: Literal["sent", "dropped", "refused"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one profile would make of a request. Without a `problem` it would be answered.

    `handover` is how the audio would reach the vendor, None where there is a problem; `converted` the form it would
    first be brought into and `because` why, None where it is taken as it is. Durations are milliseconds, or seconds in
    `billed_s`. `cost` is an estimate in `currency` from the profile's price; `priced` says in words how, or why there
    is none.
    """

    profile: str
    provider: str
    problem: str | None = None
    action: str | None = None
    service: str | None = None
    model: str | None = None
    languages: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    handover: Handover | None = None
    converted: Target | None = None
    because: str = ""
    duration_ms: int | None = None
    billed_s: float | None = None
    cost: float | None = None
    currency: str | None = None
    priced: str = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """The options that would be left out."""
        return tuple(one.name for one in self.options if one.outcome == "dropped")


def explain(
    audio: object,
    *,
    profiles: Iterable[str] | None = None,
    config: Config | str | Path | None = None,
    **options: Any,
) -> tuple[Explanation, ...]:
    """What each profile would make of this request, in the order given; without `profiles` every configured one.

    `audio` and `options` are those of `TranscriptionRequest`. Nothing is sent; of a file only what tells its form is
    read. What is wrong with one profile is its `problem`. Raises InvalidRequestError for options that nobody knows,
    BadAudioError for audio that cannot be read, ConfigurationError for a wrong file.
    """
    source = audio_source(audio)
    TranscriptionRequest.of(source, **options)
    loaded = config if isinstance(config, Config) else load_config(config)
    facts = _facts(source)
    plugins = Plugins()
    return tuple(_explained(name, loaded, source, facts, options, plugins) for name in profiles or _all(loaded))


def _facts(source: AudioSource) -> AudioFacts:
    if "inline" not in handovers_of(source):
        return AudioFacts()
    with open_media(source) as media:
        return media.facts


def _all(config: Config) -> list[str]:
    names = list(config.profiles) or [one.name for one in installed() if one.name != SCRIPTED]
    return names or [config.profile().name]


def _explained(
    name: str,
    config: Config,
    source: AudioSource,
    facts: AudioFacts,
    options: Mapping[str, Any],
    plugins: Plugins,
) -> Explanation:
    told: dict[str, Any] = {"profile": name, "provider": "", "duration_ms": facts.duration_ms}
    try:
        profile = config.profile(name)
        told["provider"] = profile.provider
        provider = idle(profile)
        request = TranscriptionRequest.of(source, defaults=profile.request, **options)
        request = plugins.prepare_request(request, profile.name)
        with foreign(provider.name, "planning"):
            told |= _judgement(provider, request, facts, profile)
            planned = plan_request(
                provider, request, facts, on_unsupported=profile.on_unsupported, who_can=installed_that_can
            )
        told |= _price(profile, planned.service, facts.duration_ms)
        told |= _sound(planned, facts)
    except EarwitnessError as error:
        # Nothing would be handed over, whatever way there is.
        told |= {"problem": error.message, "action": error.action, "handover": None}
    return Explanation(**told)


def idle(profile: Profile) -> Provider[Any]:
    """The profile's provider, which cannot call anybody."""
    vendor = load_provider(profile.provider)
    settings = settings_of(profile, vendor)
    with foreign(vendor.name, "__init__"):
        return vendor(settings, _NoCalls())


class _NoCalls:
    """A runtime for a provider that shall only plan."""

    async def converse(self, make_exchange: Callable[[], Any], auth: Any = None) -> NoReturn:
        raise ConfigurationError("A provider that only plans called its vendor", action="Tell the plugin's authors.")

    async def in_worker(self, engine: Any, submission: Any) -> NoReturn:
        raise ConfigurationError("A provider that only plans began to listen", action="Tell the plugin's authors.")


def _judgement(
    provider: Provider[Any], request: TranscriptionRequest, facts: AudioFacts, profile: Profile
) -> dict[str, Any]:
    """Service, model, languages, and what becomes of each option."""
    plan, service, refused = judged(provider, request, facts, who_can=installed_that_can)
    ways = [way for way in handovers_of(request.audio) if way in service.audio]
    return {
        "service": plan.service,
        "model": plan.model,
        "languages": plan.languages or request.languages,
        "options": tuple(_options(request, service, refused, drops=profile.on_unsupported != "error")),
        "handover": ways[0] if ways else None,
    }


def _options(
    request: TranscriptionRequest, service: Service, refused: Iterable[Refusal], *, drops: bool
) -> Iterator[Option]:
    why = {one.field: one.message for one in refused}
    notes = {feature.value: limit.note for feature, limit in service.features.items()}
    for name in RequestOptions.model_fields:
        value = getattr(request, name)
        if name in _OTHERS or value in (None, ()):
            continue
        outcome: Literal["sent", "dropped", "refused"] = "sent"
        if name in why:
            outcome = "dropped" if drops and name not in ("language", "model") else "refused"
        shown = ", ".join(value) if name == "language" else _shown(value)
        yield Option(name, shown, outcome, why.get(name, notes.get(name, "")))
    wrong = _wrong_options(service, request.vendor)
    for name in dict.fromkeys([*request.vendor, *wrong]):
        # A vendor's own options may be private.
        told = "set" if name in request.vendor else "not set"
        yield Option(f"vendor.{name}", told, "refused" if name in wrong else "sent", wrong.get(name, ""))


def _wrong_options(service: Service, vendor: Mapping[str, Any]) -> dict[str, str]:
    """Why each of these vendor options would be refused."""
    try:
        service.options.model_validate(dict(vendor))
    except ValidationError as error:
        return {str(one["loc"][0]): option_reason(one) for one in error.errors(include_url=False) if one["loc"]}
    return {}


def _shown(value: object) -> str:
    match value:
        case SpeakerCount(min=None, max=None):
            return "auto"
        case SpeakerCount(min=low, max=high):
            return str(low) if low == high else f"{low or ''}-{high or ''}"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return f"{len(value)} {'word' if len(value) == 1 else 'words'}"
    return str(value)


def _sound(planned: Planned, facts: AudioFacts) -> dict[str, Any]:
    """How the audio would have to be converted. Raises AudioTooLargeError."""
    if "inline" not in handovers_of(planned.request.audio):
        return {}
    form = planned.service.accepts
    target = conversion(facts, form, name="The recording")
    return {"converted": target, "because": misfit(facts, form) if target else ""}


def _price(profile: Profile, service: Service, duration_ms: int | None) -> dict[str, Any]:
    price = profile.price
    if service.submission == "free" and price is None:
        return {"cost": 0.0, "priced": "free"}
    if price is None:
        return {"priced": "unknown: the profile has no price"}
    if duration_ms is None:
        return {"currency": price.currency, "priced": "unknown: so is the duration"}
    billed = price.billed_s(duration_ms)
    return {
        "billed_s": billed,
        "cost": price.cost(duration_ms),
        "currency": price.currency,
        "priced": f"{billed:g} s in blocks of {price.block_seconds:g} s",
    }
