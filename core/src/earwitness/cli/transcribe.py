"""`earwitness transcribe`: recordings in, transcripts out; one bad recording does not stop the others."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE, formats
from ._options import edit_options, profile_options, request_options, request_values

__all__ = ["command"]


@click.command(
    "transcribe",
    cls=Command,
    example=(
        "earwitness transcribe meeting.wav",
        "earwitness transcribe *.mp3 --format srt --output subtitles/",
        "ffmpeg -i film.mkv -f wav - | earwitness transcribe - --output film.vtt",
    ),
)
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@profile_options
@request_options
@click.option(
    "-f",
    "--format",
    metavar="NAME",
    shell_complete=formats,
    help="txt, json, srt, vtt and more; a wrong name lists all. [default: by --output's suffix, else txt]",
)
@click.option("-o", "--output", type=FILE, metavar="PATH", help="File, or folder/ for several; only you can read it.")
@edit_options
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    profile: str | None,
    config: str | None,
    format: str | None,
    output: str | None,
    names: dict[str, str],
    no_text: bool,
    **options: Any,
) -> int:
    """Write down what is said in each FILE.

    FILE is a recording or video, a pattern, a web address, or - for standard input. Without --output the text goes to
    standard output and nothing else does; several texts are told apart by a line with the file's name. Several
    results in any other format than txt need an --output folder.

    A recording that fails is told on standard error and the others go on; the exit code is that of the first failure.
    Ctrl-C ends the run and keeps what is done; a second one does not wait for anything.
    """
    from ._edits import Edits
    from ._transcribing import Wish, transcribe_all

    state = state_of(ctx)
    wish = Wish(files, profile, config, format, output, request_values(**options), Edits(names, no_text))
    return transcribe_all(wish, state)
