"""The provider around the engine: found, planned, refused and transcribed through a session."""

import os
import shutil
from pathlib import Path

import pytest
from pocketsphinx import get_model_path

import earwitness
from earwitness.errors import ConfigurationError, UnsupportedFeatureError

SAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"
TEXT = SAMPLE.with_suffix(".txt").read_text(encoding="utf-8").strip()


def test_one_line_gives_the_transcript() -> None:
    """One call hears the sample and says who heard it."""
    transcript = earwitness.transcribe(SAMPLE, profile="pocketsphinx", word_times=True)
    served = transcript.served_by
    assert transcript.text == TEXT
    assert served is not None
    assert (served.provider, served.service) == ("pocketsphinx", "local")
    assert served.engine_version
    assert not transcript.notices
    assert transcript.requested_language == ("en-US",)


def test_live_audio_gives_the_same_words() -> None:
    """The sample streamed is the sample transcribed."""
    with earwitness.open("pocketsphinx") as session, session.stream(SAMPLE) as stream:
        kinds = {type(event).__name__ for event in stream}
        assert kinds == {"Interim", "Final"}
        assert stream.transcript().text == TEXT


@pytest.mark.parametrize("language", ["ko-KR", "auto", "en-US,ko-KR"])
def test_another_language_says_which_settings_to_give(language: str) -> None:
    """A language without models is refused with the settings that would bring it."""
    with (
        earwitness.open("pocketsphinx") as session,
        pytest.raises(UnsupportedFeatureError, match="acoustic_model, language_model and dictionary"),
    ):
        session.submit(SAMPLE, language=language)


def test_a_language_setting_needs_its_models() -> None:
    """A profile for another language without its models is refused when it is opened, with the missing settings."""
    with pytest.raises(ConfigurationError, match="acoustic_model"):
        earwitness.open("pocketsphinx", settings={"language": "it-IT"})


def test_plain_english_is_covered() -> None:
    """`en` without a region is heard by the American model."""
    assert earwitness.transcribe(SAMPLE, profile="pocketsphinx", language="en").text == TEXT


def test_a_url_is_refused_with_what_to_do() -> None:
    """An engine of this machine fetches nothing."""
    with (
        earwitness.open("pocketsphinx") as session,
        pytest.raises(UnsupportedFeatureError, match="download the file"),
    ):
        session.submit("https://example.com/talk.wav")


def test_models_that_are_not_there_are_told_by_setting(tmp_path: Path) -> None:
    """A path to nothing is told with its setting; no worker is left in the middle."""
    with (
        earwitness.open("pocketsphinx", settings={"dictionary": str(tmp_path / "gone.dict")}) as session,
        pytest.raises(ConfigurationError, match=r"dictionary.*gone\.dict"),
    ):
        session.transcribe(SAMPLE)


@pytest.mark.parametrize("name", ["mdef", "transition_matrices", "sendump"])
def test_a_damaged_model_is_told_instead_of_crashing(tmp_path: Path, name: str) -> None:
    """Half a file of the acoustic model, over which PocketSphinx crashes or mishears, is one sentence with its name."""
    model = Path(shutil.copytree(Path(get_model_path("en-us"), "en-us"), tmp_path / "model"))
    os.truncate(model / name, (model / name).stat().st_size // 2)
    with (
        earwitness.open("pocketsphinx", settings={"acoustic_model": str(model)}) as session,
        pytest.raises(ConfigurationError, match=f"acoustic_model.* {name} that breaks off"),
    ):
        session.transcribe(SAMPLE)
