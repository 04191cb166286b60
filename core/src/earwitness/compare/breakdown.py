"""Where the errors come from: what notation accounts for, step by step, and what is left as really misheard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ._remembered import aligned
from .alignment import Alignment, distance
from .corpus import Pair
from .metric import Level, Measurement
from .profile import Profile
from .units import Units

__all__ = ["SOURCES", "Breakdown", "spacing_errors"]

SOURCES = ("punctuation", "case", "fillers", "spelling", "numbers", "spacing", "real")
"""What errors are put down to, in the order in which they are shown; a profile's ladder may name others."""

_LARGEST = 10_000  # a stretch of a hundred wrong words is not one whose blanks were set otherwise
_RUN = re.compile(rb"[SDI]+")


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The errors of the raw text, each put down to the step of normalisation that takes it away.

    `errors` are those that no step takes away, over the units of the fully normalised reference; `parts` are all
    sources and add up to the errors of the raw text. A part below zero says that a step made two texts less alike.
    Units are the profile's mixed units: words, or characters in scripts without blanks.
    """

    raw: Profile
    name: str = "misheard"
    title: str = "misheard"
    unit: Literal["rate"] = "rate"
    better: Literal["lower"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement:
        """The sums over these pairs."""
        parts = dict.fromkeys(SOURCES, 0.0)
        total = 0
        for pair in pairs:
            said, heard = pair.reference.text, pair.hypothesis.text
            before = distance(self.raw.mixed(said), self.raw.mixed(heard))
            for source, step in _ladder(profile):
                after = _errors(profile, step.mixed(said), step.mixed(heard))
                parts[source] = parts.get(source, 0.0) + before - after
                before = after
            last = aligned(profile, profile.mixed(said), profile.mixed(heard))
            spacing = spacing_errors(last)
            parts["spacing"] += before - last.errors + spacing
            parts["real"] += last.errors - spacing
            total += last.total
        return Measurement(parts["real"], total, parts)


def spacing_errors(alignment: Alignment) -> int:
    """The errors that go away once blanks do not count: where the same characters are parted otherwise.

    Looked for within each run of errors between two correct units.
    """
    saved = 0
    left = right = step = 0
    for run in _RUN.finditer(alignment.operations):
        same = run.start() - step
        inserted, deleted = run[0].count(b"I"), run[0].count(b"D")
        begin = left + same, right + same
        left, right, step = begin[0] + len(run[0]) - inserted, begin[1] + len(run[0]) - deleted, run.end()
        ours, theirs = alignment.reference[begin[0] : left], alignment.hypothesis[begin[1] : right]
        if len(ours) > 1 or len(theirs) > 1:
            saved += len(run[0]) - _regrouped(ours, theirs)
    return saved


def _errors(profile: Profile, said: Units, heard: Units) -> int:
    """The errors; an alignment is worth remembering where there are readings to choose from."""
    return aligned(profile, said, heard).errors if said.choices or heard.choices else distance(said, heard)


def _ladder(profile: Profile) -> Sequence[tuple[str, Profile]]:
    """The steps from raw text to the profile; one that does not tell its steps is a single step of notation."""
    return getattr(profile, "ladder", ()) or (("notation", profile),)


def _regrouped(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """The fewest errors where units may be parted anew for nothing."""
    if not (ours and theirs) or len(ours) * len(theirs) > _LARGEST:
        return max(len(ours), len(theirs))
    worst = len(ours) + len(theirs)
    fewest = [[worst] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    fewest[0][0] = 0
    for i in range(len(ours) + 1):
        for j in range(len(theirs) + 1):
            for k, m, cost in ((1, 0, 1), (0, 1, 1), (1, 1, 1), *_groups(ours[i:], theirs[j:])):
                if i + k <= len(ours) and j + m <= len(theirs):
                    fewest[i + k][j + m] = min(fewest[i + k][j + m], fewest[i][j] + cost)
    return fewest[-1][-1]


def _groups(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """The shortest beginnings of both that hold the same characters, as numbers of units and their cost: none."""
    if not (ours and theirs) or ours[0][:1] != theirs[0][:1]:
        return
    left, right, i, j = ours[0], theirs[0], 1, 1
    while left != right:
        if len(left) < len(right) and i < len(ours) and right.startswith(left):
            left, i = left + ours[i], i + 1
        elif len(right) < len(left) and j < len(theirs) and left.startswith(right):
            right, j = right + theirs[j], j + 1
        else:
            return
    yield i, j, 0
