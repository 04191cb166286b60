"""PocketSphinx as a provider: speech recognition on this machine, without key, network or download.

This module is the light plugin: importing it loads neither PocketSphinx nor the provider.
"""

from typing import TYPE_CHECKING

from earwitness.hookspecs import hookimpl

if TYPE_CHECKING:
    from .provider import PocketSphinx

__version__ = "0.1.0"


@hookimpl
def earwitness_provider() -> "type[PocketSphinx]":
    """The provider class."""
    from .provider import PocketSphinx

    return PocketSphinx
