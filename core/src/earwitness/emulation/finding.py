"""Emulators are found by the entry point group `earwitness.emulators`, and loaded when one is asked for."""

from collections.abc import Callable
from typing import Any

from .._entrypoints import PROVIDERS, Found, scan
from .._names import nearest
from ..errors import ConfigurationError, PluginError
from ._library import web
from .serving import Emulator, EmulatorOptions

__all__ = ["EMULATORS", "installed_emulators", "load_emulator"]

EMULATORS = "earwitness.emulators"
"""An entry point of this group is named like the provider; its value is `create(EmulatorOptions)`, or its module."""


def installed_emulators() -> tuple[str, ...]:
    """The names of all emulators that are installed; nothing is imported."""
    return tuple(dict.fromkeys(one.name for one in scan(EMULATORS)))


def load_emulator(name: str, options: EmulatorOptions) -> Emulator[Any]:
    """The emulator of this name, made with these options, not yet started.

    Raises ConfigurationError for a name that is not installed, PluginError for an emulator that cannot be loaded.
    """
    from .._registration import load_object

    found = _found(name)
    web()
    loaded = load_object(found)
    create: Any = getattr(loaded, "create", loaded)
    if not callable(create):
        raise PluginError(f"{found.origin} announces an emulator that cannot be made", action="Name its `create`.")
    make: Callable[[EmulatorOptions], object] = create
    emulator = make(options)
    if not isinstance(emulator, Emulator):
        raise PluginError(f"{found.origin} makes no emulator", action="Return an earwitness.emulation.Emulator.")
    return emulator


def _found(name: str) -> Found:
    known = scan(EMULATORS)
    found = next((one for one in known if one.name == name), None)
    if found is not None:
        return found
    names = sorted({one.name for one in known})
    if any(one.name == name for one in scan(PROVIDERS)):
        raise ConfigurationError(
            f"The provider {name} has no emulator",
            action=f"Emulators are installed for: {', '.join(names) or 'no provider'}.",
        )
    meant = nearest(name, names)
    steps = [f"Did you mean {meant}?" if meant else "", f"Installed: {', '.join(names) or 'none'}."]
    raise ConfigurationError(
        f"There is no emulator {name[:80]!r}",
        action=" ".join([*filter(None, steps), f"A provider's emulator comes with it: pip install earwitness-{name}."]),
    )
