"""`earwitness config`: which files are read, whether they are right, and what may stand in them."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._completing import FILE
from ._options import not_empty

__all__ = ["command"]


@click.command(
    "config",
    cls=Command,
    example=(
        "earwitness config check",
        "earwitness config path",
        "earwitness config schema > earwitness.schema.json",
    ),
)
@click.argument("action", type=click.Choice(["check", "path", "schema"]), metavar="check|path|schema")
@click.option(
    "--config",
    type=FILE,
    metavar="FILE",
    callback=not_empty,
    help="Look at this configuration file instead of those that would be found.",
)
@common
@click.pass_context
def command(ctx: click.Context, /, action: str, config: str | None) -> int:
    """Look at the configuration.

    check names each mistake with its file and key: what is misspelt, a provider that is not installed, settings that
    the provider does not know, and secrets that are missing, but never a value. The exit code is 4 when there is one.

    path tells the files that would be read, the weakest first, and the variables that are set over them.

    schema prints the JSON Schema of the file with the settings of the installed providers, for editors.
    """
    from ._configuring import check, paths, schema

    state = state_of(ctx)
    match action:
        case "check":
            return check(config, state)
        case "path":
            return paths(config, state)
    return schema()
