"""Profiles: which provider hears, with which settings and request defaults. Read from `earwitness.toml`.

    default_profile = "local"

    [profiles.local]
    provider = "pocketsphinx"
    on_unsupported = "error"            # or "warn", "drop"

    [profiles.local.settings]           # the provider's own settings
    api_key = { env = "MY_KEY" }        # or { file = "key.txt" }, { keyring = "service/user" }; read when it is used

    [profiles.local.request]            # defaults of every request
    language = "en-US"

Two files are read: `earwitness.toml` in the user's configuration folder and in the current folder. A profile of the
current folder's file replaces the other's of the same name whole, and its top-level keys win. A file that is named, or
that the environment variable EARWITNESS_CONFIG names, replaces both. EARWITNESS_PROFILE chooses the profile, and
EARWITNESS__PROFILES__LOCAL__SETTINGS__API_KEY sets that key, as every other key of the file can be set. A name that is
not configured but is an installed provider's stands for that provider with its default settings.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from ._arguments import mistaken
from ._bugs import bug
from ._config_files import CONFIG_NAME, present, read_toml
from ._entrypoints import PROVIDERS, SCRIPTED, scan
from ._fallbacks import wrong_fallbacks
from ._names import nearest
from ._overrides import Override, apply, overrides, overriding, texts_wanted
from ._planning import OnUnsupported
from ._precedence import CHOICE
from ._secrets import PLACES, oddity, resolved
from ._tables import FileTable, Limits, Price, ProfileTable
from ._wrongs import Wrong, each_wrong, leaves, sentence, wrongs
from .errors import ConfigurationError, EarwitnessError
from .provider import Provider, ProviderSettings
from .request import RequestOptions

__all__ = ["CONFIG_NAME", "Config", "Limits", "Price", "Profile", "load_config", "settings_of"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A named configuration of one provider. `settings` may hold secrets, or places of secrets, so it is not shown.

    `path` is the file it comes from; files that its settings name are relative to that file's folder. `overrides` are
    its settings that came from the environment. `limits` and `fallback` are kept and not acted upon yet.
    """

    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    request: RequestOptions = field(default_factory=RequestOptions)
    on_unsupported: OnUnsupported = "error"
    path: Path | None = None
    limits: Limits = field(default_factory=Limits)
    fallback: tuple[str, ...] = ()
    price: Price | None = None
    overrides: tuple[Override, ...] = field(default=(), repr=False)

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
        """The same profile with some settings replaced or added. Raises ConfigurationError for what is no mapping."""
        given: object = settings
        if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
            raise mistaken("settings", given, "a mapping of settings by name")
        return replace(self, settings={**self.settings, **settings})


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that is configured: profiles by name, and which of them is the default.

    `path` is the strongest file that was read and `paths` are all, the weakest first. `default_from` says who chose
    the default, for messages.
    """

    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))
    default_profile: str | None = None
    path: Path | None = None
    paths: tuple[Path, ...] = ()
    default_from: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any], *, path: Path | None = None) -> Self:
        """The configuration in plain data of the file's shape. Raises ConfigurationError naming each wrong key."""
        table = _validated(dict(data), str(path) if path else "The configuration")
        made = {name: _profile(name, one, path, ()) for name, one in table.profiles.items()}
        _require_fallbacks(made)
        return cls(MappingProxyType(made), table.default_profile, path, (path,) if path else ())

    def profile(self, name: str | None = None) -> Profile:
        """The profile of this name; without one the default, else the only one, else the only installed provider.

        Raises ConfigurationError that lists what there is.
        """
        given: object = name
        if not isinstance(given, str | None):
            raise mistaken("profile", given, "a profile's or a provider's name")
        wanted = name or self.default_profile or self._only_one()
        if wanted in self.profiles:
            return self.profiles[wanted]
        installed = installed_names()
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
        candidates = [one for one in installed_names() if one != SCRIPTED]
        if len(candidates) == 1:
            return candidates[0]
        raise _no_choice(candidates)

    def _unknown(self, name: str, installed: Sequence[str], *, by_default: bool) -> ConfigurationError:
        known = list(dict.fromkeys([*self.profiles, *installed]))
        meant = nearest(name, known)
        told = f"No profile {name[:80]!r} is configured, and no provider of that name is installed"
        if by_default:
            place = self.default_from or f"{self.path or 'The configuration'}: default_profile"
            told = f"{place}: {told[0].lower()}{told[1:]}"
        steps = [
            f"Did you mean {meant}?" if meant else "",
            f"Configured: {', '.join(self.profiles) or 'none'}. Installed: {', '.join(installed) or 'none'}.",
        ]
        return ConfigurationError(told, action=" ".join(filter(None, steps)))


def load_config(path: str | Path | None = None) -> Config:
    """The configuration in this file, or in those that are found where they may be, with the environment over it.

    Raises ConfigurationError for a file that is missing where it was named, cannot be read, or is wrong, and for a
    wrong variable.
    """
    given: object = path
    if not isinstance(given, str | os.PathLike | None):
        raise mistaken("config", given, "a file's path, or a Config")
    files = {place.path: read_toml(place) for place in present(path)}
    for file, data in files.items():
        _validated(dict(data), str(file))
    data, homes = merged(files)
    given = overrides(os.environ, data, installed_names()) if overriding() else ()
    table = _validated(with_overrides(data, given), "The environment" if given else "The configuration", given)
    config = assembled(table, files, homes, given)
    _require_fallbacks(config.profiles)
    return config


def settings_of(profile: Profile, provider: type[Provider[Any]]) -> ProviderSettings:
    """The provider's validated settings, with the secrets read from where the profile says they are.

    A settings model may take the profile's folder from its validation context, as `info.context["folder"]`.
    Raises ConfigurationError naming profile, key and reason, never the value.
    """
    settings, missing, wrong = examined_settings(profile, provider)
    for key, error in missing.items():
        raise _no_secret(profile, key, error)
    if settings is not None:
        return settings
    whose = f"Profile {profile.name!r}" + (f" in {profile.path}" if profile.path else "")
    raise ConfigurationError(
        f"{whose} is wrong: {sentence(wrong)}",
        action=f"The settings of {provider.name} are: {', '.join(provider.Settings.model_fields) or 'none'}.",
        provider=provider.name,
    )


def examined_settings(
    profile: Profile, provider: type[Provider[Any]]
) -> tuple[ProviderSettings | None, Mapping[str, Exception], list[Wrong]]:
    """The settings, or else the secrets that are missing and the mistakes, by key and never with a value.

    Raises PluginError for a settings model that breaks.
    """
    folder = profile.folder
    given, missing = resolved(profile.settings, lambda: folder)
    # A variable that sets all settings at once has no key below them.
    texts = {one.place[3:]: one.text for one in profile.overrides if one.place[3:]}
    try:
        settings = _settings(provider.Settings, given, folder, texts)
        return (None if missing else settings), missing, []
    except ValidationError as error:
        secrets = _secrets(given, profile, provider.Settings)
        origins = {("settings", *one.place[3:]): one.variable for one in profile.overrides}
        found = each_wrong(error, provider.Settings, under="settings", secrets=secrets, origins=origins)
        told = dict.fromkeys(_of_table(one, profile.settings) for one in found)
        return None, missing, [one for one in told if not any(_related(one.place, key) for key in missing)]
    except EarwitnessError:
        raise
    except Exception as error:
        # A settings model is foreign code, and what its bug says may quote a secret.
        raise bug(provider.name, error, at="its settings model") from None


def _related(place: str, key: str) -> bool:
    """Whether one of them stands below the other: what lacks a secret is told once."""
    return f"{place}.".startswith(f"{key}.") or f"{key}.".startswith(f"{place}.")


def _of_table(one: Wrong, settings: Mapping[str, Any]) -> Wrong:
    """The same, told of the table that was meant to say where a value is kept, if it is about such a table."""
    value: Any = settings
    steps = one.place.split(".")
    for number, step in enumerate(steps[1:], start=2):
        value = value.get(step) if isinstance(value, Mapping) else None
        below = steps[number:]
        at_it = not below and not one.reason.startswith(" is not known")
        if isinstance(value, Mapping) and (at_it or (len(below) == 1 and below[0] in PLACES)):
            reason = oddity(value)
            return Wrong(".".join(steps[:number]), one.origin, f"{' ' if reason.startswith('is ') else ': '}{reason}")
    return one


def merged(files: Mapping[Path, dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Path]]:
    """What these files say, the later over the earlier, and by profile the file that it comes from."""
    data: dict[str, Any] = {}
    homes: dict[str, Path] = {}
    for file, own in files.items():
        profiles = {**data.get("profiles", {}), **own.get("profiles", {})}
        data = {**data, **own, "profiles": profiles}
        homes |= dict.fromkeys(own.get("profiles", {}), file)
    return data, homes


def with_overrides(data: Mapping[str, Any], given: Collection[Override]) -> dict[str, Any]:
    """The data with what these variables set. Raises ConfigurationError for a place inside a single value."""
    changed = apply(data, given)
    installed = installed_names() if given else ()
    for name in {one.place[1] for one in given if len(one.place) > 1 and one.place[0] == "profiles"}:
        profile = changed["profiles"][name]
        if name in installed and isinstance(profile, dict):
            profile.setdefault("provider", name)
    return changed


def assembled(
    table: FileTable,
    files: Mapping[Path, dict[str, Any]],
    homes: Mapping[str, Path],
    given: Collection[Override],
) -> Config:
    """The configuration of a validated table that these files and these variables make."""
    made = {}
    for name, one in table.profiles.items():
        own_settings = tuple(each for each in given if each.place[:3] == ("profiles", name, "settings"))
        made[name] = _profile(name, one, homes.get(name), own_settings)
    chosen, paths = os.environ.get(CHOICE), tuple(files)
    told = CHOICE if chosen else _chooser(files, given)
    return Config(MappingProxyType(made), chosen or table.default_profile, paths[-1] if paths else None, paths, told)


def _chooser(files: Mapping[Path, dict[str, Any]], given: Iterable[Override]) -> str:
    """Who set default_profile: the variable, else the strongest file."""
    for one in given:
        if one.place == ("default_profile",):
            return one.variable
    return next((f"{file}: default_profile" for file in reversed(list(files)) if "default_profile" in files[file]), "")


def examined_table(data: dict[str, Any], given: Iterable[Override] = ()) -> FileTable | ValidationError:
    """The validated table, or what is wrong with it. A variable's text that was read as JSON may become text again."""
    texts = {one.place: one.text for one in given}
    while True:
        try:
            return FileTable.model_validate(data)
        except ValidationError as error:
            if not texts_wanted(data, error.errors(), texts):
                return error


def _validated(data: dict[str, Any], whose: str, given: Collection[Override] = ()) -> FileTable:
    found = examined_table(data, given)
    if isinstance(found, FileTable):
        return found
    told = wrongs(found, FileTable, origins={one.place: one.variable for one in given})
    raise ConfigurationError(f"{whose} is wrong: {told}")


def _settings(
    model: type[ProviderSettings], given: dict[str, Any], folder: Path, texts: Mapping[tuple[str, ...], str]
) -> ProviderSettings:
    while True:
        try:
            return model.model_validate(given, context={"folder": folder})
        except ValidationError as error:
            if not texts_wanted(given, error.errors(), texts):
                raise


def _profile(name: str, table: ProfileTable, path: Path | None, given: tuple[Override, ...]) -> Profile:
    return Profile(
        name,
        table.provider,
        table.settings,
        table.request,
        table.on_unsupported,
        path,
        table.limits,
        table.fallback,
        table.price,
        given,
    )


def _require_fallbacks(profiles: Mapping[str, Profile]) -> None:
    """Raises ConfigurationError for the first wrong fallback."""
    given = {name: one.fallback for name, one in profiles.items()}
    for name, told, action in wrong_fallbacks(given, installed_names):
        place = f"{profiles[name].path or 'The configuration'}: profiles.{name}.fallback"
        raise ConfigurationError(f"{place}: {told}", action=action)


def _no_secret(profile: Profile, key: str, error: Exception) -> ConfigurationError:
    why = error.message if isinstance(error, EarwitnessError) else str(error)
    action = getattr(error, "action", None)
    return ConfigurationError(f"Profile {profile.name!r}: {key}: {why}", action=action, provider=profile.provider)


def _secrets(given: Mapping[str, Any], profile: Profile, model: type[BaseModel]) -> set[str]:
    """What must not be shown: values of secret or unknown settings, and whatever was read from somewhere else."""
    shown = {name for name, field in model.model_fields.items() if "Secret" not in repr(field.annotation)}
    hidden = (value for key, value in given.items() if key not in shown or value != profile.settings[key])
    return {leaf for value in hidden for leaf in leaves(value)}


def installed_names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.name for found in scan(PROVIDERS)))


def _no_choice(candidates: Sequence[str]) -> ConfigurationError:
    if candidates:
        return ConfigurationError(
            "Several providers are installed and no profile is configured",
            action=f"Name one of {', '.join(candidates)}, or set default_profile in {CONFIG_NAME}.",
        )
    return ConfigurationError("No provider is installed", action="Install one: pip install earwitness-<provider>.")
