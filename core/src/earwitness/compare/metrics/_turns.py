"""A transcript as turns: stretches of one voice, with the units of their text and the place of each unit in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby

from ..._extras import extra
from ..._text import join_texts
from ...models import Segment, Transcript, Word
from .._edits import codes
from ..corpus import Pair
from ..profile import Profile
from ..units import Units

__all__ = [
    "Interval",
    "Stamp",
    "Turn",
    "UnitsOf",
    "hypothesis_turns",
    "intervals",
    "joined",
    "labelled",
    "places",
    "reference_turns",
    "shares",
    "stamps",
    "turns",
    "units_of",
]

UnitsOf = Callable[[str], Units]
"""One of a profile's ways to cut text: its `words`, `characters` or `mixed`."""

Interval = tuple[float, float]
"""Start and end in milliseconds."""


@dataclass(slots=True)
class Turn:
    """What one voice says without another one between, from `start_ms` to `end_ms` where those are known."""

    text: str = field(repr=False)
    speaker: str | None
    start_ms: int | None
    end_ms: int | None
    words: tuple[Word, ...] = field(default=(), repr=False)

    @property
    def interval(self) -> tuple[int, int] | None:
        """Start and end, where both are known and in order."""
        if self.start_ms is None or self.end_ms is None or self.end_ms < self.start_ms:
            return None
        return self.start_ms, self.end_ms


@dataclass(slots=True)
class Stamp:
    """When a unit begins and ends, each only where a time that somebody gave says so."""

    start_ms: int | None = None
    end_ms: int | None = None


def turns(transcript: Transcript, speaker: str | None = None) -> list[Turn]:
    """The transcript's turns, by start where all have one. `speaker` is whose they are where nothing else says so."""
    found = [turn for segment in transcript.segments for turn in _split(segment, speaker)]
    if all(turn.start_ms is not None for turn in found):
        found.sort(key=lambda turn: turn.start_ms or 0)
    return found


def reference_turns(pair: Pair) -> list[Turn]:
    """The turns of what was really said; where its text names nobody, the utterance's own speaker says them."""
    return turns(pair.reference, pair.utterance.speaker)


def hypothesis_turns(pair: Pair) -> list[Turn]:
    """The turns of what was heard; a segment in which nobody says anything is none."""
    return [turn for turn in turns(pair.hypothesis) if turn.text.strip() or turn.speaker is not None]


def labelled(found: Iterable[Turn]) -> bool:
    """Whether anybody is named at all."""
    return any(turn.speaker is not None for turn in found)


def units_of(profile: Profile) -> UnitsOf:
    """The units in which the profile's language is counted: its headline's."""
    return {"wer": profile.words, "cer": profile.characters, "mer": profile.mixed}[profile.headline]


def joined(parts: Sequence[Units]) -> Units:
    """The parts one after the other, with their choices."""
    begins = [0, *accumulate(len(part.units) for part in parts)]
    choices = (one.moved(begin) for part, begin in zip(parts, begins, strict=False) for one in part.choices)
    return Units(tuple(unit for part in parts for unit in part.units), tuple(choices))


def places(at: Sequence[int], size: int) -> list[range]:
    """For each unit of an alignment's side the units of the text it stands for, from where each stands in `size` units.

    Units of one choice stand for all of it together.
    """
    found: list[range] = []
    stop = size
    for number in range(len(at) - 1, -1, -1):
        if number + 1 < len(at) and at[number + 1] != at[number]:
            stop = at[number + 1]
        found.append(range(at[number], stop))
    return found[::-1]


def intervals(turn: Turn, units: Sequence[str], cut: UnitsOf, *, own: bool = True) -> list[Interval] | None:
    """A time for each unit: the part of its word that its characters are, or of its turn where words have no times.

    With `own` false the words' times are left aside. Units that stand in no word (`twenty five` out of `25`) share the
    gap between their neighbours. None where not even the turn has times.
    """
    owners = _owners(turn.words, units, cut) if own and _all_timed(turn.words) else []
    if not any(owners):
        return shares(turn.interval, units) if turn.interval else None
    found: list[Interval | None] = [None] * len(units)
    for word, group in groupby(range(len(units)), key=lambda i: (owners[i] or (None,))[0]):
        places = list(group)
        if word is not None:
            start, end = turn.words[word].start_ms or 0, turn.words[word].end_ms or 0
            found[places[0] : places[-1] + 1] = shares((start, max(start, end)), [units[i] for i in places])
    return _bridged(found, units, turn.interval)


def stamps(turn: Turn, units: Sequence[str], cut: UnitsOf) -> list[Stamp]:
    """When units begin and end as far as the words say it: the first unit of a word begins with it, the last ends."""
    found = [Stamp() for _ in units]
    if not any(word.start_ms is not None or word.end_ms is not None for word in turn.words):
        return found
    for stamp, owner in zip(found, _owners(turn.words, units, cut), strict=True):
        if owner:
            word, place, size = owner
            stamp.start_ms = turn.words[word].start_ms if place == 0 else None
            stamp.end_ms = turn.words[word].end_ms if place == size - 1 else None
    return found


def shares(whole: Interval, units: Sequence[str]) -> list[Interval]:
    """The interval in parts as long as the units have characters."""
    start, end = whole
    total = sum(map(len, units))
    if len(units) < 2 or not total:
        return [(start, end)] * len(units)
    one = (end - start) / total
    parts, done = [], 0
    for unit in units:
        parts.append((start + one * done, start + one * (done + len(unit))))
        done += len(unit)
    return parts


def _split(segment: Segment, speaker: str | None) -> Iterable[Turn]:
    """The segment whole, or cut where its words change hands."""
    named = segment.speaker or speaker
    runs = [(who, tuple(run)) for who, run in groupby(segment.words, key=lambda word: word.speaker or named)]
    if len(runs) < 2:
        who = runs[0][0] if runs else named
        yield _turn(segment.text, who, segment.words, start_ms=segment.start_ms, end_ms=segment.end_ms)
        return
    for number, (who, words) in enumerate(runs):
        yield _turn(
            join_texts(word.text for word in words),
            who,
            words,
            start_ms=segment.start_ms if number == 0 else None,
            end_ms=segment.end_ms if number == len(runs) - 1 else None,
        )


def _turn(text: str, speaker: str | None, words: tuple[Word, ...], *, start_ms: int | None, end_ms: int | None) -> Turn:
    """A turn whose missing bounds are those of its words."""
    starts = [word.start_ms for word in words if word.start_ms is not None]
    ends = [word.end_ms for word in words if word.end_ms is not None]
    begin = start_ms if start_ms is not None else min(starts, default=None)
    return Turn(text, speaker, begin, end_ms if end_ms is not None else max(ends, default=None), words)


def _all_timed(words: Sequence[Word]) -> bool:
    return bool(words) and all(word.start_ms is not None and word.end_ms is not None for word in words)


def _owners(words: Sequence[Word], units: Sequence[str], cut: UnitsOf) -> list[tuple[int, int, int] | None]:
    """For each unit the word it comes from, its place in it and the word's number of units; None where none fits.

    Normalising a whole text may join and split words; what both ways have in common is found by alignment.
    """
    flat: list[str] = []
    owners: list[tuple[int, int, int]] = []
    for number, word in enumerate(words):
        parts = cut(word.text).units
        flat += parts
        owners += [(number, place, len(parts)) for place in range(len(parts))]
    if tuple(flat) == tuple(units):
        return list(owners)
    mine, theirs = codes(units, flat)
    found: list[tuple[int, int, int] | None] = [None] * len(units)
    for step in extra("rapidfuzz.distance.Levenshtein", "compare").opcodes(mine, theirs):
        if step.tag == "equal":
            found[step.src_start : step.src_end] = owners[step.dest_start : step.dest_end]
    return found


def _bridged(found: list[Interval | None], units: Sequence[str], whole: tuple[int, int] | None) -> list[Interval]:
    """The same with every gap shared out between those who stand in it."""
    known = [interval for interval in found if interval]
    bounds = whole or (known[0][0], known[-1][1])
    bridged: list[Interval] = []
    for missing, group in groupby(range(len(found)), key=lambda i: found[i] is None):
        places = list(group)
        if not missing:
            bridged += [interval for i in places if (interval := found[i])]
            continue
        begin = bridged[-1][1] if bridged else bounds[0]
        after = found[places[-1] + 1] if places[-1] + 1 < len(found) else None
        end = after[0] if after else bounds[1]
        bridged += shares((begin, max(begin, end)), [units[i] for i in places])
    return bridged
