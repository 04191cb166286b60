"""Who is who: the pairing of two groups with the least cost, each member in one pair at most."""

from __future__ import annotations

from collections.abc import Sequence

from ..._extras import extra

__all__ = ["assignment"]


def assignment(costs: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pairs of row and column with the least sum, as many as the smaller side has members, by row.

    Kuhn's Hungarian method with potentials and shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987): the
    cube of the number of speakers at worst. Every row has as many columns as the first one.
    """
    if not costs or not costs[0]:
        return []
    if len(costs) > len(costs[0]):
        return sorted((row, column) for column, row in assignment(list(zip(*costs, strict=True))))
    np = extra("numpy", "compare")
    cost = np.asarray(costs, dtype=float)
    rows, columns = cost.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    taken = np.full(columns, -1)
    for begin in range(rows):
        nearest, came = np.full(columns, np.inf), np.full(columns, -1)
        open_ = np.ones(columns, dtype=bool)
        row, column = begin, -1
        while row >= 0:
            through = cost[row] - of_row[row] - of_column
            closer = open_ & (through < nearest)
            nearest[closer], came[closer] = through[closer], column
            best = int(np.where(open_, nearest, np.inf).argmin())
            step = nearest[best]
            closed = ~open_
            of_row[begin] += step
            of_row[taken[closed]] += step
            of_column[closed] -= step
            nearest[open_] -= step
            column, open_[best] = best, False
            row = int(taken[column])
        while column >= 0:
            before = int(came[column])
            taken[column] = taken[before] if before >= 0 else begin
            column = before
    return sorted((int(row), column) for column, row in enumerate(taken) if row >= 0)
