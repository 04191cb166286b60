"""What REST providers need around their exchanges: JSON bodies, checked answers, and plain HTTP statuses as errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ._collector import collector_paused
from ._places import declared_names, places
from .errors import (
    AudioTooLargeError,
    AuthenticationError,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    JobNotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    ResultExpiredError,
    UnavailableError,
)
from .exchange import HttpReply

__all__ = ["collector_paused", "json_body", "read_json", "retry_after_s", "status_error"]

T = TypeVar("T")

_STATUS_ERRORS: Mapping[int, type[EarwitnessError]] = {
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: PermissionDeniedError,
    404: JobNotFoundError,
    408: DeadlineError,
    410: ResultExpiredError,
    413: AudioTooLargeError,
    429: RateLimitedError,
}


def json_body(value: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON without null: what is unset is left out at every depth. Raises InvalidRequestError for NaN."""
    try:
        return json.dumps(_without_null(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        pass
    # Also a lone surrogate ends here; its error would carry the whole text along.
    raise InvalidRequestError("An option holds a number or a text that JSON cannot carry", action="Correct it.")


def read_json(adapter: TypeAdapter[T], body: bytes, *, what: str) -> T:
    """The validated answer, built with the collector paused. Raises ProtocolError that names places, not values."""
    try:
        with collector_paused():
            return adapter.validate_json(body)
    except ValidationError as error:
        wrong = places(error, declared_names(adapter), whole="document")
    # Raised out here, so that the validation error, which quotes the answer, is not this error's context.
    raise ProtocolError(f"The {what} is not what the vendor's manual describes: {wrong}")


def status_error(reply: HttpReply, *, operation: str, submission: bool = False) -> EarwitnessError:
    """The error that a bare HTTP status means, for replies whose body says nothing.

    A 5xx on a submission leaves the outcome open, except 503, which says that nothing was taken on. A submission to an
    address that is not there means that the address is wrong: no job exists yet that could be missing.
    """
    told = f"The {operation} call was answered with HTTP {reply.status}"
    wait = retry_after_s(reply)
    if submission and reply.status in (404, 410):
        return ConfigurationError(
            told, vendor_code=str(reply.status), action="Check the service's address in the profile."
        )
    if reply.status in _STATUS_ERRORS:
        return _STATUS_ERRORS[reply.status](told, vendor_code=str(reply.status), retry_after=wait)
    if reply.status == 503 or (reply.status >= 500 and not submission):
        return UnavailableError(told, vendor_code=str(reply.status), retry_after=wait)
    if reply.status >= 500:
        return OutcomeUnknownError(told, vendor_code=str(reply.status))
    if reply.status >= 400:
        return InvalidRequestError(told, vendor_code=str(reply.status))
    return ProtocolError(told, vendor_code=str(reply.status))


def retry_after_s(reply: HttpReply) -> float | None:
    """The seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3), where it gives them in either form."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    if not value:
        return None
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(value)
        # A date without zone is one of HTTP's older forms; all of them are in UTC.
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0.0, (then - reply.received_at).total_seconds())
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_null(item) for item in value if item is not None]
    return value
