"""Declared data decides what a service can do, for each model and language, before anything is sent."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.capabilities import (
    ANY,
    NO_MODEL,
    AudioForm,
    Capabilities,
    Limit,
    Refusal,
    Rule,
    Service,
    handovers_of,
    refusals,
)
from earwitness.errors import InvalidRequestError
from earwitness.request import (
    AudioSource,
    BytesAudio,
    Feature,
    FileAudio,
    LiveAudio,
    OpenFileAudio,
    RequestOptions,
    StoredAudio,
    UrlAudio,
)

LIMITS = {
    Feature.WORD_TIMES: Limit(),
    Feature.SPEAKERS: Limit(minimum=2, maximum=10),
    Feature.HOT_WORDS: Limit(maximum=3),
    Feature.PROFANITY: Limit(values=("keep", "mask")),
    Feature.MAX_SEGMENT_CHARS: Limit(minimum=6, maximum=40),
}
SERVICE = Service(
    "long",
    features=LIMITS,
    languages=("ko-KR", "en", "zh-Hant-TW", "auto"),
    mixed_languages=(("ko-KR", "en-US"), ("en", "zh", "ja")),
    models=("basic", "phone"),
)


def refused(**options: Any) -> list[tuple[str, str]]:
    """What the service cannot do of these options, as field and sentence."""
    return [(one.field, one.message) for one in refusals(SERVICE, RequestOptions(**options))]


@pytest.mark.parametrize(
    ("languages", "heard"),
    [
        ((), True),
        (("ko-KR",), True),
        (("ko",), True),
        (("en",), True),
        (("en-GB",), True),
        (("zh",), True),
        (("zh-Hant",), True),
        (("zh-Hant-TW",), True),
        (("zh-Hans",), False),
        (("ko-KP",), False),
        (("kok",), False),
        (("e",), False),
        (("ja",), False),
        (("auto",), True),
        (("ko-KR", "en-US"), True),
        (("en", "ko"), True),
        (("ja", "zh-TW"), True),
        (("ko-KR", "ja"), False),
        (("ko-KR", "en-US", "ja"), False),
    ],
)
def test_speaks(languages: tuple[str, ...], heard: bool) -> None:
    """A tag covers its regions and the reverse, another region does not; several tags need a mix of them all."""
    assert SERVICE.speaks(languages) is heard


def test_auto_has_to_be_declared() -> None:
    """A service that lists languages detects one only if it lists auto; no tag stands for auto."""
    assert not Service("x", languages=("ko-KR", "a")).speaks(("auto",))
    assert not Service("x", languages=("auto",)).speaks(("ko-KR",))


def test_no_list_means_any_language() -> None:
    """A service without a list is asked anything, alone or mixed."""
    assert Service("x").speaks(("ko", "tlh"))


def test_two_languages_need_a_declared_mix() -> None:
    """Hearing each of two languages is not hearing both at once."""
    assert not Service("x", languages=("ko", "en")).speaks(("ko", "en"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, []),
        ({"language": "ko", "model": "phone", "word_times": True, "profanity": "mask"}, []),
        ({"language": "ja"}, [("language", "cannot hear ja; it hears ko-KR, en, zh-Hant-TW, auto")]),
        (
            {"language": "ko,ja"},
            [("language", "cannot hear ko + ja together; it hears ko-KR + en-US or en + zh + ja")],
        ),
        ({"model": "best"}, [("model", "has no model 'best'; it has basic, phone")]),
        ({"emotion": True}, [("emotion", "cannot do emotion")]),
        ({"emotion": False}, []),
        ({"hot_words": ["a", "b", "c"]}, []),
        ({"hot_words": ["a", "b", "c", "d"]}, [("hot_words", "takes at most 3, not 4")]),
        ({"profanity": "remove"}, [("profanity", "takes keep, mask, not remove")]),
        ({"max_segment_chars": 41}, [("max_segment_chars", "takes at most 40, not 41")]),
        ({"max_segment_chars": 5}, [("max_segment_chars", "takes at least 6, not 5")]),
        ({"speakers": True}, []),
        ({"speakers": "2-10"}, []),
        ({"speakers": "2-11"}, [("speakers", "takes at most 10, not 11")]),
        ({"speakers": {"min": 12}}, [("speakers", "takes at most 10, not 12")]),
        ({"speakers": "1-4"}, [("speakers", "takes at least 2, not 1")]),
        ({"speakers": {"max": 1}}, [("speakers", "takes at least 2, not 1")]),
        (
            {"emotion": True, "model": "x"},
            [("model", "has no model 'x'; it has basic, phone"), ("emotion", "cannot do emotion")],
        ),
    ],
)
def test_refusals(options: dict[str, Any], told: list[tuple[str, str]]) -> None:
    """Each thing that the service cannot do is one sentence with the limit and what was asked."""
    assert refused(**options) == told


def test_a_service_without_mixes_says_so() -> None:
    """Two languages at a service that hears either get an explanation that does not list both as heard."""
    (one,) = refusals(Service("x", languages=("ko", "en")), RequestOptions(language="ko,en"))
    assert one == Refusal("language", "cannot hear ko + en together; it hears one language at a time")


def test_a_model_is_never_dropped_in_silence() -> None:
    """A service that offers no choice refuses any model's name; one that takes any name says so."""
    (refused,) = refusals(Service("x"), RequestOptions(model="own-1"))
    assert refused.field == "model"
    assert not [*refusals(Service("x", models=(ANY,)), RequestOptions(model="own-1"))]


@given(st.integers(1, 100), st.integers(1, 50), st.integers(50, 100))
def test_a_number_is_refused_exactly_outside_its_limit(number: int, low: int, high: int) -> None:
    """The limits themselves are allowed, the next number beyond is not."""
    service = Service("x", features={Feature.MAX_SEGMENT_CHARS: Limit(minimum=low, maximum=high)})
    found = list(refusals(service, RequestOptions(max_segment_chars=number)))
    assert bool(found) == (not low <= number <= high)


class TestRules:
    """Exceptions by model and language."""

    PHONE = AudioForm(sample_rates=(8_000,))
    CAPABILITIES = Capabilities(
        services=(SERVICE, Service("short", features=LIMITS)),
        rules=(
            Rule("long", model="phone", without=(Feature.SPEAKERS,), accepts=PHONE),
            Rule("long", languages=("en-US",), limits={Feature.HOT_WORDS: Limit(maximum=1)}),
            Rule("long", model="phone", languages=("ko",), without=(Feature.WORD_TIMES,)),
            Rule("short", without=(Feature.PROFANITY,)),
        ),
    )

    def features(self, service: str, **choice: Any) -> set[Feature]:
        """What the service has for this choice."""
        return set(self.CAPABILITIES.at(service, **choice).features)

    def test_a_rule_holds_for_its_model_only(self) -> None:
        """A model's exception leaves the other models, and an unnamed one, alone."""
        assert self.CAPABILITIES.at("long") == SERVICE
        assert self.CAPABILITIES.at("long", model="basic") == SERVICE
        assert self.features("long", model="phone") == LIMITS.keys() - {Feature.SPEAKERS}
        assert self.CAPABILITIES.at("long", model="phone").accepts == self.PHONE

    @pytest.mark.parametrize(
        ("languages", "most"),
        [(("en-US",), 1), (("en",), 1), (("ko", "en-US"), 1), (("en-GB",), 3), (("ko",), 3), ((), 3)],
    )
    def test_a_rule_holds_for_its_languages(self, languages: tuple[str, ...], most: int) -> None:
        """One of the languages asked for is enough; no language asks for no exception."""
        assert self.CAPABILITIES.at("long", languages=languages).features[Feature.HOT_WORDS].maximum == most

    def test_model_and_language_have_to_hold_together(self) -> None:
        """A rule with both is for that pair; several rules add up."""
        assert Feature.WORD_TIMES in self.features("long", model="basic", languages=("ko-KR",))
        assert Feature.WORD_TIMES in self.features("long", model="phone", languages=("en-US",))
        both = self.features("long", model="phone", languages=("ko-KR",))
        assert both == LIMITS.keys() - {Feature.SPEAKERS, Feature.WORD_TIMES}

    def test_a_rule_of_one_service_leaves_the_others(self) -> None:
        """The same feature may be missing in one service and there in the next."""
        assert Feature.PROFANITY not in self.features("short")
        assert Feature.PROFANITY in self.features("long", model="phone")

    KINDS = Capabilities(
        services=(Service("x", features=LIMITS, languages=("ko", "en", "zh-CN", "zh-TW"), models=("a",)),),
        rules=(
            Rule("x", languages=("zh-TW",), without=(Feature.SPEAKERS,)),
            Rule("x", languages=("zh-CN", "zh-TW"), without=(Feature.MAX_SEGMENT_CHARS,)),
            Rule("x", languages=("ko", "en"), asked="together", without=(Feature.WORD_TIMES,)),
            Rule("x", model=NO_MODEL, languages=("ko",), asked="alone", without=(Feature.PROFANITY,)),
        ),
    )

    @pytest.mark.parametrize(
        ("languages", "model", "missing"),
        [
            (("zh-TW",), None, {Feature.SPEAKERS, Feature.MAX_SEGMENT_CHARS}),
            (("zh-CN",), None, {Feature.MAX_SEGMENT_CHARS}),
            (("zh",), None, {Feature.MAX_SEGMENT_CHARS}),
            (("ko",), None, {Feature.PROFANITY}),
            (("ko",), "a", set()),
            (("en",), None, set()),
            (("ko", "en"), "a", {Feature.WORD_TIMES}),
            (("ko", "en"), None, {Feature.WORD_TIMES}),
            (("en", "zh-CN"), None, {Feature.MAX_SEGMENT_CHARS}),
        ],
    )
    def test_kinds_mixtures_and_models(
        self, languages: tuple[str, ...], model: str | None, missing: set[Feature]
    ) -> None:
        """A bare tag needs all its kinds named, a mixture all its languages, and NO_MODEL that none is chosen."""
        found = self.KINDS.at("x", model=model, languages=languages)
        assert LIMITS.keys() - found.features.keys() == missing

    def test_looking_changes_nothing(self) -> None:
        """Narrowing gives a new service; the declared one stays whole."""
        self.CAPABILITIES.at("long", model="phone", languages=("ko",))
        assert self.CAPABILITIES.services[0] == SERVICE

    def test_an_unknown_service_is_refused_with_the_known_ones(self) -> None:
        """The name that is not there is in the sentence, and the names that are in the action."""
        with pytest.raises(InvalidRequestError, match="There is no service 'wide'") as caught:
            self.CAPABILITIES.at("wide")
        assert caught.value.action == "Use one of: long, short."
        assert self.CAPABILITIES.names() == ("long", "short")


@pytest.mark.parametrize(
    ("source", "way"),
    [
        (FileAudio(Path("a")), "inline"),
        (BytesAudio(b""), "inline"),
        (OpenFileAudio(None), "inline"),  # type: ignore[arg-type]
        (UrlAudio("https://a/"), "url"),
        (StoredAudio("k"), "stored"),
        (LiveAudio(), "stream"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_source_reaches_a_vendor_in_its_way(source: AudioSource, way: str) -> None:
    """Files and bytes go inside the request, the others in the way that their name says."""
    assert handovers_of(source) == (way,)
