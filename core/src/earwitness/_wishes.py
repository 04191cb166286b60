"""Who can do what, asked in everyday words and answered from declared capabilities: no call, no guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ._discovery import Examined
from ._languages import NAMES
from ._names import nearest
from .capabilities import AudioFacts, AudioForm, Capabilities, Service
from .errors import AudioTooLargeError, InvalidRequestError
from .media import conversion, misfit
from .request import Feature, language_tag

__all__ = ["Answer", "Wish", "answers", "wish_of"]

_MOST = 1e6

_FEATURES: Mapping[Feature, str] = {
    Feature.WORD_TIMES: "words word-times word-timing timing timestamps",
    Feature.SPEAKERS: "speakers speaker diarization diarisation voices",
    Feature.HOT_WORDS: "hot-words hotwords hotword keywords boosting phrases vocabulary",
    Feature.FORBIDDEN_WORDS: "forbidden-words forbidden blocklist",
    Feature.PROFANITY: "profanity swearing swear-words",
    Feature.FILLERS: "fillers filler disfluencies hesitations",
    Feature.NUMERALS: "numerals numbers digits",
    Feature.PUNCTUATION: "punctuation commas",
    Feature.NOISE_FILTER: "noise-filter noise denoising",
    Feature.SOUND_EVENTS: "sound-events sounds events",
    Feature.EMOTION: "emotion emotions sentiment",
    Feature.CHANNELS: "channels channel stereo",
    Feature.MAX_SEGMENT_CHARS: "max-segment-chars",
}
_ABILITIES: Mapping[str, tuple[str, Callable[[Service], bool]]] = {
    "live": ("takes no live audio", lambda one: "stream" in one.audio),
    "files": ("takes no recordings from this machine", lambda one: "inline" in one.audio),
    "url": ("fetches no audio from a URL", lambda one: "url" in one.audio),
    "stored": ("reads no stored objects", lambda one: "stored" in one.audio),
    "callback": ("does not call back", lambda one: one.callback != "none"),
    "cancel": ("cannot cancel a job", lambda one: one.cancellable),
    "free": ("is billed", lambda one: one.submission == "free"),
}
_SPELLINGS = {
    **{name: feature.value for feature, names in _FEATURES.items() for name in names.split()},
    **{name: name for name in _ABILITIES},
    "streaming": "live",
    "stream": "live",
    "realtime": "live",
    "real-time": "live",
    "file": "files",
    "urls": "url",
    "callbacks": "callback",
    "webhook": "callback",
    "cancelling": "cancel",
}


# Forms whose size is known beforehand; what FLAC makes of a recording only its encoder tells.
_PACKED = (("ogg", "opus"), ("mp3", "mp3"), ("m4a", "aac"), ("wav", "pcm_s16le"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody needs at once: languages (each a tag, or several for mixed speech), features, abilities, size."""

    languages: tuple[tuple[str, ...], ...] = ()
    features: tuple[Feature, ...] = ()
    abilities: tuple[str, ...] = ()
    duration_ms: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one service of one provider says to a wish. It can, where it lacks nothing; `notes` are its limits."""

    provider: str
    service: str
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def can(self) -> bool:
        return not self.lacks


def wish_of(words: Iterable[str], *, hours: float | None = None, megabytes: float | None = None) -> Wish:
    """The wish in these words: names or tags of languages (`korean`, `ko-KR`, `korean+english`), features, abilities.

    Raises InvalidRequestError for a word that means nothing here, with the nearest that does.
    """
    languages: list[tuple[str, ...]] = []
    found: list[str] = []
    for word in filter(None, (one.strip() for one in words)):
        spelt = word.casefold().replace("_", "-").replace(" ", "-")
        if spelt in _SPELLINGS:
            found.append(_SPELLINGS[spelt])
        else:
            languages.append(tuple(dict.fromkeys(_tag(part, whole=word) for part in word.split("+"))))
    features = {feature.value: feature for feature in Feature}
    for name, value in (("hours", hours), ("megabytes", megabytes)):
        if value is not None and not 0 < value <= _MOST:
            raise InvalidRequestError(f"{value:g} {name} are no size of a recording", action="Give a number above 0.")
    return Wish(
        tuple(languages),
        tuple(features[name] for name in dict.fromkeys(found) if name in features),
        tuple(name for name in dict.fromkeys(found) if name not in features),
        None if hours is None else round(hours * 3_600_000),
        None if megabytes is None else round(megabytes * 1_000_000),
    )


def answers(wish: Wish, examined: Sequence[Examined]) -> tuple[Answer, ...]:
    """What every service of every provider that can be loaded says to this wish, those who can first."""
    made = [
        _answer(one.found.name, one.provider.capabilities, service, wish)
        for one in examined
        if one.provider is not None
        for service in one.provider.capabilities.services
    ]
    return tuple(sorted(made, key=lambda one: not one.can))


def _tag(name: str, *, whole: str) -> str:
    plain = name.strip().casefold()
    if plain in NAMES:
        return NAMES[plain]
    # A tag is short; a longer word is a misspelt name.
    if plain == "auto" or (len(plain.replace("_", "-").partition("-")[0]) in (2, 3) and plain):
        try:
            return language_tag(name.strip())
        except ValueError:
            pass
    meant = nearest(name, [*_SPELLINGS, *NAMES])
    raise InvalidRequestError(
        f"Nothing is known by the name {whole!r}",
        action=f"Did you mean {meant}?"
        if meant
        else f"Name a language or its tag, or one of: {', '.join(sorted({*map(str, Feature), *_ABILITIES}))}.",
    )


def _answer(provider: str, capabilities: Capabilities, service: Service, wish: Wish) -> Answer:
    lacks: dict[str, None] = {}
    notes: dict[str, None] = {}
    for languages in wish.languages or ((),):
        narrowed = capabilities.at(service.name, languages=languages)
        lacks |= dict.fromkeys(_lacks(narrowed, languages, wish))
        notes |= dict.fromkeys(_notes(narrowed, wish))
    return Answer(provider, service.name, tuple(lacks), tuple(notes))


def _lacks(service: Service, languages: tuple[str, ...], wish: Wish) -> Iterator[str]:
    if not service.speaks(languages):
        yield f"does not hear {' + '.join(languages)}{' together' if len(languages) > 1 else ''}"
    yield from (f"cannot do {feature.value}" for feature in wish.features if feature not in service.features)
    apart = service.features.get(Feature.CHANNELS)
    if Feature.CHANNELS in wish.features and apart and "separate" not in (apart.values or ("separate",)):
        yield "hears all channels as one"
    for name in wish.abilities:
        why, able = _ABILITIES[name]
        if not able(service):
            yield why
    yield from _too_much(service, wish)


def _too_much(service: Service, wish: Wish) -> Iterator[str]:
    """Why a recording of this duration and size would not be taken; a stream has no end to be too long."""
    if (wish.duration_ms is None and wish.length is None) or "stream" in service.audio:
        return
    most = service.accepts.max_duration_ms
    if wish.duration_ms and most and wish.duration_ms > most:
        yield f"hears at most {_time(most)}"
    elif not _fits(service, wish) and "url" not in service.audio:
        yield f"takes at most {_megabytes(service)}"


def _notes(service: Service, wish: Wish) -> Iterator[str]:
    for feature in wish.features:
        limit: Any = service.features.get(feature)
        if limit is not None and limit.note:
            yield f"{feature.value}: {limit.note}"
    if "url" in service.audio and not _fits(service, wish):
        yield f"by URL: from this machine it takes at most {_megabytes(service)}"


def _fits(service: Service, wish: Wish) -> bool:
    """Whether such a recording can be handed over from this machine, in some form; what is unknown is no reason."""
    form = replace(service.accepts, max_duration_ms=None)
    known = [one for one in _PACKED if _takes(form, *one)]
    if "inline" not in service.audio or form.max_bytes is None or not known:
        return True
    # Of unknown size it may be too large as it is, and what counts is whether it can be made smaller.
    facts = AudioFacts(duration_ms=wish.duration_ms, length=wish.length or form.max_bytes + 1)
    return any(
        _can_become(facts, replace(form, containers=(one[0],), codecs=(one[1],), preferred=one)) for one in known
    )


def _takes(form: AudioForm, container: str, codec: str) -> bool:
    return not misfit(AudioFacts(container, codec), form)


def _can_become(facts: AudioFacts, form: AudioForm) -> bool:
    try:
        conversion(facts, form)
    except AudioTooLargeError:
        return False
    return True


def _megabytes(service: Service) -> str:
    return f"{(service.accepts.max_bytes or 0) / 1e6:.3g} MB"


def _time(ms: int) -> str:
    if ms < 120_000:
        return f"{ms / 1000:g} seconds"
    return f"{ms / 60_000:.3g} minutes" if ms < 7_200_000 else f"{ms / 3_600_000:.3g} hours"
