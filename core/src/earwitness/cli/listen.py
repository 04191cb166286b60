"""`earwitness listen`: live audio in, text out as it is heard."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE
from ._options import Within, edit_options, profile_options, request_options, request_values

__all__ = ["command"]


@click.command(
    "listen",
    cls=Command,
    example=(
        "earwitness listen talk.mp3",
        "arecord -f S16_LE -r 16000 -c 1 -t raw | earwitness listen -",
    ),
)
@click.argument("source", type=FILE, metavar="FILE|-")
@profile_options
@request_options
@click.option(
    "--rate",
    type=Within(8_000, 192_000),
    default=16_000,
    show_default=True,
    metavar="HZ",
    help="Sample rate of standard input.",
)
@click.option("--fast", is_flag=True, help="Hear a file as fast as the engine can, not at the speed of speech.")
@edit_options
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    source: str,
    profile: str | None,
    config: str | None,
    rate: int,
    fast: bool,
    names: dict[str, str],
    no_text: bool,
    **options: Any,
) -> int:
    """Write down what is said while it is being said.

    FILE is a recording, played at the speed of speech; - is standard input with bare samples, no file's header before
    them: 16 bit, little-endian, one channel, at --rate. On a terminal the text grows while somebody speaks; elsewhere
    only finished lines are written. --json prints one JSON document per line and event: interim, final, notice,
    reconnected.

    Ctrl-C ends it; what is finished has been printed by then.
    """
    from ._edits import Edits
    from ._listening import listen_to

    return listen_to(
        source,
        profile=profile,
        config=config,
        rate=rate,
        fast=fast,
        options=request_values(**options),
        edits=Edits(names, no_text),
        state=state_of(ctx),
    )
