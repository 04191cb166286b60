"""What was heard is cut into the pieces that the service sends, as `semanticEpd` asks for (manual sections 5.5, 5.7).

No I/O: words, the audio clock and flushes go in, pieces come out. Times are milliseconds of the stream's audio.
"""

from dataclasses import dataclass, field
from typing import Literal

from earwitness.models import Segment

from ._nest_words import SENTENCE_ENDS, Token, Unit, units

__all__ = ["UNASKED", "Blank", "Cutter", "Cutting", "Piece"]

Blank = Literal["none", "leading", "counted"]
"""Where the blank between two pieces is; see the switch `stream_blank`."""

EMPTY_EVERY_MS = 400
"""In silence an empty result comes about so often (5.5)."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """The values of `semanticEpd`; 0 switches a threshold off. Its defaults, which nobody documents, are ours."""

    skip_empty: bool = False
    at_words: bool = False
    at_periods: bool = False
    gap_ms: int = 500
    duration_ms: int = 10_000
    syllables: int = 0


UNASKED = Cutting(at_words=True, gap_ms=EMPTY_EVERY_MS)
"""Without `semanticEpd` the service sends many small pieces (5.5): here one for each word."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One `transcription` before it is written. `why` is its `epdType`, `position` the characters sent before it."""

    text: str = field(repr=False)
    position: int
    why: str
    start_ms: int
    end_ms: int
    tokens: tuple[Token, ...] = ()
    confidence: float | None = None

    @property
    def period_positions(self) -> list[int]:
        """Where in `text` sentences end."""
        return [at for at in self._ends()[0] if at < len(self.text)]

    @property
    def period_indices(self) -> list[int]:
        """The entries of `tokens` that end them."""
        return self._ends()[1]

    def _ends(self) -> tuple[list[int], list[int]]:
        positions, indices, at = [], [], 0
        for index, token in enumerate(self.tokens):
            if token.text in SENTENCE_ENDS:
                positions.append(at)
                indices.append(index)
            at += len(token.text)
        return positions, indices


class Cutter:
    """Collects words and gives pieces. `blanks` is whether the language is written with blanks between words."""

    def __init__(self, cutting: Cutting, *, blanks: bool = True, blank: Blank = "none", align_blank: bool = False):
        self.cutting = cutting
        self._blanks, self._blank, self._align_blank = blanks, blank, align_blank
        self._held: list[Unit] = []
        self._begun = False
        self._position = 0
        self._told_ms = 0
        self._tells_silence = False
        self._quiet_since_ms: int | None = 0
        """Audio from here on counts as silence by the audio clock alone; None while somebody is speaking."""

    def hear(self, segment: Segment, *, heard_ms: int, clock_ms: int) -> list[Piece]:
        """Takes a finished segment; `heard_ms` is what is settled with it, `clock_ms` how much audio has arrived."""
        since = self._held[-1].end_ms if self._held else self._told_ms
        new = units(segment, since_ms=since, heard_ms=heard_ms, blank=self._blanks)
        pieces = [piece for unit in new for piece in self._add(unit)]
        self._quiet_since_ms = clock_ms
        return pieces

    def guess(self, start_ms: int | None) -> list[Piece]:
        """Somebody speaks, since `start_ms` if that is known: no gap can be told from the audio clock until he ends."""
        self._quiet_since_ms = None
        return self._gap(start_ms) if start_ms is not None else []

    def tick(self, clock_ms: int) -> list[Piece]:
        """So much audio has arrived. A recogniser tells words late, so as much silence again is waited for."""
        if self._tells_silence or self._quiet_since_ms is None or clock_ms - self._quiet_since_ms < self.cutting.gap_ms:
            return []
        return self._gap(clock_ms)

    def settle(self, heard_ms: int, *, unasked: bool = True) -> list[Piece]:
        """All audio up to `heard_ms` is heard; whatever of it is not in a segment was silence.

        A recogniser that tells so `unasked` is believed, and the audio clock is not.
        """
        self._tells_silence = self._tells_silence or unasked
        pieces = self._gap(heard_ms)
        while not (self._held or self.cutting.skip_empty) and heard_ms - self._told_ms >= EMPTY_EVERY_MS:
            pieces.append(self._empty("gap", self._told_ms + EMPTY_EVERY_MS))
        return pieces

    def flush(self, why: str, heard_ms: int) -> Piece | None:
        """What is still held, as one piece. If nothing is: an empty piece, or None where those are not wanted (5.8)."""
        self._quiet_since_ms = heard_ms
        if self._held:
            return self._cut(why)
        return None if self.cutting.skip_empty else self._empty(why, max(heard_ms, self._told_ms))

    def _add(self, unit: Unit) -> list[Piece]:
        pieces = self._gap(unit.start_ms)
        self._held.append(unit)
        why = self._full()
        return [*pieces, self._cut(why)] if why else pieces

    def _gap(self, until_ms: int) -> list[Piece]:
        """The piece that ends because nothing was said for long enough before `until_ms`."""
        long_enough = self._held and 0 < self.cutting.gap_ms <= until_ms - self._held[-1].end_ms
        return [self._cut("gap")] if long_enough else []

    def _full(self) -> str | None:
        """Why the piece ends with its last word, if it does."""
        cutting, last = self.cutting, self._held[-1]
        if cutting.at_periods and last.ends_sentence:
            return "period"
        if 0 < cutting.syllables <= sum(unit.syllables for unit in self._held):
            return "syllableThreshold"
        if 0 < cutting.duration_ms <= last.end_ms - self._held[0].start_ms:
            return "durationThreshold"
        return "endPoint" if cutting.at_words else None

    def _cut(self, why: str) -> Piece:
        held, self._held = self._held, []
        joined = self._begun and held[0].blank
        leading = joined and self._blank == "leading"
        if joined and self._blank == "counted":
            self._position += 1
        tokens = _tokens(held, blank_first=leading)
        text = "".join(token.text for token in tokens)
        if self._align_blank:
            tokens.append(Token(" ", held[-1].end_ms, held[-1].end_ms))
        piece = Piece(text, self._position, why, held[0].start_ms, held[-1].end_ms, tuple(tokens), _confidence(held))
        self._begun, self._told_ms = True, piece.end_ms
        self._position += len(text)
        return piece

    def _empty(self, why: str, until_ms: int) -> Piece:
        start, self._told_ms = self._told_ms, until_ms
        return Piece("", self._position, why, start, until_ms)


def _tokens(held: list[Unit], *, blank_first: bool) -> list[Token]:
    tokens: list[Token] = []
    for unit in held:
        if unit.blank and (tokens or blank_first):
            before = tokens[-1].end_ms if tokens else unit.start_ms
            tokens.append(Token(" ", before, max(before, unit.start_ms), unit.confidence))
        tokens.extend(unit.tokens)
    return tokens


def _confidence(held: list[Unit]) -> float | None:
    """The segment's own where the piece is one whole segment; else the words' mean, weighted by their lengths."""
    whole = held[0].whole
    if whole.confidence is not None and all(unit.whole is whole for unit in held):
        words = len(whole.words) or len(whole.text.split())
        if len(held) == words:
            return whole.confidence
    known = [(unit.confidence, max(1, unit.end_ms - unit.start_ms)) for unit in held if unit.confidence is not None]
    if not known:
        return whole.confidence
    return round(sum(value * weight for value, weight in known) / sum(weight for _, weight in known), 4)
