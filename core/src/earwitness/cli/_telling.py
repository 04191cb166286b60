"""What became of each recording, told in order: results to standard output, everything else to standard error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Accepted, EarwitnessError
from ..export import Exporter
from ..models import Notice
from ._errors import describe, explain, explain_bug, note, stop_document
from ._exit import BUG
from ._inputs import Input
from ._output import as_json, say
from ._progress import Bars
from ._state import State

__all__ = ["LOOK_FIRST", "Outcome", "Telling", "tell_again"]

LOOK_FIRST = "Look in the vendor's console before you submit again."
"""What to do about a submission whose answer is not known."""


@dataclass(slots=True)
class Outcome:
    """What is still needed of one input's result: nothing of the transcript once it is in its file.

    `lost` is what the format has no place for, `aside` what else people should know.
    """

    error: Exception | None = None
    text: str = field(default="", repr=False)
    document: Any = field(default=None, repr=False)
    notices: tuple[Notice, ...] = ()
    silent: bool = False
    lost: tuple[str, ...] = ()
    aside: str = ""


class Telling:
    """Tells outcome after outcome in the order of the inputs, and in the end all of them to a machine.

    `told_in_log` says that the log has already told what was dropped from the request.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        targets: Sequence[Path | None],
        exporter: Exporter,
        state: State,
        bars: Bars,
        *,
        told_in_log: bool,
    ) -> None:
        self._inputs, self._targets, self._exporter = inputs, targets, exporter
        self._state, self._bars, self._told_in_log = state, bars, told_in_log
        self._documents: list[dict[str, Any]] = []
        self._printed = False
        self._lost: set[str] = set()
        self._code = 0

    def next(self, outcome: Outcome) -> None:
        """Tells the outcome of the input whose turn it is."""
        number = len(self._documents)
        self._documents.append(self._document(number, outcome))
        with self._bars.aside():
            code = self._tell(number, outcome)
        self._code = self._code or code
        self._lost |= set(outcome.lost)

    def rest(self, outcomes: Sequence[Outcome | None], accepted: Callable[[int], Accepted]) -> None:
        """Tells what is left when the run was stopped; None stands for an input that has no outcome.

        `accepted` says of such an input whether the vendor has taken it.
        """
        for number in range(len(self._documents), len(outcomes)):
            outcome = outcomes[number]
            if outcome is not None:
                self.next(outcome)
            else:
                stopped = {**stop_document(self._state), "message": "Not transcribed: the run was stopped."}
                stopped["accepted"] = accepted(number)
                if stopped["accepted"] == "unknown":
                    stopped["action"] = LOOK_FIRST
                self._documents.append({"input": self._inputs[number].name, "error": stopped})
        self.end()

    def end(self) -> int:
        """Tells once what the format could not hold, prints the document for machines, if one is wanted, and gives the
        exit code: that of the first failure.
        """
        if self._lost:
            *most, last = sorted(self._lost)
            told = f"{', '.join(most)} and {last}" if most else last
            note(f"{self._exporter.name} has no place for {told}; json keeps everything.", self._state)
        if self._state.json:
            say(as_json({"results": self._documents}, indent=2) + "\n")
        return self._code

    def _tell(self, number: int, outcome: Outcome) -> int:
        """Tells one outcome to people and gives its exit code."""
        name, state = self._inputs[number].name, self._state
        if isinstance(outcome.error, EarwitnessError):
            return explain(outcome.error, state, about=name)
        if outcome.error is not None:
            code = explain_bug(outcome.error, state, about=name)
            if outcome.aside:
                note(outcome.aside, state, about=name)
            return code
        for notice in outcome.notices:
            if notice.kind != "dropped" or not self._told_in_log:
                note(notice.message, state, about=name)
        if outcome.aside:
            note(outcome.aside, state, about=name)
        if outcome.silent:
            note("no speech was heard.", state, about=name)
        if self._targets[number] is None and not state.json:
            say(self._headed(number, outcome.text) if len(self._inputs) > 1 else outcome.text)
        return 0

    def _headed(self, number: int, text: str) -> str:
        gap = "\n" if self._printed else ""
        self._printed = True
        return f"{gap}==> {self._inputs[number].shown} <==\n{text}"

    def _document(self, number: int, outcome: Outcome) -> dict[str, Any]:
        """One outcome for machines."""
        told: dict[str, Any] = {"input": self._inputs[number].name}
        if self._inputs[number].again:
            told["also_named"] = list(self._inputs[number].again)
        target = self._targets[number]
        if isinstance(outcome.error, EarwitnessError):
            told["error"] = describe(outcome.error)
        elif outcome.error is not None:
            told["error"] = {"kind": "bug", "message": type(outcome.error).__name__, "exit_code": BUG}
            if outcome.aside:
                told["error"]["action"] = outcome.aside
        elif target is not None:
            told |= {"output": str(target), "format": self._exporter.name}
            if outcome.lost:
                told["lost"] = list(outcome.lost)
        else:
            told["transcript"] = outcome.document
        return told


def tell_again(inputs: Sequence[Input], state: State) -> None:
    """Tells which inputs were named more than once: each is heard, and paid for, once."""
    for one in inputs:
        for again in one.again:
            if again == one.name:
                note(f"{one.shown} was given more than once and is heard once.", state)
            else:
                note(f"{again} is the same recording as {one.shown} and is heard once.", state)
