"""Pairs of transcripts for the tests of metrics, and a profile that changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from earwitness.compare.corpus import Delivery, Pair, Utterance
from earwitness.compare.profile import Headline
from earwitness.compare.units import Choice, Units
from earwitness.models import Segment, Transcript, Word

__all__ = ["Plain", "pair", "said", "timed"]


@dataclass(slots=True)
class Plain:
    """Text as it stands: words parted by blanks; characters without them; `otherwise` holds other readings of words."""

    name: str = "plain"
    version: str = "1"
    digest: str = "plain"
    languages: tuple[str, ...] = ()
    headline: Headline = "wer"
    otherwise: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def normalize(self, text: str) -> str:
        return text

    def words(self, text: str) -> Units:
        units = tuple(text.split())
        places = [at for at, unit in enumerate(units) if unit in self.otherwise]
        return Units(units, tuple(Choice(at, at + 1, self.otherwise[units[at]]) for at in places))

    def characters(self, text: str) -> Units:
        return Units(tuple("".join(text.split())))

    def mixed(self, text: str) -> Units:
        return self.words(text)


def said(*turns: tuple[str | None, str, int, int]) -> Transcript:
    """A transcript of segments: who, what, from when to when in milliseconds."""
    return Transcript(tuple(Segment(text, start, end, speaker=who) for who, text, start, end in turns))


def timed(words: str, starts: Sequence[int | None], length: int = 100, speaker: str | None = None) -> Transcript:
    """One segment of words with these starts, each so many milliseconds long."""
    stamped = tuple(
        Word(text, start, None if start is None else start + length)
        for text, start in zip(words.split(), starts, strict=True)
    )
    return Transcript((Segment(words, words=stamped, speaker=speaker),))


def pair(
    reference: Transcript | str, hypothesis: Transcript | str, *, delivery: Delivery = "delivered", **utterance: Any
) -> Pair:
    """The two beside each other; plain text is one segment without times."""
    sides = [
        Transcript((Segment(side),) if side else ()) if isinstance(side, str) else side
        for side in (reference, hypothesis)
    ]
    return Pair(Utterance(utterance.pop("id", "one"), sides[0], **utterance), sides[0], sides[1], delivery)
