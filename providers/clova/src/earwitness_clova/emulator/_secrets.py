"""The emulator's credentials: drawn anew for each one, or given."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from earwitness.errors import ConfigurationError

__all__ = ["ClovaSecrets"]

_SOUND = re.compile(r"[A-Za-z0-9._~+=-]{1,256}")
_LONGEST_ID = 9


@dataclass(frozen=True, slots=True)
class ClovaSecrets:
    """One long-sentence domain and the keys of all three services. The repr shows none of them."""

    domain_id: str = field(default="4242", repr=False)
    invoke_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    short_secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    stream_secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """The given ones, and the rest drawn. Raises ConfigurationError naming what is wrong, never its value."""
        known = [one.name for one in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise ConfigurationError(
                    f"The CLOVA emulator has no secret {name[:40]!r}", action=f"There are: {', '.join(known)}."
                )
            if not _SOUND.fullmatch(value) or (name == "domain_id" and not _is_id(value)):
                raise ConfigurationError(
                    f"The secret {name} cannot be one of CLOVA's",
                    action="Use letters, digits and ._~+=- only; domain_id is a small number.",
                )
        return cls(**given)


def _is_id(value: str) -> bool:
    return value.isdecimal() and len(value) <= _LONGEST_ID
