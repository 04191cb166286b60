"""From CLOVA's answers to the neutral model: states, refusals, transcripts. Pure; requests are in `_requests`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from earwitness.errors import Accepted, EarwitnessError, JobNotFoundError, ProtocolError, ResultExpiredError
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.lenient import Losses, read
from earwitness.models import Answer, AudioEvent, Notice, Segment, ServedBy, Speaker, Transcript
from earwitness.rest import Meaning, collector_paused, in_trouble, refusal, untroubled
from earwitness.validation import repair

from ._errors import Operation, complaint, meaning_of, status_refusal
from ._segments import Segments, given_names
from ._subtitles import read_subtitles
from ._wire import LongAnswer, ShortAnswer, WireEvent

__all__ = ["ATTEMPT", "ECHOED_LANGUAGES", "STATUS_WORDS", "State", "is_short", "long_update", "short_update"]

STATUS_WORDS: Mapping[str, JobStatus] = {
    "WAITING": JobStatus.QUEUED,
    "PROCESSING": JobStatus.RUNNING,
    "COMPLETED": JobStatus.SUCCEEDED,
    "SUCCEEDED": JobStatus.SUCCEEDED,
}
"""The words of `result` that are no refusals. `SUCCEEDED` is also said of a submission that was merely accepted."""

ECHOED_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "ko": ("ko-KR",),
    "ko-KR": ("ko-KR",),
    "en": ("en-US",),
    "en-US": ("en-US",),
    "enko": ("ko-KR", "en-US"),
    "ja": ("ja",),
    "zh-cn": ("zh-CN",),
    "zh-tw": ("zh-TW",),
}
"""What `params.lang` stands for. It repeats what was asked; CLOVA detects no language."""

ATTEMPT = "earwitness_attempt"
"""The key in `userdata` under which our attempt's id comes back."""

State = Mapping[str, str | int | float | bool | None]
Source = Literal["submit", "fetch", "callback", "stored"]
"""Where an answer of the long service comes from: two calls, the vendor's own call, or a file."""

_EXPIRED_AFTER_S = 24 * 3600.0
_LONGEST_TOKEN = 256
_VENDORS_OWN = "_ncp_"
# Echoes of the request: personal, long, or an address that only the vendor should know.
_NOT_KEPT = frozenset({"callback", "userdata", "boostings", "forbiddens"})


def long_update(
    answer: Answer,
    *,
    source: Source,
    reference: VendorReference | None = None,
    reply: HttpReply | None = None,
    state: State | None = None,
) -> JobUpdate:
    """What an answer of the long service means. The body decides before the HTTP status.

    `reference` is the job's where it is known; `state` is what a new one shall remember. Raises the refusal that a call
    met; a refusal of the job itself is a failed job. What a callback cannot prove means: ask now.
    """
    known = state if state is not None else reference.state if reference else {}
    with collector_paused():
        subtitles = _subtitles(answer.body, known, reply)
        if subtitles is not None:
            return _finished(repair(subtitles), answer, reference)
        losses = Losses()
        heard = read(LongAnswer, answer.body, losses)
        if heard is None:
            raise _unreadable(reply, repeatable=source == "fetch")
        reference = reference or _reference(heard, reply, known)
        if _status(heard) is JobStatus.SUCCEEDED:
            return _finished(_transcript(heard, losses, known), answer, reference)
    return _unfinished(heard, source, reference, reply, known)


def short_update(answer: Answer, *, reply: HttpReply | None = None, notices: tuple[Notice, ...] = ()) -> JobUpdate:
    """What an answer of the short service means. Raises the refusal that it is."""
    losses = Losses()
    heard = read(ShortAnswer, answer.body, losses)
    if heard is None:
        raise _unreadable(reply, operation="recognize")
    if heard.text is None or complaint(heard)[0] is not None:
        raise _no_result(heard, "recognize", reply)
    transcript = Transcript(
        (Segment(heard.text),) if heard.text.strip() else (),
        served_by=ServedBy("clova", service="short"),
        notices=(*notices, *losses.notices()),
        vendor=_assessment(heard),
    )
    return JobUpdate(JobStatus.SUCCEEDED, transcript=transcript, answer=answer)


def is_short(answer: Answer) -> bool:
    """Whether a stored answer is the short service's: by what it says of itself, else by what only the long one has."""
    if answer.service is not None:
        return answer.service == "short"
    # Within a JSON text these quotes would be escaped.
    return b'"result"' not in answer.body and b'"segments"' not in answer.body and b'"text"' in answer.body


def _status(heard: LongAnswer) -> JobStatus | None:
    """The job's status; None for a refusal or an unknown word. An accepted submission is queued, not finished."""
    status = STATUS_WORDS.get(heard.result or "")
    if heard.result != "SUCCEEDED":
        return status
    finished = bool(heard.segments) or heard.text is not None or (heard.progress or 0) >= 100
    return JobStatus.SUCCEEDED if finished else JobStatus.QUEUED


def _unfinished(
    heard: LongAnswer, source: Source, reference: VendorReference | None, reply: HttpReply | None, state: State
) -> JobUpdate:
    status = _status(heard)
    if status is None:
        return _refused(heard, source, reference, reply, state)
    if source == "submit" and reference is None:
        raise ProtocolError(
            "CLOVA accepted the job without naming it",
            vendor_code=heard.result,
            action="Look into the vendor's console before you submit again: the job is running, and billed.",
        )
    if source == "callback":
        return _ask_now(reference)
    return JobUpdate(status, untroubled(reference), _share(heard.progress))


def _refused(
    heard: LongAnswer, source: Source, reference: VendorReference | None, reply: HttpReply | None, state: State
) -> JobUpdate:
    operation: Operation = "submit" if source == "submit" else "fetch"
    if heard.result is None:
        raise _no_result(heard, operation, reply)
    meaning = meaning_of(operation, heard.result, heard.message, speakers_asked=state.get("speakers") is True)
    error = refusal(_dated(meaning, reference, reply), heard.result, heard.message, reply=reply, trace=_trace(heard))
    if source == "stored":
        return JobUpdate(JobStatus.FAILED, reference, error=error)
    if not meaning.ends and source == "callback":
        return _ask_now(reference)
    if not meaning.ends or source == "submit":
        raise error
    again = in_trouble(meaning, reference) if source == "fetch" else None
    if again is not None:
        return again
    return JobUpdate(JobStatus.FAILED, reference, error=error)


def _dated(meaning: Meaning, reference: VendorReference | None, reply: HttpReply | None) -> Meaning:
    """A job that CLOVA knew long ago and knows no more has expired."""
    if meaning.kind is not JobNotFoundError or reference is None or reference.submitted_at is None or reply is None:
        return meaning
    if (reply.received_at - reference.submitted_at).total_seconds() < _EXPIRED_AFTER_S:
        return meaning
    return replace(meaning, kind=ResultExpiredError, message="CLOVA no longer knows this job", action=None)


def _ask_now(reference: VendorReference | None) -> JobUpdate:
    return JobUpdate(JobStatus.RUNNING, reference, check_after=0.0)


def _unreadable(
    reply: HttpReply | None, *, operation: Operation = "submit", repeatable: bool = False
) -> EarwitnessError:
    if reply is not None and reply.status >= 400:
        return status_refusal(reply, "fetch" if repeatable else operation)
    return ProtocolError(
        "CLOVA's answer is not the JSON object that its manual describes",
        retryable=repeatable,
        accepted="no" if repeatable else "unknown",
    )


def _no_result(heard: LongAnswer | ShortAnswer, operation: Operation, reply: HttpReply | None) -> EarwitnessError:
    """The gateway's own complaint, a bare HTTP status, or an answer that the manual does not know."""
    code, message = complaint(heard)
    if code is not None:
        return refusal(meaning_of(operation, code), code, message, reply=reply)
    if reply is not None and reply.status >= 400:
        return status_refusal(reply, operation, message)
    doubt: Accepted = "no" if operation == "fetch" else "unknown"
    return ProtocolError("CLOVA's answer has neither a result nor an error code", accepted=doubt)


def _reference(heard: LongAnswer, reply: HttpReply | None, state: State) -> VendorReference | None:
    token = heard.token
    # A token of dots would lead to another path.
    if not token or len(token) > _LONGEST_TOKEN or set(token) <= {"."}:
        return None
    attempt = _userdata(heard).get(ATTEMPT)
    remembered = {"attempt": attempt, **state} if isinstance(attempt, str) else state
    return VendorReference("long", token, reply.received_at if reply else None, state=remembered)


def _finished(transcript: Transcript, answer: Answer, reference: VendorReference | None) -> JobUpdate:
    return JobUpdate(JobStatus.SUCCEEDED, untroubled(reference), 1.0, transcript, answer=answer)


def _subtitles(body: bytes, state: State, reply: HttpReply | None) -> Transcript | None:
    """The transcript in an answer that is subtitles. Nothing at all is silence where subtitles were asked for."""
    served_by = ServedBy("clova", service="long")
    if not body.strip() and state.get("format") in ("SRT", "SMI") and (reply is None or reply.status == 200):
        told = "The vendor's subtitles were empty, which was taken for silence."
        return Transcript(served_by=served_by, notices=(Notice("vendor_warning", told),))
    found = _cues(body, state)
    return None if found is None else replace(found, served_by=served_by)


def _cues(body: bytes, state: State) -> Transcript | None:
    asked = state.get("speakers") is True
    # A job that remembers the format remembers speakers too; without it nobody knows what was asked.
    return read_subtitles(body, speakers=True if asked else False if "format" in state else None)


def _transcript(heard: LongAnswer, losses: Losses, state: State) -> Transcript:
    served_by = ServedBy("clova", service="long", engine_version=heard.version)
    if not heard.segments and heard.text and (cues := _cues(heard.text.encode(), state)) is not None:
        return replace(repair(cues), served_by=served_by)
    params, userdata = heard.params or {}, _userdata(heard)
    echoed = params.get("lang")
    segments = Segments(losses, given_names(heard.speakers or ()))
    told, odd = segments.taken_from(heard)
    bare = Transcript(
        tuple(told[place] for place in odd),
        tuple(Speaker(label, name) for label, name in segments.names.items()),
        tuple(_event(event) for event in heard.events or () if event is not None),
        requested_language=ECHOED_LANGUAGES.get(echoed, ()) if isinstance(echoed, str) else (),
        confidence=heard.confidence,
        served_by=served_by,
        notices=(*losses.notices(), *_warnings(params, echoed, state)),
        metadata={key: value for key, value in userdata.items() if _is_users(key) and isinstance(value, str)},
        vendor=_extras(heard, params, userdata, segments.edits),
    )
    # What was read as usual has been checked there; only the odd segments can need repair.
    mended = repair(bare)
    for place, segment in zip(odd, mended.segments, strict=True):
        told[place] = segment
    return replace(mended, segments=tuple(told))


def _event(event: WireEvent) -> AudioEvent:
    return AudioEvent(event.label_edited or event.label or event.type or "unknown", event.start, event.end)


def _warnings(params: Mapping[str, Any], echoed: Any, state: State) -> Iterator[Notice]:
    diarization = params.get("diarization")
    off = isinstance(diarization, Mapping) and diarization.get("enable") is False
    if off and state.get("speakers") is True:
        yield Notice("vendor_warning", "This domain has speaker recognition switched off.", "speakers")
    if echoed is not None and (not isinstance(echoed, str) or echoed not in ECHOED_LANGUAGES):
        yield Notice("unknown_value", f"The vendor calls the language {str(echoed)[:20]!r}.", "language")


def _userdata(heard: LongAnswer) -> Mapping[str, Any]:
    found = (heard.params or {}).get("userdata")
    return found if isinstance(found, Mapping) else {}


def _is_users(key: str) -> bool:
    return key != ATTEMPT and not key.startswith(_VENDORS_OWN)


def _trace(heard: LongAnswer) -> str | None:
    trace = _userdata(heard).get(f"{_VENDORS_OWN}TraceId")
    return trace if isinstance(trace, str) else None


def _extras(
    heard: LongAnswer, params: Mapping[str, Any], userdata: Mapping[str, Any], edits: Mapping[str, str]
) -> dict[str, Any]:
    """What CLOVA says and the neutral model has no place for; absent where it says nothing."""
    extras: dict[str, Any] = {
        "params": {name: value for name, value in params.items() if name not in _NOT_KEPT},
        "userdata": {name: value for name, value in userdata.items() if _is_users(name) and not isinstance(value, str)},
        "trace_id": _trace(heard),
        "keywords": heard.keywords,
        "event_types": heard.event_types,
        "unedited_texts": edits,
    }
    return {name: value for name, value in extras.items() if value not in (None, {}, [], "")}


def _assessment(heard: ShortAnswer) -> dict[str, Any]:
    extras = {
        "billed_s": heard.quota,
        "assessment_score": heard.assessment_score,
        "assessment_details": heard.assessment_details,
        "ref_graph": heard.ref_graph,
        "usr_graph": heard.usr_graph,
    }
    return {name: value for name, value in extras.items() if value is not None}


def _share(progress: float | None) -> float | None:
    return progress / 100 if progress is not None and 0 <= progress <= 100 else None
