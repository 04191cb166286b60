"""The command `earwitness`: a thin face over the public Python surface, one file per command.

What a command prints for people may change; `--json`, exit codes and option names are what scripts may rely on.
"""

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command line and ends the process with its exit code. Never shows a traceback."""
    try:
        if sys.argv[1:] == ["--version"]:
            sys.exit(_say_version())
        # pydantic looks for plugins in every distribution, and one broken file among them would stop every command.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        from ._app import app

        app(prog_name="earwitness")
    except KeyboardInterrupt:
        # Before the command could set up its own answer to Ctrl-C.
        if sys.stderr is not None:
            sys.stderr.write("earwitness: Stopped.\n")
        sys.exit(130)


def _say_version() -> int:
    """Says the version without loading the command line, which takes twice as long, and gives the exit code."""
    from .. import __version__
    from ..errors import EarwitnessError
    from ._output import ReaderGoneError, say

    try:
        say(f"earwitness {__version__}\n")
    except ReaderGoneError:
        from ._exit import BROKEN_PIPE

        return BROKEN_PIPE
    except EarwitnessError as error:
        from ._errors import explain
        from ._state import State

        return explain(error, State())
    return 0
