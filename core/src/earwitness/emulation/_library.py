"""The one place that loads aiohttp, which only an installation with the extra `emulation` has."""

from typing import Any

from ..errors import ConfigurationError

__all__ = ["aiohttp", "as_it_is", "web"]


def aiohttp() -> Any:
    """The library's client side. Raises ConfigurationError where it is not installed."""
    try:
        import aiohttp as library
    except ImportError:
        raise _missing() from None
    return library


def as_it_is(url: str) -> Any:
    """The address for the client, with nothing in it quoted anew: it may be signed. Raises ValueError for none."""
    from yarl import URL  # it comes with aiohttp

    return URL(url, encoded=True)


def web() -> Any:
    """The library's server side. Raises ConfigurationError where it is not installed."""
    try:
        from aiohttp import web as library
    except ImportError:
        raise _missing() from None
    return library


def _missing() -> ConfigurationError:
    return ConfigurationError(
        "Emulators need the library aiohttp, which is not installed", action='pip install "earwitness[emulation]"'
    )
