"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A fresh desk."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder)


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Installs a distribution with one entry point and one module; gives the environment in which it is found."""
    site = tmp_path / "site"

    def install(name: str, code: str, *, group: str = "earwitness.providers", point: str = "") -> dict[str, str]:
        module = f"plugin_{name.replace('-', '_')}"
        metadata = site / f"{name.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{point or name} = {module}\n")
        (site / f"{module}.py").write_text(code)
        return {"PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))}

    return install
