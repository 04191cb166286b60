"""What a user takes for the same: spellings and names that count as one, in the alignment and nowhere else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Any

from .._text import is_unspaced
from ..errors import InvalidRequestError
from .profile import Headline, Profile
from .units import Choice, Units

__all__ = ["WithSynonyms", "read_synonyms"]


def read_synonyms(text: str) -> tuple[tuple[str, ...], ...]:
    """Groups of forms, one group a line, forms parted by `=`; what follows `#` is a remark.

    Raises InvalidRequestError naming the line for a group of one form.
    """
    groups = []
    for number, line in enumerate(text.splitlines(), 1):
        forms = tuple(form.strip() for form in line.partition("#")[0].split("=") if form.strip())
        if len(forms) == 1:
            raise InvalidRequestError(
                f"Line {number} of the synonyms holds a single form", action="Write forms as: okay = ok = o k."
            )
        if forms:
            groups.append(forms)
    return tuple(groups)


class WithSynonyms:
    """A profile in which the forms of each group may stand for one another, whole words at a time.

    Forms are normalised like any text. Among characters, a form in a script without blanks, or in Korean, where endings
    are written to the word, may also be part of a word.
    """

    def __init__(self, profile: Profile, groups: Sequence[Sequence[str]]) -> None:
        self.profile = profile
        self.groups = tuple(tuple(group) for group in groups)
        self._words = self._forms(profile.words)
        self._mixed = self._forms(profile.mixed)
        self._characters = self._forms(profile.characters)

    @property
    def name(self) -> str:
        """The profile's."""
        return self.profile.name

    @property
    def version(self) -> str:
        """The profile's."""
        return self.profile.version

    @property
    def digest(self) -> str:
        """Over the profile and the groups."""
        return sha256(repr((self.profile.digest, self.groups)).encode()).hexdigest()

    @property
    def languages(self) -> tuple[str, ...]:
        """The profile's."""
        return self.profile.languages

    @property
    def headline(self) -> Headline:
        """The profile's."""
        return self.profile.headline

    @property
    def ladder(self) -> tuple[tuple[str, Profile], ...]:
        """The profile's, with a last step for the synonyms: they are a matter of spelling."""
        steps = tuple(getattr(self.profile, "ladder", ())) or (("notation", self.profile),)
        return (*steps, ("spelling", self))

    def normalize(self, text: str) -> str:
        """The profile's: a synonym changes no text."""
        return self.profile.normalize(text)

    def words(self, text: str) -> Units:
        """The words, with a choice wherever a form stands."""
        return _with_choices(self.profile.words(text), self._words, lambda _: True)

    def mixed(self, text: str) -> Units:
        """The mixed units, with a choice wherever a form stands."""
        return _with_choices(self.profile.mixed(text), self._mixed, lambda _: True)

    def characters(self, text: str) -> Units:
        """The characters, with a choice wherever a form stands between the borders of words."""
        found, words = self.profile.characters(text), self.profile.words(text)
        if "".join(words.units) != "".join(found.units):
            return found  # a profile whose characters are not those of its words has no borders to go by
        borders = {0, *accumulate(len(word) for word in words.units)}
        return _with_choices(found, self._characters, borders.__contains__)

    def _forms(self, units: Callable[[str], Units]) -> list[list[tuple[str, ...]]]:
        return [[*dict.fromkeys(form for one in group if (form := units(one).units))] for group in self.groups]


def _with_choices(side: Units, groups: Iterable[list[tuple[str, ...]]], is_border: Callable[[int], bool]) -> Units:
    """The units with a further choice wherever a form stands that touches no choice of the profile's own."""
    more: list[Choice] = []
    forms = sorted(((form, group) for group in groups for form in group), key=lambda one: -len(one[0]))
    for form, group in forms:
        taken = sorted((*side.choices, *more), key=_start)
        starts = [one.start for one in taken]
        for begin in _places(side.units, form):
            end = begin + len(form)
            number = bisect_right(starts, end - 1)
            free = number == 0 or taken[number - 1].end <= begin
            whole = (is_border(begin) and is_border(end)) or _is_joined(form)
            if free and whole:
                more.append(Choice(begin, end, (form, *(other for other in group if other != form))))
    return Units(side.units, tuple(sorted((*side.choices, *more), key=_start))) if more else side


def _places(units: tuple[str, ...], form: tuple[str, ...]) -> Iterator[int]:
    """Where the form begins, no two overlapping."""
    at = 0
    while True:
        try:
            at = units.index(form[0], at)
        except ValueError:
            return
        if units[at : at + len(form)] == form:
            yield at
            at += len(form)
        else:
            at += 1


def _is_joined(form: tuple[str, ...]) -> bool:
    """Whether other words may be written to this one without a blank."""
    return all(is_unspaced(char) or "\uac00" <= char <= "\ud7a3" for unit in form for char in unit)


def _start(choice: Choice) -> Any:
    return choice.start
