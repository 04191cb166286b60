"""Who wins where several places say something: the one table of it, from which the documentation's is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ._config_files import CONFIG_NAME, VARIABLE
from ._overrides import PREFIX

__all__ = ["CHOICE", "PRECEDENCE", "Source"]

CHOICE = "EARWITNESS_PROFILE"
"""The variable that chooses the profile."""


class Source(NamedTuple):
    """A place that may say something: its short name, and what a person writes there."""

    name: str
    told: str


_CALL = "call"
_PROJECT = Source("project", f"`{CONFIG_NAME}` in the current folder")
_USER = Source("user", f"`{CONFIG_NAME}` in the user's configuration folder")

PRECEDENCE: Mapping[str, tuple[Source, ...]] = {
    "The files that are read": (
        Source(_CALL, "`--config FILE`, or `config=` in Python"),
        Source("variable", f"`{VARIABLE}`"),
        Source("files", f"`{CONFIG_NAME}` in the current folder and in the user's configuration folder, both"),
    ),
    "The profile": (
        Source(_CALL, "`--profile NAME`, or the argument of `open` and `connect`"),
        Source("choice", f"`{CHOICE}`"),
        Source("variable", f"`{PREFIX}DEFAULT_PROFILE`"),
        Source("project", f"`default_profile` in {_PROJECT.told}"),
        Source("user", f"`default_profile` in {_USER.told}"),
        Source("only", "the only configured profile, else the only installed provider"),
    ),
    "A provider's setting": (
        Source(_CALL, "`settings=` in Python"),
        Source("variable", f"`{PREFIX}PROFILES__NAME__SETTINGS__KEY`"),
        _PROJECT,
        _USER,
        Source("default", "the provider's default"),
    ),
    "An option of the request": (
        Source(_CALL, "the command's option, or the call's argument"),
        Source("variable", f"`{PREFIX}PROFILES__NAME__REQUEST__OPTION`"),
        _PROJECT,
        _USER,
        Source("default", "the vendor's own default"),
    ),
}
"""For each matter the places that decide it, the strongest first."""
