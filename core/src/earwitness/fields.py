"""Field types that the settings of providers share: keys and web addresses, forgiven where that is safe.

Their refusals never quote what was given.
"""

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, SecretStr

__all__ = ["Key", "web_address"]


def web_address(text: str) -> SplitResult:
    """The parts of an http or https address without a user. Raises ValueError for everything else."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("this is not an http or https address")
    return parts


def _key(given: SecretStr) -> SecretStr:
    key = given.get_secret_value().strip()
    if not key:
        raise ValueError("the key is empty")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("the key holds characters that no Secret Key has; copy it again")
    return SecretStr(key)


Key = Annotated[SecretStr, AfterValidator(_key)]
"""A vendor's key, without the blanks that copying leaves around it."""
