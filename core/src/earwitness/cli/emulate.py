"""`earwitness emulate`: a vendor's server on this machine, for tests, scripts and other people's clients."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE, providers
from ._options import profile_options

__all__ = ["command"]


@click.command(
    "emulate",
    cls=Command,
    example=(
        "earwitness emulate clova",
        "earwitness emulate clova --transcript meeting.json --switch waiting_s=5 --billing billed.jsonl",
        "earwitness emulate clova --json --fault bad_day.toml",
    ),
)
@click.argument("name", metavar="NAME", shell_complete=providers)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, show_default=True, metavar="N", help="Port; 0 is any free one."
)
@profile_options
@click.option(
    "--transcript",
    "transcripts",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Hear this transcript (JSON or text) and not the audio. Several belong to recordings of the same names.",
)
@click.option(
    "--fault", "faults", type=FILE, metavar="FILE", help="A TOML file that says which calls go wrong, and how."
)
@click.option(
    "--billing", type=FILE, metavar="FILE", help="Write here what a real account would be billed, a JSON line each."
)
@click.option(
    "--switch", "switches", multiple=True, metavar="KEY=VALUE", help="Choose what nobody documents. Repeatable."
)
@click.option(
    "--secret", "secrets", multiple=True, metavar="KEY=VALUE", help="Take this secret, not a drawn one. Repeatable."
)
@click.option(
    "--storage", type=FILE, metavar="FOLDER", help="What the vendor's object storage holds, and where results go."
)
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    metavar="N",
    help="Seconds that its clock passes in a real one.",
)
@common
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:
    """Serve what the vendor NAME serves, on this machine, until Ctrl-C.

    Standard output gets a ready profile for earwitness.toml; with --json one line of JSON with every address and
    secret, and the profile as profile_toml. Recordings are heard by the embedded engine, unless --profile names
    another one or --transcript says what is heard.
    """
    from ._emulating import Stage, emulate

    return emulate(Stage(**given), state_of(ctx))
