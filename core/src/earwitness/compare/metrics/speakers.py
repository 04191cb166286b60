"""What was said AND by whom: errors over each speaker's words, with the pairing of speakers that makes the fewest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ..._extras import extra
from .._edits import codes
from .._remembered import aligned
from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ..units import Units
from ._assignment import assignment
from ._constrained import Counts, Timed, constrained_counts, constrained_distance
from ._turns import (
    Interval,
    Turn,
    UnitsOf,
    hypothesis_turns,
    intervals,
    joined,
    labelled,
    places,
    reference_turns,
    shares,
)

__all__ = ["PermutationError", "TimedPermutationError", "WrongSpeaker"]

Form = Literal["words", "characters"]


@dataclass(slots=True)
class PermutationError:
    """cpWER or cpCER: each speaker's words in one row, aligned with those of the voice that fits best.

    Watanabe et al., "CHiME-6 Challenge", 2020. Who has no partner is deleted or inserted whole.
    """

    name: str = "cpwer"
    title: str = "cpWER"
    form: Form = "words"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Errors over the reference's units. None where a side names no speakers."""
        cut = _cut(profile, self.form)
        found = [
            _permuted(_streams(said, cut), _streams(heard, cut), profile)
            for said, heard in _sides(pairs)
            if labelled(said) and (labelled(heard) or not heard)
        ]
        return _measurement(found)


@dataclass(slots=True)
class TimedPermutationError:
    """tcpWER or tcpCER: the same where only words stand against each other whose times are within the collar.

    Von Neumann et al., "MeetEval", CHiME workshop 2023. A reference word has its interval, a hypothesis word the middle
    of its own, widened by `collar_s` on each side. `times` "words" takes the words' own times where all words of a turn
    have them; "turns", and where they have none, gives each word the part of its turn that its characters are.
    """

    name: str = "tcpwer"
    title: str = "tcpWER (collar 5 s)"
    form: Form = "words"
    collar_s: float = 5.0
    times: Literal["words", "turns"] = "words"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Errors over the reference's units. None where a side names no speakers, or a turn with words has no time."""
        cut = _cut(profile, self.form)
        own = self.times == "words"
        found = []
        for said, heard in _sides(pairs):
            if not labelled(said) or (heard and not labelled(heard)):
                continue
            ours, theirs = _timed(said, cut, own=own), _timed(heard, cut, own=own)
            if ours is not None and theirs is not None:
                found.append(_time_permuted(ours, theirs, profile, collar_ms=self.collar_s * 1000))
        return _measurement(found)


@dataclass(slots=True)
class WrongSpeaker:
    """Words attributed to the wrong person, of those that stand against each other when speakers are left aside.

    El Shafey et al., "Joint Speech Recognition and Speaker Diarization via Sequence Transduction", 2019 (WDER). Voices
    are paired so that the most words agree; both sides are read turn by turn, in the order of their starts.
    """

    name: str = "wder"
    title: str = "Words given to the wrong person"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Matched or substituted words with the wrong speaker over all of those. None where a side names nobody."""
        wrong = total = 0
        compared = False
        for said, heard in _sides(pairs):
            if labelled(said) and labelled(heard):
                compared = True
                together = _together(_spoken(said, profile.words), _spoken(heard, profile.words))
                wrong += together.total() - _most_agreeing(together)
                total += together.total()
        return Measurement(wrong, total) if compared else None


Speaker = str | None
"""None is the voice that nobody named."""


@dataclass(slots=True)
class _Outcome:
    counts: Counts
    missed: int = 0
    invented: int = 0


@dataclass(slots=True)
class _Stream:
    """Everything one speaker says, with the time of each unit."""

    units: Units
    times: list[Interval]


def _cut(profile: Profile, form: Form) -> UnitsOf:
    return profile.words if form == "words" else profile.characters


def _sides(pairs: Sequence[Pair]) -> Iterator[tuple[list[Turn], list[Turn]]]:
    return ((reference_turns(pair), hypothesis_turns(pair)) for pair in pairs)


def _measurement(found: Sequence[_Outcome]) -> Measurement | None:
    if not found:
        return None
    counts = sum((each.counts for each in found), Counts())
    parts = {
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "speakers_missed": sum(each.missed for each in found),
        "speakers_invented": sum(each.invented for each in found),
    }
    return Measurement(counts.errors, counts.total, parts)


def _streams(found: Sequence[Turn], cut: UnitsOf) -> dict[Speaker, Units]:
    """Everything that each speaker says, one after the other."""
    parts: dict[Speaker, list[Units]] = {}
    for turn in found:
        parts.setdefault(turn.speaker, []).append(cut(turn.text))
    return {speaker: joined(units) for speaker, units in parts.items()}


def _permuted(ours: Mapping[Speaker, Units], theirs: Mapping[Speaker, Units], profile: Profile) -> _Outcome:
    """Who is who is settled on what stands there; the words of a pair then count in the readings that agree best."""
    left, right = list(ours.values()), list(theirs.values())
    numbers = codes(*(side.units for side in [*left, *right]))
    distance = extra("rapidfuzz.distance.Levenshtein", "compare").distance

    def counts(row: int, column: int) -> Counts:
        found = aligned(profile, left[row], right[column])
        return Counts(found.hits, found.substitutions, found.deletions, found.insertions)

    sizes = [len(one.units) for one in left], [len(one.units) for one in right]
    return _best(*sizes, lambda row, column: distance(numbers[row], numbers[len(left) + column]), counts)


def _time_permuted(
    ours: Sequence[_Stream], theirs: Sequence[_Stream], profile: Profile, *, collar_ms: float
) -> _Outcome:
    """As above, under the rule of the collar."""
    left, right = [_intervals(one) for one in ours], [_middles(one, collar_ms) for one in theirs]

    def counts(row: int, column: int) -> Counts:
        found = constrained_counts(left[row], right[column])
        said, heard = ours[row], theirs[column]
        if not (said.units.choices or heard.units.choices):
            return found
        best = aligned(profile, said.units, heard.units)
        other = constrained_counts(
            _intervals(_read(said, best.reference, best.reference_at)),
            _middles(_read(heard, best.hypothesis, best.hypothesis_at), collar_ms),
        )
        return min(found, other, key=lambda each: each.errors)

    sizes = [len(one) for one in left], [len(one) for one in right]
    return _best(*sizes, lambda row, column: constrained_distance(left[row], right[column]), counts)


def _best(
    ours: Sequence[int],
    theirs: Sequence[int],
    distance: Callable[[int, int], int],
    counts: Callable[[int, int], Counts],
) -> _Outcome:
    """The counts under the pairing with the fewest errors, for speakers with so many units each."""
    # What pairing two saves over leaving both alone is never negative, so as many pairs as possible are best.
    costs = [
        [distance(row, column) - said - heard for column, heard in enumerate(theirs)] for row, said in enumerate(ours)
    ]
    pairs = assignment(costs)
    total = sum((counts(row, column) for row, column in pairs), Counts())
    alone = sum(ours) - sum(ours[row] for row, _ in pairs), sum(theirs) - sum(theirs[column] for _, column in pairs)
    total += Counts(deletions=alone[0], insertions=alone[1])
    return _Outcome(total, max(0, len(ours) - len(theirs)), max(0, len(theirs) - len(ours)))


def _timed(found: Sequence[Turn], cut: UnitsOf, *, own: bool) -> list[_Stream] | None:
    """What each speaker says, with times. None where a turn has words and no time."""
    known: dict[str, Units] = {}

    def once(text: str) -> Units:
        """The same word comes again and again."""
        return known.get(text) or known.setdefault(text, cut(text))

    parts: dict[Speaker, list[Units]] = {}
    times: dict[Speaker, list[Interval]] = {}
    for turn in found:
        units = cut(turn.text)
        placed = intervals(turn, units.units, once, own=own)
        if placed is None and units.units:
            return None
        parts.setdefault(turn.speaker, []).append(units)
        times.setdefault(turn.speaker, []).extend(placed or [])
    return [_Stream(joined(parts[speaker]), times[speaker]) for speaker in parts]


def _read(stream: _Stream, chosen: tuple[str, ...], at: Sequence[int]) -> _Stream:
    """The stream in another reading, whose units share the time of what they stand for."""
    times = []
    for place, group in groupby(places(at, len(stream.times))):
        size = len(list(group))
        start, end = stream.times[place.start][0], stream.times[place.stop - 1][1]
        times += shares((start, max(start, end)), ["-"] * size)
    return _Stream(Units(chosen), times)


def _intervals(stream: _Stream) -> Timed:
    return Timed(stream.units.units, [start for start, _ in stream.times], [end for _, end in stream.times])


def _middles(stream: _Stream, collar_ms: float) -> Timed:
    middles = [(end + start) / 2 for start, end in stream.times]
    starts, ends = [middle - collar_ms for middle in middles], [middle + collar_ms for middle in middles]
    return Timed(stream.units.units, starts, ends)


def _spoken(found: Sequence[Turn], cut: UnitsOf) -> tuple[list[str], list[Speaker]]:
    """All units in order, and who says each."""
    spoken = [(unit, turn.speaker) for turn in found for unit in cut(turn.text).units]
    return [unit for unit, _ in spoken], [speaker for _, speaker in spoken]


def _together(
    said: tuple[list[str], list[Speaker]], heard: tuple[list[str], list[Speaker]]
) -> Counter[tuple[Speaker, Speaker]]:
    """How many words of each speaker stand against words of each voice."""
    steps = extra("rapidfuzz.distance.Levenshtein", "compare").opcodes(*codes(said[0], heard[0]))
    found: Counter[tuple[Speaker, Speaker]] = Counter()
    for step in steps:
        if step.tag in ("equal", "replace"):
            ours, theirs = said[1][step.src_start : step.src_end], heard[1][step.dest_start : step.dest_end]
            found.update(zip(ours, theirs, strict=True))
    return found


def _most_agreeing(together: Counter[tuple[Speaker, Speaker]]) -> int:
    ours, theirs = list({speaker for speaker, _ in together}), list({voice for _, voice in together})
    pairs = assignment([[-together[speaker, voice] for voice in theirs] for speaker in ours])
    return sum(together[ours[row], theirs[column]] for row, column in pairs)
