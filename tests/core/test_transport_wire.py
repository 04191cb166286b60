"""What goes over the wire is what was signed, on connections that are few, reused, and bounded in each pool."""

import asyncio
import base64
import subprocess
import sys
from contextlib import aclosing
from typing import Any

import pytest

from earwitness import errors
from earwitness._http.transport import POOL_CONNECTIONS, Transport
from earwitness.exchange import full_url
from support.calls import BELOW, asking, call
from support.loopback import in_loop, play, reply

below = pytest.mark.parametrize("fast", BELOW)
EXACT = "/a%2Fb/%7Ex/%e4;p=1,2:3/a+b/'(x)'?q=a%20b%2Bc&z=%7E+*'()!,:@/?&sig=%2f%3D=&e=%ED%95%9C"


@below
@in_loop
async def test_an_address_is_sent_exactly_as_it_was_signed(fast: bool) -> None:
    """No client may tidy up escapes: a signature over the address would no longer fit."""
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        await transport.converse(asking(call(server.url + EXACT)))
        assert server.seen[0].target == EXACT


@below
@in_loop
async def test_the_query_is_encoded_as_signers_are_told(fast: bool) -> None:
    """`full_url` gives a signer the very bytes: all but letters, digits and -._~ is escaped, the order is kept."""
    made = call("", query={"b": "x y+z/ü", "a": "~-._", "empty": ""})
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        for url in (f"{server.url}/q", f"{server.url}/q?first=1"):
            await transport.converse(asking(call(url, query=made.query)))
            assert server.url + server.seen[-1].target == full_url(call(url, query=made.query))
        assert server.seen[1].target == "/q?first=1&b=x%20y%2Bz%2F%C3%BC&a=~-._&empty="


@below
@in_loop
async def test_only_the_calls_own_headers_are_sent(fast: bool) -> None:
    """Beside what was signed there is only what HTTP needs, and nobody but core frames the body."""
    headers = {
        "X-Key": "k",
        "Content-Type": "application/json",
        "content-length": "999",
        "Accept-Encoding": "br",
    }
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        await transport.converse(asking(call(server.url, headers=headers, body=b"{}")))
        sent = server.seen[0].headers
    assert {name: sent[name] for name in ("x-key", "content-type", "content-length", "accept-encoding")} == {
        "x-key": "k",
        "content-type": "application/json",
        "content-length": "2",
        "accept-encoding": "gzip, deflate",
    }
    assert set(sent) == {
        "host",
        "x-key",
        "content-type",
        "content-length",
        "accept-encoding",
        "accept",
        "user-agent",
    }


@below
@in_loop
async def test_no_cookie_goes_from_one_call_to_the_next(fast: bool) -> None:
    """A vendor's cookie is shown to the provider and never sent back."""
    async with play(reply(200, b"", {"Set-Cookie": "session=1; Path=/"})) as server:
        async with aclosing(Transport(fast=fast)) as transport:
            for _ in range(2):
                got = await transport.converse(asking(call(server.url.replace("127.0.0.1", "localhost"))))
        assert "session" in got.headers["set-cookie"]
        assert not any("cookie" in seen.headers for seen in server.seen)


@below
@in_loop
async def test_calls_in_a_row_share_one_connection(fast: bool) -> None:
    """A connection is used again when it is free, whatever came before in the exchange."""
    async with play(reply(200, b"x" * 100_000)) as server, aclosing(Transport(fast=fast)) as transport:
        for _ in range(5):
            await transport.converse(asking(call(server.url), call(server.url)))
        assert server.connections == 1


@below
@in_loop
async def test_after_a_crowd_the_connections_are_reused(fast: bool) -> None:
    """So many calls at once open so many connections; the next crowd opens no other."""
    async with play(reply(200, b"x", after=0.2)) as server, aclosing(Transport(fast=fast)) as transport:
        for _ in range(2):
            await asyncio.gather(*(transport.converse(asking(call(server.url))) for _ in range(25)))
        assert len(server.seen) == 50
        assert server.connections == 25


@below
@in_loop
async def test_a_limit_of_connections_makes_calls_wait(fast: bool) -> None:
    """Beyond the limit calls queue without failing."""
    async with play(reply(200, b"x", after=0.02)) as server:
        async with aclosing(Transport(fast=fast, connections=3)) as transport:
            got = await asyncio.gather(*(transport.converse(asking(call(server.url))) for _ in range(12)))
        assert [answer.body for answer in got] == [b"x"] * 12
        assert server.connections == 3


@in_loop
async def test_no_pool_holds_more_than_its_share() -> None:
    """The client's pools stay small, because their work grows with the square of what they hold."""
    async with play(reply(200, b"x", after=0.3)) as server, aclosing(Transport(fast=False)) as transport:
        talks = [asyncio.ensure_future(transport.converse(asking(call(server.url)))) for _ in range(30)]
        while len(server.seen) < 30:
            await asyncio.sleep(0.01)
        pools = [pool for pools in transport._wire._pools.values() for pool in pools]
        assert POOL_CONNECTIONS <= 10
        assert max(pool.busy for pool in pools) <= POOL_CONNECTIONS
        assert sum(pool.busy for pool in pools) == 30
        await asyncio.gather(*talks)
        assert sum(pool.busy for pool in pools) == 0


PROXIES = (
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
)


@below
@pytest.mark.parametrize("address", ["http://user:word@{}", "user:word@{}"])
@in_loop
async def test_a_proxy_of_the_environment_is_used(fast: bool, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go through the proxy that the environment names, with its user; those it exempts go straight."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    async with play(reply(200, b"proxied")) as proxy, play(reply(200, b"straight")) as server:
        monkeypatch.setenv("http_proxy", address.format(f"127.0.0.1:{proxy.port}"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with aclosing(Transport(fast=fast)) as transport:
            straight = await transport.converse(asking(call(f"{server.url}/x")))
            proxied = await transport.converse(asking(call("http://vendor.invalid/x?a=%2F")))
    assert (straight.body, proxied.body) == (b"straight", b"proxied")
    assert proxy.seen[0].target == "http://vendor.invalid/x?a=%2F"
    assert proxy.seen[0].headers["proxy-authorization"] == f"Basic {base64.b64encode(b'user:word').decode()}"


@in_loop
async def test_a_proxy_that_cannot_be_used_is_a_matter_of_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy of an unknown kind is named as the cause, without its password."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "gopher://user:word@127.0.0.1:1")
    async with aclosing(Transport()) as transport:
        with pytest.raises(errors.ConfigurationError, match="proxy") as caught:
            await transport.converse(asking(call("http://vendor.invalid/x")))
    assert "word@" not in str(caught.value)


def test_an_unknown_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """EARWITNESS_HTTP_CLIENT names one of two clients, or the transport is not made."""
    monkeypatch.setenv("EARWITNESS_HTTP_CLIENT", "requests")
    with pytest.raises(errors.ConfigurationError, match="httpx, httpx2"):
        Transport()


@pytest.mark.parametrize(
    ("missing", "fast", "told"),
    [("httpx", False, "pip install httpx"), ("aiohttp", True, "earwitness[fast]")],
)
@in_loop
async def test_a_client_that_is_not_installed_says_how_to_get_it(
    missing: str, fast: bool, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library is a configuration error with the command that installs it."""
    monkeypatch.setenv("EARWITNESS_HTTP_CLIENT", "httpx")
    monkeypatch.setitem(sys.modules, missing, None)
    async with aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.ConfigurationError) as caught:
            await transport.converse(asking(call("http://127.0.0.1:1/")))
    assert told in str(caught.value)


@pytest.mark.parametrize(("asked", "loaded"), [("", "httpx"), ("httpx", "httpx"), ("httpx2", "httpx2")])
def test_the_client_is_the_one_asked_for_and_loaded_late(asked: str, loaded: str) -> None:
    """No HTTP client is imported before the first call, and then the one that the environment names."""
    if loaded == "httpx2":
        pytest.importorskip("httpx2")
    program = f"""
import asyncio, os, sys
os.environ["EARWITNESS_HTTP_CLIENT"] = {asked!r}
from earwitness._http.transport import Transport
from earwitness.exchange import HttpCall
from earwitness.errors import UnavailableError
def exchange():
    yield HttpCall("x", "GET", "http://127.0.0.1:1/")
async def main():
    transport = Transport(fast=False)
    assert not {{"httpx", "httpx2", "aiohttp"}} & set(sys.modules), "too early"
    try:
        await transport.converse(exchange)
    except UnavailableError:
        pass
    print(*sorted({{"httpx", "httpx2", "aiohttp"}} & set(sys.modules)))
    await transport.aclose()
asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [loaded]


@below
@in_loop
async def test_closing_leaves_no_connection(fast: bool) -> None:
    """After `aclose` the server sees every connection gone."""
    async with play(reply(200, b"x")) as server:
        transport: Any = Transport(fast=fast)
        await asyncio.gather(*(transport.converse(asking(call(server.url))) for _ in range(9)))
        await transport.aclose()
        while server.open_now:
            await asyncio.sleep(0.01)
