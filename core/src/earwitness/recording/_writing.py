"""Puts what was recorded into a folder, redacted, and reads the answers again to be sure that they still say it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from .._drafts import replace_file
from .._facade import read_answer
from ..errors import ConfigurationError, EarwitnessError, UnsupportedFeatureError
from ..jobs import JobUpdate
from ..models import Answer, Transcript
from ._files import INDEX, Exchanged, Finished, Index
from ._veiling import Veil, unspoken
from ._watching import Step

__all__ = ["write"]

_HEADERS = ("content-type", "retry-after")
"""Everything else that a vendor sends along is of that day, of that account, or of the way there."""


def write(
    folder: Path, provider: str, steps: Sequence[Step], updates: Sequence[JobUpdate], *, veil: Veil, hide_text: bool
) -> None:
    """Writes bodies and index. Raises OSError, and ConfigurationError where an answer cannot be read any more (all is
    written by then) and where what was said cannot be hidden (nothing is)."""
    said = [update.transcript for update in updates if update.transcript is not None] if hide_text else []
    bodies = _Bodies(veil, said)
    exchanges = tuple(_exchanged(step, veil, bodies) for step in steps)
    spoken = [update.answer for update in updates if update.answer is not None and update.transcript is not None]
    answers = [_finished(provider, answer, veil, bodies) for answer in spoken]
    read = tuple(one for one in answers if isinstance(one, Finished))
    told = TypeAdapter(Index).dump_python(
        Index(provider=provider, exchanges=exchanges, answers=read), mode="json", exclude_defaults=True
    )
    for name, shown in bodies.shown.items():
        replace_file(folder / name, shown)
    replace_file(folder / INDEX, f"{json.dumps(told, ensure_ascii=False, indent=2)}\n".encode())
    for one in answers:
        if isinstance(one, ConfigurationError):
            raise one


class _Bodies:
    """The files of one recording, numbered in their order, with what may be shown."""

    def __init__(self, veil: Veil, said: Sequence[Transcript]) -> None:
        self.shown: dict[str, bytes] = {}
        self._veil, self._said = veil, said
        self._names: dict[bytes, str] = {}

    def add(self, operation: str, text: str) -> str:
        """The name of the file that holds what may be shown of this text."""
        shown = self._veil.over(text)
        for transcript in self._said:
            shown = unspoken(shown, transcript)
        plain = re.sub(r"[^A-Za-z0-9]+", "-", operation).strip("-")
        name = f"{len(self.shown) + 1:02}-{plain}{_suffix(shown)}"
        self._names[text.encode()] = name
        self.shown[name] = shown.encode()
        return name

    def of(self, body: bytes) -> str:
        """The name of the file with this body, which is a new one if no reply was it."""
        return self._names.get(body) or self.add("answer", body.decode(errors="replace"))


def _exchanged(step: Step, veil: Veil, bodies: _Bodies) -> Exchanged:
    call, sent, reply = step
    known: dict[str, Any] = {
        "operation": call.operation,
        "method": call.method,
        "path": veil.over(urlsplit(call.url).path) or "/",
        "sent": sent,
        "status": reply.status,
        "headers": {name: veil.over(reply.headers[name]) for name in _HEADERS if name in reply.headers},
    }
    if not reply.body:
        return Exchanged(**known)
    try:
        return Exchanged(**known, body=bodies.add(call.operation, reply.body.decode()))
    except UnicodeDecodeError:
        return Exchanged(**known, length=len(reply.body), sha256=hashlib.sha256(reply.body).hexdigest())


def _finished(provider: str, answer: Answer, veil: Veil, bodies: _Bodies) -> Finished | ConfigurationError | None:
    """What the redacted answer says, or why it says nothing; None for a provider that reads no stored answers."""
    name = bodies.of(answer.body)
    try:
        heard = read_answer(provider, Answer(bodies.shown[name], answer.content_type, answer.service))
    except UnsupportedFeatureError:
        return None
    except EarwitnessError as error:
        why = veil.over(error.message)
    else:
        return Finished(body=name, content_type=answer.content_type, service=answer.service, **_facts(heard))
    return ConfigurationError(
        f"The recording is written, but {name} cannot be read any more with what was hidden in it: {why}",
        action="Record without hide_text, or hide less, and take out by hand what nobody may see.",
    )


def _facts(heard: Transcript) -> dict[str, Any]:
    """What the kit compares with the answer when it reads it."""
    words = [word for segment in heard.segments for word in segment.words]
    ends = [word.end_ms for word in words] + [segment.end_ms for segment in heard.segments]
    speakers = dict.fromkeys(segment.speaker for segment in heard.segments if segment.speaker is not None)
    return {
        "text": heard.text,
        "words": len(words) or None,
        "speakers": tuple(speakers) or None,
        "end_ms": max((end for end in ends if end is not None), default=None),
    }


def _suffix(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        return ".xml" if text.lstrip().startswith("<") else ".txt"
    return ".json"
