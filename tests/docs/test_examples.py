"""Every example of the documentation runs, and prints what the page says it prints."""

import doctest
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
INSTALLING = {ROOT / "docs" / "tutorial" / "first-provider.md", ROOT / "docs" / "how-to" / "record-and-replay.md"}
"""The pages that install something, for which they get an environment of their own."""

_FILE = re.compile(r"# ([\w./-]+\.(?:py|toml))$")

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
    if page in INSTALLING:
        document.namespace[PYTHON] = _own_environment(tmp_path / "env", monkeypatch)
    for example in document.examples():
        example.evaluate()


PYTHON = "_python_of_the_page"


def _own_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Python of a new environment that finds everything that is installed here, and keeps what a page installs."""
    pytest.importorskip("hatchling", reason="the page installs a distribution, which hatchling builds")
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    (site := Path(paths["purelib"])).mkdir(parents=True, exist_ok=True)
    here = sysconfig.get_paths()["purelib"]
    (site / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    # Everything that is needed is here already; nothing is fetched, and nothing is built apart.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return str(Path(paths["scripts"]) / "python")


def _sybil() -> Sybil:
    kinds = {"python": _python, "console": _console, "toml": _toml}
    return Sybil([CodeBlockParser(language, evaluate) for language, evaluate in kinds.items()])


def _python(example: Example) -> object:
    """A `python` block is run, unless its first line is a comment with a file's name: then it is that file."""
    return None if _written(example) else PythonEvaluator()(example)


def _console(example: Example) -> str | None:
    """Runs each `$ command` of the block in a shell and compares what it prints, both streams, in doctest's way."""
    for command, expected in _commands(example.parsed):
        done = subprocess.run(
            [shutil.which("bash") or "sh", "-c", _ours(command, example.namespace.get(PYTHON, sys.executable))],
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
        if done.returncode != 0 and not _shows_a_failure(expected):
            return f"{command} ended with status {done.returncode}:\n{got}"
    return None


def _shows_a_failure(expected: str) -> bool:
    """Whether a page may mean a command that fails: it prints the error. What is left out (`...`) could be anything."""
    return bool(expected) and (
        "..." not in expected or re.search(r"^earwitness: (?!note: )", expected, re.MULTILINE) is not None
    )


def _toml(example: Example) -> None:
    """A `toml` block whose first line is a comment with a file's name is that file for the rest of the page."""
    _written(example)


def _written(example: Example) -> bool:
    """Whether the block was a file, named in its first line, which now is in its place."""
    text = str(example.parsed)
    named = _FILE.fullmatch(text.partition("\n")[0])
    if named is not None:
        # With its first line, as a reader copies it: messages count lines.
        Path(named[1]).write_text(text, encoding="utf-8")
    return named is not None


def _commands(block: str) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:].rstrip("\n"), ""))
        elif commands:
            command, expected = commands[-1]
            commands[-1] = (command, expected + line)
    return commands


def _ours(command: str, python: str) -> str:
    """The command with our own programs in place of whatever `earwitness` and `python` the path holds."""
    program = shlex.join([python, "-m", "earwitness"])
    return f'earwitness() {{ {program} "$@"; }}; python() {{ {shlex.quote(python)} "$@"; }}; {command}'


def test_a_wrong_example_is_noticed(tmp_path: Path) -> None:
    """A page whose output is wrong, or whose command fails, is noticed in both kinds of block: the check can fail."""
    for block in (
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ echo one; false\n...one...\n```\n",
        "```python\nassert 1 == 2\n```\n",
    ):
        page = tmp_path / "page.md"
        page.write_text(block, encoding="utf-8")
        with pytest.raises(AssertionError):  # Sybil's own failure is one
            [example.evaluate() for example in _sybil().parse(page).examples()]
