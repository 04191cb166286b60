"""Where the configuration's files are, and what stands in them as plain data."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from ._contents import content, reason
from .errors import ConfigurationError

__all__ = ["CONFIG_NAME", "VARIABLE", "Place", "parsed", "places", "present", "read_text", "read_toml"]

CONFIG_NAME = "earwitness.toml"
VARIABLE = "EARWITNESS_CONFIG"
_LONGEST = 1024 * 1024
_PLAIN = {"Cannot overwrite a value": "this key has a value already"}
"""What the parser says less clearly than a person would."""


class Place(NamedTuple):
    """A file that may hold configuration. `role` says whose it is: `named`, `variable`, `project` or `user`."""

    path: Path
    role: str

    @property
    def told(self) -> str:
        """The file for a sentence, with who named it."""
        return "The configuration file" + (f" that {VARIABLE} names" if self.role == "variable" else "")

    @property
    def needed(self) -> bool:
        """Whether somebody named it, so that its absence is a mistake."""
        return self.role in ("named", "variable")


def places(path: str | Path | None = None) -> tuple[Place, ...]:
    """Where configuration is looked for, the weakest first; a named file replaces the others."""
    if path is not None:
        return (Place(Path(path), "named"),)
    if named := os.environ.get(VARIABLE):
        return (Place(Path(named), "variable"),)
    user, project = _user_folder() / CONFIG_NAME, Path(CONFIG_NAME)
    # Somebody who stands in the folder of the user's file has one file, not two.
    same = os.path.exists(project) and os.path.exists(user) and os.path.samefile(project, user)
    return (*(() if same else (Place(user, "user"),)), Place(project, "project"))


def present(path: str | Path | None = None) -> tuple[Place, ...]:
    """Those of these places that are read: where a file is, or where one must be."""
    return tuple(one for one in places(path) if one.needed or os.path.lexists(one.path))


def read_toml(place: Place) -> dict[str, Any]:
    """The file's content. Raises ConfigurationError with line and column where it is no TOML."""
    return parsed(read_text(place), place.path)


def read_text(place: Place) -> str:
    """The file's text, without a byte order mark. Raises ConfigurationError for what cannot be read."""
    path = place.path
    try:
        # Editors on Windows begin UTF-8 files with a byte order mark, which TOML does not allow.
        return content(path, longest=_LONGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}, line {line}: this is not UTF-8 text", action="Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        action = "create this one" if isinstance(error, FileNotFoundError) else "mend this one"
        raise ConfigurationError(
            f"{place.told}, {path}, cannot be read: {reason(error)}", action=f"Name another file, or {action}."
        ) from None


def parsed(text: str, path: Path) -> dict[str, Any]:
    """What this text of this file says. Raises ConfigurationError with line and column where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line, column = _position(str(error), text)
        raise ConfigurationError(
            f"{path}, line {line}, column {column}: {what}", action="Write it as TOML 1.0 (https://toml.io)."
        ) from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply", action="Flatten it.") from None


def _position(message: str, text: str) -> tuple[str, int, int]:
    """tomllib's message without its place, which only its text holds before Python 3.14; the end has no numbers."""
    what, _, place = message.rpartition(" (at ")
    if found := re.fullmatch(r"line (\d+), column (\d+)\)", place):
        return _PLAIN.get(what, what), int(found[1]), int(found[2])
    lines = text.split("\n")
    return what or message, len(lines), len(lines[-1]) + 1


def _user_folder() -> Path:
    """Where programs of this system keep their user's configuration (XDG Base Directory on Unix)."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or os.path.expanduser("~/AppData/Roaming")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or ""
        # "All paths must be absolute; a relative one is to be ignored."
        base = base if os.path.isabs(base) else os.path.expanduser("~/.config")
    return Path(base) / "earwitness"
