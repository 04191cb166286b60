"""How right the times of words are: offsets of words that both sides have, their drift, and stamps out of order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..._extras import extra
from .._edits import codes
from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ._turns import Stamp, Turn, hypothesis_turns, reference_turns, stamps

__all__ = ["StampDisorder", "WordDrift", "WordOffset", "WordWithin"]

Edge = Literal["start", "end"]

_HOUR_MS = 3_600_000


@dataclass(slots=True)
class WordOffset:
    """By how much a word's start (or end) is off, early or late alike, of words that were heard right."""

    name: str = "word_start"
    title: str = "Word start off by"
    edge: Edge = "start"
    unit: Literal["rate", "count", "ms"] = "ms"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """One absolute offset for each word, in milliseconds. None where no word has a time on both sides."""
        found = [abs(heard - said) for said, heard in _offsets(pairs, profile, self.edge)]
        return Measurement(0, 0, values=tuple(found)) if found else None


@dataclass(slots=True)
class WordWithin:
    """The share of rightly heard words whose start (or end) is off by no more than `within_ms`."""

    name: str = "word_start_100"
    title: str = "Word starts within 100 ms"
    within_ms: int = 100
    edge: Edge = "start"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "higher"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Words within over words with a time on both sides. None where there is no such word."""
        found = [abs(heard - said) <= self.within_ms for said, heard in _offsets(pairs, profile, self.edge)]
        return Measurement(sum(found), len(found)) if found else None


@dataclass(slots=True)
class WordDrift:
    """By how much a clock runs away: the slope of the offsets of word starts over the time, in ms per hour.

    Theil (1950) and Sen (1968): the median slope, here between each word and the one half the words later, so that a
    few words in the wrong place change nothing. Positive where the hypothesis is ever later.
    """

    name: str = "word_drift"
    title: str = "Drift of word times (ms per hour)"
    least: int = 20
    unit: Literal["rate", "count", "ms"] = "ms"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """The absolute slope of each transcript. None with fewer than `least` words that have a time on both sides."""
        found = [abs(slope) for pair in pairs if (slope := self.slope(pair, profile)) is not None]
        return Measurement(0, 0, values=tuple(found)) if found else None

    def slope(self, pair: Pair, profile: Profile) -> float | None:
        """The slope with its sign, for one pair."""
        found = sorted(_offsets([pair], profile, "start"))
        if len(found) < self.least:
            return None
        half = len(found) // 2
        slopes = sorted(
            ((later[1] - later[0]) - (sooner[1] - sooner[0])) / (later[0] - sooner[0])
            for sooner, later in zip(found, found[half:], strict=False)
            if later[0] > sooner[0]
        )
        if not slopes:
            return None
        middle = len(slopes) // 2
        return _HOUR_MS * (slopes[middle] + slopes[~middle]) / 2


@dataclass(slots=True)
class StampDisorder:
    """The share of heard words whose stamps cannot be used: missing, ending before they start, or out of order.

    Out of order is a word that starts before the word in front of it in the same segment.
    """

    name: str = "stamp_disorder"
    title: str = "Words with missing or disordered times"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Such words over all words; `parts` tells them apart. None where no word has any time."""
        parts = {"missing": 0, "reversed": 0, "out_of_order": 0}
        total = stamped = 0
        for pair in pairs:
            for segment in pair.hypothesis.segments:
                latest = None
                for word in segment.words:
                    total += 1
                    if word.start_ms is None or word.end_ms is None:
                        parts["missing"] += 1
                        continue
                    stamped += 1
                    if word.end_ms < word.start_ms:
                        parts["reversed"] += 1
                    elif latest is not None and word.start_ms < latest:
                        parts["out_of_order"] += 1
                    latest = word.start_ms
        return Measurement(sum(parts.values()), total, dict(parts)) if stamped else None


def _offsets(pairs: Sequence[Pair], profile: Profile, edge: Edge) -> Iterator[tuple[int, int]]:
    """The time in the reference and in the hypothesis of every word that both have in the same place."""
    opcodes = extra("rapidfuzz.distance.Levenshtein", "compare").opcodes
    for pair in pairs:
        ours, said = _stamped(reference_turns(pair), profile)
        theirs, heard = _stamped(hypothesis_turns(pair), profile)
        if not _any(said, edge) or not _any(heard, edge):
            continue
        for step in opcodes(*codes(ours, theirs)):
            if step.tag == "equal":
                for one, other in zip(
                    said[step.src_start : step.src_end], heard[step.dest_start : step.dest_end], strict=True
                ):
                    before, after = _at(one, edge), _at(other, edge)
                    if before is not None and after is not None:
                        yield before, after


def _stamped(found: Sequence[Turn], profile: Profile) -> tuple[list[str], list[Stamp]]:
    """The units of all turns, as they stand there, with what the words say of their times."""
    units: list[str] = []
    times: list[Stamp] = []
    for turn in found:
        here = profile.mixed(turn.text).units
        units += here
        times += stamps(turn, here, profile.mixed)
    return units, times


def _any(found: Sequence[Stamp], edge: Edge) -> bool:
    return any(_at(stamp, edge) is not None for stamp in found)


def _at(stamp: Stamp, edge: Edge) -> int | None:
    return stamp.start_ms if edge == "start" else stamp.end_ms
