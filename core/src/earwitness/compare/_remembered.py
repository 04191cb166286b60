"""What was normalised and aligned before: within a scoring run many metrics ask for the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from .alignment import Alignment, align
from .normalization import Marked, TextProfile
from .profile import Profile
from .synonyms import WithSynonyms
from .units import Units

__all__ = ["Remembered", "aligned"]


def aligned(profile: Profile, reference: Units, hypothesis: Units) -> Alignment:
    """`align`, done once for all metrics where the profile remembers."""
    return (profile.align if isinstance(profile, Remembered) else align)(reference, hypothesis)


class Remembered:
    """A profile that normalises each text once, and aligns each two once, until it is told to forget.

    A reference meets many hypotheses, and both meet many metrics.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        # Words, characters and mixed units all come from one marked text.
        self._marked: dict[str, Marked] = {}
        self._source = self._marking_once(profile) if isinstance(profile, TextProfile) else profile
        self._known: dict[tuple[str, str], Units] = {}
        self._alignments: dict[tuple[Units, Units], Alignment] = {}
        self._steps: tuple[tuple[str, Remembered], ...] | None = None
        self.name = profile.name
        self.version = profile.version
        self.digest = profile.digest
        self.languages = profile.languages
        self.headline = profile.headline

    @property
    def origin(self) -> Profile:
        """The profile whose work is remembered."""
        return self._profile.profile if isinstance(self._profile, WithSynonyms) else self._profile

    @property
    def ladder(self) -> tuple[tuple[str, Remembered], ...]:
        """The profile's steps, each of which remembers likewise."""
        if self._steps is None:
            steps = getattr(self._profile, "ladder", ())
            self._steps = tuple((label, self if one is self._profile else Remembered(one)) for label, one in steps)
        return self._steps

    def clear(self) -> None:
        """Forgets every text and every alignment."""
        self._marked.clear()
        self._known.clear()
        self._alignments.clear()
        for _, one in self._steps or ():
            if one is not self:
                one.clear()

    def normalize(self, text: str) -> str:
        """As the profile does."""
        return self._profile.normalize(text)

    def words(self, text: str) -> Units:
        """As the profile does."""
        return self._once("words", text)

    def characters(self, text: str) -> Units:
        """As the profile does."""
        return self._once("characters", text)

    def mixed(self, text: str) -> Units:
        """As the profile does."""
        return self._once("mixed", text)

    def align(self, reference: Units, hypothesis: Units) -> Alignment:
        """The alignment of two texts."""
        key = reference, hypothesis
        if key not in self._alignments:
            self._alignments[key] = align(reference, hypothesis)
        return self._alignments[key]

    def _once(self, method: Literal["words", "characters", "mixed"], text: str) -> Units:
        key = method, text
        if key not in self._known:
            self._known[key] = getattr(self._source, method)(text)
        return self._known[key]

    def _marking_once(self, profile: TextProfile) -> TextProfile:
        def mark(text: str) -> Marked:
            if text not in self._marked:
                self._marked[text] = profile.mark(text)
            return self._marked[text]

        return replace(profile, mark=mark)
