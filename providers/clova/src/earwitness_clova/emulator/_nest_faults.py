"""What the fault script does to one stream: see `earwitness.emulation.faults` for the kinds.

Messages are counted from the CONFIG, which is number 0, and answers from the one to it, which is number 0 too.
"""

from collections.abc import Mapping
from types import MappingProxyType

from earwitness.emulation import Clock, Fault
from earwitness.errors import ConfigurationError

__all__ = ["Mischief", "StreamEnd"]

_CODES = frozenset(
    (
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    )
)
_BY_HTTP: Mapping[int, str] = MappingProxyType(
    {
        400: "INTERNAL",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "UNIMPLEMENTED",
        429: "UNAVAILABLE",
        502: "UNAVAILABLE",
        503: "UNAVAILABLE",
        504: "UNAVAILABLE",
    }
)
"""What gRPC makes of a bare HTTP status (grpc/doc/http-grpc-status-mapping.md)."""
_BROKEN_JSON = '{"uid": "s-1", "responseType": ["transcription"], "transcription": {"te'
_GONE = "Connection reset"


class StreamEnd(Exception):  # noqa: N818  an end is no error
    """How the server ends a stream: a gRPC status by its name, and its text."""

    def __init__(self, code: str = "OK", text: str = "") -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Mischief:
    """One fault, or none, at work on one stream.

    `status` (what gRPC makes of a bare HTTP status), `answer` (the text of a RESOURCE_EXHAUSTED, or another gRPC status
    as in "UNIMPLEMENTED: text") and `drop` refuse it. `delay` waits before message number `after`; `garbage` replaces
    answer number `after`; `cut` ends within it; `lost` gives no answer from there on, and no good end. `stream_cut`
    ends it once message number `after` has been read, or so many seconds of audio with `value` "seconds"; the value may
    also name the status it ends with, as in "seconds OK". Raises ConfigurationError for a value that means nothing.
    """

    def __init__(self, fault: Fault | None, clock: Clock) -> None:
        self._kind = fault.kind if fault else None
        self._value = fault.value if fault else None
        self._after = fault.after if fault else 0.0
        self._clock = clock
        self._answers = 0
        self._words = str(self._value or "").split() if self._kind == "stream_cut" else []
        if not set(self._words) <= {"seconds", *_CODES}:
            raise ConfigurationError(
                "The value of a fault of the kind stream_cut means nothing",
                action='Give "seconds", the name of a gRPC status, or both.',
            )

    def at_start(self) -> None:
        """Raises StreamEnd for a stream that is refused."""
        match self._kind:
            case "status":
                raise StreamEnd(self._status())
            case "drop":
                raise StreamEnd("UNAVAILABLE", _GONE)
            case "answer":
                code, _, text = str(self._value).partition(":")
                known = code in _CODES
                raise StreamEnd(code, text.strip()) if known else StreamEnd("RESOURCE_EXHAUSTED", str(self._value))

    async def before(self, message: int) -> None:
        """Waits where this message shall be acted on late."""
        if self._kind == "delay" and message == int(self._after):
            await self._clock.sleep(float(str(self._value)))

    def after(self, message: int, *, audio_ms: int) -> None:
        """Raises StreamEnd where the stream is cut behind this message."""
        if self._kind != "stream_cut":
            return
        reached = audio_ms / 1000 if "seconds" in self._words else message
        if reached >= self._after:
            raise StreamEnd(next((word for word in self._words if word in _CODES), "UNAVAILABLE"), _GONE)

    def contents(self, text: str) -> str | None:
        """What is sent in place of this answer, if anything is."""
        number, self._answers = self._answers, self._answers + 1
        if self._kind == "garbage" and number == int(self._after):
            return self._value if isinstance(self._value, str) else _BROKEN_JSON
        return None if self._kind == "lost" and number >= self._after else text

    def cuts_answer(self) -> bool:
        """Whether the answer that was last asked about is cut in its middle, and the stream with it."""
        return self._kind == "cut" and self._answers == int(self._after) + 1

    def at_end(self) -> None:
        """Raises StreamEnd where a stream that went well shall not look so."""
        if self._kind == "lost":
            raise StreamEnd("UNAVAILABLE", _GONE)

    def _status(self) -> str:
        status = self._value["status"] if isinstance(self._value, Mapping) else self._value
        return _BY_HTTP.get(int(str(status)), "UNKNOWN")
