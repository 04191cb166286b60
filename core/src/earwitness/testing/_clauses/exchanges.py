"""Conversations are broken off, resumed after a restart, and lost on the way: none of it may cost a job or a bill."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ...capabilities import Service
from ...errors import EarwitnessError
from ...exchange import Auth, Exchange
from ...jobs import JobStatus, VendorReference
from ...models import Transcript
from ...provider import Submission
from .._clause import Unsupported, clause
from .._live import Run
from .._playing import Conversation, Exhausted
from .._speech import PLAIN
from .._subject import Subject
from .capabilities import alike

_LATE_BILL_S = 1.0


@clause(
    "X1",
    "An exchange can be closed at every call",
    why="""A cancelled job closes the generator where it stands. A `yield` in `finally` or after a caught GeneratorExit
    turns the cancel into a RuntimeError.""",
    mend="""Yield calls in plain order; never in `finally`, and never after `except BaseException`. To clean up at the
    vendor, use `cancel`.""",
)
def exchanges_can_be_closed(subject: Subject) -> Iterator[str]:
    for service, conversation in _conversations(subject):
        for stop in range(max(1, len(conversation.replies))):
            exchange = conversation.make()
            try:
                call = next(exchange)
                for got in conversation.replies[:stop]:
                    call = exchange.send(got)
            except StopIteration:
                continue
            try:
                exchange.close()
            except RuntimeError:
                yield f"{service.name}: the exchange goes on when it is closed at its call {call.operation!r}"


@clause(
    "X2",
    "A job of a cancellable service can be cancelled",
    why="""Who cancels wants the work, and the bill, to stop.""",
    mend="""Implement `cancel` with the vendor's call and return the job as cancelled; or do not declare
    `cancellable`.""",
)
def jobs_can_be_cancelled(subject: Subject) -> Iterator[str]:
    services = [one for one in subject.services if one.cancellable]
    if not services:
        raise Unsupported("no service declares that jobs can be cancelled")
    for service in services:
        try:
            job = subject.run(_cancelled(subject, service, Run()))
        except EarwitnessError as error:
            yield f"{service.name} cannot be cancelled: {error}"
            continue
        if job.status is not JobStatus.CANCELLED and not job.status.finished:
            yield f"{service.name} is {job.status} after it was cancelled"


@clause(
    "X3",
    "A reference is enough after a restart",
    why="""The process that submits is often not the one that fetches. Everything that the provider needs later is in
    the reference, which is stored as JSON.""",
    mend="""Keep what `fetch` needs in the reference's id and `state`, as flat JSON, and nothing on the provider.""",
)
def references_are_enough(subject: Subject) -> Iterator[str]:
    bench = subject.bench
    judged = False
    for service in subject.of_way("inline", "url"):
        run = subject.run_of(service)
        if run.job is None or run.job.reference is None:
            continue
        judged = True
        update = subject.run(_taken_up(subject, run.job.reference))
        if isinstance(update, EarwitnessError):
            yield f"{service.name} cannot be taken up by another session: {update}"
        elif update is None or not alike(update.text, bench.expected(PLAIN), loosely=bench.emulator is None):
            yield f"{service.name}, taken up by another session, gives something else"
    if not judged:
        raise Unsupported("no service gives a reference")


@clause(
    "X4",
    "A submission whose answer is lost is never billed twice",
    why="""The answer to a submission can be lost after the vendor has taken the job. Sending it again is a second bill;
    core parks it as uncertain instead.""",
    mend="""See M4 and E4: the call that hands the job over is not repeatable, and its errors say `unknown`.""",
)
def lost_answers_cost_nothing(subject: Subject) -> Iterator[str]:
    emulator = subject.bench.emulator
    if emulator is None:
        raise Unsupported("there is no emulator that could lose an answer")
    from ...emulation import Fault

    for service in subject.of_way("inline", "url"):
        if service.submission != "paid":
            continue
        before = len(emulator.billing.entries)
        emulator.faults.add(Fault("*", "lost", first=1 + len(subject.opening(service))))
        run = subject.bench.run(service)
        emulator.faults.clear()
        billed = _billed(emulator, before)
        if billed > 1:
            yield f"{service.name} was billed {billed} times for one job whose answer was lost"
        if billed and run.transcript is None and isinstance(run.error, EarwitnessError) and run.error.accepted == "no":
            yield f"{service.name} says that a job was not accepted, and it was billed"


@clause(
    "X5",
    "A cancelled submission ends at once",
    why="""Core cancels the task when its caller gives up. A provider that swallows the cancel goes on unseen.""",
    mend="""Catch `Exception`, never `BaseException` or `asyncio.CancelledError`, around what you await.""",
)
def cancels_get_through(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        if service.audio == ("stream",):
            continue
        if not subject.run(_gives_up(subject, service)):
            yield f"{service.name} swallows the cancel of its submission"


def _billed(emulator: Any, before: int) -> int:
    """How often the account was charged since then, once a job that goes on has come to its bill."""
    until = time.monotonic() + _LATE_BILL_S
    while len(emulator.billing.entries) == before and time.monotonic() < until:
        time.sleep(0.01)
    return len(emulator.billing.entries) - before


class _Waiting:
    """A runtime whose vendor never answers."""

    async def converse(self, make_exchange: Callable[[], Exchange[Any]], auth: Auth | None = None) -> Any:
        await asyncio.Event().wait()

    async def in_worker(self, engine: object, submission: Submission) -> Transcript:
        await asyncio.Event().wait()
        raise AssertionError


async def _gives_up(subject: Subject, service: Service) -> bool:
    work = subject.provider(_Waiting()).submit(subject.submission(service))
    task = asyncio.ensure_future(work)
    for _ in range(3):
        await asyncio.sleep(0)
    if task.done():
        return True  # it needs nobody
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    return bool(done) and task.cancelled()


async def _cancelled(subject: Subject, service: Service, run: Run) -> Any:
    bench = subject.bench
    async with bench.session(run) as session:
        job = await session.submit(bench.audio(PLAIN), service=service.name)
        return await session.cancel(job)


async def _taken_up(subject: Subject, reference: VendorReference) -> Transcript | EarwitnessError | None:
    state = json.loads(json.dumps(dict(reference.state)))
    kept = replace(reference, state=state)
    try:
        async with subject.bench.session() as session:
            update = await session._provider.fetch(kept)
    except EarwitnessError as error:
        return error
    return update.transcript


def _conversations(subject: Subject) -> Iterator[tuple[Service, Conversation]]:
    """Every exchange that the kit has seen, with replies; without an emulator those of a submission, without."""
    found = False
    for service in subject.services:
        for conversation in _seen(subject, service):
            found = True
            yield service, conversation
    if not found:
        raise Unsupported("the provider makes no exchanges")


def _seen(subject: Subject, service: Service) -> list[Conversation]:
    try:
        found = subject.run_of(service).conversations
    except Unsupported:
        found = []
    if service.cancellable and found:
        cancelled = Run()
        with suppress(EarwitnessError):  # X2 has its eye on that
            subject.run(_cancelled(subject, service, cancelled))
        found = [*found, *cancelled.conversations]
    if found:
        return found
    noting = _Noting()
    if service.audio != ("stream",):
        with suppress(Exhausted):
            subject.run(subject.provider(noting).submit(subject.submission(service)))
    return noting.conversations


class _Noting(_Waiting):
    """A runtime that keeps the exchange and gives no answer."""

    def __init__(self) -> None:
        self.conversations: list[Conversation] = []

    async def converse(self, make_exchange: Callable[[], Exchange[Any]], auth: Auth | None = None) -> Any:
        self.conversations.append(Conversation(make_exchange))
        raise Exhausted

    async def in_worker(self, engine: object, submission: Submission) -> Transcript:
        raise Exhausted
