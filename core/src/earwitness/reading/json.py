"""json and whisper: our own transcripts, and the verbose JSON of OpenAI's Whisper and of those who copied it.

Also read are the forms of whisper.cpp (`transcription`, with offsets in milliseconds) and of Hugging Face's pipelines
(`chunks`, each with its `timestamp`).
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ..models import FORMAT, Segment, Transcript, Word
from ..validation import repair
from ._base import Reader, decoded, refuse, sound

__all__ = ["READER", "WHISPER", "read", "read_whisper"]

_OTHERWISE = "Name its format, or the provider whose own answer it is: earwitness convert --answer-of PROVIDER."
_LONGEST_S = 100
_KEYS = {"text", "segments", "chunks", "transcription"}


def read(data: bytes) -> Transcript:
    """A transcript in our own schema. Raises InvalidTranscriptError naming the place."""
    return sound(Transcript.from_json(decoded(data)))


def read_whisper(data: bytes) -> Transcript:
    """`segments` with `start`, `end`, `text` and their `words`; disorder is mended and told, as for a vendor.

    Words may also stand beside the segments, as in OpenAI's own answers, and the segments by themselves in a list.
    """
    whole = _parsed(data)
    if str(whole.get("format")).startswith(FORMAT.rpartition("/")[0]):  # ours, with its keys in another order
        return read(data)
    language, items = whole.get("language") or _in(whole.get("result"), "language"), _items(whole)
    loose = tuple(_words(whole.get("words")))
    segments = _with_words([_segment(one, place) for place, one in enumerate(items)], loose)
    text = whole.get("text")
    if not segments and isinstance(text, str) and text.strip():
        segments = (_whole(text.strip(), loose),)
    known = language if isinstance(language, str) else None
    return repair(Transcript(segments, detected_language=known, duration_ms=_ms(whole.get("duration"))))


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(decoded(data))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and found:
        found = {"segments": found}
    if not isinstance(found, Mapping) or not isinstance(_items(found), list) or not _KEYS & set(found):
        refuse("This is no verbose JSON of Whisper: an object with `text`, `segments` or both", action=_OTHERWISE)
    if not _in_seconds(_items(found)):
        refuse("The times of this JSON are not in seconds, as Whisper's are", action=_OTHERWISE)
    return found


def _in_seconds(items: list[Any]) -> bool:
    """Whole numbers are none where most segments would last longer than Whisper hears at once."""
    pairs = [(one.get("start"), one.get("end")) for one in items if isinstance(one, Mapping)]
    whole = sorted(end - start for start, end in pairs if type(start) is int and type(end) is int)
    return not whole or len(whole) < len(pairs) or whole[len(whole) // 2] <= _LONGEST_S


def _items(whole: Mapping[str, Any]) -> Any:
    return whole.get("segments") or whole.get("chunks") or whole.get("transcription") or []


def _in(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _times(item: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Start and end: in seconds, by themselves or as a pair, or as offsets in milliseconds."""
    pair, offsets = item.get("timestamp"), item.get("offsets")
    if isinstance(pair, list) and len(pair) == 2:
        return _ms(pair[0]), _ms(pair[1])
    if isinstance(offsets, Mapping):
        return _ms(offsets.get("from"), 1), _ms(offsets.get("to"), 1)
    return _ms(item.get("start")), _ms(item.get("end"))


def _with_words(segments: list[Segment], loose: tuple[Word, ...]) -> tuple[Segment, ...]:
    """The segments with those of the words that begin in them, where they have none of their own."""
    if not segments or not loose or any(one.words for one in segments):
        return tuple(segments)
    starts = [word.start_ms or 0 for word in loose]
    cuts = [0, *(bisect_left(starts, one.start_ms or 0) for one in segments[1:]), len(loose)]
    return tuple(
        replace(segment, words=loose[first:behind])
        for segment, (first, behind) in zip(segments, pairwise(cuts), strict=True)
    )


def _whole(text: str, words: tuple[Word, ...]) -> Segment:
    times = [time for word in words for time in (word.start_ms, word.end_ms) if time is not None]
    if not times:
        return Segment(text, words=words)
    return Segment(text, min(times), max(times), words, derived=("start_ms", "end_ms"))


def _segment(item: object, place: int) -> Segment:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        refuse(f"segments[{place}] has no text")
    return Segment(
        item["text"].strip(),
        *_times(item),
        tuple(_words(item.get("words"))),
        speaker=_label(item.get("speaker")),
    )


def _words(items: object) -> Iterator[Word]:
    for item in items if isinstance(items, list) else []:
        if isinstance(item, list):
            refuse("The words of this JSON are lists, which Whisper's never are", action=_OTHERWISE)
        if isinstance(item, Mapping) and isinstance(item.get("word"), str):
            confidence = item.get("probability", item.get("score"))
            times = _ms(item.get("start")), _ms(item.get("end"))
            yield Word(item["word"].strip(), *times, _number(confidence), _label(item.get("speaker")))


def _label(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None


def _ms(value: Any, unit: int = 1000) -> int | None:
    number = _number(value)
    return None if number is None or abs(number) > 1e9 else round(number * unit)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and len(value) < 20 and value.replace(".", "", 1).isdecimal():
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _is_json(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[{"))


READER = Reader("json", (".json",), lambda head: _is_json(head) and FORMAT.encode() in head, read)
WHISPER = Reader(
    "whisper", (".whisper.json", ".json"), lambda head: _is_json(head) and FORMAT.encode() not in head, read_whisper
)
