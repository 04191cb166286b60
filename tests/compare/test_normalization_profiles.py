"""Normalisation profiles: named, versioned, hashed, chosen by language, and the same for both sides."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from earwitness.compare.normalization import Marked, TextProfile, for_language, profiles
from earwitness.compare.normalization._format import SPOKEN
from earwitness.compare.profile import Profile
from earwitness.compare.units import Units
from earwitness.errors import InvalidRequestError

HERE = Path(__file__).parent
NEEDS = {"zh": "opencc", "en-whisper": "whisper_normalizer"}
ENGLISH = [
    "It's 3:00PM, on July 4th 2019!",
    "GPT-4o and CO2 cost $5.50 (or 25%).",
    "Um, I don't know, Dr. O'Neil: call 010-1234.",
    "“Hello” … yes—no ♪ ¡Hola! www.example.com 1 1/2 25¢ C’est 4x4",
    "The colour of the U.S.A. in the 1960s, 3/4 of 5km at -5°C.",
]
ALPHABETS = {
    "format": None,
    "en": "abehimopstuABCU 0123456789 .,:;'-$%£/()[]!?&+",
    "ko": "가나삼백화점개시분월일만천억조에서는 0123456789 .,:~-/%$kmgAITV()웃음어",
    "zh": "一二三十百千万亿年月日点分起儿子女这呃啊额們個 0123456789 .,:~-/%¥kmgAIV()",
}


def test_names_headlines_and_languages() -> None:
    """What is offered, in order; a new profile belongs in the documentation and here."""
    assert [(one.name, one.headline, one.languages) for one in profiles()] == [
        ("raw", "wer", ()),
        ("format", "wer", ()),
        ("en-whisper", "wer", ("en",)),
        ("en", "wer", ("en",)),
        ("ko", "cer", ("ko",)),
        ("zh", "mer", ("zh", "cmn")),
    ]


@pytest.mark.parametrize(
    ("tag", "name", "headline"),
    [
        ("en-US", "en", "wer"),
        ("ko", "ko", "cer"),
        ("ko_KR", "ko", "cer"),
        ("zh-Hant-TW", "zh", "mer"),
        ("cmn", "zh", "mer"),
        ("ja", "format", "cer"),
        ("th-TH", "format", "cer"),
        ("de", "format", "wer"),
        ("auto", "format", "wer"),
        (None, "format", "wer"),
    ],
)
def test_a_language_has_one_profile(tag: str | None, name: str, headline: str) -> None:
    """A tag is enough to know the profile; what has none of its own gets `format`, with the rate for its script."""
    profile = for_language(tag)
    assert (profile.name, profile.headline) == (name, headline)


@pytest.mark.parametrize("tag", ["ko,en", "mul", "zh+en"])
def test_several_languages_have_no_profile(tag: str) -> None:
    """Mixed speech is refused with a way on, instead of being scored by the rules of one of its languages."""
    with pytest.raises(InvalidRequestError, match="name one profile"):
        for_language(tag)


def test_a_plugin_serves_a_language_that_has_none() -> None:
    """A strange profile is chosen for its language, and never in place of a built-in one."""
    thai = TextProfile("th", "1", Marked, languages=("th",), headline="cer")
    false = TextProfile("format", "1", Marked, languages=("de",))
    korean = TextProfile("ko2", "1", Marked, languages=("ko",))
    more = (thai, false, korean)
    assert for_language("th-TH", more) is thai
    assert for_language("ko", more).name == "ko"
    assert for_language("de", more) is not false


def test_the_digest_tells_every_difference() -> None:
    """Name, version, headline, tables and library versions each change the digest, and nothing else does."""
    first = TextProfile("a", "1", Marked, tables={"words": ["um"]}, libraries={"x": "1.0"})
    same = replace(first, mark=lambda text: Marked(text.lower()))
    others = [
        replace(first, name="b"),
        replace(first, version="2"),
        replace(first, headline="cer"),
        replace(first, tables={"words": ["um", "uh"]}),
        replace(first, libraries={"x": "1.1"}),
    ]
    assert same.digest == first.digest
    assert len({first.digest, *(one.digest for one in others)}) == 1 + len(others)
    assert len({one.digest for one in profiles()}) == len(profiles())


@pytest.mark.parametrize(
    ("package", "name", "place"),
    [("english", "en", "fillers"), ("korean", "ko", "counters"), ("mandarin", "zh", "keep_er")],
)
def test_the_tables_are_in_the_digest(package: str, name: str, place: str) -> None:
    """One word more in a table is another profile."""
    tables = import_module(f"earwitness.compare.normalization.{package}").TABLES
    data = {**tables["data"], place: tables["data"][place] + " more"}
    profile = _named(name)
    assert isinstance(profile, TextProfile)
    assert replace(profile, tables=tables).digest == profile.digest
    assert replace(profile, tables={**tables, "data": data}).digest != profile.digest


@pytest.mark.parametrize("name", ["raw", "format", "en", "ko", "zh"])
def test_another_outcome_has_another_version(name: str) -> None:
    """Who changes what a profile makes of these texts raises its version, and writes the new fingerprint down here.

    The digest holds the version and the tables, and cannot see the code: this test does.
    """
    known = json.loads((HERE / "normalization_versions.json").read_text(encoding="utf-8"))
    profile = _usable(name)
    made = [(profile.normalize(text), profile.words(text), profile.characters(text)) for text in _texts()]
    outcome = hashlib.sha256(repr(made).encode()).hexdigest()[:16]
    assert {"version": profile.version, "outcome": outcome} == known[name]


@pytest.mark.parametrize("name", ["format", "en-whisper", "en", "ko", "zh"])
def test_a_ladder_ends_at_its_profile(name: str) -> None:
    """The last step is the profile itself in outcome, and each step has a known label, once."""
    profile = _usable(name)
    assert isinstance(profile, TextProfile)
    labels = [label for label, _ in profile.ladder]
    assert labels[:2] == ["punctuation", "case"] and len(set(labels)) == len(labels)
    assert set(labels) <= {"punctuation", "case", "fillers", "spelling", "numbers"}
    last = profile.ladder[-1][1]
    assert all(last.words(text) == profile.words(text) for text in ENGLISH)


def test_the_steps_of_english_take_away_what_their_labels_say() -> None:
    """Each kind of difference disappears at its own step and not before."""
    steps = dict(for_language("en").ladder)  # type: ignore[attr-defined]
    cases = {
        "punctuation": ("well, yes", "well yes"),
        "case": ("Yes", "yes"),
        "fillers": ("um yes", "yes"),
        "spelling": ("the colour", "the color"),
        "numbers": ("25", "twenty five"),
    }
    order = list(cases)
    for label, (left, right) in cases.items():
        equal = [_may_equal(steps[step].words(left), steps[step].words(right)) for step in order]
        assert equal.index(True) == order.index(label)


@pytest.mark.parametrize("name", ALPHABETS)
def test_units_keep_their_promise(name: str) -> None:
    """Choices are in order, apart, start with what stands there, and hold no blank; both compositions give the same."""
    profile = _usable(name)

    @settings(max_examples=150, deadline=None)
    @given(_text(name))
    @example("0¥呃0")  # a number that touches a sum of money with a blank in it
    def check(text: str) -> None:
        for split in (profile.words, profile.characters, profile.mixed):
            _check_units(split(text))
            assert split(unicodedata.normalize("NFD", text)) == split(unicodedata.normalize("NFC", text))
            assert split(text) == split(text)
        assert list(profile.words(text).units) == profile.normalize(text).split()

    check()


@pytest.mark.parametrize("name", ALPHABETS)
def test_no_silent_mark_is_left(name: str) -> None:
    """Whatever the script, what is left is letters, numbers, marks with a name, and the points within a number."""
    profile = _usable(name)
    marks = "“”…—–«»¡¿《》、。！？♪😀†\u2003\u200b'’[]*_ab 1"

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet=marks, max_size=20) | st.text(max_size=20))
    def check(text: str) -> None:
        left = {char for char in profile.normalize(text) if unicodedata.category(char)[0] in "PS"}
        assert left <= {*SPOKEN, *".,:/-'~"}

    check()


@pytest.mark.parametrize("name", ALPHABETS)
def test_what_is_normal_stays(name: str) -> None:
    """Normalising twice is normalising once: of any text in `format`, elsewhere of words and digits.

    In a language's profile a mark may decide how its neighbours are read, and the first pass has taken it away.
    """
    profile = _usable(name)
    bare = "".join(char for char in ALPHABETS[name] or "" if char.isalnum() or char == " ")

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet=bare, max_size=25) if bare else st.text(max_size=25))
    def check(text: str) -> None:
        once = profile.normalize(text)
        assert profile.normalize(once) == once

    check()


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Hello, World! it’s 3.5% — 1,000", "hello world it's 3.5% 1,000"),
        ("ＡＢＣ　１２３！ ㎞ 5½", "abc 123 km 5 1/2"),
        ("STRASSE Straße İstanbul", "strasse strasse istanbul"),
        ("हिन्दी में, नमस्ते।", "हिन्दी में नमस्ते"),
        ("ｶﾞｷﾞ、テスト。", "ガギ テスト"),
        ("zero\u200bwidth so\u00adft", "zerowidth soft"),
        ("rock 'n' roll 'quoted'", "rock n roll quoted"),
    ],
)
def test_format(text: str, normal: str) -> None:
    """`format` takes away how a text is set, and keeps what is said: marks with names, vowel signs, apostrophes."""
    assert _named("format").normalize(text) == normal


def test_turkish_has_two_letters_i() -> None:
    """In Turkish and Azerbaijani the capital I is ı, and İ is i; elsewhere both are i."""
    turkish = for_language("tr-TR")
    assert turkish.normalize("IŞIK İstanbul") == "ışık istanbul" and turkish.name == "format"
    assert _named("format").normalize("IRIS") == "iris"
    assert turkish.digest != _named("format").digest


def test_raw_is_raw() -> None:
    """`raw` splits and does nothing else: not even composition."""
    decomposed = unicodedata.normalize("NFD", "한 글")
    assert _named("raw").words("A, b\tc\n").units == ("A,", "b", "c")
    assert _named("raw").characters(decomposed).units == tuple(decomposed.replace(" ", ""))


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "12a" * 500,
        "12." * 500,
        "2222万" * 500,
        "1가" * 500,
        "20-" * 500,
        "$" + "1" * 5000 + ".50",
        "9" * 5000 + "만",
    ],
    ids=lambda text: text[:5],
)
def test_no_text_is_too_strange(text: str) -> None:
    """Serial numbers, endless digits and looped output are normalised like anything else, without a blow-up."""
    for name in ALPHABETS:
        _check_units(_usable(name).mixed(text))


def _named(name: str) -> Profile:
    return next(one for one in profiles() if one.name == name)


def _usable(name: str) -> Profile:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return _named(name)


def _text(name: str) -> st.SearchStrategy[str]:
    alphabet = ALPHABETS[name]
    return st.text(max_size=25) if alphabet is None else st.text(alphabet=alphabet, max_size=25)


def _texts() -> Iterator[str]:
    yield from ENGLISH
    for language in ("ko", "zh"):
        cases = json.loads((HERE / f"normalization_{language}.json").read_text(encoding="utf-8"))["cases"]
        yield from (case[side] for case in cases for side in ("reference", "hypothesis"))


def _check_units(units: Units) -> None:
    end = 0
    for choice in units.choices:
        assert end <= choice.start <= choice.end <= len(units.units)
        assert choice.readings[0] == units.units[choice.start : choice.end]
        assert len(set(choice.readings)) == len(choice.readings) > 1
        end = choice.end
    readings = [unit for choice in units.choices for reading in choice.readings for unit in reading]
    assert all(unit and not any(map(str.isspace, unit)) for unit in (*units.units, *readings))


def _may_equal(left: Units, right: Units) -> bool:
    return bool(set(_ways(left)) & set(_ways(right)))


def _ways(units: Units) -> Iterator[tuple[str, ...]]:
    """The text in its first readings, and with each single choice in each of its readings."""
    yield units.units
    for choice in units.choices:
        for reading in choice.readings:
            yield (*units.units[: choice.start], *reading, *units.units[choice.end :])
