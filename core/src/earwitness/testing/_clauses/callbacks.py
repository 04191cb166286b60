"""What a vendor posts is a hint: it is read purely, and believed only about its own job."""

from collections.abc import Iterator

from ..._foreign import where
from ...errors import EarwitnessError
from ...jobs import JobUpdate, VendorReference
from ...provider import Callback, CallbackReply
from ...validation import accepted
from .._clause import Unsupported, clause
from .._damage import damaged
from .._declaration import Recorded
from .._purity import noticing
from .._subject import Subject
from .answers import unlike


@clause(
    "K1",
    "A recorded callback is read, and says which job it is about",
    why="""It may arrive before the answer to the submission; then the vendor's id in it is all that links it to a
    job.""",
    mend="""Return an update with a `VendorReference` made of the id in the body where none is given; record bodies in
    `callbacks`, with their `id`, and with `text=""` where a body holds no transcript.""",
)
def callbacks_are_read(subject: Subject) -> Iterator[str]:
    given: object = subject.kind.callback_reply
    if not isinstance(given, CallbackReply):
        yield "callback_reply is no CallbackReply"
    if _has_callbacks(subject) and not subject.contract.callbacks:
        yield "a service declares callbacks, and none is recorded in `callbacks`"
        return
    for number, one in enumerate(_recorded(subject)):
        for reference in (None, _about(subject, one)):
            got = _read(subject, one, reference)
            if isinstance(got, EarwitnessError):
                yield f"callbacks[{number}] is refused: {got}"
                continue
            if one.id is not None and (got.reference is None or got.reference.id != one.id):
                yield f"callbacks[{number}] does not say which job it is about"
            if got.transcript is not None:
                yield from (f"callbacks[{number}] {what}" for what in unlike(got.transcript, one))
            elif one.text.strip():
                yield f"callbacks[{number}] is read as {got.status}, without the text that it holds"


@clause(
    "K2",
    "A callback about another job is not believed",
    why="""Vendors sign nothing, and anybody may post. A result that is filed under the wrong job is somebody else's
    private talk.""",
    mend="""Compare the id in the body with the reference's, and raise a ProtocolError where they differ.""",
)
def strangers_are_not_believed(subject: Subject) -> Iterator[str]:
    with_id = [one for one in _recorded(subject) if one.id is not None]
    if not with_id:
        raise Unsupported("no recorded callback names its job")
    for one in with_id:
        got = _read(subject, one, VendorReference(_service(subject, one), f"{one.id}0"))
        if isinstance(got, JobUpdate) and (got.transcript is not None or got.status.finished):
            yield "a callback about another job is taken as this job's result"


@clause(
    "K3",
    "`read_callback` is pure: no clock, no file, no connection",
    why="""The receiver answers the vendor at once, in a process that may hold no credentials at all.""",
    mend="""Read the body, the headers and the query, and nothing else.""",
)
def callbacks_are_pure(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(_recorded(subject)):
        first = _read(subject, one, None)
        with noticing(subject.package) as noted:
            again = _read(subject, one, None)
        if noted:
            yield f"reading callbacks[{number}] {noted[0]}"
        if isinstance(first, JobUpdate) and first != again:
            yield f"callbacks[{number}] is read in another way the second time"


@clause(
    "K4",
    "A damaged callback is refused or read, and never crashes",
    why="""The address is open to whoever finds it, and what is posted there may be anything.""",
    mend="""Let nothing but an EarwitnessError out of `read_callback`.""",
)
def damaged_callbacks_never_crash(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(_recorded(subject)):
        for what, data in damaged(one.data):
            try:
                got = subject.kind.read_callback(Callback(data, {"content-type": one.content_type, **one.headers}))
                if got.transcript is not None:
                    accepted(got.transcript)
            except EarwitnessError:
                continue
            except Exception as error:
                yield f"callbacks[{number}], when {what}, raises {where(error)}"


def _has_callbacks(subject: Subject) -> bool:
    declared = any(one.callback != "none" for one in subject.kind.capabilities.services)
    return declared and subject.overrides("read_callback")


def _recorded(subject: Subject) -> tuple[Recorded, ...]:
    if not _has_callbacks(subject):
        raise Unsupported("no service declares callbacks")
    if not subject.contract.callbacks:
        raise Unsupported("no callbacks are recorded")
    return subject.contract.callbacks


def _read(subject: Subject, one: Recorded, reference: VendorReference | None) -> JobUpdate | EarwitnessError:
    headers = {"content-type": one.content_type, **one.headers}
    try:
        return subject.kind.read_callback(Callback(one.data, headers), reference)
    except EarwitnessError as error:
        return error


def _about(subject: Subject, one: Recorded) -> VendorReference | None:
    return None if one.id is None else VendorReference(_service(subject, one), one.id)


def _service(subject: Subject, one: Recorded) -> str:
    return one.service or next(s.name for s in subject.kind.capabilities.services if s.callback != "none")
