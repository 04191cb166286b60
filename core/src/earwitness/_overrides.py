"""Environment variables over the file: EARWITNESS__PROFILES__<NAME>__SETTINGS__<KEY>=value sets any key of it.

Two underscores stand between the keys. Case does not count, and `-` in a key is `_` here. A value that reads as JSON is
that; else, and where text is wanted, it is the text itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ConfigurationError

__all__ = ["PREFIX", "Override", "apply", "overrides", "overriding", "texts_wanted"]

PREFIX = "EARWITNESS__"

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """One key that a variable sets: its place in the file, and the variable's text, which may be a secret."""

    variable: str
    place: Place
    text: str = field(repr=False)

    @property
    def value(self) -> Any:
        """What the text says."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return self.text


def overriding() -> bool:
    """Whether any variable sets a key; who has none need not know what is installed."""
    return any(name.upper().startswith(PREFIX) for name in os.environ)


def overrides(
    environment: Mapping[str, str], data: Mapping[str, Any], providers: Collection[str] = ()
) -> tuple[Override, ...]:
    """What the variables set over this data, the shorter places first.

    Raises ConfigurationError for a variable that names no place, or a place inside a single value.
    """
    found = []
    for variable, text in sorted(environment.items()):
        # Windows knows variables in capitals only; elsewhere people write them as they like.
        if variable.upper().startswith(PREFIX) and (steps := variable[len(PREFIX) :].split("__")):
            if not all(steps):
                raise _wrong(variable, "a key is empty", f"Write it as {PREFIX}PROFILES__NAME__SETTINGS__KEY.")
            found.append(Override(variable, tuple(_known(steps, data, providers)), text))
    return tuple(sorted(found, key=lambda one: len(one.place)))


def apply(data: Mapping[str, Any], found: Collection[Override]) -> dict[str, Any]:
    """The data with these keys set; nothing of the old data is changed. Raises ConfigurationError."""
    made = dict(data)
    for one in found:
        _set(made, one)
    return made


def texts_wanted(data: dict[str, Any], items: Collection[Mapping[str, Any]], given: Mapping[Place, str]) -> bool:
    """Whether some values were read as JSON where text is wanted; they are the text from now on.

    `items` are pydantic's errors on `data`, `given` the texts by place.
    """
    changed = False
    for item in items:
        place = next((one for one in given if item["loc"][: len(one)] == one), None)
        if place is not None and item["type"] == "string_type" and _at(data, place) != given[place]:
            _put(data, place, given[place])
            changed = True
    return changed


def _known(steps: list[str], data: Any, providers: Collection[str]) -> Iterator[str]:
    """The keys as the data spells them; new ones in lower case, a new profile as the provider of its name is called."""
    for number, step in enumerate(steps):
        names = list(data) if isinstance(data, Mapping) else []
        if number == 1 and steps[0].lower() == "profiles":
            names += [name for name in providers if name not in names]
        name = next((one for one in names if _plain(one) == _plain(step)), step.lower())
        yield name
        data = data.get(name) if isinstance(data, Mapping) else None


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")


def _set(data: dict[str, Any], one: Override) -> None:
    for step in one.place[:-1]:
        inner = data.get(step, {})
        if not isinstance(inner, Mapping):
            raise _wrong(one.variable, f"{step} is one value and has no keys", "Set the value itself.")
        data[step] = dict(inner)
        data = data[step]
    data[one.place[-1]] = one.value


def _at(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


def _put(data: Any, place: Place, text: str) -> None:
    for step in place[:-1]:
        data[step] = dict(data[step])
        data = data[step]
    data[place[-1]] = text


def _wrong(variable: str, why: str, action: str) -> ConfigurationError:
    return ConfigurationError(f"The environment variable {variable} is wrong: {why}", action=action)
