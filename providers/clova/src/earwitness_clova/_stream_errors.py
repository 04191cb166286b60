"""What CLOVA's streaming service means when it refuses: gRPC statuses, texts, and messages that report an error.

The vendor's documents list neither; the statuses are how several clients read them, and the texts are those that were
seen. A text decides before the status that it came with, since the same words came with different ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from earwitness.models import Notice
from earwitness.rest import Meaning, brief, refusal

__all__ = ["FEATURES", "SAYINGS", "STATUSES", "config_notices", "config_refusal", "recognize_refusal", "reread", "told"]

_KEY = "Check that stream_secret_key belongs to a domain for real-time streaming, on a paid plan."
_PLUGIN = "Report this to the authors of earwitness-clova."
_LATER = "Close streams that are idle, and try again later."
_WAIT_S = 5.0

_DOWN = Meaning(UnavailableError, "CLOVA's streaming service broke off")
_WRONG = Meaning(InvalidRequestError, "CLOVA refused the stream's configuration or order", _PLUGIN)
_CROWDED = Meaning(RateLimitedError, "This domain has as many streams as CLOVA allows", _LATER, wait_s=_WAIT_S)

STATUSES: Mapping[str, Meaning] = {
    "CANCELLED": _DOWN,
    "UNKNOWN": _DOWN,
    "INVALID_ARGUMENT": _WRONG,
    "DEADLINE_EXCEEDED": Meaning(DeadlineError, "CLOVA's streaming service took too long"),
    "NOT_FOUND": Meaning(InvalidRequestError, "CLOVA does not find what the stream asks for", _PLUGIN),
    "ALREADY_EXISTS": _WRONG,
    "PERMISSION_DENIED": Meaning(PermissionDeniedError, "This key may not open a stream", _KEY),
    "RESOURCE_EXHAUSTED": Meaning(RateLimitedError, "CLOVA has no room for another stream", _LATER, wait_s=_WAIT_S),
    "FAILED_PRECONDITION": _WRONG,
    "ABORTED": _DOWN,
    "OUT_OF_RANGE": _WRONG,
    "UNIMPLEMENTED": Meaning(
        PermissionDeniedError,
        "There is no streaming for this domain",
        "Check that the domain is on a paid plan, and that stream_target is CLOVA's streaming service.",
    ),
    "INTERNAL": _DOWN,
    "UNAVAILABLE": _DOWN,
    "DATA_LOSS": _DOWN,
    "UNAUTHENTICATED": Meaning(AuthenticationError, "CLOVA does not accept the Secret Key for streaming", _KEY),
}
"""By gRPC status. A new connection goes on after those that are retryable, and hears again what was not settled."""

SAYINGS: Mapping[str, Meaning] = {
    "too many channels": _CROWDED,
    "no more available resources": _CROWDED,
    "no more slot": Meaning(RateLimitedError, "CLOVA has no free slot for now", "Try again later.", wait_s=_WAIT_S),
    "lifespan expired": Meaning(UnavailableError, "CLOVA ended a connection because of its age"),
    "configrequest did not complete": Meaning(UnavailableError, "CLOVA was not ready for the audio"),
}
"""By a part of the text, in lower case."""

FEATURES: Mapping[str, str] = {"keywordboosting": "hot_words", "forbidden": "forbidden_words"}
"""The request's field for a part of the configuration, in lower case."""

_PARTS: Mapping[str, Meaning] = {
    "audio": Meaning(BadAudioError, "CLOVA could not use a block of the audio", "Give 16-bit samples, mono."),
    "epFlag": Meaning(InvalidRequestError, "CLOVA refused the request to finish", _PLUGIN),
    "seqId": Meaning(InvalidRequestError, "CLOVA refused the number of a request", _PLUGIN),
}
# Nobody documents these texts; what may pass is tried again, a few times at most.
_UNKNOWN_REFUSAL = Meaning(ProtocolError, "CLOVA reports an error that its manual does not list", retryable=True)
_LANGUAGE = Meaning(InvalidRequestError, "CLOVA refused the stream's language", "It hears ko, en and ja.")


def reread(error: EarwitnessError) -> EarwitnessError:
    """The error that a status of the call means; others stay as they are."""
    code, text = error.vendor_code or "", error.vendor_message
    if code not in STATUSES:
        return error
    return refusal(_by_text(text) or STATUSES[code], code, text)


def config_refusal(config: Mapping[str, Any]) -> EarwitnessError | None:
    """The error of an answer to CONFIG with which there is no stream; None where there is one."""
    failed = dict(_failed(config))
    if _succeeded(config) and "transcription" not in failed:
        return None
    text = "; ".join(filter(None, [_status(config), *(f"{name}: {status}" for name, status in failed.items())]))
    meaning = _by_text(text) or (_LANGUAGE if "transcription" in failed else _WRONG)
    return refusal(meaning, "config", text)


def config_notices(config: Mapping[str, Any]) -> Iterator[Notice]:
    """What of the configuration a stream goes on without."""
    for name, status in _failed(config):
        feature = FEATURES.get(name.lower())
        kind = "not_delivered" if feature else "vendor_warning"
        yield Notice(kind, f"CLOVA did not take {brief(name)}; it says: {brief(status)}", feature)


def recognize_refusal(message: Mapping[str, Any]) -> EarwitnessError | None:
    """The error of a message about a block of audio; None where it reports none."""
    failed = dict(_failed(message))
    if _succeeded(message) and not failed:
        return None
    text = "; ".join(filter(None, [_status(message), *(f"{name}: {status}" for name, status in failed.items())]))
    part = next((_PARTS[name] for name in failed if name in _PARTS), None)
    return refusal(_by_text(text) or part or _UNKNOWN_REFUSAL, "recognize", text)


def told(message: object) -> EarwitnessError:
    """The error of a message of the type `error`, whatever form it has."""
    text = message if isinstance(message, str) else _status(message if isinstance(message, Mapping) else {})
    return refusal(_by_text(text) or _UNKNOWN_REFUSAL, "error", text or None)


def _by_text(text: str | None) -> Meaning | None:
    said = (text or "").lower()
    return next((meaning for part, meaning in SAYINGS.items() if part in said), None)


def _failed(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The members that report a failure, with what they say."""
    for name, member in message.items():
        if isinstance(member, Mapping) and not _succeeded(member):
            yield name, _status(member)


def _succeeded(member: Mapping[str, Any]) -> bool:
    """An absent or empty status is fine."""
    status = member.get("status")
    return not isinstance(status, str) or status.strip().lower() in ("", "success")


def _status(member: Mapping[str, Any]) -> str:
    texts = (member.get(name) for name in ("status", "message", "text"))
    return next((text for text in texts if isinstance(text, str) and text), "")
