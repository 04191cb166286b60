"""What is done to a result before it is shown or kept: names for voices, and what was said left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..editing import name_speakers, without_text
from ..export import Exporter
from ..export._base import SEGMENTS
from ..models import Segment, Transcript

__all__ = ["Edits", "range_of"]

_TIMED = SEGMENTS | {"speakers", "names", "segments without text"}
"""What the times of each segment, with its voice, still tell."""


@dataclass(frozen=True, slots=True)
class Edits:
    """The wishes: `names` by the vendor's label, and whether only the timing is wanted."""

    names: Mapping[str, str] = field(default_factory=dict)
    no_text: bool = False

    def done(self, transcript: Transcript) -> Transcript:
        """The transcript with all of it. A label that nobody has is passed over: the result is paid for."""
        if self.names:
            known = _labels(transcript)
            transcript = name_speakers(transcript, {one: name for one, name in self.names.items() if one in known})
        return without_text(transcript) if self.no_text else transcript

    def strange(self, transcript: Transcript) -> str:
        """What to say of labels that nobody in this transcript has; empty where there are none."""
        known = _labels(transcript)
        strange = [label for label in self.names if label not in known]
        if not strange:
            return ""
        return f"no speaker is labelled {', '.join(strange)}; the labels are: {', '.join(sorted(known)) or 'none'}."

    def heard(self, segment: Segment) -> Segment:
        """The same for a single segment, whose voice is shown by its name."""
        speaker = segment.speaker and self.names.get(segment.speaker, segment.speaker)
        named = replace(segment, speaker=speaker)
        if not self.no_text:
            return named
        return without_text(Transcript(segments=(named,))).segments[0]

    def exporter(self, wanted: Exporter) -> Exporter:
        """The exporter of these results: plain text that may not say what was said says when."""
        return replace(wanted, write=_timing, keeps=_TIMED) if self.no_text and wanted.name == "txt" else wanted


def range_of(segment: Segment) -> str:
    """When it was said, `?` where nobody knows."""
    return f"{_clock(segment.start_ms)} - {_clock(segment.end_ms)}"


def _labels(transcript: Transcript) -> set[str]:
    return {one.id for one in transcript.speakers} | {one.speaker for one in transcript.segments if one.speaker}


def _timing(transcript: Transcript) -> str:
    return "".join(f"{line}\n" for line in _lines(transcript))


def _lines(transcript: Transcript) -> Iterator[str]:
    names = {one.id: one.name or one.id for one in transcript.speakers}
    for segment in transcript.segments:
        who = names.get(segment.speaker, segment.speaker) if segment.speaker else ""
        yield f"{range_of(segment)}  {' '.join(who.split())}".rstrip()


def _clock(ms: int | None) -> str:
    if ms is None:
        return "?"
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
