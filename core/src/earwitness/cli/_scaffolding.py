"""The work behind `new-provider`: the folder is printed, and the next steps are told."""

from __future__ import annotations

import shlex
from pathlib import Path

from ..scaffold import Naming, Shape, create
from ._errors import note
from ._output import as_json, require_output, say
from ._state import State

__all__ = ["make"]


def make(name: str, *, shape: Shape, streaming: bool, out: str, state: State) -> int:
    """Writes the distribution, and prints its folder; with `--json` also its names and files."""
    require_output()
    naming = Naming(name)
    folder = create(naming, Path(out), shape=shape, streaming=streaming)
    if state.json:
        told = {"provider": naming.name, "distribution": naming.distribution, "package": naming.package}
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        say(as_json({**told, "folder": str(folder), "files": files}, indent=2) + "\n")
        return 0
    say(f"{folder}\n")
    place = shlex.quote(str(folder))
    note(f"next: cd {place}; python -m pip install --editable '.[test]'; pytest. Its README tells the rest.", state)
    return 0
