"""Planning: what a provider cannot do is refused, or dropped and reported, before anything leaves this machine."""

import copy
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from earwitness._planning import Planned, plan_request, supports
from earwitness.capabilities import AudioFacts, AudioForm, Capabilities, Handover, Limit, Rule, Service
from earwitness.errors import InvalidRequestError, UnsupportedFeatureError
from earwitness.jobs import Plan
from earwitness.provider import Provider, ProviderSettings
from earwitness.request import Feature, LiveAudio, RequestOptions, StoredAudio, TranscriptionRequest

MARK = "Zwiebelfisch"
URL = "https://audio.example/a.wav"


class LongOptions(BaseModel):
    """Options of the long service."""

    model_config = ConfigDict(extra="forbid")
    mode: int = 1


SERVICES = (
    Service(
        "long",
        options=LongOptions,
        audio=("inline", "stored"),
        features={Feature.WORD_TIMES: Limit(), Feature.HOT_WORDS: Limit(maximum=2), Feature.SPEAKERS: Limit(maximum=4)},
        languages=("ko-KR", "en-US"),
        models=("basic", "phone"),
    ),
    Service("fetching", audio=("url",), languages=("ko-KR",)),
)


class Vendor(Provider[ProviderSettings]):
    """A provider of two services, one of which fetches."""

    name = "vendor"
    capabilities = Capabilities(SERVICES, rules=(Rule("long", model="phone", without=(Feature.SPEAKERS,)),))


class Narrow(Vendor):
    """The same vendor with a profile that has the first service only."""

    def offered(self) -> Capabilities:
        return Capabilities(self.capabilities.services[:1])


class Misplanning(Vendor):
    """A provider that plans a service which it has not."""

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        return Plan("wide", languages=("ko-KR",))


class Refusing(Vendor):
    """A provider that refuses by itself, while it plans."""

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        raise UnsupportedFeatureError("It hears English", feature="language", provider="vendor", action="Set models.")


def plan(
    audio: object = "a.wav", *, kind: type[Vendor] = Vendor, others: Sequence[str] = (), **options: Any
) -> Planned:
    """The plan of this request at a vendor, with these other providers that could."""
    relax = options.pop("on_unsupported", "error")
    request = TranscriptionRequest.of(audio, **{"language": "ko-KR", **options})
    provider = kind(ProviderSettings(), None)  # type: ignore[arg-type]
    return plan_request(
        provider, request, AudioFacts(), on_unsupported=relax, who_can=lambda request: ("vendor", *others)
    )


def refusal(audio: object = "a.wav", **options: Any) -> UnsupportedFeatureError:
    """The refusal in which this request ends."""
    with pytest.raises(UnsupportedFeatureError) as caught:
        plan(audio, **options)
    return caught.value


class TestRefusing:
    """`on_unsupported = "error"`, the default."""

    def test_the_error_names_option_provider_and_who_can(self) -> None:
        """A refusal says which option, which provider and service, and which installed providers can."""
        error = refusal(emotion=True, others=("clova", "tencent"))
        assert error.message == "vendor (long) cannot answer this request: emotion: cannot do emotion"
        assert (error.feature, error.provider, error.who_can) == ("emotion", "vendor", ("clova", "tencent"))
        assert error.action == (
            'Installed providers that can: clova, tencent. Or leave the option out, or set on_unsupported = "warn".'
        )

    def test_the_provider_itself_is_not_among_the_others(self) -> None:
        """Where nobody else can, that is said; the provider that refused is never offered."""
        error = refusal(emotion=True)
        assert error.who_can == ()
        assert "No other installed provider can." in str(error)

    def test_a_refusal_of_the_provider_itself_names_the_others_too(self) -> None:
        """What a provider refuses while it plans keeps its own advice, behind the installed providers that can."""
        error = refusal(kind=Refusing, others=("clova",))
        assert (error.message, error.who_can) == ("It hears English", ("clova",))
        assert error.action == "Installed providers that can: clova. Set models."
        assert refusal(kind=Refusing).action == "Set models."

    def test_every_refused_option_is_told(self) -> None:
        """All refusals come at once, each with its limit."""
        error = refusal(emotion=True, hot_words=["a", "b", "c"])
        assert "hot_words: takes at most 2, not 3" in error.message
        assert "emotion: cannot do emotion" in error.message

    def test_a_limit_of_the_model_counts(self) -> None:
        """A feature that the service has and this model lacks is refused for this model only."""
        assert plan(speakers=2).request.speakers
        assert plan(speakers=2, model="basic").plan.model == "basic"
        assert refusal(speakers=2, model="phone").feature == "speakers"

    def test_nobody_is_asked_without_need(self) -> None:
        """Other providers are looked at only when there is something to refuse."""
        provider = Vendor(ProviderSettings(), None)  # type: ignore[arg-type]
        request = TranscriptionRequest.of("a.wav", language="ko")
        plan_request(provider, request, AudioFacts(), who_can=lambda request: pytest.fail("asked"))

    def test_others_are_asked_with_the_wish_and_not_the_vendors_words(self) -> None:
        """Who can is decided by features and the planned language, not by this vendor's model names."""
        wishes: list[TranscriptionRequest] = []

        def who_can(request: TranscriptionRequest) -> tuple[str, ...]:
            wishes.append(request)
            return ()

        provider = Vendor(ProviderSettings(), None)  # type: ignore[arg-type]
        for options in (
            {"model": "phone", "emotion": True, "language": "ko-KR"},
            {"model": "none", "language": "ko-KR"},
        ):
            with pytest.raises(UnsupportedFeatureError):
                plan_request(provider, TranscriptionRequest.of("a.wav", **options), AudioFacts(), who_can=who_can)
        with pytest.raises(UnsupportedFeatureError):
            plan_request(provider, TranscriptionRequest.of(URL, emotion=True), AudioFacts(), who_can=who_can)
        assert [(one.model, one.languages) for one in wishes] == [
            (None, ("ko-KR",)),
            ("none", ("ko-KR",)),
            (None, ("ko-KR",)),
        ]


class TestRelaxing:
    """`on_unsupported = "warn" | "drop"`."""

    @pytest.mark.parametrize("relax", ["warn", "drop"])
    def test_what_cannot_be_is_left_out_and_reported(self, relax: str) -> None:
        """The option is unset, one notice for each says so, and the other options stay."""
        planned = plan(emotion=True, hot_words=["a", "b", "c"], word_times=True, on_unsupported=relax)
        assert (planned.request.emotion, planned.request.hot_words, planned.request.word_times) == (None, (), True)
        assert planned.request.asked() == (Feature.WORD_TIMES,)
        assert [(one.kind, one.feature, one.message) for one in planned.notices] == [
            ("dropped", "hot_words", "vendor takes at most 2, not 3, so hot_words was left out."),
            ("dropped", "emotion", "vendor cannot do emotion, so emotion was left out."),
        ]

    def test_only_warn_is_loud(self, caplog: pytest.LogCaptureFixture) -> None:
        """`warn` logs each dropped option without its words, `drop` logs nothing."""
        with caplog.at_level(logging.DEBUG):
            plan(hot_words=[MARK] * 3, on_unsupported="drop")
            assert not caplog.records
            plan(hot_words=[MARK] * 3, emotion=True, on_unsupported="warn")
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
        assert "hot_words" in caplog.text
        assert MARK not in caplog.text

    @pytest.mark.parametrize("relax", ["warn", "drop"])
    @pytest.mark.parametrize(
        ("audio", "options", "field"),
        [
            ("a.wav", {"language": "ja"}, "language"),
            ("a.wav", {"model": "best"}, "model"),
            (LiveAudio(), {}, "audio"),
        ],
    )
    def test_language_model_and_audio_are_never_dropped(
        self, relax: str, audio: object, options: dict[str, Any], field: str
    ) -> None:
        """Another language, model or recording would be another job, so these stay errors, without bad advice."""
        error = refusal(audio, **options, emotion=True, on_unsupported=relax)
        assert error.feature == field
        assert "emotion" not in error.message
        assert "on_unsupported" not in str(error)


class TestLanguage:
    """No silent default."""

    def test_one_of_several_has_to_be_named(self) -> None:
        """A service of several languages wants to be told; the error lists them."""
        with pytest.raises(InvalidRequestError, match="names none") as caught:
            plan(language=None)
        assert caught.value.action == "Set language to one of: ko-KR, en-US."
        assert caught.value.provider == "vendor"

    def test_the_only_language_is_taken(self) -> None:
        """Where a service hears one language, the plan has it, and the request still says that none was asked."""
        planned = plan(URL, language=None)
        assert planned.plan.languages == ("ko-KR",)
        assert planned.request.languages == ()

    def test_auto_needs_a_service_that_detects(self) -> None:
        """`auto` is refused where it is not declared."""
        assert refusal(language="auto").feature == "language"


class TestAudio:
    """Ways in which audio reaches a service."""

    @pytest.mark.parametrize(
        ("audio", "service", "told"),
        [
            (URL, "long", "cannot fetch audio from a URL"),
            (StoredAudio("key"), "fetching", "cannot read a vendor's stored object"),
            (LiveAudio(), "long", "cannot hear live audio"),
            (b"RIFF", "fetching", "cannot take a recording from this machine"),
        ],
    )
    def test_a_way_that_the_service_lacks_is_refused(self, audio: object, service: str, told: str) -> None:
        """Each kind of audio that cannot reach the service is refused with the ways that can."""
        error = refusal(audio, service=service, others=("clova",))
        assert error.message == f"vendor ({service}) cannot answer this request: audio: {told}"
        assert error.who_can == ("clova",)
        ways = {"long": "inline, stored", "fetching": "url"}[service]
        download = audio is URL
        instead = "Or download the file and give its path." if download else f"It takes audio by: {ways}."
        assert error.action == f"Installed providers that can: clova. {instead}"

    def test_the_address_never_shows(self) -> None:
        """A refused URL, which may be signed, is not in the error."""
        error = refusal(f"https://a.example/{MARK}?sig={MARK}", service="long")
        assert MARK not in f"{error} {error!r}"

    def test_the_first_service_that_the_audio_reaches_is_taken(self) -> None:
        """A file goes to the first service, a URL to the one that fetches, a stored object to the one that reads it."""
        assert [plan(audio).plan.service for audio in ("a.wav", URL, StoredAudio("key"))] == [
            "long",
            "fetching",
            "long",
        ]

    def test_a_profile_offers_less(self) -> None:
        """A service that these settings lack is not planned, even if the vendor has it."""
        assert refusal(URL, kind=Narrow).feature == "audio"
        with pytest.raises(InvalidRequestError, match="has no service 'fetching'") as caught:
            plan(URL, kind=Narrow, service="fetching")
        assert caught.value.action == "Use one of: long."


class TestVendorOptions:
    """Options that only the vendor knows."""

    def test_they_become_the_services_own_model(self) -> None:
        """Valid options are an instance of the planned service's model, defaults filled in."""
        assert plan(vendor={"mode": "3"}).options == LongOptions(mode=3)
        assert plan().options == LongOptions(mode=1)

    @pytest.mark.parametrize(
        ("vendor", "told"),
        [({"modus": 1}, "modus: there is no such option"), ({"mode": MARK}, "mode: must be")],
    )
    def test_wrong_ones_are_refused_with_the_known(self, vendor: dict[str, Any], told: str) -> None:
        """The option is named and the known ones listed; its value shows nowhere."""
        with pytest.raises(InvalidRequestError) as caught:
            plan(vendor=vendor)
        assert caught.value.message.startswith(f"Vendor options for vendor (long) are wrong: {told}")
        assert caught.value.action == "It knows: mode."
        assert MARK not in f"{caught.value} {caught.value!r}"
        assert caught.value.__context__ is None

    def test_a_service_without_options_takes_none(self) -> None:
        """The options of one service are not those of another."""
        with pytest.raises(InvalidRequestError) as caught:
            plan(URL, vendor={"mode": 1})
        assert caught.value.action == "It knows: none."


def test_planning_is_pure() -> None:
    """The same request gives an equal plan each time, and neither the request nor the provider changes."""
    provider = Vendor(ProviderSettings(), None)  # type: ignore[arg-type]
    request = TranscriptionRequest.of("a.wav", language="ko", emotion=True, hot_words=["a"], vendor={"mode": 2})
    before, declared = request.model_copy(deep=True), copy.deepcopy(Vendor.capabilities)
    plans = [plan_request(provider, request, AudioFacts(), on_unsupported="drop") for _ in range(2)]
    assert plans[0] == plans[1]
    assert request == before
    assert Vendor.capabilities == declared


def test_a_plan_for_a_service_that_is_not_there_is_an_error_of_ours() -> None:
    """A provider that plans an unknown service does not end in a KeyError."""
    with pytest.raises(InvalidRequestError, match="There is no service 'wide'"):
        plan(kind=Misplanning)


@pytest.mark.parametrize(
    ("audio", "options", "can"),
    [
        ("a.wav", {}, True),
        ("a.wav", {"language": "ko", "word_times": True}, True),
        ("a.wav", {"language": "ja"}, False),
        ("a.wav", {"emotion": True}, False),
        (URL, {"language": "ko"}, True),
        (URL, {"word_times": True}, False),
        (LiveAudio(), {}, False),
        ("a.wav", {"speakers": 2, "model": "phone"}, False),
    ],
)
def test_supports_looks_for_one_service_that_can_do_all(audio: object, options: dict[str, Any], can: bool) -> None:
    """One service has to reach the audio and have every option; two halves in two services do not count."""
    assert supports(Vendor, TranscriptionRequest.of(audio, **options)) is can


@pytest.mark.parametrize("ways", [("inline",), ("stream",), ("url", "stored")])
def test_supports_follows_the_declared_ways(ways: tuple[Handover, ...]) -> None:
    """Declaring another way to hand audio over changes the answer."""

    class Other(Vendor):
        capabilities = Capabilities((replace(SERVICES[0], audio=ways),))

    assert supports(Other, TranscriptionRequest.of("a.wav")) is ("inline" in ways)
    assert supports(Other, TranscriptionRequest.of(URL)) is ("url" in ways)


def test_defaults_of_a_profile_are_planned_like_the_calls_own() -> None:
    """What a profile asks for is refused like what a call asks for."""
    request = TranscriptionRequest.of("a.wav", defaults=RequestOptions(language="ko", emotion=True))
    with pytest.raises(UnsupportedFeatureError):
        plan_request(Vendor(ProviderSettings(), None), request, AudioFacts())  # type: ignore[arg-type]


class Choosy(Vendor):
    """A provider that wants other audio where channels are heard apart."""

    def accepts(self, request: TranscriptionRequest, plan: Plan, form: AudioForm) -> AudioForm:
        return replace(form, max_channels=2 if request.word_times else 1)


def test_the_audio_form_may_depend_on_the_request() -> None:
    """A provider narrows the declared form for each request, after what it cannot do was dropped."""
    forms = [plan(kind=kind, word_times=True).service.accepts.max_channels for kind in (Choosy, Vendor)]
    assert forms == [2, None] and plan(kind=Choosy).service.accepts.max_channels == 1
