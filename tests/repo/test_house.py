"""What must be true of the repository itself: its layout, its distributions, and what no file may hold."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
PROVIDERS = sorted(path.parent for path in (ROOT / "providers").glob("*/pyproject.toml"))
DISTRIBUTIONS = [CORE, *PROVIDERS]
TOP = {
    ".ci", ".gitignore", "LICENSE", "README.md", "core", "docs", "providers", "pyproject.toml", "tests", "tox.ini",
}  # fmt: skip
LONGEST = 400
# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": r"/(?:work|root|home/\w+|Users/\w+)" + r"/|/tmp" + r"/\w",
    "a package registry's host": r"\b(?:pypi|pythonhosted|npmjs|crates|debian|anaconda)\." + r"(?:org|com|io)\b",
    "unfinished work": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
    "a conflict's mark": r"^(?:<{7}|>{7})" + r" ",
    "a private key": r"-----BEGIN" + r" [A-Z ]*PRIVATE KEY-----",
}


def _distribution_id(folder: Path) -> str:
    return folder.name


each_distribution = pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=_distribution_id)


def test_top_level_is_closed() -> None:
    """A newcomer sees the same few names forever; nothing is dropped at the top by accident."""
    assert {path.relative_to(ROOT).parts[0] for path in _files()} <= TOP


def test_there_are_files_to_check() -> None:
    """The checks below cannot pass by finding nothing."""
    assert len(_files()) > 50 and len(PROVIDERS) >= 1


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    """Nothing in the repository speaks of the machine it was written on, of a registry, or of work left undone."""
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [f"{path.relative_to(ROOT)}: {match[0]!r}" for path in _files() for match in pattern.finditer(_text(path))]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", "open('/wor" + "k/main/a.wav')"),
        ("a path of one machine", "cd /home/some" + "body/project"),
        ("a package registry's host", "--index-url https://pypi" + ".org/simple"),
        ("unfinished work", "# TO" + "DO: later"),
        ("a conflict's mark", "<" * 7 + " HEAD"),
        ("a private key", "-----BEGIN RSA" + " PRIVATE KEY-----"),
    ],
)
def test_forbidden_things_would_be_found(what: str, line: str) -> None:
    """Each pattern finds what it is for."""
    assert re.search(FORBIDDEN[what], line, re.MULTILINE)


def test_source_files_are_short() -> None:
    """A source file fits in a head; tests may be as long as their list of claims."""
    sources = [path for path in _files() if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts]
    assert [f"{path.relative_to(ROOT)}: {n}" for path in sources if (n := _text(path).count("\n")) > LONGEST] == []


def test_versions_are_in_step() -> None:
    """All distributions carry one version, as a literal that no import is needed to read."""
    assert len({_version(folder) for folder in DISTRIBUTIONS}) == 1


@pytest.mark.parametrize("folder", PROVIDERS, ids=_distribution_id)
def test_provider_asks_for_the_core_of_its_series(folder: Path) -> None:
    """A provider is installed beside the core it was tested with, and takes its repairs."""
    (requirement,) = [need for need in _project(folder)["dependencies"] if re.match(r"earwitness\b(?!-)", need)]
    series = ".".join(_version(folder).split(".")[:2])
    assert re.fullmatch(rf"earwitness(\[[\w,]+\])?~={re.escape(series)}\.0", requirement)


@each_distribution
def test_distribution_is_complete(folder: Path) -> None:
    """Each distribution has licence, type marker and readme, and says the same of Python and of the licence."""
    package = _package(folder)
    assert (package / "py.typed").is_file()
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert b"Apache License" in (folder / "LICENSE").read_bytes()
    project = _project(folder)
    assert (folder / project["readme"]).read_text(encoding="utf-8").startswith("# ")
    for key in ("license", "license-files", "requires-python", "dynamic"):
        assert project[key] == _project(CORE)[key]
    pythons = [line for line in project["classifiers"] if line.startswith("Programming Language")]
    assert pythons == [f"Programming Language :: Python :: {python}" for python in ("3.11", "3.12", "3.13")]


@each_distribution
def test_every_dependency_says_why(folder: Path) -> None:
    """Whoever wonders whether a dependency is still needed finds the reason beside it, and a lower bound."""
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("\ndependencies = [") :].partition("\n]")[0]
    block += text.partition("[project.optional-dependencies]\n")[2].partition("\n\n")[0]
    lines = [line for line in block.splitlines() if '"' in line]
    assert lines
    assert [line for line in lines if "  # " not in line or not re.search(r"[~>!]=", line)] == []


def test_tox_has_an_environment_for_every_python_we_promise() -> None:
    """What the classifiers promise is what a bare `tox` runs."""
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    classifiers = _project(CORE)["classifiers"]
    pythons = [line.rpartition(" ")[2] for line in classifiers if "Python ::" in line]
    listed = re.search(r"^env_list = (.*)$", tox, re.MULTILINE)
    assert listed and {f"py{python.replace('.', '')}" for python in pythons} <= set(re.split(r",\s*", listed[1]))


def test_root_builds_nothing() -> None:
    """The root holds the tools' settings; a distribution there would swallow the others."""
    root = _toml(ROOT / "pyproject.toml")
    assert set(root) == {"tool"}


@cache
def _files() -> tuple[Path, ...]:
    """What is committed or would be, where git can tell; in a downloaded archive there is nothing to check."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git cannot list the files of this copy")
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


@cache
def _text(path: Path) -> str:
    """The file's text, or nothing for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _project(folder: Path) -> dict[str, Any]:
    return dict(_toml(folder / "pyproject.toml")["project"])


def _package(folder: Path) -> Path:
    (marker,) = (folder / "src").glob("*/__init__.py")
    return marker.parent


def _version(folder: Path) -> str:
    literal = re.search(r'^__version__ = "([^"]+)"$', _text(_package(folder) / "__init__.py"), re.MULTILINE)
    assert literal, f"{folder.name} has no literal __version__"
    return literal[1]
