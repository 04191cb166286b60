"""How a call proves who makes it: one header with the domain's Secret Key, at every call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from earwitness.exchange import HttpCall

__all__ = ["KeyAuth"]


@dataclass(frozen=True, slots=True)
class KeyAuth:
    """Signs with a domain's Secret Key (long and short alike). Its repr hides the key."""

    key: str = field(repr=False)

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The same call with the key in its header."""
        return replace(call, headers={**call.headers, "x-clovaspeech-api-key": self.key})
