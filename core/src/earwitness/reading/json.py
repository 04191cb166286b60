"""json and whisper: our own transcripts, and the verbose JSON of OpenAI's Whisper and of those who copied it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..models import FORMAT, Segment, Transcript, Word
from ..validation import check, repair
from ._base import Reader, decoded, refuse

__all__ = ["READER", "WHISPER", "read", "read_whisper"]


def read(data: bytes) -> Transcript:
    """A transcript in our own schema. Raises InvalidTranscriptError naming the place."""
    return check(Transcript.from_json(decoded(data)))


def read_whisper(data: bytes) -> Transcript:
    """`segments` with `start`, `end`, `text` and their `words`; disorder is mended and told, as for a vendor."""
    try:
        found = json.loads(decoded(data))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping) or not isinstance(found.get("segments", []), list) or "text" not in found:
        refuse("This is no verbose JSON of Whisper: an object with `text` and `segments`")
    language, length = found.get("language"), _ms(found.get("duration"))
    segments = tuple(_segment(one, place) for place, one in enumerate(found.get("segments", [])))
    if not segments and isinstance(found["text"], str) and found["text"].strip():
        segments = (Segment(found["text"].strip()),)
    known = language if isinstance(language, str) else None
    return repair(Transcript(segments, detected_language=known, duration_ms=length))


def _segment(item: object, place: int) -> Segment:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        refuse(f"segments[{place}] has no text")
    speaker = item.get("speaker")
    return Segment(
        item["text"].strip(),
        _ms(item.get("start")),
        _ms(item.get("end")),
        tuple(_words(item.get("words"))),
        speaker=str(speaker) if isinstance(speaker, str | int) else None,
    )


def _words(items: object) -> Iterator[Word]:
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and isinstance(item.get("word"), str):
            confidence = item.get("probability", item.get("score"))
            yield Word(item["word"].strip(), _ms(item.get("start")), _ms(item.get("end")), _number(confidence))


def _ms(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or abs(number) > 1e9 else round(number * 1000)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _is_object(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


READER = Reader("json", (".json",), lambda head: _is_object(head) and FORMAT.encode() in head, read)
WHISPER = Reader(
    "whisper", (".whisper.json", ".json"), lambda head: _is_object(head) and FORMAT.encode() not in head, read_whisper
)
