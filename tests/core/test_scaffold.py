"""What `new-provider` writes is whole for every combination of choices, and the filling finds its own mistakes."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from earwitness import __version__
from earwitness.scaffold import SHAPES, Naming, Shape, create
from earwitness.scaffold.filling import filled

ROOT = Path(__file__).parents[2]
each_choice = pytest.mark.parametrize(("shape", "streaming"), [*product(SHAPES, (False, True))])


@each_choice
def test_every_choice_is_a_whole_distribution(tmp_path: Path, shape: Shape, streaming: bool) -> None:
    """The folder holds all that a distribution needs, its Python parses, and no mark or name is left unfilled."""
    folder = create(Naming("my_vendor"), tmp_path, shape=shape, streaming=streaming)
    package = folder / "src" / "earwitness_my_vendor"
    for name in ("__init__", "provider", "settings", "capabilities"):
        ast.parse((package / f"{name}.py").read_text(encoding="utf-8"))
    for path in folder.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))
    for path in (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".wav"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^#: ", text, re.MULTILINE) and "__package__" not in path.name
        assert path.name == "test.yml" or not re.search(r"\$\w|\$\{", text), path
    assert (package / "py.typed").is_file() and (folder / ".gitignore").is_file()
    assert (folder / ".github" / "workflows" / "test.yml").is_file()
    assert (package / "_stream.py").exists() == (streaming and shape != "engine")


@each_choice
def test_the_project_says_what_it_brings(tmp_path: Path, shape: Shape, streaming: bool) -> None:
    """Entry points, the lower bound on the core and the extras fit the shape."""
    folder = create(Naming("acme"), tmp_path, shape=shape, streaming=streaming)
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rest = shape != "engine"
    assert project["entry-points"]["earwitness.providers"] == {"acme": "earwitness_acme"}
    assert project["entry-points"].get("earwitness.emulators") == (
        {"acme": "earwitness_acme.emulator:create"} if rest else None
    )
    (core,) = project["dependencies"]
    extras = "media,websocket" if rest and streaming else "media"
    assert core == f"earwitness[{extras}]>={__version__}"
    assert ("emulator" in project["optional-dependencies"]) == rest
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@each_choice
def test_each_file_that_waits_says_so(tmp_path: Path, shape: Shape, streaming: bool) -> None:
    """The files that the README lists as waiting for their author hold the word that it tells to look for."""
    folder = create(Naming("acme"), tmp_path, shape=shape, streaming=streaming)
    listed = re.findall(r"^\| `(\w+[./]\w*)` \|", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    package = folder / "src" / "earwitness_acme"
    assert len(listed) >= 4 and ("emulator/" in listed) == (shape != "engine")
    for name in listed:
        places = [*(package / name).glob("*.py")] if name.endswith("/") else [package / name]
        assert any("FILL: " in place.read_text(encoding="utf-8") for place in places), name


def test_parts_are_chosen() -> None:
    """A part stays only where all its choices hold, `else` turns it round, and parts may stand in parts."""
    text = "a\n#: if x\nb\n#: if y z\nc\n#: else\nd\n#: end\n#: else\ne\n#: end\n$name $$1\n"
    assert filled(text, values={"name": "N"}, chosen={"x"}) == "a\nb\nd\nN $1\n"
    assert filled(text, values={"name": "N"}, chosen={"x", "y", "z"}) == "a\nb\nc\nN $1\n"
    assert filled(text, values={"name": "N"}, chosen={"y", "z"}) == "a\ne\nN $1\n"


@pytest.mark.parametrize("text", ["#: if x\na\n", "#: end\n", "#: else\n", "#: if\n#: end\n", "#: unless x\n#: end\n"])
def test_a_mark_that_means_nothing_is_an_error(text: str) -> None:
    """A slip in a template is found when it is filled, not by its reader."""
    with pytest.raises(ValueError, match=r"a mark that means nothing|has no end"):
        filled(text, values={}, chosen={"x"})


def test_a_name_without_value_is_an_error() -> None:
    """A misspelt placeholder is not written as it stands."""
    with pytest.raises(KeyError):
        filled("$nme", values={"name": "N"}, chosen=())


@pytest.mark.parametrize(
    ("name", "title"), [("acme", "Acme"), ("my_vendor", "MyVendor"), ("a2_b3", "A2B3"), ("x", "X")]
)
def test_one_name_gives_the_others(name: str, title: str) -> None:
    """Distribution, package and classes follow from the provider's name."""
    naming = Naming(name)
    assert (naming.package, naming.title) == (f"earwitness_{name}", title)
    assert naming.distribution == f"earwitness-{name.replace('_', '-')}"
