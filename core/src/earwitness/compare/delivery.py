"""Who delivered what was asked: counted before anything is scored, and our own faults apart from the vendor's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import errors
from .corpus import Corpus, Delivery, Entrant, Result

__all__ = ["OURS", "POLICY", "Tally", "delivery_of", "kind_of", "result_of", "tally"]

POLICY = (
    "Every utterance with a reference is scored for every entrant. Where nothing came (empty, failed, refused or "
    "missing) all its words count as deleted. Refused is what our side is the cause of (key, permission, quota, rate, "
    "request, audio, installation); failed is what the vendor is the cause of."
)
"""How what was not delivered is counted, in one sentence or three; printed with every comparison."""

OURS: tuple[type[errors.EarwitnessError], ...] = (
    errors.ConfigurationError,
    errors.AuthenticationError,
    errors.PermissionDeniedError,
    errors.InvalidRequestError,
    errors.BadAudioError,
    errors.QuotaExhaustedError,
    errors.RateLimitedError,
    errors.OutputError,
)
"""Kinds of errors that say something about our key, account, request, audio or machine, and nothing of the vendor."""


@dataclass(slots=True)
class Tally:
    """What became of what one entrant was asked; `delivered` to `missing` add up to `asked`.

    `retried` counts the utterances that took more than one submission, `submissions` all of them. `errors` counts the
    kinds of errors (class names of `earwitness.errors`).
    """

    asked: int = 0
    delivered: int = 0
    empty: int = 0
    failed: int = 0
    refused: int = 0
    missing: int = 0
    retried: int = 0
    submissions: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every utterance was answered, be it with nothing."""
        return self.delivered + self.empty == self.asked


def tally(corpus: Corpus, entrant: Entrant) -> Tally:
    """What became of each utterance of the corpus at this entrant."""
    found = [entrant.results.get(one.id) or Result(one.id, "missing") for one in corpus]
    counts: Counter[Delivery] = Counter(one.delivery for one in found)
    tries = [one.timing.tries for one in found if one.timing is not None]
    return Tally(
        len(found),
        counts["delivered"],
        counts["empty"],
        counts["failed"],
        counts["refused"],
        counts["missing"],
        sum(count > 1 for count in tries),
        sum(tries),
        dict(Counter(one.error for one in found if one.error is not None).most_common()),
    )


def delivery_of(error: BaseException) -> Delivery:
    """`refused` for what our side is the cause of, `failed` for everything else."""
    return "refused" if isinstance(error, OURS) else "failed"


def kind_of(error: BaseException) -> str:
    """The class of `earwitness.errors` that the error belongs to, by name; that of a bug is its own."""
    known = (one.__name__ for one in type(error).__mro__ if one.__module__ == errors.__name__)
    return next(known, type(error).__name__)


def result_of(id: str, error: BaseException) -> Result:
    """The result of an utterance that ended with this error."""
    return Result(id, delivery_of(error), error=kind_of(error))
