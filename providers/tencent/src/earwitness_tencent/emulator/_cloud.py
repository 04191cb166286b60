"""The cloud API: every action is a POST to `/`, every answer is HTTP 200, and errors lie inside (manual, 3, 4)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ._fields import body_of
from ._gate import admitted
from ._json import dumped
from ._limits import PerSecond
from ._recording import Recording
from ._refusals import CloudError, limit_exceeded
from ._sentence import Sentences
from ._signature import Tc3Request

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["LONGEST_BODY", "CloudApi"]

LONGEST_BODY = 10 * 1024 * 1024
"""Bytes of a request that is signed with TC3 (manual, 2)."""

Answer = dict[str, Any] | bytes
"""What stands in `Response` beside the RequestId: a dictionary, or the finished JSON of its `Data`."""

Act = Callable[[dict[str, Any], str], Awaitable[Answer]]
"""Takes the parameters and the RequestId."""


class CloudApi:
    """Answers the actions. One for each start of the emulator."""

    def __init__(self, emulator: TencentEmulator) -> None:
        self._emulator = emulator
        self._calls = PerSecond()
        recording, sentences = Recording(emulator), Sentences(emulator)
        switches = emulator.switches
        self._acts: dict[str, tuple[Act, int]] = {
            "CreateRecTask": (recording.create, switches.submissions_per_s),
            "DescribeTaskStatus": (recording.describe, switches.queries_per_s),
            "SentenceRecognition": (sentences.recognise, switches.sentences_per_s),
        }
        self._actions = frozenset(self._acts)
        self._behaving = {
            action: emulator.faulty(action, self._handled, refuse=self._refusal) for action in self._actions
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one call, as the fault script would have it."""
        handler = self._behaving.get(request.headers.get("X-TC-Action", ""), self._handled)
        return await handler(request)

    async def _handled(self, request: web.Request) -> web.StreamResponse:
        request_id = str(uuid.uuid4())
        try:
            return self._response(await self._acted(request, request_id), request_id)
        except CloudError as refusal:
            language = request.headers.get("X-TC-Language") or self._emulator.switches.language
            return self._refused(refusal, language, request_id)

    async def _acted(self, request: web.Request, request_id: str) -> Answer:
        if request.method != "POST":
            raise CloudError("UnsupportedProtocol")
        call = await _tc3(request)
        self._refuse_old_signature(call)
        emulator = self._emulator
        key = admitted(call, emulator.account, emulator.switches, now=emulator.server_now(), actions=self._actions)
        action = call.headers["x-tc-action"]
        act, limit = self._acts[action]
        calls = self._calls.count(f"{key.secret_id} {action}", emulator.clock.monotonic())
        if limit and calls > limit:
            raise limit_exceeded(emulator.switches.limit_code, calls, limit)
        return await act(body_of(call.payload), request_id)

    def _refuse_old_signature(self, call: Tc3Request) -> None:
        """The older schemes carry everything in a form. The platform still takes them; this emulator does not."""
        form = call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        if form and b"Signature=" in call.payload:
            raise CloudError("AuthFailure.SignatureFailure")

    def _refusal(self, code: str) -> web.StreamResponse:
        return self._refused(CloudError(code), self._emulator.switches.language, str(uuid.uuid4()))

    def _refused(self, refusal: CloudError, language: str, request_id: str) -> web.Response:
        error = {"Code": refusal.code, "Message": refusal.message(language)}
        return self._response({"Error": error}, request_id)

    def _response(self, answer: Answer, request_id: str) -> web.Response:
        if isinstance(answer, bytes):
            body = b'{"Response": {"RequestId": "%s", "Data": %s}}' % (request_id.encode(), answer)
        else:
            body = dumped({"Response": {"RequestId": request_id, **answer}})
        switches = self._emulator.switches
        if switches.trailing_comma:
            body = body[:-2] + b",}}"
        headers = {"Content-Type": switches.content_type, "Date": self._emulator.http_date()}
        return web.Response(body=body, headers=headers)


async def _tc3(request: web.Request) -> Tc3Request:
    try:
        payload = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise CloudError("RequestSizeLimitExceeded") from None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Tc3Request(headers, payload, headers.get("x-tc-timestamp", ""), query=request.query_string)
