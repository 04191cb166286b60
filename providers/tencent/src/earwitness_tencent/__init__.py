"""Tencent Cloud ASR as a provider: recordings, sentences, fast recordings and live audio.

This module is the light plugin: importing it loads neither the provider nor its models.
"""

from typing import TYPE_CHECKING

from earwitness.hookspecs import hookimpl

if TYPE_CHECKING:
    from .provider import Tencent

__version__ = "0.1.0"


@hookimpl
def earwitness_provider() -> "type[Tencent]":
    """The provider class."""
    from .provider import Tencent

    return Tencent
