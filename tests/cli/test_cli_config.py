"""`config` and `profiles` name every mistake and no value; variables choose and override as in Python."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from earwitness.cli._exit import CODES
from earwitness.errors import ConfigurationError
from support.desk import SCENES, Desk

SECRET = "hunter2-hunter2"
WRONG = CODES[ConfigurationError]


@pytest.fixture(autouse=True)
def no_user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own configuration takes part."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


class TestCheck:
    def test_a_good_file(self, desk: Desk) -> None:
        """A configuration without mistakes is told as such, with exit code 0."""
        done = desk.run("config", "check")
        assert (done.code, done.out, done.err) == (0, "earwitness.toml: everything is right.\n", "")

    def test_no_file(self, desk: Desk) -> None:
        """Without any file there is nothing to check."""
        (desk.folder / "earwitness.toml").unlink()
        assert desk.run("config", "check").out == "There is no configuration file.\n"

    def test_each_mistake_has_its_line(self, desk: Desk) -> None:
        """File, key, nearest name, missing secret with its variable and profile: one line each, and never a value."""
        (desk.folder / "earwitness.toml").write_text(
            f"""
[profiles.a]
provider = "scripted"
settings = {{ langauges = "{SECRET}", script = {{ env = "EARWITNESS_TEST_NOT_SET" }} }}
[profiles.b]
provider = "scriptd"
"""
        )
        done = desk.run("config", "check")
        assert (done.code, done.err) == (WRONG, "")
        lines = done.out.splitlines()
        assert len(lines) == 3
        assert "profiles.a.settings.script: the environment variable EARWITNESS_TEST_NOT_SET is not set" in lines[0]
        assert (
            lines[1] == "earwitness.toml, line 4: profiles.a.settings.langauges is not known (did you mean languages?)."
        )
        assert "profiles.b.provider: No provider 'scriptd' is installed. Did you mean scripted?" in lines[2]
        assert SECRET not in done.out

    def test_for_machines(self, desk: Desk) -> None:
        """--json tells file, key, profile and message apart, with the same exit code."""
        (desk.folder / "earwitness.toml").write_text('[profiles.a]\nprovider = "scripted"\nsettings = { x = 1 }\n')
        done = desk.run("config", "check", "--json")
        assert (done.code, done.json["ok"]) == (WRONG, False)
        (mistake,) = done.json["mistakes"]
        assert {**mistake, "message": ""} == {
            "message": "",
            "key": "profiles.a.settings.x",
            "profile": "a",
            "file": "earwitness.toml",
            "line": 3,
        }

    def test_broken_toml_by_line_and_column(self, desk: Desk) -> None:
        """A file that is no TOML is told by line and column, once."""
        (desk.folder / "earwitness.toml").write_text("a = 1\nb = = 2\n")
        done = desk.run("config", "check")
        assert (done.code, done.out) == (
            WRONG,
            "earwitness.toml, line 2, column 5: Invalid value. Write it as TOML 1.0 (https://toml.io).\n",
        )


class TestPath:
    def test_files_and_variables(self, desk: Desk, tmp_path: Path) -> None:
        """Both files are listed, the weakest first, and the variables over them, by name only."""
        done = desk.run("config", "path", "--json", environment={"EARWITNESS__PROFILES__TEST__SETTINGS__KEY": SECRET})
        files = [(Path(one["file"]).parent.name, one["whose"], one["there"]) for one in done.json["files"]]
        assert files == [("earwitness", "user", False), ("desk", "project", True)]
        assert done.json["variables"] == ["EARWITNESS__PROFILES__TEST__SETTINGS__KEY"]
        assert SECRET not in done.out


class TestSchema:
    def test_a_real_file_fits(self, desk: Desk) -> None:
        """What is printed is a JSON Schema that the configuration of these tests fits."""
        schema = json.loads(desk.run("config", "schema").out)
        jsonschema.validate(tomllib.loads(SCENES), schema)
        broken = tomllib.loads(SCENES.replace("default_profile", "defualt_profile"))
        assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


class TestProfiles:
    def test_a_row_each(self, desk: Desk) -> None:
        """Name, provider, default, file and the first problem of each profile; a problem is no failure of the list."""
        with (desk.folder / "earwitness.toml").open("a") as file:
            file.write('\n[profiles.lost]\nprovider = "nowhere"\n')
        done = desk.run("profiles", "--json")
        assert (done.code, done.json["default"]) == (0, "test")
        rows = {one["name"]: one for one in done.json["profiles"]}
        assert rows["other"] == {
            "name": "other",
            "provider": "scripted",
            "default": False,
            "file": "earwitness.toml",
            "problem": None,
        }
        assert (rows["test"]["default"], rows["lost"]["problem"]) == (
            True,
            "provider: No provider 'nowhere' is installed",
        )
        lost = next(line for line in desk.run("profiles").out.splitlines() if line.startswith("lost"))
        assert lost.split(maxsplit=3) == ["lost", "nowhere", "earwitness.toml", rows["lost"]["problem"]]

    def test_a_broken_one_hides_no_other(self, desk: Desk) -> None:
        """A profile with a wrong key is marked and the others are listed; a wrong key of the file itself is told."""
        (desk.folder / "earwitness.toml").write_text(
            'zzz = 1\n[profiles.good]\nprovider = "scripted"\n[profiles.bad]\nprovidr = "scripted"\n'
        )
        done = desk.run("profiles")
        assert done.code == 0
        assert [line.split(maxsplit=2) for line in done.out.splitlines()[1:]] == [
            ["good", "scripted", "earwitness.toml"],
            ["bad", "earwitness.toml", "provider is missing"],
        ]
        assert done.err.startswith("earwitness: earwitness.toml, line 1: zzz is not known")

    def test_a_file_that_is_no_toml_is_an_error(self, desk: Desk) -> None:
        """Where nothing can be read there is nothing to list."""
        (desk.folder / "earwitness.toml").write_text("a = = 1")
        done = desk.run("profiles")
        assert (done.code, done.out) == (WRONG, "")
        assert "line 1, column 5" in done.err


class TestVariables:
    def test_the_flag_wins_over_the_variable(self, desk: Desk) -> None:
        """--profile beats EARWITNESS_PROFILE, which beats the file's default."""
        audio = desk.recording("x.wav")
        chosen = {"EARWITNESS_PROFILE": "other"}
        assert desk.run("transcribe", audio).out == "anything else\n"
        assert desk.run("transcribe", audio, environment=chosen).out == "from the other profile\n"
        assert desk.run("transcribe", audio, "--profile", "test", environment=chosen).out == "anything else\n"

    def test_a_variable_sets_any_key(self, desk: Desk) -> None:
        """What a vendor shall hear is replaced by a variable, and a misspelt one is named."""
        audio = desk.recording("x.wav")
        scene = {"EARWITNESS__PROFILES__OTHER__SETTINGS__SCENES": '[{"text": "by variable"}]'}
        assert desk.run("transcribe", audio, "-p", "other", environment=scene).out == "by variable\n"
        wrong = {"EARWITNESS__PROFILES__OTHER__SETINGS__SCENES": "[]"}
        done = desk.run("transcribe", audio, "-p", "other", environment=wrong)
        assert done.code == WRONG
        assert "EARWITNESS__PROFILES__OTHER__SETINGS__SCENES" in done.err
        assert "did you mean settings?" in done.err
