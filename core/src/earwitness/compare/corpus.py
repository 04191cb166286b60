"""What is compared: utterances with a stable id and a reference, and what each entrant made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..models import Transcript

__all__ = ["Corpus", "Delivery", "Entrant", "Pair", "Result", "Timing", "Utterance", "pairs"]

Delivery = Literal["delivered", "empty", "failed", "refused", "missing"]
"""`failed`: the vendor did not answer; `refused`: our own fault (key, quota, request); `missing`: never asked for."""


@dataclass(slots=True)
class Utterance:
    """One stretch of audio with its reference. Times are milliseconds; `audio` is a path or URL, None where unknown.

    `recording` names the media that the stretch was cut from (the id itself where it was not cut), `speaker` who
    speaks where one person does; both make the blocks of the statistics. `offset_ms` is the stretch's place in
    `audio`; the reference's own times count from the start of the stretch.
    """

    id: str
    reference: Transcript | None
    recording: str | None = None
    speaker: str | None = None
    language: str | None = None
    audio: str | None = None
    offset_ms: int = 0
    duration_ms: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def block(self) -> str:
        """What is drawn together when the statistics draw: the speaker, else the recording."""
        return self.speaker or self.recording or self.id


@dataclass(slots=True)
class Corpus:
    """Utterances by id, in the order of their file. `source` says where they came from."""

    utterances: Mapping[str, Utterance]
    source: str = ""

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self.utterances.values())

    def __len__(self) -> int:
        return len(self.utterances)


@dataclass(slots=True)
class Timing:
    """How long one answer took, in seconds. `None` is unknown. `tries` counts the submissions, the first one too.

    `churn` is the share of a live stream's words that were shown and taken back, over those of the final text.
    """

    total_s: float | None = None
    upload_s: float | None = None
    queue_s: float | None = None
    process_s: float | None = None
    first_word_s: float | None = None
    final_after_speech_s: float | None = None
    churn: float | None = None
    tries: int = 1


@dataclass(slots=True)
class Result:
    """What one entrant delivered for one utterance. `transcript` is None unless something was delivered.

    `error` is the kind of an error (a class name of `earwitness.errors`), never its text.
    """

    id: str
    delivery: Delivery
    transcript: Transcript | None = None
    error: str | None = None
    timing: Timing | None = None


@dataclass(slots=True)
class Entrant:
    """One vendor, engine or setting in the comparison, with its results by utterance id."""

    name: str
    results: Mapping[str, Result]


@dataclass(slots=True)
class Pair:
    """One utterance beside what one entrant made of it: what a metric measures.

    `hypothesis` is an empty transcript where nothing was delivered: the words count as deleted. `delivery` says so.
    """

    utterance: Utterance
    reference: Transcript
    hypothesis: Transcript
    delivery: Delivery
    timing: Timing | None = None


def pairs(corpus: Corpus, entrant: Entrant) -> Iterator[Pair]:
    """Every utterance that has a reference, in the corpus' order, with this entrant's result or its absence."""
    for utterance in corpus:
        if utterance.reference is None:
            continue
        found = entrant.results.get(utterance.id) or Result(utterance.id, "missing")
        heard = found.transcript or Transcript()
        yield Pair(utterance, utterance.reference, heard, found.delivery, found.timing)
