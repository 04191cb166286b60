"""A wish: audio of any kind, neutral options in any sensible form, and a clear word about what is wrong."""

import gzip
import io
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from earwitness.errors import InvalidRequestError
from earwitness.request import (
    BytesAudio,
    Feature,
    FileAudio,
    HotWord,
    LiveAudio,
    OpenFileAudio,
    PcmFormat,
    RequestOptions,
    SpeakerCount,
    StoredAudio,
    TranscriptionRequest,
    UrlAudio,
    audio_source,
    describe,
    language_tag,
    longest_match,
)

NOT_FEATURES = {"language", "service", "model", "metadata", "vendor", "keep_raw"}
MARK = "Zwiebelfisch"
ASCII_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

tags = st.builds(
    lambda first, rest, seam: seam.join([first, *rest]),
    st.text(ASCII_LETTERS, min_size=2, max_size=3),
    st.lists(st.text(ASCII_LETTERS + "0123456789", min_size=1, max_size=8), max_size=4),
    st.sampled_from("-_"),
)


def of(**options: Any) -> TranscriptionRequest:
    """A request for some file with these options."""
    return TranscriptionRequest.of("a.wav", **options)


def refusal(**options: Any) -> InvalidRequestError:
    """The error that these options end in."""
    with pytest.raises(InvalidRequestError) as caught:
        of(**options)
    return caught.value


class TestAudio:
    """What stands for audio."""

    def test_paths(self, tmp_path: Path) -> None:
        """A text or any path object is a file of this machine, existing or not."""
        assert audio_source("talk.wav") == FileAudio(Path("talk.wav"))
        assert audio_source(tmp_path / "talk.wav") == FileAudio(tmp_path / "talk.wav")
        assert audio_source(PurePosixPath("talk.wav")) == FileAudio(Path("talk.wav"))

    def test_bytes(self) -> None:
        """Bytes of each kind are audio in memory, and later changes of the original do not reach it."""
        original = bytearray(b"RIFF")
        sources = [audio_source(kind) for kind in (b"RIFF", original, memoryview(b"RIFF"))]
        original[:] = b"XXXX"
        assert sources == [BytesAudio(b"RIFF")] * 3

    def test_bytes_of_any_kind_are_held(self) -> None:
        """What may still change is copied when it is handed over."""
        given = bytearray(b"RIFF")
        held = [BytesAudio(given), BytesAudio(memoryview(given))]  # type: ignore[arg-type]  # accepted all the same
        given[:] = b"\0\0\0\0"
        assert held == [BytesAudio(b"RIFF")] * 2
        assert hash(held[0]) == hash(BytesAudio(b"RIFF"))

    @pytest.mark.parametrize("wrong", ["talk.wav", None, 7, ["x"]])
    def test_what_is_no_bytes_is_refused(self, wrong: Any) -> None:
        """A path or nothing at all in place of bytes is one sentence."""
        with pytest.raises(InvalidRequestError, match=f"BytesAudio cannot hold a {type(wrong).__name__}"):
            BytesAudio(wrong)

    @pytest.mark.parametrize("notes", [{"x": "\ud800"}, {"\udfff": "x"}])
    def test_notes_that_cannot_be_written_are_refused(self, notes: dict[str, str]) -> None:
        """The user's own notes must fit into the transcript that will hold them, before anything is paid for."""
        with pytest.raises(InvalidRequestError, match="metadata"):
            TranscriptionRequest.of("a.wav", metadata=notes)
        assert TranscriptionRequest.of("a.wav", metadata={"": "한"}).metadata == {"": "한"}

    @pytest.mark.parametrize("wrong", [b"RIFF", None, 7])
    def test_what_is_no_path_is_refused(self, wrong: Any) -> None:
        """Bytes or nothing at all in place of a path is one sentence."""
        with pytest.raises(InvalidRequestError, match=f"FileAudio cannot hold a {type(wrong).__name__}"):
            FileAudio(wrong)

    @pytest.mark.parametrize("url", ["http://a.example/x.wav", "HTTPS://a.example/x.wav?sig=1"])
    def test_web_addresses(self, url: str) -> None:
        """An http or https address is fetched by the vendor; its host alone is shown."""
        source = audio_source(url)
        assert source == UrlAudio(url)
        assert repr(source) == "UrlAudio(host='a.example')"

    @pytest.mark.parametrize("url", ["s3://bucket/a.wav", "ftp://a.example/x", "file:///a.wav"])
    def test_other_addresses_are_refused(self, url: str) -> None:
        """An address that no vendor fetches is not taken for a file's name."""
        with pytest.raises(InvalidRequestError, match=r"Audio cannot be fetched by (s3|ftp|file):"):
            audio_source(url)

    @pytest.mark.parametrize("url", ["https://", "https:///x.wav", "http://[broken/x.wav"])
    def test_addresses_without_a_host_are_refused(self, url: str) -> None:
        """A web address that names no host is refused at once, not by the vendor."""
        with pytest.raises(InvalidRequestError, match="names no host"):
            audio_source(url)

    def test_the_repr_of_a_broken_address_does_not_fail(self) -> None:
        """Showing a request never raises, whatever address it holds."""
        assert repr(UrlAudio("http://[broken")) == "UrlAudio(host='?')"

    def test_finished_sources_stay(self) -> None:
        """A source that is one already is not wrapped again."""
        for source in (StoredAudio("key"), LiveAudio(8_000), FileAudio(Path("a"), PcmFormat(8_000)), UrlAudio("x")):
            assert audio_source(source) is source

    def test_binary_files(self, tmp_path: Path) -> None:
        """Open binary files of every kind are taken, with their own name where they have one."""
        path = tmp_path / "talk.wav"
        path.write_bytes(b"RIFF")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, "inside.wav")
        with (
            path.open("rb") as plain,
            gzip.open(tmp_path / "a.gz", "wb") as zipped,
            zipfile.ZipFile(tmp_path / "a.zip").open("inside.wav") as inside,
            tempfile.TemporaryFile() as unnamed,
            tempfile.SpooledTemporaryFile() as spooled,
        ):
            assert audio_source(plain) == OpenFileAudio(plain, "talk.wav")
            assert audio_source(inside) == OpenFileAudio(inside, "inside.wav")
            for file in (io.BytesIO(b"RIFF"), zipped, unnamed, spooled):
                assert isinstance(audio_source(file), OpenFileAudio)
            assert audio_source(io.BytesIO()).name == "audio"  # type: ignore[union-attr]
            assert audio_source(unnamed).name == "audio"  # type: ignore[union-attr]

    def test_text_files_are_refused(self, tmp_path: Path) -> None:
        """A file in text mode would give broken samples; it is refused with the mode to use."""
        (tmp_path / "a.txt").write_text("x")
        with (
            (tmp_path / "a.txt").open() as plain,
            tempfile.NamedTemporaryFile("w+") as wrapped,
            tempfile.SpooledTemporaryFile(mode="w+") as spooled,
        ):
            for file in (plain, wrapped, spooled, io.StringIO("x")):
                with pytest.raises(InvalidRequestError, match="text mode") as caught:
                    audio_source(file)
                assert caught.value.action == "Open it with mode 'rb'."

    @pytest.mark.parametrize("empty", ["", "  "])
    def test_an_empty_name_is_no_folder(self, empty: str) -> None:
        """A name of nothing, an unset variable say, is told as such and not taken for the folder one is in."""
        with pytest.raises(InvalidRequestError, match="name of the audio is empty"):
            audio_source(empty)

    @pytest.mark.parametrize("value", [None, 5, 1.5, [b"x"], object(), {"path": "a.wav"}])
    def test_anything_else_is_refused_by_its_type(self, value: object) -> None:
        """What is no audio is refused with the name of its type and what to give instead."""
        with pytest.raises(InvalidRequestError, match=f"Audio cannot be a {type(value).__name__}") as caught:
            audio_source(value)
        assert "path" in str(caught.value.action)


class TestLanguage:
    """Tags, lists of tags, and auto."""

    @pytest.mark.parametrize(
        ("given_tag", "usual"),
        [
            ("KO-kr", "ko-KR"),
            ("ko_KR", "ko-KR"),
            ("EN", "en"),
            ("zh-hANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("sl-NEDIS", "sl-nedis"),
            ("de-1996", "de-1996"),
            ("YUE-hk", "yue-HK"),
            ("en-a-BBCC-x-DE", "en-a-bbcc-x-de"),
            ("AUTO", "auto"),
        ],
    )
    def test_tags_get_their_usual_case(self, given_tag: str, usual: str) -> None:
        """Language lower, Script title, REGION upper, everything after a single letter lower (RFC 5646, 2.1.1)."""
        assert language_tag(given_tag) == usual

    @given(tags)
    def test_normalising_twice_changes_nothing(self, tag: str) -> None:
        """A normalised tag is its own normal form, and case or underscore of the original do not matter."""
        usual = language_tag(tag)
        assert language_tag(usual) == usual
        assert language_tag(tag.swapcase().replace("_", "-")) == usual
        assert usual.casefold() == tag.replace("_", "-").casefold()

    @pytest.mark.parametrize(
        "tag", ["", "k", "korean", "ko-", "-KR", "ko--KR", "ko KR", "ko-KR\n", "한국어", "kö", "ko-toolongsubtag", "1a"]
    )
    def test_what_is_no_tag_is_refused(self, tag: str) -> None:
        """A name, a half tag or another script is no tag."""
        with pytest.raises(ValueError, match="is no language tag such as ko-KR"):
            language_tag(tag)
        assert "language" in refusal(language=[tag]).message

    @pytest.mark.parametrize(
        ("value", "languages"),
        [
            ("ko_kr", ("ko-KR",)),
            ("ko-KR, en-us", ("ko-KR", "en-US")),
            (["KO", "EN", "ko"], ("ko", "en")),
            (("auto",), ("auto",)),
            ("auto,auto", ("auto",)),
        ],
    )
    def test_forms(self, value: object, languages: tuple[str, ...]) -> None:
        """One tag, a comma-separated list or a sequence; doubles count once."""
        assert of(language=value).languages == languages

    @pytest.mark.parametrize("value", [{"ko"}, 5, {"ko": 1}, b"ko", [5], [], "", "ko,", "auto,ko", ["auto", "ko"]])
    def test_refused_forms(self, value: object) -> None:
        """A set has no order, auto stands alone, and nothing empty or of another type passes."""
        assert refusal(language=value).message.startswith("The request is wrong: language")

    def test_nothing_said_is_nothing(self) -> None:
        """No language is guessed."""
        assert of().languages == ()
        assert RequestOptions(language=None).language is None


class TestSpeakers:
    """How many people speak."""

    @pytest.mark.parametrize(
        ("value", "count"),
        [
            (True, SpeakerCount()),
            (False, False),
            (3, SpeakerCount(min=3, max=3)),
            ("3", SpeakerCount(min=3, max=3)),
            ("2-4", SpeakerCount(min=2, max=4)),
            ({"max": 4}, SpeakerCount(max=4)),
            (SpeakerCount(min=2), SpeakerCount(min=2)),
        ],
    )
    def test_forms(self, value: object, count: object) -> None:
        """True, False, a number, a range, and the count itself mean what they say."""
        assert of(speakers=value).speakers == count

    @pytest.mark.parametrize("value", ["many", "", "2-", "-1", "2-4-6", 1.5, [2, 4], "2 to 4"])
    def test_refused_forms(self, value: object) -> None:
        """Anything else is refused in one sentence with the forms there are."""
        told = refusal(speakers=value).message
        assert told == "The request is wrong: speakers: give True, False, a number, or a range such as 2-4"

    @pytest.mark.parametrize("value", ["4-2", {"min": 4, "max": 2}])
    def test_a_range_has_its_ends_in_order(self, value: object) -> None:
        """A range backwards is refused."""
        assert refusal(speakers=value).message == "The request is wrong: speakers: max is below min"

    @pytest.mark.parametrize("value", [0, -1, "0"])
    def test_nobody_cannot_speak(self, value: object) -> None:
        """At least one person speaks."""
        assert "must be at least 1" in refusal(speakers=value).message


class TestHotWords:
    """Words to listen for."""

    def test_forms(self) -> None:
        """Plain words, mappings and HotWords mix; blanks around a word do not count."""
        words = of(hot_words=[" kimchi ", {"text": "bulgogi", "weight": 10}, HotWord(text="banchan", weight=0.5)])
        assert words.hot_words == (
            HotWord(text="kimchi"),
            HotWord(text="bulgogi", weight=10),
            HotWord(text="banchan", weight=0.5),
        )

    @pytest.mark.parametrize("weight", [0, -1, 10.5, float("nan"), float("inf")])
    def test_weights_run_from_zero_to_ten(self, weight: float) -> None:
        """Zero is exclusive, ten inclusive, and NaN is no weight."""
        assert "hot_words.0.weight" in refusal(hot_words=[{"text": "a", "weight": weight}]).message

    @pytest.mark.parametrize("words", ["kimchi", [""], ["  "], [5], 5])
    def test_blank_and_bare_words_are_refused(self, words: object) -> None:
        """A bare text is no list of letters, and a blank word would be heard everywhere."""
        assert "hot_words" in refusal(hot_words=words).message
        assert "forbidden_words" in refusal(forbidden_words=words).message


class TestMerging:
    """A call's options over a profile's."""

    DEFAULTS = RequestOptions(
        language="ko",
        word_times=True,
        hot_words=["a"],
        vendor={"mode": 1, "deep": {"x": 1}},
        metadata={"team": "red", "case": "1"},
    )

    def test_the_call_wins(self) -> None:
        """What the call sets replaces the profile's; what it leaves out is the profile's."""
        merged = of(defaults=self.DEFAULTS, language="en", hot_words=[], word_times=False)
        assert (merged.languages, merged.hot_words, merged.word_times) == (("en",), (), False)
        assert of(defaults=self.DEFAULTS).word_times is True
        assert of(defaults=self.DEFAULTS, language=None).languages == ("ko",)

    def test_vendor_and_metadata_merge_by_key(self) -> None:
        """Keys of the call go over the profile's keys; the others stay."""
        merged = of(defaults=self.DEFAULTS, vendor={"deep": 2, "new": 3}, metadata={"case": "2"})
        assert merged.vendor == {"mode": 1, "deep": 2, "new": 3}
        assert merged.metadata == {"team": "red", "case": "2"}
        assert self.DEFAULTS.vendor == {"mode": 1, "deep": {"x": 1}}

    def test_a_mapping_of_the_wrong_kind_is_refused(self) -> None:
        """Vendor options that are no mapping end in a sentence, with a profile's options or without."""
        assert "vendor" in refusal(vendor="fast").message
        assert "vendor" in refusal(defaults=self.DEFAULTS, vendor="fast").message
        assert "metadata" in refusal(defaults=self.DEFAULTS, metadata=5).message

    def test_a_request_serves_as_defaults(self) -> None:
        """The audio of a request used as defaults does not come along."""
        assert of(defaults=TranscriptionRequest.of("b.wav", language="ko")).audio == FileAudio(Path("a.wav"))

    def test_later_changes_do_not_reach_the_request(self) -> None:
        """The request holds copies: changing the caller's mapping afterwards changes nothing."""
        metadata = {"case": "1"}
        request = of(metadata=metadata)
        metadata["case"] = "2"
        assert request.metadata == {"case": "1"}


class TestRefusals:
    """What is said about a wrong request."""

    @pytest.mark.parametrize(
        ("name", "meant"), [("langauge", "language"), ("word_time", "word_times"), ("Speakers", "speakers")]
    )
    def test_an_unknown_option_is_named_with_the_nearest(self, name: str, meant: str) -> None:
        """A misspelt option is refused by its name, and the one that was meant is offered."""
        error = refusal(**{name: "ko"})
        assert error.message == f"The request is wrong: {name}: there is no such option"
        assert error.action == f"Did you mean {meant}?"

    def test_a_wholly_unknown_option_gets_the_list(self) -> None:
        """Where nothing is near, all options are listed."""
        action = refusal(xyzzy=1).action or ""
        assert all(name in action for name in RequestOptions.model_fields)

    def test_a_wrong_value_names_its_option(self) -> None:
        """The sentence names the option and what it takes, and has no advice about names."""
        error = refusal(profanity="shout", channels=5, max_segment_chars=0)
        assert all(name in error.message for name in ("profanity", "channels", "max_segment_chars"))
        assert error.action is None

    @pytest.mark.parametrize(
        "options",
        [
            {"metadata": {"a": [MARK]}},
            {"hot_words": [{"text": [MARK]}]},
            {"forbidden_words": [[MARK]]},
            {"profanity": MARK},
            {"vendor": MARK},
        ],
        ids=lambda options: next(iter(options)),
    )
    def test_values_never_show(self, options: dict[str, Any]) -> None:
        """A refused value is neither in the error nor in what hangs on it."""
        error = refusal(**options)
        assert MARK not in f"{error} {error!r} {error.__dict__}"
        assert error.__context__ is None
        assert error.__cause__ is None

    def test_describe_is_one_line(self) -> None:
        """However much is wrong, it is told in one line of at most five places."""
        with pytest.raises(ValidationError) as caught:
            RequestOptions(hot_words=[{"text": ""}] * 9)
        assert describe(caught.value).count("hot_words.") == 5
        assert "\n" not in describe(caught.value)


class TestAsking:
    """Which features a request asks for."""

    def test_every_feature_is_an_option(self) -> None:
        """The members of Feature are the options that a vendor may not have, and no others."""
        assert {feature.value for feature in Feature} == RequestOptions.model_fields.keys() - NOT_FEATURES
        assert all(feature.name == feature.value.upper() for feature in Feature)

    def test_unset_asks_for_nothing(self) -> None:
        """A request without options asks for no feature, so that every provider can answer it."""
        assert of().asked() == ()
        assert (
            of(language="ko", service="x", model="y", vendor={"a": 1}, metadata={"a": "b"}, keep_raw=True).asked() == ()
        )

    @pytest.mark.parametrize(
        ("options", "asked"),
        [
            ({"word_times": True}, (Feature.WORD_TIMES,)),
            ({"speakers": True}, (Feature.SPEAKERS,)),
            ({"speakers": 2, "hot_words": ["a"]}, (Feature.SPEAKERS, Feature.HOT_WORDS)),
            ({"fillers": "keep"}, (Feature.FILLERS,)),
            ({"profanity": "keep"}, (Feature.PROFANITY,)),
            ({"channels": "mix"}, (Feature.CHANNELS,)),
            ({"max_segment_chars": 1}, (Feature.MAX_SEGMENT_CHARS,)),
            ({"punctuation": False, "speakers": False, "word_times": False, "hot_words": []}, ()),
        ],
    )
    def test_what_is_set_is_asked(self, options: dict[str, Any], asked: tuple[Feature, ...]) -> None:
        """A choice asks, `keep` and `mix` included; an explicit False asks for nothing that could be missing."""
        assert of(**options).asked() == asked

    def test_requests_do_not_change(self) -> None:
        """A request is frozen: a plugin that prepares it makes a new one."""
        with pytest.raises(ValidationError, match="frozen"):
            of().word_times = True

    def test_the_repr_names_no_private_mapping(self) -> None:
        """Metadata and vendor options stay out of the repr."""
        assert not re.search("metadata|vendor", repr(of(metadata={"a": "b"}, vendor={"a": 1})))


@pytest.mark.parametrize(
    ("tag", "found"),
    [("zh", 1), ("zh-CN", 1), ("zh-TW", 2), ("zh-TW-x-a", 2), ("zho", None), ("z", None), ("zh-T", 1), ("", None)],
)
def test_the_longest_beginning_of_a_tag_decides(tag: str, found: int | None) -> None:
    """A table of tags is looked up by whole parts, the most exact first."""
    assert longest_match({"zh": 1, "zh-TW": 2}, tag) == found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"hot_words": 3}, "hot_words: must be a list"),
        ({"hot_words": [{"text": ""}]}, "hot_words.0.text: must not be empty"),
        ({"hot_words": ["a", {"text": "a", "weight": 11}]}, "hot_words.1.weight: must be at most 10"),
        ({"language": [3]}, "language.0: must be text"),
        ({"word_times": "maybe"}, "word_times: must be true or false"),
        ({"profanity": "x"}, "profanity: must be 'keep', 'mask' or 'remove'"),
        ({"max_segment_chars": 0}, "max_segment_chars: must be at least 1"),
        ({"max_segment_chars": 1.5}, "max_segment_chars: must be a whole number"),
        ({"metadata": {"a": 3}}, "metadata.a: must be text"),
        ({"vendor": 3}, "vendor: must be a table of keys and values"),
        ({"vendor": {3: 1}}, "vendor: must be text"),
        ({f"wrong_{one}": 1 for one in "abcdefg"}, "wrong_e: there is no such option; and 2 more."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(options: dict[str, Any], told: str) -> None:
    """A wrong option is told by its place and by what it must be, in our words and not in a library's."""
    message = str(refusal(**options))
    assert f"{told}" in message
    assert not {"Input", "valid", "dictionary", "tuple", "pydantic"} & set(message.replace(".", " ").split())
