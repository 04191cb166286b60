"""Rows in columns, for people. No cell is cut off; where a terminal has no room, whole columns are left out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence

from ..export import cells
from ._output import on_one_line

__all__ = ["WIDTH", "columns", "fits", "fitted", "room"]

WIDTH = 96
"""The most columns of a line, and as many where there is no terminal."""


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their heads; a column in which no row says anything is left out."""
    body = [tuple(on_one_line(" ".join(cell.split())) for cell in row) for row in rows]
    kept = [number for number in range(len(head)) if any(row[number] for row in body)]
    whole = [tuple(row[number] for number in kept) for row in (head, *body)]
    widths = [max(cells(row[number]) for row in whole) for number in range(len(kept))]
    lines = ("  ".join(map(_padded, row, widths)).rstrip() for row in whole)
    return "".join(f"{line}\n" for line in lines)


def fitted(head: Sequence[str], rows: Iterable[Sequence[str]], *, spare: Sequence[str]) -> str:
    """The table without as many of the `spare` columns as there is no room for, from the first one on."""
    body, table = list(rows), ""
    for count in range(len(spare) + 1):
        kept = [number for number, name in enumerate(head) if name not in spare[:count]]
        table = columns([head[number] for number in kept], [[row[number] for number in kept] for row in body])
        if fits(table):
            break
    return table


def fits(table: str) -> bool:
    """Whether there is room for every line."""
    return max(map(cells, table.splitlines())) <= room()


def room() -> int:
    """How many columns a line may take: the terminal's, but no more than WIDTH."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cells(cell))
