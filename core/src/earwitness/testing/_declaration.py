"""What the author of a provider declares for the kit: recorded payloads, tables, a sample of speech."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import Accepted, EarwitnessError
from ..jobs import JobStatus
from ..models import Answer

__all__ = ["PLACE", "Code", "Expected", "Recorded", "Sample", "Table", "body_of"]

PLACE = "{code}"
"""Where the word or code stands in a table's reply."""

Payload = bytes | str | Mapping[str, Any]
Code = str | int
Expected = JobStatus | type[EarwitnessError] | tuple[type[EarwitnessError], Accepted]
"""A state of the job; or an error's exact class, on a submission together with `accepted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A real answer of the vendor, and what it says. `text` without any letters is silence.

    `words` is how many words it has, `speakers` their ids in order of appearance, `end_ms` where the last word or
    segment ends, in milliseconds; None is not checked. `id` and `headers` are of callbacks: the vendor's name of the
    job, and what came with the body.
    """

    body: Payload = field(repr=False, kw_only=False)
    text: str = field(repr=False)
    service: str | None = None
    content_type: str = "application/json"
    words: int | None = None
    speakers: tuple[str, ...] | None = None
    end_ms: int | None = None
    id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def data(self) -> bytes:
        """The body as it came over the wire."""
        return body_of(self.body)

    def answer(self, data: bytes | None = None) -> Answer:
        """This answer, or another body in its place."""
        return Answer(self.data if data is None else data, self.content_type, self.service)


@dataclass(frozen=True, slots=True)
class Table:
    """What the vendor's words mean in its reply to one operation.

    `reply` is the vendor's answer with `{code}` where the word or code stands; for a code that is a number the whole
    JSON string `"{code}"` becomes the number. Every row of a submission that is an error names `accepted` too.
    For live audio `operation` is `stream`, where `reply` is a message of the vendor's, or `connection`, where the code
    is the status of a connection that failed and `reply` what the vendor said beside it.
    `unknown` is what a code means that nobody documents. `known` are the keys of your own table, all of which the rows
    must cover. `before` are replies to the calls that the operation makes first, such as one for a token or for the
    upload, and `after` to those that it makes because of the code; `id` is the job's in `fetch` and `cancel`.
    """

    operation: Literal["submit", "fetch", "cancel", "stream", "connection"]
    reply: Payload = field(repr=False)
    rows: Mapping[Any, Expected]
    unknown: Expected = field(kw_only=True)
    known: Collection[Any] | None = field(default=None, kw_only=True)
    service: str | None = field(default=None, kw_only=True)
    status: int = field(default=200, kw_only=True)
    before: tuple[Payload, ...] = field(default=(), repr=False, kw_only=True)
    after: tuple[Payload, ...] = field(default=(), repr=False, kw_only=True)
    id: str = field(default="1", kw_only=True)

    def filled(self, code: Code) -> bytes:
        """The reply that says this code."""
        if isinstance(self.reply, Mapping):
            return body_of(_filled(self.reply, code))
        return body_of(self.reply).replace(PLACE.encode(), str(code).encode())


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording of real speech, and what is said in it; case and punctuation do not count.

    Raises ValueError where nothing is said: an engine that hears nothing would be right.
    """

    path: Path
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not any(map(str.isalnum, self.text)):
            raise ValueError(f"the text of the sample {self.path.name} has no words; write what is said in it")


def body_of(payload: Payload) -> bytes:
    """A payload as it goes over the wire; plain data as JSON."""
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)).encode()


def _filled(value: Any, code: Code) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(one, code) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(one, code) for one in value]
    if value == PLACE:
        return code
    return value.replace(PLACE, str(code)) if isinstance(value, str) else value
