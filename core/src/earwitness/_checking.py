"""Every mistake of a configuration at once, where loading it would stop at the first. Nothing is called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ._config_files import Place, places, read_toml
from ._discovery import load_provider
from ._tables import FileTable
from ._wrongs import Wrong, each_wrong
from .config import Config, Profile, examined_settings, load_config
from .errors import EarwitnessError

__all__ = ["Mistake", "mistakes", "problem_of"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: in which file and profile, at which key, and what to do. It never quotes a value."""

    message: str
    action: str | None = None
    key: str = ""
    profile: str | None = None
    file: Path | None = None


def mistakes(path: str | Path | None = None) -> list[Mistake]:
    """What is wrong with the configuration that `load_config` would read, file by file and then profile by profile."""
    found = [one for place in _present(path) for one in _in_file(place)]
    if found:
        return found
    try:
        config = load_config(path)
    except EarwitnessError as error:
        return [_of(error, None)]
    found = [one for profile in config.profiles.values() for one in _in_profile(profile)]
    if config.default_profile is not None:
        found += _in_default(config)
    return found


def problem_of(profile: Profile) -> Mistake | None:
    """The first mistake of this profile, None for a good one."""
    return next(_in_profile(profile), None)


def _present(path: str | Path | None) -> list[Place]:
    return [place for place in places(path) if place.needed or os.path.exists(place.path)]


def _in_file(place: Place) -> Iterator[Mistake]:
    try:
        data = read_toml(place)
    except EarwitnessError as error:
        yield _of(error, place.path)
        return
    try:
        FileTable.model_validate(data)
    except ValidationError as error:
        yield from (_wrong(one, place.path) for one in each_wrong(error, FileTable))


def _in_default(config: Config) -> Iterator[Mistake]:
    try:
        config.profile()
    except EarwitnessError as error:
        # The message says who chose it: a file, or a variable.
        yield _of(error, None)


def _in_profile(profile: Profile) -> Iterator[Mistake]:
    under = f"profiles.{profile.name}"
    try:
        provider = load_provider(profile.provider)
        _, missing, wrong = examined_settings(profile, provider)
    except EarwitnessError as error:
        yield _of(error, profile.path, key=f"{under}.provider", profile=profile.name)
        return
    for key, why in missing.items():
        yield _of(why, profile.path, key=f"{under}.{key}", profile=profile.name)
    yield from (_wrong(one, profile.path, profile=profile.name) for one in wrong)


def _wrong(one: Wrong, file: Path | None, profile: str | None = None) -> Mistake:
    key = one.place if profile is None else f"profiles.{profile}.{one.place}"
    message = one.reason.removeprefix(":").strip()
    return Mistake(f"{message} (set by {one.origin})" if one.origin else message, None, key, profile, file)


def _of(error: Exception, file: Path | None, *, key: str = "", profile: str | None = None) -> Mistake:
    message = error.message if isinstance(error, EarwitnessError) else str(error)
    return Mistake(message, getattr(error, "action", None), key, profile, file)
