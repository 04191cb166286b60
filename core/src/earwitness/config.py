"""Profiles: which provider hears, with which settings and request defaults. Read from `earwitness.toml`.

    default_profile = "local"

    [profiles.local]
    provider = "pocketsphinx"
    on_unsupported = "error"            # or "warn", "drop"

    [profiles.local.settings]           # the provider's own settings
    api_key = { env = "MY_KEY" }        # or { file = "key.txt" }; read when the profile is used

    [profiles.local.request]            # defaults of every request
    language = "en-US"

The file is the one that is named, else the one in the environment variable EARWITNESS_CONFIG, else `earwitness.toml` in
the current folder, else in the user's configuration folder, else none. A name that is not configured but is an
installed provider's stands for that provider with its default settings.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ._bugs import bug
from ._entrypoints import PROVIDERS, SCRIPTED, scan
from ._names import nearest
from ._planning import OnUnsupported
from ._wrongs import leaves, wrongs
from .errors import ConfigurationError, EarwitnessError
from .provider import Provider, ProviderSettings
from .request import RequestOptions

__all__ = ["CONFIG_NAME", "Config", "Profile", "load_config", "settings_of"]

CONFIG_NAME = "earwitness.toml"
_VARIABLE = "EARWITNESS_CONFIG"
_LONGEST_SECRET = 64 * 1024
_LONGEST_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Profile:
    """A named configuration of one provider. `settings` may hold secrets, or places of secrets, so it is not shown.

    `path` is the file it comes from; files that its settings name are relative to that file's folder.
    """

    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    request: RequestOptions = field(default_factory=RequestOptions)
    on_unsupported: OnUnsupported = "error"
    path: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the settings start from. Raises ConfigurationError where it is gone."""
        if self.path is not None and self.path.is_absolute():
            return self.path.parent
        try:
            return Path.cwd() / self.path.parent if self.path else Path.cwd()
        except OSError:
            raise ConfigurationError(
                "The current folder does not exist any more", action="Change to a folder that exists."
            ) from None

    def with_settings(self, settings: Mapping[str, Any]) -> Profile:
        """The same profile with some settings replaced or added."""
        return replace(self, settings={**self.settings, **settings})


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that is configured: profiles by name, and which of them is the default."""

    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))
    default_profile: str | None = None
    path: Path | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any], *, path: Path | None = None) -> Self:
        """The configuration in plain data of the file's shape. Raises ConfigurationError naming each wrong key."""
        try:
            file = _File.model_validate(dict(data))
        except ValidationError as error:
            place = str(path) if path else "The configuration"
            raise ConfigurationError(f"{place} is wrong: {wrongs(error, _File)}") from None
        profiles = {name: table.profile(name, path) for name, table in file.profiles.items()}
        return cls(MappingProxyType(profiles), file.default_profile, path)

    def profile(self, name: str | None = None) -> Profile:
        """The profile of this name; without one the default, else the only one, else the only installed provider.

        Raises ConfigurationError that lists what there is.
        """
        wanted = name or self.default_profile or self._only_one()
        if wanted in self.profiles:
            return self.profiles[wanted]
        installed = _installed()
        if wanted in installed:
            return Profile(wanted, wanted)
        raise self._unknown(wanted, installed, by_default=name is None)

    def _only_one(self) -> str:
        if len(self.profiles) > 1:
            raise ConfigurationError(
                f"{self.path or 'The configuration'} has several profiles and no default",
                action=f"Name one of {', '.join(self.profiles)}, or set default_profile.",
            )
        if self.profiles:
            return next(iter(self.profiles))
        candidates = [one for one in _installed() if one != SCRIPTED]
        if len(candidates) == 1:
            return candidates[0]
        raise _no_choice(candidates)

    def _unknown(self, name: str, installed: Sequence[str], *, by_default: bool) -> ConfigurationError:
        known = list(dict.fromkeys([*self.profiles, *installed]))
        meant = nearest(name, known)
        told = f"No profile {name[:80]!r} is configured, and no provider of that name is installed"
        if by_default:
            told = f"{self.path or 'The configuration'}: default_profile: {told[0].lower()}{told[1:]}"
        steps = [
            f"Did you mean {meant}?" if meant else "",
            f"Configured: {', '.join(self.profiles) or 'none'}. Installed: {', '.join(installed) or 'none'}.",
        ]
        return ConfigurationError(told, action=" ".join(filter(None, steps)))


def load_config(path: str | Path | None = None) -> Config:
    """The configuration in this file, or in the first that is found where one may be; an empty one without any file.

    Raises ConfigurationError for a file that is missing where it was named, cannot be read, or is wrong.
    """
    if path is not None:
        return _read(Path(path), "The configuration file")
    if named := os.environ.get(_VARIABLE):
        return _read(Path(named), f"The configuration file that {_VARIABLE} names")
    for place in (Path(CONFIG_NAME), _user_folder() / CONFIG_NAME):
        if os.path.exists(place):
            return _read(place, "The configuration file")
    return Config()


def settings_of(profile: Profile, provider: type[Provider[Any]]) -> ProviderSettings:
    """The provider's validated settings, with the secrets read from where the profile says they are.

    A settings model may take the profile's folder from its validation context, as `info.context["folder"]`.
    Raises ConfigurationError naming profile, key and reason, never the value.
    """
    whose = f"Profile {profile.name!r}" + (f" in {profile.path}" if profile.path else "")
    given = {key: _resolved(value, profile, f"settings.{key}") for key, value in profile.settings.items()}
    secrets = _secrets(given, profile, provider.Settings)
    try:
        return provider.Settings.model_validate(given, context={"folder": profile.folder})
    except ValidationError as error:
        raise ConfigurationError(
            f"{whose} is wrong: {wrongs(error, provider.Settings, under='settings', secrets=secrets)}",
            action=f"The settings of {provider.name} are: {', '.join(provider.Settings.model_fields) or 'none'}.",
            provider=provider.name,
        ) from None
    except EarwitnessError:
        raise
    except Exception as error:
        # A settings model is foreign code, and what its bug says may quote a secret.
        raise bug(provider.name, error, at="its settings model") from None


class _Table(BaseModel):
    # Who has no configuration file needs none of these models.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class _ProfileTable(_Table):
    provider: str = Field(min_length=1)
    on_unsupported: OnUnsupported = "error"
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    request: RequestOptions = Field(default_factory=RequestOptions)

    def profile(self, name: str, path: Path | None) -> Profile:
        return Profile(name, self.provider, self.settings, self.request, self.on_unsupported, path)


class _File(_Table):
    default_profile: str | None = Field(default=None, min_length=1)
    profiles: dict[str, _ProfileTable] = Field(default_factory=dict)


def _read(path: Path, what: str) -> Config:
    try:
        # Editors on Windows begin UTF-8 files with a byte order mark, which TOML does not allow.
        text = _content(path, longest=_LONGEST_FILE).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text: byte {error.start}", action="Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{what}, {path}, cannot be read: {_reason(error)}", action="Name another file, or create this one."
        ) from None
    return Config.of(_parsed(text, path), path=path)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line, column = _place(str(error), text)
        raise ConfigurationError(
            f"{path}, line {line}, column {column}: {what}", action="Write it as TOML 1.0 (https://toml.io)."
        ) from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply", action="Flatten it.") from None


def _place(message: str, text: str) -> tuple[str, int, int]:
    """tomllib's message without its place, which only its text holds before Python 3.14; the end has no numbers."""
    what, _, place = message.rpartition(" (at ")
    if found := re.fullmatch(r"line (\d+), column (\d+)\)", place):
        return what, int(found[1]), int(found[2])
    lines = text.split("\n")
    return what or message, len(lines), len(lines[-1]) + 1


def _resolved(value: Any, profile: Profile, key: str) -> Any:
    """The setting itself, or the secret that `{ env = ... }` or `{ file = ... }` points to."""
    match value:
        case {"env": str(name)} if len(value) == 1:
            if secret := os.environ.get(name):
                return secret
            raise _no_secret(profile, key, f"the environment variable {name} is not set", f"Set {name}.")
        case {"file": str(name)} if len(value) == 1:
            return _secret_in(profile.folder / Path(name).expanduser(), profile, key)
        case Mapping():
            return {name: _resolved(item, profile, f"{key}.{name}") for name, item in value.items()}
    return value


def _secrets(given: Mapping[str, Any], profile: Profile, model: type[BaseModel]) -> set[str]:
    """What must not be shown: values of secret or unknown settings, and whatever was read from somewhere else."""
    shown = {name for name, field in model.model_fields.items() if "Secret" not in repr(field.annotation)}
    hidden = (value for key, value in given.items() if key not in shown or value != profile.settings[key])
    return {leaf for value in hidden for leaf in leaves(value)}


def _secret_in(path: Path, profile: Profile, key: str) -> str:
    try:
        secret = _content(path, longest=_LONGEST_SECRET).decode("utf-8").strip()
    except (OSError, ValueError) as error:
        why = "it is no text file" if isinstance(error, UnicodeDecodeError) else _reason(error)
        raise _no_secret(profile, key, f"{path} cannot be read: {why}", "Write the secret into that file.") from None
    if not secret:
        raise _no_secret(profile, key, f"{path} is empty", "Write the secret into that file.")
    return secret


def _content(path: Path, *, longest: int) -> bytes:
    """The bytes of an ordinary file of bounded length. Raises OSError with the reason in words, or ValueError."""
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no ordinary file")
        content = file.read(longest + 1)
    if len(content) > longest:
        raise ValueError(f"it is longer than {longest // 1024} KiB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    # A pipe would not open before somebody writes into it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _no_secret(profile: Profile, key: str, why: str, action: str) -> ConfigurationError:
    return ConfigurationError(f"Profile {profile.name!r}: {key}: {why}", action=action, provider=profile.provider)


def _installed() -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.name for found in scan(PROVIDERS)))


def _no_choice(candidates: Sequence[str]) -> ConfigurationError:
    if candidates:
        return ConfigurationError(
            "Several providers are installed and no profile is configured",
            action=f"Name one of {', '.join(candidates)}, or set default_profile in {CONFIG_NAME}.",
        )
    return ConfigurationError("No provider is installed", action="Install one: pip install earwitness-<provider>.")


def _user_folder() -> Path:
    """Where programs of this system keep their user's configuration (XDG Base Directory on Unix)."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or os.path.expanduser("~/AppData/Roaming")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or ""
        # "All paths must be absolute; a relative one is to be ignored."
        base = base if os.path.isabs(base) else os.path.expanduser("~/.config")
    return Path(base) / "earwitness"
