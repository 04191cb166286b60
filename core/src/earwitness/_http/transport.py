"""Sends what exchanges yield. The only module that knows an HTTP client: httpx, or what EARWITNESS_HTTP_CLIENT names.

With the extra `fast`, aiohttp works underneath. Calls go straight to the client's transport (its public seam), so that
no cookie is kept, no redirect followed, no header added and no address logged.
"""

import importlib
import logging
import os
import re
from asyncio import Semaphore
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import lru_cache
from importlib.util import find_spec
from math import inf
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .._clock import Clock, SystemClock, VendorClocks
from .._redact import LogGuard, Masker, our_traffic
from ..capabilities import Rate
from ..errors import ConfigurationError, EarwitnessError, InvalidRequestError
from ..exchange import Auth, Exchange, HttpCall, HttpReply, full_url
from .bodies import Upload, read_bounded
from .conversation import Conversation
from .failures import bad_address, call_failure, redirect_error
from .pacing import Pacer
from .retry import Retries, RetryPolicy

__all__ = ["Transport"]

T = TypeVar("T")

CLIENTS = {"httpx": "httpx_aiohttp", "httpx2": "httpx_aiohttp.httpx2"}
CONNECTIONS = 200
POOL_CONNECTIONS = 4
"""httpx 0.28's pool takes time quadratic in its size (encode/httpcore#1035), so there are many small ones."""
IDLE_S = 5.0
"""Shorter than a server's own limit, so that a call hardly ever meets a connection that is just being closed."""
CONNECT_S = 10.0
WRITE_S = 60.0
URLS_KEPT = 64
"""Reading an address costs httpx as much as making a request of it, and most vendors have one address."""
LOG = logging.getLogger("earwitness.http")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding"})
_DEFAULTS = {"accept": "*/*", "user-agent": "earwitness"}


class Transport:
    """Connections, signing, repeating and hiding for one profile, in one event loop.

    `fast` puts aiohttp underneath; unset, where httpx-aiohttp is installed. Proxies are taken from the environment
    (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), certificates from SSL_CERT_FILE or SSL_CERT_DIR where they are set.
    Raises ConfigurationError for an HTTP client that is unknown or not installed.
    """

    def __init__(
        self,
        *,
        policy: RetryPolicy | None = None,
        clock: Clock | None = None,
        secrets: Masker | Iterable[str] = (),
        retries: Retries | None = None,
        fast: bool | None = None,
        connections: int = CONNECTIONS,
        rates: Iterable[Rate] = (),
    ) -> None:
        self._clock = clock or SystemClock()
        self._clocks = VendorClocks(self._clock)
        self._retries = retries or Retries(policy or RetryPolicy())
        self._masker = secrets if isinstance(secrets, Masker) else Masker(secrets)
        self._wire = _Wire(_client_name(), fast)
        self._pacer = Pacer(self._clock, rates)
        self._gate = Semaphore(connections)
        self._closed = False
        self._guard = LogGuard(self._masker)
        self._guard.attach()

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        """What the exchange returns, its calls signed, sent and repeated as they allow. Raises EarwitnessError."""
        if self._closed:
            raise ConfigurationError("This session is closed", action="Open another one.")
        talk = Conversation(make_exchange, auth, self._send, self._retries, self._clock, self._clocks, self._pacer)
        try:
            result = await talk.run()
        except EarwitnessError as error:
            self._masker.clean(error)
            raise
        # A job that failed is a result, and its error quotes the vendor as much as one that is raised.
        carried = getattr(result, "error", None)
        if isinstance(carried, EarwitnessError):
            self._masker.clean(carried)
        return result

    async def aclose(self) -> None:
        """Closes every connection and leaves the loggers as they were. May be called twice."""
        self._closed = True
        await self._wire.aclose()
        self._guard.detach()

    async def _send(self, call: HttpCall, attempt: int) -> HttpReply | EarwitnessError:
        async with self._gate:
            started = self._clock.monotonic()
            with our_traffic():
                outcome = await self._tried(call)
        if LOG.isEnabledFor(logging.DEBUG):
            _log(call, outcome, attempt, self._clock.monotonic() - started)
        return outcome

    async def _tried(self, call: HttpCall) -> HttpReply | EarwitnessError:
        upload = Upload.of(call.body, WRITE_S)
        try:
            return await self._reply(call, upload)
        except EarwitnessError as error:
            failure = error
        except Exception as error:  # whatever a client raises, it must not get out
            failure = (upload and upload.failure) or call_failure(error, call, _host(call))
        finally:
            if upload:
                await upload.aclose()
        # Without its frames: they hold the client's request, whose repr shows the address.
        failure.__context__ = None
        return failure.with_traceback(None)

    async def _reply(self, call: HttpCall, upload: Upload | None) -> HttpReply:
        request = self._wire.request(call, upload)
        pool = self._wire.pool(call.url)
        pool.busy += 1
        try:
            async with upload.watched() if upload else nullcontext():
                response = await pool.transport.handle_async_request(request)
            try:
                return await self._read(call, response)
            finally:
                await response.stream.aclose()
        finally:
            pool.busy -= 1

    async def _read(self, call: HttpCall, response: Any) -> HttpReply:
        received_at = self._clock.now()
        status: int = response.status_code
        if 300 <= status < 400:
            raise redirect_error(status, call, _host(call))
        headers = _plain(response.headers.raw)
        try:
            body = await read_bounded(response.stream, call, headers, self._clock.monotonic)
        except EarwitnessError:
            raise
        except Exception as error:  # as above
            raise call_failure(error, call, _host(call), answered=True) from None
        return HttpReply(status, headers, body, received_at)


class _Pool:
    """One of the client's transports, how many calls it is carrying, and how many it may."""

    __slots__ = ("busy", "room", "transport")

    def __init__(self, transport: Any, room: float) -> None:
        self.transport = transport
        self.room = room
        self.busy = 0


class _Wire:
    """The HTTP client's side: requests, and pools of connections for each proxy (None: straight), made when needed."""

    def __init__(self, client: str, fast: bool | None) -> None:
        self._name = client
        self._fast = fast
        self._http: Any = None
        self._tls: Any = None
        self._parsed: Callable[[str], Any]
        self._proxies: Mapping[str, str] = {}
        self._pools: dict[str | None, list[_Pool]] = {}

    def request(self, call: HttpCall, upload: Upload | None) -> Any:
        """The client's request for a signed call. Raises InvalidRequestError for what HTTP forbids."""
        if self._http is None:
            self._load()
        headers = _headers(call)
        content: Any = call.body or None
        if upload:
            headers["Content-Length"], content = str(upload.length), upload
        timeouts = {"connect": CONNECT_S, "read": call.read_timeout_s, "write": WRITE_S, "pool": None}
        request = self._http.Request(
            call.method,
            self._parsed(full_url(call)),
            headers=headers,
            content=content,
            extensions={"timeout": timeouts},
        )
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise bad_address(call)
        return request

    def pool(self, url: str) -> _Pool:
        """The first pool with room on the way to this address, so that connections are reused; else another."""
        proxy = self._proxy(url) if self._proxies else None
        pools = self._pools.setdefault(proxy, [])
        for pool in pools:
            if pool.busy < pool.room:
                return pool
        pools.append(self._new_pool(proxy))
        return pools[-1]

    async def aclose(self) -> None:
        """Closes all connections."""
        for pools in self._pools.values():
            while pools:
                await pools.pop().transport.aclose()

    def _load(self) -> None:
        http = _imported(self._name)
        if self._fast is None:
            self._fast = find_spec("httpx_aiohttp") is not None
        self._tls = http.create_ssl_context()
        self._proxies = {scheme: address for scheme, address in getproxies().items() if scheme != "no"}
        self._parsed = lru_cache(URLS_KEPT)(http.URL)
        self._http = http

    def _new_pool(self, proxy: str | None) -> _Pool:
        if self._fast and proxy is None:
            return _Pool(_aiohttp_transport(CLIENTS[self._name], self._tls), room=inf)
        limits = self._http.Limits(
            max_connections=POOL_CONNECTIONS,
            max_keepalive_connections=POOL_CONNECTIONS,
            keepalive_expiry=IDLE_S,
        )
        try:
            transport = self._http.AsyncHTTPTransport(verify=self._tls, limits=limits, proxy=proxy)
            return _Pool(transport, room=POOL_CONNECTIONS)
        except (ImportError, ValueError):
            pass
        raise ConfigurationError(
            "The proxy that the environment names cannot be used",
            action="Look at HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; SOCKS needs: pip install 'httpx[socks]'.",
        )

    def _proxy(self, url: str) -> str | None:
        parts = urlsplit(url)
        if proxy_bypass(parts.hostname or ""):
            return None
        address = self._proxies.get(parts.scheme) or self._proxies.get("all")
        return address if address is None or "://" in address else f"http://{address}"


class _ExactSession:
    """An aiohttp session that sends addresses as they were signed; by itself it decodes escapes such as %7E and %2F.

    It does not repeat a lost call either, as aiohttp would with PUT and DELETE: repeating is decided in one place.
    """

    def __init__(self, aiohttp: Any, yarl: Any, tls: Any) -> None:
        self._exact = yarl.URL
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls, keepalive_timeout=IDLE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )
        self._session._retry_connection = False
        self.close = self._session.close

    def __call__(self) -> "_ExactSession":
        return self

    def request(self, *, url: str, **known: Any) -> Any:
        """aiohttp's own request, with the address unchanged."""
        return self._session.request(url=self._exact(url, encoded=True), **known)


def _aiohttp_transport(name: str, tls: Any) -> Any:
    session = _ExactSession(_imported("aiohttp"), _imported("yarl"), tls)
    transport = _imported(name).AiohttpTransport(verify=tls, client=session)
    transport.aclose = session.close
    return transport


def _client_name() -> str:
    name = os.environ.get("EARWITNESS_HTTP_CLIENT") or "httpx"
    if name in CLIENTS:
        return name
    raise ConfigurationError(
        f"EARWITNESS_HTTP_CLIENT names an unknown HTTP client: {name!r}",
        action=f"Use one of: {', '.join(CLIENTS)}.",
    )


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        pass
    package = name.partition(".")[0].replace("_", "-")
    wanted = "'earwitness[fast]'" if package in ("aiohttp", "httpx-aiohttp", "yarl") else package
    raise ConfigurationError(f"The HTTP client {package} is not installed", action=f"pip install {wanted}")


def _headers(call: HttpCall) -> dict[str, str]:
    headers = dict(_DEFAULTS)
    for name, value in call.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable() and value == value.strip()):
            raise InvalidRequestError(
                f"The header {name!r} of the {call.operation} call holds characters that HTTP does not allow",
                action="Check the credentials for stray line breaks, spaces and letters outside of ASCII.",
            )
        lower = name.lower()
        if lower not in _FRAMING:
            headers[lower] = value
    headers["accept-encoding"] = "gzip, deflate"
    return headers


def _plain(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _host(call: HttpCall) -> str:
    try:
        return urlsplit(call.url).hostname or "no host"
    except ValueError:
        return "no host"


def _log(call: HttpCall, outcome: HttpReply | EarwitnessError, attempt: int, seconds: float) -> None:
    status, size = (outcome.status, len(outcome.body)) if isinstance(outcome, HttpReply) else (outcome.kind, 0)
    told = {
        "operation": call.operation,
        "method": call.method,
        "host": _host(call),
        "status": status,
        "ms": round(seconds * 1000),
        "bytes": size,
        "attempt": attempt,
    }
    LOG.debug(" ".join(f"{name}=%s" for name in told), *told.values(), extra={"earwitness": told})
