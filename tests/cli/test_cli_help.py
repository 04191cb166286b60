"""The command line explains itself, costs little to start, and its exit codes are one table."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from earwitness import __version__, errors
from earwitness.cli._app import app
from earwitness.cli._commands import ExampleHelp
from earwitness.cli._exit import CODES, code_of, table

HEAVY = ("httpx", "pydantic", "asyncio", "rich", "importlib.metadata", "stevedore", "pluggy", "logging")


def _every(group: click.Command, path: str) -> dict[str, click.Command]:
    """Every command by its whole name, also those inside groups."""
    found: dict[str, click.Command] = {path: group}
    if isinstance(group, click.Group):
        for name in group.list_commands(click.Context(group)):
            command = group.get_command(click.Context(group), name)
            assert command is not None
            found |= _every(command, f"{path} {name}")
    return found


EVERY = _every(app, "earwitness")


def imported_by(*args: str) -> set[str]:
    """The modules that a command line has imported when it ends."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        f"sys.argv = ['earwitness', *{args!r}]\n"
        "from earwitness.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("transcribe", "--help"), ("doctor", "--help")])
def test_asking_for_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    """Version and help import no HTTP client, no pydantic, no event loop, no rich, and no plugin machinery."""
    found = imported_by(*args)
    assert "earwitness.cli._output" in found
    assert not [name for name in HEAVY if name in found]


def test_the_version_is_printed_alone() -> None:
    """`--version` prints name and version, and the whole command line is not loaded for it."""
    assert "click" not in imported_by("--version")
    assert CliRunner().invoke(app, ["--version"]).output == f"earwitness {__version__}\n"


@pytest.mark.parametrize("path", EVERY)
def test_help_begins_with_an_example_and_fits_100_columns(path: str) -> None:
    """The first thing in every help is what to type; no line is longer than 100 columns, nor than a narrow terminal."""
    for columns in ("20", "80", "300"):
        done = CliRunner().invoke(app, [*path.split()[1:], "--help"], env={"COLUMNS": columns})
        first, second, *_ = done.output.splitlines()
        assert done.exit_code == 0 and first in ("Example:", "Examples:")
        assert path in second
        assert max(map(len, done.output.splitlines())) <= 100


@pytest.mark.parametrize("path", EVERY)
def test_help_is_in_the_documentation(path: str) -> None:
    """The page of the command line has a section for every command; another test holds its text to the code's."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
    assert f"\n## {path}\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", EVERY)
def test_the_table_of_commands_tells_the_truth(path: str) -> None:
    """Each command exists under its name, and each that does something knows --json and --verbose."""
    found = EVERY[path]
    assert found.name == path.split()[-1]
    options = {option for param in found.params for option in param.opts}
    assert isinstance(found, click.Group) or {"--json", "--verbose"} <= options


@pytest.mark.parametrize("path", EVERY)
def test_examples_in_help_are_accepted(path: str) -> None:
    """The example lines use only options that the command has, and every command has an example."""
    command = EVERY[path]
    assert isinstance(command, ExampleHelp) and command.example
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    for line in command.example:
        used = {word for word in line[line.index("earwitness") :].split() if word.startswith("--")}
        assert path in line
        assert isinstance(command, click.Group) or used <= known


def test_every_error_has_its_own_exit_code() -> None:
    """Each class of the error tree has one code, no two share it, and none collides with a code of the shell."""
    classes = {getattr(errors, name) for name in errors.__all__ if name.endswith("Error")}
    assert set(CODES) == classes
    assert len({code for code, _ in table()}) == len(table())
    assert all(2 < code < 126 for code in CODES.values())


def test_a_plugins_own_error_has_the_nearest_code() -> None:
    """An error class of a plugin ends with the code of the class it descends from."""

    class Special(errors.RateLimitedError):
        pass

    assert code_of(Special("slow down")) == CODES[errors.RateLimitedError]


def test_help_shows_every_exit_code() -> None:
    """The table of exit codes is in the help."""
    text = CliRunner().invoke(app, ["--help"]).output
    assert all(f"{code} {meaning}" in text for code, meaning in table())


def test_a_misspelt_command_is_told_its_nearest() -> None:
    """An unknown command is a wrong command line, and the one that was meant is offered."""
    done = CliRunner().invoke(app, ["transcibe", "x.wav"])
    assert done.exit_code == 2 and "Did you mean 'transcribe'?" in done.stderr and done.stdout == ""


def test_a_wrong_option_is_json_for_machines() -> None:
    """With --json even a wrong command line is told as JSON on standard error."""
    import json

    done = CliRunner().invoke(app, ["doctor", "--json", "--nonsense"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert json.loads(done.stderr)["error"]["kind"] == "usage"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("transcribe", "x.wav", "--language"), "Try 'earwitness transcribe --help'"),
        (("transcribe", "x.wav", "--profile", ""), "--profile is empty"),
        (("doctor", "--config", " "), "--config is empty"),
        (("listen", "x.wav", "--rate", "44"), "44 is not in the range 8000 to 192000"),
        (("listen", "x.wav", "--rate", "fast"), "is not a valid whole number"),
        (("listen", "https://example.com/a.wav"), "takes a file or -, and no web address"),
        (("--json", "transcribe"), "--json is no option of earwitness itself"),
        (("transcribe", "--jason", "x.wav"), "Did you mean '--json'"),
        (("transcribe", "x.wav", "--model", ""), "--model is empty"),
        (("providers", "--can", ", "), "--can names nothing"),
        (("explain", "x.wav", "-p", "a,,b"), "--profiles is empty"),
        (("config",), "Choose from: check, path, schema. Try 'earwitness config --help'"),
    ],
)
def test_a_slip_is_told_with_the_way_out(args: tuple[str, ...], told: str) -> None:
    """Each slip of the command line is one sentence that says what to do, with the help of the command it is about."""
    done = CliRunner().invoke(app, args)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1) and told in done.stderr
    assert not logging.getLogger("earwitness").handlers, "the log stays as the calling program has it"
