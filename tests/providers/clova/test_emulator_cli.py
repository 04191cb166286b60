"""The whole way, as a person or a script goes it: `earwitness emulate clova`, and the other commands against it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import earwitness_clova

COMMAND = [sys.executable, "-m", "earwitness"]
SAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"
TIMEOUT_S = 120


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which the plugin is installed, as it is unless somebody runs from the sources."""
    metadata = tmp_path / "site" / "earwitness_clova-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: earwitness-clova\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[earwitness.providers]\nclova = earwitness_clova\n"
        "[earwitness.emulators]\nclova = earwitness_clova.emulator:create\n"
    )
    sources = Path(earwitness_clova.__file__).parents[1]
    path = [os.environ.get("PYTHONPATH", ""), str(sources), str(metadata.parent)]
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, path))}


@contextmanager
def emulated(environment: dict[str, str], folder: Path, *args: str) -> Iterator[dict[str, str]]:
    """The facts of an emulator in a process of its own, whose profile lies in the folder meanwhile."""
    command = [*COMMAND, "emulate", "clova", "--json", *args]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None and run.stderr is not None
        try:
            line = run.stdout.readline()
            assert line, run.stderr.read().decode()
            facts: dict[str, str] = json.loads(line)
            (folder / "earwitness.toml").write_text(facts["profile_toml"], encoding="utf-8")
            yield facts
        finally:
            run.terminate()
            _, err = run.communicate(timeout=TIMEOUT_S)
    assert (run.returncode, err) == (0, b"") or sys.platform == "win32"


def command(environment: dict[str, str], folder: Path, *args: object) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, args)], cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_clova_says_what_the_embedded_engine_hears(environment: dict[str, str], tmp_path: Path) -> None:
    """Real speech through the vendor's own interface: transcribe and listen print the embedded engine's words."""
    folder = tmp_path / "desk"
    folder.mkdir()
    by_engine = command(environment, folder, "transcribe", SAMPLE, "--profile", "pocketsphinx")
    with emulated(environment, folder, "--billing", "bill.jsonl") as facts:
        assert command(environment, folder, "transcribe", SAMPLE) == by_engine
        short = command(environment, folder, "transcribe", SAMPLE, "--config", _short(folder, facts))
        live = command(environment, folder, "listen", SAMPLE, "--fast")
    assert by_engine.split() == short.split() == live.split() and len(by_engine.split()) > 5
    charges = [json.loads(line) for line in (folder / "bill.jsonl").read_text().splitlines()]
    assert [one["operation"] for one in charges] == ["long", "short", "stream"]
    assert 0 < charges[0]["billed_seconds"] < 15 and [one["billed_seconds"] for one in charges[1:]] == [15, 15]


def test_the_first_line_has_everything_and_takes_given_secrets(environment: dict[str, str], tmp_path: Path) -> None:
    """Seven facts, with the secrets that were given and the rest drawn."""
    given = {"secret_key": "given-1", "short_secret_key": "given-2", "stream_secret_key": "given-3"}
    secrets: list[Any] = [text for name, value in given.items() for text in ("--secret", f"{name}={value}")]
    with emulated(environment, tmp_path, *secrets, "--secret", f"invoke_key={'ab' * 32}") as facts:
        assert {name: facts[name] for name in given} == given
        assert facts["invoke_url"].endswith("/external/v1/4242/" + "ab" * 32)
        assert set(facts) == {
            *given,
            "invoke_url",
            "short_url",
            "stream_target",
            "profile_toml",
        }
        host, _, port = facts["stream_target"].partition(":")
        assert (host, port.isdecimal()) == ("127.0.0.1", True)


def _short(folder: Path, facts: dict[str, str]) -> Path:
    """A profile that has only the short service's key."""
    path = folder / "short.toml"
    path.write_text(
        '[profiles.short]\nprovider = "clova"\n[profiles.short.settings]\n'
        f'short_url = "{facts["short_url"]}"\nshort_secret_key = "{facts["short_secret_key"]}"\n'
        '[profiles.short.request]\nlanguage = "en-US"\n'
    )
    return path
