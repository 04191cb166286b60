"""`earwitness new-provider`: a distribution of one's own that passes the conformance kit before the first edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ._commands import Command, common, state_of
from ._completing import FILE

if TYPE_CHECKING:
    from ..scaffold import Shape

__all__ = ["command"]


@click.command(
    "new-provider",
    cls=Command,
    example=(
        "earwitness new-provider acme",
        "earwitness new-provider acme --shape oneshot --streaming",
        "earwitness new-provider acme --shape engine --out ../plugins",
    ),
)
@click.argument("name", metavar="NAME")
@click.option(
    "--shape",
    type=click.Choice(("poll", "oneshot", "engine")),
    default="poll",
    show_default=True,
    help="poll: a REST vendor takes a job and is asked about it; oneshot: it answers at once; engine: a recogniser on"
    " this machine.",
)
@click.option("--streaming", is_flag=True, help="Hear live audio too; the REST shapes over a WebSocket.")
@click.option(
    "--out",
    type=FILE,
    default=".",
    metavar="FOLDER",
    help="Make the new folder, earwitness-NAME, in this one; the current one unless given.",
)
@common
@click.pass_context
def command(ctx: click.Context, /, name: str, shape: Shape, streaming: bool, out: str) -> int:
    """Make a folder with everything that a provider called NAME needs.

    It holds package, emulator, tests, README, tox and CI file. Its tests pass at once; every place that waits for its
    author is marked FILL. NAME is what a profile will name: lower-case letters, digits and underscores.
    """
    from ._scaffolding import make

    return make(name, shape=shape, streaming=streaming, out=out, state=state_of(ctx))
