"""CLOVA's messages of a stream as typed shapes, and its pieces of text joined by their positions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from earwitness.lenient import Flag, Forgiven, Number, Table, Text, Time
from earwitness.models import Notice, Segment
from earwitness.streaming import Final as FinalEvent
from earwitness.streaming import Settled

from ._alignment import Token, aligned

__all__ = ["EPD_TYPES", "Pieces", "StreamAnswer", "WirePiece", "WireToken"]

EPD_TYPES: Final = frozenset({"gap", "endPoint", "durationThreshold", "period", "syllableThreshold", "unvoice"})
"""Why a piece was cut. Every piece is final: CLOVA has no interim results."""

_REMEMBERED: Final = 4000
_SEPARATOR: Final = 2


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class WireToken(_Wire):
    """A word, a syllable, a mark or a blank, with its times in milliseconds."""

    model_config = ConfigDict(title="alignInfos")

    word: Text = Field(default=None, repr=False)
    start: Time = None
    end: Time = None
    confidence: Number = None


class WirePiece(_Wire):
    """A recognised piece. `position` counts characters of the whole text; times count from the stream's start, in ms.

    `ep_flag` with `seq_id` answers the client's own request to finish.
    """

    model_config = ConfigDict(title="transcription")

    text: Text = Field(default=None, repr=False)
    position: Time = None
    ep_flag: Flag = None
    seq_id: Number = None
    epd_type: Text = None
    start_timestamp: Time = None
    end_timestamp: Time = None
    confidence: Number = None
    align_infos: Annotated[list[Annotated[WireToken | None, Forgiven]] | None, Forgiven] = None

    @property
    def tokens(self) -> list[Token]:
        """The alignment; the tokens that cannot be used are left out."""
        return [
            Token(one.word, one.start, one.end, _share(one.confidence))
            for one in self.align_infos or ()
            if one is not None and one.word
        ]


class StreamAnswer(_Wire):
    """Every message of the service: the names in `response_type` are the keys of what it tells."""

    model_config = ConfigDict(title="answer", extra="allow")

    response_type: Any = None
    config: Table = Field(default=None, repr=False)
    transcription: Annotated[WirePiece | None, Forgiven] = None
    recognize: Table = Field(default=None, repr=False)

    @property
    def types(self) -> tuple[str, ...]:
        """What the message says it is, also as a bare string; its known keys where it says nothing."""
        named = [self.response_type] if isinstance(self.response_type, str) else self.response_type
        if isinstance(named, list) and named:
            return tuple(one for one in named if isinstance(one, str))
        return tuple(name for name in ("config", "transcription", "recognize") if getattr(self, name) is not None)

    def part(self, name: str) -> Any:
        """What belongs to this name, in whichever case it is written."""
        extra: Mapping[str, Any] = self.model_extra or {}
        return next((value for key, value in extra.items() if key.lower() == name.lower()), None)


class Pieces:
    """The text of one connection so far: turns each piece into a finished segment, once, whatever is sent twice."""

    def __init__(self, *, blanks: bool) -> None:
        self.heard_ms = 0
        self._blanks = blanks
        self._text = ""
        self._forgotten = 0
        self._noticed: set[str] = set()

    def taken(self, piece: WirePiece, vendor: Mapping[str, Any]) -> Iterator[FinalEvent | Settled | Notice]:
        """What this piece tells. `vendor` is kept beside the segment."""
        tokens, text = piece.tokens, piece.text or ""
        doubled = self._doubled(piece, text)
        if doubled:
            tokens = [token for token in tokens if token.start_ms is None or token.start_ms >= self.heard_ms]
        elif text:
            yield from self._gap(piece.position)
        self._remember(piece.position, text, doubled)
        end_ms = _last(piece, tokens)
        self.heard_ms = max(self.heard_ms, end_ms or 0)
        if piece.epd_type and piece.epd_type not in EPD_TYPES:
            yield from self._once("unknown_value", "CLOVA cut a piece for a reason that its manual does not list.")
        new = text[doubled:].strip()
        if new:
            segment = self._segment(_begun_with(piece, tokens) if doubled else piece, new, tokens)
            yield FinalEvent(segment, self.heard_ms, {**_kept(piece), **vendor})
        elif end_ms is not None:
            yield Settled(self.heard_ms)

    def _segment(self, piece: WirePiece, text: str, tokens: list[Token]) -> Segment:
        words = aligned(text, tokens, blanks=self._blanks)
        start, end = piece.start_timestamp, piece.end_timestamp
        segment = Segment(text, start, end, words, _share(piece.confidence))
        derived = []
        if start is None and (starts := [word.start_ms for word in words if word.start_ms is not None]):
            segment.start_ms = min(starts)
            derived.append("start_ms")
        if end is None and (ends := [word.end_ms for word in words if word.end_ms is not None]):
            segment.end_ms = max(ends)
            derived.append("end_ms")
        return replace(segment, derived=tuple(derived))

    def _doubled(self, piece: WirePiece, text: str) -> int:
        """How many characters at the beginning have been told before: by position, by content, and by time.

        A position alone is not believed: text that is said again must not be lost where a vendor counts differently.
        """
        if piece.position is None or piece.start_timestamp is None or piece.start_timestamp >= self.heard_ms:
            return 0
        begin = piece.position - self._forgotten
        before = self._text[begin:] if 0 <= begin < len(self._text) else ""
        common = before[: len(text)]
        return len(common) if common and text.startswith(common) else 0

    def _gap(self, position: int | None) -> Iterator[Notice]:
        """Tells, once, of characters that were counted and never came; a separator may be counted."""
        missing = 0 if position is None else position - self._forgotten - len(self._text)
        if missing > _SEPARATOR:
            told = "CLOVA's positions count characters that never came; words may be missing."
            yield from self._once("incomplete", told)

    def _remember(self, position: int | None, text: str, doubled: int) -> None:
        missing = 0 if position is None else position - self._forgotten - len(self._text)
        whole = self._text + " " * max(0, missing) * (missing <= _SEPARATOR) + text[doubled:]
        if missing > _SEPARATOR:
            self._forgotten, whole = self._forgotten + len(self._text) + missing, text
        self._forgotten += max(0, len(whole) - _REMEMBERED)
        self._text = whole[-_REMEMBERED:]

    def _once(self, kind: str, message: str) -> Iterator[Notice]:
        if message not in self._noticed:
            self._noticed.add(message)
            yield Notice(kind, message)


def _begun_with(piece: WirePiece, tokens: list[Token]) -> WirePiece:
    """The piece as it begins with these tokens."""
    starts = [token.start_ms for token in tokens if token.start_ms is not None]
    return piece.model_copy(update={"start_timestamp": min(starts, default=None)})


def _last(piece: WirePiece, tokens: list[Token]) -> int | None:
    """Where the piece ends in the audio, as far as it says so."""
    ends = [token.end_ms for token in tokens if token.end_ms is not None]
    return max(ends, default=None) if piece.end_timestamp is None else piece.end_timestamp


def _kept(piece: WirePiece) -> dict[str, Any]:
    return {"epdType": piece.epd_type} if piece.epd_type else {}


def _share(confidence: float | None) -> float | None:
    return confidence if confidence is not None and 0 <= confidence <= 1 else None
