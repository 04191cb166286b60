"""Every word and code of the vendor means one thing, and an error of a submission says whether a job may exist."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ...capabilities import Service
from ...errors import EarwitnessError, UnavailableError
from ...jobs import JobStatus, JobUpdate, VendorReference
from .._clause import Unsupported, clause, raised
from .._declaration import Code, Expected, Table, body_of
from .._playing import NOW, Exhausted, Player, reply
from .._subject import SOURCES, Subject, told

UNKNOWN_WORD = "A_CODE_OF_TOMORROW"
UNKNOWN_NUMBER = 987_654
_MOST_QUESTIONS = 12
_EARLIER = NOW - timedelta(hours=1)
_STATUSES = (400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504)
_PROOFLESS = (*((one, b"") for one in _STATUSES if one >= 500), (200, b"{"), (200, b"<html>"))
_BODIES = (b"", b"<html>gateway</html>", b"{}", b"[]", b"null", b'"x"', b"{", b"\xff\xfe")


@clause(
    "E1",
    "Every status word of the vendor means its state of the job",
    why="""A word that is read as another state ends a job too early, or asks about it for ever.""",
    mend="""Keep the words as data (`STATUS_WORDS` in `_tables.py`), and read the job's state by looking them up.""",
)
def status_words_mean_states(subject: Subject) -> Iterator[str]:
    for table, code, expected in _rows(subject, errors=False):
        yield from _against(subject, table, code, expected)


@clause(
    "E2",
    "Every error code of the vendor becomes its kind of error",
    why="""The kind decides what happens next: a retry, another key, another file, a person. One code may mean
    different things for different operations.""",
    mend="""Keep a table by operation and code (`ERRORS` in `_tables.py`), made of `earwitness.rest.Meaning`; raise
    `refusal(...)` for calls, and end the job with an error for what concerns the job. Where the operation makes other
    calls first or afterwards, give the replies to them as `before` and `after` of the `Table`.""",
)
def codes_become_errors(subject: Subject) -> Iterator[str]:
    for table, code, expected in _rows(subject, errors=True):
        if table.operation == "submit" and not isinstance(expected, tuple):
            yield f'the row {code!r} of submit does not say what `accepted` is: write ({_named(expected)}, "no")'
            continue
        yield from _against(subject, table, code, expected)


@clause(
    "E3",
    "A word or code that nobody documents falls to its named meaning, and is told",
    why="""Vendors add codes without notice. The careful reading is one that is chosen; whoever reports it needs the
    code's own text.""",
    mend="""Look codes up with a named fallback (on a submission `accepted="unknown"`), and put the code into
    `vendor_code`.""",
)
def the_unknown_is_told(subject: Subject) -> Iterator[str]:
    for table in _tables(subject):
        numbers = all(isinstance(code, int) for code in table.rows) and bool(table.rows)
        code: Code = UNKNOWN_NUMBER if numbers else UNKNOWN_WORD
        yield from _against(subject, table, code, table.unknown)
        got = outcome(subject, table, code, patient=False)
        if isinstance(got, EarwitnessError) and str(code) not in (got.vendor_code or ""):
            yield f"{table.operation}: the error for an unknown code does not have it as its vendor_code"


@clause(
    "E4",
    "After an answer that proves nothing, a paid submission is in doubt",
    why="""A 5xx may come from a gateway behind which the job was taken; an answer that cannot be read may have said
    that it was. Core submits again by itself only where `accepted` is `no`.""",
    mend="""Set `accepted="unknown"` on errors of a submission unless the vendor's own words say that nothing was
    taken; `earwitness.rest.status_error(..., submission=True)` and `ProtocolError` do so by themselves.""",
)
def doubt_is_said(subject: Subject) -> Iterator[str]:
    for service in subject.remote():
        if service.submission != "paid":
            continue
        got = _submitted(subject, service, b"{}", 200)
        if isinstance(got, EarwitnessError) and got.accepted == "no":
            yield f"{service.name} after an empty object: accepted is 'no', and nobody knows that"
        if isinstance(got, JobUpdate) and not got.status.finished:
            yield f"{service.name} after an empty object: taken for a job, and no job is named"
        for status, body in _PROOFLESS:
            got = _submitted(subject, service, body, status)
            if isinstance(got, EarwitnessError) and got.accepted == "no":
                yield f"{service.name} after HTTP {status} {body!r}: accepted is 'no', and nobody knows that"
            if isinstance(got, JobUpdate):
                yield f"{service.name} after HTTP {status} {body!r}: taken for an answer"


@clause(
    "E5",
    "Whatever comes back, only an EarwitnessError is raised",
    why="""Gateways, proxies and bad days answer with anything. A KeyError tells a user nothing, and core must take it
    for a bug of the plugin.""",
    mend="""Read bodies with `earwitness.lenient.read` or `earwitness.rest.read_json`; for bodies without a code use
    `earwitness.rest.status_error`.""",
)
def only_our_errors_are_raised(subject: Subject) -> Iterator[str]:
    for service in subject.remote():
        for status in (200, *_STATUSES):
            for body in _BODIES:
                got = _submitted(subject, service, body, status)
                if isinstance(got, Exception) and not isinstance(got, EarwitnessError):
                    yield f"{service.name}, submit, HTTP {status} {body!r}: {raised(got)}"
                got = _asked(subject, service, body, status)
                if isinstance(got, Exception) and not isinstance(got, EarwitnessError):
                    yield f"{service.name}, fetch, HTTP {status} {body!r}: {raised(got)}"


@clause(
    "E6",
    "Tables are declared, and their rows cover every word and code that the provider knows",
    why="""A code without a row is a code that nobody has thought about since it was written down, and without a table
    nothing is known of any.""",
    mend="""Give the table the keys of your own table as `known`, and a row for each of them. A vendor who has no words
    and codes but the statuses of HTTP is a reason for `excused`.""",
)
def rows_cover_the_tables(subject: Subject) -> Iterator[str]:
    known = [one for one in subject.contract.tables if one.known is not None]
    if not known:
        list(subject.remote())  # or there is nothing to know
        yield f"no table {'gives the keys of your own as `known`' if subject.contract.tables else 'is declared'}"
        return
    for operation in dict.fromkeys((one.operation, one.service) for one in known):
        here = [one for one in _tables(subject) if (one.operation, one.service) == operation]
        rows = {code for table in here for code in table.rows}
        missing = {code for table in here for code in table.known or ()} - rows
        yield from (f"{operation[0]}: {code!r} is known and has no row" for code in sorted(missing, key=str))


@clause(
    "E7",
    "An answer that proves nothing decides nothing about a job",
    why="""A gateway's error page is no result and no end: read as silence it loses a transcript that is paid for, read
    as `running` it is asked about for ever while the key is wrong.""",
    mend="""Raise from `fetch` what the answer is: `earwitness.rest.status_error` for a status without a known code, a
    ProtocolError for a body that cannot be read. Core asks again where that makes sense.""",
)
def doubt_decides_nothing(subject: Subject) -> Iterator[str]:
    if not subject.overrides("fetch"):
        raise Unsupported("jobs are not asked about")
    for service in subject.remote():
        for status, body in ((401, b""), (403, b""), *_PROOFLESS):
            got = _asked(subject, service, body, status)
            if isinstance(got, JobUpdate):
                yield f"{service.name}, fetch, HTTP {status} {body!r}: the job is taken for {got.status}"


def _tables(subject: Subject) -> tuple[Table, ...]:
    if not subject.contract.tables:
        raise Unsupported("no tables are declared")
    return subject.contract.tables


def _rows(subject: Subject, *, errors: bool) -> list[tuple[Table, Code, Expected]]:
    rows = [(table, code, one) for table in _tables(subject) for code, one in table.rows.items()]
    chosen = [row for row in rows if isinstance(row[2], JobStatus) is not errors]
    if not chosen:
        raise Unsupported(f"no table has {'error codes' if errors else 'status words'}")
    return chosen


def _against(subject: Subject, table: Table, code: Code, expected: Expected) -> Iterator[str]:
    got = outcome(subject, table, code, patient=not isinstance(expected, JobStatus))
    place = f"{table.operation} {code!r}"
    if isinstance(expected, JobStatus):
        if not isinstance(got, JobUpdate) or got.status != expected:
            yield f"{place} means {_meant(got)}, not {expected}"
        return
    kind, accepted = expected if isinstance(expected, tuple) else (expected, None)
    error = got.error if isinstance(got, JobUpdate) else got
    if type(error) is not kind:
        yield f"{place} means {_meant(error or got)}, not {kind.__name__}"
    elif accepted not in (None, getattr(error, "accepted", None)):
        yield f"{place} says accepted={getattr(error, 'accepted', None)!r}, not {accepted!r}"


def _meant(got: JobUpdate | Exception) -> str:
    if isinstance(got, JobUpdate):
        return str(got.status)
    return type(got).__name__ if isinstance(got, EarwitnessError) else raised(got)


def outcome(subject: Subject, table: Table, code: Code, *, patient: bool) -> JobUpdate | Exception:
    """What the reply with this code leads to. Where an error is awaited, a job in trouble is asked about again."""
    if table.operation in ("stream", "connection"):
        return _live(subject, table, code)
    service = _service(subject, table.service)
    told = reply(table.filled(code), table.status)
    replies = [*map(reply, table.before), told, *map(reply, table.after)]
    if table.operation == "submit":
        return _got(subject, lambda player: player.submit(subject.submission(service)), replies)
    reference = VendorReference(service.name, table.id, _EARLIER)
    if table.operation == "cancel":
        return _got(subject, lambda provider: provider.cancel(reference), replies)
    for _ in range(_MOST_QUESTIONS):
        asked = reference
        got = _got(subject, lambda provider, asked=asked: provider.fetch(asked), list(replies))
        if not patient or not isinstance(got, JobUpdate) or got.status.finished or got.reference is None:
            break
        reference = got.reference
    return got


def _live(subject: Subject, table: Table, code: Code) -> Exception:
    """The error that a message with this code is, or the status of a connection."""
    service = next(one for one in subject.of_way("stream") if table.service in (None, one.name))
    dialect: Any = subject.provider().dialect(subject.submission(service, SOURCES["stream"]))
    dialect.dial(NOW)
    dialect.opened()
    said = table.filled(code)
    if table.operation == "connection":
        told: Exception = dialect.meaning(UnavailableError("", vendor_code=str(code), vendor_message=said.decode()))
        return told
    try:
        for frame in (*map(body_of, table.before), said):
            dialect.received(frame if isinstance(table.reply, bytes) else frame.decode())
    except Exception as error:
        return error
    return RuntimeError("it was no error")


def _got(subject: Subject, call: Any, replies: list[Any]) -> JobUpdate | Exception:
    try:
        update: JobUpdate = subject.run(call(subject.provider(Player(replies))))
    except Exhausted:
        return RuntimeError("a call beyond those that the table has replies to in `before` and `after`")
    except Exception as error:
        return error
    return update


def _submitted(subject: Subject, service: Service, body: bytes, status: int) -> JobUpdate | Exception | None:
    replies = [*subject.opening(service), reply(body, status)]
    return _quiet(subject, lambda provider: provider.submit(subject.submission(service)), replies)


def _asked(subject: Subject, service: Service, body: bytes, status: int) -> JobUpdate | Exception | None:
    reference = VendorReference(service.name, "1", _EARLIER)
    return _quiet(subject, lambda provider: provider.fetch(reference), [reply(body, status)])


def _quiet(subject: Subject, call: Any, replies: list[Any]) -> JobUpdate | Exception | None:
    """The same; None where it went on to a further call."""
    try:
        got: JobUpdate | None = told(lambda: subject.run(call(subject.provider(Player(replies)))))
    except Exception as error:
        return error
    return got


def _service(subject: Subject, name: str | None) -> Service:
    if name is None:
        return next(subject.remote())
    return next(one for one in subject.services if one.name == name)


def _named(expected: object) -> str:
    return expected.__name__ if isinstance(expected, type) else str(expected)
