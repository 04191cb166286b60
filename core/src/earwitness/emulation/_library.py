"""The one place that loads aiohttp, which only an installation with the extra `emulation` has."""

from typing import Any

from .._extras import extra

__all__ = ["aiohttp", "as_it_is", "web"]


def aiohttp() -> Any:
    """The library's client side. Raises ConfigurationError where it is not installed."""
    return extra("aiohttp", "emulation", what="An emulator")


def as_it_is(url: str) -> Any:
    """The address for the client, with nothing in it quoted anew: it may be signed. Raises ValueError for none."""
    from yarl import URL  # it comes with aiohttp

    return URL(url, encoded=True)


def web() -> Any:
    """The library's server side. Raises ConfigurationError where it is not installed."""
    return extra("aiohttp.web", "emulation", what="An emulator")
