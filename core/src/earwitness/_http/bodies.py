"""Bodies in constant memory: uploads read block by block off the event loop, replies bounded while they stream in."""

import asyncio
import threading
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager

from ..errors import BadAudioError, EarwitnessError
from ..exchange import HttpCall, StreamBody
from .failures import bad_reply, too_slow

__all__ = ["Upload", "read_bounded"]

CLOSING_S = 2.0
BLOCK = 256 * 1024
DAMAGED = "is compressed and damaged"
INFLATE_STEP = 1024 * 1024
TRUSTED_INFLATED = 8 * 1024 * 1024
WORST_RATIO = 200
"""Deflate reaches 1032:1 (RFC 1951 allows no more) on bombs, ten hours of transcript JSON about 20:1."""
SLOWEST_REPLY = 10
"""A reply may take this many read time-outs from its head to its end: a trickle must not hold a call for ever."""


class Upload:
    """One sending of a body: exactly its length, in blocks, or an error of ours, which `failure` then keeps.

    A block that nobody takes for `stall_s` seconds ends `watched()` with TimeoutError: not every HTTP
    client bounds a stalled upload.
    """

    def __init__(self, body: StreamBody, stall_s: float) -> None:
        self.failure: EarwitnessError | None = None
        self.length = body.length
        self._body = body
        self._stall_s = stall_s
        self._blocks: Iterator[bytes] | None = None
        self._sent = 0
        self._reading = threading.Lock()
        self._watch: asyncio.Timeout | None = None

    @classmethod
    def of(cls, body: bytes | StreamBody, stall_s: float) -> "Upload | None":
        """The sending of a body that does not fit one block, else None."""
        if isinstance(body, StreamBody):
            return cls(body, stall_s)
        if len(body) <= BLOCK:
            return None
        return cls(StreamBody(lambda: _slices(body), len(body)), stall_s)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """The scope in which this upload is sent. Raises TimeoutError when a block is not taken."""
        async with asyncio.timeout(None) as self._watch:
            try:
                yield
            finally:
                self._watch = None

    def __aiter__(self) -> "Upload":
        return self

    async def __anext__(self) -> bytes:
        self._expect(None)
        block = await asyncio.get_running_loop().run_in_executor(None, self._next_checked)
        self._expect(self._stall_s if block else None)
        if not block:
            raise StopAsyncIteration
        return block

    async def aclose(self) -> None:
        """Closes what the blocks come from; a read that hangs is not waited for long: nothing can break it off."""
        if self._blocks is not None:
            closing = asyncio.get_running_loop().run_in_executor(None, self._close)
            await asyncio.wait({closing}, timeout=CLOSING_S)

    def _expect(self, seconds: float | None) -> None:
        if self._watch is not None:
            loop = asyncio.get_running_loop()
            self._watch.reschedule(None if seconds is None else loop.time() + seconds)

    def _next_checked(self) -> bytes:
        try:
            return self._next()
        except EarwitnessError as error:
            self.failure = error
        except Exception as error:  # the blocks may come from anywhere
            # The name of the file is in the text of an OSError; its reason is enough.
            reason = getattr(error, "strerror", None) or type(error).__name__
            self.failure = BadAudioError(f"The audio could not be read while it was sent: {reason}")
        raise self.failure

    def _next(self) -> bytes:
        with self._reading:
            if self._blocks is None:
                self._blocks = iter(self._body.open())
            block = next(filter(None, self._blocks), b"")
        self._sent += len(block)
        if self._sent > self._body.length or (not block and self._sent < self._body.length):
            raise BadAudioError(
                f"The audio changed while it was sent: {self._body.length} bytes were announced",
                action="Make sure that nothing writes to the file, and submit it again.",
            )
        return block

    def _close(self) -> None:
        with self._reading:
            close = getattr(self._blocks, "close", None)
            if close is not None:
                close()


async def read_bounded(
    chunks: AsyncIterable[bytes], call: HttpCall, headers: Mapping[str, str], monotonic: Callable[[], float]
) -> bytes:
    """The whole body after decompression. Raises ProtocolError beyond `max_reply` or for a broken encoding."""
    inflate = _inflater(headers.get("content-encoding", ""), call)
    latest = monotonic() + SLOWEST_REPLY * call.read_timeout_s
    parts: list[bytes] = []
    received = size = 0
    async for chunk in chunks:
        received += len(chunk)
        for part in inflate.feed(chunk) if inflate else (chunk,):
            size += len(part)
            if max(size, received) > call.max_reply or (size > TRUSTED_INFLATED and size > WORST_RATIO * received):
                raise bad_reply(call, f"is larger than the {call.max_reply} bytes that it may have")
            parts.append(part)
        if monotonic() > latest:
            raise too_slow(call)
    if inflate and received and not inflate.complete:
        raise bad_reply(call, DAMAGED, retryable=call.repeatable)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class _Inflater:
    """gzip in one member or several (RFC 1952), deflate wrapped or bare (RFC 1950, 1951); one step at a time."""

    def __init__(self, wbits: int, call: HttpCall) -> None:
        self._wbits = wbits
        self._call = call
        self._zlib = zlib.decompressobj(wbits)
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._zlib.eof

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._zlib.eof:
                self._zlib = zlib.decompressobj(self._wbits)
            yield self._step(chunk)
            chunk = self._zlib.unconsumed_tail or self._zlib.unused_data

    def _step(self, chunk: bytes) -> bytes:
        try:
            part = self._zlib.decompress(chunk, INFLATE_STEP)
        except zlib.error:
            if self._begun or self._wbits != zlib.MAX_WBITS:
                raise bad_reply(self._call, DAMAGED, retryable=self._call.repeatable) from None
            self._wbits = -zlib.MAX_WBITS
            self._zlib = zlib.decompressobj(self._wbits)
            return self._step(chunk)
        self._begun = True
        return part


_WBITS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def _inflater(encoding: str, call: HttpCall) -> _Inflater | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name not in _WBITS:
        raise bad_reply(call, "has an encoding that was not asked for")
    return _Inflater(_WBITS[name], call)


def _slices(body: bytes) -> Iterator[bytes]:
    return (body[start : start + BLOCK] for start in range(0, len(body), BLOCK))
