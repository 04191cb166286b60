"""How the streaming service behaves where nobody outside the vendor knows, or where its behaviour has varied."""

from typing import Literal

from pydantic import Field

from earwitness.emulation import Switches

__all__ = ["StreamSwitches"]


class StreamSwitches(Switches):
    """The switches of the streaming service (manual sections 5 and 9.3). Times in seconds of the emulator's clock."""

    stream_limit: int = Field(default=15, ge=0)
    """How many streams may be open at once with one secret (5.9)."""
    stream_data_before_config: Literal["envelope", "status"] = "envelope"
    """DATA before an accepted CONFIG: an error envelope and go on, or the status FAILED_PRECONDITION (5.4)."""
    stream_bad_config: Literal["envelope", "status"] = "envelope"
    """A CONFIG that cannot be used: a config envelope without `Success` and the end, or INVALID_ARGUMENT."""
    stream_blank: Literal["none", "leading", "counted"] = "none"
    """The blank between two pieces (5.7): in neither; at the start of the second; in neither, but in `position`."""
    stream_align_blank: bool = False
    """Whether `alignInfos` ends with a blank that is not in `text` (5.7)."""
    stream_feature_messages: bool = False
    """Whether `keywordBoosting`, `Forbidden` and `semanticEpd` get a message of their own after the config (5.7)."""
    stream_tail: Literal["lost", "told"] = "lost"
    """What becomes of speech that was not flushed before the client's half-close (5.4)."""
    stream_idle_s: float = Field(default=10.0, gt=0)
    """After so long without DATA the server flushes by itself (5.9)."""
    stream_lifetime_s: float | None = Field(default=None, gt=0)
    """How long a stream may last; unlimited unless set (5.9)."""
    stream_lifetime_end: Literal["status", "clean"] = "status"
    """How it ends then: UNAVAILABLE with `Lifespan expired`, or a clean end without the client's half-close (5.10)."""
