"""The smallest providers of each shape, as a plugin author would write them: REST, streaming dialect, engine."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from earwitness.capabilities import AudioForm, Capabilities, Limit, NoOptions, Service
from earwitness.engine import Engine
from earwitness.errors import JobFailedError, RateLimitedError
from earwitness.exchange import Exchange, FormFile, HttpCall, multipart
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.models import Answer, Interim, Notice, Segment, Transcript
from earwitness.provider import Provider, ProviderSettings, Submission
from earwitness.request import Feature
from earwitness.rest import status_error
from earwitness.streaming import Dial, Final, Frame

from .engines import CountingEngine


class RestSettings(ProviderSettings):
    """Where the vendor is, and its key."""

    base_url: str
    key: SecretStr = SecretStr("key")


class RestOptions(NoOptions):
    """One option that only this vendor knows."""

    tier: str = "basic"


class KeyAuth:
    """Signs with a plain header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The call with the key in it."""
        return HttpCall(
            call.operation,
            call.method,
            call.url,
            headers={**call.headers, "x-key": self._key, "x-time": now.isoformat()},
            body=call.body,
            repeatable=call.repeatable,
            read_timeout_s=call.read_timeout_s,
        )


class RestVendor(Provider[RestSettings]):
    """Submit and poll over HTTP, with an upload that is streamed."""

    name = "restful"
    Settings = RestSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        (
            Service(
                "batch",
                options=RestOptions,
                audio=("inline", "url"),
                features={Feature.WORD_TIMES: Limit(), Feature.HOT_WORDS: Limit(maximum=2)},
                languages=("en-US", "ko-KR"),
                accepts=AudioForm(containers=("wav",), max_channels=1),
            ),
        )
    )

    async def submit(self, submission: Submission) -> JobUpdate:
        """Uploads the audio."""
        return await self.runtime.converse(lambda: self._submitting(submission), self._auth)

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """Asks for the job."""
        return await self.runtime.converse(lambda: self._asking(reference), self._auth)

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        """Deletes the job."""
        return await self.runtime.converse(lambda: self._deleting(reference), self._auth)

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """The finished JSON as a transcript."""
        data = json.loads(answer.body)
        segments = tuple(Segment(one["t"], one["s"], one["e"]) for one in data["segments"])
        return JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript(segments), answer=answer)

    @property
    def _auth(self) -> KeyAuth:
        return KeyAuth(self.settings.key.get_secret_value())

    def _submitting(self, submission: Submission) -> Exchange[JobUpdate]:
        media = submission.media
        assert media is not None
        kind, body = multipart(
            {"language": submission.plan.languages[0], "tier": submission.options.tier},
            [FormFile("media", media.name, media.content_type, media.length, media.open)],
        )
        url = f"{self.settings.base_url}/jobs"
        reply = yield HttpCall("submit", "POST", url, headers={"content-type": kind}, body=body)
        if reply.status == 429:
            raise RateLimitedError("Too many jobs", accepted="no", retry_after=0.01)
        if reply.status != 200:
            raise status_error(reply, operation="submit", submission=True)
        return JobUpdate(JobStatus.QUEUED, VendorReference("batch", json.loads(reply.body)["id"]), check_after=0.01)

    def _asking(self, reference: VendorReference) -> Exchange[JobUpdate]:
        reply = yield HttpCall("fetch", "GET", f"{self.settings.base_url}/jobs/{reference.id}", repeatable=True)
        if reply.status != 200:
            raise status_error(reply, operation="fetch")
        state = json.loads(reply.body)
        if state["state"] == "broken":
            return JobUpdate(JobStatus.FAILED, error=JobFailedError("The vendor gave up", vendor_code="B1"))
        if state["state"] == "done":
            return self.read_answer(Answer(reply.body))
        return JobUpdate(JobStatus.RUNNING, progress=state["progress"], check_after=0.01)

    def _deleting(self, reference: VendorReference) -> Exchange[JobUpdate]:
        url = f"{self.settings.base_url}/jobs/{reference.id}"
        reply = yield HttpCall("cancel", "DELETE", url, repeatable=True)
        if reply.status != 200:
            raise status_error(reply, operation="cancel")
        return JobUpdate(JobStatus.CANCELLED)


class EngineSettings(ProviderSettings):
    """How the engine behaves."""

    trouble: str = ""
    block_s: float = 0.0


class EngineVendor(Provider[EngineSettings]):
    """A recogniser on this machine."""

    name = "counting"
    Settings = EngineSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        (Service("local", submission="free", audio=("inline", "stream"), languages=("en-US",)),)
    )

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hears it here and now."""
        heard = await self.runtime.in_worker(self.engine(submission), submission)
        return JobUpdate(JobStatus.SUCCEEDED, transcript=heard)

    def engine(self, submission: Submission) -> Engine:
        """The engine with these settings."""
        return CountingEngine(self.settings.trouble, self.settings.block_s)


class SocketSettings(ProviderSettings):
    """Where the vendor listens."""

    url: str


class SocketDialect:
    """JSON over a WebSocket: binary audio in; `{"text", "start", "end", "final"}` out; `end` says that all is said."""

    sample_rate = 16_000
    chunk_ms = 100
    pace = float("inf")

    def __init__(self, url: str) -> None:
        self._url = url
        self.ready = self.ended = False

    def dial(self, now: datetime) -> Dial:
        """The address."""
        return Dial("websocket", self._url)

    def opened(self) -> Sequence[Frame]:
        """A greeting."""
        return [json.dumps({"hello": 1})]

    def audio(self, pcm: bytes) -> Sequence[Frame]:
        """The samples as they are."""
        return [pcm]

    def finish(self) -> Sequence[Frame]:
        """The end of the audio."""
        return [json.dumps({"end": 1})]

    def received(self, frame: Frame) -> Sequence[Interim | Final | Notice]:
        """One message."""
        said: dict[str, Any] = json.loads(frame)
        self.ready = self.ready or "welcome" in said
        self.ended = self.ended or "end" in said
        if "text" not in said:
            return []
        if not said["final"]:
            return [Interim(said["text"], said["start"])]
        return [Final(Segment(said["text"], said["start"], said["end"]), said["end"])]


class SocketVendor(Provider[SocketSettings]):
    """Live recognition over a WebSocket."""

    name = "socketed"
    Settings = SocketSettings
    capabilities: ClassVar[Capabilities] = Capabilities((Service("live", audio=("stream",), languages=("en-US",)),))

    def dialect(self, submission: Submission) -> SocketDialect:
        """A fresh connection's dialect."""
        return SocketDialect(self.settings.url)
