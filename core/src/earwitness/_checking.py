"""Every mistake of a configuration at once, where loading it would stop at the first. Nothing is called."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ._config_files import parsed, present, read_text
from ._discovery import load_provider
from ._fallbacks import wrong_fallbacks
from ._lines import line_at, lines_of
from ._names import nearest
from ._overrides import PREFIX, Override, overrides, overriding
from ._tables import FileTable
from ._wrongs import Wrong, each_wrong
from .capabilities import Capabilities
from .config import (
    Config,
    Profile,
    assembled,
    examined_settings,
    examined_table,
    installed_names,
    merged,
    with_overrides,
)
from .errors import EarwitnessError
from .provider import Provider
from .request import RequestOptions

__all__ = ["Checkup", "Mistake", "Row", "check"]

_MOST = 5


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: in which file, line and profile, at which key, and what to do. It never quotes a value.

    `line` counts from 1, and is None for what does not stand in a file.
    """

    message: str
    action: str | None = None
    key: str = ""
    profile: str | None = None
    file: Path | None = None
    line: int | None = None


class Row(NamedTuple):
    """A profile, sound or not: its provider, empty where it names none, and the file it comes from."""

    name: str
    provider: str
    file: Path | None

    def owns(self, mistake: Mistake) -> bool:
        """Whether this mistake is the profile's own, and not that of another file's profile, which it replaces."""
        return mistake.profile == self.name and mistake.file in (None, self.file)


@dataclass(frozen=True, slots=True)
class Checkup:
    """A configuration with its mistakes, file by file and line by line. `config` is what is left without them.

    `notes` says what is right and not acted upon yet.
    """

    mistakes: tuple[Mistake, ...] = ()
    rows: tuple[Row, ...] = ()
    config: Config = field(default_factory=Config)
    notes: tuple[str, ...] = ()


def check(path: str | Path | None = None) -> Checkup:
    """What is wrong with the configuration that `load_config` would read. Without its rows where a file is no TOML."""
    read, lines, found = _read(path)
    for file, own in read.items():
        found += _in_table(own, (), file=file)
    if len(read) < len(lines):
        return Checkup(_in_order(found, lines))
    files = {file: _merging(own) for file, own in read.items()}
    data, homes = merged(files)
    data, given, wrong = _overridden(data)
    known = {(one.key, one.message) for one in found}
    # Without variables nothing can be wrong that no file showed.
    wrong += _in_table(data, given) if given else []
    found += [one for one in wrong if (one.key, one.message) not in known]
    data = _merging(data)
    table = examined_table(_sound(data, {part for one in found for part in _parts(one.key)}), given)
    assert isinstance(table, FileTable)
    config = assembled(table, files, homes, given)
    found += _in_fallbacks(config, data["profiles"])
    profiles = config.profiles.values()
    vendors = {name: _vendor(name) for name in {one.provider for one in profiles}}
    found += [mistake for one in profiles for mistake in _in_profile(one, vendors[one.provider])]
    found += _in_default(config, data["profiles"])
    rows = tuple(Row(name, _provider(own), homes.get(name)) for name, own in data["profiles"].items())
    return Checkup(_in_order(found, lines), rows, config, tuple(_notes(config)))


def _read(path: str | Path | None) -> tuple[dict[Path, dict[str, Any]], dict[Path, dict[str, int]], list[Mistake]]:
    """What the files say, in which lines each of them says it, and what is wrong with those that are no TOML."""
    data: dict[Path, dict[str, Any]] = {}
    lines: dict[Path, dict[str, int]] = {}
    found = []
    for place in present(path):
        lines[place.path] = {}
        try:
            text = read_text(place)
            data[place.path] = parsed(text, place.path)
            lines[place.path] = lines_of(text)
        except EarwitnessError as error:
            found.append(_of(error, place.path))
    return data, lines, found


def _in_table(data: dict[str, Any], given: Collection[Override], *, file: Path | None = None) -> list[Mistake]:
    """What is wrong with the whole table, told by key."""
    result = examined_table(data, given)
    if isinstance(result, FileTable):
        return []
    origins = {one.place: one.variable for one in given}
    names = data.get("profiles")
    known = {*names} if isinstance(names, Mapping) else set()
    return [_wrong(one, file, _profile_at(one.place, known)) for one in each_wrong(result, FileTable, origins=origins)]


def _parts(place: str) -> list[str]:
    """The place, and every place around it, the inmost first."""
    steps = place.split(".")
    return [".".join(steps[:end]) for end in range(len(steps), 0, -1)]


def _profile_at(place: str, names: Collection[str]) -> str | None:
    """The profile in which this place is. Names may have dots, so the longest that fits is it."""
    return next((name for part in _parts(place) if (name := part.removeprefix("profiles.")) in names), None)


def _merging(data: dict[str, Any]) -> dict[str, Any]:
    """What can be merged with another file's: profiles are a table, or there are none."""
    return data if isinstance(data.get("profiles"), dict) else {**data, "profiles": {}}


def _overridden(data: dict[str, Any]) -> tuple[dict[str, Any], tuple[Override, ...], list[Mistake]]:
    """The data with every variable that can be set over it, these, and what is wrong with the others."""
    given: list[Override] = []
    found = []
    installed = installed_names() if overriding() else ()
    for variable in sorted(name for name in os.environ if name.upper().startswith(PREFIX)):
        try:
            given += overrides({variable: os.environ[variable]}, data, installed)
            with_overrides(data, _sorted(given))
        except EarwitnessError as error:
            found.append(_of(error, None))
            given = [one for one in given if one.variable != variable]
    return with_overrides(data, _sorted(given)), _sorted(given), found


def _sorted(given: Iterable[Override]) -> tuple[Override, ...]:
    return tuple(sorted(given, key=lambda one: len(one.place)))


def _sound(data: Mapping[str, Any], wrong: Collection[str]) -> dict[str, Any]:
    """The data without these keys, in which something is wrong, and without profiles that name no provider."""
    profiles: dict[str, Any] = {}
    for name, own in data["profiles"].items():
        if isinstance(own, Mapping):
            kept = {key: value for key, value in own.items() if f"profiles.{name}.{key}" not in wrong}
            profiles |= {name: kept} if "provider" in kept else {}
    top = {key: value for key, value in data.items() if key not in wrong}
    return {**top, "profiles": profiles}


def _in_fallbacks(config: Config, names: Iterable[str]) -> Iterator[Mistake]:
    names = {**dict.fromkeys(names, ()), **{name: one.fallback for name, one in config.profiles.items()}}
    for name, message, action in wrong_fallbacks(names, installed_names):
        yield Mistake(message, action, f"profiles.{name}.fallback", name, config.profiles[name].path)


def _in_default(config: Config, names: Collection[str]) -> Iterator[Mistake]:
    if config.default_profile is None or config.default_profile in names:
        return
    try:
        config.profile()
    except EarwitnessError as error:
        who, _, key = config.default_from.rpartition(": ")
        message = error.message.removeprefix(f"{config.default_from}: ")
        file = next((one for one in config.paths if str(one) == who), None)
        yield Mistake(message if file else error.message, error.action, key if file else "", None, file)


def _vendor(name: str) -> type[Provider[Any]] | EarwitnessError:
    """The provider, or why it cannot be loaded."""
    try:
        return load_provider(name)
    except EarwitnessError as error:
        return error


def _in_profile(profile: Profile, provider: type[Provider[Any]] | EarwitnessError) -> Iterator[Mistake]:
    under = f"profiles.{profile.name}"
    try:
        if isinstance(provider, EarwitnessError):
            raise provider
        _, missing, wrong = examined_settings(profile, provider)
    except EarwitnessError as error:
        yield _of(error, profile.path, key=f"{under}.provider", profile=profile.name)
        return
    for key, why in missing.items():
        yield _of(why, profile.path, key=f"{under}.{key}", profile=profile.name)
    for one in wrong:
        yield _wrong(one._replace(place=f"{under}.{one.place}"), profile.path, profile.name)
    for key, message in _in_request(profile.request, provider.capabilities):
        yield Mistake(message, None, f"{under}.request.{key}", profile.name, profile.path)


def _in_request(request: RequestOptions, capabilities: Capabilities) -> Iterator[tuple[str, str]]:
    """What no request of this profile can ask of its provider: a service and options that it has not."""
    services = [one for one in capabilities.services if request.service in (None, one.name)]
    if not services and capabilities.services:
        yield "service", f"is none of the services {', '.join(capabilities.names())}"
    if not services or any(one.options.model_config.get("extra") != "forbid" for one in services):
        return
    known = sorted({field.alias or name for one in services for name, field in one.options.model_fields.items()})
    for name in request.vendor:
        if name not in known:
            meant = nearest(name, known)
            told = f"did you mean {meant}?" if meant else f"known: {', '.join(known) or 'none'}"
            yield f"vendor.{name}", f"is not known ({told})"


def _provider(own: Any) -> str:
    provider = own.get("provider") if isinstance(own, Mapping) else None
    return provider if isinstance(provider, str) else ""


def _notes(config: Config) -> Iterator[str]:
    profiles = config.profiles.values()
    kept = {
        "limits": [one.name for one in profiles if any(one.limits.model_dump().values())],
        "fallback": [one.name for one in profiles if one.fallback],
    }
    for key, names in kept.items():
        if names:
            more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
            yield f"{key} is checked, and nothing acts upon it yet: {', '.join(names[:_MOST])}{more}."


def _in_order(found: Iterable[Mistake], lines: Mapping[Path, Mapping[str, int]]) -> tuple[Mistake, ...]:
    """The mistakes with their lines, file by file and line by line; what stands in no file comes last."""
    order: list[Path | None] = [*lines, None]
    placed = [replace(one, line=line_at(one.key, lines[one.file])) if one.file else one for one in found]
    return tuple(sorted(placed, key=lambda one: (order.index(one.file), one.line or 0)))


def _wrong(one: Wrong, file: Path | None, profile: str | None) -> Mistake:
    message = one.reason.removeprefix(":").strip()
    if one.origin:
        # It does not stand in the file.
        return Mistake(f"{message} (set by {one.origin})", None, one.place, profile)
    return Mistake(message, None, one.place, profile, file)


def _of(error: Exception, file: Path | None, *, key: str = "", profile: str | None = None) -> Mistake:
    message = error.message if isinstance(error, EarwitnessError) else str(error)
    return Mistake(message, getattr(error, "action", None), key, profile, file)
