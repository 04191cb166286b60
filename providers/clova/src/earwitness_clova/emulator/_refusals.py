"""How CLOVA refuses: result words of the long service, codes of the short one, and the HTTP status beside each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ._switches import ClovaSwitches

__all__ = [
    "BAD_PARAMETER",
    "NOT_JSON",
    "SHORT_CODES",
    "RefusedError",
    "ShortRefusedError",
    "as_json",
    "long_answer",
    "long_refusal",
    "short_refusal",
]

BAD_PARAMETER = "ERROR_REQUEST_PARAMETER"
NOT_JSON = "ERROR_PARAMS_FORMAT_INVALID"

_MESSAGES: Mapping[str, str] = {
    "ERROR_INVALID_SECRET": "Invalid secret",
    "ERROR_TOKEN_INVALID": "Token does not exist",
    "ERROR_SERVER_BUSY": "Server is busy",
    "ERROR_TOO_MANY_JOBS": "Too many jobs",
    "ERROR_GATEWAY_TIMEOUT": "Gateway timeout",
    "ERROR_INTERNAL_ERROR": "Internal error",
    "ERROR_EXTERNAL_ERROR": "External error",
    "ERROR_DATA_NOT_FOUND": "Data not found",
    "ERROR_DATA_CONFLICT": "Data conflict",
    "ERROR_AUDIO_EMPTY": "Audio is empty",
    "ERROR_AUDIO_CONVERSION": "Audio conversion failed",
    NOT_JSON: "Params format is invalid",
    BAD_PARAMETER: "Invalid request parameter",
    "FAILED": "Failed",
    "TIMEOUT": "Timeout",
}
_STATUSES: Mapping[str, int] = {
    "ERROR_GATEWAY_TIMEOUT": 504,
    "ERROR_INTERNAL_ERROR": 500,
    "ERROR_EXTERNAL_ERROR": 500,
    "FAILED": 200,
    "TIMEOUT": 200,
}
"""Nobody documents these; the ones that vary are switches."""

SHORT_CODES: Mapping[str, tuple[int, str]] = {
    "400": (400, "Invalid request parameters"),
    "401": (401, "Invalid secret"),
    "STT000": (413, "Request Entity Too Large"),
    "STT001": (413, "Exceed Sound Data length"),
    "STT002": (400, "Invalid Content Type"),
    "STT003": (400, "Empty Sound Data"),
    "STT004": (400, "Empty Language"),
    "STT005": (400, "Invalid Language"),
    "STT006": (500, "Failed to pre-processing"),
    "STT007": (400, "Too Short Sound Data"),
    "STT998": (500, "Failed to STT"),
    "STT999": (500, "Internal Server Error"),
}
"""The manual's table of errors (6.1)."""


class RefusedError(Exception):
    """The long service will not: a result word and what it says to it, or a bare HTTP status."""

    def __init__(self, code: str = "", message: str = "", *, status: int | None = None) -> None:
        super().__init__(code or str(status))
        self.code, self.message, self.status = code, message or _MESSAGES.get(code, "Error"), status


class ShortRefusedError(Exception):
    """The short service will not: one of its codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def long_refusal(refusal: RefusedError, switches: ClovaSwitches, *, token: str | None = None) -> web.Response:
    """The answer of the long service that refuses a call."""
    if not refusal.code:
        return web.Response(status=refusal.status or 500)
    status = _status(refusal.code, switches) if refusal.status is None else refusal.status
    if refusal.code == "ERROR_INVALID_SECRET" and switches.wrong_key_body == "code":
        return as_json({"code": "401", "message": refusal.message}, status=status)
    return as_json(long_answer(refusal.code, refusal.message, token=token), status=status)


def long_answer(result: str, message: str | None = None, *, token: str | None = None, **more: Any) -> dict[str, Any]:
    """A body without a transcript: of a refusal, or of a job that is not finished or has failed (2.11)."""
    known = {} if token is None else {"token": token}
    said = message or _MESSAGES.get(result, result.capitalize())
    bare: dict[str, Any] = {"segments": [], "speakers": [], "events": [], "eventTypes": []}
    return {"result": result, "message": said, **known, **more, **(bare if token is not None else {})}


def short_refusal(code: str, switches: ClovaSwitches) -> web.Response:
    """The answer of the short service that refuses a call."""
    status, message = SHORT_CODES.get(code, (400, "Error"))
    if switches.short_error_body == "nested":
        return as_json({"error": {"errorCode": code, "message": message}}, status=status)
    return as_json({"errorCode": code, "errorMessage": message}, status=status)


def as_json(body: object, *, status: int = 200) -> web.Response:
    """JSON as the vendor sends it: UTF-8, not escaped."""
    return web.Response(
        status=status, body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json"
    )


def _status(code: str, switches: ClovaSwitches) -> int:
    told = {
        "ERROR_INVALID_SECRET": switches.status_invalid_secret,
        "ERROR_TOKEN_INVALID": switches.status_token_invalid,
        "ERROR_SERVER_BUSY": switches.status_busy,
        "ERROR_TOO_MANY_JOBS": switches.status_too_many_jobs,
    }
    return told.get(code) or _STATUSES.get(code) or switches.status_bad_request
