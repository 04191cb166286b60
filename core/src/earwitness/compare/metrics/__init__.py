"""What can be measured beyond the plain rates. The formulas stand in the documentation, under "The metrics"."""

from __future__ import annotations

from collections.abc import Sequence

from ..metric import Metric
from .diarization import DiarizationError, JaccardError, SpeakerCount, Voice, diarized
from .runs import DeletedSpans, DeletionRuns, RepeatedLoops
from .silence import WordsOnSilence
from .speakers import PermutationError, TimedPermutationError, WrongSpeaker
from .terms import NEGATIONS, TermFailure, Terms, TermScore, term_failures, term_metrics
from .word_times import StampDisorder, WordDrift, WordOffset, WordWithin

__all__ = [
    "NEGATIONS",
    "DeletedSpans",
    "DeletionRuns",
    "DiarizationError",
    "JaccardError",
    "PermutationError",
    "RepeatedLoops",
    "SpeakerCount",
    "StampDisorder",
    "TermFailure",
    "TermScore",
    "Terms",
    "TimedPermutationError",
    "Voice",
    "WordDrift",
    "WordOffset",
    "WordWithin",
    "WordsOnSilence",
    "WrongSpeaker",
    "diarized",
    "metrics",
    "term_failures",
    "term_metrics",
]


def metrics() -> Sequence[Metric]:
    """The metrics that come with Earwitness, beside the rates. A list of terms is the user's: `term_metrics`."""
    return (
        *term_metrics("number", Terms(numbers=True), title="Numbers"),
        *term_metrics("negation", Terms({language: tuple(words) for language, words in NEGATIONS.items()})),
        DeletionRuns(),
        DeletedSpans(),
        DeletedSpans("deleted_words", "Deleted words, in runs", measured="words", unit="count"),
        RepeatedLoops(),
        WordsOnSilence(),
        SpeakerCount(),
        DiarizationError(),
        DiarizationError(
            "der_collar", "DER (collar 0.25 s on each side, overlap left out)", collar_s=0.25, overlap=False
        ),
        JaccardError(),
        PermutationError(),
        PermutationError("cpcer", "cpCER", form="characters"),
        TimedPermutationError(),
        TimedPermutationError("tcpcer", "tcpCER (collar 5 s)", form="characters"),
        WrongSpeaker(),
        WordOffset(),
        WordOffset("word_end", "Word end off by", edge="end"),
        *(WordWithin(f"word_start_{ms}", f"Word starts within {ms} ms", within_ms=ms) for ms in (50, 100, 200)),
        WordDrift(),
        StampDisorder(),
    )
