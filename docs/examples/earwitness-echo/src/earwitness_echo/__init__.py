"""Echo as a provider of Earwitness: the light plugin module, which loads nothing until the provider is asked for."""

from typing import TYPE_CHECKING

from earwitness.hookspecs import hookimpl

if TYPE_CHECKING:
    from .provider import Echo

__version__ = "0.1.0"


@hookimpl
def earwitness_provider() -> "type[Echo]":
    """The provider class."""
    from .provider import Echo

    return Echo
