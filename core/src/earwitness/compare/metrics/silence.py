"""Words where nobody speaks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ._turns import Turn, hypothesis_turns, intervals, reference_turns

__all__ = ["WordsOnSilence"]

_HOUR_MS = 3_600_000


@dataclass(slots=True)
class WordsOnSilence:
    """Words that were heard where the reference has none: an invention, which no misheard word explains.

    The reference speaks during its words where they have times, else during its segments, each widened by `margin_s` on
    both sides. A word of the hypothesis counts if its whole interval lies outside.
    """

    name: str = "words_on_silence"
    title: str = "Words on silence (per hour of audio)"
    margin_s: float = 0.5
    unit: Literal["rate", "count", "ms"] = "count"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Words, over the HOURS of audio. None without the audio's length, or without times that tell."""
        found = [each for pair in pairs if (each := self._one(pair, profile)) is not None]
        return Measurement(sum(words for words, _ in found), sum(hours for _, hours in found)) if found else None

    def _one(self, pair: Pair, profile: Profile) -> tuple[int, float] | None:
        length = pair.utterance.duration_ms or pair.reference.duration_ms or pair.hypothesis.duration_ms
        said = [turn for turn in reference_turns(pair) if profile.mixed(turn.text).units or not turn.text]
        heard = hypothesis_turns(pair)
        if not length:
            return None
        if not said:
            return sum(len(profile.mixed(turn.text).units) for turn in heard), length / _HOUR_MS
        speech = _speech(said, self.margin_s * 1000)
        words = _placed(heard, profile)
        if speech is None or words is None:
            return None
        starts, ends = [start for start, _ in speech], [end for _, end in speech]
        outside = sum(bisect_left(starts, end) == bisect_right(ends, start) for start, end in words)
        return outside, length / _HOUR_MS


def _speech(said: Sequence[Turn], margin_ms: float) -> list[tuple[float, float]] | None:
    """When the reference speaks, in order and apart; None where a turn has no time."""
    found: list[tuple[float, float]] = []
    for turn in said:
        times = [(word.start_ms, word.end_ms) for word in turn.words]
        known = [(start, end) for start, end in times if start is not None and end is not None]
        if not known or len(known) < len(times):
            if turn.interval is None:
                return None
            known = [turn.interval]
        found += [(start - margin_ms, end + margin_ms) for start, end in known]
    apart: list[tuple[float, float]] = []
    for start, end in sorted(found):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], end)
        else:
            apart.append((start, end))
    return apart


def _placed(heard: Sequence[Turn], profile: Profile) -> list[tuple[float, float]] | None:
    """When each word was heard; None where a turn with words has no time."""
    found: list[tuple[float, float]] = []
    for turn in heard:
        units = profile.mixed(turn.text).units
        times = intervals(turn, units, profile.mixed)
        if times is None and units:
            return None
        found += times or []
    return found
