"""From request to calls: planned purely, written strictly, the same every time, repeated only where that is safe."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from ...exchange import HttpCall
from .._clause import clause
from .._playing import NOW, Player
from .._purity import noticing
from .._subject import FACTS, SOURCES, Subject

_LONGEST_SILENCE_S = 24 * 3600.0
_LARGEST_REPLY = 4 * 1024**3
_UNKNOWN = "an_option_of_nobody"


def sent(calls: Iterable[HttpCall]) -> list[tuple[str, str, str, dict[str, str], dict[str, str], object]]:
    """The calls without what is new every time: a form's boundary."""
    return [(one.operation, one.method, one.url, dict(one.query), _headers(one), _body(one)) for one in calls]


@clause(
    "M1",
    "`plan` and `accepts` are pure: the same request gives the same plan, without clock, file or call",
    why="""`explain`, quotas, price and the choice whether a submission may be repeated all ask for the plan again, long
    before or after the job, also without a network.""",
    mend="""Compute the plan from the request, the facts and `self.settings` alone; keep nothing on the way.""",
)
def plans_are_pure(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        request = subject.request(service)
        player = Player()
        provider = subject.provider(player)
        first = provider.plan(request, FACTS)
        with noticing(subject.package) as noted:
            again = provider.plan(request, FACTS)
            forms = [provider.accepts(request, again, service.accepts) for _ in range(2)]
        if first != again or forms[0] != forms[1] or first != subject.provider().plan(request, FACTS):
            yield f"{service.name} is planned in another way the second time"
        if noted or player.calls:
            yield f"planning {service.name} {noted[0] if noted else 'made a call'}"
        if first.service != service.name:
            yield f"{service.name} was asked for and {first.service} is planned"


@clause(
    "M2",
    "A service's options have defaults and refuse what they do not know",
    why="""Vendor options are the one door by which a request says what only this vendor knows. A misspelt one must not
    be paid for.""",
    mend="""Give the options model `ConfigDict(extra="forbid")` and every field a default; or use `NoOptions`.""",
)
def options_are_strict(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        try:
            service.options.model_validate({})
        except ValidationError:
            yield f"{service.name} cannot do without vendor options"
        try:
            service.options.model_validate({_UNKNOWN: 1})
        except ValidationError:
            continue
        yield f"{service.name} takes an option that does not exist"


@clause(
    "M3",
    "The same submission is sent in the same way",
    why="""A fallback, a retry and a test that compares requests rely on it; a request that differs from run to run
    cannot be found again in a vendor's log.""",
    mend="""Take what must be unique from `submission.attempt.id`; let `Auth.sign` add times and nonces.""",
)
def requests_repeat(subject: Subject) -> Iterator[str]:
    for service in subject.remote():
        replies = subject.opening(service)
        first, again = (sent(subject.submitted(service, replies).calls) for _ in range(2))
        if first != again:
            yield f"{service.name} sends something else the second time"


@clause(
    "M4",
    "A paid submission is never marked as repeatable",
    why="""Core sends a repeatable call again when its answer is lost. For a call that starts a paid job that is a
    second bill, which no vendor gives back.""",
    mend="""Leave `HttpCall.repeatable` False on the call that hands the job over; declare the service `idempotent` or
    `free` only where the vendor's manual says so.""",
)
def paid_submissions_are_sent_once(subject: Subject) -> Iterator[str]:
    for service in subject.remote():
        calls = subject.submitted(service, subject.opening(service)).calls
        if service.submission == "paid" and all(call.repeatable for call in calls):
            yield f"{service.name} is paid, and every call of its submission may be repeated"


@clause(
    "M5",
    "Every call and every connection has bounded patience",
    why="""A vendor that is silent for ever must not hold a job for ever, and an endless answer must not fill the
    memory.""",
    mend="""Give `read_timeout_s` and `max_reply` of a call, and the time-outs of a `Dial`, a size above zero and below
    a day.""",
)
def patience_is_bounded(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        for name, value, most in _bounds(subject, service):
            if not 0 < value < most:
                yield f"{service.name}: {name} is {value:g}"


def _bounds(subject: Subject, service: Any) -> Iterator[tuple[str, float, float]]:
    if service.audio != ("stream",):
        for call in subject.submitted(service, subject.opening(service)).calls:
            yield f"read_timeout_s of {call.operation}", call.read_timeout_s, _LONGEST_SILENCE_S
            yield f"max_reply of {call.operation}", call.max_reply, _LARGEST_REPLY
    if "stream" in service.audio:
        dialect = subject.provider().dialect(subject.submission(service, SOURCES["stream"]))
        dial = dialect.dial(NOW) if dialect is not None else None
        for name in ("open_timeout_s", "ready_timeout_s", "flush_timeout_s") if dial else ():
            yield name, getattr(dial, name), _LONGEST_SILENCE_S


def _headers(call: HttpCall) -> dict[str, str]:
    """Without a form's boundary and what signing added."""
    return {
        name: value.partition(";")[0] if name.lower() == "content-type" else value
        for name, value in call.headers.items()
    }


def _body(call: HttpCall) -> object:
    if isinstance(call.body, bytes):
        return call.body
    data, kind = (
        b"".join(call.body.open()),
        next((v for n, v in call.headers.items() if n.lower() == "content-type"), ""),
    )
    boundary = kind.partition("boundary=")[2].encode()
    return data.replace(boundary, b"") if boundary else data


__all__ = ["sent"]
