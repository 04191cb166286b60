"""What pydantic found wrong in configured data, told by key and reason, never by value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ._names import nearest
from ._plainly import plainly

__all__ = ["Wrong", "each_wrong", "leaves", "sentence", "wrongs"]

_MOST = 5
# What is shorter than this hides nothing, and masking it would tear the sentence.
_SHORTEST = 3


class Wrong(NamedTuple):
    """One mistake: its place as keys with dots, who set it if not the file, and what is wrong, as it follows both."""

    place: str
    origin: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}{f' (set by {self.origin})' if self.origin else ''}{self.reason}"


def wrongs(
    error: ValidationError,
    model: type[BaseModel],
    *,
    under: str = "",
    secrets: Iterable[str] = (),
    origins: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> str:
    """Each wrong key as `place: reason`; an unknown one with the nearest that `model` has. `under` begins each place.

    Pydantic's own reasons hold no values. Those of a model's own validators may, so `secrets` are masked in them.
    `origins` names the environment variables that set something, by place.
    """
    return sentence(each_wrong(error, model, under=under, secrets=secrets, origins=origins))


def each_wrong(
    error: ValidationError,
    model: type[BaseModel],
    *,
    under: str = "",
    secrets: Iterable[str] = (),
    origins: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> list[Wrong]:
    """The same one by one, all of them."""
    found = error.errors(include_url=False, include_input=False)
    # A misspelt key explains the missing one, so it is told first.
    found.sort(key=lambda item: item["type"] != "extra_forbidden")
    return [_told(item, model, under, secrets, origins) for item in found]


def sentence(found: Sequence[Wrong]) -> str:
    """The first of them in one line, with the number of the others."""
    told = [str(one) for one in found[:_MOST]]
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return "; ".join([*told, *more])


def leaves(value: object) -> Iterator[str]:
    """Every single value in plain data, as text."""
    match value:
        case Mapping():
            for item in value.values():
                yield from leaves(item)
        case list() | tuple():
            for item in value:
                yield from leaves(item)
        case _:
            yield str(value)


def _told(
    item: ErrorDetails,
    model: type[BaseModel],
    under: str,
    secrets: Iterable[str],
    origins: Mapping[tuple[str, ...], str],
) -> Wrong:
    steps = tuple(map(str, (*([under] if under else []), *item["loc"])))
    place, origin = ".".join(steps) or "the whole", _origin(steps, origins)
    if item["type"] == "extra_forbidden":
        return Wrong(place, origin, f" is not known{_meant(str(item['loc'][-1]), _keys(model, item['loc'][:-1]))}")
    reason = _masked(plainly(item), secrets)
    return Wrong(place, origin, f" {reason}" if reason.startswith(("is ", "must ")) else f": {reason}")


def _origin(place: tuple[str, ...], origins: Mapping[tuple[str, ...], str]) -> str:
    """Who set what stands at this place, or below it; empty where the file did."""
    return next((who for one, who in origins.items() if one == place[: len(one)] or place == one[: len(place)]), "")


def _meant(name: str, known: list[str]) -> str:
    meant = nearest(name, known)
    if meant:
        return f" (did you mean {meant}?)"
    return f" (known: {', '.join(known)})" if known else ""


def _keys(annotation: Any, place: tuple[int | str, ...]) -> list[str]:
    """The keys that a model allows at this place; empty where it cannot be told."""
    for step in place:
        annotation = _inside(annotation, step)
    models = [one for one in (annotation, *get_args(annotation)) if _is_model(one)]
    return [field.alias or name for one in models for name, field in one.model_fields.items()]


def _inside(annotation: Any, step: int | str) -> Any:
    """The annotation one step further in: a field of a model, or the items of a container."""
    if _is_model(annotation):
        fields = annotation.model_fields
        return fields[step].annotation if step in fields else None
    arguments = get_args(annotation)
    if isinstance(get_origin(annotation), type) and issubclass(get_origin(annotation), Mapping):
        return arguments[-1]
    items = [one for one in arguments if one not in (..., type(None))]
    if get_origin(annotation) in (tuple, list, set, frozenset):
        return items[0] if items else None
    return next((inner for one in items if (inner := _inside(one, step)) is not None), None)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _masked(reason: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            reason = reason.replace(secret, "***")
    return reason
