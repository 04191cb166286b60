"""How a call proves who makes it: signature v3 in a header, or HMAC-SHA1 over the address. Pure; the clock is given.

Source: manual, signature v3 (TC3-HMAC-SHA256); flash recognition and real-time recognition, signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from earwitness.errors import ResultExpiredError
from earwitness.exchange import HttpCall

__all__ = ["AddressAuth", "Keys", "TC3Auth", "signing_key", "stream_address", "tc3_authorization"]

_ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED = ("content-type", "host")


@dataclass(frozen=True, slots=True)
class Keys:
    """A pair of keys, with the session token where they are temporary. Its repr shows none of them."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TC3Auth:
    """Signs cloud API calls with signature v3.

    After `until` nothing is signed any more: a TaskId is given to another task some day, so that an old one must not
    be asked about.
    """

    keys: Keys
    until: datetime | None = None

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The same call with time, token and signature in its headers. Raises ResultExpiredError after `until`."""
        if self.until is not None and now >= self.until:
            raise ResultExpiredError("Tencent keeps a task for 24 hours, and they are over", action="Submit it again.")
        assert isinstance(call.body, bytes), "signature v3 covers the whole body"
        timestamp = int(now.timestamp())
        sent = {"host": urlsplit(call.url).netloc, "x-tc-timestamp": str(timestamp)}
        if self.keys.token:
            sent["x-tc-token"] = self.keys.token
        headers = {**call.headers, **sent}
        proof = tc3_authorization(self.keys, headers, call.body, timestamp=timestamp)
        return replace(call, headers={**headers, "authorization": proof})


@dataclass(frozen=True, slots=True)
class AddressAuth:
    """Signs flash calls: HMAC-SHA1 over method, host, path and the query, sorted and not encoded."""

    keys: Keys

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The same call with key, time and all other parameters in order, and the signature in its header."""
        query = {**call.query, "secretid": self.keys.secret_id, "timestamp": str(int(now.timestamp()))}
        if self.keys.token:
            query["token"] = self.keys.token
        query = dict(sorted(query.items()))
        proof = _hmac_sha1(self.keys.secret_key, call.method + _to_sign(call.url, query))
        return replace(call, query=query, headers={**call.headers, "authorization": proof})


def tc3_authorization(
    keys: Keys,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timestamp: int,
    signed: Sequence[str] = _SIGNED,
    service: str = "asr",
) -> str:
    """The Authorization header of a POST to `/`. Header names are in lower case, `timestamp` in Unix seconds."""
    names = sorted(signed)
    head = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names)
    listed = ";".join(names)
    canonical = "\n".join(["POST", "/", "", head, listed, hashlib.sha256(body).hexdigest()])
    # The date is that of the timestamp in UTC, wherever this machine stands.
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = signing_key(keys.secret_key, date, service)
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={keys.secret_id}/{scope}, SignedHeaders={listed}, Signature={signature}"


def signing_key(secret_key: str, date: str, service: str = "asr") -> bytes:
    """The key of one day and service, derived from the secret one."""
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def stream_address(base: str, params: Mapping[str, str], secret_key: str) -> str:
    """The signed address of a real-time connection: `base` is `wss://host/asr/v2/<AppId>`.

    `params` are all parameters but the signature, `secretid`, `timestamp`, `expired`, `nonce` and `voice_id` included.
    """
    ordered = dict(sorted(params.items()))
    proof = _hmac_sha1(secret_key, _to_sign(base, ordered))
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**ordered, "signature": proof}.items())
    return f"{base}?{pairs}"


def _to_sign(url: str, ordered: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}?" + "&".join(f"{name}={value}" for name, value in ordered.items())


def _hmac_sha1(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
