"""`earwitness doctor`: is this installation in order?"""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._options import config_option

__all__ = ["command"]


@click.command("doctor", cls=Command, example=("earwitness doctor",))
@config_option
@common
@click.pass_context
def command(ctx: click.Context, /, config: str | None) -> int:
    """Check the installation: versions, optional parts, every plugin, and the configuration.

    Each plugin is loaded, so that import errors, misspelt hooks and names claimed twice are found. The exit code is 0
    when everything is in order; a missing optional part is told and is no problem.
    """
    from ._checkup import check_up

    return check_up(config=config, state=state_of(ctx))
