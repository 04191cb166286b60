"""Recording tasks and their life: waiting, doing, success or failure, and forgotten after a day (manual, 6.5)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from earwitness.emulation import Clock

from ._switches import TencentSwitches

__all__ = ["FAILURES", "Failure", "Outcome", "Task", "Tasks"]

WAITING, DOING, SUCCESS, FAILED = range(4)
STATUS_WORDS = ("waiting", "doing", "success", "failed")


@dataclass(frozen=True, slots=True)
class Failure:
    """How a failed task says so: the callback's number and the `ErrorMsg`."""

    code: int
    message: str


# By the reason of `UnheardError`. Only the text for a download is documented; clients must not read the others.
FAILURES = {
    "transcoding": Failure(10000, "Failed to transcode audio file!"),
    "recognition": Failure(10001, "Failed to recognize audio file!"),
    "short": Failure(10002, "Audio is too short!"),
    "long": Failure(10003, "Audio is too long!"),
    "large": Failure(10003, "Audio file is too large!"),
    "invalid": Failure(10004, "Invalid audio file!"),
    "other": Failure(10005, "Internal error!"),
    "channels": Failure(10006, "Number of channels does not match the request!"),
    "download": Failure(10007, "Failed to download audio file!"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: `Result`, `ResultDetail` and the length in ms, or why there are none."""

    text: str = field(default="", repr=False)
    detail: list[dict[str, Any]] | None = field(default=None, repr=False)
    duration_ms: int = 0
    failure: Failure | None = None


@dataclass(slots=True, eq=False)
class Task:
    """One task. `born` is when it was submitted, by the clock's seconds; `data` is what a finished one answers."""

    id: int
    born: float
    status: int = WAITING
    failure: Failure | None = None
    answers: int = 0
    data: bytes | None = field(default=None, repr=False)

    def end(self, outcome: Outcome, data: bytes) -> None:
        """Ends it. Only the answer is kept, because details of a day's tasks are large."""
        self.data, self.failure = data, outcome.failure
        self.status = FAILED if outcome.failure else SUCCESS

    def shown(self, switches: TencentSwitches) -> int:
        """The status that the next answer tells: behind the truth where so many answers must say less."""
        self.answers += 1
        if self.answers <= switches.waiting_answers:
            return WAITING
        if self.answers <= switches.waiting_answers + switches.doing_answers:
            return min(self.status, DOING)
        return self.status


class Tasks:
    """Every task that can be asked about. Ids count from the same number every day, so that they come back when
    they are free."""

    def __init__(self, clock: Clock, switches: TencentSwitches) -> None:
        self._clock, self._switches = clock, switches
        self._by_id: dict[int, Task] = {}
        self._day: date | None = None
        self._numbers: Iterator[int] = itertools.count(switches.first_task_id)

    def create(self) -> Task:
        """A new task. Its id is one that no task has any more."""
        now = self._clock.now()
        if self._switches.ids_repeat and self._day not in (None, now.date()):
            self._numbers = itertools.count(self._switches.first_task_id)
        self._day = now.date()
        self._forget()
        free = next(number for number in self._numbers if number not in self._by_id)
        # The newest stands last, so that the oldest ones are found at once.
        task = self._by_id[free] = Task(free, self._clock.monotonic())
        return task

    def find(self, task_id: int) -> Task | None:
        """The task with this id that can be asked about now."""
        task = self._by_id.get(task_id)
        if task is None:
            return None
        age = self._clock.monotonic() - task.born
        return task if self._switches.unknown_at_first_s <= age < self._switches.life_s else None

    def _forget(self) -> None:
        """Lets go of tasks whose day is over."""
        limit = self._clock.monotonic() - self._switches.life_s
        for task_id in list(itertools.takewhile(lambda one: self._by_id[one].born <= limit, self._by_id)):
            del self._by_id[task_id]
