"""Asked against delivered: what the request wanted and the transcript does not show becomes a notice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .jobs import Plan
from .models import Answer, Notice, Segment, ServedBy, Transcript
from .request import SpeakerCount, TranscriptionRequest
from .validation import accepted

__all__ = ["delivered", "shortfalls"]


def delivered(
    transcript: Transcript,
    *,
    request: TranscriptionRequest,
    plan: Plan,
    served_by: ServedBy,
    notices: tuple[Notice, ...] = (),
    answer: Answer | None = None,
) -> Transcript:
    """The transcript with everything it must say about itself: who heard it, what was asked, and what is missing.

    Raises InvalidTranscriptError where the plan or the answer bring what no transcript can hold.
    """
    heard = transcript.served_by
    engine = heard.engine_version if heard else None
    about = Transcript(
        requested_language=request.languages or plan.languages,
        served_by=replace(served_by, engine_version=engine, model=(heard.model if heard else None) or plan.model),
        notices=(*transcript.notices, *notices, *shortfalls(transcript, request)),
        metadata=dict(request.metadata),
        raw=answer if request.keep_raw else None,
    )
    about = accepted(about)
    names = ("requested_language", "served_by", "notices", "metadata", "raw")
    return replace(transcript, **{name: getattr(about, name) for name in names})


def shortfalls(transcript: Transcript, request: TranscriptionRequest) -> Iterator[Notice]:
    """Each thing that was asked for and did not come, as far as a transcript can show it. Silence owes nothing."""
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    if not spoken:
        return
    if request.word_times and (missing := _times(not _has_word_times(one) for one in spoken)):
        yield _missing("word_times", "Word times were asked for and are missing in some segments.", missing)
    if request.speakers:
        yield from _speaker_shortfalls(spoken, request.speakers)
    if request.emotion and not any(segment.emotion for segment in spoken):
        yield _missing("emotion", "Emotions were asked for and none came.")
    if request.channels == "separate" and (missing := _times(one.channel is None for one in spoken)):
        yield _missing("channels", "Separate channels were asked for and some segments name none.", missing)
    longest = request.max_segment_chars
    if longest is not None and (over := _times(len(one.text) > longest for one in spoken)):
        yield _missing("max_segment_chars", f"Some segments are longer than {longest} characters.", over)
    yield from _language_shortfall(transcript, request)


def _speaker_shortfalls(spoken: Sequence[Segment], asked: SpeakerCount) -> Iterator[Notice]:
    voices = [_voices(segment) for segment in spoken]
    if unnamed := _times(not one for one in voices):
        yield _missing("speakers", "Speakers were asked for and some segments name none.", unnamed)
    found = len(set().union(*voices))
    few, many = asked.min is not None and found < asked.min, asked.max is not None and found > asked.max
    if found and (few or many):
        yield _missing("speakers", f"{_wanted(asked)} speakers were asked for and {found} were found.")


def _voices(segment: Segment) -> set[str]:
    named = {word.speaker for word in segment.words} | {segment.speaker}
    return {name for name in named if name is not None}


def _wanted(asked: SpeakerCount) -> str:
    if asked.max is None:
        return f"At least {asked.min}"
    if asked.min is None:
        return f"At most {asked.max}"
    return str(asked.max) if asked.min == asked.max else f"{asked.min} to {asked.max}"


def _language_shortfall(transcript: Transcript, request: TranscriptionRequest) -> Iterator[Notice]:
    heard, asked = transcript.detected_language, request.languages
    if not heard or not asked or asked == ("auto",):
        return
    if _primary(heard) not in {_primary(tag) for tag in asked}:
        yield _missing("language", f"{', '.join(asked)} was asked for and {heard} was detected.")


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


def _has_word_times(segment: Segment) -> bool:
    timed = (word.start_ms is not None and word.end_ms is not None for word in segment.words)
    return bool(segment.words) and all(timed)


def _times(happened: Iterable[bool]) -> int:
    return sum(happened)


def _missing(feature: str, message: str, count: int = 1) -> Notice:
    return Notice("not_delivered", message, feature, count)
