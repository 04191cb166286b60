"""One budget of attempts for a whole operation, and one budget of retries for all of them together.

A retry is spent by a lost connection and by a vendor's refusal alike, in two places of one conversation. tenacity wraps
one callable, its waits draw from the global `random`, and every one of its strategies would be ours; what would be left
of it is the `while`, at 18 us a call. So the rules are here, as plain arithmetic without sleeping.

Source of the figures: botocore's standard mode (botocore/retries/standard.py, quota.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import random as system_random

from ..errors import ConfigurationError, DeadlineError, EarwitnessError

__all__ = ["Attempts", "Retries", "RetryPolicy"]

RETRY_COST = 5
DEADLINE_COST = 10
SUCCESS_REFUND = 1


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how soon a call is repeated. Times are in seconds. Raises ConfigurationError for what cannot be.

    `attempts` counts the first try. The wait before retry i (from 0) is drawn evenly from 0 to min(2^i,
    `backoff_cap_s`), after what the vendor asked for; a vendor that asks for more than `retry_after_cap_s` ends the
    operation. `tokens` is the budget of all retries of one transport: a retry takes 5, one after a time-out 10, a
    success gives 1 back.
    """

    attempts: int = 3
    backoff_cap_s: float = 20.0
    retry_after_cap_s: float = 60.0
    tokens: int = 500

    def __post_init__(self) -> None:
        if self.attempts < 1 or min(self.backoff_cap_s, self.retry_after_cap_s, self.tokens) < 0:
            raise ConfigurationError(
                "A retry policy needs at least one attempt and no negative times or tokens",
                action="Use attempts=1 to switch retries off.",
            )


class Retries:
    """What all operations of one transport share: the policy and the tokens left."""

    def __init__(self, policy: RetryPolicy, random: Callable[[], float] = system_random) -> None:
        self.policy = policy
        self.tokens = policy.tokens
        self.random = random

    def begin(self) -> "Attempts":
        """The attempts of one new operation."""
        return Attempts(self)

    def succeeded(self) -> None:
        """Gives back a token: a vendor that answers may be asked again."""
        if self.tokens < self.policy.tokens:
            self.tokens += SUCCESS_REFUND

    def take(self, error: EarwitnessError) -> bool:
        """Pays for one retry after this error, if there are tokens enough."""
        cost = DEADLINE_COST if isinstance(error, DeadlineError) else RETRY_COST
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True


class Attempts:
    """The attempts of one operation. Once it has given up it stays so, whatever fails afterwards."""

    __slots__ = ("_given_up", "_retries", "number")

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._given_up = False
        self.number = 1

    def wait_before_next(self, error: EarwitnessError) -> float | None:
        """Seconds to wait before the next attempt, which is hereby spent; None when there is none after this error."""
        if not error.retryable or error.accepted != "no":
            return None
        asked = error.retry_after or 0.0
        if asked > self._retries.policy.retry_after_cap_s or not self.left or not self._retries.take(error):
            self._given_up = True
            return None
        wait = self._backoff()
        self.number += 1
        return asked + wait

    def spend(self) -> bool:
        """Takes one attempt without waiting or paying, for a cause that is now removed. False if none is left."""
        if not self.left:
            return False
        self.number += 1
        return True

    @property
    def left(self) -> bool:
        """Whether another attempt is allowed by count."""
        return not self._given_up and self.number < self._retries.policy.attempts

    def _backoff(self) -> float:
        # The exponent is bounded because a policy may allow thousands of attempts.
        highest = min(2.0 ** min(self.number - 1, 64), self._retries.policy.backoff_cap_s)
        return self._retries.random() * highest
