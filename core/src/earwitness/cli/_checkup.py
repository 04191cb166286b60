"""The work behind `doctor`: each check is one finding, and a finding that is wrong says what to do."""

from __future__ import annotations

import importlib
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from .. import __version__
from .._entrypoints import Found
from ..errors import ConfigurationError, PluginError
from ._exit import CODES
from ._log import silenced
from ._output import as_json, say
from ._state import State
from ._table import columns

__all__ = ["Finding", "check_up"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `problem` says what is wrong and what to do; `missing` is optional and not there."""

    area: str
    name: str
    version: str | None = None
    problem: str | None = None
    missing: bool = False


def check_up(*, config: str | None, state: State) -> int:
    """Prints every finding, and gives the exit code of a wrong configuration if one of them is a problem."""
    with silenced():
        checks = (_versions(), _requirements(), _providers(), _bystanders(), _plugins(), _configuration(config))
        findings = [finding for check in checks for finding in check]
    healthy = all(finding.problem is None for finding in findings)
    if state.json:
        told = {"ok": healthy, "findings": [asdict(finding) for finding in findings]}
        say(as_json(told, indent=2) + "\n")
    else:
        say(columns(("", "AREA", "NAME", "VERSION", "PROBLEM"), map(_cells, findings)))
        wrong = sum(finding.problem is not None for finding in findings)
        say("Everything is in order.\n" if healthy else f"{wrong} of {len(findings)} findings are wrong.\n")
    return 0 if healthy else CODES[ConfigurationError]


def _cells(finding: Finding) -> tuple[str, ...]:
    mark = "WRONG" if finding.problem else "-" if finding.missing else "ok"
    version = "not installed" if finding.missing else finding.version or ""
    return mark, finding.area, finding.name, version, finding.problem or ""


def _versions() -> Iterator[Finding]:
    yield Finding("system", "python", f"{platform.python_implementation()} {platform.python_version()}")
    yield Finding("system", "platform", platform.platform(terse=True))
    yield Finding("system", "earwitness", __version__, _mismatch())


def _mismatch() -> str | None:
    """Whether the code that runs is another one than pip believes; None also where it was never installed."""
    try:
        installed = metadata.version("earwitness")
    except metadata.PackageNotFoundError:
        return None
    if installed == __version__:
        return None
    return f"pip knows version {installed}; reinstall with: pip install --force-reinstall earwitness."


def _requirements() -> Iterator[Finding]:
    """What the distribution declares, each imported: a package that is there and broken is worse than a missing one."""
    homes = metadata.packages_distributions()
    for name, extra in _declared():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong = None if extra else f"Install it with: pip install {name}."
            yield Finding(_area(extra), name, None, wrong, missing=bool(extra))
            continue
        modules = sorted(module for module, owners in homes.items() if _same(name, owners))
        yield Finding(_area(extra), name, version, _import_problem(name, modules))


def _declared() -> list[tuple[str, str]]:
    """Each required package once with its extra, which is empty for what is always needed."""
    try:
        lines = metadata.requires("earwitness") or []
    except metadata.PackageNotFoundError:
        return []
    found: dict[str, str] = {}
    for line in lines:
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        if name.lower() != "earwitness" and _applies(line):
            found.setdefault(name, extra[1] if extra else "")
    return sorted(found.items(), key=lambda item: (item[1], item[0].lower()))


def _applies(line: str) -> bool:
    # Without a parser for markers, a package that is meant for other systems only is recognized by its usual form.
    system = re.search(r"(?:sys_platform|platform_system|os_name)\s*==\s*['\"]([^'\"]+)", line)
    return system is None or system[1].lower() in (platform.system().lower(), "posix", "linux")


def _same(name: str, owners: list[str]) -> bool:
    return any(re.sub(r"[-_.]+", "-", owner).lower() == re.sub(r"[-_.]+", "-", name).lower() for owner in owners)


def _area(extra: str) -> str:
    return f"extra {extra}" if extra else "required"


def _import_problem(name: str, modules: list[str]) -> str | None:
    for module in modules:
        try:
            importlib.import_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            kind = type(error).__name__
            return f"It cannot be imported ({kind}); try: pip install --force-reinstall {name}."
    return None


def _providers() -> Iterator[Finding]:
    from .._discovery import examine_all, unreadable

    examined = examine_all()
    if not examined:
        yield Finding("provider", "none", None, "No provider is installed; try: pip install earwitness-pocketsphinx.")
    for one in examined:
        name = f"{one.found.name} ({one.found.distribution})"
        yield Finding("provider", name, one.found.version, str(one.error) if one.error else None)
    for name in unreadable():
        yield Finding("provider", name, None, f"What it announces cannot be read; reinstall {name}.")


def _bystanders() -> Iterator[Finding]:
    """Distributions that are not ours, and break what we need."""
    from .._discovery import unreadable
    from .._entrypoints import undecodable

    for name in sorted({*undecodable()} - {*unreadable()}):
        told = "Its entry_points.txt is not UTF-8, at which pydantic stops in every program that uses it"
        yield Finding("distribution", name, None, f"{told}; reinstall it: pip install --force-reinstall {name}.")


def _plugins() -> Iterator[Finding]:
    from .._discovery import PLUGINS, scan
    from .._plugins import Plugins

    plugins = Plugins()
    plugins.exporters()
    failures = list(plugins.failures)
    for found in scan(PLUGINS):
        told = [failure for failure in failures if _concerns(found, failure)]
        problem = " ".join(map(str, told)) or None
        yield Finding("plugin", f"{found.name} ({found.distribution})", found.version, problem)
        failures = [failure for failure in failures if failure not in told]
    for failure in failures:
        yield Finding("plugin", "?", None, str(failure))


def _concerns(found: Found, failure: PluginError) -> bool:
    """Whether the failure is this plugin's: most begin with it, and a contested format tells its distribution."""
    if failure.message.startswith("The plugin "):
        return failure.message.startswith(f"{found.origin} ")
    return failure.distribution == found.distribution


def _configuration(path: str | None) -> Iterator[Finding]:
    from .._checking import check
    from ._configuring import mistake_line

    for one in check(path).mistakes:
        yield Finding("configuration", path or "earwitness.toml", None, mistake_line(one))
