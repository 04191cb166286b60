"""A request is explained under several profiles from declared data, with no call, and what is told then happens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness import Explanation
from earwitness._discovery import load_provider
from earwitness.config import Config
from earwitness.errors import BadAudioError, ConfigurationError, InvalidRequestError
from earwitness.media import Target, convert, open_media
from earwitness.request import BytesAudio
from support.distributions import Site, on_path, provider_source
from support.vendors import wav

VENDOR = """
from pydantic import SecretStr
from earwitness.capabilities import AudioForm, Limit
from earwitness.jobs import Plan
from earwitness.request import Feature

class Settings(ProviderSettings):
    key: SecretStr

LONG = Service(
    name="long", audio=("inline", "url"), languages=("ko-KR", "en"), models=("ko-8k", "ko-16k"),
    features={
        Feature.SPEAKERS: Limit(maximum=8, note="2 to 8"),
        Feature.WORD_TIMES: Limit(),
        Feature.HOT_WORDS: Limit(maximum=2),
    },
    accepts=AudioForm(
        containers=("flac",), codecs=("flac",), sample_rates=(8000, 16000), max_channels=1, preferred=("flac", "flac"),
        max_duration_ms=60_000, otherwise="Split it.",
    ),
)
"""
BODY = """
    Settings = Settings
    capabilities = Capabilities(services=(LONG,))

    def __init__(self, settings, runtime):
        super().__init__(settings, runtime)
        self.runtime = runtime

    def plan(self, request, facts):
        plan = super().plan(request, facts)
        model = "ko-8k" if (facts.sample_rate or 0) <= 8000 else "ko-16k"
        return Plan(plan.service, request.model or model, plan.languages)

    async def submit(self, submission):
        raise AssertionError("explaining submits nothing")
"""


@pytest.fixture(autouse=True)
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A vendor with a key and real limits, beside `scripted`; no file of the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with on_path(tmp_path / "site") as site:
        assert isinstance(site, Site)
        source = provider_source("rest", body=BODY).replace("class Fake", f"{VENDOR}\nclass Fake")
        site.provider("rest", source)
        yield


def _config(rest: dict[str, object] | None = None, scripted: dict[str, object] | None = None) -> Config:
    return Config.of(
        {
            "profiles": {
                "calls": {"provider": "rest", "settings": {"key": "k"}, "request": {"language": "ko"}, **(rest or {})},
                "play": {"provider": "scripted", **(scripted or {})},
            }
        }
    )


def _explain(config: Config, audio: object = None, **options: Any) -> dict[str, Explanation]:
    found = earwitness.explain(wav(2) if audio is None else audio, config=config, **options)
    return {one.profile: one for one in found}


class TestEachLine:
    def test_two_profiles_on_one_request(self) -> None:
        """Service, model, language, audio, each option, duration and price are right for both."""
        price = {"per_hour": 36, "currency": "KRW", "block_seconds": 15}
        config = _config({"price": price}, {"settings": {"submission": "free"}})
        found = _explain(config, speakers=2, hot_words=["a", "b"])
        calls, play = found["calls"], found["play"]
        assert (calls.provider, calls.service, calls.model, calls.languages) == ("rest", "long", "ko-16k", ("ko",))
        assert (play.provider, play.service, play.model, play.languages) == ("scripted", "scripted", None, ())
        assert calls.converted == Target("flac", "flac", 16_000, 1)
        assert calls.because == "its container is wav, not flac"
        assert (play.converted, play.because) == (None, "")
        assert [(one.name, one.value, one.outcome, one.reason) for one in calls.options] == [
            ("language", "ko", "sent", ""),
            ("speakers", "2", "sent", "2 to 8"),
            ("hot_words", "2 words", "sent", ""),
        ]
        assert [one.name for one in play.options] == ["speakers", "hot_words"]
        assert (calls.duration_ms, calls.billed_s, calls.cost, calls.currency) == (2000, 15, 0.15, "KRW")
        assert (play.cost, play.priced) == (0.0, "free")
        assert calls.problem is play.problem is None

    def test_the_facts_decide_as_in_a_real_run(self) -> None:
        """A recording at 8 kHz gets the model for it, and stereo is told as the reason to convert."""
        found = _explain(_config(), wav(1, rate=8000, channels=2))["calls"]
        assert (found.model, found.converted) == ("ko-8k", Target("flac", "flac", 8_000, 1))

    def test_what_is_refused(self) -> None:
        """What a profile refuses is its problem, with every option that is at fault and who else could."""
        found = _explain(_config(), speakers=9, emotion=True, language="ja")["calls"]
        assert {one.name: (one.outcome, one.reason) for one in found.options} == {
            "language": ("refused", "cannot hear ja; it hears ko-KR, en"),
            "speakers": ("refused", "takes at most 8, not 9"),
            "emotion": ("refused", "cannot do emotion"),
        }
        assert found.problem is not None
        assert "cannot hear ja" in found.problem
        assert found.lost == ()

    @pytest.mark.parametrize("policy", ["warn", "drop"])
    def test_what_is_dropped(self, policy: str) -> None:
        """With on_unsupported what cannot be done is lost and the rest is sent; a language is never dropped."""
        found = _explain(_config({"on_unsupported": policy}), emotion=True, word_times=True)["calls"]
        assert (found.problem, found.lost) == (None, ("emotion",))
        assert {one.name: one.outcome for one in found.options if one.name != "language"} == {
            "word_times": "sent",
            "emotion": "dropped",
        }
        refused = _explain(_config({"on_unsupported": policy}), language="ja")["calls"]
        assert refused.problem is not None

    def test_a_real_run_loses_what_was_told(self) -> None:
        """The options that an explanation calls dropped are those that a transcript's notices call dropped."""
        config = _config(scripted={"on_unsupported": "drop", "settings": {"without": ["emotion", "speakers"]}})
        options: dict[str, Any] = {"emotion": True, "speakers": 2, "word_times": True}
        told = _explain(config, **options)["play"]
        with earwitness.open("play", config=config) as session:
            transcript = session.transcribe(wav(2), **options)
        dropped = {one.feature for one in transcript.notices if one.kind == "dropped"}
        assert set(told.lost) == dropped == {"emotion", "speakers"}

    def test_a_real_run_refuses_what_was_told(self) -> None:
        """The sentence of the problem is the one that the call itself would raise."""
        config = _config(scripted={"settings": {"without": ["emotion"]}})
        told = _explain(config, emotion=True)["play"]
        with (
            earwitness.open("play", config=config) as session,
            pytest.raises(earwitness.EarwitnessError) as caught,
        ):
            session.transcribe(wav(2), emotion=True)
        assert (told.problem, told.action) == (caught.value.message, caught.value.action)

    def test_too_long(self) -> None:
        """A recording that a service does not take for its duration is told with the way out."""
        found = _explain(_config(), wav(61))["calls"]
        assert found.problem == "The recording lasts longer than the 0:01:00 that this service accepts"
        assert found.action == "Split it."

    def test_a_web_address(self) -> None:
        """A URL is fetched by who can, is not converted, and its duration and price are unknown."""
        price = {"per_hour": 36, "currency": "KRW"}
        config = _config({"price": price})
        found = _explain(config, "https://example.com/a.mp3")["calls"]
        assert (found.handover, found.converted, found.duration_ms, found.cost) == ("url", None, None, None)
        assert found.priced == "unknown: so is the duration"

    def test_without_a_price(self) -> None:
        """What is billed and has no price in its profile costs an unknown amount, and not nothing."""
        found = _explain(_config())["calls"]
        assert (found.cost, found.priced) == (None, "unknown: the profile has no price")


class TestWhatIsWrong:
    def test_a_problem_of_one_profile_is_its_own(self) -> None:
        """A missing secret, an unknown provider and an unknown profile are told in their places."""
        config = Config.of(
            {
                "profiles": {
                    "keyless": {"provider": "rest", "settings": {"key": {"env": "EARWITNESS_TEST_NOT_SET"}}},
                    "lost": {"provider": "nowhere"},
                    "good": {"provider": "scripted"},
                }
            }
        )
        found = earwitness.explain(wav(1), config=config, profiles=["keyless", "lost", "goood", "good"])
        problems = [one.problem for one in found]
        assert problems[0] is not None
        assert "EARWITNESS_TEST_NOT_SET is not set" in problems[0]
        assert problems[1:] == [
            "No provider 'nowhere' is installed",
            "No profile 'goood' is configured, and no provider of that name is installed",
            None,
        ]

    def test_what_is_wrong_for_all_is_raised(self) -> None:
        """An option that nobody knows, audio that cannot be read and a wrong file are errors of the call."""
        with pytest.raises(InvalidRequestError, match="Did you mean speakers"):
            _explain(_config(), speekers=2)
        with pytest.raises(BadAudioError):
            _explain(_config(), "absent.wav")
        Path("earwitness.toml").write_text("x = = 1")
        with pytest.raises(ConfigurationError, match="line 1"):
            earwitness.explain(wav(1))

    def test_private_words_are_not_shown(self) -> None:
        """Neither hot words nor a vendor's own options are quoted."""
        found = earwitness.explain(wav(1), config=_config(), hot_words=["Aunt Mo"], vendor={"user": "Ann"})
        assert "Aunt" not in repr(found)
        assert "Ann" not in repr(found)
        play = found[1]
        assert [one.name for one in play.options] == ["hot_words", "vendor.user"]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16_000, 2), (44_100, 1)])
def test_the_conversion_told_is_the_one_that_is_made(rate: int, channels: int) -> None:
    """Container, codec, rate and channels of an explanation are those of the audio that would really be sent."""
    audio = wav(1, rate=rate, channels=channels)
    told = _explain(_config(), audio)["calls"].converted
    form = load_provider("rest").capabilities.services[0].accepts
    with open_media(BytesAudio(audio)) as media, convert(media, form) as made:
        facts = made.facts
    assert told == Target(str(facts.container), str(facts.codec), facts.sample_rate or 0, facts.channels or 0)
