"""What CLOVA Speech can do, as declared data with its sources. What nobody documents is not declared."""

from dataclasses import replace

from earwitness.capabilities import AudioForm, Capabilities, Limit, Rule, Service, Source
from earwitness.request import Feature

from .settings import LongOptions, Settings, ShortOptions, StreamingOptions

__all__ = ["CAPABILITIES", "SYNC_MAX_MS", "offered"]

SYNC_MAX_MS = 2 * 3600 * 1000
"""The longest audio that a submission can wait for."""

_MANUAL = Source("CLOVA Speech API guide, long-sentence recognition", "2026-10")
_SHORT = Source("CLOVA Speech API guide, short-sentence recognition", "2026-10")
_STREAM = Source("CLOVA Speech API guide, real-time streaming recognition", "2026-10")
_SEEN = Source("Notes of people who measured the live service", "2026-09")
_SPEAKERS = Source("CLOVA Speech release notes, speaker recognition up to 30 people", "2026-09-17")

_CONTAINERS = ("mp3", "aac", "ac3", "ogg", "flac", "wav", "m4a")
_VIDEO = ("avi", "mp4", "mov", "asf", "flv", "matroska")
_CHINESE = ("zh-CN", "zh-Hans", "zh-TW", "zh-Hant")
_NEITHER_KOREAN_NOR_ENGLISH = ("ja", *_CHINESE)

_LONG = Service(
    name="long",
    options=LongOptions,
    submission="paid",
    audio=("inline", "url", "stored"),
    features={
        Feature.WORD_TIMES: Limit(source=_MANUAL),
        Feature.SPEAKERS: Limit(minimum=1, maximum=30, source=_SPEAKERS),
        Feature.HOT_WORDS: Limit(maximum=1000, note="Korean and English", source=_MANUAL),
        Feature.FORBIDDEN_WORDS: Limit(note="how they appear is not documented", source=_MANUAL),
        Feature.NOISE_FILTER: Limit(source=_MANUAL),
        Feature.SOUND_EVENTS: Limit(source=_MANUAL),
        Feature.PUNCTUATION: Limit(note="always", source=_MANUAL),
        Feature.FILLERS: Limit(values=("remove",), note="always removed", source=_SEEN),
    },
    languages=("ko-KR", "en-US", "ja", *_CHINESE),
    mixed_languages=(("ko-KR", "en-US"),),
    accepts=AudioForm(
        containers=(*_CONTAINERS, *_VIDEO),
        max_bytes=2_000_000_000,
        max_duration_ms=6 * 3600 * 1000,
        preferred=("flac", "flac"),
    ),
    callback="hint",
    sources=(_MANUAL, _SEEN),
)

_SHORT_SENTENCE = Service(
    name="short",
    options=ShortOptions,
    submission="paid",
    audio=("inline",),
    features={
        Feature.HOT_WORDS: Limit(note="Korean; 512 characters in total, each word of at least three", source=_SHORT),
    },
    languages=("ko-KR", "en-US", "ja", "zh-CN", "zh-Hans"),
    accepts=AudioForm(
        containers=_CONTAINERS,
        max_bytes=10_000_000,
        max_duration_ms=60_000,
        preferred=("flac", "flac"),
    ),
    sources=(_SHORT,),
)

_STREAMING = Service(
    name="streaming",
    options=StreamingOptions,
    submission="paid",
    audio=("stream",),
    features={
        Feature.WORD_TIMES: Limit(source=_STREAM),
        Feature.HOT_WORDS: Limit(source=_STREAM),
        Feature.FORBIDDEN_WORDS: Limit(note="how they appear is not documented", source=_STREAM),
        Feature.PUNCTUATION: Limit(note="always", source=_STREAM),
    },
    languages=("ko-KR", "en-US", "ja"),
    accepts=AudioForm(codecs=("pcm_s16le",), sample_rates=(16_000,), max_channels=1),
    max_concurrent=15,
    sources=(_STREAM, _SEEN),
)

CAPABILITIES = Capabilities(
    services=(_LONG, _SHORT_SENTENCE, _STREAMING),
    rules=(
        Rule("long", languages=_NEITHER_KOREAN_NOR_ENGLISH, without=(Feature.HOT_WORDS,), source=_MANUAL),
        Rule("short", languages=("en-US", *_NEITHER_KOREAN_NOR_ENGLISH), without=(Feature.HOT_WORDS,), source=_SHORT),
    ),
)


def offered(settings: Settings) -> Capabilities:
    """The services whose keys these settings hold."""
    keys = {
        "long": settings.secret_key,
        "short": settings.short_secret_key,
        "streaming": settings.stream_secret_key,
    }
    services = tuple(service for service in CAPABILITIES.services if keys[service.name] is not None)
    return replace(CAPABILITIES, services=services)
