"""Names of files: harmless to look at, and one recording is one recording under all its names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.cli._exit import CODES
from earwitness.cli._inputs import inputs_of
from earwitness.cli._output import on_one_line
from earwitness.cli._table import columns
from earwitness.errors import BadAudioError
from support.desk import Desk

posix = pytest.mark.skipif(os.name != "posix", reason="needs names that only POSIX allows, and links")
NASTY = "a\nb\x1b[31m\u202ecod.wav"
HARMLESS = "a\\nb\\x1b[31m\\u202ecod.wav"

COUNTER = """
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_prepare_request(request):
    with open("submitted", "a") as file:
        file.write("x")
"""


@posix
def test_a_name_that_is_no_text_makes_no_broken_json(desk: Desk) -> None:
    """A byte that is not UTF-8 in a file's name stands in JSON as readable text, in results and in errors."""
    name = os.fsdecode(b"a\xff.wav")
    try:
        desk.recording(name)
    except OSError:
        pytest.skip("this file system takes no such name")
    for command, file in (("transcribe", name), ("probe", name), ("transcribe", os.fsdecode(b"missing\xff.wav"))):
        done = desk.run(command, file, "--json")
        assert "\\\\udcff" in done.out + done.err
        json.dumps([json.loads(one) for one in (done.out, done.err) if one], ensure_ascii=False).encode()


def test_a_name_is_shown_on_one_line_and_stays_distinct() -> None:
    """Line ends, control characters, direction marks and broken bytes become escapes; every script stays readable."""
    assert on_one_line("a\nb\tc\r\x1b\x9b") == "a\\nb\\tc\\r\\x1b\\x9b"
    assert on_one_line("\u200e\u200f\u202e\u2066\u061c\u2028\ufeff\udcff").isascii()
    for name in ("회의 녹음.wav", "会議\u3000録音.mp3", "é😀.wav", "می\u200cخواهم.ogg", "👩\u200d💻.wav", "a b\\n.wav"):
        assert on_one_line(name) == name


@posix
def test_no_name_is_printed_raw(desk: Desk) -> None:
    """Headers, notes and errors show a hostile name as escapes; the file itself is found and heard."""
    desk.recording(NASTY)
    desk.recording("x.wav")
    done = desk.run("transcribe", NASTY, "x.wav", "--speakers", "2")
    assert done.code == 0 and done.out.startswith(f"==> {HARMLESS} <==\nanything else\n\n==> x.wav <==\n")
    assert done.err.startswith(f"earwitness: {HARMLESS}: note: ") and done.err.count("\n") == 2


@posix
@pytest.mark.parametrize(
    "args",
    [
        ("transcribe", f"missing/{NASTY}"),
        ("transcribe", f"*{NASTY}"),
        ("transcribe", "x.wav", "-o", f"missing/{NASTY}", "-f", "txt"),
        ("transcribe", "x.wav", "x.wav", "--config", NASTY),
        ("transcribe", "x.wav", "-p", NASTY),
        ("transcribe", "x.wav", f"--{NASTY}"),
        ("listen", NASTY),
        (NASTY,),
    ],
)
def test_no_error_prints_a_name_raw(desk: Desk, args: tuple[str, ...]) -> None:
    """Every error is one line without anything that could steer a terminal or turn a line around."""
    desk.recording("x.wav")
    done = desk.run(*args)
    assert done.code != 0 and done.err.count("\n") == 1
    assert "\x1b" not in done.err and "\u202e" not in done.err


def test_a_table_prints_no_cell_raw() -> None:
    """A hostile name in a table is shown as escapes."""
    assert columns(("A",), [("x\x1b\u202ey",)]) == "A\nx\\x1b\\u202ey\n"


@posix
def test_machines_get_the_name_as_it_is(desk: Desk) -> None:
    """In JSON the name is exact, so that a script finds its file again."""
    desk.recording(NASTY)
    assert desk.run("transcribe", NASTY, "--json").json["results"][0]["input"] == NASTY


@posix
def test_one_recording_under_several_names_is_heard_once(desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
    """Another spelling, the whole path, a link of either kind and a repetition are told and not submitted again."""
    desk.recording("x.wav")
    (desk.folder / "soft.wav").symlink_to("x.wav")
    os.link(desk.folder / "x.wav", desk.folder / "hard.wav")
    names = ("x.wav", "./x.wav", str(desk.folder / "x.wav"), "soft.wav", "hard.wav", "x.wav")
    environment = plugin("counter", COUNTER, group="earwitness.plugins")
    done = desk.run("transcribe", *names, environment=environment)
    assert (done.code, done.out) == (0, "anything else\n")
    assert (desk.folder / "submitted").read_text() == "x"
    lines = done.err.splitlines()
    assert [f"{name} is the same recording as x.wav" in line for name, line in zip(names[1:], lines, strict=True)] == [
        *[True] * 4,
        False,
    ]
    assert "x.wav was given more than once" in lines[-1]


@posix
def test_machines_are_told_the_other_names(desk: Desk) -> None:
    """With --json the other names stand beside the one result, and standard error is empty."""
    desk.recording("x.wav")
    done = desk.run("transcribe", "x.wav", "./x.wav", "--json")
    (result,) = json.loads(done.out)["results"]
    assert (result["input"], result["also_named"], done.err) == ("x.wav", ["./x.wav"], "")


def test_different_recordings_and_missing_ones_stay_apart(tmp_path: Path) -> None:
    """Equal contents are no equal file; what is not there is told apart by its path."""
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"same")
    names = [str(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav", "d.wav")]
    assert [one.name for one in inputs_of([*names, str(tmp_path / "." / "c.wav")])] == names


def test_a_folder_is_told_with_a_pattern_and_stops_nobody(desk: Desk) -> None:
    """A folder among the inputs is one failure with a hint, and the recordings are heard."""
    desk.recording("x.wav")
    desk.recording("sub/y.wav")
    done = desk.run("transcribe", "sub", "x.wav")
    assert (done.code, done.out) == (CODES[BadAudioError], "==> x.wav <==\nanything else\n")
    assert "sub is a folder, not a recording" in done.err and os.path.join("sub", "*.wav") in done.err
    live = desk.run("listen", "sub")
    assert live.code == CODES[BadAudioError] and "sub is a folder, not a recording" in live.err


def test_the_first_header_follows_no_empty_line(desk: Desk) -> None:
    """When the first recordings fail, the first text still begins with its header."""
    for name in ("denied.wav", "x.wav", "talk.wav"):
        desk.recording(name)
    done = desk.run("transcribe", "denied.wav", "x.wav", "talk.wav")
    assert done.out.startswith("==> x.wav <==\nanything else\n\n==> talk.wav <==\n")


@pytest.mark.parametrize(("behaviour", "told"), [("warn", "emotion was dropped"), ("drop", "emotion was left out")])
def test_what_was_dropped_is_said_once(desk: Desk, behaviour: str, told: str) -> None:
    """An option that was left out is told in one line, whichever way the profile asks for it."""
    desk.recording("x.wav")
    (desk.folder / "earwitness.toml").write_text(
        f'[profiles.a]\nprovider = "scripted"\non_unsupported = "{behaviour}"\nsettings.without = ["emotion"]\n'
        'request.emotion = true\n[[profiles.a.settings.scenes]]\ntext = "heard"\nsteps = []\n'
    )
    done = desk.run("transcribe", "x.wav")
    assert (done.code, done.out, done.err.count("\n")) == (0, "heard\n", 1) and told in done.err
