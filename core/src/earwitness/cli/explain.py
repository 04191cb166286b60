"""`earwitness explain`: what a request would send, lose and cost, before anything is sent."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE
from ._completing import profiles as complete_profiles
from ._options import config_option, not_empty, request_options, request_values

__all__ = ["command"]


@click.command(
    "explain",
    cls=Command,
    example=(
        "earwitness explain meeting.wav --profiles calls,local --speakers 2",
        "earwitness explain https://example.com/meeting.mp3 --language ko --json",
    ),
)
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "-p",
    "--profiles",
    metavar="NAME,...",
    multiple=True,
    callback=lambda ctx, param, values: [name for one in values for name in _names(ctx, param, one)],
    shell_complete=complete_profiles,
    help="Profiles to compare, or installed providers. [default: every configured one]",
)
@config_option
@request_options
@common
@click.pass_context
def command(ctx: click.Context, /, file: str, profiles: list[str], config: str | None, **options: Any) -> int:
    """Tell what a request would send, lose and cost under each profile, without any call.

    FILE is a recording or a web address. Of a recording only what tells its form is read. The price is an estimate
    from the profile's own price table. The exit code is 0 when some profile would answer, else 9.
    """
    from ._explaining import explain_all

    return explain_all(file, profiles, config, request_values(**options), state_of(ctx))


def _names(ctx: click.Context, param: click.Parameter, value: str) -> list[str]:
    """The names between the commas; one that is empty is a slip."""
    names = [name.strip() for name in value.split(",")]
    return [name for name in names if not_empty(ctx, param, name)]
