"""The work behind `score`: files in, a table and files out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .._extras import extra
from ._errors import note
from ._output import as_json, require_output, say
from ._scores import shown
from ._scoring import scored
from ._state import State

if TYPE_CHECKING:
    from ..compare import Entrant, Scores

__all__ = ["Inputs", "score_files", "tell"]


class Inputs(NamedTuple):
    """The command's files, and the format they are said to be in."""

    references: str
    hypotheses: tuple[str, ...]
    format: str | None


def score_files(inputs: Inputs, out: str | None, given: Mapping[str, Any], state: State) -> int:
    """Scores the files, writes what is asked for, prints the table, and gives the exit code."""
    from ..compare import read_corpus, read_results

    require_output()
    if out is not None:
        extra("pyarrow", "compare")
    corpus = read_corpus(inputs.references, format=inputs.format, audio=False)
    entrants: list[Entrant] = []
    for one in inputs.hypotheses:
        name, path = _named(one)
        entrants.append(read_results(path, name=name, corpus=corpus, format=inputs.format))
    return tell(scored(corpus, entrants, **given), out, state, text=not given["no_text"])


def tell(scores: Scores, out: str | None, state: State, *, text: bool) -> int:
    """Writes the scores into the folder, if there is one, and prints them."""
    from ..compare.outputs import document, write

    written = write(scores, Path(out), text=text) if out is not None else []
    if state.json:
        say(as_json(document(scores), indent=2) + "\n")
        return 0
    say(shown(scores))
    if written:
        *others, last = (path.name for path in written)
        note(f"{', '.join(others)} and {last} are in {out}.", state)
    return 0


def _named(given: str) -> tuple[str | None, str]:
    """`NAME=PATH`, unless a file has just this name."""
    name, equals, path = given.partition("=")
    if not equals or not name or not path or Path(given).exists():
        return None, given
    return name, path
