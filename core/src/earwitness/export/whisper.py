"""whisper: the verbose JSON of OpenAI's Whisper and of the services that copied it, times in seconds."""

from __future__ import annotations

import json
from typing import Any

from ..models import Segment, Transcript, Word
from ._base import SEGMENTS, Exporter, timed

__all__ = ["EXPORTER", "write"]


def write(transcript: Transcript) -> str:
    """`task`, `language`, `duration`, `text`, `segments` with `words`. Raises UnsupportedFeatureError without times."""
    segments = [_segment(number, *item) for number, item in enumerate(timed(transcript, "whisper"))]
    whole = {
        "task": "transcribe",
        "language": _language(transcript),
        "duration": None if transcript.duration_ms is None else transcript.duration_ms / 1000,
        "text": transcript.text,
        "segments": segments,
    }
    known = {key: value for key, value in whole.items() if value is not None}
    return json.dumps(known, ensure_ascii=False, indent=2) + "\n"


def _language(transcript: Transcript) -> str | None:
    tags = [transcript.detected_language, *transcript.requested_language]
    return next((tag.partition("-")[0] for tag in tags if tag and tag != "auto"), None)


def _segment(number: int, segment: Segment, start: int, end: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": number, "start": start / 1000, "end": end / 1000, "text": segment.text}
    if segment.speaker is not None:
        found["speaker"] = segment.speaker
    if segment.words:
        found["words"] = [_word(word) for word in segment.words]
    return found


def _word(word: Word) -> dict[str, Any]:
    times = {"start": word.start_ms, "end": word.end_ms}
    found: dict[str, Any] = {"word": word.text}
    found |= {name: time / 1000 for name, time in times.items() if time is not None}
    if word.confidence is not None:
        found["probability"] = word.confidence
    if word.speaker is not None:
        found["speaker"] = word.speaker
    return found


EXPORTER = Exporter(
    "whisper",
    ".whisper.json",
    "application/json",
    write,
    SEGMENTS | {"words", "speakers", "speakers of words", "confidence of words", "detected language", "duration"},
)
