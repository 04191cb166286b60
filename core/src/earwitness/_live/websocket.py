"""A connection over WebSocket (RFC 6455) through the library `websockets`, the extra `websocket`."""

import logging
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from socket import gaierror
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .._extras import extra
from ..errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from ..exchange import HttpReply
from ..rest import retry_after_s
from ..streaming import Dial, Frame
from .tongue import FAREWELL_S, LONGEST_SAID, MAX_FRAME, ErrorKind, Tongue, sendable

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["WebSocket"]

PING_S: Final = 20.0
_BY_STATUS: Mapping[int, ErrorKind] = MappingProxyType(
    {401: AuthenticationError, 403: PermissionDeniedError, 408: DeadlineError, 429: RateLimitedError}
)
_BY_CLOSE_CODE: Mapping[int, ErrorKind] = MappingProxyType(
    dict.fromkeys((1002, 1003, 1007, 1008, 1009, 1010), InvalidRequestError)
)
"""Close codes (RFC 6455, 7.4.1) by which the vendor says that we are wrong; any other means that it is in trouble."""


class WebSocket:
    """RFC 6455: text and binary messages. A closing handshake ends both directions at once."""

    half_closes = False

    def __init__(self, socket: "ClientConnection", tongue: Tongue) -> None:
        self._socket = socket
        self._tongue = tongue

    @classmethod
    async def open(cls, dial: Dial, *, pinged: bool) -> "WebSocket":
        extra("websockets.asyncio.client", "websocket", what="This stream")
        from websockets.asyncio.client import connect

        class Direct(connect):
            def process_redirect(self, exc: Exception) -> Exception:
                # The signature is meant for this host alone.
                return exc

        tongue = Tongue(dial)
        try:
            socket = await Direct(
                dial.target,
                additional_headers=sendable(dial.headers),
                compression=None,  # speech samples do not shrink
                user_agent_header="earwitness",
                open_timeout=dial.open_timeout_s,
                close_timeout=FAREWELL_S,
                ping_interval=PING_S,
                ping_timeout=PING_S if pinged else None,
                max_size=MAX_FRAME,
                logger=_silent_logger(),
            )
        except EarwitnessError:
            raise
        except Exception as error:  # whatever the library raises, it may quote the address
            raise _not_opened(error, tongue) from None
        return cls(socket, tongue)

    async def send(self, frame: Frame) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(frame)
        except (ConnectionClosed, OSError) as error:
            raise _closed(error, self._tongue) from None

    async def receive(self) -> Frame | None:
        from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

        try:
            return await self._socket.recv()
        except ConnectionClosedOK:
            return None
        except (ConnectionClosed, OSError) as error:
            raise _closed(error, self._tongue) from None

    async def half_close(self) -> None:
        """There is no such thing here."""

    async def aclose(self, *, politely: bool) -> None:
        try:
            if politely:
                await self._socket.close()
        finally:
            self._socket.transport.abort()
            await self._socket.wait_closed()


def _silent_logger() -> logging.Logger:
    """A logger outside the tree: at DEBUG the library would write the address, every header and every message."""
    return logging.Logger("earwitness.websocket", level=logging.CRITICAL + 1)  # noqa: LOG001  outside on purpose


def _not_opened(error: Exception, tongue: Tongue) -> EarwitnessError:
    from websockets.exceptions import (
        InvalidHandshake,
        InvalidMessage,
        InvalidProxy,
        InvalidStatus,
        InvalidURI,
        ProxyError,
    )

    if isinstance(error, InvalidStatus):
        return _refused(error.response, tongue)
    if isinstance(error, InvalidProxy | ImportError):
        return ConfigurationError("The proxy of this machine cannot be used for streams", action="Check HTTPS_PROXY.")
    if isinstance(error, InvalidURI | ValueError) and not isinstance(error, OSError | UnicodeError):
        return ConfigurationError("The stream's address is no WebSocket address (ws:// or wss://)")
    if isinstance(error, TimeoutError):
        return tongue.error(DeadlineError, "was not opened in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return tongue.untrusted()
    if isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError):
        return tongue.error(UnavailableError, "was lost before it was opened")
    if isinstance(error, InvalidHandshake) and not isinstance(error, ProxyError):
        return tongue.error(ProtocolError, "was answered with something that is no WebSocket")
    return tongue.error(UnavailableError, f"was not opened: {_reason(error)}")


def _reason(error: Exception) -> str:
    if isinstance(error, gaierror | UnicodeError):
        return "the host's name could not be found"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ssl.SSLError):
        return "no secure connection could be made"
    return "no connection could be made"


def _refused(response: Any, tongue: Tongue) -> EarwitnessError:
    """The error for an HTTP status in place of a WebSocket."""
    status = response.status_code
    after = next(iter(response.headers.get_all("Retry-After")), "")
    reply = HttpReply(status, {"retry-after": after}, b"", datetime.now(UTC))
    kind = _BY_STATUS.get(status) or (UnavailableError if status >= 500 else InvalidRequestError)
    if 300 <= status < 400:
        return tongue.error(ProtocolError, f"was answered with HTTP {status}, which points elsewhere", code=status)
    return tongue.error(
        kind,
        f"was refused with HTTP {status}",
        code=status,
        said=(response.body or b"")[: 4 * LONGEST_SAID].decode("utf-8", "replace"),
        after=retry_after_s(reply),
    )


def _closed(error: Exception, tongue: Tongue) -> EarwitnessError:
    """The error for a WebSocket that was closed in anger or lost."""
    rcvd, sent = getattr(error, "rcvd", None), getattr(error, "sent", None)
    if rcvd is not None and getattr(error, "rcvd_then_sent", None) is not False:
        kind = _BY_CLOSE_CODE.get(rcvd.code, UnavailableError)
        return tongue.error(kind, "was closed by the vendor", code=rcvd.code, said=rcvd.reason)
    if sent is not None and sent.code == 1009:
        return tongue.too_large()
    if sent is not None and sent.code in (1002, 1007):
        return tongue.error(ProtocolError, "brought bytes that are no valid message")
    return tongue.error(UnavailableError, "was lost")
