"""NAVER Cloud's CLOVA Speech as a provider: long recordings, short sentences, and live audio.

This module is the light plugin: importing it loads neither the provider nor its models.
"""

from typing import TYPE_CHECKING

from earwitness.hookspecs import hookimpl

if TYPE_CHECKING:
    from .provider import Clova

__version__ = "0.1.0"


@hookimpl
def earwitness_provider() -> "type[Clova]":
    """The provider class."""
    from .provider import Clova

    return Clova
