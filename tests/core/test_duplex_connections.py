"""What goes wrong with a connection is a typed error that tells nothing secret; what is done with is freed at once."""

import asyncio
import logging
import socket
import ssl
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from earwitness._live.connections import open_connection
from earwitness._live.duplex import StreamPolicy, drive
from earwitness._live.tongue import MAX_FRAME
from earwitness.errors import (
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
from earwitness.streaming import Dial
from support.streams import METHOD, SECRET, WIRES, Act, live, running, speech

ONCE = StreamPolicy(attempts=1)
on_both_wires = pytest.mark.parametrize("wire", list(WIRES))


def failure(main: Callable[[], Coroutine[Any, Any, object]]) -> EarwitnessError:
    """The error of ours that this raises."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await main()

    with pytest.raises(EarwitnessError) as caught:
        asyncio.run(bounded())
    return caught.value


def failure_with(wire: str, act: Act, **terms: Any) -> EarwitnessError:
    """The error with which a stream to a vendor that acts so ends."""

    async def main() -> None:
        async with running(wire, usual=act) as (_, make):
            async for _ in drive(lambda: make(**terms), live(speech([1, 2, 3])), in_rate=16_000, policy=ONCE):
                pass

    return failure(main)


def dialed(target: str, *, kind: Any = "websocket", **more: Any) -> EarwitnessError:
    """The error of opening this connection."""
    more.setdefault("headers", {"Authorization": f"Bearer {SECRET}"})
    return failure(lambda: open_connection(Dial(kind, target, method=METHOD, **more)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, InvalidRequestError, False),
        (401, AuthenticationError, False),
        (403, PermissionDeniedError, False),
        (404, InvalidRequestError, False),
        (302, ProtocolError, False),
        (429, RateLimitedError, True),
        (500, UnavailableError, True),
        (503, UnavailableError, True),
    ],
)
def test_http_statuses_are_typed(status: int, kind: type[EarwitnessError], *, retryable: bool) -> None:
    """A status in place of a WebSocket has its own kind; the vendor's words are kept without the signature in them."""
    error = failure_with("websocket", Act(refusal=status))
    assert type(error) is kind
    assert error.retryable is retryable
    assert error.vendor_code == str(status)
    if status == 429:
        assert error.retry_after == 7.0
    if status == 400:
        assert error.vendor_message == "no entry with ***"


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("UNAUTHENTICATED", AuthenticationError, False),
        ("PERMISSION_DENIED", PermissionDeniedError, False),
        ("UNIMPLEMENTED", InvalidRequestError, False),
        ("INVALID_ARGUMENT", InvalidRequestError, False),
        ("FAILED_PRECONDITION", InvalidRequestError, False),
        ("OUT_OF_RANGE", InvalidRequestError, False),
        ("RESOURCE_EXHAUSTED", RateLimitedError, True),
        ("UNAVAILABLE", UnavailableError, True),
        ("INTERNAL", UnavailableError, True),
        ("UNKNOWN", UnavailableError, True),
        ("DEADLINE_EXCEEDED", DeadlineError, True),
    ],
)
def test_grpc_codes_are_typed(code: str, kind: type[EarwitnessError], *, retryable: bool) -> None:
    """Every gRPC status has its kind; the vendor's words are kept without the credential in them."""
    error = failure_with("grpc", Act(refusal=code))
    assert type(error) is kind
    assert error.retryable is retryable
    assert error.vendor_code == code
    assert error.vendor_message == "no entry with ***"


def test_a_grpc_status_is_not_lost_behind_a_failing_write() -> None:
    """A vendor that refuses while audio is on its way is heard, although grpcio itself then tells of the write only."""
    for _ in range(5):
        error = failure_with("grpc", Act(ready=True, raw=(), cut_after_ms=0, ending="UNAUTHENTICATED"), chunk_ms=1)
        assert type(error) is AuthenticationError
        assert error.vendor_code == "UNAUTHENTICATED"


@on_both_wires
def test_a_refused_connection_is_unavailable(wire: Any) -> None:
    """Nobody listening is retryable, and said to be so by host only."""
    port = free_port()
    target = f"ws://127.0.0.1:{port}/v2?signature={SECRET}" if wire == "websocket" else f"127.0.0.1:{port}"
    error = dialed(target, kind=wire, plaintext=True)
    assert type(error) is UnavailableError
    assert error.retryable
    assert "127.0.0.1" in error.message
    assert SECRET not in told(error)


@on_both_wires
def test_a_silent_peer_is_a_deadline(wire: Any) -> None:
    """A port that accepts and says nothing ends with the opening time-out."""

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        host, port = listening.getsockname()
        target = f"ws://{host}:{port}/" if wire == "websocket" else f"{host}:{port}"
        error = dialed(target, kind=wire, plaintext=True, open_timeout_s=0.3)
    assert isinstance(error, DeadlineError)


def test_an_unknown_host_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be looked up is said to be that."""

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = dialed("ws://asr.nowhere.test/v2")
    assert type(error) is UnavailableError
    assert "name could not be found" in error.message


@on_both_wires
def test_tls_to_a_plain_server_is_unavailable(wire: str) -> None:
    """A server that speaks no TLS is told apart from one that is not there, without its address."""

    async def main() -> None:
        async with running(wire) as (vendor, make):
            vendor.target = vendor.target.replace("ws://", "wss://")
            terms = {"plaintext": False} if wire == "grpc" else {}
            async for _ in drive(lambda: make(**terms), live(b""), in_rate=16_000, policy=ONCE):
                pass

    error = failure(main)
    assert isinstance(error, UnavailableError)
    assert SECRET not in told(error)


def test_an_untrusted_certificate_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for will not be better next time, and the error says what to check."""

    async def untrusted(*_: object, **__: object) -> object:
        raise ssl.SSLCertVerificationError(1, "self-signed certificate")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", untrusted)
    error = dialed("wss://asr.nowhere.test/v2")
    assert type(error) is ConfigurationError
    assert "certificate" in error.message


def test_a_server_of_another_kind_is_a_protocol_error() -> None:
    """Bytes that are no HTTP are told to be no WebSocket."""

    async def main() -> None:
        async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.test ESMTP\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(mail, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            await open_connection(Dial("websocket", f"ws://{host}:{port}/"))

    assert type(failure(main)) is ProtocolError


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 101 Swi", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: w"])
def test_a_connection_that_is_lost_in_the_handshake_may_be_tried_again(said: bytes) -> None:
    """Half an answer is the network's fault, not the vendor's."""

    async def main() -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(cut, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            await open_connection(Dial("websocket", f"ws://{host}:{port}/"))

    error = failure(main)
    assert type(error) is UnavailableError and error.retryable and "lost" in error.message


@on_both_wires
def test_a_frame_that_is_too_large_is_a_protocol_error(wire: str) -> None:
    """A frame over the limit is refused while it comes and never retried."""
    error = failure_with(wire, Act(raw=("x" * (MAX_FRAME + 1),)))
    assert type(error) is ProtocolError
    assert str(MAX_FRAME) in error.message


def test_bytes_that_are_no_text_are_a_protocol_error() -> None:
    """A text message that is no UTF-8 is the vendor's fault."""
    assert type(failure_with("websocket", Act(raw=(b"\xff\xfe\xff",)))) is ProtocolError


def test_a_close_code_that_blames_us_is_not_retried() -> None:
    """A vendor that closes for a violated policy is told apart from one in trouble, with its own words."""
    error = failure_with("websocket", Act(cut_after_ms=0, ending="UNAUTHENTICATED"))
    assert type(error) is InvalidRequestError
    assert (error.vendor_code, error.vendor_message) == ("1008", "bad secret")


@pytest.mark.parametrize(
    "target", ["asr.nowhere.test/v2", "https://asr.nowhere.test", f"ws://?{SECRET}", f"ws://[{SECRET}", ""]
)
def test_an_address_that_is_none_is_a_configuration_error(target: str) -> None:
    """What is no WebSocket address is said to be that, without quoting it."""
    error = dialed(target)
    assert type(error) is ConfigurationError
    assert SECRET not in told(error)


@on_both_wires
def test_a_secret_with_a_line_break_is_not_sent(wire: Any) -> None:
    """A header value that would become two headers is refused before anything is dialed."""
    error = dialed("ws://127.0.0.1:9/", kind=wire, headers={"Authorization": f"{SECRET}\r\nX-Other: 1"})
    assert type(error) is ConfigurationError
    assert SECRET not in told(error)


@pytest.mark.parametrize(("wire", "module"), [("websocket", "websockets.asyncio.client"), ("grpc", "grpc")])
def test_a_missing_extra_says_how_to_install_it(wire: Any, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the error names the extra."""
    monkeypatch.setitem(sys.modules, module, None)
    error = dialed("ws://127.0.0.1:9/", kind=wire)
    assert type(error) is ConfigurationError
    assert f'pip install "earwitness[{wire}]"' in str(error)


def test_an_unknown_kind_is_a_configuration_error() -> None:
    """Only the two kinds of connection exist."""
    assert type(dialed("x", kind="carrier-pigeon")) is ConfigurationError


@on_both_wires
def test_nothing_secret_is_logged(wire: str, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, through good and bad connections, no log line has the credential or the signed address."""

    async def main() -> None:
        acts = [Act(cut_after_ms=100), Act(cut_after_ms=200, ending="error"), Act()]
        async with running(wire, *acts) as (_, make):
            # The fake vendor logs what it receives; only our side is looked at.
            logging.getLogger("websockets.server").setLevel(logging.CRITICAL)
            policy = StreamPolicy(backoff_s=0.01)
            async for _ in drive(make, live(speech([1, 2, 3, 4])), in_rate=16_000, policy=policy):
                pass

    server = logging.getLogger("websockets.server")
    before = server.level
    try:
        with caplog.at_level(logging.DEBUG):
            asyncio.run(main())
    finally:
        server.setLevel(before)
    assert "interrupted" in caplog.text
    assert SECRET not in caplog.text
    assert "signature" not in caplog.text


def test_a_dial_hides_its_address() -> None:
    """A dial in a traceback or log shows neither address nor headers."""
    shown = repr(Dial("websocket", f"wss://host/?s={SECRET}", headers={"a": SECRET}))
    assert SECRET not in shown


@on_both_wires
def test_every_cut_frees_its_connection_at_once(wire: str) -> None:
    """When a new connection is ready, the one before no longer occupies the vendor, without help from the collector."""

    async def main() -> list[int]:
        acts = [Act(cut_after_ms=150, ending="error"), Act(cut_after_ms=150, ending="busy")]
        policy = StreamPolicy(backoff_s=0.2, rate_limit_wait_s=0.2)
        async with running(wire, *acts) as (vendor, make), _counting(vendor) as counts:
            async for _ in drive(
                lambda: make(chunk_ms=10), live(speech([*range(1, 200)])), in_rate=16_000, policy=policy
            ):
                pass
            while counts[-1]:
                await asyncio.sleep(0.01)
            return counts

    async def bounded() -> list[int]:
        async with asyncio.timeout(30):
            return await main()

    counts = asyncio.run(bounded())
    assert max(counts) == 1
    assert counts.count(1) == 3


@asynccontextmanager
async def _counting(vendor: Any) -> AsyncIterator[list[int]]:
    """Puts a relay before the vendor. What it yields grows by the number of open connections at each change."""
    counts: list[int] = [0]
    address, _, rest = vendor.target.removeprefix("ws://").partition("/")
    host, port = address.split(":")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts.append(counts[-1] + 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        back = asyncio.create_task(_copy(far_reader, writer))
        await _copy(reader, far_writer)
        counts.append(counts[-1] - 1)
        far_writer.close()
        await back
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    near = server.sockets[0].getsockname()[1]
    vendor.target = f"ws://127.0.0.1:{near}/{rest}" if rest else f"127.0.0.1:{near}"
    async with server:
        yield counts


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass


def told(error: BaseException) -> str:
    """Everything that an error shows anywhere."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(getattr(error, "details", dict)())
