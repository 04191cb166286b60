"""The billing log says what a real account would have been billed for: one line of JSON for each charge."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ..errors import ConfigurationError, OutputError

__all__ = ["BillingLog", "Charge"]


@dataclass(frozen=True, slots=True)
class Charge:
    """One thing that a vendor bills. `token` is the vendor's id of the job or stream; `billed_seconds` are of audio."""

    time: datetime
    operation: str
    token: str
    billed_seconds: float


class BillingLog:
    """Every charge so far, also written to a file as it happens (readable by its owner only, added to if it exists).

    Safe to use from several threads. Raises ConfigurationError for a file that cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._charges: list[Charge] = []
        self._lock = threading.Lock()
        if path is not None:
            try:
                self._append("")
            except OSError as error:
                raise ConfigurationError(
                    f"The billing log {path} cannot be written: {error.strerror}", action="Name another file."
                ) from None

    @property
    def entries(self) -> tuple[Charge, ...]:
        """The charges of this run, in order."""
        with self._lock:
            return tuple(self._charges)

    def charge(self, *, time: datetime, operation: str, token: str, billed_s: float) -> None:
        """Adds one charge. Raises OutputError where the file cannot be written any more."""
        one = Charge(time, operation, token, billed_s)
        line = json.dumps({**asdict(one), "time": time.isoformat()}) + "\n"
        with self._lock:
            self._charges.append(one)
            try:
                self._append(line)
            except OSError as error:
                raise OutputError(
                    f"The billing log {self._path} could not be written: {error.strerror}", action="Make room for it."
                ) from None

    def _append(self, line: str) -> None:
        if self._path is None:
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line)
