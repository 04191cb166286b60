"""Whether a plugin's declared capabilities are what the contract says: a wrong one would fail later, in other hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from .capabilities import AudioForm, Capabilities, Handover, Limit, Rate, Rule, Service
from .request import Feature

__all__ = ["flaw_of"]


class _Kind(NamedTuple):
    """What a field may hold, in words and as a test."""

    told: str
    fits: Callable[[Any], bool]


def flaw_of(capabilities: Capabilities) -> str | None:
    """The first thing that is wrong with this declaration, by place and type; None for a sound one."""
    return next(_flaws(capabilities), None)


def _flaws(capabilities: Capabilities) -> Iterator[str]:
    yield from _each(capabilities.services, Service, "services", _SERVICE)
    yield from _each(capabilities.rules, Rule, "rules", _RULE)


def _each(given: object, kind: type, place: str, fields: Mapping[str, _Kind]) -> Iterator[str]:
    if not isinstance(given, tuple | list):
        yield f"{place} is {_typed(given)}, not a tuple"
        return
    for number, one in enumerate(given):
        here = f"{place}[{number}]"
        if not isinstance(one, kind):
            yield f"{here} is {_typed(one)}, not a {kind.__name__}"
            continue
        yield from _wrong_fields(one, here, fields)
        accepts = getattr(one, "accepts", None)
        if accepts is not None:
            yield from _wrong_fields(accepts, f"{here}.accepts", _FORM)


def _wrong_fields(one: object, here: str, fields: Mapping[str, _Kind]) -> Iterator[str]:
    for name, kind in fields.items():
        value = getattr(one, name)
        if not kind.fits(value):
            yield f"{here}.{name} is {_typed(value)}, not {kind.told}"


def _typed(value: object) -> str:
    """By its type, because its repr is foreign code."""
    return f"of type {type(value).__name__}"


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    # A list does what a tuple does; a string would be taken letter by letter.
    return lambda value: isinstance(value, tuple | list) and all(map(fits, value))


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _limit(value: object) -> bool:
    return (
        isinstance(value, Limit)
        and all(end is None or _number(end) for end in (value.minimum, value.maximum))
        and (value.values is None or _TEXTS.fits(value.values))
        and isinstance(value.note, str)
    )


def _limits(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, Feature) and _limit(value[one]) for one in value)


def _model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


_TEXT = _Kind("a text", _is(str))
_TEXT_OR_NONE = _Kind("a text", _or_none(_is(str)))
_TEXTS = _Kind("a tuple of texts", _list_of(_is(str)))
_TEXTS_OR_NONE = _Kind("a tuple of texts", _or_none(_TEXTS.fits))
_FEATURES = _Kind("a mapping of Feature to Limit", _limits)
_WHOLE_OR_NONE = _Kind("a whole number", _or_none(lambda value: _number(value) and isinstance(value, int)))
_WAYS = get_args(Handover)

_SERVICE: Mapping[str, _Kind] = {
    "name": _TEXT,
    "options": _Kind("a pydantic model", _model),
    "submission": _Kind("paid, idempotent or free", lambda value: value in ("paid", "idempotent", "free")),
    "audio": _Kind(f"a tuple out of {', '.join(_WAYS)}", _list_of(lambda one: one in _WAYS)),
    "features": _FEATURES,
    "languages": _TEXTS,
    "mixed_languages": _Kind("a tuple of tuples of texts", _list_of(_TEXTS.fits)),
    "models": _TEXTS,
    "accepts": _Kind("an AudioForm", _is(AudioForm)),
    "rates": _Kind("a tuple of Rate", _list_of(_is(Rate))),
    "max_concurrent": _WHOLE_OR_NONE,
    "result_life_s": _Kind("a number", _or_none(_number)),
    "callback": _Kind("none, hint or only", lambda value: value in ("none", "hint", "only")),
}
_RULE: Mapping[str, _Kind] = {
    "service": _TEXT,
    "model": _TEXT_OR_NONE,
    "languages": _TEXTS_OR_NONE,
    "without": _Kind("a tuple of Feature", _list_of(_is(Feature))),
    "limits": _FEATURES,
    "accepts": _Kind("an AudioForm", _or_none(_is(AudioForm))),
}
_FORM: Mapping[str, _Kind] = {
    "containers": _TEXTS_OR_NONE,
    "codecs": _TEXTS_OR_NONE,
    "sample_rates": _Kind("a tuple of whole numbers", _or_none(_list_of(_is(int)))),
    "max_channels": _WHOLE_OR_NONE,
    "max_bytes": _WHOLE_OR_NONE,
    "max_duration_ms": _WHOLE_OR_NONE,
    "preferred": _Kind("a container and a codec", lambda value: _TEXTS.fits(value) and len(value) == 2),
}
