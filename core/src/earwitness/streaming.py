"""A streaming dialect is one connection without I/O: audio in, frames out; frames in, events out.

Core owns the connection, the pace, the time-outs, and the reconnecting: after a cut it opens a new dialect, replays
the audio that no `Final` has covered yet, and adds the time offset. So a dialect counts time from its own start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from .errors import EarwitnessError
from .models import Interim, Notice, Segment

__all__ = ["Dial", "Dialect", "Final", "Frame", "Interim", "ReadsErrors", "Reconnected", "Settled", "StreamEvent"]

Frame = bytes | str
"""One message of the connection: a WebSocket text or binary message, or the bytes of one gRPC message."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Where and how to connect, and how long to trust the connection. Its repr hides the address, which may be signed.

    `target` is a WebSocket URL, or `host:port` for gRPC, where `method` is the full method path. Times in seconds:
    `ready_timeout_s` from the first frame to `ready`; `flush_timeout_s` is the longest silence after `finish`, after
    which gRPC also tells the vendor that nothing more comes, and a clean end within the same time confirms everything;
    `max_age_s` is when core moves to a new connection by itself; after `idle_s` without any audio core sends a second
    of silence, so that the vendor closes the sentence and keeps the line (None: this vendor waits).
    """

    kind: Literal["websocket", "grpc"]
    target: str = field(repr=False)
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    plaintext: bool = False
    open_timeout_s: float = 15.0
    ready_timeout_s: float = 15.0
    flush_timeout_s: float = 15.0
    max_age_s: float | None = None
    idle_s: float | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """A finished segment. `heard_ms`: all audio up to here is settled and need not be replayed after a cut.

    `vendor` is JSON data about this segment that has no neutral place; it becomes one item of `segments` in the
    transcript's own `vendor`.
    """

    segment: Segment
    heard_ms: int
    vendor: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """All audio up to `heard_ms` is dealt with: silence that no `Final` covers need not be replayed either."""

    heard_ms: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """A new connection took over at `offset_ms` of the whole audio. Nothing was doubled; a loss has its own notice.

    `reason` is `rotation`, or the kind of the error that ended the connection before (`unavailable`, `deadline`, ...).
    """

    offset_ms: int
    reason: str


StreamEvent = Interim | Final | Notice | Reconnected


class Dialect(Protocol):
    """One vendor's conversation over one connection. Every method is pure: no clock, no socket, no sleep.

    Errors are raised from `received` as EarwitnessError; `retryable` there means that a new connection may go on.
    Times count from the first sample given to `audio` on this connection, silence that core fills in included.
    """

    @property
    def sample_rate(self) -> int:
        """The rate of the 16-bit little-endian mono samples it wants, in Hz."""
        ...

    @property
    def chunk_ms(self) -> int:
        """How much audio one `audio` call carries, in milliseconds; less where a live source pauses or ends."""
        ...

    @property
    def pace(self) -> float:
        """Seconds of audio that the vendor takes per second: 1.0 is real time, `inf` as fast as it reads.

        After a pause of the source, a second more may go at once. Only above 1.0 can a live stream catch up a cut.
        A vendor that lags far behind what it was sent gets no more than real time, so that a cut loses nothing.
        """
        ...

    @property
    def ready(self) -> bool:
        """Whether audio may be sent now."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the vendor has said everything it will say."""
        ...

    def dial(self, now: datetime) -> Dial:
        """Where to connect, signed with this time."""
        ...

    def opened(self) -> Sequence[Frame]:
        """The frames to send first."""
        ...

    def audio(self, pcm: bytes) -> Sequence[Frame]:
        """The frames that carry this audio."""
        ...

    def finish(self) -> Sequence[Frame]:
        """The frames that say that no more audio comes; the vendor then settles what it holds."""
        ...

    def received(self, frame: Frame) -> Sequence[Interim | Final | Settled | Notice]:
        """What this frame tells. Raises EarwitnessError."""
        ...


@runtime_checkable
class ReadsErrors(Protocol):
    """What a dialect may do besides: say what an error of the connection means at this vendor."""

    def meaning(self, error: EarwitnessError) -> EarwitnessError:
        """The error to go by, for a refused handshake, a status, a close code or a silence: this one, or another.

        `vendor_code` and `vendor_message` are what the vendor said. Without this method core's own reading stands.
        """
        ...
