"""No secret leaves through an error, a repr or a log line, in any disguise, at any level."""

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import errors
from earwitness._http.transport import Transport
from earwitness._redact import LogGuard, Masker, our_traffic
from earwitness.exchange import Exchange, HttpCall, HttpReply
from support.calls import BELOW, asking, call
from support.clocks import ManualClock
from support.loopback import in_loop, play, raw, reply

KEY = "s3cr3t/k+y=ä&\"'x"
MARKERS = {
    "path": "pathmarker123",
    "query": "querymarker123",
    "header": "headermarker123",
    "body": "bodymarker123",
}
DISGUISES: dict[str, Callable[[str], str]] = {
    "itself": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, but for slashes": quote,
    "percent in small letters": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
    "form": quote_plus,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic auth": lambda text: base64.b64encode(b"user:" + text.encode()).decode(),
    "basic auth, other place": lambda text: base64.b64encode(b"users:" + text.encode() + b":x").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"u:" + text.encode()).decode(),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_secret_is_known_in_every_disguise(disguise: Callable[[str], str]) -> None:
    """However it is written, what identifies the secret is masked, and the rest of the text stays."""
    hidden = disguise(KEY)
    masked = Masker([KEY]).mask(f"before {hidden} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "***" in masked
    kept = masked.removeprefix("before ").removesuffix(" after")
    assert len(kept.replace("***", "")) <= 14


@given(
    st.text(min_size=6, max_size=40).filter(lambda text: text == text.strip() and len(text) >= 6),
    st.binary(max_size=5),
    st.binary(max_size=5),
)
def test_base64_of_a_secret_anywhere_is_masked(secret: str, before: bytes, after: bytes) -> None:
    """Wherever the secret stands in what is encoded, the letters that are its own are replaced."""
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    masked = Masker([secret]).mask(encoded)
    assert "***" in masked
    assert len(masked.replace("***", "")) <= len(encoded) - len(secret.encode()) * 8 // 6 + 2


def test_the_longest_secret_is_masked_first() -> None:
    """A secret that begins like another leaves no tail behind."""
    assert Masker(["abcd", "abcdefgh"]).mask("abcdefgh abcd") == "*** ***"


def test_what_is_too_short_to_be_a_secret_is_left() -> None:
    """An empty or very short setting does not blot out every text."""
    assert Masker(["", " ", "abc"]).mask("abc is a word") == "abc is a word"


def test_secrets_may_be_added_later() -> None:
    """A token learned while working is masked from then on."""
    masker = Masker()
    assert masker.mask("token-1234") == "token-1234"
    masker.add("token-1234")
    assert masker.mask("a token-1234 b") == "a *** b"
    assert "token" not in repr(masker)


def test_an_error_and_those_behind_it_are_cleaned() -> None:
    """Every text of an error is masked in place, and so are its causes; its type and figures stay."""
    try:
        try:
            raise OSError(f"no such file {KEY}")
        except OSError as cause:
            raise errors.RateLimitedError(f"m {KEY}", vendor_message=KEY, action=KEY, retry_after=3) from cause
    except errors.RateLimitedError as error:
        Masker([KEY]).clean(error)
        told = "".join(traceback.format_exception(error)) + repr(error) + json.dumps(error.details())
        lines = [line for line in told.splitlines() if "raise " not in line]
        assert KEY not in "\n".join(lines)
        assert error.retry_after == 3
        assert error.vendor_message == "***"


class Records(logging.Handler):
    """Keeps what a log would show, formatted with tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.shown.append(f"{self.format(record)} {record.__dict__}")
        self.names.append(record.name)


@pytest.fixture
def log() -> Iterator[Records]:
    """Everything that is logged in this process, at DEBUG."""
    records, root = Records(), logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    yield records
    root.removeHandler(records)
    root.setLevel(level)


def marked(url: str, **known: Any) -> HttpCall:
    """A call with a marker in each of its parts."""
    return call(
        f"{url}/external/v1/9/{MARKERS['path']}/upload",
        query={"sig": MARKERS["query"]},
        headers={"X-Key": MARKERS["header"]},
        body=MARKERS["body"].encode(),
        **known,
    )


@pytest.mark.parametrize("fast", BELOW)
@in_loop
async def test_no_part_of_a_call_is_logged_at_debug(fast: bool, log: Records) -> None:
    """At DEBUG, for success, redirect, loss and refusal, our line is all there is: no path, query, header or body."""
    acts = [
        reply(200, MARKERS["body"].encode()),
        reply(302, b"", {"Location": f"/{MARKERS['path']}"}),
        raw(b""),
        raw(b"x\r\n\r\n"),
    ]
    async with play(*acts) as server, aclosing(Transport(fast=fast, clock=ManualClock())) as transport:
        for _ in acts:
            try:
                await transport.converse(asking(marked(server.url, repeatable=False)))
            except errors.EarwitnessError:
                logging.getLogger("application").exception("It failed")
    shown = "\n".join(log.shown)
    assert not [marker for marker in MARKERS.values() if marker in shown]
    assert set(log.names) <= {"earwitness.http", "application", "asyncio"}
    assert log.names.count("earwitness.http") == 4


@in_loop
async def test_our_line_tells_what_is_harmless(log: Records) -> None:
    """One line a try: operation, method, host, status, time, bytes and attempt, as text and as fields."""
    async with (
        play(raw(b""), reply(200, b"12345")) as server,
        aclosing(Transport(clock=ManualClock())) as transport,
    ):
        await transport.converse(asking(marked(server.url)))
    ours = [shown for shown, name in zip(log.shown, log.names, strict=True) if name == "earwitness.http"]
    assert "operation=status method=POST host=127.0.0.1 status=unavailable ms=0 bytes=0 attempt=1" in ours[0]
    assert "operation=status method=POST host=127.0.0.1 status=200 ms=" in ours[1]
    assert "bytes=5 attempt=2" in ours[1]
    assert "'earwitness': {'operation': 'status'" in ours[1]


@in_loop
async def test_what_a_vendor_echoes_is_masked_in_the_error() -> None:
    """A vendor that repeats our key in its message does not get it into an error."""

    def exchange() -> Exchange[HttpReply]:
        answer = yield call(server.url)
        raise errors.AuthenticationError("Refused", vendor_message=answer.body.decode(), vendor_code=KEY)

    async with (
        play(reply(401, f"bad key {KEY}".encode())) as server,
        aclosing(Transport(secrets=[KEY])) as transport,
    ):
        with pytest.raises(errors.AuthenticationError) as caught:
            await transport.converse(exchange)
    assert caught.value.vendor_message == "bad key ***"
    assert KEY not in str(caught.value) + repr(caught.value)


@pytest.fixture
def guard() -> Iterator[LogGuard]:
    """A guard in force."""
    guard = LogGuard(Masker([KEY]))
    guard.attach()
    yield guard
    guard.detach()


@pytest.mark.parametrize(
    "name",
    [
        "httpx",
        "httpcore.connection",
        "httpcore2.http11",
        "aiohttp.client",
        "websockets.client",
        "grpc._channel",
    ],
)
def test_what_wire_libraries_say_of_our_traffic_is_dropped(guard: LogGuard, log: Records, name: str) -> None:
    """Below WARNING nothing about our calls passes; a warning passes without address and secret."""
    with our_traffic():
        logging.getLogger(name).info("HTTP Request: GET http://u:p@host/%s", "pathmarker123")
        logging.getLogger(name).debug("> GET /pathmarker123 HTTP/1.1")
        logging.getLogger(name).warning("lost wss://u:p@host:8/pathmarker123?x=1 and GET /pathmarker123 with %s", KEY)
    assert len(log.shown) == 1
    assert "lost wss://host:8/*** and GET *** with ***" in log.shown[0]
    assert "pathmarker123" not in log.shown[0]


def test_an_applications_own_traffic_is_still_logged(guard: LogGuard, log: Records) -> None:
    """Others who use the same libraries keep their lines, but for our secrets."""
    logging.getLogger("httpx").info("HTTP Request: GET %s", "http://host/theirs")
    logging.getLogger("httpx").info("HTTP Request: GET %s", f"http://host/{quote(KEY, safe='')}")
    assert "http://host/theirs" in log.shown[0]
    assert "http://host/***" in log.shown[1]


def test_a_traceback_in_a_wire_librarys_record_is_masked(guard: LogGuard, log: Records) -> None:
    """Secrets in an exception that is logged with its traceback are masked, for every formatter."""
    try:
        raise RuntimeError(f"failed with {KEY}")
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert KEY not in log.shown[0].replace('f"failed with {KEY}"', "")
    assert "RuntimeError: failed with ***" in log.shown[0]


def test_a_badly_formatted_record_passes(guard: LogGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's own mistake in a log call does not become an exception in its code."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logging.getLogger("httpx").info("%d", "no number")


@in_loop
async def test_closing_leaves_the_loggers_as_they_were() -> None:
    """No filter of ours stays on anybody's logger."""
    before = {
        name: list(logging.getLogger(name).filters)
        for name in ("httpx", "httpcore.http11", "aiohttp.client", "asyncio")
    }
    transport = Transport(secrets=[KEY])
    assert logging.getLogger("httpx").filters != before["httpx"]
    await transport.aclose()
    assert {name: logging.getLogger(name).filters for name in before} == before
