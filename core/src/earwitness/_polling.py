"""When to ask a vendor about one job again.

Some jobs are over at once, whatever their length: silence, refused audio, a vendor that is fast today. So the first
question comes after two seconds. A job's length is otherwise roughly proportional to its audio's: up to half of the
expected time the time waited doubles from question to question, and from there on a tenth of it is added, never less
than one second or more than thirty. So a result waits no longer than its job took, or a tenth of that where it came
when it was expected, and at most thirty seconds.

That makes at most 7 early questions for up to an hour of audio, 13 in all for ten minutes of it that take the
expected 34 seconds, and whatever the audio, no more than 45 in the first five minutes and 155 in the first hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["GIVE_UP_S", "Patience", "next_delay_s"]

GIVE_UP_S = 300.0
"""Questions that have failed for so many seconds, each after its own attempts, end the waiting, not the job."""

_FIXED_S = 4.0
_PER_AUDIO_SECOND = 0.05
_FIRST_S = 2.0
_SHORTEST_S = 1.0
_LONGEST_S = 30.0


def next_delay_s(waited_s: float, *, audio_ms: int | None, wish_s: float | None = None) -> float:
    """Seconds until the next question, after `waited_s` since submission. The vendor's own wish, where given, wins."""
    if wish_s is not None:
        return max(wish_s, 0.0)
    half = (_FIXED_S + _PER_AUDIO_SECOND * (audio_ms or 0) / 1000) / 2
    if waited_s < _FIRST_S:
        delay = _FIRST_S - waited_s
    elif waited_s < half:
        delay = min(waited_s, half - waited_s)
    else:
        delay = waited_s / 10
    return min(max(delay, _SHORTEST_S), _LONGEST_S)


class Patience:
    """How long questions about one job may go unanswered. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def failed(self) -> bool:
        """Takes note of a failed question; whether it is time to give up."""
        now = self._clock()
        if self._since is None:
            self._since = now
        return now - self._since >= GIVE_UP_S

    def answered(self) -> None:
        """Takes note of an answer."""
        self._since = None
