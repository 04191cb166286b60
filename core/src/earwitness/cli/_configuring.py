"""The work behind `config` and `profiles`."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from .._checking import Checkup, Mistake, Row
from .._checking import check as checked
from .._config_files import VARIABLE, places
from .._overrides import PREFIX
from .._precedence import CHOICE
from ..config import load_config
from ..errors import ConfigurationError
from ._errors import note
from ._exit import CODES
from ._log import silenced
from ._output import as_json, complain, on_one_line, say
from ._state import State
from ._table import columns

__all__ = ["check", "list_profiles", "mistake_line", "paths", "schema"]

_CHOICES = (VARIABLE, CHOICE)


def check(path: str | None, state: State) -> int:
    """Prints each mistake, and gives the exit code of a wrong configuration if there is one."""
    with silenced():
        found = checked(path)
    if state.json:
        told = {"ok": not found.mistakes, "mistakes": list(map(_document, found.mistakes)), "notes": found.notes}
        say(as_json(told, indent=2) + "\n")
    else:
        say("".join(f"{on_one_line(mistake_line(one))}\n" for one in found.mistakes) or _all_good(path))
        for one in found.notes:
            note(one, state)
    return CODES[ConfigurationError] if found.mistakes else 0


def paths(path: str | None, state: State) -> int:
    """Prints where configuration is looked for, and what of it is there."""
    files = [
        {"file": os.path.abspath(one.path), "whose": one.role, "there": os.path.lexists(one.path)}
        for one in places(path)
    ]
    variables = sorted(name for name in os.environ if name in _CHOICES or name.upper().startswith(PREFIX))
    if state.json:
        say(as_json({"files": files, "variables": variables}, indent=2) + "\n")
        return 0
    rows = [(str(one["file"]), str(one["whose"]), _state(str(one["file"]))) for one in files]
    rows += [(name, "environment", "set") for name in variables]
    say(columns(("PLACE", "WHOSE", ""), rows))
    return 0


def _state(file: str) -> str:
    try:
        os.lstat(file)
    except PermissionError:
        return "out of reach"
    except OSError:
        return "not there"
    return "read"


def schema() -> int:
    """Prints the JSON Schema of the file."""
    from .._schema import config_schema, installed_settings

    with silenced():
        say(as_json(config_schema(installed_settings()), indent=2) + "\n")
    return 0


def list_profiles(path: str | None, state: State) -> int:
    """Prints a row for each profile. One with a problem is a row of its own and no failure of the listing.

    Raises ConfigurationError for a file that cannot be read.
    """
    with silenced():
        found = checked(path)
    if not found.rows:
        # What is wrong with a file that has none is an error, and not a list.
        load_config(path)
    rows = [_row(one, found) for one in found.rows]
    beside = [one for one in found.mistakes if not any(row.owns(one) for row in found.rows)]
    if state.json:
        told = {"default": found.config.default_profile, "profiles": rows, "mistakes": list(map(_document, beside))}
        say(as_json(told, indent=2) + "\n")
        return 0
    if rows:
        say(columns(("NAME", "PROVIDER", "DEFAULT", "FILE", "PROBLEM"), map(_cells, rows)))
    else:
        note("No profile is configured; each installed provider stands for itself.", state)
    for one in beside:
        complain(mistake_line(one))
    return 0


def mistake_line(one: Mistake) -> str:
    """The mistake as one sentence with its place and what to do."""
    # The message of a file that cannot be read names it already.
    named = not one.key and str(one.file) in one.message
    place = [_place(one)] if one.file and not named else []
    told = ": ".join(filter(None, [*place, _keyed(one.key, one.message)]))
    return f"{told}{'' if told.endswith(('.', '?')) else '.'} {one.action or ''}".rstrip()


def _place(one: Mistake) -> str:
    return f"{one.file}, line {one.line}" if one.line else str(one.file)


def _keyed(key: str, message: str) -> str:
    """Key and reason as one sentence."""
    return (
        f"{key} {message}" if key and message.startswith(("is ", "must ")) else ": ".join(filter(None, [key, message]))
    )


def _row(row: Row, found: Checkup) -> dict[str, Any]:
    problem = next((one for one in found.mistakes if row.owns(one)), None)
    return {
        "name": row.name,
        "provider": row.provider or None,
        "default": row.name == found.config.default_profile or len(found.rows) == 1,
        "file": str(row.file) if row.file else None,
        "problem": None if problem is None else _told(problem),
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    file = row["file"] or "environment"
    return row["name"], row["provider"] or "", "yes" if row["default"] else "", file, row["problem"] or ""


def _told(one: Mistake) -> str:
    return _keyed(one.key.removeprefix(f"profiles.{one.profile}."), one.message)


def _document(one: Mistake) -> dict[str, Any]:
    found = {**asdict(one), "file": str(one.file) if one.file else None}
    return {name: value for name, value in found.items() if value}


def _all_good(path: str | None) -> str:
    there = [str(one.path) for one in places(path) if os.path.exists(one.path)]
    return f"{' and '.join(there)}: everything is right.\n" if there else "There is no configuration file.\n"
