"""What Tencent's refusals mean, as tables by code, with separate advice for questions and submissions.

Source of the codes: manual, common error codes; ASR error codes; callback codes; flash and real-time codes. The advice
is ours. A refusal comes with HTTP 200; only its code counts, because the text depends on the language that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    ClockSkewError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
)
from earwitness.exchange import HttpReply
from earwitness.rest import Meaning, status_error

__all__ = [
    "CALLBACK_CODES",
    "CODES",
    "FLASH_CODES",
    "SENTENCE_ONCE",
    "STREAM_CODES",
    "Code",
    "Operation",
    "clock_difference_s",
    "ended",
    "failed_task",
    "flash_meaning",
    "meaning_of",
    "status_refusal",
    "submitted",
]

Operation = Literal["submit", "fetch", "recognize", "flash"]
"""CreateRecTask, DescribeTaskStatus, SentenceRecognition, and flash."""

Advice = Literal["no", "yes", "few", "final", "maybe"]
"""Whether to ask or submit again. `few`: some times, then it is believed. `final`: the task itself is over. `maybe`:
the task may exist and be billed, so nothing is repeated."""


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means, and what to do after it on a question (`query`) and on a submission (`submit`)."""

    kind: type[EarwitnessError]
    message: str
    action: str | None = None
    query: Advice = "no"
    submit: Advice = "no"
    wait_s: float | None = None


_LATER = "Try again later."
_MAYBE = "Look into the vendor's console before you submit again: the task may be running, and billed."
_KEYS = "Check secret_id and secret_key in the profile; they belong together, and to this site."
_CLOCK = "Set this machine's clock."
_RENEW = "Renew the temporary credentials: secret_id, secret_key and token together."
_POLICY = "Let the account's administrator allow ASR for this key."
_PAY = "Top up the account or its package in the vendor's console."
_PLUGIN = "Report this to the authors of earwitness-tencent."
_REACH = "The vendor fetches the URL from its own network: it must be public and good for some hours."
_LISTEN = "Check that the file plays and has sound."
_OPTION = "Correct the option that the vendor names."

_DENIED = Code(PermissionDeniedError, "Tencent does not allow this key to do this", _POLICY)
_ADDRESS = Code(PermissionDeniedError, "Tencent does not accept calls from this network address", _POLICY)
_API = Code(InvalidRequestError, "Tencent does not know this call", _PLUGIN)
_PARAMETER = Code(InvalidRequestError, "Tencent refused a parameter", _OPTION)
_FORM = Code(InvalidRequestError, "Tencent could not read the parameters", _PLUGIN)
_SIDE = Code(InvalidRequestError, "Tencent refused a hot-word table, model or library of the account", _OPTION)
_CROWDED = Code(RateLimitedError, "Too many calls to Tencent at once", _LATER, query="yes", submit="yes", wait_s=1.0)
_QUOTA = Code(QuotaExhaustedError, "A limit of this Tencent account is reached", _PAY)
_BUSY = Code(UnavailableError, "Tencent has no free capacity for now", _LATER, query="yes", submit="yes")
_INTERNAL = Code(UnavailableError, "Tencent had an internal error", _MAYBE, query="yes", submit="maybe")
_EMPTY = Code(QuotaExhaustedError, "This Tencent account has no amount left for ASR", _PAY)
_AUDIO = Code(BadAudioError, "Tencent could not use the audio", _LISTEN)
_UNREACHED = Code(InvalidRequestError, "Tencent could not download the audio", _REACH)
_VOICE_PRINT = Code(JobNotFoundError, "Tencent does not know this voice print")

CODES: Mapping[str, Code] = {
    "AuthFailure": Code(AuthenticationError, "Tencent does not accept the credentials", _KEYS),
    "AuthFailure.InvalidAuthorization": Code(AuthenticationError, "Tencent could not read the signature", _KEYS),
    "AuthFailure.InvalidSecretId": Code(AuthenticationError, "This SecretId is not for the cloud API", _KEYS),
    "AuthFailure.MFAFailure": Code(AuthenticationError, "Tencent asks for a second factor", _KEYS),
    "AuthFailure.SecretIdNotFound": Code(AuthenticationError, "Tencent does not know this SecretId", _KEYS),
    "AuthFailure.SignatureExpire": Code(
        ClockSkewError, "Tencent refused the signature's time", _CLOCK, query="yes", submit="yes"
    ),
    "AuthFailure.SignatureFailure": Code(AuthenticationError, "Tencent refused the signature", _KEYS),
    "AuthFailure.TokenFailure": Code(AuthenticationError, "Tencent does not accept the session token", _RENEW),
    "AuthFailure.UnauthorizedOperation": _DENIED,
    "AuthFailure.CheckResourceResponseCodeError": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "IpInBlacklist": _ADDRESS,
    "IpNotInWhitelist": _ADDRESS,
    "ActionOffline": _API,
    "InvalidAction": _API,
    "NoSuchVersion": _API,
    "NoSuchProduct": _API,
    "InvalidParameter": _PARAMETER,
    "InvalidParameterValue": _PARAMETER,
    "InvalidRequest": _FORM,
    "MissingParameter": Code(InvalidRequestError, "Tencent misses a parameter", _PLUGIN),
    "UnknownParameter": Code(InvalidRequestError, "Tencent does not know a parameter", _PLUGIN),
    "RequestSizeLimitExceeded": Code(InvalidRequestError, "The request is too large", "Hand the audio over by URL."),
    "ResponseSizeLimitExceeded": Code(UnavailableError, "The answer is too large for Tencent", _PLUGIN),
    "UnsupportedProtocol": Code(InvalidRequestError, "Tencent wants https here", "Correct endpoint in the profile."),
    "UnsupportedRegion": Code(InvalidRequestError, "Tencent has no ASR in this region", "Leave region unset."),
    "UnsupportedOperation": Code(InvalidRequestError, "Tencent does not support this"),
    "DryRunOperation": Code(InvalidRequestError, "Tencent took the call for a rehearsal", _PLUGIN),
    "RequestLimitExceeded": _CROWDED,
    "RequestLimitExceeded.UinLimitExceeded": _CROWDED,
    "RequestLimitExceeded.IPLimitExceeded": _CROWDED,
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded": _CROWDED,
    "LimitExceeded": _QUOTA,
    "ResourceNotFound": Code(JobNotFoundError, "Tencent does not know this resource"),
    "ResourceInUse": Code(UnavailableError, "The resource is in use at Tencent", _LATER, query="yes"),
    "ResourceInsufficient": _BUSY,
    "ResourceUnavailable": _BUSY,
    "ServiceUnavailable": _BUSY,
    "InternalError": _INTERNAL,
    "FailedOperation": Code(UnavailableError, "Tencent could not do it", _LATER, query="few"),
    "FailedOperation.CheckAuthInfoFailed": Code(AuthenticationError, "Tencent could not check the key", _KEYS),
    "FailedOperation.UserNotRegistered": Code(
        PermissionDeniedError, "ASR is not activated in this account", "Activate it in the vendor's console."
    ),
    "FailedOperation.ServiceIsolate": Code(QuotaExhaustedError, "The account is in arrears", _PAY),
    "FailedOperation.UserHasNoAmount": _EMPTY,
    "FailedOperation.UserHasNoFreeAmount": _EMPTY,
    "FailedOperation.ErrorDownFile": replace(_UNREACHED, query="final"),
    "InternalError.ErrorDownFile": replace(_UNREACHED, query="few", submit="maybe"),
    "FailedOperation.ErrorRecognize": Code(
        BadAudioError, "Tencent could not recognise the audio", _LISTEN, query="final"
    ),
    "InternalError.ErrorRecognize": _INTERNAL,
    "FailedOperation.NoSuchTask": Code(
        JobNotFoundError, "Tencent does not know this task", "Check that the profile is the one that has the task."
    ),
    "InternalError.FailAccessDatabase": _INTERNAL,
    "InternalError.FailAccessRedis": _INTERNAL,
    "InternalError.ErrorConfigure": _INTERNAL,
    "InternalError.ErrorCreateLog": _INTERNAL,
    "InternalError.ErrorFailNewprequest": _INTERNAL,
    "InternalError.ErrorFailWritetodb": _INTERNAL,
    "InternalError.ErrorFileCannotopen": _INTERNAL,
    "InternalError.ErrorGetRoute": _INTERNAL,
    "InternalError.ErrorMakeLogpath": _INTERNAL,
    "InternalError.TagRequestError": Code(UnavailableError, "Tencent's tags do not work for now", _LATER, query="yes"),
    "InvalidParameter.ErrorContentlength": _FORM,
    "InvalidParameter.ErrorParamsMissing": _FORM,
    "InvalidParameter.ErrorParsequest": _FORM,
    "InvalidParameter.InvalidParameter": _PARAMETER,
    "InvalidParameter.FileEncode": _AUDIO,
    "InvalidParameter.FailedVoicePrintDecode": _AUDIO,
    **dict.fromkeys(
        (
            f"InvalidParameterValue.{name}"
            for name in (
                "ErrorInvalidAppid", "ErrorInvalidClientip", "ErrorInvalidEngservice", "ErrorInvalidProjectid",
                "ErrorInvalidRequestid", "ErrorInvalidSourcetype", "ErrorInvalidSubservicetype", "ErrorInvalidUrl",
                "ErrorInvalidUseraudiokey", "InvalidParameterLength",
            )
        ),
        _PARAMETER,
    ),
    "InvalidParameterValue.ErrorInvalidVoiceFormat": Code(
        BadAudioError, "Tencent does not take audio of this form", _LISTEN
    ),
    "InvalidParameterValue.ErrorInvalidVoicedata": _AUDIO,
    "InvalidParameterValue.ErrorVoicedataTooLong": Code(
        AudioTooLargeError, "The audio is too long for this service", "Use the service recording."
    ),
    "InvalidParameterValue.NoHumanVoice": Code(BadAudioError, "Tencent heard no speech", _LISTEN),
    "InvalidParameterValue.AudioClipping": _AUDIO,
    "InvalidParameterValue.LowSignalToNoise": _AUDIO,
    "InvalidParameterValue.MultipleSpeakers": _AUDIO,
    **dict.fromkeys(
        (
            f"InvalidParameterValue.{name}"
            for name in (
                "InvalidVocabId", "InvalidVocabState", "InvalidWordWeight", "InvalidWordWeightStr", "ModelId",
                "ToState",
            )
        ),
        _SIDE,
    ),
    "InvalidParameter.InvalidVocabState": _SIDE,
    "InvalidParameter.KeyWordLibNameExist": _SIDE,
    "InvalidParameter.ModelState": _SIDE,
    "LimitExceeded.CustomizationFull": _QUOTA,
    "LimitExceeded.OnlineFull": _QUOTA,
    "LimitExceeded.VocabFull": _QUOTA,
    "LimitExceeded.VoicePrintFull": _QUOTA,
    "FailedOperation.NotExistentVoicePrintGroup": _VOICE_PRINT,
    "FailedOperation.NotExistentVoicePrintId": _VOICE_PRINT,
}  # fmt: skip
"""Every code of the cloud API. An unknown second level means what its first level means."""

_SENTENCE_TOO: Mapping[str, Advice] = {
    # Seen to vanish when the same bytes were sent again.
    "InvalidParameterValue.ErrorInvalidVoicedata": "yes",
    "InternalError.ErrorDownFile": "yes",
    **dict.fromkeys(
        (
            f"InternalError.{name}"
            for name in (
                "ErrorConfigure", "ErrorCreateLog", "ErrorFailNewprequest", "ErrorFailWritetodb", "ErrorFileCannotopen",
                "ErrorGetRoute", "ErrorMakeLogpath", "ErrorRecognize",
            )
        ),
        "yes",
    ),
}  # fmt: skip
"""Other advice for a sentence than for a recording: there is no task that could go on. The rest stays in doubt."""

SENTENCE_ONCE = frozenset(
    {"InvalidParameterValue.ErrorInvalidVoicedata", "InternalError.ErrorDownFile", "InternalError.ErrorRecognize"}
)
"""The codes after which a sentence is sent again only once."""

CALLBACK_CODES: Mapping[int, Code] = {
    10000: Code(BadAudioError, "Tencent could not convert the audio", _LISTEN),
    10001: Code(BadAudioError, "Tencent could not recognise the audio", "Submit it once more; then check the file."),
    10002: Code(BadAudioError, "The audio is too short for Tencent"),
    10003: Code(AudioTooLargeError, "The audio is longer than the 5 hours that Tencent takes", "Split it."),
    10004: Code(BadAudioError, "Tencent could not read the audio file", _LISTEN),
    10005: Code(UnavailableError, "Tencent failed for another reason", "Submit it once more."),
    10006: Code(BadAudioError, "The audio has another number of channels than was said", "Set channels, or mix them."),
    10007: _UNREACHED,
}
"""What a callback says of a task that failed (manual, callback, codes)."""

FLASH_CODES: Mapping[int, Code] = {
    4001: _PARAMETER,
    4002: Code(AuthenticationError, "Tencent refused the signature", f"{_KEYS} The AppId is the account's."),
    4003: Code(PermissionDeniedError, "This service is not activated for the AppId", "Activate it in the console."),
    4004: _EMPTY,
    4005: Code(QuotaExhaustedError, "The account is in arrears", _PAY),
    4006: Code(RateLimitedError, "Too many recordings at once", _LATER, submit="yes", wait_s=2.0),
    4007: Code(BadAudioError, "Tencent could not decode the audio", _LISTEN),
    4008: Code(UnavailableError, "The upload took Tencent too long", _LATER, submit="yes"),
    4009: Code(UnavailableError, "Tencent says that the connection was cut", _LATER, submit="yes"),
    4010: Code(InvalidRequestError, "Tencent did not understand a message", _PLUGIN),
    4011: Code(AudioTooLargeError, "The audio is too large for flash", "Split it, or hand it over by URL."),
    4012: Code(BadAudioError, "Tencent received no audio", _LISTEN),
    5001: Code(UnavailableError, "Tencent is overloaded", _LATER, submit="yes"),
    5002: Code(UnavailableError, "Tencent could not recognise the audio", _LATER, submit="yes"),
    5003: Code(UnavailableError, "Tencent took too long", _LATER, submit="yes"),
}
"""What flash says (manual, flash recognition, error codes)."""

STREAM_CODES: Mapping[int, Code] = {
    **{code: FLASH_CODES[code] for code in (4001, 4003, 4004, 4005, 4007, 4010)},
    4002: Code(
        AuthenticationError,
        "Tencent refused the signature",
        f"{_KEYS} The AppId is the account's, and this machine's clock is right to three minutes.",
    ),
    4000: Code(InvalidRequestError, "Audio came to Tencent faster than it is spoken", _PLUGIN, submit="yes"),
    4006: Code(RateLimitedError, "Too many live connections at once", _LATER, submit="yes", wait_s=2.0),
    4008: Code(UnavailableError, "No audio reached Tencent for 15 seconds", _LATER, submit="yes"),
    4009: Code(UnavailableError, "Tencent says that the connection was cut", _LATER, submit="yes"),
    5000: Code(UnavailableError, "Tencent is overloaded", _LATER, submit="yes"),
    5001: Code(UnavailableError, "Tencent is overloaded", _LATER, submit="yes"),
    5002: Code(UnavailableError, "Tencent could not recognise the audio", _LATER, submit="yes"),
    6001: Code(PermissionDeniedError, "Tencent refuses live audio from outside of mainland China", "Call from there."),
}
"""What real-time recognition says; a submission is a connection, and a new one costs nothing twice."""

_UNLISTED = Code(
    UnavailableError, "Tencent refused with a code that its manual does not list", _MAYBE, query="yes", submit="maybe"
)
_STATUS_ACTIONS: Mapping[int, str] = {
    404: "Check endpoint, flash_url and app_id in the profile.",
    413: "Give a smaller file, or hand it over by URL.",
}
_PATIENCE = 4
_FLASH_CLOCK_S = 180


def meaning_of(operation: Operation, code: str) -> Meaning:
    """What the code of the cloud API means for this operation: the full code, its first part, or the careful rest."""
    found = CODES.get(code) or CODES.get(code.partition(".")[0]) or _UNLISTED
    if operation == "fetch":
        return _asked(found)
    advice = found.submit
    if operation == "recognize":
        advice = _SENTENCE_TOO.get(code, advice)
    return submitted(found, advice)


def submitted(found: Code, advice: Advice | None = None) -> Meaning:
    """What a refused submission means: whether it may be sent again, and whether a task may exist."""
    advice = advice or found.submit
    accepted: Literal["unknown", "no"] = "unknown" if advice == "maybe" else "no"
    action = _LATER if found.action == _MAYBE and advice != "maybe" else found.action
    return Meaning(found.kind, found.message, action, retryable=advice == "yes", accepted=accepted, wait_s=found.wait_s)


def flash_meaning(code: int, reply: HttpReply | None) -> Meaning:
    """What a code of flash means; a signature that is refused by a clock far from ours is refused for its time."""
    found = FLASH_CODES.get(code, _UNLISTED)
    if code == 4002 and reply is not None and abs(clock_difference_s(reply)) > _FLASH_CLOCK_S:
        told = "Tencent refused the signature, and its clock differs from this machine's by more than three minutes"
        return Meaning(ClockSkewError, told, f"{_CLOCK} If it is right, check the keys.", accepted="no")
    return submitted(found)


def ended(found: Code) -> Meaning:
    """What a code means that ended a task which the vendor had accepted."""
    return Meaning(found.kind, found.message, found.action, retryable=False, accepted="yes", ends=True)


def failed_task() -> Meaning:
    """What the status `failed` means; its text is in no fixed language and has no code."""
    told = "Tencent could not finish the task"
    return Meaning(JobFailedError, told, f"{_LISTEN} {_REACH}", accepted="yes", ends=True)


def status_refusal(reply: HttpReply, operation: Operation) -> EarwitnessError:
    """The error that a bare HTTP status means where the body has no code."""
    error = status_error(reply, operation=operation, submission=operation != "fetch", job_codes=True)
    error.action = _STATUS_ACTIONS.get(reply.status, error.action)
    return error


def clock_difference_s(reply: HttpReply) -> float:
    """How far the vendor's clock is ahead of ours, in seconds; 0 where it does not tell."""
    try:
        shown = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, ValueError):
        return 0.0
    return (shown.replace(tzinfo=shown.tzinfo or UTC) - reply.received_at).total_seconds()


def _asked(found: Code) -> Meaning:
    if found.query == "final":
        return ended(found)
    action = _LATER if found.action == _MAYBE else found.action
    patience = _PATIENCE if found.query == "few" else 0
    return Meaning(
        found.kind,
        found.message,
        action,
        retryable=found.query == "yes",
        accepted="no",
        patience=patience,
        wait_s=found.wait_s,
    )
