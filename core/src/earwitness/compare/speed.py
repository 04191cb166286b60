"""How fast the answers came: spreads with their number, throughput as a slope, and what a live stream showed when.

Times are seconds. A percentile is the smallest observation that at least so many per cent do not exceed (nearest
rank, type 1 of Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996). Throughput is the slope of time over
duration by Theil and Sen, the median of the slopes between all pairs, which one stuck answer does not move (Sen,
Estimates of the Regression Coefficient Based on Kendall's Tau, 1968); the intercept is the median of what is left, the
time that even no audio would take.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from ..streaming import Final, Interim, StreamEvent
from .corpus import Corpus, Entrant, Timing

__all__ = ["Line", "Speed", "Spread", "line", "live_timing", "speed", "spread"]

_MOST_POINTS = 400
_LEAST_RANGE_S = 0.1


@dataclass(slots=True)
class Spread:
    """Where `n` observations lie, in seconds. p99 of fewer than 100 is the largest."""

    n: int
    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(slots=True)
class Line:
    """Seconds of waiting for each second of audio, and for none of it; `n` answers, of which at most 400 are used."""

    n: int
    slope: float
    intercept: float

    @property
    def throughput(self) -> float | None:
        """Seconds of audio for each second of waiting beyond the intercept; None where more audio took no longer."""
        return 1 / self.slope if self.slope > 0 else None


@dataclass(slots=True)
class Speed:
    """The times of one entrant's answers; None where nobody measured them.

    `total` is from the hand-over to the transcript. Of it `upload` ends with the vendor's reference, `queue` with the
    word that it is at work, `process` with the transcript: as the vendor tells and as often as it is asked. The others
    are of live streams; `churn` is a share.
    """

    total: Spread | None = None
    upload: Spread | None = None
    queue: Spread | None = None
    process: Spread | None = None
    first_word: Spread | None = None
    final_after_speech: Spread | None = None
    churn: Spread | None = None
    over_duration: Line | None = None


def speed(corpus: Corpus, entrant: Entrant) -> Speed:
    """The times of everything that this entrant answered, be it with nothing."""
    answered = [one for one in entrant.results.values() if one.transcript is not None and one.timing is not None]
    timings = [one.timing for one in answered if one.timing is not None]
    lengths = {one.id: one.duration_ms for one in corpus}
    points = [
        (length / 1000, one.timing.total_s)
        for one in answered
        if (length := lengths.get(one.id)) and one.timing is not None and one.timing.total_s is not None
    ]
    return Speed(
        spread(one.total_s for one in timings),
        spread(one.upload_s for one in timings),
        spread(one.queue_s for one in timings),
        spread(one.process_s for one in timings),
        spread(one.first_word_s for one in timings),
        spread(one.final_after_speech_s for one in timings),
        spread(one.churn for one in timings),
        line(points),
    )


def spread(values: Iterable[float | None]) -> Spread | None:
    """The percentiles of what is known; None where nothing is."""
    known = sorted(one for one in values if one is not None)
    if not known:
        return None
    return Spread(len(known), *(_quantile(known, percent) for percent in (50, 90, 95, 99)))


def line(points: Iterable[tuple[float, float]]) -> Line | None:
    """The line through pairs of duration and time; None where all durations are about the same."""
    known = sorted(points)
    used = known if len(known) <= _MOST_POINTS else _thinned(known)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(used, 2) if b[0] - a[0] >= _LEAST_RANGE_S]
    if not slopes:
        return None
    slope = median(slopes)
    return Line(len(known), slope, median(time - slope * duration for duration, time in used))


def live_timing(events: Sequence[tuple[float, StreamEvent]], *, speech_end_s: float) -> Timing:
    """The times of one live stream, from its events and the seconds at which each came.

    Both clocks start with the first sample sent in real time; speech ends at `speech_end_s`. The first word is the
    first text shown, interim or final. Churn is the number of interim words that were taken back for each word of the
    final text (the unstable partial word ratio of Shangguan et al., Interspeech 2020); None without final words.
    """
    shown = [at for at, event in events if _text(event).strip()]
    finals = [at for at, event in events if isinstance(event, Final) and event.segment.text.strip()]
    taken_back, before = 0, list[str]()
    for _, event in events:
        if isinstance(event, Interim | Final):
            now = _text(event).split()
            taken_back += len(before) - _common(before, now)
            before = now if isinstance(event, Interim) else []
    words = sum(len(_text(event).split()) for _, event in events if isinstance(event, Final))
    return Timing(
        first_word_s=shown[0] if shown else None,
        final_after_speech_s=max(0.0, finals[-1] - speech_end_s) if finals else None,
        churn=taken_back / words if words else None,
    )


def _quantile(ordered: Sequence[float], percent: int) -> float:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _thinned(ordered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many as are used, evenly spaced in order of duration."""
    step = (len(ordered) - 1) / (_MOST_POINTS - 1)
    return [ordered[round(number * step)] for number in range(_MOST_POINTS)]


def _common(before: Sequence[str], now: Sequence[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))


def _text(event: StreamEvent) -> str:
    if isinstance(event, Final):
        return event.segment.text
    return event.text if isinstance(event, Interim) else ""
