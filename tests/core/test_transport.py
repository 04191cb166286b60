"""Whatever happens to a call on the wire becomes one of our errors, which says whether it may be sent again."""

import asyncio
import ssl
import traceback
from contextlib import aclosing
from typing import Any

import pytest
import trustme

from earwitness import errors
from earwitness._http.retry import RetryPolicy
from earwitness._http.transport import Transport
from earwitness.exchange import Exchange, HttpCall, HttpReply, StreamBody
from support.calls import BELOW, Source, asking, call
from support.clocks import ManualClock
from support.loopback import Act, Unread, closed_port, in_loop, play, raw, reply

ONCE = RetryPolicy(attempts=1)
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"

pytestmark = pytest.mark.parametrize("fast", BELOW)


async def failure(fast: bool, made: HttpCall, **known: Any) -> errors.EarwitnessError:
    """The error that one try of this call ends in."""
    async with aclosing(Transport(fast=fast, policy=ONCE, clock=ManualClock(), **known)) as transport:
        with pytest.raises(errors.EarwitnessError) as caught:
            await transport.converse(asking(made))
    return caught.value


async def refused(line: Any) -> None:
    line.reset()


async def stalled(line: Any) -> None:
    await line.reader.read()


LOST: dict[str, Act] = {
    "closed before the answer": raw(b""),
    "reset before the answer": refused,
    "closed within the head": raw(b"HTTP/1.1 200 OK\r\nConte"),
    "closed within the body": raw(HALF),
    "reset within the body": raw(HALF, then="reset"),
    "closed within a chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
}
SILENT: dict[str, Act] = {
    "no answer": stalled,
    "half a head": raw(b"HTTP/1.1 200 OK\r\nConte", then="stall"),
    "half a body": raw(HALF, then="stall"),
}


@pytest.mark.parametrize("act", LOST.values(), ids=LOST)
@in_loop
async def test_a_lost_answer_to_a_repeatable_call_is_unavailable(fast: bool, act: Act) -> None:
    """A connection that ends before the answer is whole leaves a repeatable call free to be sent again."""
    async with play(act) as server:
        error = await failure(fast, call(server.url))
    assert type(error) is errors.UnavailableError
    assert (error.retryable, error.accepted) == (True, "no")


@pytest.mark.parametrize("act", [*LOST.values(), *SILENT.values()], ids=[*LOST, *SILENT])
@in_loop
async def test_a_lost_answer_to_an_unrepeatable_call_leaves_the_outcome_unknown(fast: bool, act: Act) -> None:
    """A submission that went out and has no answer is sent exactly once, and its outcome is said to be unknown."""
    async with play(act) as server, aclosing(Transport(fast=fast, clock=ManualClock())) as transport:
        with pytest.raises(errors.OutcomeUnknownError) as caught:
            await transport.converse(asking(call(server.url, repeatable=False, read_timeout_s=0.3)))
        assert len(server.seen) == 1
    assert (caught.value.retryable, caught.value.accepted) == (False, "unknown")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@in_loop
async def test_no_client_repeats_by_itself(fast: bool, method: str) -> None:
    """A call lost on a connection used before is not sent again behind our back, whatever its method."""
    async with play(reply(), raw(b"")) as server, aclosing(Transport(fast=fast, policy=ONCE)) as transport:
        await transport.converse(asking(call(server.url)))
        with pytest.raises(errors.OutcomeUnknownError):
            await transport.converse(asking(call(server.url, method=method, repeatable=False)))
        assert [seen.method for seen in server.seen] == ["POST", method]
        assert server.connections == 1


@pytest.mark.parametrize("act", SILENT.values(), ids=SILENT)
@in_loop
async def test_silence_is_a_deadline(fast: bool, act: Act) -> None:
    """A repeatable call whose answer does not come within the read time-out may be sent again."""
    async with play(act) as server:
        error = await failure(fast, call(server.url, read_timeout_s=0.3))
    assert type(error) is errors.DeadlineError
    assert (error.retryable, error.accepted) == (True, "no")


@pytest.mark.parametrize("repeatable", [True, False])
@in_loop
async def test_a_refused_connection_sent_nothing(fast: bool, repeatable: bool) -> None:
    """Where nobody listens, nothing was sent, so that even a submission may be repeated."""
    error = await failure(fast, call(f"http://127.0.0.1:{await closed_port()}/", repeatable=repeatable))
    assert type(error) is errors.UnavailableError
    assert (error.retryable, error.accepted) == (True, "no")
    assert "refused" in str(error) and "Check the network" in str(error)


@pytest.mark.parametrize("repeatable", [True, False])
@in_loop
async def test_an_unknown_host_sent_nothing(fast: bool, repeatable: bool) -> None:
    """A name that cannot be found is said to be that, and even a submission may be repeated."""
    error = await failure(fast, call("http://nowhere.invalid/", repeatable=repeatable))
    assert type(error) is errors.UnavailableError
    assert (error.retryable, error.accepted) == (True, "no")
    assert "nowhere.invalid" in str(error)
    assert "name could not be found" in str(error)


@in_loop
async def test_an_untrusted_certificate_is_a_matter_of_configuration(fast: bool) -> None:
    """A server that cannot prove who it is gets nothing, and asking again is no use."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with play(reply(), tls=tls) as server:
        error = await failure(fast, call(server.url, repeatable=False))
        assert not server.seen
    assert type(error) is errors.ConfigurationError
    assert (error.retryable, error.accepted) == (False, "no")


@in_loop
async def test_a_trusted_certificate_is_found_through_the_environment(
    fast: bool, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE names the authorities to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with (
        play(reply(200, b"safe"), tls=tls) as server,
        aclosing(Transport(fast=fast, policy=ONCE)) as transport,
    ):
        got = await transport.converse(asking(call(server.url)))
    assert got.body == b"safe"


@in_loop
async def test_a_server_that_speaks_no_tls_got_nothing(fast: bool) -> None:
    """A failed handshake sent nothing of the call."""
    async with play(Unread(raw(b"HTTP/1.1 400 Bad\r\n\r\n"))) as server:
        error = await failure(fast, call(server.url.replace("http:", "https:"), repeatable=False))
    assert type(error) is errors.UnavailableError
    assert (error.retryable, error.accepted) == (True, "no")


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"\x16\x03\x01\x00\x05hello\r\n\r\n"])
@in_loop
async def test_what_is_not_http_breaks_the_protocol(fast: bool, answer: bytes, repeatable: bool) -> None:
    """Garbage is a protocol error; a repeatable call may be tried again, a submission may have been accepted."""
    async with play(raw(answer)) as server:
        error = await failure(fast, call(server.url, repeatable=repeatable))
    assert type(error) is errors.ProtocolError
    assert (error.retryable, error.accepted) == ((True, "no") if repeatable else (False, "unknown"))


@pytest.mark.parametrize(
    ("status", "accepted"), [(301, "no"), (302, "unknown"), (303, "unknown"), (307, "no"), (308, "no")]
)
@in_loop
async def test_a_redirect_is_not_followed(fast: bool, status: int, accepted: str) -> None:
    """Credentials go to the host that they are meant for; a redirect is an error, and its target is not shown."""
    away = {"Location": "/elsewhere?token=marker"}
    async with play(reply(status, b"", away)) as server:
        error = await failure(fast, call(server.url, repeatable=False))
        assert len(server.seen) == 1
    assert type(error) is errors.ProtocolError
    assert (error.retryable, error.accepted) == (False, accepted)
    assert "marker" not in str(error)


@pytest.mark.parametrize("url", ["ftp://host/x", "no address", "http://", "//host/x", "http://[::1/"])
@in_loop
async def test_an_impossible_address_is_an_invalid_request(fast: bool, url: str) -> None:
    """An address that no client could call is refused before anything is sent."""
    error = await failure(fast, call(url, repeatable=False))
    assert type(error) is errors.InvalidRequestError
    assert error.accepted == "no"


@pytest.mark.parametrize("value", ["key\n", "key\r\nHost: evil", "ключ", " key", "a\x00b"])
@in_loop
async def test_an_impossible_header_is_refused_without_showing_it(fast: bool, value: str) -> None:
    """A credential with a stray line break is told as that, not sent and not shown."""
    async with play(reply()) as server:
        error = await failure(fast, call(server.url, headers={"X-Key": value}))
        assert not server.seen
    assert type(error) is errors.InvalidRequestError
    assert "X-Key" in str(error)
    assert value not in str(error)


@in_loop
async def test_a_status_is_the_providers_business(fast: bool) -> None:
    """Any complete answer reaches the exchange: status, headers in lower case and joined, body, and the time."""
    headers = {"X-Request-Id": "7", "Set-Cookie": "a=1", "set-cookie": "b=2"}
    clock = ManualClock()
    async with (
        play(reply(503, b"busy", headers)) as server,
        aclosing(Transport(fast=fast, clock=clock)) as transport,
    ):
        got = await transport.converse(asking(call(server.url)))
    assert (got.status, got.body, got.received_at) == (503, b"busy", clock.now())
    assert got.headers["x-request-id"] == "7"
    assert got.headers["set-cookie"] == "a=1, b=2"


@in_loop
async def test_the_provider_may_translate_a_network_failure(fast: bool) -> None:
    """A failure arrives inside the exchange as our error, where the provider may turn it into another, or go on."""

    def exchange() -> Exchange[HttpReply]:
        try:
            return (yield call(server.url, repeatable=False))
        except errors.OutcomeUnknownError as error:
            assert "status" in str(error)
        return (yield call(server.url, operation="look"))

    async with play(raw(b""), reply(200, b"found")) as server, aclosing(Transport(fast=fast)) as transport:
        got = await transport.converse(exchange)
    assert got.body == b"found"


@in_loop
async def test_a_cancelled_call_leaves_the_exchange_closed_and_no_connection(fast: bool) -> None:
    """Cancelling in mid-call closes the generator at once; the connection goes, and the next call works."""
    closed: list[bool] = []

    def exchange() -> Exchange[HttpReply]:
        try:
            return (yield call(server.url))
        finally:
            closed.append(True)

    async with play(stalled, reply(200, b"after")) as server, aclosing(Transport(fast=fast)) as transport:
        task = asyncio.ensure_future(transport.converse(exchange))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert closed == [True]
        assert (await transport.converse(asking(call(server.url)))).body == b"after"
        assert server.connections == 2
        while server.open_now > 1:
            await asyncio.sleep(0.01)


@in_loop
async def test_a_cancelled_call_stays_cancelled_when_the_exchange_yields_in_finally(fast: bool) -> None:
    """An exchange that breaks the contract by yielding in `finally` cannot turn a cancellation into an error."""

    def exchange() -> Exchange[HttpReply]:
        try:
            return (yield call(server.url))
        finally:
            yield call(server.url, operation="tidy")

    async with play(stalled) as server, aclosing(Transport(fast=fast)) as transport:
        task = asyncio.ensure_future(transport.converse(exchange))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@in_loop
async def test_a_cancelled_upload_closes_its_source(fast: bool) -> None:
    """Cancelling while a body is being sent closes the file it comes from."""
    source = Source(*[bytes(1 << 20)] * 64)
    async with (
        play(Unread(lambda line: asyncio.sleep(60))) as server,
        aclosing(Transport(fast=fast)) as transport,
    ):
        task = asyncio.ensure_future(transport.converse(asking(call(server.url, body=StreamBody(source, 64 << 20)))))
        while not source.opened:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (source.opened, source.closed) == (1, 1)


@in_loop
async def test_a_bug_in_an_exchange_is_a_plugin_error_that_shows_no_values(fast: bool) -> None:
    """A provider's own exception names its kind and place; after a submission nobody knows whether it was accepted."""

    def exchange() -> Exchange[str]:
        yield call(server.url, repeatable=False)
        return dict[str, str]()["marker"]

    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.PluginError) as caught:
            await transport.converse(exchange)
    assert "KeyError in " in str(caught.value) and ".exchange (test_transport.py, line " in str(caught.value)
    assert "marker" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.accepted == "unknown"


@in_loop
async def test_an_exchange_that_yields_something_else_is_a_plugin_error(fast: bool) -> None:
    """Yielding no HttpCall is reported as the provider's mistake."""

    def exchange() -> Any:
        yield "http://host/"

    async with aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.PluginError, match="not str"):
            await transport.converse(exchange)


@in_loop
async def test_a_closed_transport_says_so(fast: bool) -> None:
    """After closing, which may happen twice, nothing is sent any more."""
    transport = Transport(fast=fast)
    await transport.aclose()
    await transport.aclose()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        await transport.converse(asking(call("http://127.0.0.1:1/")))


@pytest.mark.parametrize("act", [raw(b""), raw(HALF), reply(302), refused], ids=["closed", "cut", "redirect", "reset"])
@in_loop
async def test_no_trace_of_a_client_hangs_on_an_error(fast: bool, act: Act) -> None:
    """Neither cause, context nor frames of an error know the whole address, even to those who show frames' locals."""
    async with play(act) as server:
        error = await failure(fast, call(f"{server.url}/marker"))
    assert error.__cause__ is None
    assert error.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("earwitness.")]
    assert ours
    assert not [frame for frame in ours if "marker" in repr(frame.f_locals)]
    assert not [frame for frame in frames if frame.f_globals["__name__"].startswith(("httpx", "httpcore", "aiohttp"))]
