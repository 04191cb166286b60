"""Who may call the cloud API: the common headers, the clock, the key, its token and the signature, in this order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from ._accounts import Account, Key
from ._refusals import CloudError, missing
from ._signature import Authorization, Tc3Request, utc_date
from ._switches import TencentSwitches

__all__ = ["REAL_HOST", "VERSION", "admitted", "host_readings"]

VERSION = "2019-06-14"
REAL_HOST = "asr.tencentcloudapi.com"
_REAL_HOSTS = (REAL_HOST, "asr.intl.tencentcloudapi.com")
_REGION = re.compile(r"[a-z]{2}-[a-z0-9-]{2,30}")
_TOLERANCE_S = 300
_COMMON = ("x-tc-action", "x-tc-version", "x-tc-timestamp", "authorization")
_NAMES = {"x-tc-action": "Action", "x-tc-version": "Version", "x-tc-timestamp": "Timestamp"}


def admitted(
    request: Tc3Request, account: Account, switches: TencentSwitches, *, now: datetime, actions: frozenset[str]
) -> Key:
    """The key that this request is signed with. Raises CloudError (order of checks: manual, 14)."""
    _complete(request.headers, actions)
    claimed = Authorization.read(request.headers["authorization"])
    if claimed is None:
        raise CloudError("AuthFailure.InvalidAuthorization")
    _in_time(request.timestamp, claimed, now)
    key = account.key(claimed.secret_id)
    if key is None:
        raise CloudError("AuthFailure.SecretIdNotFound")
    if not key.accepts(request.headers.get("x-tc-token", ""), now):
        raise CloudError("AuthFailure.TokenFailure")
    covered = {"content-type", "host"} <= set(claimed.signed)
    scope = switches.any_scope or claimed.service == "asr"
    hosts = host_readings(request.headers, switches.signed_host)
    if not (covered and scope and request.matches(claimed, key.secret_key, hosts)):
        raise CloudError("AuthFailure.SignatureFailure")
    return key


def host_readings(headers: Mapping[str, str], which: str) -> Iterator[str]:
    """The host names that a signature may be over, the likeliest first.

    A client may be pointed here and sign the address that it talks to, with or without the port, or still sign the
    name of the real service.
    """
    sent = headers.get("host", "")
    if which != "real" or sent.partition(":")[0].endswith(".tencentcloudapi.com"):
        yield sent
        yield sent.rpartition(":")[0] or sent
    if which != "own":
        yield from _REAL_HOSTS
        region = headers.get("x-tc-region", "")
        if _REGION.fullmatch(region):
            yield f"asr.{region}.tencentcloudapi.com"


def _complete(headers: Mapping[str, str], actions: frozenset[str]) -> None:
    for name in _COMMON:
        if not headers.get(name):
            raise missing(_NAMES.get(name, "Authorization"))
    if headers["x-tc-action"] not in actions:
        raise CloudError("InvalidAction")
    if headers["x-tc-version"] != VERSION:
        raise CloudError("NoSuchVersion")


def _in_time(timestamp: str, claimed: Authorization, now: datetime) -> None:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise CloudError("InvalidParameter", "The parameter `Timestamp` is not valid.", "参数 `Timestamp` 错误。")
    if abs(now.timestamp() - int(timestamp)) > _TOLERANCE_S:
        raise CloudError("AuthFailure.SignatureExpire")
    if utc_date(int(timestamp)) != claimed.date:
        raise CloudError("AuthFailure.SignatureFailure")
