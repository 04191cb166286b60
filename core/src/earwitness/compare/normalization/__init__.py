"""Normalisation profiles: what counts as the same text, declared, versioned and hashed, one or more per language.

`raw` does nothing but split; `format` takes away how a text is set (width, composition, marks, case); a language's own
profile knows its hesitations, spellings and numbers too. Digits are given every reading they may be said in, as
`Units.choices`; words are never turned into digits, which destroys words that only look like numbers.

A plugin adds a profile with the hook `earwitness_normalizers`; `TextProfile` makes one from a single function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...errors import InvalidRequestError
from ..profile import Profile
from ._built_in import built_in, format_for
from ._format import formatted, shaped
from ._marked import Marked, Span, Writer
from ._profile import TextProfile

__all__ = [
    "Marked",
    "Span",
    "TextProfile",
    "Writer",
    "for_language",
    "formatted",
    "profiles",
    "shaped",
]

_NO_LANGUAGE = frozenset(("", "auto", "und", "zxx", "mis"))
_FIRST_CHOICE = {"en": "en", "ko": "ko", "zh": "zh", "cmn": "zh"}


def profiles() -> Sequence[Profile]:
    """The built-in profiles. None of them imports an extra before it is used."""
    return built_in()


def for_language(tag: str | None, more: Iterable[Profile] = ()) -> Profile:
    """The profile that a language is scored with, unless somebody names another one.

    English `en`, Korean `ko`, Mandarin `zh`; then a profile of `more` that is made for the language; any other
    language, and an unknown one, `format`, whose headline is the character rate for scripts without blanks (Japanese).
    Raises InvalidRequestError for a tag of several languages (`ko,en`, `mul`): no single profile is right for it.
    """
    primary = _primary(tag)
    own = {profile.name: profile for profile in built_in()}
    if primary in _FIRST_CHOICE:
        return own[_FIRST_CHOICE[primary]]
    made_for_it = (one for one in more if one.name not in own and primary in map(_primary, one.languages))
    return next(made_for_it, format_for(primary))


def _primary(tag: str | None) -> str:
    """The language of a tag without region and script; nothing for one that names none."""
    text = (tag or "").strip().lower()
    if "," in text or "+" in text or text == "mul":
        raise _mixed([part.strip() for part in text.replace("+", ",").split(",")])
    primary = text.replace("_", "-").partition("-")[0]
    return "" if primary in _NO_LANGUAGE else primary


def _mixed(languages: Sequence[str]) -> InvalidRequestError:
    return InvalidRequestError(
        f"No profile fits several languages at once: {', '.join(languages)}",
        action="Score each language by itself, or name one profile for all, such as 'format'.",
    )
