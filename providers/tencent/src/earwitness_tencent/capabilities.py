"""What Tencent ASR can do, as declared data with its sources. What nobody documents is not declared."""

from collections.abc import Iterator
from dataclasses import replace

from earwitness.capabilities import ANY, NO_MODEL, AudioForm, Capabilities, Limit, Rate, Rule, Service, Source
from earwitness.request import Feature

from ._engines import ENGINES, INTERNATIONAL, MANY, MIXED, Engine, engine_for, is_second
from .settings import FlashOptions, RealtimeOptions, RecordingOptions, SentenceOptions, Settings

__all__ = ["CAPABILITIES", "MOST_INLINE_BYTES", "MOST_INLINE_MS", "SENTENCE_MS", "offered"]

MOST_INLINE_BYTES = 5 * 1024 * 1024
"""The largest file that a recording's submission can hold."""
MOST_INLINE_MS = 20 * 60 * 1000
"""The longest audio that surely fits there once it is made smaller: Opus at 32 kbit/s and some room."""
SENTENCE_MS = 60_000
"""The longest sentence."""
RESULT_LIFE_S = 24 * 3600.0
"""How long a task can be asked about."""

_CREATE = Source("Tencent ASR manual, CreateRecTask", "2026-11")
_STATUS = Source("Tencent ASR manual, DescribeTaskStatus", "2024-12")
_SENTENCE_PAGE = Source("Tencent ASR manual, SentenceRecognition", "2026-11")
_FLASH_PAGE = Source("Tencent ASR manual, flash recording recognition", "2026-11")
_STREAM_PAGE = Source("Tencent ASR manual, real-time recognition", "2026-11")

_OTHERS = ("ja", "ko", "ms", "id", "es", "fr", "vi", "fil", "th", "pt", "tr", "ar", "hi", "de")
_CHINESE = ("zh-CN", "zh-Hans", "zh-TW", "zh-Hant", "zh-HK", "yue")
_EVERY_LANGUAGE = (*_CHINESE, "en", *_OTHERS, "auto")
_ANY_SPEECH = (Feature.WORD_TIMES, Feature.SPEAKERS)
"""What an engine for Chinese can do for the other languages that it hears."""
_MANDARIN = (Feature.PROFANITY, Feature.FILLERS, Feature.NUMERALS)
_PCM = ("pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw")
_LOSSY = ("mp3", "aac", "opus", "amr_nb", "amr_wb")
_URL_TOO = "Hand it over by URL (up to 5 hours and 1 GB), or split it."


def _features(page: Source, **limits: Limit) -> dict[Feature, Limit]:
    """What every service has, and what this one has beside it."""
    return {
        Feature.HOT_WORDS: Limit(maximum=128, note="each at most 30 letters or 10 Chinese characters", source=page),
        Feature.PROFANITY: Limit(note="Chinese", source=page),
        Feature.FILLERS: Limit(note="Chinese", source=page),
        Feature.NUMERALS: Limit(note="Chinese", source=page),
        Feature.PUNCTUATION: Limit(source=page),
        **{Feature(name): limit for name, limit in limits.items()},
    }


_RECORDING = Service(
    name="recording",
    options=RecordingOptions,
    submission="paid",
    audio=("inline", "url"),
    features=_features(
        _CREATE,
        word_times=Limit(note="Chinese, Cantonese and English", source=_CREATE),
        speakers=Limit(maximum=20, note="an exact number for 8 kHz only; else Tencent counts", source=_CREATE),
        emotion=Limit(note="Chinese; costs extra", source=_CREATE),
        channels=Limit(values=("mix", "separate"), note="apart for 8 kHz only", source=_CREATE),
        max_segment_chars=Limit(minimum=6, maximum=40, note="Chinese", source=_CREATE),
    ),
    languages=_EVERY_LANGUAGE,
    mixed_languages=(MIXED, MANY),
    models=(*(name for name, one in ENGINES.items() if "recording" in one.services), ANY),
    accepts=AudioForm(
        containers=("wav", "mp3", "m4a", "mp4", "mov", "flv", "asf", "3gp", "amr", "aac", "ogg", "flac"),
        codecs=(*_PCM, *_LOSSY, "flac", "wmav1", "wmav2"),
        max_channels=1,
        max_bytes=MOST_INLINE_BYTES,
        max_duration_ms=5 * 3600 * 1000,
        preferred=("flac", "flac"),
        otherwise=f"{_URL_TOO} With app_id in the profile, the service flash takes 100 MB and 2 hours.",
    ),
    rates=(Rate("submit", 20), Rate("fetch", 50)),
    result_life_s=RESULT_LIFE_S,
    callback="hint",
    sources=(_CREATE, _STATUS),
)

_SENTENCE = Service(
    name="sentence",
    options=SentenceOptions,
    submission="paid",
    audio=("inline", "url"),
    features=_features(
        _SENTENCE_PAGE,
        word_times=Limit(source=_SENTENCE_PAGE),
        channels=Limit(values=("mix",), source=_SENTENCE_PAGE),
    ),
    languages=("zh-CN", "zh-Hans", "zh-HK", "yue", "en", *_OTHERS),
    mixed_languages=(MIXED,),
    models=(*(name for name, one in ENGINES.items() if "sentence" in one.services), ANY),
    accepts=AudioForm(
        containers=("wav", "mp3", "m4a", "aac", "amr", "ogg"),
        codecs=(*_PCM, *_LOSSY),
        max_channels=1,
        # 3 MB once it is written in Base64.
        max_bytes=2_250_000,
        max_duration_ms=SENTENCE_MS,
        otherwise="Use the service recording.",
    ),
    rates=(Rate("recognize", 30),),
    sources=(_SENTENCE_PAGE,),
)

_FLASH = Service(
    name="flash",
    options=FlashOptions,
    submission="paid",
    audio=("inline",),
    features=_features(
        _FLASH_PAGE,
        word_times=Limit(source=_FLASH_PAGE),
        speakers=Limit(note="Tencent counts", source=_FLASH_PAGE),
        channels=Limit(values=("mix", "separate"), note="each channel is billed", source=_FLASH_PAGE),
        max_segment_chars=Limit(minimum=6, maximum=40, note="8k_zh and 16k_zh", source=_FLASH_PAGE),
    ),
    languages=_EVERY_LANGUAGE,
    mixed_languages=(MIXED, MANY),
    models=(*(name for name, one in ENGINES.items() if "flash" in one.services), ANY),
    accepts=AudioForm(
        containers=("wav", "mp3", "m4a", "aac", "amr", "ogg"),
        codecs=(*_PCM, *_LOSSY),
        max_channels=1,
        max_bytes=100_000_000,
        max_duration_ms=2 * 3600 * 1000,
        otherwise=f"{_URL_TOO} Only the service recording takes URLs.",
    ),
    max_concurrent=20,
    sources=(_FLASH_PAGE,),
)

_REALTIME = Service(
    name="realtime",
    options=RealtimeOptions,
    submission="paid",
    audio=("stream",),
    features=_features(
        _STREAM_PAGE,
        word_times=Limit(source=_STREAM_PAGE),
        punctuation=Limit(note="left out at the end of sentences only", source=_STREAM_PAGE),
        speakers=Limit(note="16k_zh_en_2.0 and 16k_zh_en_speaker; Tencent counts", source=_STREAM_PAGE),
    ),
    languages=_EVERY_LANGUAGE,
    mixed_languages=(MIXED, MANY),
    models=(*(name for name, one in ENGINES.items() if "realtime" in one.services), ANY),
    max_concurrent=200,
    sources=(_STREAM_PAGE,),
)


def _rules() -> Iterator[Rule]:
    """What holds for each language while no engine is named; and what each engine cannot do, for its services."""
    for one in (_RECORDING, _SENTENCE, _FLASH, _REALTIME):
        yield from (_rule_of(one, (tag,)) for tag in one.languages)
        yield from (_rule_of(one, mixture) for mixture in one.mixed_languages)
    for name, engine in ENGINES.items():
        for service in sorted(engine.services):
            mixed = service == "recording" and name.startswith("16k_")
            yield Rule(
                service,
                model=name,
                without=tuple(_lacks(service, name, engine)),
                limits={Feature.CHANNELS: _ONLY_MIXED} if mixed else {},
                source=_PAGES[service],
            )


def _rule_of(service: Service, languages: tuple[str, ...]) -> Rule:
    """What the service can do for a language, or for these together, with the engine that it takes for them.

    What this engine lacks and another has that hears them is told with the other's name.
    """
    lacks = {name: {*_lacks(service.name, name, ENGINES[name])} for name in _hearing(service.name, languages)}
    usual = lacks[engine_for(service.name, languages, rate=None, site="china")]
    chinese = any(tag.startswith(("zh", "yue")) for tag in languages)
    limits = {}
    for feature in usual.intersection(service.features, service.features if chinese else _ANY_SPEECH):
        if able := [name for name, lacking in lacks.items() if feature not in lacking]:
            limits[feature] = replace(service.features[feature], note=f"only with the model {', '.join(able)}")
    if service is _RECORDING and not any(name.startswith("8k_") for name in lacks):
        limits[Feature.CHANNELS] = _ONLY_MIXED
    return Rule(
        service.name,
        model=NO_MODEL,
        languages=languages,
        asked="together" if len(languages) > 1 else "alone",
        without=tuple(feature for feature in service.features if feature in usual and feature not in limits),
        limits=limits,
        source=_PAGES[service.name],
    )


def _hearing(service: str, languages: tuple[str, ...]) -> list[str]:
    """The engines of this service that hear all of these languages in one recording."""
    return [
        name
        for name, one in ENGINES.items()
        if service in one.services and (one.mixed or len(languages) == 1) and {*languages} <= {*one.languages}
    ]


def _lacks(service: str, name: str, engine: Engine) -> Iterator[Feature]:
    """What a service cannot do with this engine."""
    mandarin = name.startswith(("16k_zh", "8k_zh"))
    if not mandarin:
        yield from _MANDARIN
    if not mandarin or (service == "flash" and not engine.rich):
        yield Feature.MAX_SEGMENT_CHARS
    if engine.plain and service == "recording":
        yield from (Feature.WORD_TIMES, Feature.MAX_SEGMENT_CHARS)
    if not engine.speakers or (service == "realtime" and not is_second(name)):
        yield Feature.SPEAKERS
    if not engine.emotion or engine.plain:
        yield Feature.EMOTION


_ONLY_MIXED = Limit(values=("mix",), note="apart for 8 kHz only", source=_CREATE)
_PAGES = {"recording": _CREATE, "sentence": _SENTENCE_PAGE, "flash": _FLASH_PAGE, "realtime": _STREAM_PAGE}

CAPABILITIES = Capabilities(services=(_RECORDING, _SENTENCE, _FLASH, _REALTIME), rules=tuple(_rules()))


def offered(settings: Settings) -> Capabilities:
    """The services that these settings reach: flash and live audio with an AppId, sentences and flash in China only."""
    abroad = settings.site == "international"
    reached = {
        "recording": True,
        "sentence": not abroad,
        "flash": not abroad and settings.app_id is not None,
        "realtime": settings.app_id is not None,
    }
    services = tuple(service for service in CAPABILITIES.services if reached[service.name])
    if abroad:
        services = tuple(replace(service, models=INTERNATIONAL) for service in services)
    return replace(CAPABILITIES, services=services)
