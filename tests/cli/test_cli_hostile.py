"""What nobody should do to a command line, and what it says then: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from earwitness.cli._exit import CODES
from earwitness.cli._options import request_values
from earwitness.errors import ConfigurationError, InvalidRequestError
from support.desk import COMMAND, Desk

NOTHING: dict[str, Any] = {
    "language": None,
    "word_times": None,
    "speakers": None,
    "hot_word": (),
    "service": None,
    "model": None,
}


@pytest.mark.parametrize("command", ["probe x.wav", "config path", "explain x.wav --json"])
def test_a_folder_that_is_gone(desk: Desk, command: str) -> None:
    """Somebody who stands in a folder that was deleted is told so."""
    there = "mkdir gone && cd gone && rmdir ../gone && exec"
    line = f"{there} {shlex.join(COMMAND)} {command}"
    done = subprocess.run(["sh", "-c", line], cwd=desk.folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == CODES[ConfigurationError]
    assert "The current folder does not exist any more" in done.stderr


def test_a_dumb_terminal_gets_plain_lines(desk: Desk) -> None:
    """A terminal that cannot move its cursor is shown the text, and no escape sequences or empty lines."""
    desk.recording("x.wav")
    terminal, inside = pty.openpty()
    line = [*COMMAND, "transcribe", "x.wav"]
    environment = {**os.environ, "TERM": "dumb"}
    done = subprocess.run(line, cwd=desk.folder, stdout=inside, stderr=inside, env=environment, timeout=120, check=True)
    os.close(inside)
    assert done.returncode == 0
    assert os.read(terminal, 4096) == b"anything else\r\n"
    os.close(terminal)


@pytest.mark.parametrize("value", ["[" * 100_000, "NaN", "1e999", '{"a": -Infinity}', '{"a": 1', "\x1b"])
def test_what_is_no_json_is_text(value: str) -> None:
    """A vendor's option that JSON cannot hold, or that is nested beyond all reason, is handed on as the text it is."""
    assert request_values(**NOTHING, vendor=[f"key={value}"])["vendor"] == {"key": value}


@pytest.mark.parametrize("text", ["many", "-3", "2-", "1-2-3", "True", "", "9" * 5_000])
def test_speakers_are_told_in_the_words_of_the_command(text: str) -> None:
    """A number of speakers that is none is answered with what the option takes."""
    with pytest.raises(InvalidRequestError, match=r"^--speakers .*Give auto, no, a number, or a range such as 2-4"):
        request_values(**{**NOTHING, "speakers": text}, vendor=())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_names_that_are_no_text_are_readable_json(desk: Desk) -> None:
    """A file's name, or a configuration's, that is not UTF-8 stands in the document as readable text."""
    name = os.fsdecode(b"n\xff")
    desk.recording(f"{name}.wav")
    (desk.folder / f"{name}.toml").write_text("zzz = 1")
    explained = desk.run("explain", f"{name}.wav", "-p", "test", "--json")
    checked = desk.run("config", "check", "--config", f"{name}.toml", "--json")
    listed = desk.run("config", "path", "--config", f"{name}.toml", "--json")
    assert explained.json["input"] == "n\\udcff.wav"
    assert checked.json["mistakes"][0]["file"] == "n\\udcff.toml"
    assert Path(listed.json["files"][0]["file"]).name == "n\\udcff.toml"
    for done in (explained, checked, listed):
        json.dumps(done.json, ensure_ascii=False).encode()


@pytest.mark.parametrize("make", ["folder", "loop", "dangling", "pipe", "garbage", "huge", "utf-16", "latin"])
def test_files_that_are_no_configuration(desk: Desk, make: str) -> None:
    """Whatever stands where the configuration should be, it is named once and nothing waits for it."""
    path = desk.folder / "odd.toml"
    match make:
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
        case "dangling":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)
        case _:
            garbage = {"garbage": bytes(range(256)), "huge": b"#" * 2_000_000, "latin": b'a = 1\nb = "\xe9"'}
            path.write_bytes(garbage.get(make, "a = 1".encode("utf-16")))
    done = desk.run("config", "check", "--config", "odd.toml")
    assert done.code == CODES[ConfigurationError]
    assert (done.out.count("\n"), done.out.count("odd.toml")) == (1, 1)
    assert make != "latin" or "line 2" in done.out
