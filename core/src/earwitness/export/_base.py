"""An exporter is a name, a suffix, a media type and one pure function from a transcript to text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import UnsupportedFeatureError
from ..models import Segment, Transcript

__all__ = ["EVERYTHING", "Exporter", "losses", "recording", "timed", "token", "unsupported"]


EVERYTHING = frozenset({"words", "speakers", "channels", "confidence", "language", "emotion", "events"})


@dataclass(frozen=True, slots=True)
class Exporter:
    """One output format. `suffix` begins with a dot; `write` is pure and returns the whole file as text.

    `write` raises UnsupportedFeatureError where the format needs something that the transcript does not have. `keeps`
    says what of EVERYTHING it holds beside text and the segments' times; None where nobody knows.
    """

    name: str
    suffix: str
    media_type: str
    write: Callable[[Transcript], str]
    keeps: frozenset[str] | None = None


def losses(transcript: Transcript, exporter: Exporter) -> tuple[str, ...]:
    """What the transcript holds and the format cannot, by the names of `Exporter.keeps`, sorted."""
    if exporter.keeps is None:
        return ()
    return tuple(sorted(set(_held(transcript)) - exporter.keeps))


def timed(transcript: Transcript, format: str) -> list[tuple[Segment, int, int]]:
    """The segments that say something, with their times or else their words', in order of time.

    Raises UnsupportedFeatureError where neither has any.
    """
    spoken = [segment for segment in transcript.segments if segment.text.strip()]
    found = []
    for segment in spoken:
        start, end = _start(segment), _end(segment)
        if start is not None and end is not None:
            found.append((segment, start, end))
    if len(found) < len(spoken):
        raise unsupported(
            transcript, "word_times", f"times for {len(spoken) - len(found)} of {len(spoken)} segments", format
        )
    return sorted(found, key=lambda item: item[1])


def unsupported(transcript: Transcript, feature: str, what: str, format: str) -> UnsupportedFeatureError:
    """The error for a format that needs what the transcript does not have."""
    provider = transcript.served_by.provider if transcript.served_by else None
    wish = feature.replace("_", " ")
    return UnsupportedFeatureError(
        f"{provider or 'The vendor'} gave no {what}, and {format} needs them",
        action=f"Use the format txt or json, or ask for {wish}.",
        feature=feature,
        provider=provider,
    )


def recording(transcript: Transcript) -> str:
    """The recording's name for formats that want one: `recording` of the metadata, as one token."""
    return token(transcript.metadata.get("recording", "")) or "recording"


def token(text: str) -> str:
    """The text as one token of a line that is split at blanks: each blank becomes `_`."""
    return "_".join(text.split())


def _held(transcript: Transcript) -> Iterator[str]:
    segments = transcript.segments
    if any(one.words for one in segments):
        yield "words"
    if any(one.speaker for one in segments) or transcript.speakers:
        yield "speakers"
    if any(one.channel is not None for one in segments):
        yield "channels"
    if any(one.confidence is not None or any(word.confidence is not None for word in one.words) for one in segments):
        yield "confidence"
    if any(one.language for one in segments):
        yield "language"
    if any(one.emotion for one in segments):
        yield "emotion"
    if transcript.events:
        yield "events"


def _start(segment: Segment) -> int | None:
    if segment.start_ms is not None:
        return segment.start_ms
    return next((word.start_ms for word in segment.words if word.start_ms is not None), None)


def _end(segment: Segment) -> int | None:
    if segment.end_ms is not None:
        return segment.end_ms
    return next((word.end_ms for word in reversed(segment.words) if word.end_ms is not None), None)
