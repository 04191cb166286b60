"""One alignment of two texts: the fewest errors, and of those alignments the one with the most correct units.

The first half of the rule makes the total, which every optimal aligner agrees on. The second half settles the split
into substitutions, deletions and insertions, which is not unique and differs between tools: NIST's sclite weighs a
substitution 4 and a gap 3, others take what their search meets first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import _edits
from ._lattice import CORRECT, DELETED, INSERTED, SUBSTITUTED
from ._readings import best_readings
from .units import Units

__all__ = ["Alignment", "align", "distance"]


@dataclass(slots=True)
class Alignment:
    """How the reference became the hypothesis, step by step, both in the readings that agree best.

    `operations` holds one letter for each step: `C` correct, `S` substituted, `D` deleted, `I` inserted.
    `reference_at` and `hypothesis_at` say for each unit where in `Units.units` it stands; a unit of another reading
    than the first one stands where its choice begins.
    """

    reference: tuple[str, ...] = field(repr=False)
    hypothesis: tuple[str, ...] = field(repr=False)
    operations: bytes
    reference_at: Sequence[int] = field(repr=False)
    hypothesis_at: Sequence[int] = field(repr=False)

    @property
    def hits(self) -> int:
        """Units of the reference that were heard right."""
        return self.operations.count(CORRECT)

    @property
    def substitutions(self) -> int:
        """Units of the reference for which another was heard."""
        return self.operations.count(SUBSTITUTED)

    @property
    def deletions(self) -> int:
        """Units of the reference that were not heard."""
        return self.operations.count(DELETED)

    @property
    def insertions(self) -> int:
        """Units that were heard and not said."""
        return self.operations.count(INSERTED)

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return len(self.operations) - self.hits

    @property
    def total(self) -> int:
        """Units of the reference: what a rate divides by."""
        return len(self.reference)


def align(reference: Units, hypothesis: Units) -> Alignment:
    """The alignment with the fewest errors, then the earlier readings, then the most correct units.

    Where a text has several readings, all of them are tried in each stretch of some fifty units that ends in units
    which both sides share, so that time grows with the length of the text and its errors; there are never more errors
    than with the first readings. Raises ConfigurationError where the extra `compare` is not installed.
    """
    left, right = reference.units, hypothesis.units
    if left == right:
        steps = CORRECT * len(left)
    elif reference.choices or hypothesis.choices:
        return Alignment(*best_readings(reference, hypothesis))
    else:
        steps = _edits.operations(left, right)
    return Alignment(left, right, steps, range(len(left)), range(len(right)))


def distance(reference: Units, hypothesis: Units) -> int:
    """The errors of `align` alone."""
    if reference.choices or hypothesis.choices:
        return align(reference, hypothesis).errors
    return _edits.distance(reference.units, hypothesis.units)
