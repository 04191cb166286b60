"""Rows in columns, for people; nothing is cut off, because what is piped has no width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..export import cells
from ._output import on_one_line

__all__ = ["columns"]


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their heads; a column in which no row says anything is left out."""
    body = [tuple(on_one_line(" ".join(cell.split())) for cell in row) for row in rows]
    kept = [number for number in range(len(head)) if any(row[number] for row in body)]
    whole = [tuple(row[number] for number in kept) for row in (head, *body)]
    widths = [max(cells(row[number]) for row in whole) for number in range(len(kept))]
    lines = ("  ".join(map(_padded, row, widths)).rstrip() for row in whole)
    return "".join(f"{line}\n" for line in lines)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cells(cell))
