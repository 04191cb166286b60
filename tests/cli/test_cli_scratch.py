"""Temporary files have a folder of their run, and what a killed run left is removed by a later one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earwitness.cli._scratch import scratch_folder
from support.desk import TIMEOUT_S, Desk

OLD = 10 * 60

SLOW = """
import asyncio
from earwitness.capabilities import Capabilities, Service
from earwitness.hookspecs import hookimpl
from earwitness.provider import Provider

class Slow(Provider):
    name = "slow"
    capabilities = Capabilities((Service("main"),))

    async def submit(self, submission):
        await asyncio.sleep(600)

@hookimpl
def earwitness_provider():
    return Slow
"""
Install = Callable[..., dict[str, str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of our own."""
    place = tmp_path / "temporary"
    place.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(place))
    return place


def spooled(place: Path) -> list[Path]:
    """The copies of standard input that lie there."""
    return [path for path in place.rglob("earwitness-*") if path.is_file() and path.stat().st_size > 1000]


@contextmanager
def waiting(desk: Desk, place: Path, plugin: Install) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has taken its recording from standard input and is handing it over."""
    environment = {**os.environ, **plugin("slow", SLOW)}
    sound = desk.recording("x.wav").read_bytes()
    with desk.start("transcribe", "-", "-p", "slow", stdin=subprocess.PIPE, env=environment) as running:
        assert running.stdin is not None
        try:
            running.stdin.write(sound)
            running.stdin.close()
            deadline = time.monotonic() + TIMEOUT_S
            while not spooled(place):
                assert time.monotonic() < deadline and running.poll() is None
                time.sleep(0.05)
            yield running
        finally:
            running.kill()


def aged(place: Path) -> None:
    """Makes every run's folder as old as if it had begun ten minutes ago."""
    then = time.time() - OLD
    for folder in place.iterdir():
        os.utime(folder, (then, then))


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that nothing survives")
def test_a_killed_run_leaves_no_recording_for_long(desk: Desk, place: Path, plugin: Install) -> None:
    """The copy of standard input that a killed process left is removed when the command runs again."""
    with waiting(desk, place, plugin) as running:
        running.send_signal(signal.SIGKILL)
        running.wait(TIMEOUT_S)
    assert spooled(place)
    aged(place)
    assert desk.run("transcribe", "x.wav").out == "anything else\n"
    assert os.listdir(place) == []


def test_a_run_that_lives_keeps_its_files(desk: Desk, place: Path, plugin: Install) -> None:
    """However old it is, the folder of a process that still runs is left alone by another run, and goes at its end."""
    with waiting(desk, place, plugin) as running:
        aged(place)
        assert desk.run("transcribe", "x.wav").out == "anything else\n"
        assert spooled(place)
        running.terminate()
        running.wait(TIMEOUT_S)
    if os.name == "posix":
        assert os.listdir(place) == []


def test_a_new_folder_and_foreign_files_are_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that was made just now may not be locked yet; other names are none of ours; an old one goes."""
    for name in ("earwitness-run-new", "earwitness-run-old", "earwitness-other", "theirs"):
        (place / name).mkdir()
    (place / "earwitness-run-file").write_text("")
    for name in ("earwitness-run-old", "earwitness-other", "theirs", "earwitness-run-file"):
        os.utime(place / name, (1, 1))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with scratch_folder():
        inside = tempfile.gettempdir()
        assert Path(inside).parent == place and Path(inside).name.startswith("earwitness-run-")
    assert tempfile.gettempdir() == str(place)
    assert sorted(os.listdir(place)) == [
        "earwitness-other",
        "earwitness-run-file",
        "earwitness-run-new",
        "theirs",
    ]


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_is_not_followed(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that only looks like a run's folder leads nowhere."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("")
    os.utime(tmp_path / "precious", (1, 1))
    (place / "earwitness-run-link").symlink_to(tmp_path / "precious")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with scratch_folder():
        pass
    assert (tmp_path / "precious" / "file").exists()
