"""The point of the project: one application, unchanged, on every provider, with the same meaning."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("earwitness_clova")
pytest.importorskip("earwitness_tencent")

from earwitness.emulation import EmulatorOptions, ProfileHearing, load_emulator, running

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
SPOKEN = "every story has a beginning thank you for listening"
SCRIPTED = """
[profiles.scripted]
provider = "scripted"

[[profiles.scripted.settings.scenes]]
[profiles.scripted.settings.scenes.transcript]
format = "earwitness.transcript/1"
[[profiles.scripted.settings.scenes.transcript.segments]]
text = "every story has a beginning thank you for listening"
start_ms = 0
end_ms = 3000
words = [{ text = "every", start_ms = 0, end_ms = 300 }]

[profiles.untimed]
provider = "scripted"

[[profiles.untimed.settings.scenes]]
text = "nobody knows when"

"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose configuration has a profile for each provider, the vendors' served on this machine."""
    folder = tmp_path_factory.mktemp("desk")
    emulators = [load_emulator(name, EmulatorOptions(hearing=ProfileHearing())) for name in ("clova", "tencent")]
    with running(emulators[0]) as clova, running(emulators[1]) as tencent:
        profiles = [one.facts()["profile_toml"] for one in (clova, tencent)]
        texts = [text.replace("default_profile", "#", 1) for text in profiles]
        (folder / "earwitness.toml").write_text(SCRIPTED + "\n".join(texts), encoding="utf-8")
        yield folder


def swapped(desk: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "swap.py"), *args],
        cwd=desk,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("profile", ["pocketsphinx", "clova", "tencent", "scripted"])
def test_one_application_runs_on_every_provider(desk: Path, profile: str) -> None:
    """Status, segments, words, live events and errors mean the same; only the profile's name changes."""
    done = swapped(desk, profile)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(":")
        told.setdefault(name, []).append(value.strip())
    assert told["job"] == ["succeeded"]
    assert " ".join(told["segment"]) == SPOKEN == " ".join(told["live"])
    assert int(told["words"][0]) >= 1
    assert told["error"] == ["BadAudioError", "BadAudioError"]


def test_a_provider_without_times_is_one_too(desk: Path) -> None:
    """What a provider does not tell is not there, and the same application runs on it."""
    done = swapped(desk, "untimed")
    assert (done.returncode, done.stderr) == (0, "") and "segment:  nobody knows when" in done.stdout


@pytest.mark.parametrize(
    ("args", "told"),
    [((), "Usage: "), (("nobody",), "nobody"), (("scripted", "absent.wav"), "absent.wav")],
)
def test_what_is_wrong_with_the_call_is_one_sentence(desk: Path, args: tuple[str, ...], told: str) -> None:
    """A missing argument, an unknown profile and a missing recording end without a traceback."""
    done = swapped(desk, *args)
    assert done.returncode != 0 and done.stderr.count("\n") == 1 and told in done.stderr
