"""The profiles that come with Earwitness, each with its ladder: the steps from the raw text to itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version

from ..._extras import extra
from ..profile import Headline, Profile
from . import _format as form
from . import english, korean, mandarin
from ._marked import Marked
from ._profile import TextProfile

__all__ = ["built_in", "format_for"]

VERSION = "1"
_CHARACTER_LANGUAGES = ("ja", "th", "lo", "km", "my", "bo", "yue", "wuu", "nan", "hak", "lzh", "dz")
"""Languages written without blanks between words, for which there is no profile of their own."""
_TWO_IS = ("tr", "az")
"""Languages whose capital of i is İ, and whose small letter of I is ı."""
_WHISPER = "whisper_normalizer"
_Mark = Callable[[str], Marked]


@cache
def built_in() -> tuple[Profile, ...]:
    """Every profile, in the order in which a list shows them. None of them imports an extra before it is used."""
    return (_raw(), _format(), _english_as_whisper(), _english(), _korean(), _mandarin())


@cache
def format_for(language: str) -> Profile:
    """The form of `format` that fits this language: the character rate as headline, or dotted and dotless i apart."""
    if language in _CHARACTER_LANGUAGES:
        return _format("cer")
    return _format(mark=_formatted_dotted) if language in _TWO_IS else built_in()[1]


def _raw() -> TextProfile:
    return TextProfile("raw", VERSION, form.marked_raw)


def _format(headline: Headline = "wer", mark: _Mark | None = None) -> TextProfile:
    """The profile `format`, or a form of it, whose own `mark` is told apart in the digest by its name."""
    last = mark or _formatted
    tables = {**form.TABLES, "mark": last.__name__}
    steps = (("punctuation", _without_marks), ("case", last))
    return TextProfile(
        "format",
        VERSION,
        last,
        headline=headline,
        tables=tables,
        ladder=tuple((label, TextProfile(label, VERSION, step, tables=tables)) for label, step in steps),
    )


def _english_as_whisper() -> TextProfile:
    steps = _format().ladder
    profile = TextProfile(
        "en-whisper", VERSION, _as_whisper, languages=("en",), libraries={_WHISPER: _installed(_WHISPER)}
    )
    profile.ladder = (*steps, ("numbers", profile))
    return profile


def _english() -> TextProfile:
    return _with_ladder(
        TextProfile("en", english.VERSION, english.marked, languages=("en",), tables=english.TABLES),
        fillers=partial(english.marked, spelling=False, digits=False),
        spelling=partial(english.marked, digits=False),
    )


def _korean() -> TextProfile:
    return _with_ladder(
        TextProfile("ko", korean.VERSION, korean.marked, languages=("ko",), headline="cer", tables=korean.TABLES),
        fillers=partial(korean.marked, digits=False),
    )


def _mandarin() -> TextProfile:
    return _with_ladder(
        TextProfile(
            "zh",
            mandarin.VERSION,
            mandarin.marked,
            languages=("zh", "cmn"),
            headline="mer",
            tables=mandarin.TABLES,
            libraries={mandarin.LIBRARY: _installed(mandarin.LIBRARY)},
        ),
        fillers=partial(mandarin.marked, spelling=False, digits=False),
        spelling=partial(mandarin.marked, digits=False),
    )


def _with_ladder(profile: TextProfile, **steps: _Mark) -> TextProfile:
    """The profile with the steps of `format`, then its own, then itself, which reads the numbers."""
    between = [
        (label, TextProfile(f"{profile.name}:{label}", profile.version, mark, tables=profile.tables))
        for label, mark in steps.items()
    ]
    profile.ladder = (*_format().ladder, *between, ("numbers", profile))
    return profile


def _formatted(text: str) -> Marked:
    return form.marked_plain(form.formatted(text))


def _formatted_dotted(text: str) -> Marked:
    return _formatted(form.shaped(text).replace("I", "ı").replace("İ", "i"))


def _without_marks(text: str) -> Marked:
    return form.marked_plain(form.without_marks(form.shaped(text)))


def _as_whisper(text: str) -> Marked:
    try:
        return form.marked_plain(str(_whisper()(text)))
    except (AssertionError, ValueError):  # the library cannot read a number of thousands of digits
        return _formatted(text)


@cache
def _whisper() -> Callable[[str], str]:
    found: Callable[[str], str] = extra(f"{_WHISPER}.english", "compare").EnglishTextNormalizer()
    return found


def _installed(distribution: str) -> str:
    """The version that decides the outcome; where the library is missing the profile cannot be used at all."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
