"""What the shell may complete: profiles, formats, providers, metrics. A mistake in a file completes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

__all__ = [
    "FILE",
    "data_formats",
    "formats",
    "metrics",
    "normalizers",
    "profiles",
    "providers",
    "readable_formats",
]


class _FileName(click.types.StringParamType):
    """Text that names a file, or a pattern, or `-`: the shell completes it as a file."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


FILE = _FileName()


def profiles(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """The configured profiles, and the installed providers, which stand for themselves. After a comma the next."""
    from ..config import load_config

    names: list[str] = []
    with suppress(Exception):
        names += load_config(ctx.params.get("config")).profiles
    before, comma, last = begun.rpartition(",")
    return _fitting(dict.fromkeys([*names, *_installed()]), last, before + comma)


def providers(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The installed providers."""
    return _fitting(_installed(), begun)


def formats(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The formats that can be written."""
    from ..export import exporters

    return _fitting(exporters(), begun)


def readable_formats(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The formats that can be read."""
    from ..reading import readers

    return _fitting(readers(), begun)


def data_formats(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The formats of data sets."""
    from ..compare import reading

    return _fitting(reading.formats(), begun)


def metrics(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The metrics, those of plugins too."""
    from ..compare.scoring import known_metrics

    with suppress(Exception):
        return _fitting(known_metrics(), begun)
    return []


def normalizers(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The profiles of normalisation, those of plugins too."""
    from ..compare.scoring import known_profiles

    with suppress(Exception):
        return _fitting(known_profiles(), begun)
    return []


def _installed() -> list[str]:
    from .._entrypoints import PROVIDERS, scan

    with suppress(Exception):
        return list(dict.fromkeys(one.name for one in scan(PROVIDERS)))
    return []


def _fitting(names: Iterable[str], begun: str, before: str = "") -> list[CompletionItem]:
    return [CompletionItem(before + name) for name in names if name.startswith(begun)]
