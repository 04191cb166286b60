"""Live audio on its way to a recogniser: any source becomes async blocks, with back-pressure and a pace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from ..errors import InvalidRequestError
from ..request import AudioSource, LiveAudio, audio_source

__all__ = ["blocks_of", "paced"]

_QUEUED = 16
_BYTES_PER_SAMPLE = 2


def blocks_of(audio: object, *, given_rate: int, wanted_rate: int) -> AsyncGenerator[bytes]:
    """The samples of `audio` at `wanted_rate` Hz, block by block.

    A file is decoded as it is read; live samples come at `given_rate` Hz and are resampled where the rates differ.
    """
    if isinstance(audio, str | Path | AudioSource) and not isinstance(audio, LiveAudio):
        return _pumped(_decoded(audio, wanted_rate))
    live = _live(audio)
    if given_rate == wanted_rate:
        return live
    from .resampling import resampled

    return resampled(live, given_rate, wanted_rate)


async def paced(blocks: AsyncGenerator[bytes], *, sample_rate: int, speed: float = 1.0) -> AsyncGenerator[bytes]:
    """The same blocks, none earlier than it would be spoken; a late start is not hurried to catch up a pause."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    async with aclosing(blocks):
        async for block in blocks:
            due = max(due, loop.time() - 1.0) + len(block) / (_BYTES_PER_SAMPLE * sample_rate * speed)
            await asyncio.sleep(due - loop.time())
            yield block


def _live(audio: object) -> AsyncGenerator[bytes]:
    if isinstance(audio, AsyncIterable):
        return _relayed(audio)
    if isinstance(audio, Iterable) and not isinstance(audio, bytes | bytearray | dict):
        return _pumped(iter(audio))
    raise InvalidRequestError(
        f"A {type(audio).__name__} cannot be streamed",
        action="Give a path, or an iterable (plain or async) of 16-bit mono samples as bytes.",
    )


def _decoded(audio: str | Path | AudioSource, sample_rate: int) -> Iterator[bytes]:
    from ..media import open_media, pcm

    with open_media(audio_source(audio)) as media:
        yield from pcm(media, sample_rate=sample_rate)


async def _relayed(audio: AsyncIterable[Any]) -> AsyncGenerator[bytes]:
    async for block in audio:
        yield _checked(block)


async def _pumped(source: Iterator[Any]) -> AsyncGenerator[bytes]:
    """What a blocking iterator gives, read by a thread of its own.

    The thread is a daemon: one that waits for a microphone or a pipe for ever must not keep the program alive.
    """
    queue: asyncio.Queue[Any] = asyncio.Queue()
    room = threading.Semaphore(_QUEUED)
    loop = asyncio.get_running_loop()
    closed = threading.Event()

    def put(item: Any) -> None:
        room.acquire()
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def pump() -> None:
        # The loop may be gone by the time a blocked read returns; then nobody waits for these blocks.
        with suppress(RuntimeError):
            try:
                for block in source:
                    if closed.is_set():
                        return
                    put(block)
                put(None)
            except BaseException as error:
                put(error)
            finally:
                if close := getattr(source, "close", None):
                    close()

    threading.Thread(target=pump, name="earwitness-audio", daemon=True).start()
    try:
        while (item := await queue.get()) is not None:
            room.release()
            if isinstance(item, BaseException):
                raise item
            yield _checked(item)
    finally:
        closed.set()
        # A producer that waits for room must not wait for ever.
        room.release(_QUEUED)


def _checked(block: Any) -> bytes:
    if not isinstance(block, bytes | bytearray | memoryview):
        raise InvalidRequestError(
            f"A block of live audio is a {type(block).__name__}, not bytes", action="Give 16-bit samples as bytes."
        )
    return bytes(block)
