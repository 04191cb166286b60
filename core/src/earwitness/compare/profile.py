"""A normalisation profile: what counts as the same text, declared, versioned and hashed."""

from __future__ import annotations

from typing import Literal, Protocol

from .units import Units

__all__ = ["Headline", "Profile"]

Headline = Literal["wer", "cer", "mer"]
"""The rate that is shown first: over words, over characters without blanks, or over mixed units (Han one each)."""


class Profile(Protocol):
    """One way to make two texts comparable; the same function for both sides. Pure and deterministic.

    Plain attributes do for the properties. A profile may have a `ladder`: the steps from the raw text to itself, as
    pairs of what a step takes away (`punctuation`, `case`, `numbers` ...) and the profile up to there.
    """

    @property
    def name(self) -> str:
        """Printed with every score."""
        ...

    @property
    def version(self) -> str:
        """Printed with every score; another one wherever any text may come out otherwise."""
        ...

    @property
    def digest(self) -> str:
        """A hash over everything that decides the outcome."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags it is made for, empty for any."""
        ...

    @property
    def headline(self) -> Headline:
        """The rate that is shown first."""
        ...

    def normalize(self, text: str) -> str:
        """The text as it is compared, for people to read; of several readings the first."""
        ...

    def words(self, text: str) -> Units:
        """The text as words (Korean: eojeol, parted by blanks; Han: one character each only in `mixed`)."""
        ...

    def characters(self, text: str) -> Units:
        """The text as characters (NFC code points) without blanks."""
        ...

    def mixed(self, text: str) -> Units:
        """The text as words where the script parts words by blanks, and as single characters where it does not."""
        ...
