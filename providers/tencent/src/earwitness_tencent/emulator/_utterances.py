"""What is heard live as the messages of real-time recognition, in the first form and in the second (manual, 10.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from earwitness.models import Interim, Segment, Transcript
from earwitness.streaming import Final

from ._sentences import Sentence, Wishes, guessed_tokens, sentences_of
from ._wire import joined, stream_words

__all__ = ["StreamForm", "Utterances"]

BEGIN, MEANWHILE, END = range(3)
LONGEST_MS = 60_000


@dataclass(frozen=True, slots=True)
class StreamForm:
    """How one connection wants its results. `pauses` is `needvad`; without it only a minute ends a sentence.

    `level` is `word_info`; `second` is the form of the newer engines, where `speakers` have numbers.
    """

    voice_id: str
    pauses: bool = False
    level: int = 0
    punctuation: int = 0
    second: bool = False
    speakers: bool = False


@dataclass(slots=True)
class Utterances:
    """Counts sentences and messages of one connection."""

    form: StreamForm
    _index: int = 0
    _messages: int = 0
    _begun: bool = False
    _pieces: list[Sentence] = field(default_factory=list)
    _last_ms: int = 0
    _voices: dict[str, int] = field(default_factory=dict)

    def told(self, event: Interim | Final, heard_ms: int) -> Iterator[dict[str, Any]]:
        """The messages for this event; `heard_ms` is how much audio has come."""
        if isinstance(event, Final):
            yield from self._final(event)
        elif event.text.strip():
            start = self._last_ms if event.start_ms is None else event.start_ms
            yield self._message(*self._meanwhile(event.text, start, max(start, heard_ms)))

    def ended(self) -> Iterator[dict[str, Any]]:
        """What is left, and the message that says that nothing more comes."""
        if self._pieces:
            yield self._closed()
        self._messages += 1
        yield {**self.envelope(), "message_id": f"{self.form.voice_id}_{self._messages}", "final": 1}

    def failed(self, code: int, message: str) -> dict[str, Any]:
        """The message that ends a connection early."""
        self._messages += 1
        return {**self.envelope(code, message), "message_id": f"{self.form.voice_id}_{self._messages}"}

    def envelope(self, code: int = 0, message: str = "success") -> dict[str, Any]:
        """What every message begins with."""
        return {"code": code, "message": message, "voice_id": self.form.voice_id}

    def _final(self, event: Final) -> Iterator[dict[str, Any]]:
        for sentence in self._sentences(event):
            self._last_ms = sentence.end_ms
            self._pieces.append(sentence)
            long = sentence.end_ms - self._pieces[0].start_ms >= LONGEST_MS
            yield self._closed() if self.form.pauses or long else self._message(*self._so_far())

    def _sentences(self, event: Final) -> list[Sentence]:
        segment = event.segment
        if segment.start_ms is None and not segment.words:
            segment = replace(segment, start_ms=self._last_ms, end_ms=max(self._last_ms, event.heard_ms))
        told = sentences_of(Transcript((segment,)), Wishes(punctuation=2 if self.form.punctuation else 0))
        return [replace(one, voice=self._voice(segment)) for one in told]

    def _voice(self, segment: Segment) -> int:
        if not self.form.speakers or segment.speaker is None:
            return -1 if self.form.speakers else 0
        return self._voices.setdefault(segment.speaker, len(self._voices))

    def _meanwhile(self, text: str, start_ms: int, end_ms: int) -> tuple[Sentence, int]:
        """An unfinished sentence, after the finished pieces where only a minute ends one."""
        tokens = guessed_tokens(text, start_ms, end_ms)
        now = Sentence(text.strip(), start_ms, end_ms, tokens, -1 if self.form.speakers else 0)
        return _together([*self._pieces, now]), self._stage()

    def _so_far(self) -> tuple[Sentence, int]:
        return _together(self._pieces), self._stage()

    def _stage(self) -> int:
        stage = MEANWHILE if self._begun else BEGIN
        self._begun = True
        return stage

    def _closed(self) -> dict[str, Any]:
        message = self._message(_together(self._pieces), END)
        self._index += 1
        self._begun = False
        self._pieces.clear()
        return message

    def _message(self, sentence: Sentence, stage: int) -> dict[str, Any]:
        self._messages += 1
        head = {**self.envelope(), "message_id": f"{self.form.voice_id}_{self._messages}_{stage}"}
        if self.form.second:
            return {**head, "sentences": {"sentence_list": [self._second_form(sentence, stage)]}}
        return {**head, "result": self._first_form(sentence, stage)}

    def _first_form(self, sentence: Sentence, stage: int) -> dict[str, Any]:
        level = self.form.level
        words = stream_words(sentence.words(marks=level > 1), stable=stage == END) if level else []
        return {
            "slice_type": stage,
            "index": self._index,
            "start_time": sentence.start_ms,
            "end_time": sentence.end_ms,
            "voice_text_str": sentence.text,
            "word_size": len(words),
            "word_list": words,
        }

    def _second_form(self, sentence: Sentence, stage: int) -> dict[str, Any]:
        return {
            "sentence": sentence.text,
            "sentence_type": int(stage == END),
            "sentence_id": self._index,
            "speaker_id": sentence.voice,
            "start_time": sentence.start_ms,
            "end_time": sentence.end_ms,
        }


def _together(pieces: list[Sentence]) -> Sentence:
    """Several stretches as one sentence."""
    if len(pieces) == 1:
        return pieces[0]
    tokens = tuple(token for piece in pieces for token in piece.tokens)
    return Sentence(joined(pieces), pieces[0].start_ms, pieces[-1].end_ms, tokens, pieces[-1].voice)
