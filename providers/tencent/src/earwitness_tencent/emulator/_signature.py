"""What the service computes to judge a signature, from the manual alone and not from this plugin's own signer.

Cloud API: TC3-HMAC-SHA256 over the canonical request (manual, 3.1). Flash and real-time: HMAC-SHA1 over the decoded URL
(9.2, 10.1). Nothing here reads a clock or knows a key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["Authorization", "Tc3Request", "same", "sha1_matches", "url_text", "utc_date"]

ALGORITHM = "TC3-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"

_HEADER = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<id>[^/,\s]+)/(?P<date>[^/,\s]+)/(?P<service>[^/,\s]+)/tc3_request\s*,"
    r"\s*SignedHeaders=(?P<signed>[^,\s]+)\s*,\s*Signature=(?P<signature>\S+)\s*"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an `Authorization` header. `signed` are the names as listed, `date` the one of the scope."""

    secret_id: str
    date: str
    service: str
    signed: tuple[str, ...]
    signature: str

    @classmethod
    def read(cls, header: str) -> Authorization | None:
        """The parts; None for a header of any other form."""
        found = _HEADER.fullmatch(header.strip())
        if found is None:
            return None
        return cls(found["id"], found["date"], found["service"], tuple(found["signed"].split(";")), found["signature"])


@dataclass(frozen=True, slots=True)
class Tc3Request:
    """What a TC3 signature covers. `headers` by lower-case name, as they were sent; `timestamp` as it was sent."""

    headers: Mapping[str, str]
    payload: bytes
    timestamp: str
    method: str = "POST"
    path: str = "/"
    query: str = ""

    def canonical(self, signed: Sequence[str], *, host: str, lower: bool = True) -> str:
        """The canonical request for this reading of the host; `lower=False` keeps the values' letters.

        The manual lower-cases the values, the official SDKs do not: with lower-case values there is no difference.
        """
        values = {**self.headers, "host": host}
        lines = ((name, values.get(name, "").strip()) for name in signed)
        head = "".join(f"{name}:{value.lower() if lower else value}\n" for name, value in lines)
        payload = UNSIGNED.encode() if self.headers.get("x-tc-content-sha256") == UNSIGNED else self.payload
        digest = hashlib.sha256(payload).hexdigest()
        return f"{self.method}\n{self.path}\n{self.query}\n{head}\n{';'.join(signed)}\n{digest}"

    def string_to_sign(self, claimed: Authorization, *, host: str, lower: bool = True) -> str:
        """What the key signs."""
        canonical = self.canonical(claimed.signed, host=host, lower=lower)
        scope = f"{claimed.date}/{claimed.service}/tc3_request"
        return f"{ALGORITHM}\n{self.timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"

    def matches(self, claimed: Authorization, secret_key: str, hosts: Iterable[str]) -> bool:
        """Whether the claimed signature is right for one of these host names."""
        key = signing_key(secret_key, claimed.date, claimed.service)
        return any(
            same(_hex(key, self.string_to_sign(claimed, host=host, lower=lower)), claimed.signature)
            for host in hosts
            for lower in (True, False)
        )


@lru_cache(maxsize=256)
def signing_key(secret_key: str, date: str, service: str) -> bytes:
    """The key of one day and service: it changes so seldom that it is worth keeping."""
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def url_text(host_and_path: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The host, path and decoded parameters in the order in which they are signed, `signature` left out.

    Parameters with empty values count (the vendor's own SDK sends some).
    """
    pairs = sorted((name, value) for name, value in parameters if name != "signature")
    return f"{host_and_path}?" + "&".join(f"{name}={value}" for name, value in pairs)


def sha1_matches(text: str, signature: str, secret_key: str) -> bool:
    """Whether this is the Base64 of the text's HMAC-SHA1."""
    right = b64encode(hmac.digest(secret_key.encode(), text.encode(), "sha1")).decode()
    return same(right, signature)


def same(right: str, claimed: str) -> bool:
    """Compared in constant time, whatever characters the claim has."""
    return hmac.compare_digest(right.encode(), claimed.encode("utf-8", "replace"))


def utc_date(timestamp: int) -> str:
    """The UTC date of a moment in Unix seconds. Raises ValueError or OverflowError for what is no moment."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")


def _hex(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
