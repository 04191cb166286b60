"""The work behind `providers --can`: who can do what, from declared data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from .._discovery import SCRIPTED, examine_all
from .._wishes import Answer, answers, wish_of
from ..errors import UnsupportedFeatureError
from ._exit import CODES
from ._log import silenced
from ._output import as_json, say
from ._state import State
from ._table import columns

__all__ = ["tell_who_can"]


def tell_who_can(words: Iterable[str], *, hours: float | None, megabytes: float | None, state: State) -> int:
    """Prints what each service says to the question. `scripted`, which hears nothing, is not asked."""
    wish = wish_of(words, hours=hours, megabytes=megabytes)
    with silenced():
        examined = [one for one in examine_all() if one.found.name != SCRIPTED]
    found = answers(wish, examined)
    if state.json:
        told = {"answers": [{**asdict(one), "can": one.can} for one in found]}
        say(as_json(told, indent=2) + "\n")
    else:
        say(columns(("PROVIDER", "SERVICE", "CAN", "WHY"), map(_cells, found)))
    return 0 if any(one.can for one in found) else CODES[UnsupportedFeatureError]


def _cells(one: Answer) -> tuple[str, ...]:
    return one.provider, one.service, "yes" if one.can else "no", "; ".join(one.lacks or one.notes)
