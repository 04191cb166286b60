"""Loading one plugin and checking its hooks, under guard: for providers and for every other plugin alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from stevedore.driver import DriverManager

from . import __version__, hookspecs
from ._entrypoints import Found, Origin
from ._names import nearest
from .errors import PluginError

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

__all__ = ["Manager", "guarded", "load_object", "new_manager", "registered", "wanted_core"]

Manager = pluggy.PluginManager
T = TypeVar("T")
_LONGEST = 300


def load_object(found: Found) -> object:
    """The module or object that this entry point names. Raises PluginError whatever its import raises.

    Nothing is imported of a distribution that asks for another version of Earwitness than this one.
    """
    _require_core(found)
    return guarded(found, lambda: _Driver(found).driver)


def wanted_core(found: Found) -> SpecifierSet:
    """Which versions of Earwitness the plugin's distribution asks for; any where it says nothing that can be read."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet()
    for line in _requirements(found):
        with suppress(InvalidRequirement):
            one = Requirement(line)
            if one.name.lower() == hookspecs.PROJECT and (one.marker is None or one.marker.evaluate({"extra": ""})):
                wanted &= one.specifier
    return wanted


def guarded(found: Found, run: Callable[[], T]) -> T:
    """What foreign code returns; every way in which it can fail, an exit included, is a PluginError with the reason."""
    try:
        return run()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason = _reason(error)
        raise PluginError(
            f"{found.origin} cannot be loaded: {reason}",
            action=_advice(found, error),
            distribution=found.distribution,
            reason=reason,
        ) from error


def new_manager() -> Manager:
    """A manager that knows our hooks and holds no plugin."""
    manager = Manager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def registered(plugin: object, origin: Origin) -> Manager:
    """A fresh manager with this one plugin, all of whose hooks are as specified. Raises PluginError naming it."""
    _require_object(plugin, origin)
    manager = new_manager()
    try:
        manager.register(plugin, origin.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _wrong(origin, *_misfit(manager, error)) from None
    except Exception as error:
        raise _wrong(origin, f"cannot be registered: {_reason(error)}") from error
    _require_hooks(manager, plugin, origin)
    return manager


class _Driver(DriverManager[Any]):
    """stevedore's loader for one plugin that is already found, with its distribution and without a cache."""

    def __init__(self, found: Found) -> None:
        self._found = found
        super().__init__(found.entry_point.group, found.name)

    def list_entry_points(self) -> list[Any]:
        return [self._found.entry_point]


def _requirements(found: Found) -> list[str]:
    """The lines that may ask for the core."""
    try:
        lines = (found.entry_point.dist.requires or ()) if found.entry_point.dist else ()
        return [line for line in lines if line.lower().startswith(hookspecs.PROJECT)]
    except Exception:  # metadata that cannot be read says nothing
        return []


def _require_core(found: Found) -> None:
    if not _requirements(found):
        return  # Reading requirements costs a tenth of what loading a provider does.
    wanted = wanted_core(found)
    if not wanted.contains(__version__, prereleases=True):
        raise _wrong(
            found.origin,
            f"needs {hookspecs.PROJECT}{wanted}, and {hookspecs.PROJECT} {__version__} is installed",
            f"Let pip find two that fit: pip install --upgrade {hookspecs.PROJECT} {found.distribution}.",
        )


def _require_object(plugin: object, origin: Origin) -> None:
    if isinstance(plugin, type):
        raise _wrong(
            origin,
            f"gives the class {plugin.__name__} where a module or an instance belongs",
            "Name the module that holds the hook implementations, or give an instance.",
        )


def _require_hooks(manager: Manager, plugin: object, origin: Origin) -> None:
    """At least one hook, none forgotten to be marked, and only plain functions."""
    specified = [hook for hook in vars(hookspecs) if hook.startswith(f"{hookspecs.PROJECT}_")]
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    for hook in specified:
        if hook not in implemented and callable(inspect.getattr_static(plugin, hook, None)):
            raise _wrong(origin, f"does not mark {hook} as a hook", "Put @hookimpl above it.")
    if not implemented:
        raise _wrong(origin, "implements no hook", f"It may implement: {', '.join(specified)}.")
    for caller in manager.get_hookcallers(plugin) or ():
        for one in caller.get_hookimpls():
            if one.wrapper or one.hookwrapper or inspect.iscoroutinefunction(one.function):
                raise _wrong(
                    origin,
                    f"implements {caller.name} as a wrapper or coroutine",
                    "Hooks are plain functions that return their result.",
                )


def _misfit(manager: Manager, error: pluggy.PluginValidationError) -> tuple[str, str]:
    """What is wrong with a hook, and what to do: pluggy's own text shows paths of this machine."""
    specified = [hook for hook in vars(hookspecs) if hook.startswith(f"{hookspecs.PROJECT}_")]
    unknown = [hook for hook, caller in vars(manager.hook).items() if hook[0] != "_" and not caller.has_spec()]
    if unknown:
        meant = nearest(unknown[0], specified)
        action = f"Did you mean {meant}?" if meant else f"The hooks are: {', '.join(specified)}."
        return f"implements an unknown hook, {unknown[0]}", action
    return (
        f"has a hook with a wrong signature: {_short(str(error))}",
        "A hook takes only the arguments of its specification.",
    )


def _wrong(origin: Origin, what: str, action: str | None = None) -> PluginError:
    advice = action or "Report this to its maintainers."
    return PluginError(f"{origin} {what}", action=advice, distribution=origin.distribution, reason=what)


def _advice(found: Found, error: BaseException) -> str:
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == hookspecs.PROJECT:
        return f"It needs another version of Earwitness: pip install --upgrade earwitness {found.distribution}."
    return f"Reinstall it, or remove it with: pip uninstall {found.distribution}."


def _reason(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return kind
    return _short(f"{kind}: {text}" if text else kind)


def _short(text: str) -> str:
    """One printable line of bounded length."""
    line = " ".join(text.split())
    printable = "".join(char if char.isprintable() else "?" for char in line)
    return printable if len(printable) <= _LONGEST else f"{printable[:_LONGEST]}..."
