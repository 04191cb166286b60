"""The light plugin module of the reference provider."""

from typing import TYPE_CHECKING

from earwitness.hookspecs import hookimpl

if TYPE_CHECKING:
    from .reference import Minnow


@hookimpl
def earwitness_provider() -> "type[Minnow]":
    """The provider class."""
    from .reference import Minnow

    return Minnow
