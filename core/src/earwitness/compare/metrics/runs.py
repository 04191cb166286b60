"""Text that is lost in one piece, and text that is said over and over: what a total of errors does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..._extras import extra
from .._edits import codes
from .._remembered import aligned
from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ..units import Units
from ._turns import hypothesis_turns, intervals, joined, places, reference_turns

__all__ = ["DeletedSpans", "DeletionRuns", "RepeatedLoops"]


@dataclass(slots=True)
class DeletionRuns:
    """The share of deleted words that lie in runs of `at_least` or more: text that is gone, not misheard.

    A run is broken by any word that stands against something, and by an insertion.
    """

    name: str = "deletion_runs"
    title: str = "Deleted in runs of 5 words or more"
    at_least: int = 5
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Words in such runs over all deleted words; `parts` has the number of runs. None without reference words."""
        sides = [_sides(pair, profile) for pair in pairs]
        if not any(said.units for said, _ in sides):
            return None
        lengths = [end - start for said, heard in sides for start, end in _deleted(said, heard, profile)]
        long = [length for length in lengths if length >= self.at_least]
        return Measurement(sum(long), sum(lengths), {"runs": len(long)})


@dataclass(slots=True)
class DeletedSpans:
    """How long the runs of deleted words are; the maximum is the longest stretch that was lost.

    With `measured` "ms" from the start of the first word to the end of the last, in the reference's times.
    """

    name: str = "deleted_span"
    title: str = "Deleted spans"
    measured: Literal["words", "ms"] = "ms"
    unit: Literal["rate", "count", "ms"] = "ms"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """One value for each run, in words also their sum. None without reference words, for ms without their times."""
        found: list[float] = []
        known = False
        for pair in pairs:
            said, heard = _sides(pair, profile)
            times = _times(pair, profile) if self.measured == "ms" else None
            if not said.units or (self.measured == "ms" and not times):
                continue
            known = True
            for start, end in _deleted(said, heard, profile):
                found.append(times[end - 1][1] - times[start][0] if times else end - start)
        if not known:
            return None
        return Measurement(0 if self.measured == "ms" else sum(found), 0, values=tuple(found))


@dataclass(slots=True)
class RepeatedLoops:
    """Words that a loop adds: a phrase of up to `longest` words, heard `least` times or more in a row, never so said.

    A speech model that has lost the thread repeats itself. The times that the reference repeats the phrase are allowed.
    """

    name: str = "loops"
    title: str = "Words added by loops"
    least: int = 3
    longest: int = 12
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Words that loops add over the reference's words; `parts` has the number of loops. None without either."""
        added = loops = total = 0
        for pair in pairs:
            said, heard = (side.units for side in _sides(pair, profile))
            total += len(said)
            allowed: dict[tuple[str, ...], int] = {}
            for phrase, times in self._loops(heard):
                if phrase not in allowed:
                    allowed[phrase] = max(1, _most_in_a_row(said, phrase))
                excess = times - allowed[phrase]
                if excess > 0:
                    added += excess * len(phrase)
                    loops += 1
        return Measurement(added, total, {"loops": loops}) if total or added else None

    def _loops(self, units: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
        """Each repeated phrase with the times it stands in a row, the shortest phrase that explains the loop."""
        np = extra("numpy", "compare")
        numbers = np.asarray(codes(units)[0])
        taken = np.zeros(len(units), dtype=bool)
        for size in range(1, min(self.longest, len(units) // self.least) + 1):
            for start, end in _periodic(np, numbers, size):
                times = (end - start) // size
                if times >= self.least and not taken[start:end].any():
                    taken[start:end] = True
                    yield units[start : start + size], times


def _sides(pair: Pair, profile: Profile) -> tuple[Units, Units]:
    """Both sides in units of the language's script: words, or characters where it parts no words."""
    return (
        joined([profile.mixed(turn.text) for turn in reference_turns(pair)]),
        joined([profile.mixed(turn.text) for turn in hypothesis_turns(pair)]),
    )


def _deleted(said: Units, heard: Units, profile: Profile) -> list[tuple[int, int]]:
    """The runs of deleted units, as places in the reference."""
    best = aligned(profile, said, heard)
    stand = places(best.reference_at, len(said.units))
    found = []
    for run in re.finditer(rb"D+", best.operations):
        begin = run.start() - best.operations.count(b"I", 0, run.start())
        found.append((stand[begin].start, stand[begin + len(run[0]) - 1].stop))
    return found


def _times(pair: Pair, profile: Profile) -> list[tuple[float, float]]:
    """The times of the reference's units, or nothing where one has none."""
    found: list[tuple[float, float]] = []
    for turn in reference_turns(pair):
        units = profile.mixed(turn.text).units
        placed = intervals(turn, units, profile.mixed)
        if placed is None and units:
            return []
        found += placed or []
    return found


def _periodic(np: Any, numbers: Any, size: int) -> Iterator[tuple[int, int]]:
    """The stretches in which every unit is the one `size` before it."""
    same = np.concatenate(([False], numbers[size:] == numbers[:-size], [False]))
    edges = np.flatnonzero(same[1:] != same[:-1]).tolist()
    return ((start, end + size) for start, end in zip(edges[::2], edges[1::2], strict=True))


def _most_in_a_row(units: tuple[str, ...], phrase: tuple[str, ...]) -> int:
    """How often the phrase stands in a row at most; where a loop begins within it makes no difference."""
    most = 0
    size = len(phrase)
    turned = {phrase[at:] + phrase[:at] for at in range(size)}
    at = 0
    while at + size <= len(units):
        here, times = units[at : at + size], 1
        if here not in turned:
            at += 1
            continue
        while units[at + times * size : at + (times + 1) * size] == here:
            times += 1
        most, at = max(most, times), at + (times - 1) * size + 1
    return most
