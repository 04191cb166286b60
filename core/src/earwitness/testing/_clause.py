"""A clause is one numbered promise of the contract: data for the documentation, beside the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._foreign import where
from ..errors import EarwitnessError
from ..rest import brief

if TYPE_CHECKING:
    from ._subject import Subject

__all__ = ["Blocked", "Check", "Clause", "Unsupported", "clause", "raised"]

Check = Callable[["Subject"], Iterator[str]]
"""What is wrong with the subject, one sentence each; nothing where the clause holds."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise: its id (`A3`), what must be true, why, how to mend a failure, and the check itself."""

    id: str
    title: str
    why: str
    mend: str
    check: Check = field(repr=False)

    @property
    def test_name(self) -> str:
        """The name of its test in every contract class."""
        return f"test_{self.id}_{self.check.__name__}"


class Unsupported(Exception):  # noqa: N818  # an outcome, no error
    """The clause does not apply, by what the provider declares. The text says what it has not."""


class Blocked(Exception):  # noqa: N818  # an outcome, no error
    """The clause cannot be judged, because the clause with this id fails."""


def clause(id: str, title: str, *, why: str, mend: str) -> Callable[[Check], Clause]:
    """Makes a clause of the check below it."""
    return lambda check: Clause(id, title, " ".join(why.split()), " ".join(mend.split()), check)


def raised(error: BaseException) -> str:
    """An exception with the plugin's own line and its text: for where all data are the kit's.

    What is read from a recorded answer may quote what a person said: there `earwitness._foreign.where` is enough.
    """
    if isinstance(error, EarwitnessError):
        return f"{type(error).__name__}: {error}"
    text = brief(str(error))
    return f"{where(error)}: {text}" if text else where(error)
