"""A pytest plugin: at the end of a run it tells, for each contract class, what became of the clauses.

Loaded by an entry point wherever Earwitness is installed, so it imports nothing of it until a contract has been seen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest

__all__ = ["PROPERTY", "pytest_configure"]

PROPERTY = "earwitness.clause"
"""The property of a test's report under which a clause tells its class, id, verdict and text."""

_NAME = "earwitness-contract"


def pytest_configure(config: Any) -> None:
    """Starts the list of what is seen."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(_Seen(), _NAME)


class _Seen:
    """What the tests of contract classes told, by class; under pytest-xdist what the workers sent."""

    def __init__(self) -> None:
        self._by_class: dict[str, dict[str, tuple[str, str]]] = {}
        self._unrun: dict[str, set[str]] = {}

    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: object) -> None:
        """Refuses a contract class that pytest would pass over in silence. Raises CollectError."""
        kit = sys.modules.get("earwitness.testing.contract")
        if kit is None or not isinstance(obj, type) or not issubclass(obj, kit.ProviderContract):
            return
        here = obj.__module__ == collector.module.__name__ and not name.startswith("_")
        collected = collector.istestclass(obj, name) and getattr(obj, "__test__", True)
        if here and not collected and not obj.__subclasses__():
            raise collector.CollectError(
                f"{name} is a contract class, and pytest passes it over: begin its name with Test, without `__test__`"
            )

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Notes a clause's verdict, or that a mark kept its test from running."""
        told = [value for name, value in report.user_properties if name == PROPERTY]
        for place, id, verdict, text in told:
            self._by_class.setdefault(_class_of(report.nodeid, place), {})[id] = (verdict, text)
        if not told and report.skipped and (found := _clause_of(report.nodeid)):
            self._unrun.setdefault(found[0], set()).add(found[1])

    def pytest_deselected(self, items: Sequence[Any]) -> None:
        """Notes clauses that a choice at the command line leaves out."""
        for item in items:
            if found := _clause_of(item.nodeid):
                self._unrun.setdefault(found[0], set()).add(found[1])

    def pytest_sessionfinish(self, session: Any) -> None:
        """Sends what a worker of pytest-xdist left out to the process that tells it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_NAME] = [[name, id] for name, ids in self._unrun.items() for id in ids]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes in what a worker left out."""
        for name, id in getattr(node, "workeroutput", {}).get(_NAME, ()):
            self._unrun.setdefault(name, set()).add(id)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tells of each class how many clauses held, failed, were unsupported or excused, and which were not run."""
        seen = dict.fromkeys([*self._by_class, *self._unrun])
        if not seen:
            return
        terminalreporter.section("earwitness contract")
        for name in seen:
            for line in self._lines(name):
                terminalreporter.write_line(line)

    def _lines(self, name: str) -> list[str]:
        from .contract import clauses

        told, ids = self._by_class.get(name, {}), [one.id for one in clauses()]
        by_verdict = {
            verdict: [id for id in ids if told.get(id, ("", ""))[0] == verdict]
            for verdict in ("held", "failed", "unsupported", "excused", "blocked")
        }
        missing = [id for id in ids if id not in told]
        counts = [f"{len(found)} {verdict}" for verdict, found in by_verdict.items() if found or verdict == "held"]
        lines = [f"{name}: {', '.join([*counts, *([f'{len(missing)} not run'] if missing else [])])}"]
        lines += [f"  excused {id}: {told[id][1]}" for id in by_verdict["excused"]]
        lines += [f"  unsupported {id}: {told[id][1]}" for id in by_verdict["unsupported"]]
        return lines + ([f"  not run: {', '.join(missing)}"] if missing else [])


def _class_of(nodeid: str, name: str) -> str:
    """The class as a person finds it: its file and name."""
    return f"{nodeid.partition('::')[0]}::{name}"


def _clause_of(nodeid: str) -> tuple[str, str] | None:
    """Class and clause of a test's id; None for a test that is none of the kit's. Imports nothing."""
    path, _, rest = nodeid.partition("::")
    name, _, test = rest.rpartition("::")
    parts = test.split("_")
    if not name or len(parts) < 3 or parts[0] != "test" or not parts[1][:1].isupper() or not parts[1][1:].isdigit():
        return None
    return f"{path}::{name}", parts[1]
