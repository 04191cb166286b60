"""A small REST vendor on loopback, for the provider in `shapes`: takes a job, says that it runs, says what it heard."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .vendors import Received, listening

__all__ = ["RestServer", "serving"]


@dataclass
class RestServer:
    """What the vendor was sent, and what it shall do: `refusals` are given to submissions in order, then it accepts."""

    url: str = ""
    refusals: list[int] = field(default_factory=list)
    ending: str = "done"
    uploads: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked: int = 0
    cancelled: list[str] = field(default_factory=list)
    drop_answers: bool = False
    down: bool = False

    def answer(self, one: Received) -> object:
        """The answer to this request."""
        match one.method:
            case "POST":
                return self._taken(one)
            case "DELETE":
                self.cancelled.append(one.path.rpartition("/")[2])
                return {}
        if self.down:
            return (503, {})
        self.asked += 1
        if self.asked < 3:
            return {"state": "working", "progress": self.asked / 4}
        return {"state": self.ending, "segments": [{"t": "as heard", "s": 0, "e": 900}]}

    def _taken(self, one: Received) -> object:
        self.uploads.append(one.media)
        self.keys.append(one.headers["x-key"])
        if self.drop_answers:
            return None
        refused = self.refusals.pop(0) if self.refusals else 0
        return (refused or 200, {"id": f"v{len(self.uploads)}"})


@contextmanager
def serving() -> Iterator[RestServer]:
    """A vendor at work on a free port."""
    vendor = RestServer()
    with listening(vendor.answer) as vendor.url:
        yield vendor
