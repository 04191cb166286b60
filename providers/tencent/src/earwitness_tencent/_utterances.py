"""Tencent's messages of a live connection as typed shapes, and its sentences as events, in both of its forms. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from earwitness.lenient import Forgiven, Number, Text, Time
from earwitness.models import Interim, Segment, Word
from earwitness.streaming import Final, Settled

from ._segments import Voices, spoken_words
from ._wire import FlashWord

__all__ = ["LiveMessage", "Utterances"]

_ENDED = 2
"""`slice_type`: 0 says that a sentence begins, 1 that it goes on, 2 that it has ended."""

_Words = Annotated[list[Annotated[FlashWord | None, Forgiven]] | None, Forgiven]


class LiveResult(BaseModel):
    """`result` of the first form: one sentence as far as it is understood. Times in ms from the connection's start."""

    model_config = ConfigDict(title="result", extra="allow")

    slice_type: Number = None
    index: Number = None
    start_time: Time = None
    end_time: Time = None
    voice_text_str: Text = Field(default=None, repr=False)
    word_size: Any = None
    word_list: _Words = Field(default=None, repr=False)


class LiveSentence(BaseModel):
    """One sentence of the second form, which newer engines use."""

    model_config = ConfigDict(title="sentence_list", extra="allow")

    sentence: Text = Field(default=None, repr=False)
    sentence_type: Number = None
    sentence_id: Number = None
    speaker_id: Number = None
    start_time: Time = None
    end_time: Time = None
    words: _Words = Field(default=None, repr=False)
    word_list: _Words = Field(default=None, repr=False)


class LiveSentences(BaseModel):
    """`sentences` of the second form."""

    model_config = ConfigDict(title="sentences")

    sentence_list: Annotated[list[Annotated[LiveSentence | None, Forgiven]] | None, Forgiven] = None


class LiveMessage(BaseModel):
    """Every message of a connection (manual, real-time recognition). A `code` other than 0 is a refusal."""

    model_config = ConfigDict(title="answer")

    code: Number = None
    message: Text = Field(default=None, repr=False)
    voice_id: Text = None
    message_id: Text = None
    result: Annotated[LiveResult | None, Forgiven] = None
    sentences: Annotated[LiveSentences | None, Forgiven] = None
    final: Any = None


class Utterances:
    """What one connection has told: each sentence becomes final once, and what comes of it later is left alone."""

    def __init__(self, voices: Voices) -> None:
        self.counts: Counter[str] = Counter()
        self.heard_ms = 0
        self._voices = voices
        self._ended: set[float] = set()

    def first_form(self, one: LiveResult) -> Iterator[Interim | Final | Settled]:
        """What a result tells."""
        if one.index in self._ended:
            return
        if one.slice_type == _ENDED:
            self._end(one.index)
            text, words = one.voice_text_str, self._words(one.word_list)
            yield self._final(Segment(text or "", one.start_time, one.end_time, words), _extras(one))
        elif one.voice_text_str and one.voice_text_str.strip():
            yield Interim(one.voice_text_str, one.start_time)

    def second_form(self, sentences: LiveSentences) -> Iterator[Interim | Final | Settled]:
        """What a list of sentences tells: those that have ended, and the rest as one interim text."""
        told = [one for one in sentences.sentence_list or () if one is not None and one.sentence_id not in self._ended]
        waiting = [one for one in told if one.sentence_type != 1]
        # A sentence that goes on must be heard again after a cut, although a later one has ended.
        begun = min((one.start_time for one in waiting if one.start_time is not None), default=None)
        for one in told:
            if one.sentence_type == 1:
                self._end(one.sentence_id)
                yield self._final(self._second_segment(one), _extras(one), until=begun)
        text = " ".join(one.sentence.strip() for one in waiting if one.sentence and one.sentence.strip())
        if text:
            yield Interim(text, begun)

    def _second_segment(self, one: LiveSentence) -> Segment:
        speaker, _ = self._voices.told(one.speaker_id)
        words = self._words(one.word_list or one.words)
        return Segment(one.sentence or "", one.start_time, one.end_time, words, speaker=speaker)

    def _final(self, segment: Segment, vendor: Mapping[str, Any], until: int | None = None) -> Final | Settled:
        """The sentence, or the mere fact that its time has been heard where nothing was said in it."""
        ends = [time for time in (segment.end_ms, *(word.end_ms for word in segment.words)) if time is not None]
        heard = max(ends, default=0)
        self.heard_ms = max(self.heard_ms, heard if until is None else min(heard, until))
        if not segment.text.strip():
            return Settled(self.heard_ms)
        return Final(_timed(segment), self.heard_ms, vendor)

    def _words(self, found: list[FlashWord | None] | None) -> tuple[Word, ...]:
        timed = (
            Word(one.word, one.start_time, one.end_time)
            for one in found or ()
            if one is not None and one.word is not None
        )
        return spoken_words(timed, self.counts)

    def _end(self, index: float | None) -> None:
        if index is not None:
            self._ended.add(index)


def _timed(segment: Segment) -> Segment:
    """The sentence with the times of its words where it has none of its own."""
    starts = [word.start_ms for word in segment.words if word.start_ms is not None]
    ends = [word.end_ms for word in segment.words if word.end_ms is not None]
    derived = []
    if segment.start_ms is None and starts:
        segment.start_ms = min(starts)
        derived.append("start_ms")
    if segment.end_ms is None and ends:
        segment.end_ms = max(ends)
        derived.append("end_ms")
    return replace(segment, derived=tuple(derived)) if derived else segment


def _extras(one: LiveResult | LiveSentence) -> dict[str, Any]:
    """What engines add, such as emotions, as it came."""
    return {name: value for name, value in (one.model_extra or {}).items() if value not in (None, "", [], {})}
