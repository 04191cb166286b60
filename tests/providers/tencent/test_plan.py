"""Which service and engine of Tencent answer: by what is asked, what the audio is, and what the profile reaches."""

from typing import Any

import pytest

from earwitness._discovery import examine_all
from earwitness._planning import Planned, plan_request
from earwitness._wishes import answers, wish_of
from earwitness.capabilities import AudioFacts, Service
from earwitness.errors import ConfigurationError, EarwitnessError, InvalidRequestError, UnsupportedFeatureError
from earwitness.request import Feature, LiveAudio, TranscriptionRequest
from earwitness_tencent._engines import ENGINES, INTERNATIONAL, engine_for
from earwitness_tencent.capabilities import CAPABILITIES
from support.tencent import provider

MINUTE = AudioFacts("wav", "pcm_s16le", 60_000, 16_000, 1, 1_920_044)
LONGER = AudioFacts("wav", "pcm_s16le", 60_001, 16_000, 1, 1_920_076)
HOUR = AudioFacts("wav", "pcm_s16le", 3_600_000, 16_000, 1, 115_200_044)
PHONE = AudioFacts("wav", "pcm_s16le", 300_000, 8_000, 2, 9_600_044)
ABROAD = {"site": "international"}
BARE = {"app_id": None}
WISHES: dict[Feature, object] = {
    Feature.WORD_TIMES: True,
    Feature.SPEAKERS: True,
    Feature.HOT_WORDS: ["word"],
    Feature.PROFANITY: "mask",
    Feature.FILLERS: "remove",
    Feature.NUMERALS: "digits",
    Feature.PUNCTUATION: True,
    Feature.EMOTION: True,
    Feature.CHANNELS: "separate",
    Feature.MAX_SEGMENT_CHARS: 20,
}


def planned(
    audio: object = b"x", facts: AudioFacts = LONGER, keys: dict[str, Any] | None = None, **known: Any
) -> Planned:
    tencent, _ = provider(**(keys or {}))
    request = TranscriptionRequest.of(audio, **{"language": "zh-CN", **known})
    return plan_request(tencent, request, facts)


def chosen(*given: Any, **known: Any) -> tuple[str, str | None]:
    plan = planned(*given, **known).plan
    assert plan.reason
    return plan.service, plan.model


def refusal(kind: type[EarwitnessError], *given: Any, **known: Any) -> str:
    with pytest.raises(kind) as caught:
        planned(*given, **known)
    return str(caught.value)


def test_up_to_a_minute_is_a_sentence() -> None:
    """Audio of at most a minute is answered at once, where the service can do all that was asked."""
    assert chosen(b"x", MINUTE) == ("sentence", "16k_zh")
    assert chosen(b"x", LONGER) == chosen(b"x", AudioFacts()) == ("recording", "16k_zh")
    assert chosen(b"x", MINUTE, speakers=True) == chosen(b"x", MINUTE, emotion=True) == ("recording", "16k_zh")
    assert chosen(b"x", MINUTE, language="zh-TW") == ("recording", "16k_zh-TW")
    assert chosen(b"x", MINUTE, word_times=True)[0] == "sentence"


def test_urls_are_recordings() -> None:
    """A URL says nothing of its length; a sentence by URL must be asked for, and flash takes none."""
    assert chosen("https://h/a.wav", AudioFacts()) == ("recording", "16k_zh")
    assert chosen("https://h/a.wav", AudioFacts(), service="sentence") == ("sentence", "16k_zh")
    assert "URL" in refusal(UnsupportedFeatureError, "https://h/a.wav", AudioFacts(), service="flash")


def test_what_is_too_large_goes_to_flash() -> None:
    """With an AppId, audio that a submission cannot hold goes to flash; without, the error tells what is left."""
    assert chosen(b"x", HOUR) == ("flash", "16k_zh")
    assert chosen(b"x", HOUR, BARE) == ("recording", "16k_zh")
    small = AudioFacts("mp3", "mp3", 3_600_000, 16_000, 1, 5_000_000)
    assert chosen(b"x", small) == ("recording", "16k_zh")
    advice = planned(b"x", HOUR, BARE).service.accepts.otherwise
    assert "URL" in advice and "app_id" in advice and "split" in advice


def test_what_only_flash_can_do_goes_to_flash() -> None:
    """Word times of Korean, and channels at 16 kHz, are only in flash; without an AppId they are refused by name."""
    assert chosen(b"x", LONGER, language="ko", word_times=True) == ("flash", "16k_ko")
    assert chosen(b"x", LONGER, channels="separate") == ("flash", "16k_zh")
    assert "word_times" in refusal(UnsupportedFeatureError, b"x", LONGER, BARE, language="ko", word_times=True)
    assert "channels" in refusal(UnsupportedFeatureError, b"x", LONGER, BARE, channels="separate")


@pytest.mark.parametrize(
    ("language", "wide", "narrow"),
    [
        ("zh", "16k_zh", "8k_zh"),
        ("zh-CN", "16k_zh", "8k_zh"),
        ("zh-Hans-CN", "16k_zh", "8k_zh"),
        ("zh-TW", "16k_zh-TW", "16k_zh-TW"),
        ("zh-Hant", "16k_zh-TW", "16k_zh-TW"),
        ("zh-HK", "16k_yue", "16k_yue"),
        ("yue", "16k_yue", "16k_yue"),
        ("yue-HK", "16k_yue", "16k_yue"),
        ("en", "16k_en", "8k_en"),
        ("en-GB", "16k_en", "8k_en"),
        ("auto", "16k_multi_lang", "16k_multi_lang"),
        ("zh,en", "16k_zh_en", "16k_zh_en"),
        ("zh,en,yue", "16k_zh_en", "16k_zh_en"),
        ("en,ja,ko", "16k_multi_lang", "16k_multi_lang"),
        *(
            (tag, f"16k_{tag}", f"16k_{tag}")
            for tag in ["ja", "ko", "ms", "id", "es", "fr", "vi", "fil", "th", "pt", "tr", "ar", "hi", "de"]
        ),
    ],
)
def test_engines_by_language_and_rate(language: str, wide: str, narrow: str) -> None:
    """Each language has its engine; Chinese and English have one of their own for telephone audio."""
    assert chosen(language=language) == ("recording", wide)
    assert chosen(b"x", PHONE, language=language) == ("recording", narrow)


def test_engines_of_sentences() -> None:
    """A sentence in mixed speech has another engine than a recording."""
    assert chosen(b"x", MINUTE, language="zh,en") == ("sentence", "16k_zh-PY")
    assert chosen(b"x", MINUTE, language="ko") == ("sentence", "16k_ko")


@pytest.mark.parametrize(
    ("language", "engine"),
    [
        ("zh", "16k_zh_large"), ("en", "16k_multi_lang"), ("ko", "16k_multi_lang"), ("auto", "16k_multi_lang"),
        ("th", "16k_th"), ("ms", "16k_ms"), ("id", "16k_id"), ("yue", "16k_zh-PY"), ("zh-HK", "16k_zh-PY"),
        ("zh,en", "16k_zh_large"), ("zh,yue", "16k_zh-PY"), ("en,th", "16k_multi_lang"),
    ],
)  # fmt: skip
def test_engines_of_the_international_site(language: str, engine: str) -> None:
    """The international site has engines of its own, and recordings alone."""
    assert chosen(b"x", MINUTE, ABROAD, language=language) == ("recording", engine)
    assert engine in INTERNATIONAL
    assert "zh-TW" in refusal(UnsupportedFeatureError, keys=ABROAD, language="zh-TW")
    for service in ("sentence", "flash"):
        assert "Use one of: recording" in refusal(InvalidRequestError, keys=ABROAD, service=service)


@pytest.mark.parametrize("language", ["ru", "zh,ko", "zh-TW,en"])
def test_languages_that_nobody_hears(language: str) -> None:
    """A language without engine is refused, and so is a mixture that no engine hears; the command lists those heard."""
    told = refusal(UnsupportedFeatureError, language=language)
    assert "cannot hear" in told and "`earwitness providers --capabilities` lists" in told


def test_a_language_is_never_guessed() -> None:
    """Without language and engine the request is refused; an engine alone says its language."""
    assert "names none" in refusal(InvalidRequestError, language=None)
    plan = planned(language=None, model="16k_ja").plan
    assert (plan.model, plan.languages) == ("16k_ja", ("ja",))


def test_an_engine_can_be_named() -> None:
    """A known engine, and one that this plugin does not know yet, are taken as they are."""
    assert chosen(model="16k_zh_large") == ("recording", "16k_zh_large")
    assert chosen(model="16k_zh_en_3.0", emotion=True) == ("recording", "16k_zh_en_3.0")
    assert chosen(language="en", model="16k_zh_en") == ("recording", "16k_zh_en")


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"model": "16k_zh_TW"}, "Did you mean 16k_zh-TW?"),
        ({"model": "16K_ZH"}, "Did you mean 16k_zh?"),
        ({"model": "whisper"}, "The engines are: 16k_zh,"),
        ({"model": "16k_ko"}, "does not hear zh-CN"),
        ({"model": "16k_en", "language": "zh,en"}, "does not hear"),
        ({"model": "16k_yue", "language": "yue,zh-HK"}, "does not hear yue + zh-HK"),
        ({"model": "16k_zh_edu"}, "is not for recording"),
        ({"model": "16k_zh_en_2.0", "service": "sentence"}, "is not for sentence"),
        ({"model": "16k_zh", "keys": ABROAD}, "does not offer"),
        ({"model": "16k_zh_en_3.0", "keys": ABROAD}, "has no model '16k_zh_en_3.0'"),
    ],
)
def test_engines_that_cannot_be(known: dict[str, Any], told: str) -> None:
    """A misspelt engine, one for another language, service or site, is refused with what would do."""
    assert told in refusal(InvalidRequestError, **known)


def test_services_that_the_profile_does_not_reach() -> None:
    """Without an AppId flash is not reached, and the error says what is missing."""
    assert "Set app_id" in refusal(ConfigurationError, keys=BARE, service="flash")
    assert "Use one of: recording, sentence" in refusal(InvalidRequestError, service="medium")
    assert provider(**BARE)[0].offered().names() == ("recording", "sentence")


@pytest.mark.parametrize(
    ("known", "named"),
    [
        ({"speakers": 21}, "speakers"),
        ({"speakers": True, "language": "yue"}, "speakers"),
        ({"hot_words": ["a"] * 129}, "hot_words"),
        ({"emotion": True, "language": "en"}, "emotion"),
        ({"profanity": "mask", "language": "en"}, "profanity"),
        ({"numerals": "digits", "language": "ja"}, "numerals"),
        ({"max_segment_chars": 5}, "max_segment_chars"),
        ({"max_segment_chars": 41}, "max_segment_chars"),
        ({"max_segment_chars": 20, "language": "en"}, "max_segment_chars"),
        ({"noise_filter": True}, "noise_filter"),
        ({"sound_events": True}, "sound_events"),
        ({"forbidden_words": ["a"]}, "forbidden_words"),
        ({"emotion": True, "keys": ABROAD}, "emotion"),
        ({"service": "sentence", "facts": MINUTE, "speakers": True}, "speakers"),
        ({"vendor": {"textformat": 1}}, "text_format"),
    ],
)
def test_what_a_service_cannot_do_is_refused_by_name(known: dict[str, Any], named: str) -> None:
    """Each wish beyond the documented limits is an error that names the option, before anything is sent."""
    known.setdefault("keys", BARE)
    assert named in refusal(InvalidRequestError, **known)


def test_the_audio_that_a_plan_wants() -> None:
    """One channel, unless channels are heard apart; 8 kHz for an engine of 8 kHz, anything for the others."""
    mono, apart, flash = planned(), planned(b"x", PHONE, channels="separate"), planned(channels="separate")
    assert (mono.service.accepts.max_channels, mono.service.accepts.sample_rates) == (1, None)
    assert (apart.plan.service, apart.plan.model) == ("recording", "8k_zh")
    assert (apart.service.accepts.max_channels, apart.service.accepts.sample_rates) == (2, (8_000,))
    assert (flash.plan.service, flash.service.accepts.max_channels) == ("flash", 2)


def test_live_audio_goes_to_realtime() -> None:
    """Live audio is for the service realtime; without an AppId it is refused with the setting that would help."""
    request = TranscriptionRequest.of(LiveAudio(), language="zh-CN")
    plan = plan_request(provider()[0], request, AudioFacts()).plan
    assert (plan.service, plan.model) == ("realtime", "16k_zh")
    for site in ("china", "international"):
        with pytest.raises(ConfigurationError, match="Set app_id"):
            plan_request(provider(**BARE, site=site)[0], request, AudioFacts())


def test_live_audio_is_no_recording() -> None:
    """Live audio goes to the service for it, and without an AppId nowhere: the error says what is missing."""
    assert chosen(LiveAudio(), AudioFacts()) == ("realtime", "16k_zh")
    assert "Set app_id" in refusal(ConfigurationError, LiveAudio(), AudioFacts(), BARE)


def test_every_declared_fact_has_its_source() -> None:
    """Each feature's limit and each rule says where it was read."""
    limits = [limit for one in CAPABILITIES.services for limit in one.features.values()]
    assert all(limit.source for limit in limits) and all(rule.source for rule in CAPABILITIES.rules)
    assert all(service.sources for service in CAPABILITIES.services)


def test_every_engine_can_be_planned() -> None:
    """No engine of the tables contradicts itself: each can be asked for by name in each of its services."""
    for name, engine in ENGINES.items():
        for service in engine.services - {"realtime"}:
            assert chosen(b"x", MINUTE, language=None, model=name, service=service) == (service, name)
    for tag in CAPABILITIES.at("recording").languages:
        assert engine_for("recording", [tag], rate=None, site="china") in ENGINES


DECLARED = [
    (service, languages)
    for service in CAPABILITIES.services
    for languages in (*((tag,) for tag in service.languages), *service.mixed_languages)
]


@pytest.mark.parametrize(
    ("service", "languages"), DECLARED, ids=lambda one: getattr(one, "name", None) or "+".join(one)
)
def test_declared_is_planned(service: Service, languages: tuple[str, ...]) -> None:
    """What is declared for a language, before any engine is chosen, is what the chosen engine grants, and no more.

    A feature that only another engine has is granted with that engine.
    """
    declared = CAPABILITIES.at(service.name, languages=languages)
    for feature in service.features:
        audio = LiveAudio() if "stream" in service.audio else b"x"
        request: dict[str, Any] = {"language": languages, "service": service.name, feature.value: WISHES[feature]}
        limit = declared.features.get(feature)
        if limit is None or (limit.values and "separate" not in limit.values):
            assert feature.value in refusal(UnsupportedFeatureError, audio, **request)
        else:
            _, _, models = limit.note.partition("only with the model ")
            facts = PHONE if feature is Feature.CHANNELS else LONGER
            for model in models.split(", "):
                assert planned(audio, facts, model=model or None, **request).plan.service == service.name


@pytest.mark.parametrize(
    ("words", "able"),
    [
        ("korean,speakers,words", ["flash"]),
        ("korean,speakers,live", []),
        ("chinese,speakers,words", ["recording", "flash", "realtime"]),
        ("korean+english,speakers", []),
        ("zh+en,speakers,words", ["recording", "flash", "realtime"]),
        ("zh-TW,speakers", []),
        ("korean,stereo", ["flash"]),
        ("english,stereo", ["recording", "flash"]),
    ],
)
def test_questions_are_answered_by_engine(words: str, able: list[str]) -> None:
    """`providers --can` answers for the engine that hears the language, and not for the service at its best."""
    wish = wish_of(words.split(","))
    (one,) = (each for each in examine_all() if each.found.name == "tencent")
    assert [each.service for each in answers(wish, [one]) if each.can] == able
