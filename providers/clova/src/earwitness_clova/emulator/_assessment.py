"""A pronunciation score in the vendor's shape (manual, 3.2): how near what was heard is to what should be said."""

from __future__ import annotations

from array import array
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from earwitness.media import open_media, pcm
from earwitness.models import Transcript
from earwitness.request import FileAudio

__all__ = ["assessment"]

_RATE = 16_000
_PER_SECOND = 50
_LOUDEST = 100
_VALUES_PER_LETTER = 4


def assessment(heard: Transcript, audio: Path, utterance: str, graph: bool) -> dict[str, Any]:
    """Score, details and, where asked, the outlines of both waves. The letters stand for their phonemes.

    Without an utterance the reference is what was heard, so that only the engine's own doubt costs points.
    """
    said = " ".join(one.text for one in heard.segments)
    words = (utterance or said).split()
    scores = [_word(word, said) for word in words]
    details = "".join(f"{word}|{{{_letters(word, score)}}} " for word, score in zip(words, scores, strict=True))
    body: dict[str, Any] = {
        "assessment_score": round(sum(scores) / len(scores)) if scores else 0,
        "assessment_details": details,
    }
    return {**body, "ref_graph": _drawn(words), "usr_graph": _outline(audio)} if graph else body


def _word(word: str, said: str) -> int:
    """0 to 100: how much of the word is in the nearest word that was heard."""
    known = (SequenceMatcher(None, word.casefold(), other.casefold()).ratio() for other in said.split())
    return round(100 * max(known, default=0.0))


def _letters(word: str, score: int) -> str:
    return ", ".join(f"{letter}({letter.lower()}):{score}" for letter in word)


def _drawn(words: list[str]) -> list[int]:
    """A hill for each letter, a valley between two words: there is no reference voice to draw."""
    hill = (20, 60, 60, 20)
    return [value for word in words for value in (*(hill * len(word)), *((0,) * _VALUES_PER_LETTER))]


def _outline(audio: Path) -> list[int]:
    """The loudest sample of each fiftieth of a second, 0 to 100."""
    with open_media(FileAudio(audio)) as media:
        samples = array("h", b"".join(pcm(media, sample_rate=_RATE)))
    step = _RATE // _PER_SECOND
    peaks = (max(abs(one) for one in samples[at : at + step]) for at in range(0, len(samples), step))
    return [peak * _LOUDEST // 32_768 for peak in peaks]
