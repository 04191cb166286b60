"""Tables of words and readings are data: files beside the code, read once and hashed into a profile's digest."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

__all__ = ["pairs", "several", "table"]


def table(package: str, name: str = "tables.toml") -> Mapping[str, Any]:
    """All data of one file of this package."""
    return tomllib.loads((files(package) / name).read_text(encoding="utf-8"))


def several(data: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    """Each name with all that stands for it."""
    return {name: tuple(values) for name, values in data.items()}


def pairs(text: str) -> Mapping[str, str]:
    """What is written as `one=other`, parted by blanks."""
    return dict(pair.split("=") for pair in text.split())
