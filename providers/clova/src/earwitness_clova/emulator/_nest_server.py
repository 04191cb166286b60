"""The streaming service as a gRPC server, without TLS, for loopback (manual sections 5.1, 5.9, 9.3)."""

import asyncio
import hmac
import logging
from typing import Any

from earwitness.emulation import BillingLog, Clock, Faults, Hearing
from earwitness.errors import ConfigurationError

from ._nest_faults import Mischief, StreamEnd
from ._nest_messages import METHOD, SERVICE, Messages
from ._nest_stream import Conversation, Surroundings
from ._nest_switches import StreamSwitches

__all__ = ["OPERATION", "NestServer"]

log = logging.getLogger(__name__)

OPERATION = "stream"
"""What the fault script and the billing log call one stream."""
_LAST_WRITE_S = 1.0
GONE = "CANCELLED"
"""The status of a call whose client has gone."""


class NestServer:
    """Serves streams to whoever knows the secret. Between `start` and `stop` it belongs to one event loop."""

    def __init__(
        self,
        hearing: Hearing,
        *,
        clock: Clock,
        faults: Faults,
        billing: BillingLog,
        switches: StreamSwitches,
        secret: str,
    ) -> None:
        self._hearing, self._clock, self._faults = hearing, clock, faults
        self._billing, self._switches = billing, switches
        self._authorization = f"Bearer {secret}".encode()
        self._open = self._most = 0
        self._conversations: set[Conversation] = set()
        self._grpc: Any = None
        self._server: Any = None
        self._around: Surroundings

    @property
    def open_streams(self) -> int:
        """How many streams are open now."""
        return self._open

    @property
    def most_streams(self) -> int:
        """How many were open at once so far."""
        return self._most

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listens at this host and port (0: any free one) and returns the port.

        Raises ConfigurationError where that is taken, or where grpcio or protobuf is not installed.
        """
        self._grpc = _library()
        self._around = Surroundings(self._hearing, self._clock, self._billing, self._switches, Messages())
        # Otherwise two servers on one port would share its connections, and neither would say so.
        server = self._grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        handler = self._grpc.stream_stream_rpc_method_handler(self._recognize)
        server.add_generic_rpc_handlers((self._grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
        try:
            bound: int = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError:
            await server.stop(None)
            raise ConfigurationError(
                f"The streaming emulator cannot listen at {host}:{port}", action="Give another port, or 0."
            ) from None
        await server.start()
        self._server = server
        return bound

    async def stop(self, grace: float = 2.0) -> None:
        """Takes no more streams and ends the open ones, which have `grace` seconds for it. Twice does no harm."""
        server, self._server = self._server, None
        if server is not None:
            # Told to end by themselves: grpcio logs an error for each call that it has to cancel.
            for conversation in self._conversations:
                conversation.stop()
            await server.stop(grace)

    async def _recognize(self, _: object, context: Any) -> None:
        ending = await self._served(context)
        if ending.code == GONE:
            # What grpcio itself does then: a status can no longer be sent.
            raise asyncio.CancelledError
        if ending.code != "OK":
            await context.abort(self._grpc.StatusCode[ending.code], ending.text)

    async def _served(self, context: Any) -> StreamEnd:
        if not self._knows(context):
            return StreamEnd("UNAUTHENTICATED", "Invalid secret")
        if self._open >= self._switches.stream_limit:
            said = f"Too many channels, the max channel is: {self._switches.stream_limit}"
            return StreamEnd("RESOURCE_EXHAUSTED", said)
        self._open += 1
        self._most = max(self._most, self._open)
        try:
            mischief = Mischief(self._faults.take(OPERATION), self._clock)
            mischief.at_start()
            return await self._conversed(Conversation(self._around, _Wire(context, self._grpc.aio.EOF), mischief))
        except StreamEnd as refusal:
            return refusal
        except ConfigurationError as error:
            log.error("a stream could not be served: %s", error)
            return StreamEnd("INTERNAL")
        finally:
            self._open -= 1

    async def _conversed(self, conversation: Conversation) -> StreamEnd:
        self._conversations.add(conversation)
        try:
            return await conversation.run()
        finally:
            self._conversations.discard(conversation)

    def _knows(self, context: Any) -> bool:
        given = dict(context.invocation_metadata() or ()).get("authorization", "")
        return hmac.compare_digest(given.encode(), self._authorization)


class _Wire:
    """The messages of one call, as bytes. Whatever grpcio raises (it has no common base) means that nobody is there."""

    def __init__(self, context: Any, end: object) -> None:
        self._context, self._end = context, end

    async def read(self) -> bytes | None:
        try:
            message = await self._context.read()
        except Exception:
            raise StreamEnd(GONE) from None
        return None if message is self._end else message

    async def write(self, message: bytes) -> None:
        writing = asyncio.ensure_future(self._put(message))
        try:
            there = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A write that is given up halfway leaves the call unable to send its status.
            await asyncio.wait({writing}, timeout=_LAST_WRITE_S)
            raise
        if not there:
            raise StreamEnd(GONE)

    async def _put(self, message: bytes) -> bool:
        try:
            await self._context.write(message)
        except Exception:
            return False
        return True


def _library() -> Any:
    try:
        import grpc
        import grpc.aio
    except ImportError:
        raise ConfigurationError(
            "The library grpcio, which the streaming emulator needs, is not installed",
            action="pip install --force-reinstall earwitness-clova, which brings it",
        ) from None
    return grpc
