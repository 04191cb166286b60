"""Rates and where errors come from: each trap that made other tools' figures wrong is a test."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.compare import known_profiles
from earwitness.compare.alignment import align
from earwitness.compare.breakdown import Breakdown, spacing_errors
from earwitness.compare.corpus import Pair, Utterance
from earwitness.compare.metric import Measurement
from earwitness.compare.profile import Profile
from earwitness.compare.rates import CER, MER, WER, EditRate, rate
from earwitness.compare.synonyms import WithSynonyms, read_synonyms
from earwitness.compare.units import Units
from earwitness.errors import InvalidRequestError
from earwitness.models import Segment, Transcript

pytest.importorskip("rapidfuzz", reason="needs the extra compare")

PROFILES = known_profiles()
texts = st.text(alphabet="ab c", max_size=20)


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_rates_are_those_of_jiwer_on_the_same_units(said: str, heard: str) -> None:
    """WER and CER have jiwer's totals and denominators, once blanks are no characters; an empty reference is legal."""
    jiwer = pytest.importorskip("jiwer", reason="the oracle is in the environment `scoring`")
    words = jiwer.process_words(said.strip(), heard.strip())
    mine = _measured(WER, said, heard, "raw")
    assert mine.errors == words.substitutions + words.deletions + words.insertions
    assert mine.total == words.hits + words.substitutions + words.deletions
    characters = jiwer.process_characters("".join(said.split()), "".join(heard.split()))
    mine = _measured(CER, said, heard, "raw")
    assert mine.errors == characters.substitutions + characters.deletions + characters.insertions
    assert mine.total == characters.hits + characters.substitutions + characters.deletions


def test_a_rate_may_be_above_a_hundred_percent_and_an_empty_reference_has_none() -> None:
    """A looped hypothesis is as wrong as it is; where nothing was said, what was heard are errors over nothing."""
    looped = _measured(WER, "yes", "yes yes yes yes", "raw")
    assert rate(looped.errors, looped.total) == 3.0 and looped.parts["insertions"] == 3
    silence = _measured(WER, "", "thank you", "raw")
    assert (silence.errors, silence.total) == (2, 0) and rate(silence.errors, silence.total) is None
    assert _measured(WER, "", "", "raw").errors == 0


def test_decomposed_hangul_is_the_same_text() -> None:
    """NFD against NFC costs nothing but in raw text, and one wrong syllable of five is a fifth, not a twelfth."""
    said = "안녕하세요"
    apart = unicodedata.normalize("NFD", said)
    assert _measured(CER, said, apart, "raw").errors > 5
    assert _measured(CER, said, apart, "format").errors == _measured(CER, said, apart, "ko").errors == 0
    wrong = _measured(CER, said, "안녕하세오", "ko")
    assert (wrong.errors, wrong.total) == (1, 5)


def test_blanks_are_no_characters_and_spacing_errors_are_told_apart() -> None:
    """`커피 한 잔` for `커피 한잔` costs no character; in words it is a matter of spacing and of nothing else."""
    assert _measured(CER, "커피 한 잔", "커피 한잔", "ko").errors == 0
    told = _measured(_sources(), "커피 한 잔 주세요", "커피 한잔 주시오", "ko")
    assert (told.parts["spacing"], told.parts["real"], told.errors) == (2, 1, 1)
    assert spacing_errors(align(_words("a bc d"), _words("ab c d"))) == 2
    assert spacing_errors(align(_words("ice cream cone"), _words("icecream phone"))) == 2
    assert spacing_errors(align(_words("one two"), _words("three"))) == 0


def test_mixed_units_part_scripts_without_blanks() -> None:
    """A Mandarin sentence with a Latin name has a unit for each character and one for the name."""
    told = _measured(MER, "我用 iPhone 打电话", "我用 iPhone 打电化", "zh")
    assert (told.errors, told.total) == (1, 6)


@pytest.mark.parametrize(
    ("said", "heard", "source"),
    [
        ("Well, yes.", "Well yes", "punctuation"),
        ("the BBC", "the bbc", "case"),
        ("at twenty five", "at 25", "numbers"),
        ("uh yes", "yes", "fillers"),
        ("any more", "anymore", "spacing"),
        ("red house", "red mouse", "real"),
    ],
)
def test_each_source_of_errors_is_told(said: str, heard: str, source: str) -> None:
    """What a step of normalisation takes away is put down to it, and all sources add up to the raw errors."""
    told = _measured(_sources(), said, heard, "en")
    assert {name for name, count in told.parts.items() if count} == {source}
    assert sum(told.parts.values()) == _measured(WER, said, heard, "raw").errors
    assert told.errors == told.parts["real"]


def test_a_perfect_transcript_with_digits_is_perfect() -> None:
    """Whoever writes `36` for `thirty six` is not worse for it, on whichever side the digits stand."""
    assert _measured(WER, "chapter thirty six", "chapter 36", "en").errors == 0
    assert _measured(WER, "chapter 36", "chapter thirty six", "en").errors == 0
    assert _measured(WER, "chapter 36", "chapter sixty three", "en").errors > 0


def test_synonyms_count_in_the_alignment_and_nowhere_else() -> None:
    """A form stands for any other of its group, whole words only, on either side; the text stays as it is."""
    profile = WithSynonyms(PROFILES["en"], read_synonyms("okay = ok = O K  # agreement\n\nDoctor = Dr\n"))
    assert _measured(WER, "okay then", "o k then", profile).errors == 0
    assert _measured(WER, "ok then", "okay then", profile).errors == 0
    assert _measured(WER, "the book", "the bokay", profile).errors == 1
    assert _measured(CER, "ok book", "okay book", profile).errors == 0
    assert _measured(CER, "book", "bokay", profile).errors == 3
    assert profile.normalize("okay") == PROFILES["en"].normalize("okay") and profile.digest != PROFILES["en"].digest
    assert _measured(_sources(), "okay", "ok", profile).parts["spelling"] == 1
    with pytest.raises(InvalidRequestError, match="Line 2"):
        read_synonyms("a = b\nalone\n")


def test_a_korean_synonym_may_carry_an_ending() -> None:
    """Among characters, a form in Hangul is found within a word; one in Latin letters is not."""
    profile = WithSynonyms(PROFILES["ko"], [("카카오톡", "카톡")])
    assert _measured(CER, "카카오톡은 좋다", "카톡은 좋다", profile).errors == 0
    assert _measured(CER, "카카오톡은 좋다", "카페는 좋다", profile).errors > 0


def _measured(metric: EditRate | Breakdown, said: str, heard: str, profile: str | Profile) -> Measurement:
    chosen = PROFILES[profile] if isinstance(profile, str) else profile
    one, two = (Transcript((Segment(text),)) for text in (said, heard))
    return metric.measure([Pair(Utterance("1", one), one, two, "delivered")], chosen)


def _sources() -> Breakdown:
    return Breakdown(PROFILES["raw"])


def _words(text: str) -> Units:
    return Units(tuple(text.split()))
