"""What no transcript may be is refused for plugin authors and, where a vendor sent it, repaired and reported."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ._shapes import LARGEST, is_sound, misfits, outer_misfits, tupled
from .errors import InvalidTranscriptError
from .models import AudioEvent, Notice, Segment, Speaker, Transcript, Word

__all__ = ["accepted", "check", "problems", "repair", "well_formed"]

Timed = Word | Segment | AudioEvent
_T = TypeVar("_T", Word, Segment, AudioEvent)
_Data = TypeVar("_Data")
_MAX_TOLD = 5
_TORN = "text holds a lone surrogate"
_SMALL = ("detected_language", "requested_language", "served_by", "notices", "metadata", "vendor")
"""What a transcript holds of text beside its segments, speakers and events."""


def check(transcript: Transcript) -> Transcript:
    """The same transcript, known to be valid. Raises InvalidTranscriptError naming the first places, never the text."""
    if found := list(problems(transcript)):
        raise _refusal(found)
    return transcript


def problems(transcript: Transcript) -> Iterator[str]:
    """Each thing that no transcript may be, as `place: what`.

    Where something is of a wrong type, only such things are told: nothing more can be known of the rest.
    """
    if next(outer_misfits(transcript), None) or not all(map(is_sound, transcript.segments)):
        yield from misfits(transcript)
        return
    if not _is_time(transcript.duration_ms):
        yield "transcript: duration_ms is not a whole number of milliseconds from 0"
    if not _is_confidence(transcript.confidence):
        yield "transcript: confidence outside 0..1"
    known = _ids(transcript.speakers)
    if len(known) < len(transcript.speakers):
        yield f"speakers: {len(transcript.speakers) - len(known)} with the id of another"
    for number, event in enumerate(transcript.events):
        yield from (f"events[{number}]: {what}" for what in _item_flaws(event))
        if _is_torn(event.label):
            yield f"events[{number}]: {_TORN}"
    for number, speaker in enumerate(transcript.speakers):
        if _is_torn(speaker.id) or _is_torn(speaker.name):
            yield f"speakers[{number}]: {_TORN}"
    if transcript.raw and (_is_torn(transcript.raw.content_type) or _is_torn(transcript.raw.service)):
        yield f"raw: {_TORN}"
    for name in _SMALL:
        if _holds_torn(getattr(transcript, name)):
            yield f"{name}: {_TORN}"
    for number, segment in enumerate(transcript.segments):
        yield from (f"segments[{number}]{place}: {what}" for place, what in _segment_flaws(segment, known))


def accepted(transcript: Transcript) -> Transcript:
    """The transcript, repaired where it is in disorder. Raises InvalidTranscriptError for what is of a wrong type."""
    if next(problems(transcript), None) is None:
        return transcript
    transcript = tupled(transcript)  # lists where tuples belong
    if found := list(misfits(transcript)):
        raise _refusal(found)
    return _repaired(transcript)


def repair(transcript: Transcript) -> Transcript:
    """A valid transcript from a disordered one; every kind of repair is reported once, with its count, as a notice.

    Blank words are dropped, words sorted by time, an end before its start set to the start, negative times to zero,
    broken milliseconds rounded, impossible values removed, doubled speakers merged, unlisted ones added, and a segment
    widened to hold its words (its `derived` says so). A lone surrogate, which no file can hold, becomes U+FFFD. A valid
    transcript comes back as it is. So does one with something of a wrong type, such as text that is no string: a bug,
    not disorder, and left for `check` to name.
    """
    try:
        return accepted(transcript)
    except InvalidTranscriptError:
        return transcript


def well_formed(data: _Data) -> _Data:
    """The same plain data with U+FFFD for each lone surrogate: half a character, which UTF-8 cannot hold."""
    mended: _Data = _mended(data, Counter())
    return mended


def _refusal(found: list[str]) -> InvalidTranscriptError:
    more = f" and {len(found) - _MAX_TOLD} more" if len(found) > _MAX_TOLD else ""
    return InvalidTranscriptError(
        f"No transcript may have: {'; '.join(found[:_MAX_TOLD])}{more}",
        action="Mend the translation, or call earwitness.validation.repair for a vendor's known disorder.",
    )


def _repaired(transcript: Transcript) -> Transcript:
    done: Counter[str] = Counter()
    transcript = _whole_text(transcript, done)
    speakers = _repaired_speakers(transcript, done)
    known = _ids(speakers)
    segments = tuple(_repaired_segment(one, done) if _segment_flaws(one, known) else one for one in transcript.segments)
    events = tuple(_repaired_item(one, done) for one in transcript.events)
    duration_ms = _mended_time(transcript.duration_ms, done)
    confidence = _mended_confidence(transcript.confidence, done)
    notices = tuple(Notice("repaired", f"{what}.", count=count) for what, count in sorted(done.items()))
    return replace(
        transcript,
        segments=segments,
        speakers=speakers,
        events=events,
        duration_ms=duration_ms,
        confidence=confidence,
        notices=transcript.notices + notices,
    )


def _segment_flaws(segment: Segment, known: frozenset[str]) -> list[tuple[str, str]]:
    """What is wrong with this segment, as place within it and sentence; little work where nothing is wrong."""
    found = [] if _is_usual(segment, known) else [("", what) for what in _own_flaws(segment, known)]
    low, high = _bound(segment.start_ms, -LARGEST), _bound(segment.end_ms, LARGEST)
    if not _are_usual(segment.words, max(low, 0), high):
        found += _words_flaws(segment.words, known, low=low, high=high)
    return found


def _is_usual(segment: Segment, known: frozenset[str]) -> bool:
    """Whether one look at the segment itself is enough. Known speakers are not torn: they were looked at."""
    start, end, confidence, text = segment.start_ms, segment.end_ms, segment.confidence, segment.text
    return (
        type(start) is int
        and type(end) is int
        and 0 <= start <= end <= LARGEST
        and (confidence is None or (type(confidence) is float and 0 <= confidence <= 1))
        and type(text) is str
        and text.isprintable()
        and (segment.speaker is None or segment.speaker in known)
        and segment.channel is None
        and segment.language is None
        and segment.emotion is None
        and not segment.derived
    )


def _are_usual(words: Iterable[Word], low: int, high: int) -> bool:
    """Whether one look is enough: timed words, each in its place. Nearly all are, and ten hours have 90,000 of them."""
    for word in words:
        start, end, confidence, text = word.start_ms, word.end_ms, word.confidence, word.text
        if not (
            type(start) is int
            and type(end) is int
            and low <= start <= end <= high
            and (confidence is None or (type(confidence) is float and 0 <= confidence <= 1))
            and word.speaker is None
            and type(text) is str
            and text > "!"  # What is empty or begins with a blank is not, and is looked at again.
            and text.isprintable()  # Half a character is not; the little else that is not is looked at again.
        ):
            return False
        low = start
    return True


def _words_flaws(words: Iterable[Word], known: frozenset[str], *, low: int, high: int) -> Iterator[tuple[str, str]]:
    last = 0
    for number, word in enumerate(words):
        yield from ((f".words[{number}]", what) for what in _word_flaws(word, known, low=low, high=high, last=last))
        if type(word.start_ms) is int:
            last = word.start_ms


def _own_flaws(segment: Segment, known: frozenset[str]) -> Iterable[str]:
    yield from _item_flaws(segment)
    if not _is_text(segment.text):
        yield "text is not a string"
    if not _is_time(segment.channel):
        yield "channel is not a whole number from 0"
    if any(map(_is_torn, (segment.text, segment.speaker, segment.language, segment.emotion, *segment.derived))):
        yield _TORN
    if known and segment.speaker is not None and segment.speaker not in known:
        yield "a speaker that is not among the speakers"


def _word_flaws(word: Word, known: frozenset[str], *, low: int, high: int, last: int) -> tuple[str, ...]:
    flaws = _item_flaws(word)
    if not _is_text(word.text):
        return (*flaws, "text is not a string")
    if word.speaker is not None and not _is_text(word.speaker):
        return (*flaws, "speaker is not a string")
    if _is_torn(word.text) or _is_torn(word.speaker):
        flaws = (*flaws, _TORN)
    if not word.text or word.text.isspace():
        flaws = (*flaws, "a blank word")
    if word.speaker is not None and known and word.speaker not in known:
        flaws = (*flaws, "a speaker that is not among the speakers")
    if type(word.start_ms) is int and word.start_ms < last:
        flaws = (*flaws, "starts before the word in front of it")
    if not _within(word, low, high):
        flaws = (*flaws, "lies outside its segment")
    return flaws


def _item_flaws(item: Timed) -> tuple[str, ...]:
    start, end = item.start_ms, item.end_ms
    if not _is_time(start) or not _is_time(end):
        flaws: tuple[str, ...] = ("a time is not a whole number of milliseconds from 0",)
    elif start is not None and end is not None and end < start:
        flaws = ("ends before it starts",)
    else:
        flaws = ()
    return flaws if _is_confidence(item.confidence) else (*flaws, "confidence outside 0..1")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_torn(value: object) -> bool:
    """Whether it is text that holds half a surrogate pair."""
    if not isinstance(value, str) or value.isprintable():
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _holds_torn(data: object) -> bool:
    """Whether any text in plain data is torn; told by the C encoder, because vendor data may be large."""
    if not data:
        return False
    with suppress(TypeError, ValueError, RecursionError):
        return _is_torn(json.dumps(data, ensure_ascii=False, default=_fields_of))
    return False


def _fields_of(value: Any) -> list[object]:
    return [getattr(value, one.name) for one in fields(value)]


def _is_time(value: object) -> bool:
    return value is None or (type(value) is int and 0 <= value <= LARGEST)


def _is_confidence(value: object) -> bool:
    return value is None or (
        isinstance(value, float | int) and value is not True and value is not False and 0 <= value <= 1
    )


def _bound(value: object, otherwise: int) -> int:
    return value if type(value) is int else otherwise


def _within(word: Word, low: int, high: int) -> bool:
    return all(low <= point <= high for point in (word.start_ms, word.end_ms) if type(point) is int)


def _ids(speakers: Iterable[Speaker]) -> frozenset[str]:
    return frozenset(speaker.id for speaker in speakers)


def _whole_text(transcript: Transcript, done: Counter[str]) -> Transcript:
    """The transcript without lone surrogates; only what holds one is made anew."""
    segments = tuple(_mended(one, done) if _is_torn_anywhere(one) else one for one in transcript.segments)
    small = {name: _mended(getattr(transcript, name), done) for name in ("speakers", "events", "raw", *_SMALL)}
    return replace(transcript, segments=segments, **small)


def _is_torn_anywhere(segment: Segment) -> bool:
    own = (segment.text, segment.speaker, segment.language, segment.emotion, *segment.derived)
    return any(map(_is_torn, own)) or any(_is_torn(word.text) or _is_torn(word.speaker) for word in segment.words)


def _mended(data: Any, done: Counter[str]) -> Any:
    match data:
        case str():
            return _mended_text(data, done)
        case Mapping():
            return {_mended(key, done): _mended(value, done) for key, value in data.items()}
        case tuple() | list():
            return type(data)(_mended(one, done) for one in data)
    if not is_dataclass(data) or isinstance(data, type):
        return data
    held = ((one.name, getattr(data, one.name)) for one in fields(data))
    changed = {name: new for name, old in held if (new := _mended(old, done)) is not old and new != old}
    return replace(data, **changed) if changed else data


def _mended_text(text: str, done: Counter[str]) -> str:
    if not _is_torn(text):
        return text
    # Two halves that belong together become their character again.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    _count(done, "texts whose lone surrogates were replaced", 1)
    return whole


def _repaired_speakers(transcript: Transcript, done: Counter[str]) -> tuple[Speaker, ...]:
    """The speakers once each, the named entry first, with those whom only segments or words mention."""
    if not transcript.speakers:
        return transcript.speakers
    kept: dict[str, Speaker] = {}
    for speaker in transcript.speakers:
        if speaker.id not in kept or kept[speaker.id].name is None:
            kept[speaker.id] = speaker
    unlisted = dict.fromkeys(name for name in _mentioned(transcript) if name not in kept)
    _count(done, "doubled speakers merged", len(transcript.speakers) - len(kept))
    _count(done, "speakers added that only segments mention", len(unlisted))
    return (*kept.values(), *map(Speaker, unlisted))


def _mentioned(transcript: Transcript) -> Iterator[str]:
    for segment in transcript.segments:
        if segment.speaker is not None:
            yield segment.speaker
        yield from (word.speaker for word in segment.words if word.speaker is not None)


def _repaired_segment(segment: Segment, done: Counter[str]) -> Segment:
    mended = _repaired_item(segment, done)
    spoken = [word for word in segment.words if not _is_text(word.text) or word.text.strip()]
    _count(done, "blank words dropped", len(segment.words) - len(spoken))
    words = _ordered([_repaired_item(word, done) for word in spoken], done)
    channel = _mended_time(segment.channel, done, "channels")
    return _widened(replace(mended, words=words, channel=channel), done)


def _ordered(words: list[Word], done: Counter[str]) -> tuple[Word, ...]:
    """The words by start; the sort is stable, and a word without a time stays behind the one that it followed."""
    starts: list[int] = []
    for word in words:
        starts.append(word.start_ms if word.start_ms is not None else starts[-1] if starts else 0)
    if starts == sorted(starts):
        return tuple(words)
    _count(done, "segments whose words were put in order of time", 1)
    return tuple(words[place] for place in sorted(range(len(words)), key=starts.__getitem__))


def _widened(segment: Segment, done: Counter[str]) -> Segment:
    points = [point for word in segment.words for point in (word.start_ms, word.end_ms) if point is not None]
    if not points:
        return segment
    start = None if segment.start_ms is None else min(segment.start_ms, *points)
    end = None if segment.end_ms is None else max(segment.end_ms, *points)
    moved = tuple(
        name
        for name, old, new in (("start_ms", segment.start_ms, start), ("end_ms", segment.end_ms, end))
        if old != new
    )
    if not moved:
        return segment
    _count(done, "segments widened to hold their words", 1)
    derived = (*segment.derived, *(name for name in moved if name not in segment.derived))
    return replace(segment, start_ms=start, end_ms=end, derived=derived)


def _repaired_item(item: _T, done: Counter[str]) -> _T:
    if not _item_flaws(item):
        return item
    start, end = _mended_time(item.start_ms, done), _mended_time(item.end_ms, done)
    if start is not None and end is not None and end < start:
        _count(done, "ends before their starts set to the start", 1)
        end = start
    return replace(item, start_ms=start, end_ms=end, confidence=_mended_confidence(item.confidence, done))


def _mended_time(value: object, done: Counter[str], name: str = "times") -> int | None:
    """A whole number from 0; a value that is no number at all is removed."""
    if value is None or (type(value) is int and 0 <= value <= LARGEST):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        _count(done, f"impossible {name} removed", 1)
        return None
    if value < 0:
        _count(done, f"negative {name} set to zero", 1)
        return 0
    _count(done, f"{name} rounded to whole {'milliseconds' if name == 'times' else 'numbers'}", 1)
    return round(value)


def _mended_confidence(value: float | None, done: Counter[str]) -> float | None:
    if _is_confidence(value):
        return value
    _count(done, "impossible confidences removed", 1)
    return None


def _count(done: Counter[str], what: str, times: int) -> None:
    if times:
        done[what] += times
