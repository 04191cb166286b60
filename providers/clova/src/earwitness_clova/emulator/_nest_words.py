"""A heard segment becomes units: words with their punctuation, blanks and times, as `alignInfos` lists them (5.7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from earwitness.models import Segment, Word

__all__ = ["SENTENCE_ENDS", "Token", "Unit", "units"]

SENTENCE_ENDS = frozenset(".?!。？！")

_PARTS = re.compile(r"(?P<before>[^\w]*)(?P<word>.*?)(?P<after>[^\w]*)", re.DOTALL)
_SYLLABIC = re.compile(r"[\uac00-\ud7a3\u3040-\u30ff\u3400-\u9fff]|\d")
_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of `alignInfos`: a word, a mark or a blank. Times in milliseconds of the stream's audio."""

    text: str = field(repr=False)
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What is never cut apart: a word with the marks around it. `blank` says whether a blank stands in front of it."""

    tokens: tuple[Token, ...]
    blank: bool
    start_ms: int
    end_ms: int
    confidence: float | None
    whole: Segment = field(repr=False)
    """The segment that it comes from."""

    @property
    def text(self) -> str:
        """The word with its marks."""
        return "".join(token.text for token in self.tokens)

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends here."""
        return any(mark in SENTENCE_ENDS for token in self.tokens[-2:] for mark in token.text[-1:])

    @property
    def syllables(self) -> int:
        """How many syllables it has: exact in Korean and Japanese writing, by groups of vowels in Latin letters."""
        exact = len(_SYLLABIC.findall(self.text))
        return exact + len(_VOWELS.findall(self.text)) or 1


def units(segment: Segment, *, since_ms: int, heard_ms: int, blank: bool) -> list[Unit]:
    """The segment's words in order, each with times: where words or times are missing, they are spread evenly.

    `since_ms` and `heard_ms` bound a segment without times; `blank` is whether the language is written with them.
    """
    start = segment.start_ms if segment.start_ms is not None else since_ms
    end = max(start, segment.end_ms if segment.end_ms is not None else heard_ms)
    given = segment.words or tuple(Word(text) for text in segment.text.split())
    spans = _spans(given, start, end)
    written = _written(segment, given, blanks=blank)
    return [
        _unit(text, span, blank=front if at else blank, confidence=word.confidence, whole=segment)
        for at, ((text, front), span, word) in enumerate(zip(written, spans, given, strict=True))
    ]


def _unit(text: str, span: tuple[int, int], *, blank: bool, confidence: float | None, whole: Segment) -> Unit:
    start, end = span
    parts = _PARTS.fullmatch(text)
    before, word, after = parts.group("before", "word", "after") if parts else ("", text, "")
    tokens = (
        *(Token(mark, start, start, confidence) for mark in before),
        *((Token(word, start, end, confidence),) if word else ()),
        *(Token(mark, end, end, confidence) for mark in after),
    )
    return Unit(tokens, blank, start, end, confidence, whole)


def _written(segment: Segment, words: tuple[Word, ...], *, blanks: bool) -> Iterator[tuple[str, bool]]:
    """Each word as the segment writes it, with its marks, and whether a blank is in front of it."""
    bounds = _found(segment.text, words)
    if bounds is None:
        yield from ((word.text, blanks) for word in words)
        return
    # A cut between two words is at the first blank between them; where there is none, right before the second.
    cuts = [0]
    for (_, end), (start, _) in pairwise(bounds):
        seam = re.search(r"\s", segment.text[end:start])
        cuts.append(end + seam.start() if seam else start)
    cuts.append(len(segment.text))
    for start, end in pairwise(cuts):
        piece = segment.text[start:end]
        yield piece.strip(), piece[:1].isspace()


def _found(text: str, words: tuple[Word, ...]) -> list[tuple[int, int]] | None:
    """Where the words stand in the text, or None if they are not those of the text."""
    bounds, at = [], 0
    for word in words:
        at = text.find(word.text, at)
        if at < 0 or not word.text:
            return None
        bounds.append((at, at + len(word.text)))
        at += len(word.text)
    return bounds


def _spans(words: tuple[Word, ...], start: int, end: int) -> list[tuple[int, int]]:
    """Start and end of each word: as given, else its share of the segment by its length."""
    letters = sum(len(word.text) for word in words) or 1
    spans, passed, last = [], 0, start
    for word in words:
        at = start + (end - start) * passed // letters
        passed += len(word.text)
        begin = word.start_ms if word.start_ms is not None else max(last, at)
        until = word.end_ms if word.end_ms is not None else start + (end - start) * passed // letters
        last = max(begin, until)
        spans.append((begin, last))
    return spans
