"""Libraries of an extra, imported when they are needed, with the command that installs them where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import ConfigurationError

__all__ = ["extra"]


def extra(module: str, name: str) -> Any:
    """The module. Raises ConfigurationError naming the extra `name` of Earwitness that brings it."""
    try:
        return import_module(module)
    except ImportError:
        missing = module.partition(".")[0]
    raise ConfigurationError(
        f"This needs {missing}, which is not installed", action=f'Run: pip install "earwitness[{name}]"'
    )
