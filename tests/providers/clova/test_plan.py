"""Which service of CLOVA answers: by what is asked, what the audio is, and which keys there are."""

import asyncio
from typing import Any

import pytest

from earwitness._planning import Planned, plan_request
from earwitness._plugins import Plugins
from earwitness.capabilities import AudioFacts
from earwitness.config import Profile
from earwitness.errors import (
    AudioTooLargeError,
    ConfigurationError,
    EarwitnessError,
    InvalidRequestError,
    UnsupportedFeatureError,
)
from earwitness.request import LiveAudio, RequestOptions, StoredAudio, TranscriptionRequest
from earwitness.session import AsyncSession
from earwitness_clova.capabilities import CAPABILITIES
from earwitness_clova.provider import Clova
from support.clova import provider

ONLY_SHORT = {"invoke_url": None, "secret_key": None}
ONLY_LONG = {"short_secret_key": None}
STREAM = {"stream_secret_key": "k"}
MINUTE = AudioFacts(duration_ms=60_000)


def planned(
    audio: object = b"x", facts: AudioFacts = MINUTE, keys: dict[str, Any] | None = None, **known: Any
) -> Planned:
    clova, _ = provider(**(keys or {}))
    request = TranscriptionRequest.of(audio, **{"language": "ko-KR", **known})
    return plan_request(clova, request, facts)


def service(*given: Any, **known: Any) -> str:
    return planned(*given, **known).plan.service


def refusal(kind: type[EarwitnessError], *given: Any, **known: Any) -> str:
    with pytest.raises(kind) as caught:
        planned(*given, **known)
    return str(caught.value)


def test_recordings_go_to_the_long_service() -> None:
    """A file, a URL and a stored object are for the long service where it is configured, however short they are."""
    assert {service(), service("https://h/a.wav"), service(StoredAudio("/a.wav"))} == {"long"}


def test_live_audio_goes_to_the_streaming_service() -> None:
    """Live audio is for the streaming service, whichever other keys there are."""
    assert service(LiveAudio(), AudioFacts(), STREAM) == "streaming"
    assert service(LiveAudio(), AudioFacts(), {**ONLY_SHORT, "short_secret_key": None, **STREAM}) == "streaming"


@pytest.mark.parametrize("keys", [{}, ONLY_LONG, ONLY_SHORT])
def test_live_audio_needs_the_streaming_key(keys: dict[str, Any]) -> None:
    """Without the key of the streaming service, live audio is refused with the setting that would help."""
    assert "Set stream_secret_key" in refusal(ConfigurationError, LiveAudio(), AudioFacts(), keys)


def test_live_audio_and_recordings_are_not_exchanged() -> None:
    """A service for recordings refuses live audio, the streaming one a recording, with how audio may come."""
    told = refusal(UnsupportedFeatureError, LiveAudio(), AudioFacts(), STREAM, service="short")
    assert "cannot hear live audio" in told and "by: inline." in told
    told = refusal(UnsupportedFeatureError, b"x", MINUTE, STREAM, service="streaming")
    assert "cannot take a recording" in told and "by: stream." in told
    only_stream = {**ONLY_SHORT, "short_secret_key": None, **STREAM}
    assert "Set invoke_url" in refusal(ConfigurationError, keys=only_stream)


def test_a_stream_is_refused_when_it_is_opened() -> None:
    """A session's stream says so at once, before any audio is read, and nothing can make it drop the audio."""
    profile = Profile("korean", "clova", {"short_secret_key": "k"}, RequestOptions(), on_unsupported="drop")

    async def main() -> None:
        async with AsyncSession(Clova, profile, Plugins(()), version="0") as session:
            with pytest.raises(ConfigurationError, match="Set stream_secret_key"):
                session.stream(iter([b"\0\0"]), language="ko-KR")

    asyncio.run(main())


def test_short_is_chosen_where_only_its_key_is() -> None:
    """With a short key alone, up to a minute goes to the short service; so does audio of unknown length."""
    assert service(keys=ONLY_SHORT) == service(b"x", AudioFacts(), ONLY_SHORT) == "short"
    assert "only its key" in planned(keys=ONLY_SHORT).plan.reason


def test_more_than_a_minute_needs_the_long_service() -> None:
    """With a short key alone, a longer recording is refused with the keys that would help; so is a URL."""
    told = refusal(AudioTooLargeError, b"x", AudioFacts(duration_ms=60_001), ONLY_SHORT)
    assert "60 s" in told and "Set invoke_url and secret_key" in told
    assert "Set invoke_url" in refusal(ConfigurationError, "https://h/a.wav", keys=ONLY_SHORT)


def test_the_service_asked_for_is_taken() -> None:
    """A service can be named; one without a key, and one that does not exist, are refused."""
    assert service(service="short") == "short"
    assert "Set short_secret_key" in refusal(ConfigurationError, service="short", keys={"short_secret_key": None})
    assert "Use one of: long, short." in refusal(InvalidRequestError, service="medium")


def test_only_services_with_keys_are_offered() -> None:
    """What a profile offers is narrowed by its keys."""
    clova, _ = provider(**ONLY_SHORT)
    assert clova.offered().names() == ("short",)
    assert provider(**ONLY_LONG)[0].offered().names() == ("long",)


def test_there_is_no_model_to_choose() -> None:
    """A model is refused instead of being ignored."""
    assert "no choice of models" in refusal(UnsupportedFeatureError, model="nest")


@pytest.mark.parametrize("tag", ["ko", "ko-KR", "en-US", "ja", "ja-JP", "zh", "zh-CN", "zh-TW", "zh-Hant", "ko,en"])
def test_languages_that_the_long_service_hears(tag: str) -> None:
    """Every documented language, and Korean mixed with English, passes."""
    assert service(language=tag) == "long"


@pytest.mark.parametrize(
    ("known", "named"),
    [
        ({"language": "de"}, "language"),
        ({"language": "auto"}, "language"),
        ({"language": "ko,ja"}, "language"),
        ({"language": None}, "names none"),
        ({"language": "ja", "hot_words": ["a"]}, "hot_words"),
        ({"speakers": 31}, "speakers"),
        ({"hot_words": ["a"] * 1001}, "hot_words"),
        ({"fillers": "keep"}, "fillers"),
        ({"emotion": True}, "emotion"),
        ({"service": "short", "language": "zh-TW"}, "language"),
        ({"service": "short", "language": "en", "hot_words": ["a"]}, "hot_words"),
        ({"service": "short", "speakers": True}, "speakers"),
        ({"service": "short", "word_times": True}, "word_times"),
        ({"audio": LiveAudio(), "keys": {"stream_secret_key": "k"}, "language": "zh"}, "language"),
        ({"audio": LiveAudio(), "keys": {"stream_secret_key": "k"}, "speakers": True}, "speakers"),
        ({"audio": LiveAudio(), "keys": {"stream_secret_key": "k"}, "vendor": {"gap": 3}}, "gap_threshold"),
        ({"vendor": {"asssessment": True}}, "completion"),
    ],
)
def test_what_a_service_cannot_do_is_refused_by_name(known: dict[str, Any], named: str) -> None:
    """Each wish beyond the documented limits is an error that names the option, before anything is sent."""
    assert named in refusal(InvalidRequestError, **known)


def test_every_declared_fact_has_its_source() -> None:
    """Each feature's limit and each rule says where it was read."""
    limits = [limit for one in CAPABILITIES.services for limit in one.features.values()]
    assert all(limit.source for limit in limits) and all(rule.source for rule in CAPABILITIES.rules)
    assert all(service.sources for service in CAPABILITIES.services)
