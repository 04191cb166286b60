"""The stages at which texts are compared: as they stand, without notation, and in the profile of their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._names import nearest
from ..errors import InvalidRequestError
from ._remembered import Remembered
from .corpus import Utterance
from .profile import Headline, Profile
from .synonyms import WithSynonyms

__all__ = ["Stage", "chosen", "stages_of"]


@dataclass(slots=True)
class Stage:
    """One way in which all texts are compared: one profile, or one for each language that the utterances have."""

    name: str
    by_language: Mapping[str | None, Remembered]

    def at(self, utterance: Utterance) -> Remembered:
        """The profile for this utterance."""
        return self.by_language.get(utterance.language) or self.by_language[None]

    def clear(self) -> None:
        """Forgets the texts that were normalised so far."""
        for one in self.by_language.values():
            one.clear()

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Each profile once."""
        return tuple({one.digest: one for one in self.by_language.values()}.values())

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The rates to show first, each once."""
        return tuple(dict.fromkeys(one.headline for one in self.profiles))


def stages_of(
    utterances: Iterable[Utterance],
    known: Mapping[str, Profile],
    *,
    profiles: Sequence[str | Profile] | None = None,
    language: str | None = None,
    synonyms: Sequence[Sequence[str]] = (),
) -> tuple[Stage, ...]:
    """The stages `raw` and `format`, and behind them the profiles asked for, else those of the languages.

    `language` is that of utterances that do not say it themselves. Synonyms count in what stands behind `format`, or in
    `format` where nothing does. Raises InvalidRequestError for an unknown profile.
    """
    last: list[dict[str | None, Profile]]
    if profiles is None:
        last = [_by_language(utterances, language, known.values())]
    else:
        wanted = [chosen(one, known, what="normalisation profile") for one in profiles]
        last = [{None: one} for one in {one.name: one for one in wanted}.values()]
    names = [_name(one) for one in last]
    before = [name for name in ("raw", "format") if name not in names]
    first: list[dict[str | None, Profile]] = [{None: known[name]} for name in before]
    if synonyms:
        last = [{tag: WithSynonyms(one, synonyms) for tag, one in each.items()} for each in last]
    return tuple(
        Stage(name, {tag: Remembered(one) for tag, one in each.items()})
        for name, each in zip((*before, *names), (*first, *last), strict=True)
    )


def chosen(wish: Any, known: Mapping[str, Any], *, what: str) -> Any:
    """The one of this name, or the object given in its place. Raises InvalidRequestError for an unknown name."""
    if not isinstance(wish, str):
        return wish
    if wish in known:
        return known[wish]
    meant = nearest(wish, list(known))
    hint = f"Did you mean {meant}? " if meant else ""
    raise InvalidRequestError(f"There is no {what} {wish!r}", action=f"{hint}There are: {', '.join(known)}.")


def _by_language(
    utterances: Iterable[Utterance], language: str | None, known: Iterable[Profile]
) -> dict[str | None, Profile]:
    """The profile of each language; one object for all languages that share it."""
    from .normalization import for_language

    tags = {one.language for one in utterances}
    told = sorted(tag for tag in tags if tag)
    found: dict[str | None, Profile] = {tag: for_language(tag, known) for tag in told}
    # Where every utterance says its language, nobody needs a profile of an unknown one: it must not make two of one.
    found[None] = for_language(language, known) if tags - {*told} or not told else found[told[0]]
    return found


def _name(by_language: Mapping[str | None, Profile]) -> str:
    names = {one.name for one in by_language.values()}
    return names.pop() if len(names) == 1 else "by-language"
