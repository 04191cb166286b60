"""The embedded engine keeps the contract."""

from pathlib import Path

from earwitness.testing import ProviderContract, Sample

SAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"


class TestPocketSphinx(ProviderContract):
    """PocketSphinx with its own English models, and the recording that the documentation uses."""

    plugin = "earwitness_pocketsphinx"
    settings = {}
    sample = Sample(SAMPLE, SAMPLE.with_suffix(".txt").read_text(encoding="utf-8"))
