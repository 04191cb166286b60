"""Who spoke when, whatever was said: the number of speakers, the diarization error and the Jaccard error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..corpus import Pair
from ..metric import Level, Measurement
from ..profile import Profile
from ._sweep import Diarized, Voice, diarized
from ._turns import Turn, hypothesis_turns, labelled, reference_turns

__all__ = ["DiarizationError", "Diarized", "JaccardError", "SpeakerCount", "Voice", "diarized"]

Uem = Mapping[str, Sequence[tuple[int, int]]]
"""By recording, the stretches in milliseconds that are scored."""


@dataclass(slots=True)
class SpeakerCount:
    """By how many the number of speakers is wrong, summed over recordings; `parts` tell too many from too few."""

    name: str = "speaker_count"
    title: str = "Speaker count error"
    unit: Literal["rate", "count", "ms"] = "count"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Speakers too many or too few, over the transcripts compared. None where a side names nobody."""
        wrong = [len(_names(heard)) - len(_names(said)) for _, said, heard in _named(pairs)]
        if not wrong:
            return None
        many = sum(each for each in wrong if each > 0)
        few = -sum(each for each in wrong if each < 0)
        return Measurement(many + few, len(wrong), {"too_many": many, "too_few": few})


@dataclass(slots=True)
class DiarizationError:
    """DER: missed, falsely heard and confused speaker time over the reference's speaker time.

    NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", 2009. `collar_s` is left out on
    each side of every reference boundary; `overlap` false leaves out where several speak. `uem` limits what is scored.
    """

    name: str = "der"
    title: str = "DER (no collar, overlap scored)"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"
    collar_s: float = 0.0
    overlap: bool = True
    uem: Uem = field(default_factory=dict)

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """Seconds; `parts` are missed, false alarm and confusion. None without speakers and times on both sides."""
        found = [_diarized(pair, said, heard, self) for pair, said, heard in _timed(pairs)]
        if not found:
            return None
        parts = {
            "missed_s": sum(each.missed_ms for each in found) / 1000,
            "false_alarm_s": sum(each.false_alarm_ms for each in found) / 1000,
            "confused_s": sum(each.confused_ms for each in found) / 1000,
        }
        return Measurement(sum(parts.values()), sum(each.total_ms for each in found) / 1000, parts)


@dataclass(slots=True)
class JaccardError:
    """JER: of each reference speaker and the voice paired with it, the time only one has over the time either has.

    Ryant et al., "The Second DIHARD Diarization Challenge", 2019: the mean over reference speakers, so that somebody
    who says little counts like everybody else. A speaker without a partner counts as 1.
    """

    name: str = "jer"
    title: str = "JER (no collar, overlap scored)"
    unit: Literal["rate", "count", "ms"] = "rate"
    better: Literal["lower", "higher"] = "lower"
    level: Level = "recording"
    collar_s: float = 0.0
    overlap: bool = True
    uem: Uem = field(default_factory=dict)

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        """The sum of the speakers' errors over the number of speakers. None as in DER."""
        found = [_diarized(pair, said, heard, self) for pair, said, heard in _timed(pairs)]
        if not found:
            return None
        return Measurement(sum(each.jaccard for each in found), sum(each.speakers for each in found))


Sides = tuple[Pair, list[Turn], list[Turn]]


def _named(pairs: Sequence[Pair]) -> Iterator[Sides]:
    """Each pair with its turns, where both sides name speakers. Who delivered nothing named nobody, and counts."""
    for pair in pairs:
        said, heard = reference_turns(pair), hypothesis_turns(pair)
        if labelled(said) and (labelled(heard) or not heard):
            yield pair, said, heard


def _timed(pairs: Sequence[Pair]) -> Iterator[Sides]:
    """Those of them whose turns have times on both sides."""
    for pair, said, heard in _named(pairs):
        if any(turn.interval for turn in said) and (any(turn.interval for turn in heard) or not heard):
            yield pair, said, heard


def _names(found: Sequence[Turn]) -> set[str]:
    return {turn.speaker for turn in found if turn.speaker is not None}


def _diarized(
    pair: Pair, said: Sequence[Turn], heard: Sequence[Turn], rules: DiarizationError | JaccardError
) -> Diarized:
    scored = rules.uem.get(pair.utterance.recording or pair.utterance.id)
    offset = pair.utterance.offset_ms
    return diarized(
        _voices(said),
        _voices(heard),
        collar_ms=round(rules.collar_s * 1000),
        overlap=rules.overlap,
        uem=None if scored is None else [(start - offset, end - offset) for start, end in scored],
    )


def _voices(found: Sequence[Turn]) -> Iterator[Voice]:
    return (Voice(turn.speaker, *turn.interval) for turn in found if turn.interval)
