"""The command group: commands are found by name and imported only when they run; every ending has its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .. import __version__
from ..errors import ConfigurationError, EarwitnessError
from . import _exit
from ._commands import ExampleHelp, state_of
from ._output import ReaderGoneError, flush_output, say
from ._state import State

__all__ = ["COMMANDS", "App", "app"]

COMMANDS = {
    "transcribe": "Write down what is said in recordings.",
    "listen": "Write down what is said while it is being said.",
    "convert": "Write transcripts and subtitles in another format.",
    "compare": "Let several profiles hear one data set, and score them.",
    "score": "Tell how right transcripts are, wherever they were made.",
    "probe": "Tell what a recording is, without hearing it.",
    "explain": "Tell what a request would send, lose and cost, with no call.",
    "providers": "List the installed providers and what they can do.",
    "profiles": "List the configured profiles, and what is wrong with them.",
    "config": "Check the configuration, and tell what may stand in it.",
    "emulate": "Serve what a vendor serves, on this machine, for tests.",
    "new-provider": "Make a folder in which a provider of your own begins.",
    "doctor": "Check the installation: versions, plugins, configuration.",
    "completion": "Print the script for completion in bash, zsh or fish.",
}
"""Our own commands with their one-line help, so that listing them imports none; each lives in a module of its name."""


class App(ExampleHelp, click.Group):
    """A click group that loads its commands late and turns every exception into one sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f".{cmd_name.replace('-', '_')}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            near = _nearest(args[0])
            hint = f" Did you mean {near!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        state_of(ctx).command = f"{ctx.command_path} {args[0]}"
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Runs one command line and exits with its code."""
        given = list(sys.argv[1:] if args is None else args)
        state = State(json="--json" in given)
        extra.update(standalone_mode=False, obj=state)
        code = self._ended(state, lambda: click.Group.main(self, args, *rest, **extra))
        code = self._ended(state, flush_output) or code
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> Any:
        from ._signals import signals_handled

        try:
            with signals_handled(state_of(ctx)):
                return super().invoke(ctx)
        except OSError as error:
            # click ends silently on a broken pipe of any kind; whatever is not our output's must not pass for it.
            raise _UnexpectedError(error) from error
        except KeyboardInterrupt:
            # click would write an empty line, also where nobody sees a terminal's ^C.
            raise _InterruptedError from None

    def _ended(self, state: State, work: Any) -> int:
        """The exit code of this work, after what went wrong has been told."""
        try:
            code = work()
        except ReaderGoneError:
            return _exit.BROKEN_PIPE
        except (KeyboardInterrupt, _InterruptedError, click.Abort):
            from ._errors import explain_stop

            return explain_stop(state)
        except Exception as error:
            return _told(error, state)
        return code if isinstance(code, int) else 0


class _InterruptedError(Exception):
    """Carries a Ctrl-C past click."""


class _UnexpectedError(Exception):
    """Carries an OSError past click."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


def _told(error: Exception, state: State) -> int:
    # Imported only now: a command line that goes well pays nothing for it.
    from ._errors import explain, explain_bug, explain_usage

    if isinstance(error, click.ClickException):
        return explain_usage(error, state)
    if isinstance(error, EarwitnessError):
        return explain(error, state)
    error = error.error if isinstance(error, _UnexpectedError) else error
    if isinstance(error, FileNotFoundError) and not _stands_somewhere():
        told = "The current folder does not exist any more"
        return explain(ConfigurationError(told, action="Change to a folder that exists."), state)
    return explain_bug(error, state)


def _stands_somewhere() -> bool:
    """Whether the current folder is still there; a shell stays in one that somebody has deleted."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _nearest(name: str) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, COMMANDS, n=1)), None)


def _codes() -> str:
    """The table of exit codes in three columns, as a block that click leaves as it is."""
    cells = [f"{code:>3} {meaning}" for code, meaning in _exit.table()]
    height = -(-len(cells) // 3)
    lines = ("".join(f"{cell:<26}" for cell in cells[row::height]).rstrip() for row in range(height))
    return "\b\nExit codes:\n" + "\n".join(lines)


app = App(
    name="earwitness",
    help="Turn speech into text, whichever engine or vendor hears it.",
    example=("earwitness transcribe meeting.wav",),
    epilog=_codes(),
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Show the version and exit.",
            callback=lambda ctx, _, value: _show_version(ctx) if value else None,
        )
    ],
)


def _show_version(ctx: click.Context) -> None:
    say(f"earwitness {__version__}\n")
    ctx.exit()
