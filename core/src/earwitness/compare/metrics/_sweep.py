"""Who spoke when against who was said to: one sweep over the moments at which anything begins or ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..._extras import extra
from ._assignment import assignment

__all__ = ["Diarized", "Voice", "diarized"]

Interval = tuple[int, int]


@dataclass(slots=True, frozen=True)
class Voice:
    """One stretch of speech by one speaker, from `start_ms` to `end_ms`. `speaker` None is a voice nobody named."""

    speaker: str | None
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class Diarized:
    """What was compared, in milliseconds of speaker time (two people at once count twice), and how it went wrong.

    `jaccard` is the sum of the reference speakers' Jaccard errors, each 0 to 1, and `speakers` their number.
    """

    total_ms: int
    missed_ms: int
    false_alarm_ms: int
    confused_ms: int
    jaccard: float
    speakers: int


def diarized(
    reference: Iterable[Voice],
    hypothesis: Iterable[Voice],
    *,
    collar_ms: int = 0,
    overlap: bool = True,
    uem: Sequence[Interval] | None = None,
) -> Diarized:
    """The comparison within `uem`, or everywhere. A speaker's own turns that overlap or touch are one turn.

    `collar_ms` is left out on EACH side of every start and end of a reference turn (pyannote's `collar` is the sum of
    both sides, NIST's one side). Without `overlap`, stretches where the reference has two speakers or more are left
    out. Speakers are paired so that the time they share is the most.
    """
    np = extra("numpy", "compare")
    ours, theirs = _by_speaker(reference), _by_speaker(hypothesis)
    bounds = [moment for turns in ours for turn in turns for moment in turn]
    collars = [(moment - collar_ms, moment + collar_ms) for moment in bounds] if collar_ms else []
    everything = [*ours, *theirs, collars, uem or []]
    moments = np.unique(
        np.asarray([moment for turns in everything for turn in turns for moment in turn], dtype=np.int64)
    )
    if len(moments) < 2:
        return Diarized(0, 0, 0, 0, 0.0, 0)
    said, heard = (_presence(np, side, moments) for side in (ours, theirs))
    counted = np.ones(len(moments) - 1, dtype=bool) if uem is None else _presence(np, [uem], moments)[0]
    counted &= ~_presence(np, [collars], moments)[0]
    if not overlap:
        counted &= said.sum(axis=0) < 2
    return _compared(np, said, heard, np.diff(moments) * counted)


def _compared(np: Any, said: Any, heard: Any, lengths: Any) -> Diarized:
    """`said` and `heard` are speakers by stretches; `lengths` is 0 where nothing counts."""
    shared = (said * lengths) @ heard.T.astype(np.int64)
    pairs = assignment((-shared).tolist())
    of_speaker, of_voice = said @ lengths, heard @ lengths
    ours, theirs = said.sum(axis=0), heard.sum(axis=0)
    both = int(np.minimum(ours, theirs) @ lengths)
    partner = dict(pairs)
    jaccard = 0.0
    for row, own in enumerate(of_speaker.tolist()):
        column = partner.get(row)
        common = int(shared[row, column]) if column is not None else 0
        union = own + (int(of_voice[column]) if column is not None else 0) - common
        jaccard += (union - common) / union if own else 0.0
    return Diarized(
        int(ours @ lengths),
        int(ours @ lengths) - both,
        int(theirs @ lengths) - both,
        both - sum(int(shared[pair]) for pair in pairs),
        jaccard,
        int((of_speaker > 0).sum()),
    )


def _by_speaker(voices: Iterable[Voice]) -> list[list[Interval]]:
    """Each speaker's turns in order, those that overlap or touch as one."""
    found: dict[str | None, list[Interval]] = {}
    for voice in sorted(voices, key=lambda voice: voice.start_ms):
        if voice.end_ms <= voice.start_ms:
            continue
        turns = found.setdefault(voice.speaker, [])
        if turns and voice.start_ms <= turns[-1][1]:
            turns[-1] = turns[-1][0], max(turns[-1][1], voice.end_ms)
        else:
            turns.append((voice.start_ms, voice.end_ms))
    return list(found.values())


def _presence(np: Any, sides: Sequence[Sequence[Interval]], moments: Any) -> Any:
    """For each list of intervals, whether one of them covers the stretch after each moment but the last."""
    found = np.zeros((len(sides), len(moments)), dtype=np.int32)
    for row, turns in enumerate(sides):
        if turns:
            at = np.searchsorted(moments, np.asarray(turns, dtype=np.int64))
            found[row] += np.bincount(at[:, 0], minlength=len(moments))
            found[row] -= np.bincount(at[:, 1], minlength=len(moments))
    return found.cumsum(axis=1)[:, :-1] > 0
