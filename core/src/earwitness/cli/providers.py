"""`earwitness providers`: what is installed, and on request what it can do."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of

__all__ = ["command"]


@click.command("providers", cls=Command, example=("earwitness providers", "earwitness providers --capabilities"))
@click.option("--capabilities", is_flag=True, help="Load each provider and tell what it can do.")
@common
@click.pass_context
def command(ctx: click.Context, /, capabilities: bool) -> int:
    """List the installed providers with the distribution and version that bring them.

    Nothing of them is loaded, unless --capabilities asks what they can do. A provider that cannot be loaded is listed
    with the reason.
    """
    from ._listing import list_providers

    return list_providers(capabilities=capabilities, state=state_of(ctx))
