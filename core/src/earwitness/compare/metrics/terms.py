"""Words that matter: how many of a list were heard, how many were heard rightly, and where it went wrong."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice, product
from types import MappingProxyType
from typing import Literal

from .._remembered import aligned
from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ..units import Units
from ._turns import Interval, Turn, UnitsOf, hypothesis_turns, intervals, joined, places, reference_turns, units_of

__all__ = ["NEGATIONS", "TermFailure", "TermScore", "Terms", "term_failures", "term_metrics"]

NEGATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot",
            "can't", "couldn't", "don't", "doesn't", "didn't", "won't", "wouldn't", "isn't", "aren't", "wasn't",
            "weren't", "haven't", "hasn't", "hadn't", "shouldn't", "mustn't", "needn't",
        ),
        "ko": ("않", "없", "아니", "못"),
        "zh": ("不", "没", "未", "勿"),
    }
)  # fmt: skip
"""Words that turn a sentence around, by language. Korean and Mandarin ones are found inside longer words as well."""

Span = tuple[int, int]
Find = Callable[[Units, str], list[Span]]
"""The spans of a side's units that are terms, in a language."""

_CORRECT, _DELETED, _INSERTED = b"CDI"
_MOST_READINGS = 64


@dataclass(slots=True)
class Terms:
    """A list of words and phrases to look for; `texts` by language tag (the part before `-`), "" for any language.

    With `numbers` they are not listed but found: stretches that hold a digit or may be read as one.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    numbers: bool = False


@dataclass(slots=True, frozen=True)
class TermFailure:
    """One place where a term was said and not heard (`missed`), or heard and not said (`invented`).

    Times are milliseconds in the utterance's `audio`, None where nobody gave any. `term` is text as it was compared.
    """

    id: str
    kind: Literal["missed", "invented"]
    term: str = field(repr=False)
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(slots=True)
class TermScore:
    """Recall or precision of a list of terms: a term counts where all its units are right and in one piece.

    `errors` of the measurement holds the hits, `total` what was said (recall) or heard (precision).
    """

    name: str
    title: str
    terms: Terms
    kind: Literal["recall", "precision"]
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "higher"
    level: Level = "utterance"
    # One search for each profile, because normalising the list takes longer than looking for it.
    _finders: dict[str, Find] = field(default_factory=dict, init=False, repr=False, compare=False)

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """The terms of all pairs. None where the side that counts has none."""
        find = self._finders.get(profile.digest) or self._finders.setdefault(
            profile.digest, _finder(self.terms, profile)
        )
        found = [each for pair in pairs for each in _judged(pair, find, profile)[self.kind]]
        return Measurement(sum(right for _, right in found), len(found)) if found else None


def term_metrics(name: str, terms: Terms | Iterable[str], *, title: str | None = None) -> tuple[TermScore, TermScore]:
    """Recall and precision of one list, `<name>_recall` and `<name>_precision`. A term may be a phrase."""
    shown = title or name.capitalize()
    return (
        TermScore(f"{name}_recall", f"{shown}: recall", _listed(terms), "recall"),
        TermScore(f"{name}_precision", f"{shown}: precision", _listed(terms), "precision"),
    )


def term_failures(pairs: Iterable[Pair], terms: Terms | Iterable[str], profile: Profile) -> Iterator[TermFailure]:
    """Every place where a term went wrong, in the order of the pairs: what to listen to."""
    find = _finder(_listed(terms), profile)
    for pair in pairs:
        judged = _judged(pair, find, profile)
        missed = [span for span, right in judged["recall"] if not right]
        invented = [span for span, right in judged["precision"] if not right]
        yield from _failures(pair, "missed", reference_turns(pair), missed, profile)
        yield from _failures(pair, "invented", hypothesis_turns(pair), invented, profile)


def _listed(terms: Terms | Iterable[str]) -> Terms:
    return terms if isinstance(terms, Terms) else Terms({"": tuple(terms)})


def _judged(pair: Pair, find: Find, profile: Profile) -> dict[Literal["recall", "precision"], list[tuple[Span, bool]]]:
    """The terms of the reference and those of the hypothesis, each with whether it agrees with the other side."""
    language = (pair.utterance.language or next(iter(profile.languages), "")).partition("-")[0]
    cut = units_of(profile)
    ours = joined([cut(turn.text) for turn in reference_turns(pair)])
    theirs = joined([cut(turn.text) for turn in hypothesis_turns(pair)])
    said, heard = find(ours, language), find(theirs, language)
    if not said and not heard:
        return {"recall": [], "precision": []}
    best = aligned(profile, ours, theirs)
    left, right = _stretches(best.operations)
    return {
        "recall": _verdicts(said, places(best.reference_at, len(ours.units)), left),
        "precision": _verdicts(heard, places(best.hypothesis_at, len(theirs.units)), right),
    }


def _stretches(operations: bytes) -> tuple[list[int], list[int]]:
    """For each unit of both sides the number of the unbroken stretch of correct ones it lies in, 0 for a wrong one."""
    left: list[int] = []
    right: list[int] = []
    stretch, inside = 0, False
    for step in operations:
        stretch += step == _CORRECT and not inside
        inside = step == _CORRECT
        if step != _INSERTED:
            left.append(stretch if inside else 0)
        if step != _DELETED:
            right.append(stretch if inside else 0)
    return left, right


def _verdicts(spans: Sequence[Span], stand: Sequence[range], stretches: Sequence[int]) -> list[tuple[Span, bool]]:
    """A term is right where all that stands for it lies in one stretch."""
    begins, ends = [place.start for place in stand], [place.stop for place in stand]
    found = []
    for start, end in spans:
        inside = set(stretches[bisect_right(ends, start) : bisect_left(begins, end)])
        found.append(((start, end), len(inside) == 1 and 0 not in inside))
    return found


def _finder(terms: Terms, profile: Profile) -> Find:
    """Finds terms from the left, of several the longest, no two over each other."""
    tables: dict[str, dict[str, list[tuple[str, ...]]]] = {}

    def find(side: Units, language: str) -> list[Span]:
        if language not in tables:
            texts = [text for each in dict.fromkeys(("", language)) for text in terms.texts.get(each, ())]
            tables[language] = _table(texts, units_of(profile))
        spans, at, table = _numbers(side) if terms.numbers else [], 0, tables[language]
        while table and at < len(side.units):
            fitting = (term for term in table.get(side.units[at], ()) if side.units[at : at + len(term)] == term)
            size = max(map(len, fitting), default=0)
            if size:
                spans.append((at, at + size))
            at += size or 1
        return sorted(spans)

    return find


def _table(texts: Iterable[str], cut: UnitsOf) -> dict[str, list[tuple[str, ...]]]:
    """Every reading of every term by its first unit."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for text in texts:
        for reading in _all_readings(cut(text)):
            if reading and reading not in found.setdefault(reading[0], []):
                found[reading[0]].append(reading)
    return found


def _all_readings(term: Units) -> Iterator[tuple[str, ...]]:
    """The term as it stands and otherwise, up to a number that no real term has."""
    ends = [0, *(one.end for one in term.choices)]
    plain = [term.units[done : one.start] for done, one in zip(ends, term.choices, strict=False)]
    options = [one.readings_of(term.units) for one in term.choices]
    for readings in islice(product(*options), _MOST_READINGS):
        parts = [part for pair in zip(plain, readings, strict=True) for part in pair]
        yield tuple(chain(*parts, term.units[ends[-1] :]))


def _numbers(side: Units) -> list[Span]:
    """Stretches of units that hold a digit or may be read otherwise with one."""
    marks = [any(map(str.isdecimal, unit)) for unit in side.units]
    for one in side.choices:
        if any(char.isdecimal() for reading in one.readings_of(side.units) for unit in reading for char in unit):
            marks[one.start : one.end] = [True] * (one.end - one.start)
    found = []
    for marked, group in groupby(range(len(marks)), key=marks.__getitem__):
        marked_units = list(group)
        if marked:
            found.append((marked_units[0], marked_units[-1] + 1))
    return found


def _failures(
    pair: Pair, kind: Literal["missed", "invented"], side: Sequence[Turn], spans: Sequence[Span], profile: Profile
) -> Iterator[TermFailure]:
    """The spans with their text and their time in the audio."""
    if not spans:
        return
    cut = units_of(profile)
    parts = [cut(turn.text).units for turn in side]
    units = [unit for part in parts for unit in part]
    times: list[Interval | None] = []
    for turn, part in zip(side, parts, strict=True):
        times += intervals(turn, part, cut) or [None] * len(part)
    blank = "" if profile.headline == "cer" else " "
    for start, end in spans:
        first, last = times[start], times[end - 1]
        yield TermFailure(
            pair.utterance.id,
            kind,
            blank.join(units[start:end]),
            None if first is None else round(first[0]) + pair.utterance.offset_ms,
            None if last is None else round(last[1]) + pair.utterance.offset_ms,
        )
