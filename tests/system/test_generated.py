"""A provider that `new-provider` has just made passes the conformance kit, before its author has written a line.

`poll --streaming` is made, installed and tested by `tests/repo/fresh.py`, as a stranger would.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from earwitness.scaffold import Naming, Shape, create


@pytest.mark.parametrize(
    ("shape", "streaming", "least"), [("poll", False, 30), ("oneshot", True, 30), ("engine", True, 18)]
)
def test_a_new_provider_passes_its_own_tests(tmp_path: Path, shape: Shape, streaming: bool, least: int) -> None:
    """`pytest` in the new folder, with nothing edited: clauses are skipped only where nothing is declared."""
    folder = create(Naming("acme"), tmp_path, shape=shape, streaming=streaming)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_announced(folder)), *filter(None, sys.path)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None and int(passed[1]) >= least, done.stdout


def _announced(folder: Path) -> Path:
    """The distribution's sources, with the metadata beside them that an installation would write."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = folder / "src" / f"{project['name'].replace('-', '_')}-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n")
    groups = project["entry-points"].items()
    points = [f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in one.items()) for group, one in groups]
    (metadata / "entry_points.txt").write_text("\n".join(points))
    return folder / "src"
