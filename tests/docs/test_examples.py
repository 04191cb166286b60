"""Every example of the documentation runs, and prints what the page says it prints."""

import doctest
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.REPORT_NDIFF


def test_there_are_examples() -> None:
    """The test below finds the pages and their blocks, so that it cannot pass by finding nothing."""
    assert sum(len(list(_sybil().parse(page).examples())) for page in PAGES) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's `python` and `console` blocks run from top to bottom, in a folder that holds the examples."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("COLUMNS", "100")
    document = _sybil().parse(page)
    for example in document.examples():
        example.evaluate()


def _sybil() -> Sybil:
    return Sybil([PythonCodeBlockParser(), CodeBlockParser("console", _console), CodeBlockParser("toml", _toml)])


def _console(example: Example) -> str | None:
    """Runs each `$ command` of the block in a shell and compares what it prints, both streams, in doctest's way."""
    for command, expected in _commands(example.parsed):
        done = subprocess.run(
            [shutil.which("bash") or "sh", "-c", _ours(command)],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
        )
        got = done.stdout + done.stderr
        checker, wanted = doctest.OutputChecker(), doctest.Example(command, expected)
        if not checker.check_output(expected, got, OPTIONS):
            return checker.output_difference(wanted, got, OPTIONS)
    return None


def _toml(example: Example) -> None:
    """A `toml` block whose first line is a comment with a file's name is that file for the rest of the page."""
    first, _, rest = str(example.parsed).partition("\n")
    if first.startswith("# ") and first.endswith(".toml"):
        Path(first[2:].strip()).write_text(rest, encoding="utf-8")


def _commands(block: str) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].rstrip("\n"), ""))
        elif commands:
            command, expected = commands[-1]
            commands[-1] = (command, expected + line)
    return commands


def _ours(command: str) -> str:
    """The command with our own program in place of whatever `earwitness` the path holds."""
    program = shlex.join([sys.executable, "-m", "earwitness"])
    return f'earwitness() {{ {program} "$@"; }}; python() {{ {shlex.quote(sys.executable)} "$@"; }}; {command}'


def test_a_wrong_example_is_noticed(tmp_path: Path) -> None:
    """A page whose output is wrong fails, in both kinds of block: the check can fail."""
    for block in ("```console\n$ echo one\ntwo\n```\n", "```python\nassert 1 == 2\n```\n"):
        page = tmp_path / "page.md"
        page.write_text(block, encoding="utf-8")
        with pytest.raises(AssertionError):  # Sybil's own failure is one
            [example.evaluate() for example in _sybil().parse(page).examples()]
