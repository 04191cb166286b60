"""`earwitness score`: how right transcripts are, wherever they were made."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE, data_formats
from ._scoring import scoring_options

__all__ = ["command"]


@click.command(
    "score",
    cls=Command,
    example=(
        "earwitness score references.jsonl heard.jsonl --language en",
        "earwitness score references/ a=vendor-a.jsonl b=vendor-b/ --out scores",
        "earwitness score meeting.stm meeting.ctm --metric wer --metric der --json",
    ),
)
@click.argument("references", type=FILE, metavar="REFERENCES")
@click.argument("hypotheses", type=FILE, nargs=-1, required=True, metavar="[NAME=]HYPOTHESES...")
@click.option(
    "-o", "--out", type=FILE, metavar="DIR", help="Write scores.json, utterances.csv and utterances.parquet there."
)
@click.option(
    "--from",
    "source",
    metavar="FORMAT",
    shell_complete=data_formats,
    help="Format of all inputs. [default: told by their content]",
)
@scoring_options
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    references: str,
    hypotheses: tuple[str, ...],
    out: str | None,
    source: str | None,
    **given: Any,
) -> int:
    """Tell how right each of HYPOTHESES is, in what way, and how sure that is.

    REFERENCES and HYPOTHESES are files or folders of any format of data sets; what belongs together has the same id in
    both. Each of HYPOTHESES is one entrant, with the file's name or the NAME given. Nothing is sent anywhere.
    """
    from ._scored import Inputs, score_files

    return score_files(Inputs(references, hypotheses, source), out, given, state_of(ctx))
