"""The work behind `config` and `profiles`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from .._checking import Mistake, mistakes, problem_of
from .._config_files import VARIABLE, places
from .._overrides import PREFIX
from .._precedence import CHOICE
from ..config import Config, load_config
from ..errors import ConfigurationError
from ._errors import note
from ._exit import CODES
from ._log import silenced
from ._output import on_one_line, say
from ._state import State
from ._table import columns

__all__ = ["check", "list_profiles", "mistake_line", "paths", "schema"]

_CHOICES = (VARIABLE, CHOICE)


def check(path: str | None, state: State) -> int:
    """Prints each mistake, and gives the exit code of a wrong configuration if there is one."""
    with silenced():
        found = mistakes(path)
    if state.json:
        told = {"ok": not found, "mistakes": [_document(one) for one in found]}
        say(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        say("".join(f"{on_one_line(mistake_line(one))}\n" for one in found) or _all_good(path))
    return CODES[ConfigurationError] if found else 0


def paths(path: str | None, state: State) -> int:
    """Prints where configuration is looked for, and what of it is there."""
    files = [
        {"file": os.path.abspath(one.path), "whose": one.role, "there": os.path.exists(one.path)}
        for one in places(path)
    ]
    variables = sorted(name for name in os.environ if name in _CHOICES or name.upper().startswith(PREFIX))
    if state.json:
        say(json.dumps({"files": files, "variables": variables}, ensure_ascii=False, indent=2) + "\n")
        return 0
    rows = [(str(one["file"]), str(one["whose"]), "read" if one["there"] else "not there") for one in files]
    rows += [(name, "environment", "set") for name in variables]
    say(columns(("PLACE", "WHOSE", ""), rows))
    return 0


def schema() -> int:
    """Prints the JSON Schema of the file."""
    from .._schema import config_schema, installed_settings

    with silenced():
        say(json.dumps(config_schema(installed_settings()), ensure_ascii=False, indent=2) + "\n")
    return 0


def list_profiles(path: str | None, state: State) -> int:
    """Prints a row for each profile. One with a problem is a row of its own and no failure of the listing."""
    config = load_config(path)
    with silenced():
        rows = [_row(name, config) for name in config.profiles]
    if state.json:
        told = {"default": config.default_profile, "profiles": rows}
        say(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif rows:
        say(columns(("NAME", "PROVIDER", "DEFAULT", "FILE", "PROBLEM"), map(_cells, rows)))
    else:
        note("No profile is configured; each installed provider stands for itself.", state)
    return 0


def mistake_line(one: Mistake) -> str:
    """The mistake as one sentence with its place and what to do."""
    # The message of a broken file begins with its name already.
    place = [str(one.file)] if one.file and not one.message.startswith(str(one.file)) else []
    told = ": ".join(filter(None, [*place, one.key, one.message]))
    return f"{told}{'' if told.endswith(('.', '?')) else '.'} {one.action or ''}".rstrip()


def _row(name: str, config: Config) -> dict[str, Any]:
    profile = config.profiles[name]
    problem = problem_of(profile)
    return {
        "name": name,
        "provider": profile.provider,
        "default": name == config.default_profile or len(config.profiles) == 1,
        "file": str(profile.path) if profile.path else None,
        "problem": None if problem is None else _told(problem),
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    file = row["file"] or "environment"
    return row["name"], row["provider"], "yes" if row["default"] else "", file, row["problem"] or ""


def _told(one: Mistake) -> str:
    key = one.key.removeprefix(f"profiles.{one.profile}.") if one.profile else one.key
    return f"{key}: {one.message}" if key else one.message


def _document(one: Mistake) -> dict[str, Any]:
    found = {**asdict(one), "file": str(one.file) if one.file else None}
    return {name: value for name, value in found.items() if value}


def _all_good(path: str | None) -> str:
    there = [str(one.path) for one in places(path) if os.path.exists(one.path)]
    return f"{' and '.join(there)}: everything is right.\n" if there else "There is no configuration file.\n"
