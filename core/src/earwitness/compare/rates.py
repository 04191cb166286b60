"""Error rates: what is substituted, deleted and inserted, over the units of the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ._remembered import aligned
from .corpus import Pair
from .metric import Level, Measurement
from .profile import Profile
from .units import Units

__all__ = ["CER", "MER", "RATES", "WER", "EditRate", "rate"]


@dataclass(frozen=True, slots=True)
class EditRate:
    """Errors over the units of the reference, which may be above 100 %: insertions have no upper bound.

    `of` makes the units. A reference without any makes every unit that was heard an error, and adds nothing to the
    total: it counts in a corpus rate, and has no rate of its own.
    """

    name: str
    title: str
    of: Callable[[Profile, str], Units]
    unit: Literal["rate"] = "rate"
    better: Literal["lower"] = "lower"
    level: Level = "utterance"
    staged: bool = True

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement:
        """The sums over these pairs, with `hits`, `substitutions`, `deletions` and `insertions` as parts."""
        found = [
            aligned(profile, self.of(profile, one.reference.text), self.of(profile, one.hypothesis.text))
            for one in pairs
        ]
        parts = {
            "hits": float(sum(one.hits for one in found)),
            "substitutions": float(sum(one.substitutions for one in found)),
            "deletions": float(sum(one.deletions for one in found)),
            "insertions": float(sum(one.insertions for one in found)),
        }
        return Measurement(sum(one.errors for one in found), sum(one.total for one in found), parts)


def rate(errors: float, total: float) -> float | None:
    """Errors over total as a fraction; None where there is nothing to divide by."""
    return errors / total if total else None


WER = EditRate("wer", "WER", lambda profile, text: profile.words(text))
"""The word error rate: over what blanks part."""
CER = EditRate("cer", "CER", lambda profile, text: profile.characters(text))
"""The character error rate: over characters, blanks not among them."""
MER = EditRate("mer", "MER", lambda profile, text: profile.mixed(text))
"""The mixed error rate: over words where a script parts them by blanks, over characters where it does not."""
RATES = (WER, CER, MER)
