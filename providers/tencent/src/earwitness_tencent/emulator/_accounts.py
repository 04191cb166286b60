"""The one account that this service knows: a key pair, a temporary one, and the AppId."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from earwitness.errors import ConfigurationError

__all__ = ["Account", "Key"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair; a temporary one also has a token and an end."""

    secret_id: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None

    def accepts(self, token: str, now: datetime) -> bool:
        """Whether this session token belongs to the key and is still good. A long-lived key asks for none."""
        if self.token is None:
            return not token
        right = secrets.compare_digest(self.token.encode(), token.encode())
        return right and self.expires is not None and now < self.expires


@dataclass(frozen=True, slots=True)
class Account:
    """The keys by SecretId, and the AppId that goes with them."""

    app_id: str
    permanent: Key
    temporary: Key

    @classmethod
    def of(cls, given: Mapping[str, str], *, now: datetime, token_life_s: float) -> Self:
        """The account with these credentials; what is not given is drawn. Raises ConfigurationError."""
        names = {"secret_id", "secret_key", "app_id", "temporary_secret_id", "temporary_secret_key", "token"}
        if wrong := sorted(set(given) - names):
            raise ConfigurationError(
                f"This emulator has no secret called {', '.join(wrong)}", action=f"It has: {', '.join(sorted(names))}."
            )
        app_id = given.get("app_id") or str(1_250_000_000 + secrets.randbelow(90_000_000))
        if not app_id.isascii() or not app_id.isdigit():
            raise ConfigurationError("The AppId is no number", action="Give digits alone, such as 1250000000.")
        permanent = Key(given.get("secret_id") or _drawn_id("AKID"), given.get("secret_key") or _drawn_key())
        temporary = Key(
            given.get("temporary_secret_id") or _drawn_id("AKIDtmp"),
            given.get("temporary_secret_key") or _drawn_key(),
            given.get("token") or secrets.token_urlsafe(48),
            now + timedelta(seconds=token_life_s),
        )
        return cls(app_id, permanent, temporary)

    def key(self, secret_id: str) -> Key | None:
        """The key pair of this SecretId."""
        return next((key for key in (self.permanent, self.temporary) if key.secret_id == secret_id), None)


def _drawn_id(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def _drawn_key() -> str:
    return secrets.token_hex(16)
