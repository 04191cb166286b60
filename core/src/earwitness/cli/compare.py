"""`earwitness compare`: several profiles hear one data set, and are scored against its references."""

from __future__ import annotations

from typing import Any

import click

from ._commands import Command, common, state_of
from ._completing import FILE, data_formats
from ._completing import profiles as complete_profiles
from ._options import config_option, not_empty, request_options, request_values
from ._scoring import further_scoring_options

__all__ = ["command"]

_SCORING = ("normalizer", "metric", "synonyms", "terms", "no_text", "resamples", "seed")
_OWN = ("out", "source", "limit", "concurrency", "live", "dry_run", "resubmit", "prices", "config")


@click.command(
    "compare",
    cls=Command,
    example=(
        "earwitness compare recordings.jsonl --profiles calls,local --out comparison/ --dry-run",
        "earwitness compare recordings.jsonl --profiles calls,local --out comparison/",
    ),
)
@click.argument("manifest", type=FILE, metavar="MANIFEST")
@click.option(
    "-p",
    "--profiles",
    metavar="NAME,...",
    multiple=True,
    required=True,
    callback=lambda ctx, param, values: ",".join(str(not_empty(ctx, param, one)) for one in values),
    shell_complete=complete_profiles,
    help="Profiles to compare, or installed providers.",
)
@click.option(
    "-o", "--out", type=FILE, metavar="DIR", required=True, callback=not_empty, help="Folder that keeps every answer."
)
@click.option(
    "--from",
    "source",
    metavar="FORMAT",
    shell_complete=data_formats,
    help="Format of MANIFEST. [default: told by its content]",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N recordings of MANIFEST.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=2,
    show_default=True,
    metavar="N",
    help="Recordings that each profile hears at once.",
)
@click.option("--live", is_flag=True, help="Stream every recording in real time, and tell when words were shown.")
@click.option("--dry-run", is_flag=True, help="Tell what would be asked and what it would cost; send nothing.")
@click.option("--resubmit", is_flag=True, help="Ask again what may have been billed without an answer.")
@click.option(
    "--prices", type=FILE, metavar="FILE", callback=not_empty, help="Price table, over those of the providers."
)
@config_option
@request_options
@further_scoring_options
@common
@click.pass_context
def command(ctx: click.Context, /, manifest: str, profiles: str, **given: Any) -> int:
    """Let several profiles hear the recordings of MANIFEST, and tell how right each is.

    MANIFEST is a file or folder of any format of data sets, with the recordings' places. All profiles work at once and
    through the recordings in the same shuffled order. What DIR holds already is not asked for again, so that the same
    command continues an interrupted run. What failed is asked again; what a vendor was at work on is fetched; what may
    have been billed without an answer is asked again only with --resubmit. That a vendor fails is a result: the exit
    code is 0.

    DIR gets every answer, results/ for `earwitness score`, and the scores. Only you can read the answers.
    """
    from ._comparing import Wish, compare_all

    names = tuple(name.strip() for name in profiles.split(",") if name.strip())
    own = {name: given.pop(name) for name in _OWN}
    scoring = {name: given.pop(name) for name in _SCORING}
    return compare_all(Wish(manifest, names, options=request_values(**given), scoring=scoring, **own), state_of(ctx))
