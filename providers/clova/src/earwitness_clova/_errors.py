"""What CLOVA's refusals mean, as one table by operation and code, and the errors made from it.

Source of the codes: manual, common response codes. The same word means different things: `ERROR_GATEWAY_TIMEOUT` on a
question is asked again, on a submission the outcome is unknown. There a job may be repeated only when the answer proves
that it was not accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.exchange import HttpReply
from earwitness.rest import Meaning, brief, refusal, status_error

from ._wire import LongAnswer, ShortAnswer

__all__ = ["ERRORS", "Meaning", "Operation", "complaint", "meaning_of", "refusal", "status_refusal"]

Operation = Literal["submit", "fetch", "recognize"]
"""Handing over to the long service, asking about a job of it (and what a callback says of one), the short service."""


_ASK_LATER = "Submit it again later."
_MAYBE = "Look into the vendor's console before you submit again: the job may be running, and billed."
_SUPPORT = "If this lasts, ask NAVER Cloud's support."
_LISTEN = "Check that the file plays and has sound; MP3, AAC, AC3, OGG, FLAC, WAV and M4A are taken."
_DATA_KEY = "Check that the data key is the object's path below the domain's recognition path."
_KEY = "Check that the Secret Key belongs to this domain, and that the whole Invoke URL was copied."
_SHORT_KEY = "Check short_secret_key in the profile: it is the Secret Key of the short service's own application."
_PLUGIN = "Report this to the authors of earwitness-clova."

_BUSY = Meaning(UnavailableError, "CLOVA has no free capacity for now", _ASK_LATER)
_CROWDED = Meaning(RateLimitedError, "This account has too many jobs at CLOVA", _ASK_LATER, wait_s=10.0)
_NO_AUDIO = Meaning(BadAudioError, "CLOVA found no audio data", _LISTEN, ends=True)
_UNREADABLE = Meaning(BadAudioError, "CLOVA could not decode the audio", _LISTEN, ends=True)
_NOT_JSON = Meaning(InvalidRequestError, "CLOVA could not read the parameters", _PLUGIN, ends=True)
_BAD_PARAMETER = Meaning(InvalidRequestError, "CLOVA refused a parameter, or recognised no speaker", ends=True)
_WRONG_KEY = Meaning(AuthenticationError, "CLOVA does not accept the Secret Key", _KEY)
_FAILED = Meaning(JobFailedError, "CLOVA could not finish the job", _SUPPORT, ends=True)
_TOO_LONG = Meaning(
    DeadlineError, "CLOVA gave up the job because it took too long", "Submit it once more.", accepted="yes", ends=True
)

ERRORS: Mapping[tuple[Operation, str], Meaning] = {
    ("submit", "ERROR_SERVER_BUSY"): _BUSY,
    ("submit", "ERROR_TOO_MANY_JOBS"): _CROWDED,
    ("submit", "ERROR_GATEWAY_TIMEOUT"): Meaning(
        OutcomeUnknownError, "CLOVA's gateway waited too long for its own service", _MAYBE
    ),
    ("submit", "ERROR_INTERNAL_ERROR"): Meaning(
        UnavailableError, "CLOVA had an internal error", _MAYBE, retryable=False, accepted="unknown"
    ),
    ("submit", "ERROR_EXTERNAL_ERROR"): Meaning(
        UnavailableError, "CLOVA's service does not work for now", _MAYBE, retryable=False, accepted="unknown"
    ),
    ("submit", "ERROR_DATA_NOT_FOUND"): Meaning(InvalidRequestError, "CLOVA did not find the data", _DATA_KEY),
    ("submit", "ERROR_DATA_CONFLICT"): Meaning(
        InvalidRequestError, "CLOVA reports a data conflict", _MAYBE, accepted="unknown"
    ),
    ("submit", "ERROR_TOKEN_INVALID"): Meaning(
        ProtocolError, "CLOVA answered a submission as if it asked about a job", _MAYBE
    ),
    ("submit", "ERROR_AUDIO_EMPTY"): _NO_AUDIO,
    ("submit", "ERROR_AUDIO_CONVERSION"): _UNREADABLE,
    ("submit", "ERROR_PARAMS_FORMAT_INVALID"): _NOT_JSON,
    ("submit", "ERROR_REQUEST_PARAMETER"): _BAD_PARAMETER,
    ("submit", "ERROR_INVALID_SECRET"): _WRONG_KEY,
    ("submit", "FAILED"): _FAILED,
    ("submit", "TIMEOUT"): _TOO_LONG,
    ("submit", "400"): Meaning(InvalidRequestError, "CLOVA refused the parameters", _PLUGIN),
    ("submit", "401"): _WRONG_KEY,
    ("fetch", "ERROR_SERVER_BUSY"): _BUSY,
    ("fetch", "ERROR_TOO_MANY_JOBS"): _CROWDED,
    ("fetch", "ERROR_GATEWAY_TIMEOUT"): Meaning(DeadlineError, "CLOVA's gateway waited too long for its own service"),
    ("fetch", "ERROR_INTERNAL_ERROR"): Meaning(
        JobFailedError, "CLOVA had an internal error with this job", _SUPPORT, ends=True, patience=4
    ),
    ("fetch", "ERROR_EXTERNAL_ERROR"): Meaning(UnavailableError, "CLOVA's service does not work for now"),
    ("fetch", "ERROR_DATA_NOT_FOUND"): Meaning(
        JobFailedError, "CLOVA did not find this job's data", _DATA_KEY, ends=True, patience=1
    ),
    ("fetch", "ERROR_DATA_CONFLICT"): Meaning(JobFailedError, "CLOVA reports a data conflict", _SUPPORT, ends=True),
    ("fetch", "ERROR_TOKEN_INVALID"): Meaning(
        JobNotFoundError,
        "CLOVA does not know this job",
        "Check that the profile is for the domain that has the job.",
    ),
    ("fetch", "ERROR_AUDIO_EMPTY"): _NO_AUDIO,
    ("fetch", "ERROR_AUDIO_CONVERSION"): _UNREADABLE,
    ("fetch", "ERROR_PARAMS_FORMAT_INVALID"): _NOT_JSON,
    ("fetch", "ERROR_REQUEST_PARAMETER"): _BAD_PARAMETER,
    ("fetch", "ERROR_INVALID_SECRET"): _WRONG_KEY,
    ("fetch", "FAILED"): _FAILED,
    ("fetch", "TIMEOUT"): _TOO_LONG,
    ("fetch", "400"): Meaning(InvalidRequestError, "CLOVA refused the question about a job", _PLUGIN),
    ("fetch", "401"): _WRONG_KEY,
    ("recognize", "STT000"): Meaning(AudioTooLargeError, "The audio is too big for CLOVA's short service"),
    ("recognize", "STT001"): Meaning(AudioTooLargeError, "The audio is longer than the 60 s of CLOVA's short service"),
    ("recognize", "STT002"): Meaning(InvalidRequestError, "CLOVA refused the content type", _PLUGIN),
    ("recognize", "STT003"): Meaning(BadAudioError, "CLOVA received no audio", _LISTEN),
    ("recognize", "STT004"): Meaning(InvalidRequestError, "CLOVA misses the language", _PLUGIN),
    ("recognize", "STT005"): Meaning(InvalidRequestError, "CLOVA's short service does not hear this language"),
    ("recognize", "STT006"): Meaning(BadAudioError, "CLOVA could not decode the audio", _LISTEN),
    ("recognize", "STT007"): Meaning(BadAudioError, "The audio is too short for CLOVA"),
    ("recognize", "STT998"): Meaning(UnavailableError, "CLOVA's engine failed", _SUPPORT),
    ("recognize", "STT999"): Meaning(UnavailableError, "CLOVA had an internal error", _SUPPORT),
    ("recognize", "400"): Meaning(InvalidRequestError, "CLOVA refused the parameters", _PLUGIN),
    ("recognize", "401"): replace(_WRONG_KEY, action=_SHORT_KEY),
}

_UNKNOWN: Mapping[Operation, Meaning] = {
    "submit": Meaning(ProtocolError, "CLOVA answered with a code that its manual does not list", _MAYBE),
    "fetch": Meaning(JobFailedError, "CLOVA ended the job with a code that its manual does not list", ends=True),
    "recognize": Meaning(ProtocolError, "CLOVA answered with a code that its manual does not list", _MAYBE),
}

_SPEAKERS_OFF = Meaning(
    UnsupportedFeatureError,
    "This domain has speaker recognition switched off",
    "Switch it on in the domain's settings in the console, or do not ask for speakers.",
    ends=True,
    feature="speakers",
)
# Seen directly after a domain was created, although the request asked for no speakers; it goes by itself.
_FRESH = "A domain that was just created says so for a while: wait some minutes and submit again."
_OFF_UNASKED = Meaning(InvalidRequestError, "CLOVA says that speaker recognition is off", _FRESH, ends=True)
_NEW_DOMAIN: Mapping[Operation, Meaning] = {
    "submit": replace(_OFF_UNASKED, retryable=True, wait_s=5.0),
    "fetch": _OFF_UNASKED,
    "recognize": _OFF_UNASKED,
}

_UNKNOWN_STATE = Meaning(
    ProtocolError, "CLOVA names a state of the job that its manual does not list", "Ask again later.", accepted="no"
)

_STATUS_ACTIONS: Mapping[int, str] = {
    401: _KEY,
    403: "Check that the Secret Key belongs to this domain and this kind of service.",
    404: "Check the Invoke URL: its domain id or its invoke key is wrong.",
    413: "Give a smaller file, or hand it over by URL.",
    415: _PLUGIN,
}
_SHORT_ACTIONS: Mapping[int, str] = {
    **_STATUS_ACTIONS,
    401: _SHORT_KEY,
    403: _SHORT_KEY,
    404: "Check short_url in the profile: nothing answers there.",
    413: "Give a smaller file.",
}


def meaning_of(operation: Operation, code: str, message: str | None = None, *, speakers_asked: bool = False) -> Meaning:
    """What the code means for this operation; for a code that nobody documents, the careful fallback.

    `speakers_asked`: whether the request wanted speakers told apart, on which one refusal's meaning depends.
    """
    if code == "ERROR_REQUEST_PARAMETER" and "speaker detect" in (message or "").lower():
        return _SPEAKERS_OFF if speakers_asked else _NEW_DOMAIN[operation]
    if operation == "fetch" and (operation, code) not in ERRORS and not code.startswith("ERROR_"):
        return _UNKNOWN_STATE
    return ERRORS.get((operation, code)) or _UNKNOWN[operation]


def status_refusal(reply: HttpReply, operation: Operation, message: str | None = None) -> EarwitnessError:
    """The error that a bare HTTP status means where the body has no code."""
    error = status_error(reply, operation=operation, submission=operation != "fetch", job_codes=True)
    actions = _SHORT_ACTIONS if operation == "recognize" else _STATUS_ACTIONS
    error.action = actions.get(reply.status, error.action)
    error.vendor_message = brief(message) if message else None
    return error


def complaint(answer: LongAnswer | ShortAnswer) -> tuple[str | None, str | None]:
    """Code and message of a body without a `result`: at its top, or within `error` as the gateway nests them."""
    nested: Mapping[str, Any] = answer.error if isinstance(answer.error, Mapping) else {}
    codes = (answer.error_code, nested.get("errorCode"), nested.get("code"), answer.code)
    messages = (answer.error_message, nested.get("message"), nested.get("errorMessage"), answer.message)
    return _first(codes), _first(messages)


def _first(values: tuple[Any, ...]) -> str | None:
    told = (str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool))
    return next(filter(None, told), None)
