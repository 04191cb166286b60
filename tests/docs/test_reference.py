"""Nothing public is missing from the reference: every hook has its example, every name of every module its place."""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import earwitness
from earwitness import hookspecs

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
NOT_FOR_CALLERS = ("earwitness.cli", "earwitness.scaffold")
"""Packages behind the command line, whose reference is that of the commands."""

_DIRECTIVE = re.compile(r"^::: (earwitness[\w.]*)\n((?:    .*\n|\n(?=    ))*)", re.MULTILINE)
_MEMBERS = re.compile(r"members: \[(.*)\]")


def test_every_hook_has_a_section_with_an_example() -> None:
    """A plugin author finds each hook on one page, with code that the tests of the documentation run."""
    page = (REFERENCE / "hooks.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}
    hooks = [name for name in hookspecs.__all__ if name.startswith("earwitness_")]
    assert len(hooks) >= 5
    for hook in hooks:
        assert re.search(rf"```python\n(?:(?!```).)*def {hook}\(", sections.get(hook, ""), re.DOTALL), hook


def _public() -> list[str]:
    """The package itself and what lies directly in it; what a package below offers, its `__all__` says."""
    names = (one.name for one in pkgutil.iter_modules(earwitness.__path__, "earwitness."))
    return ["earwitness", *(name for name in names if "._" not in name and name not in NOT_FOR_CALLERS)]


@pytest.mark.parametrize("name", _public())
def test_every_public_name_is_in_the_reference(name: str) -> None:
    """What `__all__` of a public module offers is described on a page of the reference, there or elsewhere."""
    module = import_module(name)
    offered = [one for one in getattr(module, "__all__", []) if not one.startswith("__")]
    assert [one for one in offered if not _is_told(module, one)] == []


def test_a_name_that_nobody_describes_is_missed() -> None:
    """The check above can fail."""
    stranger = ModuleType("earwitness.stranger")
    stranger.__dict__.update(untold=object(), Transcript=earwitness.Transcript)
    assert not _is_told(stranger, "untold") and _is_told(stranger, "Transcript")


def _is_told(module: ModuleType, name: str) -> bool:
    if (module.__name__, name) in _told():
        return True
    value = getattr(module, name)
    home = getattr(value, "__module__", None)
    if isinstance(home, str) and (home, name) in _told():
        return True
    # A constant does not know where it comes from.
    return any(told == name and getattr(import_module(place), told, None) is value for place, told in _told())


@cache
def _told() -> frozenset[tuple[str, str]]:
    """Every module and name that a page of the reference describes."""
    found: set[tuple[str, str]] = set()
    for page in REFERENCE.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for target, options in _DIRECTIVE.findall(text):
            found |= _covered(target, options)
    errors = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    found |= {("earwitness.errors", name) for name in re.findall(r"`(\w+Error)`", errors)}
    return frozenset(found)


def _covered(target: str, options: str) -> set[tuple[str, str]]:
    """What one directive shows: a whole module, some of its members, or one name."""
    place, _, last = target.rpartition(".")
    try:
        module = import_module(target)
    except ModuleNotFoundError:
        return {(place, last)}
    chosen = _MEMBERS.search(options)
    names = [one.strip() for one in chosen[1].split(",")] if chosen else getattr(module, "__all__", [])
    return {(target, name) for name in names}
