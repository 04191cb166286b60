"""From Echo's answers to the neutral model. Pure; what the codes mean is data."""

from collections.abc import Mapping
from typing import Any

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    OutcomeUnknownError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
)
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate
from earwitness.lenient import Array, Losses, Text, Time, Triples, read
from earwitness.models import Answer, Segment, ServedBy, Transcript, Word
from earwitness.rest import Meaning, refusal, status_error
from earwitness.validation import repair
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PROBLEMS", "update_of"]

_LOOK = "Look at your account before you send it again: it may be billed."

PROBLEMS: Mapping[str, Meaning] = {
    "bad_key": Meaning(AuthenticationError, "Echo does not accept the key", "Check api_key in the profile's settings."),
    "no_credit": Meaning(QuotaExhaustedError, "The account at Echo is empty", "Top it up."),
    "too_long": Meaning(AudioTooLargeError, "Echo takes a minute of audio", "Cut the recording into parts."),
    "no_audio": Meaning(BadAudioError, "Echo found no audio", "Check that the file plays and has sound."),
    "too_fast": Meaning(RateLimitedError, "Too many calls to Echo", "Try again later.", wait_s=1.0),
    "broken": Meaning(OutcomeUnknownError, "Echo failed while it listened", _LOOK),
}
"""Every word of the manual. Whether a recording may be sent again follows from the kind of error."""

_UNKNOWN = Meaning(ProtocolError, "Echo answered with a word that its manual does not list", _LOOK)


class _Utterance(BaseModel):
    """One stretch of speech. Times in milliseconds; `for` is how long it lasts."""

    model_config = ConfigDict(title="utterances")

    at: Time = None
    lasts: Time = Field(default=None, alias="for")
    said: Text = Field(default=None, repr=False)
    words: Triples = Field(default_factory=list, repr=False)


class _Answer(BaseModel):
    """Every JSON body that Echo sends."""

    model_config = ConfigDict(title="answer")

    utterances: Array = Field(default=None, repr=False)
    problem: Text = None
    detail: Text = Field(default=None, repr=False)


def update_of(answer: Answer, *, reply: HttpReply | None = None) -> JobUpdate:
    """The finished job, by an answer that has just come (`reply`) or was kept. Raises the refusal that it is."""
    losses = Losses()
    heard = read(_Answer, answer.body, losses)
    if heard is not None and heard.problem is not None:
        raise refusal(PROBLEMS.get(heard.problem, _UNKNOWN), heard.problem, heard.detail, reply=reply)
    if reply is not None and reply.status >= 400:
        raise status_error(reply, operation="say", submission=True)
    if heard is None or heard.utterances is None:
        raise ProtocolError("Echo's answer holds neither a result nor a problem", action=_LOOK)
    found = [_segment(raw, losses) for raw in heard.utterances]
    segments = tuple(one for one in found if one is not None and one.text.strip())
    transcript = Transcript(segments, served_by=ServedBy("echo", service="say"), notices=losses.notices())
    return JobUpdate(JobStatus.SUCCEEDED, transcript=repair(transcript), answer=answer)


def _segment(raw: Any, losses: Losses) -> Segment | None:
    if not isinstance(raw, dict):
        losses.left_out["utterances"] += 1
        return None
    one = _Utterance.model_validate(raw, context=losses)
    words = tuple(Word(text, start_ms, end_ms) for start_ms, end_ms, text in one.words)
    end_ms = None if one.at is None or one.lasts is None else one.at + one.lasts
    text = " ".join(word.text for word in words) if one.said is None else one.said
    return Segment(text, one.at, end_ms, words, derived=("text",) if one.said is None else ())
