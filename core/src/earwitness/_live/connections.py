"""A duplex of frames over a real network: WebSocket through `websockets`, gRPC through `grpcio` with plain bytes.

Both libraries are extras, imported when a connection is opened. Whatever they raise becomes an error of ours whose text
names the host, never the address or a header; and they log nothing.
"""

from typing import Protocol

from ..errors import ConfigurationError
from ..streaming import Dial, Frame

__all__ = ["Connection", "open_connection"]


class Connection(Protocol):
    """One open connection. One task may send and one may receive.

    `half_closes`: this kind of connection can say that nothing more comes and still hear what the vendor has to say.
    """

    half_closes: bool

    async def send(self, frame: Frame) -> None:
        """Returns when the frame is on its way; waits while the vendor reads slowly. Raises EarwitnessError."""
        ...

    async def receive(self) -> Frame | None:
        """The next frame, or None when the vendor has ended the stream cleanly. Raises EarwitnessError."""
        ...

    async def half_close(self) -> None:
        """Says that nothing more comes, where `half_closes`. Raises EarwitnessError."""
        ...

    async def aclose(self, *, politely: bool) -> None:
        """Closes; politely says goodbye first and waits at most two seconds for the answer."""
        ...


async def open_connection(dial: Dial, *, pinged: bool = True) -> Connection:
    """A connection as the dialect wants it. `pinged`: a WebSocket peer that answers no ping for 20 s counts as lost.

    Raises an EarwitnessError: ConfigurationError where the extra is not installed or the address is none.
    """
    if dial.kind == "websocket":
        from .websocket import WebSocket

        return await WebSocket.open(dial, pinged=pinged)
    if dial.kind == "grpc":
        from .grpc import Grpc

        return await Grpc.open(dial)
    raise ConfigurationError(f"There is no connection kind {dial.kind!r}", action="Use websocket or grpc.")
