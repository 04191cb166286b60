"""`earwitness profiles`: what is configured, and whether it would work."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._completing import FILE
from ._options import not_empty

__all__ = ["command"]


@click.command("profiles", cls=Command, example=("earwitness profiles", "earwitness profiles --json"))
@click.option(
    "--config",
    type=FILE,
    metavar="FILE",
    callback=not_empty,
    help="Read this configuration file instead of those that would be found.",
)
@common
@click.pass_context
def command(ctx: click.Context, /, config: str | None) -> int:
    """List the configured profiles: provider, which is the default, the file it comes from, and what is wrong with it.

    Only the first problem of each is shown; earwitness config check names all.
    """
    from ._configuring import list_profiles

    return list_profiles(config, state_of(ctx))
