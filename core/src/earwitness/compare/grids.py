"""What was measured, as plain columns: one metric at one stage, for each entrant a figure per item."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .metric import Measurement, Metric

__all__ = ["Column", "Grid"]

_NOTHING = float("nan")


@dataclass(slots=True)
class Column:
    """One entrant's figures, an item each. Where the data said nothing, errors and total are NaN."""

    errors: array[float] = field(default_factory=lambda: array("d"))
    totals: array[float] = field(default_factory=lambda: array("d"))
    parts: dict[str, array[float]] = field(default_factory=dict)
    values: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, measured: Measurement | None) -> None:
        """The figures of the next item."""
        parts = {} if measured is None else measured.parts
        for name in parts:
            if name not in self.parts:
                self.parts[name] = array("d", bytes(8 * len(self.errors)))
        for name, figures in self.parts.items():
            figures.append(parts.get(name, 0.0))
        self.errors.append(_NOTHING if measured is None else measured.errors)
        self.totals.append(_NOTHING if measured is None else measured.total)
        self.values.append(() if measured is None else measured.values)

    def measured(self) -> list[int]:
        """The items about which the data said something."""
        return [number for number, total in enumerate(self.totals) if total == total]

    def silenced(self) -> Column:
        """The same items, and nothing said about any of them."""
        empty = Column()
        for _ in self.errors:
            empty.add(None)
        return empty


@dataclass(slots=True)
class Grid:
    """One metric at one stage. `items` are ids of utterances, or names of recordings, in the corpus' order.

    `blocks` says for each item what it is drawn with; `answered` tells for each entrant which items it answered.
    """

    metric: Metric
    stage: str
    items: Sequence[str]
    blocks: Sequence[str]
    columns: Mapping[str, Column]
    answered: Mapping[str, Sequence[bool]]

    def common(self) -> list[int]:
        """The items that every entrant answered."""
        return [number for number, told in enumerate(zip(*self.answered.values(), strict=True)) if all(told)]

    def said(self) -> bool:
        """Whether anything was measured at all."""
        return any(column.measured() for column in self.columns.values())

    def item(self, entrant: str, number: int) -> Iterator[tuple[str, float | None]]:
        """The figures of one item by name: errors, total and the parts; None where the data said nothing."""
        column = self.columns[entrant]
        told = column.totals[number] == column.totals[number]
        yield "errors", column.errors[number] if told else None
        yield "total", column.totals[number] if told else None
        for name, figures in column.parts.items():
            yield name, figures[number] if told else None
