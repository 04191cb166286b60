"""A neutral transcript as the vendor hears it: sentences of timed tokens, punctuation marks among them, no gaps.

The vendor always says times, so what a transcript does not tell is worked out here: a missing word time is spread over
its sentence, a missing sentence time follows from its words or from the sentence before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from earwitness.models import Segment, Transcript, Word

__all__ = ["Sentence", "Token", "Wishes", "guessed_tokens", "sentences_of"]

_MARKS = ".,;:!?…、。，；：！？"
_ENDS = ".;!?…。；！？,，"
_CLOSED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A character of a script without blanks is a word of its own; everything else is one up to the next blank.
_PIECE = re.compile(rf"[{_CLOSED}]|[^\s{_CLOSED}]+")


@dataclass(slots=True)
class Token:
    """A word or a punctuation mark. Times in ms of the audio; `at` is where it ends in its sentence's text.

    Immutable by contract: frozen ones cost twice as much, and ten hours hold a hundred thousand.
    """

    text: str
    start_ms: int
    end_ms: int
    mark: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `voice` is the number of the speaker or channel."""

    text: str
    start_ms: int
    end_ms: int
    tokens: tuple[Token, ...]
    voice: int = 0
    emotion: str | None = None
    language: str | None = None

    def words(self, *, marks: bool) -> tuple[Token, ...]:
        """The tokens, with or without the punctuation marks."""
        return self.tokens if marks else tuple(token for token in self.tokens if not token.mark)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asked for that changes the sentences. `punctuation`: 0 kept, 1 not at the end, 2 none.

    `voices`: whose number a sentence carries. `cut` at punctuation, and after `max_chars` characters where not 0.
    """

    voices: str = "none"
    punctuation: int = 0
    cut: bool = False
    max_chars: int = 0


def sentences_of(transcript: Transcript, wishes: Wishes = Wishes()) -> list[Sentence]:
    """The transcript's segments as sentences, in the order of their beginnings."""
    numbers = _numbers(transcript.segments, wishes.voices)
    timed = _timed(transcript)
    made = [replace(one, voice=number) for one, number in zip(timed, numbers, strict=True)]
    if wishes.cut:
        made = [piece for one in made for piece in _cut(one, wishes.max_chars)]
    if wishes.punctuation:
        made = [_without_marks(one, everywhere=wishes.punctuation == 2) for one in made]
    return sorted((one for one in made if one.text), key=lambda one: one.start_ms)


def guessed_tokens(text: str, start_ms: int, end_ms: int) -> tuple[Token, ...]:
    """The words of a text for which nobody told times, spread over this time."""
    words = tuple(Word(piece) for piece in _PIECE.findall(text))
    return _tokens(text, words, start_ms, end_ms)


def _numbers(segments: Sequence[Segment], voices: str) -> list[int]:
    """A number for each segment's channel, or speaker by first appearance; -1 for a speaker that nobody told apart."""
    if voices == "channels":
        return [segment.channel or 0 for segment in segments]
    labels = dict.fromkeys(segment.speaker for segment in segments if segment.speaker is not None)
    if voices != "speakers" or not labels:
        return [0] * len(segments)
    order = {label: number for number, label in enumerate(labels)}
    return [-1 if segment.speaker is None else order[segment.speaker] for segment in segments]


def _timed(transcript: Transcript) -> Iterator[Sentence]:
    last = 0
    for segment in transcript.segments:
        told = [ms for word in segment.words for ms in (word.start_ms, word.end_ms) if ms is not None]
        start = _first(segment.start_ms, min(told, default=None), last)
        end = max(start, _first(segment.end_ms, max(told, default=None), transcript.duration_ms, start))
        text = " ".join(segment.text.split())
        words = segment.words or tuple(Word(piece) for piece in _PIECE.findall(text))
        tokens = _tokens(text, words, start, end)
        yield Sentence(text, start, end, tokens, emotion=segment.emotion, language=segment.language)
        last = end


def _first(*times: int | None) -> int:
    return max(0, next(ms for ms in times if ms is not None))


def _tokens(text: str, words: Sequence[Word], start_ms: int, end_ms: int) -> tuple[Token, ...]:
    """The words within their sentence's time, with the marks that stand between them in its text."""
    spread = list(_spread(words, start_ms, end_ms))
    aligned = _aligned(text, spread)
    return tuple(aligned if aligned is not None else spread)


def _spread(words: Sequence[Word], start_ms: int, end_ms: int) -> Iterator[Token]:
    length = end_ms - start_ms
    for place, word in enumerate(words):
        text = " ".join(word.text.split())
        if not text:
            continue
        begin = start_ms + length * place // len(words) if word.start_ms is None else word.start_ms
        begin = min(max(begin, start_ms), end_ms)
        end = start_ms + length * (place + 1) // len(words) if word.end_ms is None else word.end_ms
        yield Token(text, begin, min(max(end, begin), end_ms), mark=not text.strip(_MARKS))


def _aligned(text: str, words: Iterable[Token]) -> list[Token] | None:
    """The same words, found one after the other in the text, with the marks around them; None if one is not there."""
    made: list[Token] = []
    place, last_ms = 0, None
    for word in words:
        core = word.text.strip(_MARKS) or word.text
        found = text.find(core, place)
        if found < 0:
            return None
        when = word.start_ms if last_ms is None else last_ms
        made += _marks(text, place, found, when)
        place = found + len(core)
        made.append(Token(core, word.start_ms, word.end_ms, word.mark, place))
        last_ms = word.end_ms
    return made if last_ms is None else made + list(_marks(text, place, len(text), last_ms))


def _marks(text: str, start: int, end: int, ms: int) -> Iterator[Token]:
    for at in range(start, end):
        if text[at] in _MARKS:
            yield Token(text[at], ms, ms, mark=True, at=at + 1)


def _cut(sentence: Sentence, max_chars: int) -> Iterator[Sentence]:
    """The sentence in pieces that end at its marks, or where they would grow beyond `max_chars`."""
    if not sentence.tokens or any(token.at is None for token in sentence.tokens):
        yield sentence
        return
    place = 0
    groups = list(_groups(sentence.tokens, max_chars))
    for number, group in enumerate(groups):
        end = group[-1].at or place
        last = number == len(groups) - 1
        text = sentence.text[place:] if last else sentence.text[place:end]
        start_ms = sentence.start_ms if number == 0 else group[0].start_ms
        end_ms = sentence.end_ms if last else group[-1].end_ms
        tokens = tuple(replace(token, at=None) for token in group)
        yield replace(sentence, text=text.strip(), start_ms=start_ms, end_ms=end_ms, tokens=tokens)
        place = end


def _groups(tokens: Sequence[Token], max_chars: int) -> Iterator[list[Token]]:
    group: list[Token] = []
    begin = 0
    for token in tokens:
        full = max_chars and group and not token.mark and (token.at or 0) - begin > max_chars
        closed = group and group[-1].text in _ENDS and not token.mark
        if full or closed:
            yield group
            begin, group = group[-1].at or begin, []
        group.append(token)
    yield group


def _without_marks(sentence: Sentence, *, everywhere: bool) -> Sentence:
    if everywhere:
        text = " ".join("".join(" " if char in _MARKS else char for char in sentence.text).split())
        return replace(sentence, text=text, tokens=sentence.words(marks=False))
    tokens = list(sentence.tokens)
    while tokens and tokens[-1].mark:
        tokens.pop()
    return replace(sentence, text=sentence.text.rstrip(_MARKS + " "), tokens=tuple(tokens))
