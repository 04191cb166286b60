"""`earwitness convert`: transcripts, subtitles or answers of vendors in, any format out."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._completing import FILE, formats, providers, readable_formats
from ._options import edit_options

__all__ = ["command"]


@click.command(
    "convert",
    cls=Command,
    example=(
        "earwitness convert meeting.json --format srt --output meeting.srt",
        "earwitness convert meeting.json --names 1=Ann --names 2=Bo",
        "earwitness convert answer.json --answer-of clova --output meeting.vtt",
    ),
)
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--from",
    "source",
    metavar="NAME",
    shell_complete=readable_formats,
    help="Format of the files. [default: told by their content]",
)
@click.option(
    "--answer-of",
    metavar="PROVIDER",
    shell_complete=providers,
    help="The files are this vendor's own answers; its plugin reads them.",
)
@click.option(
    "-f",
    "--format",
    metavar="NAME",
    shell_complete=formats,
    help="Format to write. [default: by --output's suffix, else txt]",
)
@click.option(
    "-o", "--output", type=FILE, metavar="PATH", help="File, or folder for several results; only you can read them."
)
@edit_options
@click.option("--from-time", metavar="TIME", help="Keep what is said from here on: seconds, M:SS or H:MM:SS.")
@click.option("--to-time", metavar="TIME", help="Keep what is said up to here.")
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    source: str | None,
    answer_of: str | None,
    format: str | None,
    output: str | None,
    names: dict[str, str],
    no_text: bool,
    from_time: str | None,
    to_time: str | None,
) -> int:
    """Write each FILE in another format.

    FILE is a transcript (json, srt, vtt, smi, ass, csv, tsv, ctm, stm, rttm, TextGrid, a label track of Audacity,
    Whisper's verbose JSON), a pattern, or - for standard input. What the new format cannot hold is said once.
    """
    from ._converting import Wish, convert_all

    wish = Wish(files, source, answer_of, format, output, names, (from_time, to_time), no_text)
    return convert_all(wish, state_of(ctx))
