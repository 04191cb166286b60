"""From Tencent's answers to the neutral model: states, refusals, transcripts. Pure; requests are in `_requests`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict

from earwitness.errors import (
    Accepted,
    EarwitnessError,
    ProtocolError,
    ResultExpiredError,
)
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.lenient import Array, Losses
from earwitness.models import Answer, Notice, Segment, ServedBy, Speaker, Transcript
from earwitness.rest import Meaning, brief, collector_paused, in_trouble, refusal, untroubled
from earwitness.validation import repair

from ._engines import strange_engine
from ._errors import CALLBACK_CODES, Operation, clock_difference_s, ended, failed_task, meaning_of, status_refusal
from ._segments import Sentences, Voices, is_numbered, text_lines
from ._wire import CloudAnswer, TaskStatus, read_cloud
from .capabilities import RESULT_LIFE_S

__all__ = [
    "FORM",
    "STATUSES",
    "State",
    "callback_update",
    "recording_update",
    "service_of",
]

STATUSES: Mapping[int, JobStatus] = {
    0: JobStatus.QUEUED,
    1: JobStatus.RUNNING,
    2: JobStatus.SUCCEEDED,
    3: JobStatus.FAILED,
}
"""`Status` of a task; its words differ from page to page."""

_STATUS_WORDS = {"waiting": 0, "doing": 1, "success": 2, "failed": 3}

State = Mapping[str, str | int | float | bool | None]
Source = Literal["submit", "fetch", "stored"]
"""Where an answer about a recording comes from: two calls, or a file."""

FORM = "application/x-www-form-urlencoded"
"""The content type of a callback."""

_ASK_AGAIN_S = 5.0
_FRESH_S = 30.0
_LONGEST_ID = 20


def recording_update(
    answer: Answer,
    *,
    source: Source,
    reference: VendorReference | None = None,
    reply: HttpReply | None = None,
    state: State | None = None,
) -> JobUpdate:
    """What an answer about a recording means. The body decides before the HTTP status.

    `reference` is the task's where it is known; `state` is what a new one shall remember. Raises the refusal that a
    call met; a refusal of the task itself is a failed job.
    """
    known = state if state is not None else reference.state if reference else {}
    with collector_paused():
        losses = Losses()
        heard = read_cloud(answer.body, losses)
        if heard is None:
            raise unreadable(reply, "submit" if source == "submit" else "fetch")
        if heard.error is not None:
            return _refused(heard, source, reference, reply)
        task = TaskStatus.model_validate(heard.data or {}, context=losses)
        if source == "submit":
            return JobUpdate(JobStatus.QUEUED, _accepted(task, heard, reply, known))
        return _told(task, heard, answer, losses, reference, known)


def callback_update(answer: Answer, reference: VendorReference | None) -> JobUpdate:
    """What a callback means: a form with the whole result (manual, callback). Raises ProtocolError for what is none."""
    form = _form(answer.body)
    code, name = form.get("code", "").strip(), _id(form.get("requestId", "").strip())
    if name is None or not re.fullmatch(r"-?[0-9]{1,9}", code):
        raise ProtocolError("What Tencent called back with has neither a code nor a task", accepted="no")
    if reference is not None and reference.id != name:
        raise ProtocolError("Tencent called back about another task", accepted="no")
    reference = reference or VendorReference("recording", name)
    if int(code):
        found = CALLBACK_CODES.get(int(code))
        error = refusal(ended(found) if found else failed_task(), code, form.get("message"))
        return JobUpdate(JobStatus.FAILED, reference, error=error)
    losses = Losses()
    detail = _Detail.model_validate({"result_detail": _json(form.get("resultDetail"))}, context=losses)
    task = TaskStatus.model_construct(result=form.get("text"), result_detail=detail.result_detail)
    with collector_paused():
        transcript = _transcript(task, losses, reference.state, seconds=_seconds(form.get("audioTime", "")))
    return JobUpdate(JobStatus.SUCCEEDED, reference, 1.0, transcript, answer=answer)


def service_of(answer: Answer) -> str:
    """Which service gave a stored answer: by what it says of itself, else by what only one of them has."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind == FORM or (answer.body[:1] not in b"{" and b"requestId=" in answer.body):
        return "callback"
    if answer.service is not None:
        return answer.service
    # Within a JSON text these quotes would be escaped.
    if b'"flash_result"' in answer.body:
        return "flash"
    return "sentence" if b'"WordSize"' in answer.body or b'"WordList"' in answer.body else "recording"


def unreadable(reply: HttpReply | None, operation: Operation) -> EarwitnessError:
    """The error for a body that is no answer: what its HTTP status means, else that nobody knows."""
    if reply is not None and reply.status >= 400:
        return status_refusal(reply, operation)
    asked = operation == "fetch"
    return ProtocolError(
        "Tencent's answer is not the JSON object that its manual describes",
        retryable=asked,
        accepted="no" if asked else "unknown",
    )


def complaint(heard: CloudAnswer) -> tuple[str, str | None]:
    """Code and message of a refusal."""
    error = heard.error or {}
    code, message = error.get("Code"), error.get("Message")
    return brief(str(code or "an error without a code")), message if isinstance(message, str) else None


def whole(amount: float | None) -> int | None:
    """The amount as a whole number, where a number of milliseconds can be so large."""
    return round(amount) if amount is not None and 0 <= amount < 2**53 else None


def traced(name: str | None) -> dict[str, str]:
    """The vendor's id of the request, for a transcript's `vendor`."""
    return {"request_id": name} if name else {}


def speakers_of(told: Iterable[Segment], names: Mapping[str, str]) -> tuple[Speaker, ...]:
    """The speakers of these segments, in order of appearance."""
    labels = dict.fromkeys(one.speaker for one in told if one.speaker is not None)
    return tuple(Speaker(label, names.get(label)) for label in labels)


class _Detail(BaseModel):
    """The part of a callback that is JSON."""

    model_config = ConfigDict(title="answer")

    result_detail: Array = None


def _accepted(task: TaskStatus, heard: CloudAnswer, reply: HttpReply | None, state: State) -> VendorReference:
    name = _id(task.task_id)
    if name is None:
        raise _nameless("Tencent answered a submission without naming the task", heard, "unknown")
    begun = reply.received_at if reply else None
    return VendorReference("recording", name, begun, _over(reply), state)


def _told(
    task: TaskStatus,
    heard: CloudAnswer,
    answer: Answer,
    losses: Losses,
    reference: VendorReference | None,
    state: State,
) -> JobUpdate:
    """How a task stands."""
    reference = reference or _stored_reference(task)
    number = task.status if task.status is not None else _STATUS_WORDS.get(task.status_str or "")
    status = STATUSES.get(int(number)) if number is not None and number == int(number) else None
    if status is None:
        word = task.status_str if task.status is None else f"{task.status:g}"
        known = "names a state of the task that its manual does not list" if word else "has no state"
        raise _nameless(f"Tencent's answer {known}", heard, "no", word)
    if status is JobStatus.FAILED:
        error = refusal(failed_task(), task.status_str or "failed", task.error_msg, trace=heard.request_id)
        return JobUpdate(status, untroubled(reference), error=error)
    if status is not JobStatus.SUCCEEDED:
        return JobUpdate(status, untroubled(reference))
    other = _id(task.task_id)
    transcript = _transcript(
        task,
        losses,
        state,
        request_id=heard.request_id,
        seconds=task.audio_duration,
        mistaken=reference is not None and other is not None and other != reference.id,
    )
    return JobUpdate(status, untroubled(reference), 1.0, transcript, answer=answer)


def _refused(
    heard: CloudAnswer, source: Source, reference: VendorReference | None, reply: HttpReply | None
) -> JobUpdate:
    code, message = complaint(heard)
    meaning = meaning_of("submit" if source == "submit" else "fetch", code)
    age = _age_s(reference, reply)
    if code == "FailedOperation.NoSuchTask" and source == "fetch":
        if age is not None and age < _FRESH_S:
            # A task that was just accepted need not be known everywhere yet.
            return JobUpdate(JobStatus.QUEUED, reference, check_after=_ASK_AGAIN_S)
        if age is not None and age >= RESULT_LIFE_S:
            meaning = Meaning(ResultExpiredError, "Tencent no longer knows this task", "Submit it again.")
    error = refusal(meaning, code, message, reply=reply, trace=heard.request_id)
    if meaning.ends or source == "stored":
        return JobUpdate(JobStatus.FAILED, reference, error=error)
    again = in_trouble(meaning, reference)
    if again is not None:
        return again
    raise error


def _transcript(
    task: TaskStatus,
    losses: Losses,
    state: State,
    *,
    request_id: str | None = None,
    seconds: float | None = None,
    mistaken: bool = False,
) -> Transcript:
    sentences = Sentences(losses, _voices(task, state))
    sentences.take(task)
    sentences.in_order()
    told, odd = sentences.segments, sentences.odd
    if not told and task.result:
        told = text_lines(task.result, sentences.voices, losses)
        told.sort(key=lambda one: one.start_ms or 0)
        odd = list(range(len(told)))
    engine = state.get("engine")
    warnings = (*_warnings(mistaken=mistaken), *strange_engine(engine))
    bare = Transcript(
        tuple(told[place] for place in odd),
        speakers_of(told, sentences.names),
        duration_ms=whole(seconds * 1000) if seconds is not None else None,
        detected_language=_language(told),
        served_by=ServedBy("tencent", service="recording", model=engine if isinstance(engine, str) else None),
        notices=(*losses.notices(), *sentences.notices(), *sentences.voices.notices(), *warnings),
        vendor={**sentences.extras(), **traced(request_id)},
    )
    # What was read as usual has been checked there; only the odd segments can need repair.
    mended = repair(bare)
    for place, segment in zip(odd, mended.segments, strict=True):
        told[place] = segment
    return replace(mended, segments=tuple(told))


def _voices(task: TaskStatus, state: State) -> Voices:
    """What the speaker's number means: as was asked, else, in an answer of unknown origin, as the stamps tell."""
    if "engine" in state or "speakers" in state:
        speakers, channels, uncounted = (state.get(name) is True for name in ("speakers", "channels", "uncounted"))
        return Voices(speakers, channels, uncounted)
    numbers = (one.get("SpeakerId") for one in task.result_detail or () if isinstance(one, dict))
    return Voices(speakers=is_numbered(task.result) or any(type(number) is int and number > 0 for number in numbers))


def _language(told: list[Segment]) -> str | None:
    """The language that was detected throughout; None where there was more than one."""
    found = {one.language for one in told if one.language is not None}
    return next(iter(found)) if len(found) == 1 else None


def _warnings(*, mistaken: bool) -> Iterator[Notice]:
    if mistaken:
        yield Notice("vendor_warning", "The vendor's answer names another task than was asked about.")


def _nameless(told: str, heard: CloudAnswer, accepted: Accepted, code: str | None = None) -> ProtocolError:
    return ProtocolError(told, vendor_code=brief(code or "") or None, request_id=heard.request_id, accepted=accepted)


def _stored_reference(task: TaskStatus) -> VendorReference | None:
    name = _id(task.task_id)
    return VendorReference("recording", name) if name else None


def _over(reply: HttpReply | None) -> datetime | None:
    """When the vendor forgets the task: by its clock, which the next question is signed by where ours is wrong.

    Ours counts where it is ahead, because another process does not know yet how far.
    """
    if reply is None:
        return None
    behind = timedelta(seconds=max(0.0, clock_difference_s(reply)))
    return reply.received_at + behind + timedelta(seconds=RESULT_LIFE_S)


def _age_s(reference: VendorReference | None, reply: HttpReply | None) -> float | None:
    if reference is None or reference.submitted_at is None or reply is None:
        return None
    return (reply.received_at - reference.submitted_at).total_seconds()


def _id(value: Any) -> str | None:
    """A TaskId as text: a whole number above 0 of at most 64 bits."""
    text = str(value) if type(value) is int else value if isinstance(value, str) else ""
    sound = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID and int(text) > 0
    return text if sound else None


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return "no JSON"
