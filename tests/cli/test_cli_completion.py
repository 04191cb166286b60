"""Completion is tried in the shells themselves: the printed script is sourced, and asked as the shell asks it."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.desk import Desk

BARE = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}
"""What keeps a shell from reading anybody's own files."""
BASH = """
eval "$(earwitness completion bash)"
COMP_WORDS=({words}); COMP_CWORD={place}
_earwitness_completion earwitness
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ }}
compadd() {{ print -l -- "${{(@P)argv[-1]}}" }}
_describe() {{ print -l -- "${{(@P)3}}" }}
eval "$(earwitness completion zsh)"
words=({words}); CURRENT={place}+1
_earwitness_completion
"""
CASES = [
    ("tran", ("transcribe",), ("listen",)),
    ("transcribe --prof", ("--profile",), ("--format",)),
    ("transcribe x.wav --profile ''", ("test", "other", "scripted"), ("txt",)),
    ("transcribe x.wav --format v", ("vtt", "vtt-words"), ("srt",)),
    ("explain x.wav --profiles test,o", ("test,other",), ("other",)),
    ("convert x.json --from s", ("srt", "smi", "stm"), ("json",)),
    ("convert x.json --answer-of scr", ("scripted",), ("pocketsphinx",)),
    ("score a.jsonl b.jsonl --metric w", ("wer", "wder"), ("cer",)),
    ("compare a.jsonl --normalizer e", ("en", "en-whisper"), ("ko",)),
    ("score a.jsonl b.jsonl --from k", ("kaldi",), ("stm",)),
    ("config ch", ("check",), ("path",)),
    ("completion z", ("zsh",), ("bash",)),
]


@pytest.fixture
def earwitness(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with our own program on the path."""
    program = tmp_path / "bin" / "earwitness"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m earwitness "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return desk


def _asked(desk: Desk, shell: str, script: str, typed: str) -> list[str]:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    words = f"earwitness {typed}"
    done = subprocess.run(
        [path, *BARE[shell], "-c", script.format(words=words, place=len(shlex.split(words)) - 1)],
        cwd=desk.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("typed", "offered", "kept"), CASES)
def test_bash_completes(earwitness: Desk, typed: str, offered: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """bash offers commands, options, and the names of profiles, formats and providers that begin so, and no others."""
    found = _asked(earwitness, "bash", BASH, typed)
    assert set(offered) <= set(found)
    assert not set(kept) & set(found)


@pytest.mark.parametrize(("typed", "offered", "kept"), CASES)
def test_zsh_completes(earwitness: Desk, typed: str, offered: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """zsh offers the same."""
    found = {line.partition(":")[0] for line in _asked(earwitness, "zsh", ZSH, typed)}
    assert set(offered) <= found
    assert not set(kept) & found


READY = "is-ready> "
SET_UP = {
    "bash": f"PS1='{READY}'; bind 'set enable-bracketed-paste off'; eval \"$(earwitness completion bash)\"",
    "zsh": f"autoload -Uz compinit && compinit -D -u; PS1='{READY}'; eval \"$(earwitness completion zsh)\"",
}
TO_THE_BEGINNING = "\x01"
"""Ctrl-A, in both shells."""


@pytest.mark.parametrize("shell", SET_UP)
def test_the_tabulator_key_completes(earwitness: Desk, shell: str) -> None:
    """At a real prompt of a shell on a terminal the key finishes the word, as its user sees it."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    terminal, inside = pty.openpty()
    child = subprocess.Popen(
        [path, *BARE[shell], "-i"],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=earwitness.folder,
        env={**os.environ, "TERM": "dumb", "EDITOR": "emacs"},
        start_new_session=True,
    )
    os.close(inside)
    try:
        os.write(terminal, f"{SET_UP[shell]}\n".encode())
        _seen(terminal, f"\n{READY}", f"\r{READY}")
        os.write(terminal, b"earwitness transc\t")
        _seen(terminal, "transcribe")
        os.write(terminal, f"x.wav --no-te\t{TO_THE_BEGINNING}echo \n".encode())
        _seen(terminal, "\nearwitness transcribe x.wav --no-text")
    finally:
        child.kill()
        child.wait()
        os.close(terminal)


def _seen(terminal: int, *wanted: str) -> None:
    """Waits until the terminal shows one of these."""
    shown = ""
    while not any(one in shown for one in wanted):
        assert select.select([terminal], [], [], 60)[0], shown
        shown += os.read(terminal, 4096).decode(errors="replace")


def test_a_broken_file_disturbs_nobody(earwitness: Desk) -> None:
    """With a configuration that cannot be read the installed providers are offered, and nothing is complained of."""
    (earwitness.folder / "earwitness.toml").write_text("x = = 1")
    assert "scripted" in _asked(earwitness, "bash", BASH, "transcribe x.wav --profile ''")


def test_an_unknown_command_completes_nothing(earwitness: Desk) -> None:
    """What is typed behind a command that does not exist is no reason for a message in the middle of typing."""
    assert _asked(earwitness, "bash", BASH, "nonsense --pro") == [""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(desk: Desk, shell: str) -> None:
    """Each shell has its script, alone on standard output."""
    done = desk.run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_EARWITNESS_COMPLETE" in done.out


def test_another_shell_is_refused(desk: Desk) -> None:
    """A shell that nobody has written a script for is a wrong command line."""
    assert desk.run("completion", "tcsh").code == 2


@pytest.mark.parametrize("typed", ["transcribe tal", "convert --output tal", "explain tal", "profiles --config tal"])
def test_files_are_left_to_the_shell(earwitness: Desk, typed: str) -> None:
    """Where a file is named the script asks the shell itself for files, as without completion."""
    (earwitness.folder / "talk.wav").touch()
    script = BASH.replace("_earwitness_completion e", "compopt() {{ echo asked $2; }}\n_earwitness_completion e")
    assert "asked default" in _asked(earwitness, "bash", script, typed)
