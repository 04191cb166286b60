"""Providers are found by entry point, listed without importing anything, and loaded one at a time under guard.

A plugin that cannot be loaded is data until somebody asks for it. Whatever is wrong with it, the error names its
distribution, because that is what a person can upgrade, report or remove.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ._entrypoints import PLUGINS, PROVIDERS, SCRIPTED, Found, scan, unreadable
from ._names import nearest
from .errors import ConfigurationError, PluginError

if TYPE_CHECKING:
    from .provider import Provider

__all__ = [
    "PLUGINS",
    "PROVIDERS",
    "SCRIPTED",
    "Examined",
    "Found",
    "duplicates",
    "examine",
    "examine_all",
    "installed",
    "load_provider",
    "scan",
    "unreadable",
    "version_of",
]


class Examined(NamedTuple):
    """What became of loading one provider: its class, or the error that says why there is none."""

    found: Found
    provider: type[Provider[Any]] | None
    error: PluginError | None


def installed() -> tuple[Found, ...]:
    """Every provider that is announced, sorted by name; nothing is imported, and duplicates stand side by side."""
    return scan(PROVIDERS)


def duplicates() -> Mapping[str, tuple[Found, ...]]:
    """The names that are announced more than once, each with all its claimants."""
    by_name: defaultdict[str, list[Found]] = defaultdict(list)
    for one in installed():
        by_name[one.name].append(one)
    return {name: tuple(claims) for name, claims in by_name.items() if len(claims) > 1}


def version_of(name: str) -> str | None:
    """The version of the distribution that brings this provider; None where it is not installed or does not say."""
    return next((one.version for one in installed() if one.name == name), None)


def load_provider(name: str) -> type[Provider[Any]]:
    """The provider class of this name; only its own plugin is imported.

    Raises ConfigurationError for a name that is not installed, PluginError for a plugin that is broken or not alone.
    """
    known = installed()
    claims = [one for one in known if one.name == name]
    if not claims:
        raise _unknown(name, sorted({one.name for one in known}))
    if len(claims) > 1:
        raise _contested(claims)
    return _loaded(claims[0])


def examine(found: Found) -> Examined:
    """This provider as it loads, or its error; raises nothing but KeyboardInterrupt."""
    try:
        return Examined(found, _loaded(found), None)
    except PluginError as error:
        return Examined(found, None, error)


def examine_all() -> tuple[Examined, ...]:
    """Every announced provider examined; of a contested name nothing is imported and each claimant has the error."""
    contested = duplicates()
    return tuple(
        Examined(one, None, _contested(contested[one.name])) if one.name in contested else examine(one)
        for one in installed()
    )


def _loaded(found: Found) -> type[Provider[Any]]:
    from ._registration import load_object, registered

    plugin = load_object(found)
    manager = registered(plugin, found.origin)
    provider = _provided(found, manager)
    _require_contract(found, provider)
    return provider


def _provided(found: Found, manager: Any) -> type[Provider[Any]]:
    """What the hook returns. The provider's own module is imported by it, so it is guarded like an import."""
    from ._registration import guarded
    from .provider import Provider

    provider = guarded(found, manager.hook.earwitness_provider)
    if not (isinstance(provider, type) and issubclass(provider, Provider)):
        raise _broken(
            found,
            f"returns {_described(provider)} from earwitness_provider, not a provider class",
            "Return the class itself, a subclass of earwitness.provider.Provider.",
        )
    return provider


def _require_contract(found: Found, provider: type[Provider[Any]]) -> None:
    from ._declared import flaw_of
    from ._registration import guarded
    from .capabilities import Capabilities
    from .provider import INTERFACE, ProviderSettings

    _require_interface(found, provider, INTERFACE)
    name, settings = _read(found, provider, "name"), _read(found, provider, "Settings")
    capabilities = _read(found, provider, "capabilities")
    if name != found.name:
        raise _broken(
            found,
            f"brings a provider that calls itself {name!r}",
            "Make the entry point and `name` the same.",
        )
    if not isinstance(capabilities, Capabilities) or not capabilities.services:
        raise _broken(
            found,
            "declares no capabilities",
            "Set `capabilities` to a Capabilities with at least one service.",
        )
    # Foreign subclasses may fail at being looked at.
    if flaw := guarded(found, lambda: flaw_of(capabilities)):
        raise _broken(found, f"declares wrong capabilities: {flaw}", "Correct the declaration.")
    if not (isinstance(settings, type) and issubclass(settings, ProviderSettings)):
        raise _broken(found, "has no settings model", "Set `Settings` to a subclass of ProviderSettings.")


def _require_interface(found: Found, provider: type[Provider[Any]], ours: int) -> None:
    """A plugin of an older interface runs; a newer one needs a newer core."""
    from ._registration import wanted_core

    wanted = _read(found, provider, "interface")
    if type(wanted) is not int:
        raise _broken(found, f"gives its interface as {_described(wanted)}", "Set `interface` to a whole number.")
    if wanted > ours:
        raise _broken(
            found,
            f"is written for provider interface {wanted}, and this Earwitness knows {ours}",
            f"Upgrade Earwitness: pip install --upgrade 'earwitness{wanted_core(found)}'.",
        )


def _read(found: Found, provider: type[Provider[Any]], name: str) -> Any:
    """What the class declares; a metaclass or descriptor of its own may fail at that."""
    from ._registration import guarded

    return guarded(found, lambda: getattr(provider, name, None))


def _broken(found: Found, what: str, action: str) -> PluginError:
    return PluginError(f"{found.origin} {what}", action=action, distribution=found.distribution, reason=what)


def _contested(claims: Sequence[Found]) -> PluginError:
    first, *_ = claims
    whose = [one.origin.whose for one in claims]
    return PluginError(
        f"The provider {first.name!r} is claimed by {len(claims)} distributions: {', '.join(whose)}",
        action=f"Remove all but one, for example: pip uninstall {claims[-1].distribution}.",
        distribution=", ".join(one.distribution for one in claims),
        reason="claimed more than once",
    )


def _unknown(name: str, known: Sequence[str]) -> ConfigurationError:
    meant = nearest(name, known)
    can_be_installed = re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,60}[a-z0-9])?", name)
    steps = [
        f"Did you mean {meant}?" if meant else "",
        f"Install it with: pip install earwitness-{name}." if can_be_installed else "",
        f"Installed: {', '.join(known) or 'none'}.",
    ]
    return ConfigurationError(f"No provider {name[:80]!r} is installed", action=" ".join(filter(None, steps)))


def _described(value: object) -> str:
    """A value by its type, because its repr is foreign code."""
    return "nothing" if value is None else f"a {type(value).__name__}"
