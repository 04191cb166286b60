"""Alignments of texts in one reading: fewest errors by rapidfuzz, then as many correct units as there can be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from .._extras import extra
from ._lattice import CORRECT, DELETED, INSERTED, SUBSTITUTED, plain
from ._pieces import LIMIT, Piece, pieces_of

__all__ = ["codes", "distance", "most_hits", "nearest_pairs", "operations"]

_CODES = {"replace": SUBSTITUTED[0], "delete": DELETED[0], "insert": INSERTED[0]}


def codes(*sides: Iterable[str]) -> list[list[int]]:
    """Each unit as a number, the same for the same unit: rapidfuzz takes `"a"` and 97 for one symbol."""
    ids: defaultdict[str, int] = defaultdict()
    ids.default_factory = ids.__len__
    return [[*map(ids.__getitem__, side)] for side in sides]


def nearest_pairs(
    left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]
) -> tuple[int, list[tuple[int, int]]]:
    """The fewest errors between any text of one list and any of the other, and where both stand in the lists."""
    # As strings, which rapidfuzz reads fastest; the texts are short, so there are characters enough.
    texts = ["".join(map(chr, one)) for one in codes(*left, *right)]
    ours, theirs = texts[: len(left)], texts[len(left) :]
    measure = _levenshtein().distance
    best = max(map(len, (*ours, *theirs)))
    found: list[tuple[int, int]] = []
    for i, one in enumerate(ours):
        for j, other in enumerate(theirs):
            errors = measure(one, other, score_cutoff=best)
            if errors < best:
                best, found = errors, []
            if errors == best:
                found.append((i, j))
    return best, found


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """The fewest errors."""
    return int(_levenshtein().distance(*codes(left, right)))


def operations(left: Sequence[str], right: Sequence[str]) -> bytes:
    """The steps with the fewest errors, of those the ones with the most correct units; linear in memory.

    In a text of more than LIMIT cells, without what both sides begin and end with, the second half holds within pieces.
    """
    return most_hits(left, right, _fewest_errors(left, right))


def _fewest_errors(left: Sequence[str], right: Sequence[str]) -> bytes:
    edits = _levenshtein().editops(*codes(left, right)).as_list()
    inserted = 0
    steps = bytearray(CORRECT) * (len(left) + sum(edit[0] == "insert" for edit in edits))
    for name, at, _ in edits:
        steps[at + inserted] = _CODES[name]
        inserted += name == "insert"
    return bytes(steps)


def most_hits(left: Sequence[str], right: Sequence[str], steps: bytes) -> bytes:
    """The same number of errors as in these steps, with as many correct units as there can be."""
    if not _may_gain(left, right, steps):
        return steps
    parts = []
    for piece in _parted(steps, left, right):
        old = steps[piece.begin : piece.end]
        ours, theirs = left[piece.left : piece.left_end], right[piece.right : piece.right_end]
        parts.append(plain(ours, theirs) if _may_gain(ours, theirs, old) else old)
    return b"".join(parts)


def _may_gain(left: Sequence[str], right: Sequence[str], steps: bytes) -> bool:
    """Whether another alignment could have more correct units: one more takes two substitutions away, and adds a gap
    on either side."""
    if steps.count(SUBSTITUTED) < 2:
        return False
    return (Counter(left) & Counter(right)).total() > steps.count(CORRECT)


def _parted(steps: bytes, left: Sequence[str], right: Sequence[str]) -> list[Piece]:
    """The pieces; in a short text one between what both sides begin and end with, which costs no alignment anything."""
    begin = len(steps) - len(steps.lstrip(CORRECT))
    tail = len(steps) - len(steps.rstrip(CORRECT))
    if (len(left) - begin - tail) * (len(right) - begin - tail) > LIMIT:
        return pieces_of(steps, (), ())
    ends = len(left) - tail, len(right) - tail
    return [
        Piece(0, begin, 0, begin, 0, begin),
        Piece(begin, len(steps) - tail, begin, ends[0], begin, ends[1]),
        Piece(len(steps) - tail, len(steps), ends[0], len(left), ends[1], len(right)),
    ]


@cache
def _levenshtein() -> Any:
    return extra("rapidfuzz.distance.Levenshtein", "compare")
