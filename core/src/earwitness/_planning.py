"""Before anything leaves this machine: which service answers, what it cannot do, and its validated options. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from ._plainly import describe
from .capabilities import AudioFacts, Refusal, Service, handovers_of, refusals
from .errors import InvalidRequestError, UnsupportedFeatureError
from .jobs import Plan
from .models import Notice
from .provider import Provider
from .request import LiveAudio, StoredAudio, TranscriptionRequest, UrlAudio

__all__ = ["OnUnsupported", "Planned", "installed_that_can", "judged", "plan_request", "supports"]

log = logging.getLogger(__name__)

OnUnsupported = Literal["error", "warn", "drop"]
_NO_URL = "cannot fetch audio from a URL"
_NEVER_DROPPED = ("audio", "language", "model")


@dataclass(frozen=True, slots=True)
class Planned:
    """A request that its service can answer, with the service as it is for this model and language."""

    request: TranscriptionRequest
    plan: Plan
    service: Service
    options: BaseModel
    notices: tuple[Notice, ...] = ()


def plan_request(
    provider: Provider[Any],
    request: TranscriptionRequest,
    facts: AudioFacts,
    *,
    on_unsupported: OnUnsupported = "error",
    who_can: Callable[[TranscriptionRequest], tuple[str, ...]] = lambda request: (),
) -> Planned:
    """The plan for this request. Raises UnsupportedFeatureError or InvalidRequestError, before any byte is sent."""
    plan, service, refused = judged(provider, request, facts, who_can=who_can)
    fatal = [one for one in refused if on_unsupported == "error" or one.field in _NEVER_DROPPED]
    if fatal:
        raise _refusal(provider, service, fatal, who_can(_wish(request, plan, fatal)))
    lighter = request.model_copy(update={one.field: _unset(one.field) for one in refused})
    notices = tuple(_dropped(provider, one, loud=on_unsupported == "warn") for one in refused)
    service = replace(service, accepts=provider.accepts(lighter, plan, service.accepts))
    return Planned(lighter, plan, service, _options(provider, service, lighter), notices)


def judged(
    provider: Provider[Any],
    request: TranscriptionRequest,
    facts: AudioFacts,
    *,
    who_can: Callable[[TranscriptionRequest], tuple[str, ...]] = lambda request: (),
) -> tuple[Plan, Service, list[Refusal]]:
    """Which service would answer, and everything of the request that it cannot do. Raises InvalidRequestError."""
    try:
        plan = provider.plan(request, facts)
    except UnsupportedFeatureError as error:
        # A provider knows nothing of the others; core does.
        raise _with_others(error, provider, request, who_can) from None
    service = provider.offered().at(plan.service, model=plan.model, languages=plan.languages)
    _require_language(provider, service, plan)
    return plan, service, [*_unreachable(service, request), *refusals(service, request)]


def supports(provider: type[Provider[Any]], request: TranscriptionRequest) -> bool:
    """Whether any service of this provider could answer the request, by its declared data."""
    ways = handovers_of(request.audio)
    services = (
        provider.capabilities.at(one.name, model=request.model, languages=request.languages)
        for one in provider.capabilities.services
    )
    return any(
        any(way in service.audio for way in ways) and not any(refusals(service, request)) for service in services
    )


def installed_that_can(request: TranscriptionRequest) -> tuple[str, ...]:
    """The installed providers whose declared data covers the request; broken plugins are passed over."""
    from ._discovery import SCRIPTED, installed, load_provider

    names = []
    for found in installed():
        if found.name == SCRIPTED:
            continue
        # Whatever is wrong with a bystander, it must not become the answer to somebody else's request.
        with suppress(Exception):
            if supports(load_provider(found.name), request):
                names.append(found.name)
    return tuple(names)


def _with_others(
    error: UnsupportedFeatureError,
    provider: Provider[Any],
    request: TranscriptionRequest,
    who_can: Callable[[TranscriptionRequest], tuple[str, ...]],
) -> UnsupportedFeatureError:
    """A provider's own refusal with the installed providers that would not refuse."""
    wish = request if error.feature == "model" else request.model_copy(update={"model": None})
    others = () if error.who_can else tuple(name for name in who_can(wish) if name != provider.name)
    if not others:
        return error
    action = f"Installed providers that can: {', '.join(others)}. {error.action or ''}".rstrip()
    return error.replaced(who_can=others, action=action)


def _require_language(provider: Provider[Any], service: Service, plan: Plan) -> None:
    if plan.languages or not service.languages:
        return
    raise InvalidRequestError(
        f"{provider.name} ({service.name}) hears several languages and the request names none",
        action=f"Set language to one of: {', '.join(service.languages)}.",
        provider=provider.name,
    )


def _unreachable(service: Service, request: TranscriptionRequest) -> Iterator[Refusal]:
    """Why this audio cannot reach the service, if it cannot."""
    ways = handovers_of(request.audio)
    if any(way in service.audio for way in ways):
        return
    match request.audio:
        case UrlAudio():
            yield Refusal("audio", _NO_URL)
        case StoredAudio():
            yield Refusal("audio", "cannot read a vendor's stored object")
        case LiveAudio():
            yield Refusal("audio", "cannot hear live audio")
        case _:
            yield Refusal("audio", "cannot take a recording from this machine")


def _wish(request: TranscriptionRequest, plan: Plan, refused: Iterable[Refusal]) -> TranscriptionRequest:
    """What another provider would have to grant: the planned language, and the model only if that is the question."""
    model = request.model if any(one.field == "model" for one in refused) else None
    return request.model_copy(update={"language": plan.languages or None, "model": model})


def _refusal(
    provider: Provider[Any], service: Service, refused: Sequence[Refusal], who_can: tuple[str, ...]
) -> UnsupportedFeatureError:
    told = "; ".join(f"{one.field}: {one.message}" for one in refused)
    others = tuple(name for name in who_can if name != provider.name)
    instead = f"Installed providers that can: {', '.join(others)}." if others else "No other installed provider can."
    return UnsupportedFeatureError(
        f"{provider.name} ({service.name}) cannot answer this request: {told}",
        feature=refused[0].field,
        who_can=others,
        provider=provider.name,
        action=f"{instead} {_relaxed(service, refused[0])}".rstrip(),
    )


def _relaxed(service: Service, refused: Refusal) -> str:
    """What to do without another provider."""
    if refused.field == "audio" and refused.message == _NO_URL and "inline" in service.audio:
        return "Or download the file and give its path."
    if refused.field == "audio":
        return f"It takes audio by: {', '.join(service.audio)}."
    if refused.field in _NEVER_DROPPED:
        return ""
    return 'Or leave the option out, or set on_unsupported = "warn".'


def _unset(field: str) -> Any:
    return TranscriptionRequest.model_fields[field].get_default()


def _dropped(provider: Provider[Any], refused: Refusal, *, loud: bool) -> Notice:
    if loud:
        log.warning("%s: %s was dropped: %s", provider.name, refused.field, refused.message)
    return Notice("dropped", f"{provider.name} {refused.message}, so {refused.field} was left out.", refused.field)


def _options(provider: Provider[Any], service: Service, request: TranscriptionRequest) -> BaseModel:
    try:
        return service.options.model_validate(dict(request.vendor))
    except ValidationError as error:
        wrong = describe(error)
    # Raised out here, so that the validation error, which quotes the values, is not this error's context.
    raise InvalidRequestError(
        f"Vendor options for {provider.name} ({service.name}) are wrong: {wrong}",
        action=f"It knows: {', '.join(service.options.model_fields) or 'none'}.",
        provider=provider.name,
    )
