"""The worker process: reads work from standard input, lets an engine listen, and writes what it hears.

It talks only to the process that started it, in length-prefixed pickles, and ends when that process does. Standard
output is kept for this conversation: whatever a native library prints goes to standard error.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any, BinaryIO

from ._foreign import where
from .engine import Engine
from .errors import EarwitnessError, JobFailedError
from .media import Media, pcm

__all__ = ["HEADER", "main"]

HEADER = struct.Struct("!I")
_QUEUED = 32


class _CancelledError(Exception):
    """The parent no longer wants the result."""


class _Inbox:
    """Messages from the parent, read by a thread so that a cancel is seen between two blocks of audio."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._queue: Queue[tuple[Any, ...]] = Queue(_QUEUED)
        self.cancelled = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def get(self) -> tuple[Any, ...]:
        return self._queue.get()

    def _read(self) -> None:
        while header := self._source.read(HEADER.size):
            message = pickle.loads(self._source.read(*HEADER.unpack(header)))
            if message[0] == "cancel":
                self.cancelled.set()
            self._queue.put(message)
        # The parent is gone or has closed us: nobody wants the rest.
        os._exit(0)


class _Worker:
    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._inbox = _Inbox(source)
        self._sink = sink
        self._engines: dict[bytes, Engine] = {}

    def serve(self) -> None:
        while True:
            kind, *rest = self._inbox.get()
            if kind == "listen":
                self._inbox.cancelled.clear()
                self._listen(*rest)

    def _listen(self, engine_pickle: bytes, media: Media | None) -> None:
        try:
            engine = self._engine(engine_pickle)
            decoded = None if media is None else pcm(media, sample_rate=engine.sample_rate)
            for heard in engine.listen(self._live() if decoded is None else self._checked(decoded)):
                self._say("heard", heard)
                self._stop_if_cancelled()
            self._say("done", engine.version, tuple(decoded.warnings) if decoded else ())
        except _CancelledError:
            self._say("cancelled")
        except EarwitnessError as error:
            self._say("error", error)
        except Exception as error:
            self._say("error", _wrapped(error))

    def _engine(self, pickled: bytes) -> Engine:
        """The engine as it was sent, kept with its loaded model; only the latest stays, so memory does not grow."""
        if pickled not in self._engines:
            self._engines.clear()
            self._engines[pickled] = pickle.loads(pickled)
        return self._engines[pickled]

    def _checked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._stop_if_cancelled()
            yield block

    def _live(self) -> Iterator[bytes]:
        while True:
            kind, *rest = self._inbox.get()
            self._stop_if_cancelled()
            if kind == "end":
                return
            yield rest[0]

    def _stop_if_cancelled(self) -> None:
        if self._inbox.cancelled.is_set():
            raise _CancelledError

    def _say(self, *message: Any) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._sink.write(HEADER.pack(len(data)) + data)
        self._sink.flush()


def _wrapped(error: Exception) -> JobFailedError:
    """A foreign exception by its type and place only: its text may quote what was said."""
    return JobFailedError(
        f"The engine failed with {where(error)}",
        action="Report this to the maintainers of the provider's plugin.",
    )


def main() -> None:
    """Serves the parent until it closes standard input."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    _Worker(sys.stdin.buffer, sink).serve()


if __name__ == "__main__":
    main()
