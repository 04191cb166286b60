"""A profile made of one function: what every built-in profile is, and what a plugin needs no more than."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..profile import Headline, Profile
from ..units import Units
from ._marked import Marked, as_characters, as_mixed, as_words

__all__ = ["TextProfile", "digest_of"]


@dataclass(slots=True)
class TextProfile:
    """A profile that makes all its units from one function, `mark`: the normalised text with its other readings.

    `mark` must be pure. `tables` is all data that it uses, as plain JSON data, and `libraries` the versions of the
    libraries that it calls: both go into the digest, beside name, version and Python's Unicode version. So `version`
    must change whenever the code of `mark` changes an outcome. `ladder` are the steps from raw to the profile itself,
    each with the label of what it takes away; empty where nobody wants to know.
    """

    name: str
    version: str
    mark: Callable[[str], Marked] = field(repr=False)
    languages: tuple[str, ...] = ()
    headline: Headline = "wer"
    tables: Mapping[str, object] = field(default_factory=dict, repr=False)
    libraries: Mapping[str, str] = field(default_factory=dict)
    ladder: tuple[tuple[str, Profile], ...] = field(default=(), repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        self.digest = digest_of(self.name, self.version, self.headline, self.tables, self.libraries)

    def normalize(self, text: str) -> str:
        """The text as it is compared, in its first reading."""
        return self.mark(text).text

    def words(self, text: str) -> Units:
        """The text as words, parted by blanks."""
        return as_words(self.mark(text))

    def characters(self, text: str) -> Units:
        """The text as characters (code points) without blanks."""
        return as_characters(self.mark(text))

    def mixed(self, text: str) -> Units:
        """The text as words, and as single characters where the script does not part words by blanks."""
        return as_mixed(self.mark(text))


def digest_of(*parts: str | Mapping[str, object] | Mapping[str, str] | Sequence[str]) -> str:
    """Sixteen hexadecimal digits over these and over the version of Unicode in this Python."""
    data = json.dumps([unicodedata.unidata_version, *parts], ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(data.encode()).hexdigest()[:16]
