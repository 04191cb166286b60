"""The neutral transcript is plain data: what was heard, when, by whom, and what is missing.

Every type is a slots dataclass, immutable by contract: no method changes one, editing returns new ones. Times are
integer milliseconds from the start of the media. What a vendor did not say is `None`, never a guess; what Earwitness
worked out itself is named in `derived`. Text never appears in a `repr`, because transcripts are personal data.

`earwitness.validation` refuses or repairs what no transcript may be; constructing one here checks nothing, so that
ten hours of speech cost no second validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ._text import join_texts

__all__ = [
    "FORMAT",
    "Answer",
    "AudioEvent",
    "Interim",
    "Notice",
    "NoticeKind",
    "Segment",
    "ServedBy",
    "Speaker",
    "Transcript",
    "Word",
]

FORMAT: Literal["earwitness.transcript/1"] = "earwitness.transcript/1"

NoticeKind = Literal[
    "not_delivered", "dropped", "repaired", "incomplete", "unknown_value", "vendor_warning", "plugin_failed"
]


@dataclass(slots=True)
class Word:
    """One spoken word, with times where the vendor gives them. `speaker` is set where it differs from the segment's.

    A mark beside it may be part of it or stand in the segment's text alone, as the vendor tells it.
    """

    text: str = field(repr=False)
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    speaker: str | None = None


@dataclass(slots=True)
class Segment:
    """One stretch of speech by one speaker, as the vendor cut it. `derived` names fields that Earwitness worked out.

    `confidence` is 0..1 in the vendor's own meaning; `channel` counts from 0; `language` is a BCP-47 tag.
    """

    text: str = field(repr=False)
    start_ms: int | None = None
    end_ms: int | None = None
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    speaker: str | None = None
    channel: int | None = None
    language: str | None = None
    emotion: str | None = None
    derived: tuple[str, ...] = ()


@dataclass(slots=True)
class Speaker:
    """One voice of the recording: the vendor's label, and a name where somebody gave one."""

    id: str
    name: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class AudioEvent:
    """Something heard that is not speech (music, applause), from `start_ms` to `end_ms`."""

    label: str
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None


@dataclass(slots=True)
class Notice:
    """One difference between what was asked and what came back; typed, so that a comparison run can count it.

    `kind` is one of `NoticeKind`, and a file of a later release may hold others. `feature` names the request field
    concerned, `count` how often it happened. The message never quotes the transcript.
    """

    kind: NoticeKind | str
    message: str
    feature: str | None = None
    count: int = 1


@dataclass(slots=True)
class ServedBy:
    """Who heard it: the provider and profile, and the versions that explain why two runs differ."""

    provider: str
    profile: str | None = None
    plugin_version: str | None = None
    service: str | None = None
    model: str | None = None
    engine_version: str | None = None


@dataclass(slots=True)
class Answer:
    """A vendor's finished answer as it arrived: what `keep_raw` keeps and `read_answer` reads."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    body: bytes = field(repr=False)
    content_type: str = "application/json"
    service: str | None = None


@dataclass(slots=True)
class Interim:
    """What has been understood so far of speech that still goes on; the next event replaces it."""

    text: str = field(repr=False)
    start_ms: int | None = None


@dataclass(slots=True)
class Transcript:
    """Everything that was heard in one recording. No segments means that nothing was said: a success, not an error.

    `requested_language` and `detected_language` stand apart: the first is what was asked (tags or `auto`), the second
    what the vendor reports. `vendor` holds JSON data that has no neutral place. `raw` is kept only on request.
    """

    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    events: tuple[AudioEvent, ...] = ()
    requested_language: tuple[str, ...] = ()
    detected_language: str | None = None
    duration_ms: int | None = None
    confidence: float | None = None
    served_by: ServedBy | None = None
    notices: tuple[Notice, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    vendor: Mapping[str, Any] = field(default_factory=dict, repr=False)
    raw: Answer | None = field(default=None, repr=False)
    format: Literal["earwitness.transcript/1"] = field(default=FORMAT, repr=False)

    @property
    def text(self) -> str:
        """The segments' texts as one string, with a blank between two of them where the script uses blanks."""
        return join_texts(segment.text for segment in self.segments)

    def __repr__(self) -> str:
        who = self.served_by.provider if self.served_by else None
        return f"Transcript({len(self.segments)} segments, {self.duration_ms} ms, served_by={who!r})"

    def to_json(self, *, indent: int | None = None) -> bytes:
        """UTF-8 JSON in the published schema; absent fields are left out."""
        from .serial import dump

        return dump(self, indent=indent)

    @classmethod
    def from_json(cls, data: bytes | str) -> Transcript:
        """The transcript written in this JSON. Raises InvalidTranscriptError that names the place."""
        from .serial import load

        return load(data)

    @classmethod
    def checked(
        cls, segments: tuple[Segment, ...] = (), speakers: tuple[Speaker, ...] = (), **fields: Any
    ) -> Transcript:
        """A validated transcript: the constructor for plugin authors. Raises InvalidTranscriptError."""
        from .validation import check

        return check(cls(segments, speakers, **fields))
