"""`earwitness profiles`: what is configured, and whether it would work."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._options import config_option

__all__ = ["command"]


@click.command("profiles", cls=Command, example=("earwitness profiles", "earwitness profiles --json"))
@config_option
@common
@click.pass_context
def command(ctx: click.Context, /, config: str | None) -> int:
    """List the configured profiles: provider, which is the default, the file it comes from, and what is wrong with it.

    Only the first problem of each is shown; earwitness config check names all.
    """
    from ._configuring import list_profiles

    return list_profiles(config, state_of(ctx))
