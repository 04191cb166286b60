"""What the user asks: audio, neutral options, and options that only one vendor knows.

Every option is `None` until somebody sets it, and `None` means the vendor's own default. Each option that a vendor may
or may not have is one member of `Feature`, so that capabilities, refusals and notices speak of the same things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ._plainly import describe
from .errors import InvalidRequestError

__all__ = [
    "AudioSource",
    "BytesAudio",
    "Feature",
    "FileAudio",
    "HotWord",
    "LiveAudio",
    "OpenFileAudio",
    "PcmFormat",
    "RequestOptions",
    "SpeakerCount",
    "StoredAudio",
    "TranscriptionRequest",
    "UrlAudio",
    "audio_source",
    "language_tag",
    "longest_match",
]

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """The form of headerless samples, 16-bit little-endian: rate in Hz and interleaved channels."""

    sample_rate: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class FileAudio:
    """Audio in a file of this machine. `pcm` is for bare samples; `.raw` and `.pcm` are 16 kHz mono without it."""

    path: Path
    pcm: PcmFormat | None = None

    def __post_init__(self) -> None:
        # A path as text is what people write first.
        if not isinstance(self.path, str | PathLike):
            raise _wrong_kind("FileAudio", self.path, "Give a path; for bytes there is BytesAudio.")
        object.__setattr__(self, "path", Path(self.path))


@dataclass(frozen=True, slots=True)
class BytesAudio:
    """Audio already in memory: a whole file of any container, or bare samples whose form `pcm` gives."""

    data: bytes = field(repr=False)
    name: str = "audio"
    pcm: PcmFormat | None = None

    def __post_init__(self) -> None:
        given: object = self.data
        if not isinstance(given, bytes | bytearray | memoryview):
            raise _wrong_kind("BytesAudio", given, "Give bytes; for a path there is FileAudio.")
        # What may still change is copied, so that what was checked is what is sent.
        object.__setattr__(self, "data", bytes(given))


@dataclass(frozen=True, slots=True)
class OpenFileAudio:
    """Audio behind an open binary file; it is read once and kept until the job has ended. `pcm` as in `FileAudio`."""

    file: BinaryIO = field(repr=False)
    name: str = "audio"
    pcm: PcmFormat | None = None


@dataclass(frozen=True, slots=True)
class UrlAudio:
    """Audio behind a web address that the vendor fetches. It may be pre-signed, so only its host is shown."""

    url: str = field(repr=False)

    @property
    def host(self) -> str:
        """The host of the address: the part that is safe to show; `?` where there is none."""
        with suppress(ValueError):
            return urlsplit(self.url).hostname or "?"
        return "?"

    def __repr__(self) -> str:
        return f"UrlAudio(host={self.host!r})"


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """Audio that the vendor already stores, under the vendor's own key."""

    key: str


@dataclass(frozen=True, slots=True)
class LiveAudio:
    """Audio that is still being made: 16-bit little-endian mono samples at `sample_rate` Hz, given to `stream`."""

    sample_rate: int = 16_000


AudioSource = FileAudio | BytesAudio | OpenFileAudio | UrlAudio | StoredAudio | LiveAudio


def audio_source(value: object) -> AudioSource:
    """The source that a path, bytes, an open binary file or a URL stands for. Raises InvalidRequestError."""
    if isinstance(value, AudioSource):
        return value
    if isinstance(value, str) and (scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", value)):
        return _url(value, scheme[1].lower())
    if isinstance(value, str) and not value.strip():
        raise InvalidRequestError("The name of the audio is empty", action="Give a path or a URL.")
    if isinstance(value, str | PathLike):
        return FileAudio(Path(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return BytesAudio(bytes(value))
    if callable(getattr(value, "read", None)):
        return _open_file(value)
    raise InvalidRequestError(
        f"Audio cannot be a {type(value).__name__}",
        action="Give a path, a URL, bytes, a binary file, or earwitness.StoredAudio.",
    )


class Feature(StrEnum):
    """Everything a request may ask that some vendor cannot do; one member per option of `RequestOptions`."""

    WORD_TIMES = "word_times"
    SPEAKERS = "speakers"
    HOT_WORDS = "hot_words"
    FORBIDDEN_WORDS = "forbidden_words"
    PROFANITY = "profanity"
    FILLERS = "fillers"
    NUMERALS = "numerals"
    PUNCTUATION = "punctuation"
    NOISE_FILTER = "noise_filter"
    SOUND_EVENTS = "sound_events"
    EMOTION = "emotion"
    CHANNELS = "channels"
    MAX_SEGMENT_CHARS = "max_segment_chars"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


# A bound makes pydantic look at the characters, and refuse half a surrogate pair, which no transcript can hold.
_Text = Annotated[str, StringConstraints(min_length=0)]
_Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class HotWord(_Strict):
    """A word to listen for. `weight` is above 0 and up to 10; 1 is a vendor's ordinary emphasis, 10 its strongest."""

    text: _Phrase
    weight: float | None = Field(default=None, gt=0, le=10)


class SpeakerCount(_Strict):
    """How many speakers to tell apart. Both ends open means that the vendor counts; `min=max` is an exact number."""

    min: int | None = Field(default=None, ge=1)
    max: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError("max is below min")
        return self


def language_tag(value: str) -> str:
    """`auto` or the BCP-47 tag in its usual case (RFC 5646, 2.1.1). Raises ValueError for what is neither."""
    if value.lower() == "auto":
        return "auto"
    parts = value.replace("_", "-").split("-")
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]) or not all(re.fullmatch(r"[A-Za-z0-9]{1,8}", p) for p in parts):
        raise ValueError(f"{value!r} is no language tag such as ko-KR")
    # After a single letter come extensions and private use, which stay in lower case.
    single = next((place for place, part in enumerate(parts) if len(part) == 1), len(parts))
    return "-".join(
        [
            parts[0].lower(),
            *(_subtag(part, extended=place > single) for place, part in enumerate(parts[1:], 1)),
        ]
    )


def longest_match(known: Mapping[str, Known], tag: str) -> Known | None:
    """What is known of the longest beginning of this tag: `zh-TW` before `zh`. None where nothing is."""
    parts = tag.split("-")
    beginnings = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((known[one] for one in beginnings if one in known), None)


def _subtag(part: str, *, extended: bool) -> str:
    if extended or len(part) not in (2, 4):
        return part.lower()
    if len(part) == 4:
        return part.title() if part.isalpha() else part.lower()
    return part.upper()


def _languages(value: object) -> object:
    """One tag, a comma-separated list or a sequence as a tuple of tags; `auto` stands alone."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise ValueError("give a tag such as ko-KR, a list of tags, or auto")
    tags = tuple(dict.fromkeys(language_tag(tag) if isinstance(tag, str) else tag for tag in value))
    if len(tags) > 1 and "auto" in tags:
        raise ValueError("auto cannot stand beside other languages")
    return tags


def _speakers(value: object) -> object:
    """`True` lets the vendor count, a number is exact, `2-4` is a range."""
    match value:
        case None | False | SpeakerCount():
            return value
        case True:
            return SpeakerCount()
        case int():
            return SpeakerCount(min=value, max=value)
        case Mapping():
            return SpeakerCount.model_validate(value)
        case str() if found := re.fullmatch(r"(\d+)(?:-(\d+))?", value):
            return SpeakerCount(min=int(found[1]), max=int(found[2] or found[1]))
    raise ValueError("give True, False, a number, or a range such as 2-4")


def _hot_words(value: object) -> object:
    """Plain strings stand for hot words without a weight."""
    if isinstance(value, list | tuple):
        return tuple(HotWord(text=item) if isinstance(item, str) else item for item in value)
    return value


class RequestOptions(_Strict):
    """The neutral options. A profile sets them as defaults, a call for one job; unset is the vendor's default."""

    language: Annotated[tuple[str, ...] | None, BeforeValidator(_languages)] = Field(default=None, min_length=1)
    """BCP-47 tag, several tags for mixed speech, or `auto`. Never guessed."""
    word_times: bool | None = None
    """Give each word its start and end."""
    speakers: Annotated[SpeakerCount | Literal[False] | None, BeforeValidator(_speakers)] = None
    """Tell speakers apart: `True`, a number, a range (`2-4`), or `False` for explicitly not."""
    hot_words: Annotated[tuple[HotWord, ...], BeforeValidator(_hot_words)] = ()
    """Words to listen for, with optional weights."""
    forbidden_words: tuple[_Phrase, ...] = ()
    """Words that the vendor shall mask or leave out."""
    profanity: Literal["keep", "mask", "remove"] | None = None
    """What happens to swear words."""
    fillers: Literal["keep", "remove"] | None = None
    """What happens to hesitations (`um`, `eo`)."""
    numerals: Literal["digits", "words"] | None = None
    """Numbers as digits or as spoken."""
    punctuation: bool | None = None
    """Write punctuation."""
    noise_filter: bool | None = None
    """Filter noise before recognition."""
    sound_events: bool | None = None
    """Report sounds that are not speech."""
    emotion: bool | None = None
    """Report the emotion of each segment."""
    channels: Literal["mix", "separate"] | None = None
    """Hear all channels as one, or each by itself."""
    max_segment_chars: int | None = Field(default=None, ge=1)
    """Longest segment, in characters."""
    service: str | None = None
    """One of the provider's services, instead of the one it would choose."""
    model: str | None = None
    """One of the vendor's models or engines."""
    metadata: Mapping[_Text, _Text] = Field(default_factory=dict, repr=False)
    """The user's own notes on this job; kept, and sent only where a vendor can echo them."""
    vendor: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """Options that only this vendor knows; validated by its own model."""
    keep_raw: bool = False
    """Keep the vendor's own answer beside the transcript."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags asked for; empty where nothing was said."""
        return self.language or ()

    def asked(self) -> tuple[Feature, ...]:
        """The features that were set to something.

        An explicit `False` asks for nothing, because nothing could be missing; `keep` and `mix` do ask: a vendor that
        always removes fillers cannot keep them.
        """
        values = ((feature, getattr(self, feature.value)) for feature in Feature)
        return tuple(feature for feature, value in values if value not in (None, (), False))


class TranscriptionRequest(RequestOptions):
    """One wish: this audio, with these options.

    `audio` is a path, a URL, bytes of a whole file, an open binary file, or `StoredAudio`.
    """

    # Its validator is made for the first request, not for the opening of a session.
    model_config = ConfigDict(defer_build=True)

    audio: Annotated[AudioSource, BeforeValidator(audio_source)]

    @classmethod
    def of(cls, audio: object, *, defaults: RequestOptions | None = None, **options: Any) -> Self:
        """A request from loose values; `defaults` hold where `options` say nothing. Raises InvalidRequestError."""
        base = {name: getattr(defaults, name) for name in defaults.model_fields_set} if defaults else {}
        given = {name: value for name, value in options.items() if value is not None}
        for name in ("vendor", "metadata"):
            if name in base and isinstance(given.get(name), Mapping):
                given[name] = {**base[name], **given[name]}
        try:
            return cls.model_validate({**base, **given, "audio": audio_source(audio)})
        except ValidationError as error:
            wrong = _wrong(error)
        # Raised out here, so that the validation error, which quotes the values, is not this error's context.
        raise wrong


def _wrong(error: ValidationError) -> InvalidRequestError:
    from ._names import nearest

    unknown = [
        str(item["loc"][0]) for item in error.errors() if item["type"] == "extra_forbidden" and len(item["loc"]) == 1
    ]
    known = [name for name in RequestOptions.model_fields if name not in unknown]
    meant = [near for name in unknown if (near := nearest(name, known))]
    action = f"Did you mean {' and '.join(meant)}?" if meant else f"The options are: {', '.join(known)}."
    return InvalidRequestError(f"The request is wrong: {describe(error)}", action=action if unknown else None)


def _url(value: str, scheme: str) -> UrlAudio:
    source = UrlAudio(value)
    if scheme not in ("http", "https"):
        raise InvalidRequestError(
            f"Audio cannot be fetched by {scheme}:", action="Give an http or https address, or a path."
        )
    if source.host == "?":
        raise InvalidRequestError("The audio's web address names no host", action="Correct the address.")
    return source


def _open_file(value: Any) -> OpenFileAudio:
    # A mode says little (zip members and gzip files have their own); only text files have an encoding.
    if hasattr(value, "encoding"):
        raise InvalidRequestError("The open file is in text mode", action="Open it with mode 'rb'.")
    name = getattr(value, "name", None)
    return OpenFileAudio(value, Path(name).name if isinstance(name, str) else "audio")


def _wrong_kind(what: str, value: object, action: str) -> InvalidRequestError:
    return InvalidRequestError(f"{what} cannot hold a {type(value).__name__}", action=action)
