"""`new-provider` writes a whole distribution or nothing, and says in one sentence why not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from earwitness.cli._app import app
from earwitness.cli.new_provider import command
from earwitness.scaffold import SHAPES


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["new-provider", *map(str, args)])


def test_the_folder_is_printed_and_the_next_step_told(tmp_path: Path) -> None:
    """Standard output is the new folder alone; what to do next is for people."""
    done = run("acme", "--out", tmp_path)
    folder = tmp_path / "earwitness-acme"
    assert (done.exit_code, done.stdout) == (0, f"{folder}\n")
    assert "pip install --editable '.[test]'; pytest" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["earwitness-acme"]


def test_every_shape_can_be_chosen() -> None:
    """The choices, which the help knows without loading the templates, are the shapes that there are."""
    (option,) = (one for one in command.params if one.name == "shape")
    assert isinstance(option.type, click.Choice) and tuple(option.type.choices) == SHAPES


def test_machines_get_every_file(tmp_path: Path) -> None:
    """With --json names and files come as one document, and each file is there."""
    told = json.loads(run("my_vendor", "--streaming", "--out", tmp_path, "--json").stdout)
    assert (told["provider"], told["distribution"]) == ("my_vendor", "earwitness-my-vendor")
    assert told["package"] == "earwitness_my_vendor"
    assert {"pyproject.toml", "LICENSE", "src/earwitness_my_vendor/_stream.py", "tox.ini"} <= set(told["files"])
    assert all((Path(told["folder"]) / one).is_file() for one in told["files"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Acme", "Did you mean acme?"),
        ("my-vendor", "Did you mean my_vendor?"),
        ("3com", "Did you mean com?"),
        ("ä", "a letter first"),
        ("../up", "Did you mean up?"),
        ("a__b", "Did you mean a_b?"),
        ("x" * 21, "at most 20"),
        ("scripted", "is installed already, by earwitness 0.1.0"),
        ("", "a letter first"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str, told: str) -> None:
    """One sentence says what is wrong with the name, offers a better one, and nothing is written."""
    done = run("--out", tmp_path, "--", name)
    assert (done.exit_code, done.stdout) == (4, "")
    assert told in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_package_of_this_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages of one name on the path would hide each other."""
    (tmp_path / "earwitness_acme").mkdir()
    (tmp_path / "earwitness_acme" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    done = run("acme", "--out", tmp_path)
    assert done.exit_code == 4 and "already a package earwitness_acme" in done.stderr


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_exists_is_never_touched(tmp_path: Path, kind: str) -> None:
    """A folder of that name, even an empty one, a file or a dead link stays as it is."""
    place = tmp_path / "earwitness-acme"
    match kind:
        case "folder":
            place.mkdir()
        case "file":
            place.write_text("mine")
        case "link":
            place.symlink_to(tmp_path / "nowhere")
    done = run("acme", "--out", tmp_path)
    assert done.exit_code == 23 and "exists already" in done.stderr
    assert list(tmp_path.iterdir()) == [place]
    assert kind != "file" or place.read_text() == "mine"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A misspelt --out makes no new folders."""
    done = run("acme", "--out", tmp_path / "typo")
    assert done.exit_code == 23 and "does not exist. Create it" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    """Where --out is a file, that is what the error says."""
    (tmp_path / "file").write_text("mine")
    done = run("acme", "--out", tmp_path / "file")
    assert done.exit_code == 23 and "file is no folder. Give another" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full half-way leaves neither the folder nor the part beside it."""
    written: list[Path] = []
    whole = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        written.append(self)
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    done = run("acme", "--out", tmp_path)
    assert done.exit_code == 23 and "no space left" in done.stderr
    assert written and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_folder_is_an_ordinary_one(tmp_path: Path) -> None:
    """A project's folder has the modes that the person's umask gives, not those of a temporary file."""
    (tmp_path / "plain").mkdir()
    run("acme", "--out", tmp_path)
    assert stat.S_IMODE((tmp_path / "earwitness-acme").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )
