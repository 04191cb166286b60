"""CLOVA Speech answers requests with one of three services: `long`, `short`, and `streaming` for live audio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from earwitness.capabilities import AudioFacts, Capabilities
from earwitness.errors import (
    AudioTooLargeError,
    ConfigurationError,
    InvalidRequestError,
    ProtocolError,
    UnsupportedFeatureError,
)
from earwitness.exchange import Exchange, HttpCall, HttpReply
from earwitness.jobs import JobStatus, JobUpdate, Plan, VendorReference
from earwitness.models import Answer, Notice
from earwitness.provider import Callback, Provider, Submission
from earwitness.request import LiveAudio, StoredAudio, TranscriptionRequest, UrlAudio

from . import _requests as requests
from ._auth import KeyAuth
from ._translate import State, is_short, long_update, short_update
from ._wire import short_call, status_call, submit_call, upload_call
from .capabilities import CAPABILITIES, offered
from .settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ._stream import NestDialect

__all__ = ["Clova"]

_KEYS = {"long": "invoke_url and secret_key", "short": "short_secret_key", "streaming": "stream_secret_key"}


class Clova(Provider[Settings]):
    """NAVER Cloud's CLOVA Speech. Which services there are depends on the keys in the settings."""

    name = "clova"
    Settings = Settings
    capabilities = CAPABILITIES

    def offered(self) -> Capabilities:
        """The services whose keys the profile has."""
        return offered(self.settings)

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        """The service asked for; else streaming for live audio, and long, or short where only its key is there.

        Raises ConfigurationError for a service without its key, UnsupportedFeatureError for a model (CLOVA offers no
        choice), and AudioTooLargeError for a recording that only the long service would take.
        """
        if request.model is not None:
            raise UnsupportedFeatureError(
                "CLOVA offers no choice of models", feature="model", provider=self.name, action="Leave model out."
            )
        service, reason = self._chosen(request, facts)
        return Plan(service, languages=request.languages, reason=reason)

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hands the audio over. The short service, and the long one with `completion="sync"`, answer at once."""
        if submission.plan.service == "short":
            return await self._submit_short(submission)
        return await self._submit_long(submission)

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """How a job of the long service stands. Raises JobNotFoundError, ResultExpiredError after a day."""
        if reference.service != "long":
            return await super().fetch(reference)
        call = status_call(self._invoke_url(), reference.id)
        return await self.runtime.converse(lambda: _asking(call, reference), self._auth("long"))

    def dialect(self, submission: Submission) -> NestDialect:
        """A fresh stream. Raises InvalidRequestError for options that CLOVA would refuse."""
        from ._stream import NestDialect

        self._having("streaming")
        return NestDialect(self.settings, submission)

    @classmethod
    def read_callback(cls, callback: Callback, reference: VendorReference | None = None) -> JobUpdate:
        """What a callback says, with the whole result or as a mere notice, which means: ask now.

        CLOVA signs nothing, so that a body is believed only where its token is the reference's; one without a token,
        such as subtitles, means: ask now. Raises ProtocolError for a body that is no answer, or about another job.
        """
        answer = Answer(callback.body, callback.headers.get("content-type", "application/json"), "long")
        update = long_update(answer, source="callback", reference=None, state=reference.state if reference else None)
        told = update.reference
        if reference is not None and told is not None and told.id != reference.id:
            raise ProtocolError("CLOVA called back about another job", accepted="no")
        if told is None:
            return JobUpdate(JobStatus.RUNNING, reference, check_after=0.0)
        return replace(update, reference=reference or told)

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """What a stored answer means: JSON of the long or the short service, SRT or SMI. Raises EarwitnessError."""
        if is_short(answer):
            return short_update(answer)
        return long_update(answer, source="stored", reference=reference)

    def secrets(self) -> Iterable[str]:
        """The Secret Keys, the Invoke URL, and the invoke key in it."""
        return [*super().secrets(), *filter(None, [self.settings.invoke_key])]

    def _chosen(self, request: TranscriptionRequest, facts: AudioFacts) -> tuple[str, str]:
        names = self.offered().names()
        if request.service is not None:
            return self._having(request.service), "it was asked for"
        if isinstance(request.audio, LiveAudio):
            return self._having("streaming"), "the audio is live"
        elsewhere = isinstance(request.audio, UrlAudio | StoredAudio)
        if "long" in names or "short" not in names or elsewhere:
            return self._having("long"), "it is a recording"
        longest = self.offered().at("short").accepts.max_duration_ms
        if facts.duration_ms is not None and longest is not None and facts.duration_ms > longest:
            raise AudioTooLargeError(
                f"This profile has only CLOVA's short service, which takes {longest // 1000} s of audio",
                provider=self.name,
                action=f"Set {_KEYS['long']} in the profile's settings.",
            )
        return "short", "only its key is configured, and the recording is short enough"

    def _having(self, service: str) -> str:
        """The service's name, if this profile has its key."""
        names = self.offered().names()
        if service in names:
            return service
        if service in _KEYS:
            raise ConfigurationError(
                f"This profile has no key for CLOVA's {service} service",
                provider=self.name,
                action=f"Set {_KEYS[service]} in the profile's settings.",
            )
        raise InvalidRequestError(
            f"CLOVA has no service {service!r}", provider=self.name, action=f"Use one of: {', '.join(names)}."
        )

    async def _submit_long(self, submission: Submission) -> JobUpdate:
        options = submission.options
        way, place = requests.long_way(submission)
        params = {**place, **requests.long_params(submission, options)}
        timeout_s = requests.timeout_s(submission, options)
        if way == "upload" and submission.media is not None:
            call = upload_call(self._invoke_url(), params, submission.media, timeout_s=timeout_s)
        else:
            call = submit_call(self._invoke_url(), way, params, timeout_s=timeout_s)
        state = requests.long_state(submission.request, options)
        return await self.runtime.converse(lambda: _submitting(call, state), self._auth("long"))

    async def _submit_short(self, submission: Submission) -> JobUpdate:
        if submission.media is None:
            raise InvalidRequestError("CLOVA's short service takes the audio itself", action="Give a file or bytes.")
        query = requests.short_query(submission, submission.options)
        call = short_call(self.settings.short_url, query, submission.media)
        notices = requests.ignored_hot_words(submission)
        return await self.runtime.converse(lambda: _recognizing(call, notices), self._auth("short"))

    def _invoke_url(self) -> str:
        self._having("long")
        assert self.settings.invoke_url is not None
        return self.settings.invoke_url.get_secret_value()

    def _auth(self, service: str) -> KeyAuth:
        keys: dict[str, SecretStr | None] = {
            "long": self.settings.secret_key,
            "short": self.settings.short_secret_key,
        }
        key = keys[self._having(service)]
        assert key is not None
        return KeyAuth(key.get_secret_value())


def _submitting(call: HttpCall, state: State) -> Exchange[JobUpdate]:
    reply = yield call
    return long_update(_answer(reply, "long"), source="submit", reply=reply, state=state)


def _asking(call: HttpCall, reference: VendorReference) -> Exchange[JobUpdate]:
    reply = yield call
    return long_update(_answer(reply, "long"), source="fetch", reference=reference, reply=reply)


def _recognizing(call: HttpCall, notices: tuple[Notice, ...]) -> Exchange[JobUpdate]:
    reply = yield call
    return short_update(_answer(reply, "short"), reply=reply, notices=notices)


def _answer(reply: HttpReply, service: str) -> Answer:
    return Answer(reply.body, reply.headers.get("content-type", "application/json"), service)
