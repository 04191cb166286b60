"""Tencent ASR answers requests with one of its services: `recording`, `sentence`, `flash`, `realtime`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from earwitness.capabilities import AudioFacts, AudioForm, Capabilities, handovers_of, refusals
from earwitness.errors import ConfigurationError, EarwitnessError, InvalidRequestError
from earwitness.exchange import Exchange, HttpCall, HttpReply
from earwitness.jobs import JobUpdate, Plan, VendorReference
from earwitness.models import Answer
from earwitness.provider import Callback, CallbackReply, Provider, Submission
from earwitness.request import LiveAudio, TranscriptionRequest

from . import _requests as requests
from ._auth import AddressAuth, Keys, TC3Auth
from ._engines import TELEPHONE_RATE, doubted, engine_for, named_engine
from ._errors import SENTENCE_ONCE
from ._instant import flash_update, sentence_update
from ._segments import Voices
from ._translate import FORM, State, callback_update, recording_update, service_of
from ._wire import cloud_call, flash_call
from .capabilities import CAPABILITIES, MOST_INLINE_BYTES, MOST_INLINE_MS, RESULT_LIFE_S, SENTENCE_MS, offered
from .settings import Settings

if TYPE_CHECKING:
    from ._stream import RealtimeDialect

__all__ = ["Tencent"]

_ENDPOINTS = {
    "china": "https://asr.tencentcloudapi.com",
    "international": "https://asr.intl.tencentcloudapi.com",
}


class Tencent(Provider[Settings]):
    """Tencent Cloud ASR. Which services there are depends on the site and on whether the profile has an AppId."""

    name = "tencent"
    Settings = Settings
    capabilities = CAPABILITIES
    callback_reply = CallbackReply(b'{"code": 0, "message": "success"}', "application/json")

    def offered(self) -> Capabilities:
        """The services that this profile's site and AppId reach."""
        return offered(self.settings)

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        """The service asked for; else the first of those that fit which can do all that was asked.

        Realtime for live audio; sentence for up to a minute, recording, flash for what is too large for it. The
        model is the engine: the one asked for, or by language and sampling rate. Raises InvalidRequestError for a
        service that this site has not, ConfigurationError for one that needs an AppId, UnsupportedFeatureError for a
        language that no engine hears.
        """
        if request.service is not None:
            return self._plan(self._reached(request.service), "it was asked for", request, facts)
        if isinstance(request.audio, LiveAudio):
            return self._plan(self._reached("realtime"), "it is live audio", request, facts)
        for service, reason in self._fitting(request, facts):
            with suppress(EarwitnessError):
                plan = self._plan(service, reason, request, facts)
                narrowed = self.offered().at(service, model=plan.model, languages=plan.languages)
                if not any(refusals(narrowed, request)):
                    return plan
        return self._plan("recording", "it is a recording", request, facts)

    def accepts(self, request: TranscriptionRequest, plan: Plan, form: AudioForm) -> AudioForm:
        """One channel, unless channels are heard apart; for the engines for telephone audio, its sampling rate."""
        channels = 2 if request.channels == "separate" else 1
        rates = (TELEPHONE_RATE,) if requests.telephone(plan.model or "") else None
        return replace(form, max_channels=channels, sample_rates=rates)

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hands the audio over. A sentence and a flash recording are answered at once."""
        ways = {"sentence": self._submit_sentence, "flash": self._submit_flash}
        try:
            return await ways.get(submission.plan.service, self._submit_recording)(submission)
        except EarwitnessError as error:
            doubted(error, submission.plan.model)
            raise

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """How a recording's task stands.

        Raises ResultExpiredError 24 hours after the submission, without asking: TaskIds come again on other days.
        """
        if reference.service != "recording":
            return await super().fetch(reference)
        begun = reference.submitted_at
        until = reference.expires_at or (begun + timedelta(seconds=RESULT_LIFE_S) if begun else None)
        if until is None or not reference.id.isdecimal():
            raise InvalidRequestError(
                "A task of Tencent's is known by its id and the time of its submission, and one of them is missing",
                action="Keep the whole reference of a job.",
            )
        call = cloud_call(
            self._endpoint(), "DescribeTaskStatus", {"TaskId": int(reference.id)}, region=self.settings.region
        )
        return await self.runtime.converse(lambda: _asking(call, reference), TC3Auth(self._keys(), until))

    def dialect(self, submission: Submission) -> RealtimeDialect:
        """A fresh connection. Raises InvalidRequestError for options that Tencent would refuse."""
        from ._stream import RealtimeDialect

        self._reached("realtime")
        return RealtimeDialect(self.settings, self._keys(), submission)

    @classmethod
    def read_callback(cls, callback: Callback, reference: VendorReference | None = None) -> JobUpdate:
        """What a callback says, with the whole result. Tencent signs nothing, so it is a hint until it was fetched.

        Raises ProtocolError for a body that is no callback, or that is about another task than the reference's.
        """
        return callback_update(Answer(callback.body, FORM, "recording"), reference)

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """What a stored answer means: JSON of any service, or the form of a callback. Raises EarwitnessError."""
        match service_of(answer):
            case "callback":
                return callback_update(answer, reference)
            case "sentence":
                return sentence_update(answer)
            case "flash":
                return flash_update(answer)
        return recording_update(answer, source="stored", reference=reference)

    def _fitting(self, request: TranscriptionRequest, facts: AudioFacts) -> Iterator[tuple[str, str]]:
        """The services that the audio fits, the best first, each with its reason."""
        names = self.offered().names()
        if "inline" not in handovers_of(request.audio):
            return
        if "sentence" in names and facts.duration_ms is not None and facts.duration_ms <= SENTENCE_MS:
            yield "sentence", "it lasts at most a minute, so the answer comes at once"
        fits = _fits_inline(facts)
        if fits:
            yield "recording", "it is a recording"
        if "flash" in names:
            too_large = "it is too large for a recording's submission, and the profile has an app_id"
            yield "flash", "the service recording cannot do all that was asked" if fits else too_large

    def _plan(self, service: str, reason: str, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        site = self.settings.site
        if request.model is not None:
            engine = named_engine(request.model, request.languages, service=service, site=site)
            return Plan(service, request.model, request.languages or engine.languages, reason)
        if not request.languages:
            return Plan(service, reason=reason)
        model = engine_for(service, request.languages, rate=_rate(request, facts), site=site)
        return Plan(service, model, request.languages, reason)

    def _reached(self, service: str) -> str:
        """The service's name, if this profile reaches it."""
        names = self.offered().names()
        if service in names:
            return service
        if service not in self.capabilities.names():
            raise InvalidRequestError(
                f"Tencent has no service {service!r}", provider=self.name, action=f"Use one of: {', '.join(names)}."
            )
        told = f"This profile does not reach Tencent's service {service}"
        if self.settings.app_id is None and (service == "realtime" or self.settings.site == "china"):
            raise ConfigurationError(told, provider=self.name, action="Set app_id in the profile's settings.")
        raise InvalidRequestError(told, provider=self.name, action=f"Use one of: {', '.join(names)}.")

    async def _submit_recording(self, submission: Submission) -> JobUpdate:
        options = submission.options
        params = requests.recording_params(submission, options, site=self.settings.site)
        call = cloud_call(self._endpoint(), "CreateRecTask", params, region=self.settings.region)
        state = requests.recording_state(submission, options)
        return await self.runtime.converse(lambda: _submitting(call, state), TC3Auth(self._keys()))

    async def _submit_sentence(self, submission: Submission) -> JobUpdate:
        params = requests.sentence_params(submission, submission.options)
        call = cloud_call(self._endpoint(), "SentenceRecognition", params, region=self.settings.region)
        model, sent_again = submission.plan.model, set[str]()
        return await self.runtime.converse(lambda: _recognizing(call, model, sent_again), TC3Auth(self._keys()))

    async def _submit_flash(self, submission: Submission) -> JobUpdate:
        if submission.media is None or self.settings.app_id is None:
            raise InvalidRequestError("Flash takes the audio itself, and an AppId", action="Give a file or bytes.")
        query = requests.flash_query(submission, submission.options)
        call = flash_call(self.settings.flash_url, self.settings.app_id, query, submission.media)
        request, model = submission.request, submission.plan.model
        voices = requests.voices(request)
        return await self.runtime.converse(lambda: _flashing(call, voices, model), AddressAuth(self._keys()))

    def _endpoint(self) -> str:
        return self.settings.endpoint or _ENDPOINTS[self.settings.site]

    def _keys(self) -> Keys:
        token = self.settings.token
        return Keys(
            self.settings.secret_id.get_secret_value(),
            self.settings.secret_key.get_secret_value(),
            token.get_secret_value() if token else None,
        )


def _submitting(call: HttpCall, state: State) -> Exchange[JobUpdate]:
    reply = yield call
    return recording_update(_answer(reply, "recording"), source="submit", reply=reply, state=state)


def _asking(call: HttpCall, reference: VendorReference) -> Exchange[JobUpdate]:
    reply = yield call
    return recording_update(_answer(reply, "recording"), source="fetch", reference=reference, reply=reply)


def _recognizing(call: HttpCall, model: str | None, sent_again: set[str]) -> Exchange[JobUpdate]:
    """`sent_again`: the codes after which this sentence has been sent again, of those that allow it once."""
    reply = yield call
    try:
        return sentence_update(_answer(reply, "sentence"), reply=reply, model=model)
    except EarwitnessError as error:
        if error.vendor_code in SENTENCE_ONCE:
            error.retryable = error.retryable and error.vendor_code not in sent_again
            sent_again.add(error.vendor_code)
        raise


def _flashing(call: HttpCall, voices: Voices, model: str | None) -> Exchange[JobUpdate]:
    reply = yield call
    return flash_update(_answer(reply, "flash"), reply=reply, voices=voices, model=model)


def _answer(reply: HttpReply, service: str) -> Answer:
    return Answer(reply.body, reply.headers.get("content-type", "application/json"), service)


def _fits_inline(facts: AudioFacts) -> bool:
    """Whether the audio fits a recording's submission, as it is or made smaller; what is unknown is tried."""
    small = facts.length is not None and facts.length <= MOST_INLINE_BYTES
    return small or facts.duration_ms is None or facts.duration_ms <= MOST_INLINE_MS


def _rate(request: TranscriptionRequest, facts: AudioFacts) -> int | None:
    return request.audio.sample_rate if isinstance(request.audio, LiveAudio) else facts.sample_rate
