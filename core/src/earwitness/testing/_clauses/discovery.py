"""A plugin is found by its entry point, brings its provider, and costs nothing until it is asked for."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

from ..._discovery import PROVIDERS, Found, examine
from ..._entrypoints import scan
from .._clause import clause
from .._subject import Subject

_EMULATORS = "earwitness.emulators"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TIMEOUT_S = 60


@clause(
    "D1",
    "The plugin's module brings a sound provider class",
    why="""Core asks the hook `earwitness_provider` for the class when a profile names the provider. What is wrong with
    the class, its name, its interface or its capabilities is found then, in the hands of a user.""",
    mend="""Return a subclass of `Provider` from the hook, marked with `@hookimpl`; give it a `name` of lower-case
    letters, digits and hyphens, `Settings` and `capabilities`.""",
)
def the_plugin_brings_its_provider(subject: Subject) -> Iterator[str]:
    name, module = getattr(subject.kind, "name", None), subject.contract.plugin
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"the provider's name is {name!r}"
        return
    examined = examine(Found(name, "the distribution", None, module, EntryPoint(name, module, PROVIDERS)))
    if examined.error is not None:
        yield examined.error.message


@clause(
    "D2",
    "Entry points announce the plugin under the provider's name, and its emulator too",
    why="""A provider is found by the group `earwitness.providers` alone; core holds no table of vendors. Where name and
    entry point differ, the profile that names the provider does not find it.""",
    mend="""Declare `[project.entry-points."earwitness.providers"]` with the provider's name and the plugin's module,
    `[project.entry-points."earwitness.emulators"]` for the emulator, and install the distribution (`pip install -e .`)
    in the environment of the tests.""",
)
def entry_points_announce_it(subject: Subject) -> Iterator[str]:
    found = [one for one in scan(PROVIDERS) if one.value.partition(":")[0] == subject.contract.plugin]
    if not found:
        yield f"no entry point of the group {PROVIDERS} names the module {subject.contract.plugin}"
    yield from (
        f"the entry point is called {one.name!r} and the provider {subject.kind.name!r}"
        for one in found
        if one.name != subject.kind.name
    )
    if subject.contract.emulator is not None and subject.kind.name not in {one.name for one in scan(_EMULATORS)}:
        yield f"no entry point of the group {_EMULATORS} is called {subject.kind.name!r}"


@clause(
    "D3",
    "Importing the plugin's module loads nothing heavy and does nothing",
    why="""The module is imported whenever its provider is looked at, also for a list or a completion at the command
    line. What it loads or starts there, everybody waits for.""",
    mend="""Keep the plugin's module to the hook; import the provider's module inside the hook's function, and third
    libraries inside the functions that need them. Start and print nothing at import.""",
)
def importing_it_is_light(subject: Subject) -> Iterator[str]:
    told = _imported(subject.contract.plugin)
    if told is None:
        yield "the module cannot be imported in a fresh interpreter"
        return
    own = subject.contract.plugin.partition(".")[0]
    loaded = {name.partition(".")[0] for name in told["modules"] if not name.startswith("_sysconfigdata")}
    heavy = sorted(loaded - {own, "earwitness"} - sys.stdlib_module_names)
    if heavy:
        yield f"importing {subject.contract.plugin} loads {', '.join(heavy)}"
    if subject.kind.__module__ in told["modules"]:
        yield f"importing {subject.contract.plugin} loads the provider's module, {subject.kind.__module__}"
    if told["threads"] > 1 or told["printed"]:
        yield f"importing {subject.contract.plugin} {'prints' if told['printed'] else 'starts a thread'}"


_PROGRAM = """
import contextlib, importlib, io, json, sys, threading
sys.path[:0] = [one for one in json.loads(sys.argv[2]) if one not in sys.path]
import earwitness.hookspecs
before, text = set(sys.modules), io.StringIO()
with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
    importlib.import_module(sys.argv[1])
told = {"modules": sorted(set(sys.modules) - before), "threads": threading.active_count(), "printed": text.getvalue()}
print(json.dumps(told))
"""


def _imported(module: str) -> dict[str, Any] | None:
    """What a fresh interpreter tells of importing this module; None where it cannot."""
    path = json.dumps([os.path.abspath(one) for one in sys.path if one])
    command = [sys.executable, "-c", _PROGRAM, module, path]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603  # ours
    if done.returncode:
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found
