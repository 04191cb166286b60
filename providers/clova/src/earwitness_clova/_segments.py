"""From CLOVA's segments to neutral ones: the usual segment in one flat pass, the odd one with forgiveness. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from earwitness.lenient import FARTHEST_MS, Losses
from earwitness.models import Segment, Word

from ._wire import LongAnswer, WireSegment, WireSpeaker

__all__ = ["Segments", "given_names"]

_AUTOMATIC_NAME = re.compile(r"[A-Z]{1,2}")


class Segments:
    """CLOVA's segments on their way to neutral ones. `names` learns speakers that only segments mention, `edits` the
    original of each text that a person has changed."""

    def __init__(self, losses: Losses, names: dict[str, str | None]) -> None:
        self.losses = losses
        self.names = names
        self.edits: dict[str, str] = {}

    def taken_from(self, heard: LongAnswer) -> tuple[list[Segment], list[int]]:
        """All segments, and the places of those that may need repair. CLOVA's are let go one by one, so that a
        ten-hour answer is never held twice."""
        waiting = heard.segments or []
        heard.segments = None
        if not waiting and heard.text and heard.text.strip():
            return [Segment(heard.text)], [0]
        waiting.reverse()
        told: list[Segment] = []
        odd: list[int] = []
        while waiting:
            raw = waiting.pop()
            segment = _usual(raw, self.names)
            if segment is None and (segment := self._unusual(raw, len(told))) is not None:
                odd.append(len(told))
            if segment is not None:
                told.append(segment)
        return told, odd

    def _unusual(self, raw: Any, place: int) -> Segment | None:
        """The segment read with forgiveness; None where it is none."""
        if not isinstance(raw, dict):
            self.losses.left_out["segments"] += 1
            return None
        one = WireSegment.model_validate(raw, context=self.losses)
        text, words = one.text or "", tuple(Word(word, begun, ended) for begun, ended, word in one.words)
        derived: tuple[str, ...] = ()
        if one.text_edited and one.text_edited != text:
            self.edits[str(place)], text = text, one.text_edited
        if not text and words:
            text, derived = " ".join(word.text for word in words), ("text",)
        speaker = self._speaker(one)
        return Segment(text, one.start, one.end, words, one.confidence, speaker, derived=derived)

    def _speaker(self, one: WireSegment) -> str | None:
        """The label after a person's change, else the one that was recognised; empty and absent ones are None."""
        voice = one.speaker if one.speaker and one.speaker.label else one.diarization
        if voice is None or not voice.label:
            return None
        if self.names.get(voice.label) is None:
            self.names[voice.label] = _given_name(voice)
        return voice.label


def given_names(speakers: Iterable[WireSpeaker | None]) -> dict[str, str | None]:
    """The names that people gave to the labels; None for a voice that only CLOVA has named."""
    return {one.label: _given_name(one) for one in speakers if one is not None and one.label}


def _usual(raw: Any, names: Mapping[str, str | None]) -> Segment | None:
    """The segment as it nearly always comes, every value checked; None where anything is not as the manual has it.

    One flat function: it runs for each word, and a call for each would cost as much as parsing the JSON.
    """
    try:
        get = raw.get
        start, end, text, edited = raw["start"], raw["end"], raw["text"], get("textEdited")
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= FARTHEST_MS:
            return None
        if type(text) is not str or not text or (edited != text and edited is not None):
            return None
        confidence = get("confidence")
        if confidence is not None and (type(confidence) is not float or not 0 <= confidence <= 1):
            return None
        speaker, voice = None, get("speaker") or get("diarization")
        if voice:
            speaker = voice["label"]
            # A speaker who has just been named is for the other way, which learns names.
            if names[speaker] is None and voice.get("edited"):
                return None
        words: list[Word] = []
        add, is_blank, last = words.append, str.isspace, start
        for begun, ended, word in get("words") or ():
            if not last <= begun <= ended <= end or type(begun) is not int or type(ended) is not int:
                return None
            # What is no string raises a TypeError here.
            if is_blank(word) or not word:
                return None
            add(Word(word, begun, ended))
            last = begun
        return Segment(text, start, end, tuple(words), confidence, speaker)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _given_name(speaker: WireSpeaker) -> str | None:
    """The name that a person gave. CLOVA itself names its speakers A, B, and so on."""
    if not speaker.name or (not speaker.edited and _AUTOMATIC_NAME.fullmatch(speaker.name)):
        return None
    return speaker.name
