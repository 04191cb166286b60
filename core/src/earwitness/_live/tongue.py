"""How a connection that failed is talked about: by host, in the vendor's own words if it said any, without secrets."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from .._redact import Masker
from ..errors import ConfigurationError, EarwitnessError, ProtocolError
from ..streaming import Dial

__all__ = ["FAREWELL_S", "LONGEST_SAID", "MAX_FRAME", "ErrorKind", "Tongue", "sendable"]

MAX_FRAME: Final = 4 * 1024 * 1024
"""The largest frame taken from a vendor, in bytes."""
FAREWELL_S: Final = 2.0
"""How long a polite close waits for the other side."""
LONGEST_SAID: Final = 200
"""How many characters of a vendor's own words are kept."""

ErrorKind = type[EarwitnessError]


class Tongue:
    """Says what went wrong with one connection, without its address, headers or credentials."""

    def __init__(self, dial: Dial) -> None:
        self.where = f"The stream to {_host(dial)}"
        self._masker = Masker(_secrets(dial))

    def error(
        self, kind: ErrorKind, what: str, *, code: object = None, said: str = "", after: float | None = None
    ) -> EarwitnessError:
        """An error of this kind. `code` and `said` are the vendor's own."""
        words = self._masker.mask(" ".join(said.split()))[:LONGEST_SAID]
        told = None if code is None else str(code)
        return kind(f"{self.where} {what}", vendor_code=told, vendor_message=words or None, retry_after=after)

    def too_large(self) -> ProtocolError:
        """The error for a frame over the limit."""
        return ProtocolError(f"{self.where} brought a message of more than {MAX_FRAME} bytes")

    def untrusted(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.where} was not opened: its certificate is not trusted",
            action="Check this machine's clock; behind a company proxy, install the company's certificates.",
        )


def sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    if not all(text.isascii() and text.isprintable() for pair in headers.items() for text in pair):
        raise ConfigurationError(
            "A credential has a character that no header can carry",
            action="Look for a line break or a letter outside ASCII in the profile's secrets.",
        )
    return headers


def _secrets(dial: Dial) -> Iterator[str]:
    """What a vendor's words must not repeat: address, path and parameters, headers and the tokens in them."""
    yield dial.target
    if dial.kind == "websocket":
        parts = _parts(dial.target)
        yield from (
            f"{parts.path}?{parts.query}",
            parts.query,
            parts.path,
            *(value for _, value in parse_qsl(parts.query) if len(value) > 7),
        )
    for value in dial.headers.values():
        yield from (value, *value.split()[1:])


def _host(dial: Dial) -> str:
    if dial.kind == "websocket":
        return _parts(dial.target).hostname or "?"
    return dial.target.rpartition(":")[0] or dial.target


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
