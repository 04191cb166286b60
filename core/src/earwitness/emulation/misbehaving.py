"""What each kind of fault does to an HTTP answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ._library import web as web_library
from .clock import Clock
from .faults import Fault

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["misbehave"]

_BROKEN_JSON = '{"result": "COMPLETED", "segments": [{"start": 0, "te'


async def misbehave(
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    fault: Fault,
    clock: Clock,
    refuse: Callable[[str], web.StreamResponse] | None,
) -> web.StreamResponse:
    """The answer as this fault spoils it. Kinds that no HTTP answer can show (`stream_cut`) change nothing."""
    match fault.kind:
        case "status":
            return _bare(fault.value)
        case "answer" if refuse is not None:
            return refuse(str(fault.value))
        case "drop":
            return _hung_up(request)
        case "delay":
            await clock.sleep(fault.value if isinstance(fault.value, int | float) else 0)
            return await handler(request)
    answer = await handler(request)
    match fault.kind:
        case "lost":
            return _hung_up(request)
        case "cut":
            return await _cut(request, answer, fault)
        case "garbage":
            text = fault.value if isinstance(fault.value, str) else _BROKEN_JSON
            return _response(status=answer.status, text=text, content_type="application/json")
    return answer


def _bare(value: object) -> web.StreamResponse:
    told: Mapping[str, Any] = value if isinstance(value, Mapping) else {"status": value}
    headers = {str(name): str(text) for name, text in told.get("headers", {}).items()}
    return _response(status=told["status"], headers=headers, text=str(told.get("body", "")))


def _hung_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection; whatever is returned then goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return _response()


async def _cut(request: web.Request, answer: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """The head of the true answer with its true length, a part of the body, and then nothing more."""
    body = getattr(answer, "body", None)
    whole = body if isinstance(body, bytes) else b""
    part: web.StreamResponse = web_library().StreamResponse(
        status=answer.status, headers={"content-type": answer.content_type}
    )
    part.content_length = len(whole)
    await part.prepare(request)
    await part.write(whole[: int(fault.after) or len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return part


def _response(**how: Any) -> web.StreamResponse:
    made: web.Response = web_library().Response(**how)
    return made
