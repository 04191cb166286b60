"""Several transcripts as one: labels that stay apart, and what is said of the whole where the parts agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from .models import Notice, Speaker, Transcript

__all__ = ["relabelled", "together", "voices"]

_Same = TypeVar("_Same")


def voices(transcript: Transcript) -> dict[str, None]:
    """Every label that segments or words mention, in order."""
    found: dict[str, None] = {}
    for segment in transcript.segments:
        for label in (segment.speaker, *(word.speaker for word in segment.words)):
            if label is not None:
                found.setdefault(label)
    return found


def relabelled(transcript: Transcript, prefix: str) -> Transcript:
    """The transcript with this in front of every voice's label."""

    def label(old: str | None) -> str | None:
        return None if old is None else prefix + old

    return replace(
        transcript,
        speakers=tuple(replace(one, id=prefix + one.id) for one in transcript.speakers),
        segments=tuple(
            replace(
                one,
                speaker=label(one.speaker),
                words=tuple(replace(word, speaker=label(word.speaker)) for word in one.words),
            )
            for one in transcript.segments
        ),
    )


def together(parts: Sequence[Transcript]) -> Transcript:
    """The parts as one. What is said of the whole recording is kept where all parts agree, or follows from them."""
    ends = [part.duration_ms for part in parts]
    speakers: dict[str, Speaker] = {}
    for speaker in (one for part in parts for one in part.speakers):
        if speaker.id not in speakers or speakers[speaker.id].name is None:
            speakers[speaker.id] = speaker
    return Transcript(
        segments=tuple(one for part in parts for one in part.segments),
        speakers=tuple(speakers.values()),
        events=tuple(one for part in parts for one in part.events),
        requested_language=_agreed([part.requested_language for part in parts]) or (),
        detected_language=_agreed([part.detected_language for part in parts]),
        duration_ms=max((end for end in ends if end is not None), default=None) if None not in ends else None,
        served_by=_agreed([part.served_by for part in parts]),
        notices=(*(notice for part in parts for notice in part.notices), *_contradictions(parts)),
        metadata=_metadata(parts),
    )


def _metadata(parts: Sequence[Transcript]) -> dict[str, str]:
    """The metadata in which no part contradicts another."""
    found: dict[str, str] = {}
    for part in parts:
        found = {**part.metadata, **found}
    return {key: value for key, value in found.items() if all(part.metadata.get(key, value) == value for part in parts)}


def _contradictions(parts: Sequence[Transcript]) -> Iterator[Notice]:
    """What is said of parts and cannot be said of the whole, each with the number of values that were left out."""
    lost = {key for part in parts for key in part.metadata} - _metadata(parts).keys()
    if lost:
        yield Notice("incomplete", "Metadata was left out in which the parts differ.", "metadata", len(lost))
    for name in ("requested_language", "detected_language", "served_by"):
        values = [getattr(part, name) for part in parts if getattr(part, name)]
        if values and _agreed([getattr(part, name) for part in parts]) is None:
            what = name.replace("_", " ")
            yield Notice("incomplete", f"The parts differ in {what}, which was left out.", name, len(values))
    alone = sum(bool(part.vendor or part.raw or part.confidence is not None) for part in parts)
    if alone:
        told = "What the vendor says of a part alone was left out: its own data, its answer, a confidence of the whole."
        yield Notice("incomplete", told, "vendor", alone)


def _agreed(values: Sequence[_Same]) -> _Same | None:
    return values[0] if values and all(value == values[0] for value in values) else None
