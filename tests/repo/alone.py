"""Each provider by itself beside the core: it comes with what it needs and no more, works, and goes without a trace.

`fresh.py` calls this with a new environment; the providers come and go in turn, so that one environment will do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from strangers import run

CORES = ["scripted"]
"""What the core brings itself."""


def check(scripts: Path, core: Path, plugins: Iterable[tuple[str, Path]], use: Callable[[str], None]) -> None:
    """Installs the core's wheel, and beside it each plugin's with its dependencies; `use` is called while it is there.

    Afterwards only the core is left, with what the core needs.
    """
    _pip(scripts, "install", "--quiet", str(core))
    before = _distributions(scripts)
    assert _providers(scripts) == CORES
    for name, wheel in plugins:
        _pip(scripts, "install", "--quiet", str(wheel))
        _pip(scripts, "check")
        assert _providers(scripts) == sorted([*CORES, name])
        assert json.loads(run(scripts, "earwitness", "doctor", "--json"))["ok"]
        use(name)
        assert _files(scripts, f"earwitness_{name}"), "the check below would find nothing"
        _pip(scripts, "uninstall", "--quiet", "--yes", f"earwitness-{name}")
        assert not (left := _files(scripts, f"earwitness_{name}")), f"left behind: {left}"
        assert _providers(scripts) == CORES
        # What came along would hide that the next one forgot to ask for it.
        _pip(scripts, "uninstall", "--quiet", "--yes", *sorted(_distributions(scripts) - before))


def _providers(scripts: Path) -> list[str]:
    return sorted(one["name"] for one in json.loads(run(scripts, "earwitness", "providers", "--json"))["providers"])


def _distributions(scripts: Path) -> set[str]:
    told = run(scripts, "python", "-m", "pip", "list", "--format", "json")
    return {one["name"] for one in json.loads(told)}


def _files(scripts: Path, package: str) -> list[Path]:
    """Every file and folder of the environment whose name begins like the package's, or its distribution's."""
    names = (package, package.replace("_", "-"))
    return [path for path in scripts.parent.rglob("*") if path.name.startswith(names)]


def _pip(scripts: Path, *arguments: str) -> None:
    run(scripts, "python", "-m", "pip", *arguments)
