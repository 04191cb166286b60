"""The worker process: takes work from the process that started it, lets an engine listen, and tells what it hears.

The conversation, in length-prefixed pickles, begins on standard input and output and moves away from them before any
engine runs: an engine that reads standard input finds it empty, and what it prints goes to standard error. The worker
ends when the process that started it does.
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
from ._yields import heard_by, sample_rate_of, version_of
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
        try:
            while header := self._source.read(HEADER.size):
                message = pickle.loads(self._source.read(*HEADER.unpack(header)))
                # In the order of the conversation: a cancel may be read before the work it is meant for is taken up.
                if message[0] == "listen":
                    self.cancelled.clear()
                elif message[0] == "cancel":
                    self.cancelled.set()
                self._queue.put(message)
        finally:
            # The parent is gone, perhaps in the middle of a message, or has closed us: nobody wants the rest.
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
                self._listen(*rest)

    def _listen(self, engine_pickle: bytes, media: Media | None) -> None:
        try:
            self._hear(self._engine(engine_pickle), media)
        except _CancelledError:
            self._say("cancelled")
        except BaseException as error:  # Also SystemExit, and the panics of engines written in Rust.
            self._say("error", _told(error))

    def _hear(self, engine: Engine, media: Media | None) -> None:
        decoded = None if media is None else pcm(media, sample_rate=sample_rate_of(engine))
        for heard in heard_by(engine, self._live() if decoded is None else self._checked(decoded)):
            self._say("heard", heard)
            self._stop_if_cancelled()
        self._say("done", version_of(engine), tuple(decoded.warnings) if decoded else ())

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


def _told(error: BaseException) -> EarwitnessError:
    """What may be told of a failure; a foreign exception by its type and place, as its text may quote what was said."""
    if isinstance(error, EarwitnessError) and _travels(error):
        return error
    return JobFailedError(
        f"The engine failed with {where(error)}",
        action="Report this to the maintainers of the provider's plugin.",
    )


def _travels(error: EarwitnessError) -> bool:
    try:
        return isinstance(pickle.loads(pickle.dumps(error, pickle.HIGHEST_PROTOCOL)), EarwitnessError)
    except Exception:
        return False


def main() -> None:
    """Serves the parent until it ends the conversation."""
    code = 1
    try:
        _Worker(*_conversation()).serve()
    except BrokenPipeError:
        code = 0
    except BaseException as error:
        print(f"earwitness worker: {where(error)}", file=sys.stderr)
    finally:
        # Without the interpreter's own end: the finalisers of native libraries can crash or hang there.
        sys.stderr.flush()
        os._exit(code)


def _conversation() -> tuple[BinaryIO, BinaryIO]:
    """Where the parent is heard and answered; standard input and output are then nothing to it."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


if __name__ == "__main__":
    main()
