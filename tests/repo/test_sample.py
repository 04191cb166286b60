"""The sample of the README: small, plain, and what its script makes."""

import array
import importlib.util
import math
import shutil
import subprocess
import wave
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SAMPLE = EXAMPLES / "first_words.wav"


def test_sample_is_small_and_plain() -> None:
    """16 kHz, mono, 16 bits: what every vendor takes, without a conversion, and quick to fetch."""
    with wave.open(str(SAMPLE)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert 4 < file.getnframes() / file.getframerate() < 8
    assert SAMPLE.stat().st_size < 200_000


def test_reference_is_what_was_synthesized() -> None:
    """The text beside the sample is what the script gave to espeak-ng, not what an engine made of it."""
    said = " ".join(_script().SENTENCES).lower().replace(".", "")
    assert (EXAMPLES / "first_words.txt").read_text(encoding="utf-8").strip() == said


def test_script_makes_the_sample(tmp_path: Path) -> None:
    """Running the script again gives the same speech, so the sample hides nothing."""
    pytest.importorskip("av", reason="the script resamples with PyAV")
    script = _script()
    _require_espeak(script.SYNTHESIZER)
    script.main(tmp_path / "again.wav")
    committed, again = _samples(SAMPLE), _samples(tmp_path / "again.wav")
    assert len(again) == len(committed)
    # FFmpeg's resampler may round differently on another processor; another voice or level differs by far more.
    error = [a - b for a, b in zip(committed, again, strict=True)]
    assert _loudness(error) < 0.01 * _loudness(committed)


def _require_espeak(version: str) -> None:
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if f": {version} " not in said:
        pytest.skip(f"the sample was made by espeak-ng {version}; here is: {said.strip()}")


def _script() -> ModuleType:
    pytest.importorskip("av", reason="the script resamples with PyAV")
    spec = importlib.util.spec_from_file_location("make_sample", EXAMPLES / "make_sample.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _samples(path: Path) -> "array.array[int]":
    with wave.open(str(path)) as file:
        return array.array("h", file.readframes(file.getnframes()))


def _loudness(samples: "list[int] | array.array[int]") -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))
