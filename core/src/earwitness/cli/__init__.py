"""The command `earwitness`: a thin face over the public Python surface, one file per command.

What a command prints for people may change; `--json`, exit codes and option names are what scripts may rely on.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command line and ends the process with its exit code. Never shows a traceback."""
    try:
        from ._app import app

        app(prog_name="earwitness")
    except KeyboardInterrupt:
        # Before the command could set up its own answer to Ctrl-C.
        if sys.stderr is not None:
            sys.stderr.write("earwitness: Stopped.\n")
        sys.exit(130)
