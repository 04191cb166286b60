"""`earwitness probe`: what a recording is, without hearing it."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._completing import FILE

__all__ = ["command"]


@click.command("probe", cls=Command, example=("earwitness probe meeting.mp4", "earwitness probe *.wav --json"))
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@common
@click.pass_context
def command(ctx: click.Context, /, files: tuple[str, ...]) -> int:
    """Tell container, codec, duration, sampling rate, channels and size of each FILE.

    Only the file's beginning is read, no sound is decoded and nothing is sent anywhere.
    """
    from ._probing import probe_all

    return probe_all(files, state_of(ctx))
