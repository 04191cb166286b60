"""From CLOVA's aligned tokens, which are words, syllables, punctuation or blanks, to the words of the text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from earwitness.models import Word

__all__ = ["Token", "aligned"]

_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class Token:
    """One piece of an alignment; times in milliseconds."""

    text: str = field(repr=False)
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None

    @property
    def spoken(self) -> bool:
        """Whether it is more than punctuation."""
        return any(map(str.isalnum, self.text))


def aligned(text: str, tokens: Sequence[Token], *, blanks: bool) -> tuple[Word, ...]:
    """The words as the text has them, with the times of their tokens; those of the tokens where both do not agree.

    `blanks`: whether the language writes blanks between words. Where it does not, each spoken token is a word, and
    punctuation belongs to the word before. A word of several tokens has the mean of their confidences.
    """
    said = [token for token in tokens if token.text.strip()]
    if not said:
        return ()
    places = _places(text, said) if blanks else None
    if places is None:
        return tuple(_word("".join(token.text for token in group).strip(), group) for group in _by_speech(said))
    groups = [(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]
    # A token that runs over several words is counted to the one in which it begins.
    return tuple(
        _word(word, [token for token, place in zip(said, places, strict=True) if begin <= place < end])
        for word, begin, end in groups
    )


def _places(text: str, tokens: Sequence[Token]) -> list[int] | None:
    """Where in the text each token begins; None where a token is not there, with nothing spoken left out before it."""
    places: list[int] = []
    end = 0
    for token in tokens:
        core = token.text.strip()
        place = text.find(core, end)
        if place < 0 or any(map(str.isalnum, text[end:place])):
            return None
        places.append(place)
        end = place + len(core)
    return places


def _by_speech(tokens: Sequence[Token]) -> list[list[Token]]:
    groups: list[list[Token]] = []
    for token in tokens:
        if groups and not token.spoken:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups


def _word(text: str, tokens: Sequence[Token]) -> Word:
    starts = [token.start_ms for token in tokens if token.start_ms is not None]
    ends = [token.end_ms for token in tokens if token.end_ms is not None]
    known = [token.confidence for token in tokens if token.spoken and token.confidence is not None]
    return Word(
        text,
        min(starts, default=None),
        max(ends, default=None),
        sum(known) / len(known) if known else None,
    )
