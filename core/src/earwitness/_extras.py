"""Libraries of an extra, imported when they are needed, with the command that installs them where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import ConfigurationError

__all__ = ["extra"]


def extra(module: str, name: str, *, what: str = "This", library: str = "") -> Any:
    """The module. Raises ConfigurationError naming the extra `name` of Earwitness that brings it.

    `what` needs it, and `library` is what people call it, where that is not the module's own name.
    """
    root = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError) or error.name not in (root, module):
            raise ConfigurationError(
                f"{library or root} is installed and cannot be loaded: {error}",
                action=f'Run: pip install --force-reinstall "earwitness[{name}]"',
            ) from error
    raise ConfigurationError(
        f"{what} needs {library or root}, which is not installed", action=f'Run: pip install "earwitness[{name}]"'
    )
