"""The readings that agree best, piece by piece: by trying all, by exact search, or one after the other.

Which of the three depends on how many there are. All three never choose worse than the first readings; the first two
find the best of all, the last does what can be done in a stretch full of numbers with dozens of readings each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import NamedTuple

from ._edits import distance, most_hits, nearest_pairs, operations
from ._lattice import CORRECT, DELETED, INSERTED, Settled, places, settled, worth_trying
from ._pieces import Piece, pieces_of
from .units import Choice, Units

__all__ = ["best_readings", "one_by_one"]

_TRIED = 1024
"""As many combinations are tried outright: less than a millisecond."""
_PLACES = 4096
"""Beyond as many pairs of places an exact search takes longer than a few milliseconds."""

_ALIKE = 1_000_000
"""In texts of more cells, all readings of one kind are not tried: some tens of alignments would take too long."""
_FEW = 4
"""Below one error in as many units of the reference, the first readings were near enough to cut by."""


class _Read(NamedTuple):
    """One side in one reading: its units, where in the text each of them stands, and how late the readings come."""

    units: tuple[str, ...]
    at: tuple[int, ...]
    rank: int


def best_readings(reference: Units, hypothesis: Units) -> Settled:
    """Both sides in the readings that agree best, aligned: each stretch with a choice in it is settled by itself."""
    first = operations(reference.units, hypothesis.units)
    found = []
    for piece in pieces_of(first, reference.choices, hypothesis.choices):
        best = _best_of(reference, hypothesis, piece, first[piece.begin : piece.end])
        said = (at + piece.left for at in best.reference_at)
        heard = (at + piece.right for at in best.hypothesis_at)
        found.append(best._replace(reference_at=tuple(said), hypothesis_at=tuple(heard)))
    return _joined(found) if len(found) == 1 else _or_alike(reference, hypothesis, _joined(found))


def _best_of(reference: Units, hypothesis: Units, piece: Piece, steps: bytes) -> Settled:
    """The piece in the readings that agree best, its places counted from its own beginning."""
    if steps.count(CORRECT) < len(steps):
        ours = _part(reference, piece.left, piece.left_end)
        theirs = _part(hypothesis, piece.right, piece.right_end)
        if ours.choices or theirs.choices:
            return _settle(ours, theirs, steps)
    left, right = reference.units[piece.left : piece.left_end], hypothesis.units[piece.right : piece.right_end]
    return Settled(left, right, most_hits(left, right, steps), tuple(range(len(left))), tuple(range(len(right))))


def _or_alike(reference: Units, hypothesis: Units, pieced: Settled) -> Settled:
    """The alignment, unless one in which a side reads all its choices alike has fewer errors.

    Where digits stand beside spoken numbers, the first readings have nothing in common and pieces are cut anywhere.
    """
    errors = len(pieced.operations) - pieced.operations.count(CORRECT)
    cells = len(reference.units) * len(hypothesis.units)
    if cells > _ALIKE or errors * _FEW < len(reference.units):
        return pieced
    fewest, picks = _start_of((reference, hypothesis))
    if fewest >= errors:
        return pieced
    left, right = _read(reference, picks[0]), _read(hypothesis, picks[1])
    return _plainly(left, right, operations(left.units, right.units))


def one_by_one(ours: Units, theirs: Units) -> Settled:
    """Each choice in turn takes the reading that agrees best with all others as they stand, until none gains."""
    sides = ours, theirs
    fewest, picks = _start_of(sides)
    gained = True
    moves = [*_moves(sides)]
    while gained:
        gained = False
        for side, number, reading in moves:
            before = picks[side][number]
            picks[side][number] = reading
            errors = _errors(sides, picks)
            if errors < fewest:
                fewest, gained = errors, True
            else:
                picks[side][number] = before
    left, right = (_read(one, pick) for one, pick in zip(sides, picks, strict=True))
    return _plainly(left, right, operations(left.units, right.units))


def _start_of(sides: tuple[Units, Units]) -> tuple[int, list[list[int]]]:
    """The fewest errors where one side reads all its choices alike, and the picks: one writes digits, one says them.

    From the first readings alone, a row of numbers would never be left: no single one of them gains anything.
    """
    starts = [[[0] * len(side.choices) for side in sides]]
    for number, side in enumerate(sides):
        last = [len(one.readings_of(side.units)) - 1 for one in side.choices]
        for reading in range(1, max(last, default=0) + 1):
            picks = [[0] * len(one.choices) for one in sides]
            picks[number] = [min(reading, most) for most in last]
            starts.append(picks)
    tried = ((_errors(sides, picks), place) for place, picks in enumerate(starts))
    fewest, place = min(tried)
    return fewest, starts[place]


def _errors(sides: tuple[Units, Units], picks: Sequence[Sequence[int]]) -> int:
    return distance(*(_read(one, pick).units for one, pick in zip(sides, picks, strict=True)))


def _joined(pieces: Sequence[Settled]) -> Settled:
    return Settled(
        tuple(unit for one in pieces for unit in one.reference),
        tuple(unit for one in pieces for unit in one.hypothesis),
        b"".join(one.operations for one in pieces),
        tuple(at for one in pieces for at in one.reference_at),
        tuple(at for one in pieces for at in one.hypothesis_at),
    )


def _part(side: Units, begin: int, end: int) -> Units:
    """Units `begin` to `end` with the choices that lie in them, moved to the new beginning."""
    inside = []
    for one in side.choices[bisect_left(side.choices, begin, key=_start) :]:
        if one.end > end:
            break
        inside.append(one.moved(-begin))
    return Units(side.units[begin:end], tuple(inside))


def _start(choice: Choice) -> int:
    return choice.start


def _settle(ours: Units, theirs: Units, steps: bytes) -> Settled:
    if _combinations(ours, theirs) <= _TRIED:
        return _tried(ours, theirs)
    if places(ours) * places(theirs) <= _PLACES:
        return settled(ours, theirs)
    ours, theirs = _doubtful(ours, theirs, steps)
    if _combinations(ours, theirs) <= _TRIED:
        return _tried(ours, theirs)
    if places(ours) * places(theirs) <= _PLACES:
        return settled(ours, theirs)
    return one_by_one(ours, theirs)


def _combinations(ours: Units, theirs: Units) -> int:
    return prod(len(one.readings) + 1 for one in (*ours.choices, *theirs.choices))


def _tried(ours: Units, theirs: Units) -> Settled:
    """Every combination; of those with the fewest errors the earlier readings, then the one with most correct units."""
    said, heard = [*_all_read(ours, theirs)], [*_all_read(theirs, ours)]
    _, found = nearest_pairs([one.units for one in said], [one.units for one in heard])
    first = min(said[i].rank + heard[j].rank for i, j in found)
    equal = ((said[i], heard[j]) for i, j in found if said[i].rank + heard[j].rank == first)
    aligned = (_plainly(left, right, operations(left.units, right.units)) for left, right in equal)
    return max(aligned, key=lambda one: one.operations.count(CORRECT))


def _moves(sides: tuple[Units, Units]) -> Iterator[tuple[int, int, int]]:
    for side, one in enumerate(sides):
        for number, readings in enumerate(worth_trying(one, sides[1 - side])):
            for reading in readings:
                yield side, number, reading


def _all_read(side: Units, other: Units) -> Iterator[_Read]:
    for picks in product(*worth_trying(side, other)):
        yield _read(side, picks)


def _read(side: Units, picks: Sequence[int]) -> _Read:
    """The side with the reading of each choice that `picks` says; without picks as it stands."""
    units: list[str] = []
    at: list[int] = []
    number = 0
    for choice, pick in zip(side.choices, picks, strict=False):
        end = choice.end if pick == 0 else choice.start
        units += side.units[number:end]
        at += range(number, end)
        if pick:
            reading = choice.readings_of(side.units)[pick]
            units += reading
            at += [choice.start] * len(reading)
        number = choice.end
    units += side.units[number:]
    at += range(number, len(side.units))
    return _Read(tuple(units), tuple(at), sum(picks))


def _plainly(left: _Read, right: _Read, steps: bytes) -> Settled:
    return Settled(left.units, right.units, most_hits(left.units, right.units, steps), left.at, right.at)


def _doubtful(ours: Units, theirs: Units, steps: bytes) -> tuple[Units, Units]:
    """Both sides without the choices whose first reading was heard as it stands: "25" beside "25"."""
    left, right = _wrong(steps, INSERTED), _wrong(steps, DELETED)
    return _kept(ours, left), _kept(theirs, right)


def _wrong(steps: bytes, foreign: bytes) -> bytes:
    """For each unit of one side, whether it is part of an error or beside one; `foreign` steps are the other side's."""
    marks = bytearray()
    before = False
    for step in steps:
        wrong = step != CORRECT[0]
        if step == foreign[0]:
            if marks:
                marks[-1] = 1
        else:
            marks.append(wrong or before)
            if wrong and len(marks) > 1:
                marks[-2] = 1
        before = wrong
    return bytes(marks)


def _kept(side: Units, wrong: bytes) -> Units:
    return replace(side, choices=tuple(one for one in side.choices if any(wrong[one.start : one.end])))
