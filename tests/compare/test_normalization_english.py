"""English: digits in every way they are said, one spelling, no hesitations; and Whisper's rules under their name."""

import pytest

from earwitness.compare.normalization import profiles

pytest.importorskip("rapidfuzz")
from earwitness.compare.alignment import align

EN, WHISPER = (next(one for one in profiles() if one.name == name) for name in ("en", "en-whisper"))
# Read off OpenAI's published test of the rules, and off the known faults of the library.
AS_WHISPER = {
    "Mr. Park visited Assoc. Prof. Kim Jr.": "mister park visited associate professor kim junior",
    "he's like": "he is like",
    "Let's go": "let us go",
    "three hundred and seventy-six": "376",
    "twenty-five percent": "25%",
    "the colour (laughs) um": "the color",
    "3:00PM": "3 0 pm",
    "oh my god": "0 my god",
    "O'Neil": "0 neil",
    "ten four": "104",
    "GPT-4o": "gpt 40",
    "010-1234": "10 1234",
}


def _errors(reference: str, hypothesis: str) -> int:
    return align(EN.words(reference), EN.words(hypothesis)).errors


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("thirty six", "36"),
        ("three pm", "3:00PM"),
        ("three o'clock p m", "3:00 p.m."),
        ("half past three", "3:30"),
        ("oh my god", "Oh my God!"),
        ("o neil", "O'Neil"),
        ("o'neil", "O’Neil"),
        ("ten four", "10-4"),
        ("g p t four o", "GPT-4o"),
        ("gpt 4o", "GPT-4o"),
        ("zero one zero one two three four", "010-1234"),
        ("oh one oh one two three four", "010 1234"),
        ("c o two", "CO2"),
        ("co2", "CO 2"),
        ("CO₂", "CO2"),
        ("nineteen eighty four", "1984"),
        ("two thousand and nineteen", "2019"),
        ("twenty nineteen", "2019"),
        ("the nineteen sixties", "the 1960s"),
        ("the sixties", "the '60s"),
        ("twenty first", "21st"),
        ("july fourth", "July 4"),
        ("the fourth of july", "4 July"),
        ("five dollars and fifty cents", "$5.50"),
        ("five fifty", "$5.50"),
        ("two and a half million", "two and a half million"),
        ("two point five million dollars", "$2.5 million"),
        ("three billion pounds", "£3bn"),
        ("twenty five per cent", "25%"),
        ("one thousand two hundred fifty", "1,250"),
        ("a hundred and one", "101"),
        ("one hundred one", "101"),
        ("seven forty seven", "747"),
        ("two five", "25"),
        ("three point one four", "3.14"),
        ("four point five point one", "4.5.1"),
        ("three quarters", "3/4"),
        ("twenty four seven", "24/7"),
        ("ten to fifteen", "10-15"),
        ("minus five", "-5"),
        ("five kilometers", "5km"),
        ("twenty five degrees celsius", "25°C"),
        ("five kilometres", "5 kilometers"),
        ("don't", "do not"),
        ("he's gone", "he has gone"),
        ("he's here", "he is here"),
        ("im going to", "I'm gonna"),
        ("colour organised travelled centre", "color organized traveled center"),
        ("um i uh think", "I think."),
        ("[laughter] yes", "yes"),
        ("doctor smith", "Dr. Smith"),
        ("well-known", "well known"),
        ("the u s a", "the U.S.A."),
        ("n b c", "NBC"),
        ("ok", "okay"),
        ("rock and roll", "rock & roll"),
        ("three thousand", "3 thousand"),
        ("mp three", "MP3"),
        ("five g", "5G"),
        ("hello yes no", "“Hello” … yes—no ♪"),
        ("twenty five cents", "25¢"),
        ("one and a half", "1 1/2"),
        ("four by four", "4x4"),
        ("www dot example dot com", "www.example.com"),
        ("one eight hundred five five five one two one two", "1-800-555-1212"),
        ("the nineteen nineties", "the 1990's"),
        ("the u s", "the U.S"),
        ("mister smith left", "Mr.Smith left"),
    ],
)
def test_the_same_words_are_the_same(said: str, written: str) -> None:
    """What is spoken alike is no error, on whichever side it stands."""
    assert _errors(said, written) == _errors(written, said) == 0


@pytest.mark.parametrize(
    ("said", "written", "errors"),
    [
        ("thirty six", "3006", 1),
        ("thirty six", "37", 1),
        ("fifteen", "50", 1),
        ("three pm", "3 am", 1),
        ("oh my god", "0 my god", 0),
        ("uh-huh", "", 1),
        ("two thousand nineteen", "nineteen", 2),
        ("five dollars", "5 euros", 1),
        ("the cat", "a cat", 1),
        ("won to", "one two", 2),
        ("can", "can't", 1),
        ("(not a sound) yes", "yes", 3),
    ],
)
def test_other_words_are_errors(said: str, written: str, errors: int) -> None:
    """Readings forgive notation, and nothing that was heard wrong."""
    assert _errors(said, written) == errors


def test_words_never_become_digits() -> None:
    """Number words stay words: what only looks like a number is not touched."""
    assert EN.normalize("Oh, one day ten men, four to be exact") == "oh one day ten men four to be exact"


@pytest.mark.parametrize("text", AS_WHISPER)
def test_en_whisper_is_what_others_publish(text: str) -> None:
    """The profile gives the library's outcome, the known faults included: that is what its name promises."""
    english = pytest.importorskip("whisper_normalizer.english")
    assert WHISPER.normalize(text).split() == AS_WHISPER[text].split()
    assert WHISPER.words(text).units == tuple(english.EnglishTextNormalizer()(text).split())
    assert WHISPER.words(text).choices == ()
