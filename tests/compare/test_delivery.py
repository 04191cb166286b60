"""What was asked for and what came is counted first, with our own faults apart from the vendor's."""

from __future__ import annotations

import pytest

from earwitness import errors
from earwitness.compare.corpus import Corpus, Delivery, Entrant, Result, Timing, Utterance
from earwitness.compare.delivery import POLICY, delivery_of, kind_of, result_of, tally
from earwitness.models import Transcript


@pytest.mark.parametrize(
    ("kind", "whose"),
    [
        (errors.AuthenticationError, "refused"),
        (errors.PermissionDeniedError, "refused"),
        (errors.QuotaExhaustedError, "refused"),
        (errors.RateLimitedError, "refused"),
        (errors.UnsupportedFeatureError, "refused"),
        (errors.AudioTooLargeError, "refused"),
        (errors.PluginError, "refused"),
        (errors.UnavailableError, "failed"),
        (errors.DeadlineError, "failed"),
        (errors.OutcomeUnknownError, "failed"),
        (errors.JobFailedError, "failed"),
        (errors.ResultExpiredError, "failed"),
        (errors.ProtocolError, "failed"),
    ],
)
def test_our_own_faults_are_not_the_vendors(kind: type[errors.EarwitnessError], whose: Delivery) -> None:
    """A wrong key, an empty account or a request that the vendor does not take says nothing about its quality."""
    assert delivery_of(kind("x")) == whose
    assert result_of("u", kind("x")) == Result("u", whose, error=kind.__name__)


def test_a_plugins_error_has_the_name_of_ours() -> None:
    """Kinds are countable over vendors: a vendor's own class counts as the class of ours that it descends from."""

    class OddError(errors.UnavailableError):
        pass

    assert (kind_of(OddError("x")), kind_of(ValueError("x"))) == ("UnavailableError", "ValueError")


def test_everything_asked_is_counted_once() -> None:
    """The counts add up to what was asked, and what has no result at all is missing, never left out."""
    corpus = Corpus({id: Utterance(id, Transcript()) for id in "abcdefg"})
    results = [
        Result("a", "delivered", Transcript(), timing=Timing(tries=3)),
        Result("b", "empty", Transcript(), timing=Timing()),
        Result("c", "failed", error="UnavailableError", timing=Timing(tries=2)),
        Result("d", "failed", error="DeadlineError"),
        Result("e", "refused", error="QuotaExhaustedError"),
        Result("f", "failed", error="DeadlineError"),
    ]
    found = tally(corpus, Entrant("x", {one.id: one for one in results}))
    parts = (found.delivered, found.empty, found.failed, found.refused, found.missing)
    assert parts == (1, 1, 3, 1, 1) and sum(parts) == found.asked == 7
    assert (found.retried, found.submissions, found.complete) == (2, 6, False)
    assert next(iter(found.errors.items())) == ("DeadlineError", 2)


def test_the_policy_names_every_delivery() -> None:
    """What is printed with the counts explains each of their names."""
    assert all(name in POLICY.lower() for name in ("empty", "failed", "refused", "missing", "deleted"))
