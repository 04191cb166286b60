"""What all commands share: help that begins with an example, `--json` and `--verbose`, and how values are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ._output import say
from ._state import State

__all__ = ["Command", "ExampleHelp", "common", "state_of"]

F = TypeVar("F", bound=Callable[..., Any])


class ExampleHelp(click.Command):
    """A command whose help begins with what to type."""

    def __init__(self, *args: Any, example: Sequence[str] = (), **known: Any) -> None:
        super().__init__(*args, **known)
        self.example = tuple(example)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
        return option

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example" if len(self.example) == 1 else "Examples"):
            for line in self.example:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        formatter.write_paragraph()
        super().format_help(ctx, formatter)


class Command(ExampleHelp):
    """One of our commands."""

    def invoke(self, ctx: click.Context) -> Any:
        from ._log import set_up

        # Not while the line is read: click closes no context of a line with a slip, and the log would stay as it is.
        state = state_of(ctx)
        set_up(ctx, state, verbose=state.verbose)
        return super().invoke(ctx)


def common(function: F) -> F:
    """Adds `--json` and `--verbose`, which set the run's state and not an argument of the command."""
    for name, text in (
        ("verbose", "Tell on standard error what happens; never shows what was said, nor secrets."),
        ("json", "Print one JSON document for machines; errors are JSON on standard error."),
    ):
        function = click.option(
            f"--{name}", is_flag=True, expose_value=False, is_eager=True, callback=_remember, help=text
        )(function)
    return function


def state_of(ctx: click.Context) -> State:
    """The facts of this run."""
    state = ctx.find_object(State)
    assert state is not None
    return state


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    # As click does it, but a reader that goes away or a full disk is noticed as for every other output.
    if value and not ctx.resilient_parsing:
        say(ctx.get_help() + "\n")
        ctx.exit()


def _remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    state = state_of(ctx)
    if param.name == "json":
        state.json = value
    else:
        state.verbose = value
