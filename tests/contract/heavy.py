"""A plugin module that loads everything at once: what D3 is there to find."""

from typing import Any

from earwitness.hookspecs import hookimpl

from .reference import Minnow


@hookimpl
def earwitness_provider() -> Any:
    """The provider class."""
    return Minnow
