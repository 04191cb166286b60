"""One budget of attempts a conversation, one of retries a transport; nothing that may be billed is sent twice."""

from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import errors
from earwitness._http.retry import Attempts, Retries, RetryPolicy
from earwitness._http.transport import Transport
from earwitness.exchange import Exchange, HttpCall, HttpReply, StreamBody
from earwitness.rest import status_error
from support.calls import BELOW, Source, Stamp, asking, call
from support.clocks import ManualClock
from support.loopback import closed_port, in_loop, play, raw, reply

LOST = raw(b"")
below = pytest.mark.parametrize("fast", BELOW)


def checked(made: HttpCall, *, submission: bool = False) -> Any:
    """An exchange that refuses every status but 200, as a REST provider does."""

    def exchange() -> Exchange[HttpReply]:
        answer = yield made
        if answer.status != 200:
            raise status_error(answer, operation=made.operation, submission=submission)
        return answer

    return exchange


@below
@in_loop
async def test_a_lost_call_is_sent_again_within_the_exchange(fast: bool) -> None:
    """A network failure re-sends the same call, not the calls before it, and signs it anew with the new time."""
    clock, stamp = ManualClock(), Stamp()
    async with (
        play(reply(200, b"1"), LOST, reply(200, b"2")) as server,
        aclosing(Transport(fast=fast, clock=clock)) as transport,
    ):
        got = await transport.converse(asking(call(f"{server.url}/first"), call(f"{server.url}/second")), auth=stamp)
    assert got.body == b"2"
    assert [seen.target for seen in server.seen] == ["/first", "/second", "/second"]
    assert [seen.headers["x-time"] for seen in server.seen] == [time.isoformat() for time in stamp.times]
    assert stamp.times[2] - stamp.times[1] == timedelta(seconds=clock.slept[0])


@below
@in_loop
async def test_losses_and_refusals_spend_one_budget(fast: bool) -> None:
    """Three attempts are three sent calls, however the network and the vendor take turns in failing."""
    async with (
        play(LOST, reply(503), LOST, reply(200)) as server,
        aclosing(Transport(fast=fast, clock=ManualClock())) as transport,
    ):
        with pytest.raises(errors.UnavailableError):
            await transport.converse(checked(call(server.url)))
        assert len(server.seen) == 3


@below
@in_loop
async def test_the_last_error_keeps_its_type(fast: bool) -> None:
    """What is raised in the end is the last failure as it came, not a wrapper."""
    async with (
        play(LOST, LOST, reply(429)) as server,
        aclosing(Transport(fast=fast, clock=ManualClock())) as transport,
    ):
        with pytest.raises(errors.RateLimitedError) as caught:
            await transport.converse(checked(call(server.url)))
        assert len(server.seen) == 3
    assert type(caught.value) is errors.RateLimitedError
    assert caught.value.vendor_code == "429"


@below
@in_loop
async def test_a_submission_that_was_refused_is_submitted_again(fast: bool) -> None:
    """An answer that says "not accepted, later" to an unrepeatable call is one that allows another attempt."""
    async with (
        play(reply(429), reply(429), reply(200, b"in")) as server,
        aclosing(Transport(fast=fast, clock=ManualClock())) as transport,
    ):
        got = await transport.converse(checked(call(server.url, repeatable=False), submission=True))
        assert (got.body, len(server.seen)) == (b"in", 3)


@pytest.mark.parametrize("act", [reply(500), reply(502), reply(504), reply(400), LOST, raw(b"nonsense\r\n\r\n")])
@below
@in_loop
async def test_a_submission_that_may_be_accepted_is_sent_once(fast: bool, act: Any) -> None:
    """Whatever leaves a submission's outcome open is never answered by sending it again."""
    async with play(act) as server, aclosing(Transport(fast=fast, clock=ManualClock())) as transport:
        with pytest.raises(errors.EarwitnessError) as caught:
            await transport.converse(checked(call(server.url, repeatable=False), submission=True))
        assert len(server.seen) == 1
    assert not caught.value.retryable


@below
@in_loop
async def test_a_submission_that_was_not_sent_is_sent_later(fast: bool) -> None:
    """A refused connection proves that nothing was accepted: all three attempts are made."""
    clock = ManualClock()
    async with aclosing(Transport(fast=fast, clock=clock)) as transport:
        with pytest.raises(errors.UnavailableError):
            await transport.converse(asking(call(f"http://127.0.0.1:{await closed_port()}", repeatable=False)))
    assert len(clock.slept) == 2


@below
@in_loop
async def test_what_fails_after_a_submission_does_not_submit_again(fast: bool) -> None:
    """Once an exchange has gone on after a submission, no later refusal runs it from the start."""

    def exchange() -> Exchange[HttpReply]:
        yield call(f"{server.url}/submit", repeatable=False)
        answer = yield call(f"{server.url}/look")
        raise status_error(answer, operation="look")

    async with (
        play(reply(200), reply(429)) as server,
        aclosing(Transport(fast=fast, clock=ManualClock())) as transport,
    ):
        with pytest.raises(errors.RateLimitedError) as caught:
            await transport.converse(exchange)
        assert [seen.target for seen in server.seen] == ["/submit", "/look"]
    assert caught.value.accepted == "unknown"


@below
@in_loop
async def test_a_body_is_opened_again_at_each_try(fast: bool) -> None:
    """Every attempt carries the whole body, from a source opened anew and closed after use."""
    source = Source(b"RIFF", b"", b"a" * 300_000, b"z")
    body = StreamBody(source, 300_005)
    async with (
        play(LOST, reply(503), reply(200)) as server,
        aclosing(Transport(fast=fast, clock=ManualClock())) as transport,
    ):
        await transport.converse(checked(call(server.url, body=body)))
    assert [seen.body for seen in server.seen] == [b"RIFF" + b"a" * 300_000 + b"z"] * 3
    assert (source.opened, source.closed) == (3, 3)
    assert {seen.headers["content-length"] for seen in server.seen} == {"300005"}
    assert not any("transfer-encoding" in seen.headers for seen in server.seen)


@below
@in_loop
async def test_the_vendors_wait_is_honoured(fast: bool) -> None:
    """Retry-After is waited for, with the jitter on top, so that those told the same do not return together."""
    clock = ManualClock()
    retries = Retries(RetryPolicy(), random=lambda: 0.5)
    async with (
        play(reply(429, b"", {"Retry-After": "7"}), reply(200)) as server,
        aclosing(Transport(fast=fast, clock=clock, retries=retries)) as transport,
    ):
        await transport.converse(checked(call(server.url)))
    assert clock.slept == [7.5]


@below
@in_loop
async def test_a_wait_beyond_the_cap_is_the_callers_to_decide(fast: bool) -> None:
    """A vendor that asks for an hour ends the operation at once, and the error tells the hour."""
    clock = ManualClock()
    async with (
        play(reply(503, b"", {"Retry-After": "3600"})) as server,
        aclosing(Transport(fast=fast, clock=clock)) as transport,
    ):
        with pytest.raises(errors.UnavailableError) as caught:
            await transport.converse(checked(call(server.url)))
        assert len(server.seen) == 1
    assert caught.value.retry_after == 3600
    assert clock.slept == []


@below
@in_loop
async def test_an_outage_costs_the_budget_and_no_more(fast: bool) -> None:
    """In an outage the retries end when the tokens do: from then on each operation is one call."""
    async with play(LOST) as server:
        async with aclosing(Transport(fast=fast, clock=ManualClock(), policy=RetryPolicy(tokens=50))) as transport:
            for _ in range(30):
                with pytest.raises(errors.UnavailableError):
                    await transport.converse(asking(call(server.url)))
        assert len(server.seen) == 30 + 10


def in_skew(clock: ManualClock, ahead_s: float, status: int = 200) -> Any:
    """An answer of a vendor whose clock is ahead."""

    async def act(line: Any) -> None:
        date = format_datetime(clock.now() + timedelta(seconds=ahead_s), usegmt=True)
        await reply(status, b"", {"Date": date})(line)

    return act


def refusing_skew(url: str) -> Any:
    """An exchange that reads 403 as a refused time."""

    def exchange() -> Exchange[HttpReply]:
        answer = yield call(url, repeatable=False)
        if answer.status == 403:
            raise errors.ClockSkewError("The signature's time is wrong")
        return answer

    return exchange


@below
@in_loop
async def test_a_wrong_clock_is_corrected_once_and_remembered(fast: bool) -> None:
    """The vendor's time is taken from its refusal; this call and every later one there are signed with it."""
    clock, stamp = ManualClock(), Stamp()
    start = clock.now()
    async with (
        play(in_skew(clock, 600, 403), reply(200)) as server,
        aclosing(Transport(fast=fast, clock=clock)) as transport,
    ):
        await transport.converse(refusing_skew(server.url), stamp)
        await transport.converse(refusing_skew(f"{server.url}/other"), stamp)
        await transport.converse(refusing_skew(server.url.replace("127.0.0.1", "localhost")), stamp)
    ahead = timedelta(seconds=600)
    assert stamp.times == [start, start + ahead, start + ahead, start]
    assert clock.slept == []


@pytest.mark.parametrize("ahead_s", [0, 600])
@below
@in_loop
async def test_a_refused_time_that_is_right_is_not_tried_for_ever(fast: bool, ahead_s: float) -> None:
    """With nothing to correct, or nothing gained by it, the refusal is raised, and no longer claims to be passing."""
    clock = ManualClock()
    async with (
        play(in_skew(clock, ahead_s, 403)) as server,
        aclosing(Transport(fast=fast, clock=clock)) as transport,
    ):
        with pytest.raises(errors.ClockSkewError) as caught:
            await transport.converse(refusing_skew(server.url), Stamp())
        assert len(server.seen) == (2 if ahead_s else 1)
    assert not caught.value.retryable


def test_the_wait_is_drawn_from_zero_to_a_doubling_bound() -> None:
    """Before retry i the wait is the random share of min(2^i, 20) seconds."""
    waits = {}
    for share in (0.0, 0.25, 1.0):
        retries = Retries(RetryPolicy(attempts=8), random=lambda share=share: share)  # type: ignore[misc]
        waits[share] = list(_waits(retries.begin()))
    assert waits[0.0] == [0] * 7
    assert waits[1.0] == [1, 2, 4, 8, 16, 20, 20]
    assert waits[0.25] == [wait / 4 for wait in waits[1.0]]


def test_a_deadline_costs_twice_and_a_success_gives_one_back() -> None:
    """500 tokens: 5 a retry, 10 after a time-out, 1 back for a success, and never more than at first."""
    retries = Retries(RetryPolicy())
    retries.succeeded()
    assert retries.tokens == 500
    retries.begin().wait_before_next(errors.UnavailableError("x"))
    assert retries.tokens == 495
    retries.begin().wait_before_next(errors.DeadlineError("x"))
    assert retries.tokens == 485
    retries.succeeded()
    assert retries.tokens == 486


def test_who_has_given_up_stays_so() -> None:
    """A time-out that the tokens cannot pay is not followed by a retry for what the provider made of it."""
    attempts = Retries(RetryPolicy(tokens=7)).begin()
    assert attempts.wait_before_next(errors.DeadlineError("x")) is None
    assert attempts.wait_before_next(errors.UnavailableError("x")) is None


@given(st.lists(st.sampled_from(["lost", "deadline", "refused", "ok"]), max_size=400), st.integers(0, 60))
def test_retries_never_exceed_what_the_tokens_pay(fates: list[str], tokens: int) -> None:
    """Over any history, what retries cost is at most the first tokens and one for each success."""
    retries = Retries(RetryPolicy(tokens=tokens))
    paid = successes = 0
    for fate in fates:
        if fate == "ok":
            successes += 1
            retries.succeeded()
            continue
        error = errors.DeadlineError("x") if fate == "deadline" else errors.UnavailableError("x")
        if retries.begin().wait_before_next(error) is not None:
            paid += 10 if fate == "deadline" else 5
        assert 0 <= retries.tokens <= tokens
        assert paid <= tokens + successes


@pytest.mark.parametrize("known", [{"retryable": False}, {"accepted": "unknown"}, {"accepted": "yes"}])
def test_only_a_passing_failure_of_a_call_not_accepted_is_repeated(known: dict[str, Any]) -> None:
    """Retryable alone is not enough: what may have been accepted is never repeated."""
    assert Retries(RetryPolicy()).begin().wait_before_next(errors.UnavailableError("x", **known)) is None


@pytest.mark.parametrize("known", [{"attempts": 0}, {"backoff_cap_s": -1.0}, {"tokens": -1}])
def test_an_impossible_policy_is_refused(known: dict[str, Any]) -> None:
    """A policy without an attempt, or with negative figures, is a configuration error."""
    with pytest.raises(errors.ConfigurationError):
        RetryPolicy(**known)


def _waits(attempts: Attempts) -> Iterator[float]:
    while (wait := attempts.wait_before_next(errors.UnavailableError("x"))) is not None:
        yield wait
