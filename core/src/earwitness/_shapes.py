"""Of what types a transcript is made. One of another type is a mistake in a program, which no repair can mend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

from .models import FORMAT, Answer, AudioEvent, Notice, Segment, ServedBy, Speaker, Transcript, Word

__all__ = ["LARGEST", "is_sound", "json_flaw", "misfits", "outer_misfits", "tupled"]

LARGEST = 2**63 - 1
"""No whole number of a transcript is larger: readers of JSON could not take it."""
_DEEPEST = 190
"""JSON is read back up to 200 levels deep, and the transcript has some of its own."""
_TEXT: tuple[type, ...] = (str,)
_MAYBE: tuple[type, ...] = (str, NoneType)
_TUPLE: tuple[type, ...] = (tuple,)
_WORDS, _TEXTS = frozenset((Word,)), frozenset(_MAYBE)

# Times, channels and confidences are not here: a wrong one is a vendor's disorder, which is mended.
_TYPES: Mapping[type, Mapping[str, tuple[type, ...]]] = {
    Word: {"text": _TEXT, "speaker": _MAYBE},
    Segment: {"text": _TEXT, "words": _TUPLE, "derived": _TUPLE}
    | dict.fromkeys(("speaker", "language", "emotion"), _MAYBE),
    Speaker: {"id": _TEXT, "name": _MAYBE},
    AudioEvent: {"label": _TEXT},
    Notice: {"kind": _TEXT, "message": _TEXT, "feature": _MAYBE, "count": (int,)},
    ServedBy: {"provider": _TEXT}
    | dict.fromkeys(("profile", "plugin_version", "service", "model", "engine_version"), _MAYBE),
    Answer: {"body": (bytes,), "content_type": _TEXT, "service": _MAYBE},
    Transcript: {
        **dict.fromkeys(("segments", "speakers", "events", "requested_language", "notices"), _TUPLE),
        "detected_language": _MAYBE,
        "served_by": (ServedBy, NoneType),
        "metadata": (dict,),
        "vendor": (dict,),
        "raw": (Answer, NoneType),
        "format": _TEXT,
    },
}
_ITEMS: Mapping[str, type] = {
    "segments": Segment,
    "words": Word,
    "speakers": Speaker,
    "events": AudioEvent,
    "notices": Notice,
    "requested_language": str,
    "derived": str,
}


def tupled(transcript: Any) -> Any:
    """The same with tuples for lists and dicts for other mappings: a slip that costs nobody a paid transcript."""
    outer = _as_declared(transcript)
    if not isinstance(outer, Transcript) or type(outer.segments) is not tuple:
        return outer
    return replace(outer, segments=tuple(map(_as_declared, outer.segments)))


def misfits(transcript: object) -> Iterator[str]:
    """Everything in this transcript that is of a wrong type, as `place: what`, never with the value."""
    yield from outer_misfits(transcript)
    segments = getattr(transcript, "segments", ())
    for number, segment in enumerate(segments if isinstance(segments, tuple) else ()):
        yield from _in_item(segment, Segment, f"segments[{number}]")


def outer_misfits(transcript: Any) -> Iterator[str]:
    """The same of everything but the segments themselves."""
    if not isinstance(transcript, Transcript):
        yield f"transcript: {_told(transcript, (Transcript,))}"
        return
    wanted = _TYPES[Transcript]
    for name, kinds in wanted.items():
        value = getattr(transcript, name)
        if not isinstance(value, kinds):
            yield f"{name}: {_told(value, kinds)}"
        elif name != "segments":
            yield from _inside(name, value)
    form: object = transcript.format
    if isinstance(form, str) and form != FORMAT:
        yield f"format: is not {FORMAT}"


def is_sound(segment: Any) -> bool:
    """Whether this is a segment of words with texts where they belong; a quick look that asks no word."""
    if not isinstance(segment, Segment):
        return False
    words: Any = segment.words
    derived: Any = segment.derived
    texts: Any = (segment.speaker, segment.language, segment.emotion)
    return (
        isinstance(words, tuple)
        and (_WORDS.issuperset(map(type, words)) or all(isinstance(word, Word) for word in words))
        and (_TEXTS.issuperset(map(type, texts)) or all(isinstance(text, _MAYBE) for text in texts))
        and isinstance(derived, tuple)
        and (not derived or all(isinstance(name, str) for name in derived))
    )


def json_flaw(data: object) -> str | None:
    """Why this cannot be written as JSON and read again, None for what can."""
    try:
        text = json.dumps(data, ensure_ascii=False)
    except (TypeError, ValueError):
        return "is not JSON data"
    except RecursionError:
        return "is nested too deeply"
    brackets = text.count("[") + text.count("{")
    return "is nested too deeply" if brackets > _DEEPEST and _is_deep(data) else None


def _inside(name: str, value: Any) -> Iterator[str]:
    """What is wrong within one field of a transcript that is itself of the right type."""
    if name == "metadata" and not all(isinstance(one, str) for pair in value.items() for one in pair):
        yield "metadata: is not text by text"
    elif name == "vendor" and value and (flaw := json_flaw(value)):
        yield f"vendor: {flaw}"
    elif name in _ITEMS:
        yield from _in_items(value, name, name)
    elif type(value) in _TYPES:
        yield from _in_item(value, type(value), name)


def _in_items(items: Any, name: str, place: str) -> Iterator[str]:
    for number, item in enumerate(items):
        yield from _in_item(item, _ITEMS[name], f"{place}[{number}]")


def _in_item(item: object, kind: type, place: str) -> Iterator[str]:
    if not isinstance(item, kind):
        yield f"{place}: {_told(item, (kind,))}"
        return
    for name, kinds in _TYPES.get(kind, {}).items():
        value = getattr(item, name)
        if not isinstance(value, kinds) or (kinds == (int,) and not _is_whole(value)):
            yield f"{place}: {name} {_told(value, kinds)}"
        elif name in _ITEMS:
            yield from _in_items(value, name, f"{place}.{name}")


def _is_whole(value: object) -> bool:
    return type(value) is int and -LARGEST <= value <= LARGEST


def _is_deep(data: object) -> bool:
    level = [data]
    for _ in range(_DEEPEST):
        holders = [
            one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list | tuple)
        ]
        level = [inner for one in holders for inner in one]
        if not level:
            return False
    return True


def _told(value: object, kinds: tuple[type, ...]) -> str:
    wanted = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
    return f"is of type {type(value).__name__}, not {wanted}"


def _as_declared(item: Any) -> Any:
    """A transcript or segment with its lists as tuples and its mappings as dicts; anything else as it is."""
    changed: dict[str, Any] = {}
    for name, types in _TYPES.get(type(item), {}).items() if isinstance(item, Transcript | Segment) else ():
        value = getattr(item, name)
        if types is _TUPLE and type(value) is list:
            changed[name] = tuple(value)
        elif types == (dict,) and isinstance(value, Mapping) and type(value) is not dict:
            changed[name] = dict(value)
    return replace(item, **changed) if changed else item
