"""`earwitness providers`: what is installed, and on request what it can do."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of
from ._options import not_empty

__all__ = ["command"]


@click.command(
    "providers",
    cls=Command,
    example=(
        "earwitness providers",
        "earwitness providers --capabilities",
        "earwitness providers --can korean,speakers,words --hours 3",
    ),
)
@click.option("--can", metavar="WORD,...", callback=not_empty, help="Ask who can do all of this at once.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), metavar="N", help="Recordings of this duration.")
@click.option("--megabytes", type=click.FloatRange(0, min_open=True), metavar="N", help="Files of this size.")
@click.option("--capabilities", is_flag=True, help="Load each provider and tell what it can do.")
@common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    can: str | None,
    hours: float | None,
    megabytes: float | None,
    capabilities: bool,
) -> int:
    """List the installed providers with the distribution and version that bring them.

    Nothing of them is loaded, unless --capabilities asks what they can do. A provider that cannot be loaded is listed
    with the reason.

    --can takes languages by name or tag (korean, ko-KR, korean+english for both in one recording), features (words,
    speakers, hot-words, punctuation, ...), and live, files, url, callback, cancel, free. The answer is what each
    provider declares, for any settings; the exit code is 9 when nobody can.
    """
    words = [word.strip() for word in (can or "").split(",") if word.strip()]
    if can and not words:
        raise click.UsageError("--can names nothing; name a language, a feature or an ability.")
    if words or hours or megabytes:
        from ._asking import tell_who_can

        return tell_who_can(words, hours=hours, megabytes=megabytes, state=state_of(ctx))
    from ._listing import list_providers

    return list_providers(capabilities=capabilities, state=state_of(ctx))
