"""What REST providers need around their exchanges: bodies, checked answers, and refusals as errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ._collector import collector_paused
from ._places import declared_names, places
from .errors import (
    Accepted,
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
    UnsupportedFeatureError,
)
from .exchange import BLOCK, HttpReply, StreamBody
from .jobs import JobStatus, JobUpdate, VendorReference

if TYPE_CHECKING:
    from .media import Media

__all__ = [
    "Meaning",
    "brief",
    "collector_paused",
    "in_trouble",
    "json_body",
    "media_body",
    "read_json",
    "refusal",
    "retry_after_s",
    "status_error",
    "untroubled",
]

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

_LOOK_FIRST = "Look in the vendor's console before you submit again: it may be billed."
_LATER = "Try again later."
_CHECK_ADDRESS = "Check the service's address in the profile."
_ACTIONS: Mapping[type[EarwitnessError], str] = {
    AuthenticationError: "Check the credentials in the profile.",
    QuotaExhaustedError: "Look at the account's balance and packages in the vendor's console.",
    PermissionDeniedError: "Check in the vendor's console that the service is switched on for these credentials.",
    JobNotFoundError: "Check that the job was submitted with this account, and how long the vendor keeps jobs.",
    ResultExpiredError: "The vendor has deleted it; only a new submission, which is billed, brings it back.",
    DeadlineError: _LATER,
    AudioTooLargeError: "Cut the recording into parts, or use a service that takes longer ones.",
    RateLimitedError: "Try again later, or with fewer recordings at once.",
    UnavailableError: _LATER,
    OutcomeUnknownError: _LOOK_FIRST,
    InvalidRequestError: "Check the request's options and the service's address in the profile.",
    ProtocolError: _CHECK_ADDRESS,
}

_LONGEST_MESSAGE = 200
_TROUBLES = "troubles"
_ASK_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code of a vendor means for one operation. Unset values are those of the error's kind.

    `ends`: the job itself is over, not only this call. `patience`: how often a job is asked about again before that is
    believed. `wait_s`: how long to wait before another try, in seconds, where the answer does not say it. `feature`:
    what an UnsupportedFeatureError is about.
    """

    kind: type[EarwitnessError]
    message: str
    action: str | None = None
    retryable: bool | None = None
    accepted: Accepted | None = None
    ends: bool = False
    patience: int = 0
    wait_s: float | None = None
    feature: str = ""


def refusal(
    meaning: Meaning, code: str, message: str | None, *, reply: HttpReply | None = None, trace: str | None = None
) -> EarwitnessError:
    """The error of this meaning, with what the vendor said. `trace` is the vendor's id of the request."""
    asked = retry_after_s(reply) if reply else None
    error = meaning.kind(
        meaning.message,
        action=meaning.action,
        vendor_code=brief(code),
        vendor_message=brief(message) if message else None,
        request_id=brief(trace) if trace else None,
        retryable=meaning.retryable,
        accepted=meaning.accepted,
        retry_after=asked if asked is not None else meaning.wait_s,
    )
    if isinstance(error, UnsupportedFeatureError):
        error.feature = meaning.feature
    return error


def in_trouble(meaning: Meaning, reference: VendorReference | None) -> JobUpdate | None:
    """The job as still running, with this trouble counted in its reference; None when the patience is at its end."""
    if reference is None:
        return None
    troubles = reference.state.get(_TROUBLES)
    count = troubles if isinstance(troubles, int) else 0
    if count >= meaning.patience:
        return None
    again = replace(reference, state={**reference.state, _TROUBLES: count + 1})
    return JobUpdate(JobStatus.RUNNING, again, check_after=_ASK_AGAIN_S)


def untroubled(reference: VendorReference | None) -> VendorReference | None:
    """The reference after good news: without the count of troubles."""
    if reference is None or _TROUBLES not in reference.state:
        return reference
    return replace(reference, state={name: value for name, value in reference.state.items() if name != _TROUBLES})


def brief(text: str) -> str:
    """One line of at most 200 printable characters, however much a vendor says."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * _LONGEST_MESSAGE]).split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


def media_body(media: Media) -> StreamBody:
    """The media's bytes as they are, handed out in blocks."""
    return StreamBody(lambda: _blocks(media), media.length)


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


def status_error(
    reply: HttpReply, *, operation: str, submission: bool = False, job_codes: bool = False
) -> EarwitnessError:
    """The error that a bare HTTP status means, for replies whose body says nothing.

    A 5xx on a submission leaves the outcome open, a 503 too: it may come from a gateway that had passed the call on. A
    submission to an address that is not there means that the address is wrong: no job exists yet that could be
    missing. The same is true of a question where the vendor has codes of its own for a missing job (`job_codes`).
    """
    error = _status_error(reply, operation=operation, submission=submission, job_codes=job_codes)
    told = error.action or _ACTIONS[type(error)]
    unsure = submission and error.accepted == "unknown" and told != _LOOK_FIRST
    error.action = f"{told} {_LOOK_FIRST}" if unsure else told
    return error


def _status_error(reply: HttpReply, *, operation: str, submission: bool, job_codes: bool) -> EarwitnessError:
    told = f"The {operation} call was answered with HTTP {reply.status}"
    wait = retry_after_s(reply)
    if (submission or job_codes) and reply.status in (404, 410):
        return ConfigurationError(told, vendor_code=str(reply.status), action=_CHECK_ADDRESS)
    if reply.status in _STATUS_ERRORS:
        return _STATUS_ERRORS[reply.status](told, vendor_code=str(reply.status), retry_after=wait)
    if reply.status >= 500 and not submission:
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


def _blocks(media: Media) -> Iterator[bytes]:
    with media.open() as file:
        while block := file.read(BLOCK):
            yield block
