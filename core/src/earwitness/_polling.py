"""When to ask a vendor about one job again.

A job's length is roughly proportional to its audio's, so questions are spaced by what is expected to be left: the first
at half of the expected time, then at a tenth of the time already waited, never closer than one second or wider than
thirty. That keeps the delay small relative to the job, and nobody asks a six-hour job every second.
"""

from __future__ import annotations

__all__ = ["next_delay_s"]

_FIXED_S = 4.0
_PER_AUDIO_SECOND = 0.05
_SHORTEST_S = 1.0
_LONGEST_S = 30.0


def next_delay_s(waited_s: float, *, audio_ms: int | None, wish_s: float | None = None) -> float:
    """Seconds until the next question, after `waited_s` since submission. The vendor's own wish, where given, wins."""
    if wish_s is not None:
        return max(wish_s, 0.0)
    expected = _FIXED_S + _PER_AUDIO_SECOND * (audio_ms or 0) / 1000
    if waited_s < expected / 2:
        return min(max(expected / 2 - waited_s, _SHORTEST_S), _LONGEST_S)
    return min(max(waited_s / 10, _SHORTEST_S), _LONGEST_S)
