"""The best alignment of two short texts, of all their readings: exact, by dynamic programming over both at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from .units import Units

__all__ = ["CORRECT", "DELETED", "INSERTED", "SUBSTITUTED", "Settled", "places", "plain", "settled", "worth_trying"]

CORRECT, SUBSTITUTED, DELETED, INSERTED = b"C", b"S", b"D", b"I"

# A cost is one whole number: errors first, then how late the chosen readings stand, then what is not correct.
_HIT = -1
_READING = 1 << 24
_ERROR = 1 << 48
_BEYOND = 1 << 62  # more than any text that is searched can cost


class Settled(NamedTuple):
    """The chosen readings of both sides with the place of each unit in the text, and the steps between them."""

    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    operations: bytes
    reference_at: tuple[int, ...]
    hypothesis_at: tuple[int, ...]


class _Edge(NamedTuple):
    """A way into a node: from where, past which unit (None for an empty reading), at what cost of its own.

    `at` is the unit's place in the text; for a unit of another reading, where its choice begins.
    """

    source: int
    unit: str | None
    cost: int
    at: int


_Nodes = list[list[_Edge]]
_Step = tuple[int, int, bytes, _Edge | None, _Edge | None]


def settled(reference: Units, hypothesis: Units) -> Settled:
    """The fewest errors over all readings of both; then the earlier readings; then the most correct units.

    Takes time and memory for each pair of places, those within readings included.
    """
    left, right = _nodes(reference, hypothesis), _nodes(hypothesis, reference)
    return _traced(left, right, _costs(left, right))


def plain(left: Sequence[str], right: Sequence[str]) -> bytes:
    """The steps where nothing may be read otherwise: the fewest errors, and of those the most correct units."""
    rows = [[_ERROR * number for number in range(len(right) + 1)]]
    for number, unit in enumerate(left, 1):
        above, row = rows[-1], [_ERROR * number]
        before = row[0]
        for corner, over, other in zip(above, above[1:], right, strict=False):
            best = corner + (_HIT if unit == other else _ERROR)
            # No min(): the call would cost more than the rest.
            gap = (over if over < before else before) + _ERROR  # noqa: FURB136
            before = gap if gap < best else best  # noqa: FURB136
            row.append(before)
        rows.append(row)
    return b"".join(_plain_steps(left, right, rows))[::-1]


def _plain_steps(left: Sequence[str], right: Sequence[str], rows: list[list[int]]) -> Iterator[bytes]:
    """From the last step to the first; a substitution goes before a gap where both cost the same."""
    i, j = len(left), len(right)
    while i or j:
        here = rows[i][j]
        same = i and j and left[i - 1] == right[j - 1]
        if i and j and here == rows[i - 1][j - 1] + (_HIT if same else _ERROR):
            i, j = i - 1, j - 1
            yield CORRECT if same else SUBSTITUTED
        elif i and here == rows[i - 1][j] + _ERROR:
            i -= 1
            yield DELETED
        else:
            j -= 1
            yield INSERTED


def places(side: Units) -> int:
    """How many places the text has between its units, those within readings included."""
    inner = (len(reading) - 1 for one in side.choices for reading in one.readings if len(reading) > 1)
    return 1 + len(side.units) + sum(inner)


def worth_trying(side: Units, other: Units) -> list[list[int]]:
    """For each choice the numbers of those readings that may agree best with the other side, in any of its readings.

    A reading of which the other side has no unit makes as many errors as any other of its length: an earlier one that
    is not longer is never worse.
    """
    known = {*other.units, *(unit for one in other.choices for reading in one.readings for unit in reading)}
    found = []
    for choice in side.choices:
        kept: list[int] = []
        shortest = inf
        for number, reading in enumerate(choice.readings_of(side.units)):
            if len(reading) < shortest or not known.isdisjoint(reading):
                kept.append(number)
            shortest = min(shortest, len(reading))
        found.append(kept)
    return found


def _nodes(side: Units, other: Units) -> _Nodes:
    """The places of a text in an order in which every way leads forward; each with the ways that lead to it."""
    nodes: _Nodes = [[]]
    place = number = 0  # the node, and the unit that comes next
    for choice, ranks in zip((*side.choices, None), (*worth_trying(side, other), []), strict=True):
        for at in range(number, len(side.units) if choice is None else choice.start):
            nodes.append([_Edge(place, side.units[at], 0, at)])
            place = len(nodes) - 1
        if choice is not None:
            readings = choice.readings_of(side.units)
            some = [(rank, readings[rank]) for rank in ranks]
            place, number = _branched(nodes, place, some, choice.start), choice.end
    return nodes


def _branched(nodes: _Nodes, place: int, readings: Sequence[tuple[int, tuple[str, ...]]], at: int) -> int:
    """Lays every reading, given with its rank, from `place` on; gives the place where they meet."""
    ends = []
    for rank, reading in readings:
        source, cost = place, rank * _READING
        # Only the reading that stands there has places of its own in the text.
        places = range(at, at + len(reading)) if rank == 0 else [at] * len(reading)
        for unit, where in zip(reading[:-1], places, strict=False):
            nodes.append([_Edge(source, unit, cost, where)])
            source, cost = len(nodes) - 1, 0
        ends.append(_Edge(source, reading[-1], cost, places[-1]) if reading else _Edge(source, None, cost, at))
    nodes.append(ends)
    return len(nodes) - 1


def _costs(left: _Nodes, right: _Nodes) -> list[list[int]]:
    """The least cost from the beginning to each pair of places."""
    ways = [[(one.source, one.unit, one.cost, _gap(one)) for one in edges] for edges in right]
    costs: list[list[int]] = []
    for ours in left:
        rows = [(costs[one.source], one.unit, one.cost, _gap(one)) for one in ours]
        costs.append(_row(rows, ways, begins=not costs))
    return costs


def _gap(edge: _Edge) -> int:
    """What it costs to go this way where the other side stays."""
    return edge.cost + (0 if edge.unit is None else _ERROR)


def _row(
    ours: Sequence[tuple[list[int], str | None, int, int]],
    right: Sequence[Sequence[tuple[int, str | None, int, int]]],
    *,
    begins: bool,
) -> list[int]:
    """The costs at one place on the left: `ours` are the ways to it, each with the row it comes from.

    The innermost loops of all scoring: without calls, which would cost more than the rest.
    """
    row = [0] if begins else []
    for j in range(len(row), len(right)):
        best = _BEYOND
        for above, _, _, gap in ours:
            if (cost := above[j] + gap) < best:
                best = cost
        for source, heard, more, gap in right[j]:
            if (cost := row[source] + gap) < best:
                best = cost
            if heard is None:
                continue
            for above, unit, own, _ in ours:
                if unit is not None:
                    cost = above[source] + own + more + (_HIT if unit == heard else _ERROR)
                    if cost < best:
                        best = cost
        row.append(best)
    return row


def _ways(
    costs: list[list[int]], ours: list[_Edge], theirs: list[_Edge], here: tuple[int, int]
) -> Iterator[tuple[int, _Step]]:
    """Every last step to this pair of places with what it costs from the beginning on."""
    i, j = here
    for said in ours:
        for heard in theirs:
            if said.unit is not None and heard.unit is not None:
                step, price = (CORRECT, _HIT) if said.unit == heard.unit else (SUBSTITUTED, _ERROR)
                way = (said.source, heard.source, step, said, heard)
                yield costs[said.source][heard.source] + price + said.cost + heard.cost, way
        price, step = (0, b"") if said.unit is None else (_ERROR, DELETED)
        yield costs[said.source][j] + price + said.cost, (said.source, j, step, said, None)
    for heard in theirs:
        price, step = (0, b"") if heard.unit is None else (_ERROR, INSERTED)
        yield costs[i][heard.source] + price + heard.cost, (i, heard.source, step, None, heard)


def _traced(left: _Nodes, right: _Nodes, costs: list[list[int]]) -> Settled:
    i, j = len(left) - 1, len(right) - 1
    steps: list[_Step] = []
    while i or j:
        _, step = min(_ways(costs, left[i], right[j], (i, j)), key=lambda way: way[0])
        i, j = step[:2]
        steps.append(step)
    steps.reverse()
    said = [edge for *_, edge, _ in steps if edge is not None and edge.unit is not None]
    heard = [edge for *_, edge in steps if edge is not None and edge.unit is not None]
    return Settled(
        tuple(edge.unit or "" for edge in said),
        tuple(edge.unit or "" for edge in heard),
        b"".join(step for _, _, step, _, _ in steps),
        tuple(edge.at for edge in said),
        tuple(edge.at for edge in heard),
    )
