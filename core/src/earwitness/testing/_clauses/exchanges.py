"""Conversations are broken off, resumed after a restart, and lost on the way: none of it may cost a job or a bill."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ...capabilities import Service
from ...errors import EarwitnessError
from ...exchange import Auth, Exchange, HttpReply
from ...jobs import Job, JobStatus, JobUpdate, VendorReference
from ...models import Transcript
from ...provider import Submission
from .._clause import Unsupported, clause
from .._live import Run
from .._playing import Conversation, Exhausted, Player
from .._purity import noticing
from .._speech import PLAIN
from .._subject import Subject, told
from .answers import reads_answers
from .capabilities import alike

_LATE_BILL_S = 1.0
_IMPURE = ("called", "read the environment", "changed the environment")


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
            run = Run()
            job, asked = subject.run(_cancelled(subject, service, run))
        except EarwitnessError as error:
            yield f"{service.name} cannot be cancelled: {error}"
            continue
        if job.status is not JobStatus.CANCELLED and not job.status.finished:
            yield f"{service.name} is {job.status} after it was cancelled"
        if job.status is JobStatus.CANCELLED and not asked and run.conversations:
            yield f"{service.name} calls a job cancelled, and has not told the vendor"


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
        if run.job.reference.service != service.name:
            yield f"{service.name} gives a reference of {run.job.reference.service}"
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
        if service.submission == "idempotent":
            continue
        before = len(emulator.billing.entries)
        emulator.faults.add(Fault("*", "lost", first=1 + len(subject.opening(service))))
        run = subject.bench.run(service)
        emulator.faults.clear()
        billed = _billed(emulator, before)
        if service.submission == "free":
            yield from [f"{service.name} is declared free, and the emulator bills it"] if billed else []
            continue
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


@clause(
    "X6",
    "An exchange knows no time but `received_at`, waits for nothing, and reads no environment",
    why="""Core waits, repeats and signs at the time that it has corrected for a wrong clock. A provider that sleeps
    holds up every other job; one that reads the clock or the environment does something else on another machine.""",
    mend="""Take times from `reply.received_at` and, in `Auth.sign`, from `now`; settings from `self.settings`; return
    an update that is not finished, and leave the next question to core.""",
)
def exchanges_are_pure(subject: Subject) -> Iterator[str]:
    for service, replay in _replays(subject):
        with noticing(subject.package) as noted:
            replay()
        yield from (f"{service.name} {what}" for what in dict.fromkeys(noted) if what.startswith(_IMPURE))


@clause(
    "X7",
    "The answer that comes with a transcript is the one that it was read from",
    why="""`keep_raw` stores the vendor's own answer, and later versions read it again. What was not kept, or is
    another, is lost.""",
    mend="""Put `Answer(reply.body, content type, service)` into the update that has the transcript, and make
    `read_answer` the only place where answers are read.""",
)
def answers_are_kept(subject: Subject) -> Iterator[str]:
    if not reads_answers(subject):
        raise Unsupported("the provider reads no stored answers")
    for service, replay in _replays(subject):
        update = replay()
        if update is None or update.transcript is None:
            continue
        if update.answer is None:
            yield f"{service.name} gives a transcript without the answer that it was read from"
            continue
        try:
            kept = subject.kind.read_answer(update.answer, update.reference).transcript
        except EarwitnessError as error:
            yield f"the answer that {service.name} keeps is refused by read_answer: {error}"
            continue
        if kept is None or _spoken(kept) != _spoken(update.transcript):
            yield f"the answer that {service.name} keeps is read as something else"


def _spoken(transcript: Transcript) -> list[object]:
    """Words and times; voices may be left out where nobody asked for them, which the answer alone does not tell."""
    return [(one.text, one.start_ms, one.end_ms, one.words) for one in transcript.segments]


def _replays(subject: Subject) -> Iterator[tuple[Service, Callable[[], JobUpdate | None]]]:
    """The submission and the last question of each job at the bench, once more, with the replies that it got."""
    found = False
    for service in subject.of_way("inline", "url"):
        run = subject.run_of(service)
        replies = [got for one in run.conversations for got in one.replies]
        if not replies:
            continue
        found = True
        submission = subject.submission(service)
        yield service, partial(_replayed, subject, replies, submission)
        if run.job is not None and run.job.reference is not None:
            reference, last = run.job.reference, run.conversations[-1].replies
            yield service, partial(_replayed, subject, last, reference)
    if not found:
        raise Unsupported("the provider makes no exchanges")


def _replayed(subject: Subject, replies: list[HttpReply], what: Submission | VendorReference) -> JobUpdate | None:
    provider = subject.provider(Player(replies))
    with suppress(EarwitnessError):
        work = provider.submit(what) if isinstance(what, Submission) else provider.fetch(what)
        update: JobUpdate | None = told(lambda: subject.run(work))
        return update
    return None


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


async def _cancelled(subject: Subject, service: Service, run: Run) -> tuple[Job, bool]:
    """The job, and whether its vendor was asked."""
    bench = subject.bench
    async with bench.session(run) as session:
        job = await session.submit(bench.audio(PLAIN), service=service.name)
        before = len(run.conversations)
        return await session.cancel(job), len(run.conversations) > before


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
