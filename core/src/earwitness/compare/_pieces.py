"""A long alignment cut where it is certain: at places within stretches that both sides have in common."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .units import Choice

__all__ = ["LIMIT", "Piece", "pieces_of"]

LIMIT = 2500
"""The largest piece, as units of one side times units of the other: a few milliseconds of exact search."""

_ANCHOR = re.compile(rb"C{8,}")
_MARGIN = 4  # correct units left on either side of the errors, so that a reading may move into them


class Piece(NamedTuple):
    """Steps `begin` to `end` of an alignment, and the units of both sides that they go through."""

    begin: int
    end: int
    left: int
    left_end: int
    right: int
    right_end: int


class _Place(NamedTuple):
    step: int
    left: int
    right: int


def pieces_of(steps: bytes, left: Sequence[Choice], right: Sequence[Choice]) -> list[Piece]:
    """The whole alignment in pieces of at most LIMIT, none of which ends inside a choice.

    A piece is larger only where a choice itself is. Short alignments stay whole.
    """
    closed = _Closed(left), _Closed(right)
    places = [_Place(0, 0, 0)]
    for step in (*_candidates(steps), len(steps)):
        there = _moved(steps, places[-1], step)
        if step == len(steps) or _open(there, closed):
            places += _chopped(steps, places[-1], there, closed)
    return [Piece(one.step, two.step, one.left, two.left, one.right, two.right) for one, two in pairwise(places)]


class _Closed:
    """Where one side must not be cut: inside a choice, and at one that stands between two units."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.starts = [one.start for one in choices]
        self.ends = [one.end for one in choices]

    def __contains__(self, place: int) -> bool:
        before = bisect_left(self.starts, place)
        if before and place < self.ends[before - 1]:
            return True
        return any(self.ends[number] == place for number in range(before, bisect_right(self.starts, place)))


def _open(place: _Place, closed: tuple[_Closed, _Closed]) -> bool:
    return place.left not in closed[0] and place.right not in closed[1]


def _candidates(steps: bytes) -> Iterator[int]:
    """Steps at which a long text may be cut, in order: some units away from the errors."""
    if len(steps) ** 2 <= LIMIT:
        return
    for run in _ANCHOR.finditer(steps):
        begin, end = run.start() + _MARGIN, run.end() - _MARGIN
        yield begin
        if end > begin:
            yield end


def _moved(steps: bytes, place: _Place, step: int) -> _Place:
    inserted = steps.count(b"I", place.step, step)
    deleted = steps.count(b"D", place.step, step)
    gone = step - place.step
    return _Place(step, place.left + gone - inserted, place.right + gone - deleted)


def _chopped(steps: bytes, here: _Place, end: _Place, closed: tuple[_Closed, _Closed]) -> Iterator[_Place]:
    """The places that part this stretch into pieces of at most LIMIT, as far as choices allow; its end is the last."""
    while (end.left - here.left) * (end.right - here.right) > LIMIT and b"C" * (end.step - here.step) != steps[
        here.step : end.step
    ]:
        following = _last_fitting(steps, here, end, closed)
        if following.step == end.step:
            break
        yield following
        here = following
    yield end


def _last_fitting(steps: bytes, here: _Place, end: _Place, closed: tuple[_Closed, _Closed]) -> _Place:
    """The farthest open place within LIMIT, else the nearest one beyond it."""
    best, place = None, here
    while place.step < end.step:
        place = _moved(steps, place, place.step + 1)
        if best is not None and (place.left - here.left) * (place.right - here.right) > LIMIT:
            return best
        if _open(place, closed):
            best = place
    return best or end
