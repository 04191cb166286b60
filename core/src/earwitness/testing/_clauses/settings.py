"""Settings are strict, secrets are marked as such, and nothing ever shows one."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

from pydantic import SecretStr, ValidationError

from ...errors import EarwitnessError
from ...jobs import JobUpdate, VendorReference
from .._clause import Unsupported, clause
from .._live import logged
from .._playing import Player, reply
from .._speech import PLAIN, squeezed
from .._subject import Subject, told
from .live import damaged_frames, dialogues, heard_after
from .refusals import UNKNOWN_WORD, outcome

_SECRET = re.compile(r"(?:^|_)(?:key|secret|token|password|passphrase|credential)s?$")
_SHORTEST = 8
_UNKNOWN = "a_setting_of_nobody"


@clause(
    "S1",
    "The sample settings and the sample request are valid, and an unknown setting is refused",
    why="""A misspelt setting that is silently ignored is found out weeks later. With the sample settings and the
    options of `request` every other clause works.""",
    mend="""Derive `Settings` from `earwitness.provider.ProviderSettings` and leave its `model_config` as it is, or
    extend it; correct `settings` in the contract class; name in `request` what every service needs, such as a
    language.""",
)
def settings_are_strict(subject: Subject) -> Iterator[str]:
    model, given = subject.kind.Settings, dict(subject.contract.settings)
    try:
        made: Any = model.model_validate(given)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) or "the settings" for one in error.errors())
        yield f"the sample settings are refused because of {wrong}"
        return
    if not made.model_config.get("frozen"):
        yield "settings can be changed once they are made"
    try:
        subject.planned_for  # noqa: B018  # whether it can be planned
    except EarwitnessError as error:
        yield f"the sample request is refused: {error} What every request needs is told in `request`"
    try:
        model.model_validate({**given, _UNKNOWN: "x"})
    except ValidationError:
        return
    yield "an unknown setting is taken"


@clause(
    "S2",
    "Every secret setting is a `SecretStr`, and `secrets()` names it",
    why="""Core masks in logs and errors what `secrets()` names. A secret in a plain string shows in every repr.""",
    mend="""Annotate secrets with `pydantic.SecretStr` or `earwitness.fields.Key`. Where a secret is derived from a
    setting (the last part of a URL, say), extend `secrets()` and keep what the base class gives.""",
)
def secrets_are_marked(subject: Subject) -> Iterator[str]:
    provider = subject.provider()
    named = set(provider.secrets())
    for name in type(provider.settings).model_fields:
        value = getattr(provider.settings, name)
        if isinstance(value, str) and _SECRET.search(name):
            yield f"the setting {name} looks like a secret and is plain text"
        if isinstance(value, SecretStr) and value.get_secret_value() not in named:
            yield f"secrets() does not name the setting {name}"
        if isinstance(value, SecretStr) and len(value.get_secret_value()) < _SHORTEST:
            yield f"the sample of {name} has less than {_SHORTEST} characters, too few to look for"


@clause(
    "S3",
    "No secret shows in a repr, an error, a reference, a transcript or the log",
    why="""Whoever reads a log, a traceback or a stored job is not whoever may use the account.""",
    mend="""Hide fields from reprs (`repr=False`), never put an address or a header into an error's text, keep nothing
    secret in a reference's `state`, and name everything secret in `secrets()`.""",
)
def no_secret_shows(subject: Subject) -> Iterator[str]:
    if not any(subject.provider().secrets()):
        raise Unsupported("the settings hold no secret")
    for place, text, secrets in _shown(subject):
        if any(secret in text for secret in secrets if len(secret) >= _SHORTEST):
            yield f"a secret shows in {place}"


@clause(
    "S4",
    "What was said is never logged or printed",
    why="""Transcripts are personal data. A log is read by others, and kept longer, than what it is about.""",
    mend="""Log ids, counts and times, at any level, and never a text, a body or a frame.""",
)
def no_words_are_logged(subject: Subject) -> Iterator[str]:
    bench = subject.bench
    words = bench.expected(PLAIN).split()
    pairs = {squeezed(first + second) for first, second in pairwise(words)}
    for service in subject.services:
        try:
            log = squeezed(subject.run_of(service).log)
        except Unsupported:
            continue
        if any(pair in log for pair in pairs):
            yield f"words of the transcript show in the log of {service.name}"


def _shown(subject: Subject) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    provider = subject.provider()
    secrets = tuple(provider.secrets())
    yield "the repr of the settings", f"{provider.settings!r} {provider.settings}", secrets
    yield "the repr of the provider", f"{provider!r} {provider}", secrets
    for service in subject.services:
        with logged() as log:
            told = [
                one
                for status in ((200, 401, 404, 500) if service.audio != ("stream",) else ())
                for one in _said(subject, service, status)
            ]
        for what, text in (*told, ("what is logged or printed", log.getvalue())):
            yield f"{what} of {service.name}", text, secrets
    yield from ((what, text, secrets) for what, text in (*_refused(subject), *_garbled(subject)))
    yield from _at_work(subject)


def _refused(subject: Subject) -> Iterator[tuple[str, str]]:
    """What the errors of the vendor's codes show: a known one and an unknown one of each table."""
    for table in subject.contract.tables:
        for code in (*list(table.rows)[:1], UNKNOWN_WORD):
            got = outcome(subject, table, code, patient=False)
            error = got.error if isinstance(got, JobUpdate) else got
            if isinstance(error, EarwitnessError):
                yield f"the error for a code of {table.operation}", _all_of(error)


def _garbled(subject: Subject) -> Iterator[tuple[str, str]]:
    """What a dialect shows, and the errors that damaged frames make of it."""
    with suppress(Unsupported):
        for service, dialogue in dialogues(subject):
            dialect = subject.provider().dialect(dialogue.submission)
            yield f"the repr of the dialect of {service.name}", f"{dialect!r} {dialect}"
            for frame in damaged_frames(dialogue):
                with suppress(Exception):  # L4 has its eye on that
                    try:
                        heard_after(subject, dialogue, frame)
                    except EarwitnessError as error:
                        yield f"the error for a damaged frame of {service.name}", _all_of(error)


def _all_of(error: EarwitnessError) -> str:
    return f"{error} {error!r} {error.details()} {error.__context__!r}"


def _said(subject: Subject, service: Any, status: int) -> Iterator[tuple[str, str]]:
    """What a submission and a question show, and the errors that bad answers make of them."""
    player = Player([reply(b"{", status)])
    try:
        told(lambda: subject.run(subject.provider(player).submit(subject.submission(service))))
    except EarwitnessError as error:
        yield f"the error after HTTP {status}", _all_of(error)
    yield "the repr of a call", " ".join(map(repr, player.signed))
    yield "the repr of an engine", repr(player.engine)
    try:
        asked = Player([reply(b"{", status)])
        told(lambda: subject.run(subject.provider(asked).fetch(VendorReference(service.name, "1"))))
    except EarwitnessError as error:
        yield f"the error of a question after HTTP {status}", _all_of(error)


def _at_work(subject: Subject) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What a job at the bench leaves behind."""
    for service in subject.services:
        try:
            run = subject.run_of(service)
        except Unsupported:
            continue
        yield f"the log of {service.name}", run.log, run.secrets
        if run.job is not None:
            reference = run.job.reference
            kept = f"{dict(reference.state)} {reference.id}" if reference else ""
            yield f"a job of {service.name}", f"{run.job!r} {run.job} {run.job.details()}", run.secrets
            yield f"the reference of {service.name}", f"{reference!r} {kept}", run.secrets
        if run.transcript is not None:
            yield f"a transcript of {service.name}", run.transcript.to_json().decode(), run.secrets
        for dialogue in run.dialogues:
            dials = [what for step, what in dialogue.steps if step == "dial"]
            yield f"the repr of a Dial of {service.name}", repr(dials), run.secrets
