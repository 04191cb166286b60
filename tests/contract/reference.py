"""A small healthy provider of an invented vendor, for the mutants to be cut from: recordings over HTTP, and streams."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from earwitness.capabilities import AudioForm, Capabilities, Limit, NoOptions, Service
from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    EarwitnessError,
    JobNotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    UnavailableError,
)
from earwitness.exchange import Exchange, HttpCall, HttpReply
from earwitness.fields import Key
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.lenient import Array, Forgiven, Losses, Text, Time, read
from earwitness.models import Answer, Notice, Segment, Speaker, Transcript, Word
from earwitness.provider import Callback, Provider, ProviderSettings, Submission
from earwitness.request import Feature, UrlAudio
from earwitness.rest import Meaning, media_body, refusal, status_error
from earwitness.streaming import Dial, Final, Frame, Settled
from earwitness.validation import repair

STATES = {
    "queued": JobStatus.QUEUED,
    "running": JobStatus.RUNNING,
    "done": JobStatus.SUCCEEDED,
    "stopped": JobStatus.CANCELLED,
}
CODES: Mapping[tuple[str, str], Meaning] = {
    ("submit", "E_BUSY"): Meaning(UnavailableError, "Minnow is busy"),
    ("submit", "E_KEY"): Meaning(AuthenticationError, "Minnow does not accept the key"),
    ("submit", "E_LOST"): Meaning(OutcomeUnknownError, "Minnow's gateway lost the submission"),
    ("fetch", "E_GONE"): Meaning(JobNotFoundError, "Minnow does not know the job"),
    ("fetch", "E_AUDIO"): Meaning(BadAudioError, "Minnow could not hear the audio", ends=True),
}
UNKNOWN = Meaning(ProtocolError, "Minnow answered with a code that its manual does not list")


class Settings(ProviderSettings):
    """Where Minnow is, and the key."""

    base_url: str = "https://minnow.invalid"
    live_url: str = "wss://minnow.invalid/live"
    api_key: Key


class Options(NoOptions):
    """What only Minnow knows."""

    tier: str = "basic"


class WireWord(BaseModel):
    """One word, in milliseconds."""

    text: Text = None
    start: Time = None
    end: Time = None


class WireSegment(BaseModel):
    """One segment, in milliseconds."""

    text: Text = None
    start: Time = None
    end: Time = None
    speaker: Text = None
    words: Annotated[list[Annotated[WireWord | None, Forgiven]] | None, Forgiven] = None


class WireJob(BaseModel):
    """Every answer about a job."""

    model_config = ConfigDict(title="answer")

    id: Text = None
    state: Text = None
    error: Any = Field(default=None, repr=False)
    segments: Array = None


class KeyAuth:
    """A key in a header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The call with the key."""
        from dataclasses import replace

        return replace(call, headers={**call.headers, "x-key": self._key})


FEATURES = {Feature.WORD_TIMES: Limit(), Feature.SPEAKERS: Limit(maximum=4)}
BATCH = Service(
    "batch",
    options=Options,
    audio=("inline", "url"),
    features=FEATURES,
    languages=("en-US", "ko-KR"),
    accepts=AudioForm(containers=("wav",), max_channels=1),
    callback="hint",
    cancellable=True,
)
LIVE = Service("live", audio=("stream",), features={Feature.WORD_TIMES: Limit()}, languages=("en-US", "ko-KR"))


class Minnow(Provider[Settings]):
    """Submit and poll, callbacks, and live audio over a WebSocket."""

    name = "minnow"
    Settings = Settings
    capabilities: ClassVar[Capabilities] = Capabilities((BATCH, LIVE))

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hands the audio over."""
        return await self.runtime.converse(lambda: self.submitting(submission), self.auth)

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """Asks for the job."""
        return await self.runtime.converse(lambda: self.asking(reference), self.auth)

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        """Stops the job."""
        return await self.runtime.converse(lambda: self.stopping(reference), self.auth)

    def dialect(self, submission: Submission) -> "MinnowDialect":
        """A fresh connection."""
        return MinnowDialect(self.settings, submission)

    @classmethod
    def read_callback(cls, callback: Callback, reference: VendorReference | None = None) -> JobUpdate:
        """The same as an answer, about a job that must be this one."""
        job = wire_job(callback.body)
        if reference is not None and job.id != reference.id:
            raise ProtocolError("Minnow called back about another job", accepted="no")
        return cls.told(job, Answer(callback.body), reference or VendorReference("batch", job.id or ""))

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """A stored answer."""
        return cls.told(wire_job(answer.body), answer, reference)

    @classmethod
    def told(cls, job: WireJob, answer: Answer, reference: VendorReference | None) -> JobUpdate:
        """What an answer about a job means."""
        status = cls.states().get(job.state or "")
        if status is None:
            raise ProtocolError(
                "Minnow names a state that its manual does not list", vendor_code=job.state, accepted="no"
            )
        heard = cls.heard(job.segments or []) if status is JobStatus.SUCCEEDED else None
        return JobUpdate(status, reference, transcript=heard, answer=answer)

    @classmethod
    def states(cls) -> Mapping[str, JobStatus]:
        """The words for a job's state."""
        return STATES

    @classmethod
    def heard(cls, items: list[Any]) -> Transcript:
        """The transcript in the segments of an answer."""
        losses = Losses()
        wires = [WireSegment.model_validate(one, context=losses) for one in items if isinstance(one, dict)]
        segments = tuple(cls.segment(one) for one in wires if (one.text or "").strip())
        speakers = tuple(map(Speaker, dict.fromkeys(one.speaker for one in segments if one.speaker)))
        return repair(Transcript(segments, speakers, notices=losses.notices()))

    @classmethod
    def segment(cls, wire: WireSegment) -> Segment:
        """One segment as it was said."""
        words = tuple(Word(one.text, one.start, one.end) for one in wire.words or () if one is not None and one.text)
        return Segment(wire.text or "", wire.start, wire.end, words, speaker=wire.speaker)

    @property
    def auth(self) -> KeyAuth:
        """The key."""
        return KeyAuth(self.settings.api_key.get_secret_value())

    def query(self, submission: Submission) -> dict[str, str]:
        """The request's options as Minnow wants them."""
        request = submission.request
        query = {"lang": submission.plan.languages[0], "tier": submission.options.tier}
        if request.word_times:
            query["words"] = "1"
        if request.speakers:
            query["speakers"] = str(request.speakers.max or 0)
        if isinstance(request.audio, UrlAudio):
            query["url"] = request.audio.url
        return query

    def call(self, submission: Submission) -> HttpCall:
        """The call that hands the audio over."""
        body = media_body(submission.media) if submission.media else b""
        return HttpCall("submit", "POST", f"{self.settings.base_url}/jobs", self.query(submission), body=body)

    def submitting(self, submission: Submission) -> Exchange[JobUpdate]:
        """One submission."""
        reply = yield self.call(submission)
        return self.accepted(reply)

    def accepted(self, reply: HttpReply) -> JobUpdate:
        """What the answer to a submission means."""
        job = self.checked(reply, "submit")
        if job.id is None:
            raise ProtocolError("Minnow took the job without naming it")
        return JobUpdate(JobStatus.QUEUED, VendorReference("batch", job.id, reply.received_at))

    def asking(self, reference: VendorReference) -> Exchange[JobUpdate]:
        """One question."""
        reply = yield HttpCall("fetch", "GET", self.place(reference), repeatable=True)
        try:
            job = self.checked(reply, "fetch")
        except EarwitnessError as error:
            meaning = CODES.get(("fetch", error.vendor_code or ""))
            if meaning is None or not meaning.ends:
                raise
            return JobUpdate(JobStatus.FAILED, reference, error=error)
        return self.told(job, Answer(reply.body), reference)

    def stopping(self, reference: VendorReference) -> Exchange[JobUpdate]:
        """One request to stop."""
        reply = yield HttpCall("cancel", "DELETE", self.place(reference), repeatable=True)
        return self.told(self.checked(reply, "cancel"), Answer(reply.body), reference)

    def place(self, reference: VendorReference) -> str:
        """The job's address."""
        return f"{self.settings.base_url}/jobs/{quote(reference.id, safe='')}"

    def checked(self, reply: HttpReply, operation: str) -> WireJob:
        """The answer, if it is one. Raises what it refuses."""
        job = read(WireJob, reply.body, Losses())
        code = job.error.get("code") if job is not None and isinstance(job.error, dict) else None
        if isinstance(code, str):
            raise self.refused(operation, code)
        if reply.status >= 400 or job is None:
            raise self.unreadable(reply, operation)
        return job

    def refused(self, operation: str, code: str) -> EarwitnessError:
        """The error of a code."""
        return refusal(CODES.get((operation, code), UNKNOWN), code, None)

    def unreadable(self, reply: HttpReply, operation: str) -> EarwitnessError:
        """The error of an answer without a code."""
        return status_error(reply, operation=operation, submission=operation == "submit")


def wire_job(body: bytes) -> WireJob:
    """The answer in these bytes. Raises ProtocolError."""
    job = read(WireJob, body, Losses())
    if job is None:
        raise ProtocolError("This is no answer of Minnow's", accepted="no")
    return job


class WireMessage(BaseModel):
    """Every message of a live connection."""

    model_config = ConfigDict(title="answer")

    ready: Any = None
    segment: Annotated[WireSegment | None, Forgiven] = None
    settled: Time = None
    end: Any = None


class MinnowDialect:
    """One connection: JSON out and in, samples as they are."""

    sample_rate = 16_000
    chunk_ms = 100
    pace = float("inf")

    def __init__(self, settings: Settings, submission: Submission) -> None:
        self._settings, self._submission = settings, submission
        self.ready = self.ended = False

    def dial(self, now: datetime) -> Dial:
        """The address, with the key in a header."""
        return Dial("websocket", self._settings.live_url, headers={"x-key": self._settings.api_key.get_secret_value()})

    def opened(self) -> Sequence[Frame]:
        """What to listen for."""
        words = bool(self._submission.request.word_times)
        return [json.dumps({"lang": self._submission.plan.languages[0], "words": words})]

    def audio(self, pcm: bytes) -> Sequence[Frame]:
        """The samples."""
        return [pcm]

    def finish(self) -> Sequence[Frame]:
        """The end."""
        return [json.dumps({"finish": True})]

    def received(self, frame: Frame) -> Sequence[Final | Settled | Notice]:
        """One message."""
        message = self.message(frame)
        self.ready = self.ready or message.ready is True
        self.ended = self.ended or message.end is True
        events: list[Final | Settled | Notice] = []
        if message.segment is not None and message.segment.text:
            segment = Minnow.segment(message.segment)
            events.append(Final(segment, segment.end_ms or 0))
        if message.settled is not None:
            events.append(Settled(message.settled))
        return events

    def message(self, frame: Frame) -> WireMessage:
        """The message in this frame. Raises ProtocolError."""
        found = read(WireMessage, frame.encode() if isinstance(frame, str) else frame, Losses())
        if found is None:
            raise ProtocolError("Minnow sent a message that is no JSON object", retryable=True)
        return found
