"""Text as the units that are compared (words, characters), with the stretches that may be read in several ways."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Choice", "Units"]


@dataclass(slots=True, frozen=True)
class Choice:
    """Units `start` to `end` (exclusive) may as well be one of `readings`; the first is what stands there.

    "25" may be read as `twenty five` or `two five`; whichever agrees best with the other side counts. A reading may be
    empty (a filler that need not be heard), and so may the stretch itself, where `start` is `end`.
    """

    start: int
    end: int
    readings: tuple[tuple[str, ...], ...] = field(repr=False)

    def moved(self, by: int) -> Choice:
        """The same choice, `by` units further on."""
        return Choice(self.start + by, self.end + by, self.readings)

    def readings_of(self, units: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Every reading once, first the one that stands in these units."""
        return tuple(dict.fromkeys((units[self.start : self.end], *self.readings)))


@dataclass(slots=True, frozen=True)
class Units:
    """What is aligned. `choices` are in order and do not overlap."""

    units: tuple[str, ...] = field(repr=False)
    choices: tuple[Choice, ...] = ()
