"""Bodies go and come in constant memory, complete or not at all."""

import asyncio
import functools
import gzip
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from earwitness import errors
from earwitness._http.retry import RetryPolicy
from earwitness._http.transport import Transport
from earwitness.exchange import HttpReply, StreamBody
from support.calls import BELOW, Source, asking, call
from support.clocks import ManualClock
from support.loopback import Unread, in_loop, play, reply

packed_gzip = functools.partial(gzip.compress, mtime=0)
TEXT = b'{"text": "hello"}' * 1000
pytestmark = pytest.mark.parametrize("fast", BELOW)


async def answer(fast: bool, act: Any, **known: Any) -> HttpReply:
    """What one try of a call brings."""
    async with (
        play(act) as server,
        aclosing(Transport(fast=fast, policy=RetryPolicy(attempts=1))) as transport,
    ):
        return await transport.converse(asking(call(server.url, **known)))


def raw_deflate(data: bytes) -> bytes:
    """Deflate without its wrapper, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", TEXT),
        ("gzip", packed_gzip(TEXT)),
        ("GZIP", packed_gzip(TEXT)),
        ("x-gzip", packed_gzip(TEXT[:99]) + packed_gzip(TEXT[99:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
    ids=["identity", "gzip", "capitals", "two members", "deflate", "bare deflate"],
)
@in_loop
async def test_encodings_are_undone(fast: bool, encoding: str, body: bytes) -> None:
    """gzip with one member or several, and deflate in both of its forms, arrive as what was compressed."""
    assert (await answer(fast, reply(200, body, {"Content-Encoding": encoding}))).body == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@in_loop
async def test_an_empty_body_has_nothing_to_undo(fast: bool, encoding: str) -> None:
    """A reply without a body is empty, whatever encoding it claims."""
    assert (await answer(fast, reply(204, b"", {"Content-Encoding": encoding}))).body == b""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", packed_gzip(TEXT)[:-9]),
        ("gzip", b"no gzip at all"),
        ("gzip", packed_gzip(TEXT)[:-8] + b"\0" * 8),
        ("deflate", b"\xff\xff\xff\xff"),
        ("br", b"\x0b\x02\x80\x03"),
    ],
    ids=["cut", "no gzip", "wrong sum", "no deflate", "not asked for"],
)
@pytest.mark.parametrize("repeatable", [True, False])
@in_loop
async def test_a_damaged_encoding_breaks_the_protocol(fast: bool, encoding: str, body: bytes, repeatable: bool) -> None:
    """Cut, false or unknown compression is a protocol error; a submission so answered may have been accepted."""
    with pytest.raises(errors.ProtocolError) as caught:
        await answer(fast, reply(200, body, {"Content-Encoding": encoding}), repeatable=repeatable)
    assert caught.value.accepted == ("no" if repeatable else "unknown")


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("packed", [True, False])
@in_loop
async def test_a_reply_is_bounded_to_the_byte(fast: bool, packed: bool, extra: int) -> None:
    """A reply of exactly `max_reply` bytes after decompression is taken, one byte more is not."""
    body = bytes(range(256)) * 400
    act = reply(200, packed_gzip(body), {"Content-Encoding": "gzip"}) if packed else reply(200, body)
    if not extra:
        assert (await answer(fast, act, max_reply=len(body))).body == body
        return
    with pytest.raises(errors.ProtocolError, match="larger than"):
        await answer(fast, act, max_reply=len(body) - 1)


@in_loop
async def test_an_endless_reply_ends_at_the_bound(fast: bool) -> None:
    """A reply without a length that never ends is cut at the bound, and its connection is given up."""

    async def act(line: Any) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await line.send(bytes(65536))

    async with play(act) as server, aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.ProtocolError, match="larger than the 1000000 bytes"):
            await transport.converse(asking(call(server.url, max_reply=1_000_000)))
        assert len(server.seen) == 1
        while server.open_now:
            await asyncio.sleep(0.01)


@in_loop
async def test_a_trickle_does_not_hold_a_call_for_ever(fast: bool) -> None:
    """A body that never goes silent for the read time-out ends all the same, after ten times as long."""
    clock = ManualClock()

    async def act(line: Any) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            clock.advance(20)
            await line.send(b".")
            await asyncio.sleep(0.01)

    async with (
        play(act) as server,
        aclosing(Transport(fast=fast, clock=clock, policy=RetryPolicy(attempts=1))) as transport,
    ):
        with pytest.raises(errors.DeadlineError, match="trickles"):
            await transport.converse(asking(call(server.url, read_timeout_s=30)))


@pytest.mark.parametrize("blocks", [(b"123",), (b"123", b"4567"), ()])
@in_loop
async def test_a_source_that_changed_is_not_passed_off_as_whole(fast: bool, blocks: tuple[bytes, ...]) -> None:
    """A source shorter or longer than announced is an audio error; the vendor never sees a whole request."""
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.BadAudioError, match="changed"):
            await transport.converse(asking(call(server.url, repeatable=False, body=StreamBody(Source(*blocks), 5))))
        await asyncio.sleep(0.05)
        assert not server.seen


@pytest.mark.parametrize(
    "fault", [OSError(5, "Input/output error", "/secret/name.wav"), errors.BadAudioError("Cut short")]
)
@in_loop
async def test_a_source_that_cannot_be_read_is_an_audio_error(fast: bool, fault: Exception) -> None:
    """A fault of the source is told as such, without the file's name, and is not taken for the network's."""
    source = Source(b"1234", fault)
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        with pytest.raises(errors.BadAudioError) as caught:
            await transport.converse(asking(call(server.url, repeatable=False, body=StreamBody(source, 9))))
        assert not server.seen
    assert "secret" not in str(caught.value)
    assert "output error" in str(caught.value) or "Cut short" in str(caught.value)
    assert source.closed == 1


@in_loop
async def test_a_source_is_read_outside_of_the_event_loop(fast: bool) -> None:
    """Slow storage stops nobody else: opening and reading happen in other threads."""
    threads = set()

    def blocks() -> Iterator[bytes]:
        threads.add(threading.get_ident())
        yield b"12345"

    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        await transport.converse(asking(call(server.url, body=StreamBody(blocks, 5))))
        assert server.seen[0].body == b"12345"
    assert threading.get_ident() not in threads


@in_loop
async def test_an_upload_slower_than_the_read_timeout_is_not_cut(fast: bool) -> None:
    """Waiting for the answer begins when the body is sent: a long upload is no silence."""

    def blocks() -> Iterator[bytes]:
        for _ in range(6):
            threading.Event().wait(0.1)
            yield b"12345"

    async with play(reply(200, b"ok")) as server, aclosing(Transport(fast=fast)) as transport:
        made = call(server.url, repeatable=False, read_timeout_s=0.3, body=StreamBody(blocks, 30))
        assert (await transport.converse(asking(made))).body == b"ok"


@pytest.mark.parametrize("streamed", [True, False])
@in_loop
async def test_an_upload_that_nobody_takes_ends(fast: bool, streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops reading is a deadline, not a hang, for a body from a source and for one in memory."""
    monkeypatch.setattr("earwitness._http.transport.WRITE_S", 0.3)
    whole = bytes(32 << 20)
    body = StreamBody(lambda: iter([whole[: 1 << 20]] * 32), len(whole)) if streamed else whole
    async with (
        play(Unread(lambda line: asyncio.sleep(60))) as server,
        aclosing(Transport(fast=fast, policy=RetryPolicy(attempts=1))) as transport,
    ):
        with pytest.raises(errors.DeadlineError):
            await transport.converse(asking(call(server.url, body=body)))


@in_loop
async def test_a_big_body_in_memory_arrives_whole(fast: bool) -> None:
    """A body of several blocks in memory goes over the wire unchanged, with its length."""
    body = bytes(range(256)) * 8000
    async with play(reply()) as server, aclosing(Transport(fast=fast)) as transport:
        await transport.converse(asking(call(server.url, body=body)))
        assert server.seen[0].body == body
        assert server.seen[0].headers["content-length"] == str(len(body))


@in_loop
async def test_an_early_refusal_of_an_upload_is_heard(fast: bool) -> None:
    """A vendor that answers 413 before it has read everything is heard, where the connection lets it."""

    async def act(line: Any) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        await line.reader.read()

    async with play(Unread(act)) as server, aclosing(Transport(fast=fast)) as transport:
        made = call(server.url, repeatable=False, body=StreamBody(Source(*[bytes(1 << 18)] * 8), 1 << 21))
        assert (await transport.converse(asking(made))).status == 413


MEMORY = Path(__file__).parents[1] / "support" / "transport_memory.py"


@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
@pytest.mark.parametrize(("what", "bound_mib"), [("upload", 32), ("bomb", 32)])
def test_memory_stays_bounded(fast: bool, what: str, bound_mib: int) -> None:
    """Uploading 200 MiB takes no more memory than a few blocks, and 1 MiB of gzip holding 1 GiB a few steps of it."""
    ran = subprocess.run(
        [sys.executable, str(MEMORY), what, "fast" if fast else "pool"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) <= bound_mib
