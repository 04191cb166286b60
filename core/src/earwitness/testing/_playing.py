"""Runtimes of the kit: one plays replies to exchanges, one looks on while a real one works."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import EarwitnessError
from ..exchange import Auth, Exchange, HttpCall, HttpReply
from ..models import Transcript
from ..provider import Provider, Runtime, Submission
from ._declaration import Payload, body_of

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["NOW", "Conversation", "Dialogue", "Exhausted", "Player", "Worked", "play", "reply", "watched"]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""The time of every reply that the kit plays."""

T = TypeVar("T")


class Exhausted(BaseException):
    """The exchange made a further call after the last reply. No `except Exception` of a provider may swallow it."""


class Worked(BaseException):
    """The provider handed its engine over."""


@dataclass
class Conversation:
    """One exchange as it went: how to make it again, its calls as they were sent, the replies."""

    make: Callable[[], Exchange[Any]]
    calls: list[HttpCall] = field(default_factory=list)
    replies: list[HttpReply] = field(default_factory=list)


class Player:
    """Plays replies in order, one to each call, through all exchanges; nothing is sent or repeated."""

    def __init__(self, replies: Iterable[HttpReply] = ()) -> None:
        self._replies = list(replies)
        self.calls: list[HttpCall] = []
        self.signed: list[HttpCall] = []
        self.engine: Engine | None = None

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        """What the exchange returns. Raises Exhausted where it wants more replies than there are."""
        return play(make_exchange(), self._next, lambda call: self._sent(call, auth))

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        """Raises Worked: the engine is known then."""
        self.engine = engine
        raise Worked

    def _sent(self, call: HttpCall, auth: Auth | None) -> None:
        self.calls.append(call)
        self.signed.append(auth.sign(call, NOW) if auth else call)

    def _next(self) -> HttpReply:
        if not self._replies:
            raise Exhausted
        return self._replies.pop(0)


def play(exchange: Exchange[T], next_reply: Callable[[], HttpReply], sent: Callable[[HttpCall], None]) -> T:
    """What the exchange returns when it gets these replies."""
    try:
        call = next(exchange)
        while True:
            sent(call)
            call = exchange.send(next_reply())
    except StopIteration as stop:
        result: T = stop.value
        return result


def reply(body: Payload = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> HttpReply:
    """A vendor's reply, JSON unless told otherwise."""
    return HttpReply(status, {"content-type": "application/json", **(headers or {})}, body_of(body), NOW)


def watched(
    provider: type[Provider[Any]], conversations: list[Conversation], dialogues: list[Dialogue]
) -> type[Provider[Any]]:
    """The provider's class, with what it says through its runtime and its dialects written down."""

    def at_work(self: Any, settings: Any, runtime: Runtime) -> None:
        provider.__init__(self, settings, _Tap(runtime, conversations))

    def dialect(self: Any, submission: Submission) -> Any:
        made = provider.dialect(self, submission)
        if made is None:
            return None
        dialogues.append(Dialogue(submission))
        return (_ReadingErrors if hasattr(made, "meaning") else _Overheard)(made, dialogues[-1])

    names: dict[str, Any] = {"__init__": at_work, "__module__": provider.__module__, "__doc__": provider.__doc__}
    if provider.dialect is not Provider.dialect:
        names["dialect"] = dialect
    return type(provider.__name__, (provider,), names)


class _Tap:
    """A runtime in front of the real one."""

    def __init__(self, runtime: Runtime, conversations: list[Conversation]) -> None:
        self._runtime, self._conversations = runtime, conversations

    async def converse(self, make_exchange: Callable[[], Exchange[T]], auth: Auth | None = None) -> T:
        noted = Conversation(make_exchange)
        self._conversations.append(noted)
        return await self._runtime.converse(lambda: _noting(make_exchange(), noted), auth)

    async def in_worker(self, engine: Engine, submission: Submission) -> Transcript:
        return await self._runtime.in_worker(engine, submission)


def _noting(exchange: Exchange[T], noted: Conversation) -> Generator[HttpCall, HttpReply, T]:
    noted.calls.clear()
    noted.replies.clear()
    try:
        call = next(exchange)
        while True:
            noted.calls.append(call)
            got = yield call
            noted.replies.append(got)
            call = exchange.send(got)
    except StopIteration as stop:
        result: T = stop.value
        return result


@dataclass
class Dialogue:
    """One live connection: what made it, and the steps that both sides took, in order."""

    submission: Submission
    steps: list[tuple[str, Any]] = field(default_factory=list)


class _Overheard:
    """A dialect that writes down which methods were called; everything else of it stays as it is."""

    def __init__(self, dialect: Any, noted: Dialogue) -> None:
        self._dialect, self._noted = dialect, noted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def opened(self) -> Any:
        self._noted.steps.append(("opened", None))
        return self._dialect.opened()

    def audio(self, pcm: bytes) -> Any:
        self._noted.steps.append(("audio", pcm))
        return self._dialect.audio(pcm)

    def finish(self) -> Any:
        self._noted.steps.append(("finish", None))
        return self._dialect.finish()

    def received(self, frame: Any) -> Any:
        self._noted.steps.append(("received", frame))
        return self._dialect.received(frame)

    def dial(self, now: datetime) -> Any:
        dial = self._dialect.dial(now)
        self._noted.steps.append(("dial", dial))
        return dial


class _ReadingErrors(_Overheard):
    """One of a dialect that also reads errors; core looks for the method in the class."""

    def meaning(self, error: EarwitnessError) -> Any:
        return self._dialect.meaning(error)
