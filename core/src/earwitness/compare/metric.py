"""A metric measures one pair, or one recording, so that sums over sums and statistics work on all alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .corpus import Pair
from .profile import Profile

__all__ = ["Level", "Measurement", "Metric"]

Level = Literal["utterance", "recording"]
"""What is measured at once: each utterance, or all utterances of a recording together (diarization)."""


@dataclass(slots=True)
class Measurement:
    """One measured item: `errors` over `total` is its rate; corpus rates are sums over sums.

    `parts` are further counts that add up over items (substitutions, deletions). `values` are single observations
    (offsets in milliseconds) for metrics that show a distribution; such a metric has errors and total 0.
    """

    errors: float
    total: float
    parts: Mapping[str, float] = field(default_factory=dict)
    values: tuple[float, ...] = ()


class Metric(Protocol):
    """One number that people compare, such as `wer` or `der`. Plain attributes do for the properties.

    A metric with a true attribute `staged` is measured at every stage of normalisation, the others at the last one.
    """

    @property
    def name(self) -> str:
        """A short lower-case word."""
        ...

    @property
    def title(self) -> str:
        """A table's head."""
        ...

    @property
    def unit(self) -> Literal["rate", "count", "ms"]:
        """How it is shown: errors over total, a sum, or a median of milliseconds."""
        ...

    @property
    def better(self) -> Literal["lower", "higher"]:
        """Which direction is good."""
        ...

    @property
    def level(self) -> Level:
        """What `measure` is given."""
        ...

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """What is measured of these pairs: one at level `utterance`, all of one recording at level `recording`.

        None where the data says nothing about it (no reference times, no speakers), which is not the same as 0.
        """
        ...
