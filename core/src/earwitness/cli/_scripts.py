"""The work behind `completion`: click's own scripts."""

from __future__ import annotations

import json

from click.shell_completion import get_completion_class

from ._app import app
from ._output import say
from ._state import State

__all__ = ["print_script"]

_VARIABLE = "_EARWITNESS_COMPLETE"


def print_script(shell: str, state: State) -> int:
    """Prints the script of this shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(app, {}, "earwitness", _VARIABLE)
    # Not its `source()`, which looks at the version of the bash that happens to be on the path.
    script = kind.source_template % made.source_vars()
    if state.json:
        say(json.dumps({"shell": shell, "script": script}, indent=2) + "\n")
    else:
        say(f"{script.strip()}\n")
    return 0
