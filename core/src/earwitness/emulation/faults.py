"""A fault script says which calls go wrong, and how: what a vendor's bad day looks like, on demand.

[[fault]]
operation = "submit"      # the emulator's name of a call; "*" is every call
kind = "status"
value = 503
times = 2                 # the first two calls; without it once; "times = 0" never ends

[[fault]]
operation = "fetch"
kind = "delay"
value = 3.5               # seconds of the emulator's clock
first = 2                 # from the second call on
"""

import threading
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .._names import nearest
from .._wrongs import wrongs
from ..errors import ConfigurationError

__all__ = ["ANY", "Fault", "FaultKind", "Faults"]

FaultKind = Literal["status", "delay", "cut", "garbage", "drop", "lost", "answer", "stream_cut"]
"""`status`: answer with this bare HTTP status (a number, or a table of `status`, `headers`, `body`), without acting.
`delay`: wait `value` seconds, then act. `cut`: act, send the first `after` bytes of the answer (half, where that is 0),
close. `garbage`: act, and answer with JSON that is broken, or with the text in `value`. `drop`: close without acting.
`lost`: act, and close without an answer. `answer`: the vendor's own refusal of the code in `value`. `stream_cut`: end a
live connection after so many messages (`after`), or seconds of audio where `value` is "seconds"."""

ANY = "*"
_KINDS: tuple[str, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: from the `first` matching call on (counted from 1), `times` calls (None: for ever).

    Calls are counted from when the fault was added. `after` is in bytes, messages or seconds, by kind. Raises
    ConfigurationError for a kind that does not exist or a number that cannot be.
    """

    operation: str
    kind: FaultKind
    value: object = None
    first: int = 1
    times: int | None = 1
    after: float = 0

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            meant = nearest(str(self.kind), _KINDS)
            raise ConfigurationError(
                f"There is no fault of the kind {str(self.kind)[:40]!r}",
                action=f"Did you mean {meant}?" if meant else f"Use one of: {', '.join(_KINDS)}.",
            )
        if not _sound(self.kind, self.value):
            raise ConfigurationError(
                f"The fault {self.operation}/{self.kind} has a value that means nothing",
                action="status takes an HTTP status, delay a number of seconds, answer a code of the vendor.",
            )
        if self.first < 1 or self.after < 0 or (self.times is not None and self.times < 1):
            raise ConfigurationError(
                f"The fault {self.operation}/{self.kind} has a number below its least",
                action="first and times begin at 1 (times = 0 in a file: for ever), after at 0.",
            )


class Faults:
    """The faults of one emulator and how often each has been met. Safe to use from several threads."""

    def __init__(self, script: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._entries = [_Entry(fault) for fault in script]

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The script in this TOML file. Raises ConfigurationError that names the place."""
        try:
            data = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConfigurationError(
                f"The fault script {path} cannot be read: {why}", action="Give a TOML file with [[fault]] tables."
            ) from None
        return cls.of(data, place=str(path))

    @classmethod
    def of(cls, data: dict[str, Any], *, place: str = "The fault script") -> Self:
        """The script in plain data of the file's shape. Raises ConfigurationError that names each wrong key."""
        try:
            file = _File.model_validate(data)
        except ValidationError as error:
            raise ConfigurationError(f"{place} is wrong: {wrongs(error, _File)}") from None
        return cls(table.made() for table in file.fault)

    def add(self, fault: Fault) -> None:
        """Adds a fault; its calls are counted from now on."""
        with self._lock:
            self._entries.append(_Entry(fault))

    def clear(self) -> None:
        """Forgets every fault: from now on all goes well."""
        with self._lock:
            self._entries.clear()

    def take(self, operation: str) -> Fault | None:
        """Counts one call of this operation, and says what goes wrong with it: the first that is due in the script."""
        if not self._entries:
            return None
        with self._lock:
            due = [entry.fault for entry in self._entries if entry.meets(operation)]
        return due[0] if due else None


def _sound(kind: str, value: object) -> bool:
    match kind:
        case "status":
            status = value.get("status") if isinstance(value, dict) else value
            return isinstance(status, int) and 200 <= status <= 599
        case "delay":
            return isinstance(value, int | float) and 0 <= value < float("inf")
        case "answer":
            return isinstance(value, str) and bool(value)
    return True


class _Entry:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0

    def meets(self, operation: str) -> bool:
        if self.fault.operation not in (ANY, operation):
            return False
        self._seen += 1
        last = None if self.fault.times is None else self.fault.first + self.fault.times - 1
        return self._seen >= self.fault.first and (last is None or self._seen <= last)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str = Field(min_length=1)
    kind: str
    value: Any = None
    first: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=0)
    after: float = Field(default=0, ge=0)

    def made(self) -> Fault:
        kind: Any = self.kind
        return Fault(self.operation, kind, self.value, self.first, self.times or None, self.after)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: tuple[_Table, ...] = ()
