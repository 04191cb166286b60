"""`earwitness completion`: what a shell needs to complete commands, options, profiles and formats."""

from __future__ import annotations

import click

from ._commands import Command, common, state_of

__all__ = ["command"]


@click.command(
    "completion",
    cls=Command,
    example=(
        'eval "$(earwitness completion bash)"    # in ~/.bashrc',
        'eval "$(earwitness completion zsh)"     # in ~/.zshrc',
        "earwitness completion fish | source     # in ~/.config/fish/config.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@common
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> int:
    """Print the script with which a shell completes commands, options, profiles, formats and providers."""
    from ._scripts import print_script

    return print_script(shell, state_of(ctx))
