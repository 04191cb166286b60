"""Who can do what, asked in words: answered from declared capabilities alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness._discovery import Examined, examine_all
from earwitness._wishes import Answer, Wish, answers, wish_of
from earwitness.errors import InvalidRequestError
from earwitness.request import Feature
from support.distributions import Site, on_path, provider_source

HOUR_MS = 3_600_000
SERVICES = """
from earwitness.capabilities import AudioForm, Limit, Rule
from earwitness.request import Feature

LONG = Service(
    name="long", audio=("inline", "url"), languages=("ko-KR", "en"), mixed_languages=(("ko-KR", "en"),),
    features={Feature.SPEAKERS: Limit(note="2 to 32"), Feature.WORD_TIMES: Limit()},
    accepts=AudioForm(max_duration_ms=2 * 3_600_000, max_bytes=5_000_000), callback="hint", cancellable=True,
)
SHORT = Service(
    name="short", languages=("ko-KR",), submission="free",
    accepts=AudioForm(max_duration_ms=60_000, max_bytes=1_000_000, containers=("wav",), codecs=("pcm_s16le",)),
)
LIVE = Service(name="live", audio=("stream",), languages=("ko-KR", "ja"), features={Feature.WORD_TIMES: Limit()})
"""
BODY = """
    capabilities = Capabilities(
        services=(LIVE, LONG, SHORT), rules=(Rule("long", languages=("en",), without=(Feature.SPEAKERS,)),)
    )
"""


@pytest.fixture
def examined(tmp_path: Path) -> Iterator[tuple[Examined, ...]]:
    """One provider with three services."""
    with on_path(tmp_path / "site") as site:
        assert isinstance(site, Site)
        site.hide_installed()
        source = provider_source("vendor", body=BODY).replace("class Fake", f"{SERVICES}\nclass Fake")
        site.provider("vendor", source)
        yield examine_all()


def _who(examined: tuple[Examined, ...], words: str = "", **size: float) -> dict[str, tuple[str, ...]]:
    found = answers(wish_of(words.split(","), **size), examined)
    return {one.service: one.lacks for one in found}


class TestWords:
    @pytest.mark.parametrize(
        ("word", "tag"),
        [
            ("korean", "ko"),
            ("Korean", "ko"),
            ("한국어", "ko"),
            ("ko-kr", "ko-KR"),
            ("mandarin", "zh"),
            ("auto", "auto"),
        ],
    )
    def test_languages(self, word: str, tag: str) -> None:
        """A language is its English name, its own name, or a tag."""
        assert wish_of([word]).languages == ((tag,),)

    def test_mixed_speech(self) -> None:
        """Languages with a plus between them are spoken in one recording; others are asked one by one."""
        assert wish_of(["korean+english", "ja"]).languages == (("ko", "en"), ("ja",))

    @pytest.mark.parametrize("feature", Feature)
    def test_every_feature_has_its_name(self, feature: Feature) -> None:
        """A feature can be asked by the name of its option, also with hyphens."""
        assert wish_of([feature.value]).features == wish_of([feature.value.replace("_", "-")]).features == (feature,)

    @pytest.mark.parametrize(
        ("word", "feature"),
        [
            ("words", Feature.WORD_TIMES),
            ("Diarization", Feature.SPEAKERS),
            ("hotwords", Feature.HOT_WORDS),
            ("stereo", Feature.CHANNELS),
            ("sentiment", Feature.EMOTION),
        ],
    )
    def test_everyday_spellings(self, word: str, feature: Feature) -> None:
        """What people call a feature is understood."""
        assert wish_of([word]).features == (feature,)

    @pytest.mark.parametrize(
        ("word", "meant"), [("koraen", "korean"), ("spekers", "speakers"), ("streming", "streaming")]
    )
    def test_unknown_words_get_the_nearest(self, word: str, meant: str) -> None:
        """A misspelt word is an error that offers the nearest."""
        with pytest.raises(InvalidRequestError, match=rf"'{word}'.*Did you mean {meant}\?"):
            wish_of([word])

    def test_words_far_from_everything(self) -> None:
        """A word that is near nothing is answered with what can be asked."""
        with pytest.raises(InvalidRequestError, match=r"one of: callback, .*word_times"):
            wish_of(["qqqqqqqq"])

    def test_nothing_asked(self) -> None:
        """Empty words ask nothing."""
        assert wish_of(["", " "]) == Wish()


class TestAnswers:
    def test_all_of_it_at_once(self, examined: tuple[Examined, ...]) -> None:
        """A service can when it lacks nothing of the wish; those who can stand first, the others say what they lack."""
        found = answers(wish_of(["korean", "speakers", "words"]), examined)
        assert found[0] == Answer("vendor", "long", (), ("speakers: 2 to 32",))
        assert [one.can for one in found] == [True, False, False]
        assert found[2].lacks == ("cannot do speakers", "cannot do word_times")

    def test_languages_are_asked_as_declared(self, examined: tuple[Examined, ...]) -> None:
        """Each language counts, and mixed speech needs a declared mixture."""
        assert _who(examined, "japanese")["live"] == ()
        assert _who(examined, "korean,japanese")["long"] == ("does not hear ja",)
        assert _who(examined, "korean+english") == {
            "long": (),
            "live": ("does not hear ko + en together",),
            "short": ("does not hear ko + en together",),
        }

    def test_exceptions_count(self, examined: tuple[Examined, ...]) -> None:
        """A rule that takes a feature away for a language takes it away here."""
        assert _who(examined, "english,speakers")["long"] == ("cannot do speakers",)

    def test_abilities(self, examined: tuple[Examined, ...]) -> None:
        """Live audio, URLs, callbacks, cancelling and price are asked like features."""
        assert [name for name, lacks in _who(examined, "live").items() if not lacks] == ["live"]
        assert [name for name, lacks in _who(examined, "url,callback,cancel").items() if not lacks] == ["long"]
        assert _who(examined, "free")["long"] == ("is billed",)

    def test_duration(self, examined: tuple[Examined, ...]) -> None:
        """A recording longer than the declared limit is not heard; a stream has no end."""
        assert _who(examined, hours=3) == {
            "live": (),
            "long": ("hears at most 2 hours",),
            "short": ("hears at most 60 seconds",),
        }
        assert _who(examined, hours=2)["long"] == ()

    def test_size(self, examined: tuple[Examined, ...]) -> None:
        """What is too large in every form goes by URL where there is one; what can be made smaller fits."""
        found = {one.service: one for one in answers(wish_of([], hours=1.9), examined)}
        assert (found["long"].lacks, found["long"].notes) == ((), ("by URL: from this machine it takes at most 5 MB",))
        found = {one.service: one for one in answers(wish_of([], hours=0.016, megabytes=50), examined)}
        assert (found["long"].lacks, found["long"].notes) == ((), ())
        assert found["short"].lacks == ("takes at most 1 MB",)


@pytest.mark.parametrize("size", [{"hours": float("nan")}, {"hours": float("inf")}, {"megabytes": float("inf")}])
def test_an_impossible_size_is_refused(size: dict[str, float]) -> None:
    """What is no number of hours or megabytes is told, and no bug."""
    with pytest.raises(InvalidRequestError, match="no size of a recording"):
        wish_of(["words"], **size)
