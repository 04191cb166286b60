"""txt: paragraphs for people; each turn names its speaker once."""

from __future__ import annotations

from collections.abc import Iterator

from .._text import join_texts, one_line
from ..models import Segment, Transcript
from ._base import Exporter
from ._voices import Voices

__all__ = ["EXPORTER", "write"]

PAUSE_MS = 2_000
"""A silence this long between two segments begins a new paragraph."""


def write(transcript: Transcript) -> str:
    """Paragraphs with an empty line between them; a new one begins with a new voice or after two seconds of silence."""
    return "\n\n".join(_paragraphs(transcript)) + "\n" if transcript.text.strip() else ""


def _paragraphs(transcript: Transcript) -> Iterator[str]:
    voices = Voices(transcript)
    last: Segment | None = None
    texts: list[str] = []
    for segment in transcript.segments:
        if not segment.text.strip():
            continue
        turn = last is None or voices.of(segment) != voices.of(last)
        if texts and last is not None and (turn or _pause(last, segment)):
            yield join_texts(texts)
            texts = []
        name = voices.of(segment)
        if turn and name is not None:
            texts.append(f"{name}: ")
        texts.append(one_line(segment.text.replace("\0", "")))
        last = segment
    if texts:
        yield join_texts(texts)


def _pause(last: Segment, segment: Segment) -> bool:
    if last.end_ms is None or segment.start_ms is None:
        return False
    return segment.start_ms - last.end_ms >= PAUSE_MS


EXPORTER = Exporter("txt", ".txt", "text/plain", write, frozenset({"text", "speakers", "names"}))
