"""Where results go is settled before anything is heard: a place that cannot take one costs a sentence, not money."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from earwitness.cli._exit import CODES
from earwitness.errors import OutputError, PermissionDeniedError
from support.desk import COMMAND, TIMEOUT_S, Desk

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file systems")
LONG = "n" * 300

# A recording is heard as soon as it is submitted; the plugin leaves a mark then.
MARK = """
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_prepare_request(request):
    open("submitted", "w").close()
"""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("x.wav", "-o", f"{LONG}.txt"), "file name too long"),
        (("x.wav", "talk.wav", "-o", f"new/{LONG}/"), "file name too long"),
        (("x.wav", "-o", "taken/"), "x.txt is a folder, where a result should be"),
        (("x.wav", "-o", "nowhere/x.txt"), "There is no folder"),
        (("x.wav", "-o", "dangling.txt"), "There is no folder"),
        (("x.wav", "-o", "circle.txt"), "symbolic links"),
        (("x.wav", "-o", "talk.wav/x.txt"), "not a directory"),
        (("x.wav", "-o", "talk.wav/"), "could not be made"),
        (("x.wav", "-o", "socket", "-f", "txt"), "takes no text"),
        ((f"https://example.com/{LONG}.mp3", "-o", "new/"), "file name too long"),
    ],
)
@posix
def test_a_place_that_takes_no_result_is_told_before_anything_is_submitted(
    desk: Desk, plugin: object, args: tuple[str, ...], told: str
) -> None:
    """Each impossible place is one sentence with the code of output errors, and nothing is submitted or left."""
    assert callable(plugin)
    for name in ("x.wav", "talk.wav"):
        desk.recording(name)
    (desk.folder / "taken" / "x.txt").mkdir(parents=True)
    (desk.folder / "dangling.txt").symlink_to("missing/x.txt")
    (desk.folder / "circle.txt").symlink_to("circle.txt")
    before = sorted(os.listdir(desk.folder))
    with socket.socket(socket.AF_UNIX) as server:
        bind(server, desk.folder)
        done = desk.run("transcribe", *args, environment=plugin("marking", MARK, group="earwitness.plugins"))
        os.unlink(desk.folder / "socket")
    assert (done.code, done.out, done.err.count("\n")) == (CODES[OutputError], "", 1)
    assert told in done.err and sorted(os.listdir(desk.folder)) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody can make a file")
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_submitted(desk: Desk, plugin: object) -> None:
    """A folder is tried, not believed: where no file can be made, nothing is submitted."""
    assert callable(plugin)
    desk.recording("x.wav")
    environment = plugin("marking", MARK, group="earwitness.plugins")
    done = desk.run("transcribe", "x.wav", "-o", "/proc/x.txt", environment=environment)
    assert (done.code, done.out, done.err.count("\n")) == (CODES[OutputError], "", 1)
    assert "/proc could not be written" in done.err and desk.files() == {"x.wav"}


def bind(server: socket.socket, folder: Path) -> None:
    """A socket file in this folder, bound by a short name, because its address may be short only."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        server.bind("socket")
    finally:
        os.fchdir(here)
        os.close(here)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("x.wav", "talk.wav", "-o", "both.txt"), "write it as both.txt/ or without a suffix"),
        (("x.wav", "talk.wav", "-o", "v1.2"), "write it as v1.2/ or without a suffix"),
        (("x.wav", "-o", "x.srt", "-f", "vtt"), "asks for srt and --format for vtt"),
        (("x.wav", "-o", "again.wav", "-f", "txt"), "is an input and would be overwritten"),
        (("x.wav", "talk.wav", "-o", "linked"), "would both be written"),
        (("",), "name of a FILE is empty"),
        (("x.wav", "  "), "name of a FILE is empty"),
        (("http://[",), "looks like a web address and is none"),
    ],
)
@posix
def test_what_contradicts_itself_is_refused(desk: Desk, plugin: object, args: tuple[str, ...], told: str) -> None:
    """What can only be a slip is refused as a wrong command line, and nothing is submitted or made."""
    assert callable(plugin)
    for name in ("x.wav", "talk.wav"):
        desk.recording(name)
    (desk.folder / "again.wav").symlink_to("x.wav")
    (desk.folder / "linked").mkdir()
    (desk.folder / "linked" / "x.txt").write_text("")
    (desk.folder / "linked" / "talk.txt").symlink_to("x.txt")
    before = sorted(os.listdir(desk.folder))
    done = desk.run("transcribe", *args, environment=plugin("marking", MARK, group="earwitness.plugins"))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and told in done.err
    assert sorted(os.listdir(desk.folder)) == before


def test_a_format_that_fits_the_name_is_no_contradiction(desk: Desk) -> None:
    """--format may repeat what the suffix says, and decides where the suffix says nothing."""
    desk.recording("talk.wav")
    assert desk.run("transcribe", "talk.wav", "-o", "a.srt", "-f", "srt").code == 0
    assert desk.run("transcribe", "talk.wav", "-o", "a.notes", "-f", "vtt").code == 0
    assert (desk.folder / "a.notes").read_text(encoding="utf-8").startswith("WEBVTT")


@posix
@pytest.mark.parametrize(
    "args", [("transcribe", "x.wav"), ("transcribe", "x.wav", "-o", "a", "--json"), ("listen", "-")]
)
def test_a_closed_standard_output_is_told_before_anything_is_submitted(
    desk: Desk, plugin: object, args: tuple[str, ...]
) -> None:
    """Where nobody can get the result, nothing is heard."""
    assert callable(plugin)
    desk.recording("x.wav")
    environment = plugin("marking", MARK, group="earwitness.plugins")
    done = subprocess.run(
        f"{' '.join([*COMMAND, *args])} >&-",
        shell=True,
        cwd=desk.folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == CODES[OutputError] and b"Standard output is closed" in done.stderr
    assert desk.files() == {"x.wav"}


@posix
def test_a_device_needs_no_folder_that_can_be_written(desk: Desk) -> None:
    """`--output /dev/null` is no input, and nothing has to be made beside it."""
    desk.recording("x.wav")
    done = desk.run("transcribe", "x.wav", "-o", os.devnull)
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize("output", ["out/", "out/deep/er/"])
def test_a_folder_made_for_nothing_goes_again(desk: Desk, output: str) -> None:
    """When every recording fails, the folders that were made for results are removed; one that was there stays."""
    desk.recording("denied.wav")
    (desk.folder / "mine").mkdir()
    for place in (output, f"mine/{output}"):
        assert desk.run("transcribe", "denied.wav", "-o", place).code == CODES[PermissionDeniedError]
    assert sorted(os.listdir(desk.folder)) == ["denied.wav", "earwitness.toml", "mine"]
    assert os.listdir(desk.folder / "mine") == []


def test_standard_input_is_not_read_for_nothing(desk: Desk) -> None:
    """A wrong place or profile is told before the recording on standard input has ended."""
    for args in (("-o", "nowhere/x.txt"), ("-p", "nobody")):
        with desk.start("transcribe", "-", *args, stdin=subprocess.PIPE) as running:
            assert running.wait(TIMEOUT_S) != 0 and running.stdin is not None
            running.stdin.close()
