"""One name gives all the others: of the provider, its distribution, its import root and its classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec

from .._entrypoints import PROVIDERS, Found, scan
from ..errors import ConfigurationError

__all__ = ["Naming"]

_FORM = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 20


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of a new provider. Raises ConfigurationError for a name that cannot be, or that is taken.

    `name` is what a profile names: lower-case letters, digits and single underscores, at most 20 of them.
    """

    name: str

    def __post_init__(self) -> None:
        if len(self.name) > _LONGEST or not _FORM.fullmatch(self.name):
            raise ConfigurationError(f"A provider cannot be called {self.name[:80]!r}", action=_better(self.name))
        taken = next((one for one in scan(PROVIDERS) if one.name == self.name), None)
        if taken is not None:
            raise _taken(self.name, taken)
        if find_spec(self.package) is not None:
            raise ConfigurationError(
                f"There is already a package {self.package} on this Python's path", action="Choose another name."
            )

    @property
    def distribution(self) -> str:
        """What pip installs."""
        return f"earwitness-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return f"earwitness_{self.name}"

    @property
    def title(self) -> str:
        """What its classes begin with, and what the text calls it until somebody writes the vendor's own name."""
        return "".join(part[0].upper() + part[1:] for part in self.name.split("_"))


def _better(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:_LONGEST].strip("_")
    rule = f"Use lower-case letters, digits and single underscores, a letter first, at most {_LONGEST}."
    return f"{rule} Did you mean {plain}?" if _FORM.fullmatch(plain) else rule


def _taken(name: str, found: Found) -> ConfigurationError:
    return ConfigurationError(
        f"The provider {name} is installed already, by {found.origin.whose}", action="Choose another name."
    )
