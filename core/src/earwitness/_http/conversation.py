"""Drives one exchange: sends what it yields, tells it what came back, repeats within one budget what may be."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic, TypeVar

from .._clock import Clock, VendorClocks
from .._foreign import where
from ..errors import ClockSkewError, EarwitnessError, PluginError
from ..exchange import Auth, Exchange, HttpCall, HttpReply
from .pacing import Pacer
from .retry import Attempts, Retries

__all__ = ["Conversation", "Send"]

T = TypeVar("T")
R = TypeVar("R")
Send = Callable[[HttpCall, int], Awaitable[HttpReply | EarwitnessError]]
"""Sends a signed call at its n-th attempt. A failure is returned, not raised: a traceback would show what was sent."""


class Conversation(Generic[T]):
    """One operation. `send` does one try; everything about repeating is here."""

    __slots__ = (
        "_ahead",
        "_attempts",
        "_auth",
        "_clock",
        "_clocks",
        "_crossed",
        "_last",
        "_make",
        "_open",
        "_pacer",
        "_retries",
        "_send",
        "_skewed",
    )

    def __init__(
        self,
        make: Callable[[], Exchange[T]],
        auth: Auth | None,
        send: Send,
        retries: Retries,
        clock: Clock,
        clocks: VendorClocks,
        pacer: Pacer,
    ) -> None:
        self._make, self._auth, self._send = make, auth, send
        self._retries, self._clock, self._clocks, self._pacer = retries, clock, clocks, pacer
        self._attempts: Attempts = retries.begin()
        self._skewed = False
        self._ahead = timedelta()
        self._last: tuple[HttpCall, HttpReply] | None = None
        self._open = False
        """An unrepeatable call went out and may have been accepted; only the exchange can tell."""
        self._crossed = False
        """The exchange went on after such a call: what fails now says nothing about that one."""

    async def run(self) -> T:
        """What the exchange returns. Raises EarwitnessError: the last one, with the type it came with."""
        while True:
            try:
                result = await self._once()
            except EarwitnessError as error:
                wait = self._wait_before_rerun(error)
                if wait is None:
                    raise
            else:
                self._retries.succeeded()
                return result
            if wait:
                await self._clock.sleep(wait)

    async def _once(self) -> T:
        self._open = self._crossed = False
        exchange: Exchange[T] = self._guarded(self._make)
        resume: Callable[..., HttpCall] = exchange.send
        told: Any = None
        try:
            while True:
                call = _checked(self._guarded(resume, told))
                self._crossed = self._open
                told = await self._delivered(call)
                resume = exchange.throw if isinstance(told, EarwitnessError) else exchange.send
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            _close(exchange)

    async def _delivered(self, call: HttpCall) -> HttpReply | EarwitnessError:
        """The reply, or the failure that remains when the attempts are used up."""
        while True:
            # Before it is signed: a signature ages.
            await self._pacer.turn(call.operation)
            signed = self._signed(call)
            self._open = self._crossed or not call.repeatable
            outcome = await self._send(signed, self._attempts.number)
            if isinstance(outcome, HttpReply):
                self._last = signed, outcome
                return outcome
            self._open = self._crossed or (not call.repeatable and outcome.accepted != "no")
            wait = self._attempts.wait_before_next(outcome)
            if wait is None:
                return outcome
            await self._clock.sleep(wait)

    def _signed(self, call: HttpCall) -> HttpCall:
        if self._auth is None:
            return call
        self._ahead = self._clocks.ahead(call.url)
        return self._guarded(self._auth.sign, call, self._clocks.now(self._ahead))

    def _wait_before_rerun(self, error: EarwitnessError) -> float | None:
        if self._crossed and error.accepted == "no":
            error.accepted = "unknown"
        if isinstance(error, ClockSkewError):
            return 0.0 if self._clock_corrected(error) else None
        return self._attempts.wait_before_next(error)

    def _clock_corrected(self, error: ClockSkewError) -> bool:
        if self._last is not None and not self._skewed and error.accepted == "no":
            call, reply = self._last
            self._skewed = True
            if self._clocks.learn(call.url, reply, used=self._ahead) and self._attempts.spend():
                return True
        error.retryable = False
        error.action = error.action or "Set this machine's clock."
        return False

    def _guarded(self, step: Callable[..., R], *args: Any) -> R:
        """The result of a step of the provider's own code, whose bugs become a PluginError that shows no values."""
        try:
            return step(*args)
        except (StopIteration, EarwitnessError):
            raise
        except Exception as error:  # any bug of a provider
            fault = _fault(error, maybe_accepted=self._open)
        # Outside of the handler, so that no context with the vendor's data in its text hangs on it.
        raise fault


def _checked(call: Any) -> HttpCall:
    if isinstance(call, HttpCall):
        return call
    raise PluginError(
        f"An exchange yields HttpCall, not {type(call).__name__}",
        action="Report this to the provider's authors.",
    )


def _fault(error: Exception, *, maybe_accepted: bool) -> PluginError:
    return PluginError(
        f"The provider's own code failed with {where(error)}",
        action="Report this to the provider's authors.",
        accepted="unknown" if maybe_accepted else "no",
    )


def _close(exchange: Exchange[Any]) -> None:
    # An exchange that yields in `finally` breaks its contract; a cancellation must stay one all the same.
    with suppress(Exception):
        exchange.close()
