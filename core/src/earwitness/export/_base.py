"""An exporter is a name, a suffix, a media type and one pure function from a transcript to text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .._cutting import Shape, span
from ..errors import UnsupportedFeatureError
from ..models import Segment, Transcript

__all__ = ["EVERYTHING", "SEGMENTS", "Exporter", "losses", "recording", "timed", "token", "unsupported"]


SEGMENTS = frozenset({"text", "times", "segments"})
"""What nearly every format keeps: what was said when, stretch by stretch."""

EVERYTHING = SEGMENTS | {
    "channels",
    "confidence",
    "confidence of words",
    "data of the vendor",
    "detected language",
    "duration",
    "emotion",
    "events",
    "language",
    "metadata",
    "name of the recording",
    "names",
    "segments without text",
    "speakers",
    "speakers of words",
    "words",
}
"""What a transcript may say of a recording; who heard it, its notices and the raw answer say nothing of it."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One output format. `suffix` begins with a dot; `write` is pure and returns the whole file as text.

    `write` raises UnsupportedFeatureError where the format needs something that the transcript does not have. `keeps`
    says what of EVERYTHING it holds; None where nobody knows. `loses` names what else of this transcript is lost, where
    that depends on more than what it has. `laid_out` is `write` for a screen of another size, in formats for a screen.
    """

    name: str
    suffix: str
    media_type: str
    write: Callable[[Transcript], str]
    keeps: frozenset[str] | None = None
    loses: Callable[[Transcript], Iterable[str]] | None = None
    laid_out: Callable[[Transcript, Shape], str] | None = None


def losses(transcript: Transcript, exporter: Exporter) -> tuple[str, ...]:
    """What the transcript holds and the format cannot, by the names of `keeps` and `loses`, sorted.

    Where words or speakers are lost, what is said of them is not named as well.
    """
    lost = set() if exporter.keeps is None else set(_held(transcript)) - exporter.keeps
    lost.update(exporter.loses(transcript) if exporter.loses else ())
    if "words" in lost:
        lost -= {"confidence of words", "speakers of words"}
    return tuple(sorted(lost - {"names"} if "speakers" in lost else lost))


def timed(transcript: Transcript, format: str, *, silent: bool = False) -> list[tuple[Segment, int, int]]:
    """The segments that say something, with their times or else their words', in order of time.

    With `silent` also those without text. Raises UnsupportedFeatureError where neither segment nor words have times.
    """
    spoken = [_written(segment) for segment in transcript.segments if silent or segment.text.strip()]
    found = []
    for segment in spoken:
        start, end = span(segment)
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
    return "_".join(text.replace("\0", "").split())


def _written(segment: Segment) -> Segment:
    """The segment without zero characters: no text file holds them, and readers take one for a file of another kind."""
    if "\0" not in segment.text:
        return segment
    words = tuple(replace(word, text=word.text.replace("\0", "")) for word in segment.words)
    return replace(segment, text=segment.text.replace("\0", ""), words=words)


def _held(transcript: Transcript) -> Iterator[str]:
    segments = transcript.segments
    yield from (name for name, is_held in _OF_SEGMENTS.items() if any(map(is_held, segments)))
    if sum(bool(one.text.strip()) for one in segments) > 1:
        yield "segments"
    if any(one.name for one in transcript.speakers):
        yield "names"
    if transcript.detected_language:
        yield "detected language"
    if transcript.duration_ms is not None:
        yield "duration"
    if transcript.events:
        yield "events"
    if transcript.metadata.get("recording"):
        yield "name of the recording"
    if any(key != "recording" for key in transcript.metadata):
        yield "metadata"
    if transcript.vendor:
        yield "data of the vendor"


_OF_SEGMENTS: Mapping[str, Callable[[Segment], object]] = {
    "text": lambda one: one.text.strip(),
    "times": lambda one: span(one) != (None, None),
    "segments without text": lambda one: one.speaker and not one.text.strip(),
    "words": lambda one: one.words,
    "speakers": lambda one: one.speaker,
    "speakers of words": lambda one: any(word.speaker not in (None, one.speaker) for word in one.words),
    "channels": lambda one: one.channel is not None,
    "confidence": lambda one: one.confidence is not None,
    "confidence of words": lambda one: any(word.confidence is not None for word in one.words),
    "language": lambda one: one.language,
    "emotion": lambda one: one.emotion,
}
