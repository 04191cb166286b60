"""A connection over gRPC through the library `grpcio` (extra `grpc`): one bidirectional call, messages as bytes."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, TypeVar

from .._extras import extra
from ..errors import (
    AuthenticationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    PermissionDeniedError,
    RateLimitedError,
    UnavailableError,
)
from ..streaming import Dial, Frame
from .tongue import FAREWELL_S, MAX_FRAME, ErrorKind, Tongue, sendable

__all__ = ["Grpc"]

T = TypeVar("T")

_BY_GRPC_CODE: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "UNAUTHENTICATED": AuthenticationError,
        "PERMISSION_DENIED": PermissionDeniedError,
        "UNIMPLEMENTED": InvalidRequestError,
        "INVALID_ARGUMENT": InvalidRequestError,
        "FAILED_PRECONDITION": InvalidRequestError,
        "OUT_OF_RANGE": InvalidRequestError,
        "NOT_FOUND": InvalidRequestError,
        "ALREADY_EXISTS": InvalidRequestError,
        "RESOURCE_EXHAUSTED": RateLimitedError,
        "DEADLINE_EXCEEDED": DeadlineError,
    }
)
"""The rest (UNAVAILABLE, INTERNAL, ABORTED, CANCELLED, UNKNOWN, DATA_LOSS): the vendor or the network is down."""

_OWN_TROUBLE = "Internal error from Core"
"""What grpcio says in place of the vendor's status when a write fails because the vendor has already ended the call."""


class Grpc:
    """One bidirectional call on a channel of its own."""

    half_closes = True

    def __init__(self, grpc: Any, dial: Dial, tongue: Tongue) -> None:
        self._raised = (grpc.RpcError, grpc.aio.UsageError, asyncio.InvalidStateError)
        self._tongue = tongue
        self._status = ("", "")
        metadata = tuple((name.lower(), value) for name, value in sendable(dial.headers).items())
        self._channel = _channel(grpc, dial)
        self._call = self._channel.stream_stream(dial.method)(metadata=metadata)
        self._call.add_done_callback(self._note_status)
        # Not `call.read()`: that one forgets what has already arrived as soon as a write fails.
        self._messages = aiter(self._call)

    @classmethod
    async def open(cls, dial: Dial) -> "Grpc":
        """See `open_connection`."""
        connection = cls(_grpc(), dial, Tongue(dial))
        try:
            async with asyncio.timeout(dial.open_timeout_s):
                await connection._guarded(connection._call.wait_for_connection())
        except BaseException as error:
            await connection.aclose(politely=False)
            if isinstance(error, TimeoutError):
                raise connection._tongue.error(DeadlineError, "was not opened in time") from None
            raise
        return connection

    async def send(self, frame: Frame) -> None:
        await self._guarded(self._call.write(frame.encode() if isinstance(frame, str) else frame))

    async def receive(self) -> Frame | None:
        frame = await self._guarded(anext(self._messages, None))
        return frame if isinstance(frame, bytes) else None

    async def half_close(self) -> None:
        await self._guarded(self._call.done_writing())

    async def aclose(self, *, politely: bool) -> None:
        try:
            if politely:
                await self._say_goodbye()
        finally:
            self._call.cancel()
            await self._wound_up()
            # The network connection, and with it the vendor's slot, is freed with the last reference to the call.
            self._call, self._messages, channel, self._channel = None, None, self._channel, None
            await channel.close()

    async def _say_goodbye(self) -> None:
        with suppress(TimeoutError, EarwitnessError):
            async with asyncio.timeout(FAREWELL_S):
                await self.half_close()
                while await self.receive() is not None:
                    pass

    async def _wound_up(self) -> None:
        """Returns when nothing of the call is under way: it would fail noisily after the loop has closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._call.code()
                await self._messages.aclose()

    async def _guarded(self, action: Awaitable[T]) -> T:
        """What the action gives. Raises an EarwitnessError for what grpcio raises."""
        try:
            return await action
        except asyncio.CancelledError:
            # A time-out around one read or write cancels the whole call, and every later one then ends like this.
            if _being_cancelled():
                raise
            error = self._tongue.error(UnavailableError, "has ended")
        except self._raised:
            error = self._failure()
        # Raised outside the handler, and with no name left here: otherwise grpcio's error or this frame would keep the
        # call, and so the network connection, until the collector comes.
        try:
            raise error
        finally:
            del error

    def _note_status(self, call: Any) -> None:
        if self._status[1] in {"", _OWN_TROUBLE}:
            self._status = (_at_once(call.code()).name, _at_once(call.details()) or "")

    def _failure(self) -> EarwitnessError:
        """The error that the call's status means."""
        code, details = self._status
        if not code or code == "OK":
            return self._tongue.error(UnavailableError, "has ended")
        if code == "RESOURCE_EXHAUSTED" and "larger than max" in details:
            return self._tongue.too_large()
        if "CERTIFICATE_VERIFY_FAILED" in details:
            return self._tongue.untrusted()
        kind = _BY_GRPC_CODE.get(code, UnavailableError)
        return self._tongue.error(kind, f"failed with {code}", code=code, said=details)


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    return None


def _grpc() -> Any:
    extra("grpc.aio", "grpc", what="This stream", library="grpcio")
    return extra("grpc", "grpc", what="This stream", library="grpcio")


def _channel(grpc: Any, dial: Dial) -> Any:
    # A pool of its own: a channel that shares another one's connection shares its failures and its waits too.
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", MAX_FRAME))
    if dial.plaintext:
        return grpc.aio.insecure_channel(dial.target, options=options)
    return grpc.aio.secure_channel(dial.target, grpc.ssl_channel_credentials(), options=options)
