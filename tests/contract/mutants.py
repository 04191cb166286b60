"""The healthy reference, and for each clause a provider that breaks exactly that one."""

import asyncio
import json
import logging
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from pydantic import ConfigDict

from earwitness.capabilities import Capabilities, Limit, NoOptions, Service
from earwitness.engine import Heard, Progress
from earwitness.errors import (
    AuthenticationError,
    BadAudioError,
    InvalidRequestError,
    JobNotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    UnavailableError,
)
from earwitness.exchange import HttpCall
from earwitness.hookspecs import hookimpl
from earwitness.jobs import JobStatus, JobUpdate, Plan
from earwitness.models import Segment, Transcript, Word
from earwitness.provider import Provider, ProviderSettings
from earwitness.request import Feature
from earwitness.rest import status_error
from earwitness.streaming import Final
from earwitness.testing import ProviderContract, Recorded, Sample, Table

from .reference import BATCH, CODES, LIVE, STATES, Minnow, MinnowDialect, Settings
from .reference_emulator import KEY

SAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"
SAID = {
    "id": "m7",
    "state": "done",
    "segments": [
        {
            "text": "Good morning everybody",
            "start": 100,
            "end": 900,
            "speaker": "1",
            "words": [
                {"text": "Good", "start": 100, "end": 300},
                {"text": "morning", "start": 320, "end": 600},
                {"text": "everybody", "start": 620, "end": 900},
            ],
        },
        {"text": "shall we begin", "start": 1000, "end": 1500, "speaker": "2"},
    ],
}
TEXT = "Good morning everybody shall we begin"
STATE = {"id": "1", "state": "{code}", "segments": []}
REFUSED = {"error": {"code": "{code}"}}


def codes(operation: str) -> set[str]:
    return {code for one, code in CODES if one == operation}


class Healthy(ProviderContract):
    """The reference as it is."""

    plugin = "contract.minnow"
    settings: ClassVar[Mapping[str, Any]] = {"api_key": KEY}
    request: ClassVar[Mapping[str, Any]] = {"language": "en-US"}
    emulator = "contract.reference_emulator:create"
    answers = (
        Recorded(SAID, text=TEXT, words=3, speakers=("1", "2"), end_ms=1500),
        Recorded({"id": "m8", "state": "done", "segments": []}, text=""),
    )
    callbacks = (Recorded(SAID, text=TEXT, id="m7"),)
    tables: ClassVar[tuple[Table, ...]] = (
        Table("fetch", STATE, dict(STATES), known=STATES, unknown=ProtocolError),
        Table(
            "fetch",
            REFUSED,
            {"E_GONE": JobNotFoundError, "E_AUDIO": BadAudioError},
            known=codes("fetch"),
            unknown=ProtocolError,
        ),
        Table(
            "submit",
            REFUSED,
            {
                "E_BUSY": (UnavailableError, "no"),
                "E_KEY": (AuthenticationError, "no"),
                "E_LOST": (OutcomeUnknownError, "unknown"),
            },
            known=codes("submit"),
            unknown=(ProtocolError, "unknown"),
            status=400,
        ),
    )


@dataclass(frozen=True)
class Mutant:
    """What is broken, in which provider, with what differs in the declaration."""

    clause: str
    provider: type[Provider[Any]]
    declared: Mapping[str, Any]

    @property
    def contract(self) -> type[ProviderContract]:
        """The contract class of this mutant."""
        base = HealthyEngine if issubclass(self.provider, Counter) else Healthy
        return type(f"Broken{self.clause}", (base,), dict(self.declared))


MUTANTS: dict[str, Mutant] = {}


def breaks(clause: str, **declared: Any) -> Callable[[type[Provider[Any]]], type[Provider[Any]]]:
    """Notes the provider below as the one that breaks this clause."""

    def noted(provider: type[Provider[Any]]) -> type[Provider[Any]]:
        MUTANTS[clause] = Mutant(clause, provider, declared)
        return provider

    return noted


def with_services(*services: Service) -> Capabilities:
    return Capabilities(services)


@breaks("D1")
class OfAnotherTime(Minnow):
    interface = 99


@breaks("D2")
class Misnamed(Minnow):
    name = "sprat"


@breaks("D3", plugin="contract.heavy")
class Heavy(Minnow):
    pass


class Lax(Settings):
    model_config = ConfigDict(extra="ignore")


@breaks("S1")
class TakesAnySetting(Minnow):
    Settings = Lax


class Plain(Settings):
    proxy_password: str = "a-password-in-the-open"


@breaks("S2")
class PlainSecret(Minnow):
    Settings = Plain


@breaks("S3")
class KeepsTheKey(Minnow):
    def accepted(self, reply: Any) -> JobUpdate:
        update = super().accepted(reply)
        assert update.reference is not None
        kept = {"key": self.settings.api_key.get_secret_value()}
        return replace(update, reference=replace(update.reference, state=kept))


@breaks("S4")
class LogsWords(Minnow):
    @classmethod
    def heard(cls, items: list[Any]) -> Transcript:
        transcript = super().heard(items)
        logging.getLogger("minnow").debug("heard %s", transcript.text)
        return transcript


@breaks("C1")
class OffersMore(Minnow):
    def offered(self) -> Capabilities:
        return with_services(replace(BATCH, audio=(*BATCH.audio, "stored")), LIVE)


@breaks("C2")
class MovesElsewhere(Minnow):
    def plan(self, request: Any, facts: Any) -> Plan:
        known = request.service in self.offered().names()
        return super().plan(request if known else request.model_copy(update={"service": None}), facts)


@breaks("C3")
class DeclaresInVain(Minnow):
    capabilities = with_services(replace(BATCH, features={**BATCH.features, Feature.PROFANITY: Limit()}), LIVE)


@breaks("C4")
class ForgetsOneOfTwoWishes(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        query = super().query(submission)
        return {name: value for name, value in query.items() if name != "words" or "speakers" not in query}


@breaks("C5")
class ForgetsTheUrl(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return {name: value for name, value in super().query(submission).items() if name != "url"}


@breaks("C6")
class CancelsInSecret(Minnow):
    capabilities = with_services(replace(BATCH, cancellable=False), LIVE)


@breaks("C7")
class SpeaksEnglishOnly(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return {**super().query(submission), "lang": "en-US"}


@breaks("C8")
class StartsAllWordsAtOnce(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, words=tuple(replace(word, start_ms=one.start_ms) for word in one.words))


@breaks("M1")
class CountsItsPlans(Minnow):
    count = 0

    def plan(self, request: Any, facts: Any) -> Plan:
        self.count += 1
        return replace(super().plan(request, facts), reason=f"the plan number {self.count}")


class AnyOptions(NoOptions):
    model_config = ConfigDict(extra="ignore")
    tier: str = "basic"


@breaks("M2")
class TakesAnyOption(Minnow):
    capabilities = with_services(replace(BATCH, options=AnyOptions), LIVE)


@breaks("M3")
class NeverTheSame(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return {**super().query(submission), "nonce": uuid.uuid4().hex}


@breaks("M4", emulator=None)
class SentAgain(Minnow):
    def call(self, submission: Any) -> HttpCall:
        return replace(super().call(submission), repeatable=True)


@breaks("M5")
class Endless(Minnow):
    def call(self, submission: Any) -> HttpCall:
        return replace(super().call(submission), read_timeout_s=1e7)


@breaks("E1")
class ReadsAStateWrongly(Minnow):
    @classmethod
    def states(cls) -> Mapping[str, JobStatus]:
        return {**STATES, "queued": JobStatus.RUNNING}


@breaks("E2")
class MistakesACode(Minnow):
    def refused(self, operation: str, code: str) -> Any:
        error = super().refused(operation, code)
        return InvalidRequestError("Minnow refused the key", vendor_code=code) if code == "E_KEY" else error


@breaks("E3")
class HidesACode(Minnow):
    def refused(self, operation: str, code: str) -> Any:
        error = super().refused(operation, code)
        return error if (operation, code) in CODES else error.replaced(vendor_code=None)


@breaks("E4")
class TooSure(Minnow):
    def unreadable(self, reply: Any, operation: str) -> Any:
        return status_error(reply, operation=operation)


@breaks("E5")
class CrashesOnNothing(Minnow):
    def checked(self, reply: Any, operation: str) -> Any:
        if reply.body == b"[]":
            raise KeyError("id")
        return super().checked(reply, operation)


@breaks("E6", tables=(replace(Healthy.tables[0], known={*STATES, "paused"}), *Healthy.tables[1:]))
class KnowsMoreThanItTells(Minnow):
    pass


@breaks("E7")
class TakesAnyTroubleForSilence(Minnow):
    async def fetch(self, reference: Any) -> JobUpdate:
        try:
            return await super().fetch(reference)
        except UnavailableError:
            return JobUpdate(JobStatus.SUCCEEDED, reference, transcript=Transcript())


class Misreads(Minnow):
    """The base of those who misread answers, and answers alone."""

    @classmethod
    def read_answer(cls, answer: Any, reference: Any = None) -> JobUpdate:
        update = super().read_answer(answer, reference)
        heard = update.transcript
        return update if heard is None else replace(update, transcript=cls.misread(heard, json.loads(answer.body)))

    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return heard


@breaks("A1")
class EndsALittleLate(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, end_ms=(one.end_ms or 0) + 7)


@breaks("A2")
class TurnsAWordAround(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return replace(heard, segments=tuple(cls.turned(one) for one in heard.segments))

    @classmethod
    def turned(cls, one: Segment) -> Segment:
        if not one.words:
            return one
        first, *rest = one.words
        return replace(one, words=(replace(first, start_ms=first.end_ms, end_ms=first.start_ms), *rest))


@breaks("A3")
class FailsOnSilence(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        if body == {"id": "m8", "state": "done", "segments": []}:
            raise BadAudioError("Minnow heard nothing")
        return heard


@breaks("A4")
class NeverReadsTheSame(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return replace(heard, confidence=random.random())


@breaks("A5")
class ReadsTheClock(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return replace(heard, metadata={"year": str(datetime.now(UTC).year)})


@breaks("A6")
class CrashesOnDamage(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        for one in body.get("segments") or ():
            if isinstance(one, dict):
                one["text"]  # whoever leaves it out breaks this
        return heard


@breaks("A7")
class SaysNone(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        items = body["segments"] if isinstance(body.get("segments"), list) else []
        nulls = [Segment("None") for one in items if isinstance(one, dict) and "text" in one and one["text"] is None]
        return replace(heard, segments=(*heard.segments, *nulls))


@breaks("A8")
class DislikesNewKeys(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return Transcript() if "aKeyOfTomorrow" in body else heard


@breaks("A9")
class LosesEmoji(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, text="".join(char for char in one.text if char < "\U00010000"))


@breaks("A10")
class StopsAfterAnHour(Misreads):
    @classmethod
    def misread(cls, heard: Transcript, body: Any) -> Transcript:
        return replace(heard, segments=heard.segments[:10_000])


@breaks("K1")
class ForgetsWhoseItIs(Minnow):
    @classmethod
    def read_callback(cls, callback: Any, reference: Any = None) -> JobUpdate:
        update = super().read_callback(callback, reference)
        return update if reference is not None else replace(update, reference=None)


@breaks("K2")
class BelievesAnybody(Minnow):
    @classmethod
    def read_callback(cls, callback: Any, reference: Any = None) -> JobUpdate:
        update = super().read_callback(callback)
        return update if reference is None else replace(update, reference=reference)


@breaks("K3")
class DatesCallbacks(Minnow):
    @classmethod
    def read_callback(cls, callback: Any, reference: Any = None) -> JobUpdate:
        time.time()
        return super().read_callback(callback, reference)


@breaks("K4")
class TrustsCallbacks(Minnow):
    @classmethod
    def read_callback(cls, callback: Any, reference: Any = None) -> JobUpdate:
        json.loads(callback.body)
        return super().read_callback(callback, reference)


class WithDialect(Minnow):
    """The base of those whose dialect is broken."""

    Dialect: ClassVar[type[MinnowDialect]] = MinnowDialect

    def dialect(self, submission: Any) -> MinnowDialect:
        return self.Dialect(self.settings, submission)


class TooEarly(MinnowDialect):
    def received(self, frame: Any) -> Any:
        events = super().received(frame)
        return [replace(one, heard_ms=one.heard_ms - 1) if isinstance(one, Final) else one for one in events]


@breaks("L1")
class SettlesTooEarly(WithDialect):
    Dialect = TooEarly


class Dreaming(MinnowDialect):
    told = False

    def received(self, frame: Any) -> Any:
        events = [*super().received(frame)]
        self.told = self.told or any(isinstance(one, Final) for one in events)
        return [Final(Segment("uh", 0, 9), 9), *events] if self.ended and not self.told else events


@breaks("L2")
class HearsVoices(WithDialect):
    Dialect = Dreaming


class Timed(MinnowDialect):
    def received(self, frame: Any) -> Any:
        time.monotonic()
        return super().received(frame)


@breaks("L3")
class TimesItsFrames(WithDialect):
    Dialect = Timed


class Trusting(MinnowDialect):
    def received(self, frame: Any) -> Any:
        json.loads(frame)
        return super().received(frame)


@breaks("L4")
class TrustsFrames(WithDialect):
    Dialect = Trusting


@breaks("X1")
class GoesOnWhenClosed(Minnow):
    def asking(self, reference: Any) -> Any:
        try:
            return (yield from super().asking(reference))
        except GeneratorExit:
            yield HttpCall("cleanup", "DELETE", self.place(reference))
            raise


@breaks("X2")
class CancelsInVain(Minnow):
    async def cancel(self, reference: Any) -> JobUpdate:
        return JobUpdate(JobStatus.RUNNING, reference)


@breaks("X3")
class RemembersItself(Minnow):
    mine: frozenset[str] = frozenset()

    async def submit(self, submission: Any) -> JobUpdate:
        update = await super().submit(submission)
        assert update.reference is not None
        self.mine |= {update.reference.id}
        return replace(update, reference=replace(update.reference, state={"mine": True}))

    async def fetch(self, reference: Any) -> JobUpdate:
        if reference.state.get("mine") and reference.id not in self.mine:
            raise JobNotFoundError("Who was that?")
        return await super().fetch(reference)


@breaks("X4")
class SubmitsAgain(Minnow):
    async def submit(self, submission: Any) -> JobUpdate:
        try:
            return await super().submit(submission)
        except OutcomeUnknownError as error:
            if error.vendor_code is not None:
                raise
            return await super().submit(submission)


@breaks("X5")
class SwallowsTheCancel(Minnow):
    async def submit(self, submission: Any) -> JobUpdate:
        try:
            return await super().submit(submission)
        except asyncio.CancelledError:
            raise UnavailableError("It was broken off") from None


@breaks("X6")
class DatesItsJobs(Minnow):
    def accepted(self, reply: Any) -> JobUpdate:
        update = super().accepted(reply)
        assert update.reference is not None
        return replace(update, reference=replace(update.reference, submitted_at=datetime.now(UTC)))


@breaks("X7")
class KeepsNoAnswer(Minnow):
    async def fetch(self, reference: Any) -> JobUpdate:
        return replace(await super().fetch(reference), answer=None)


@breaks("R1")
class RemembersTheLastJob(Minnow):
    last: Any = None

    async def submit(self, submission: Any) -> JobUpdate:
        update = await super().submit(submission)
        self.last = update.reference
        return update

    async def fetch(self, reference: Any) -> JobUpdate:
        return await super().fetch(self.last or reference)


class Leaving(Minnow):
    """The base of those who leave something behind, for as long as they are looked at."""

    released: ClassVar[threading.Event]

    def __init_subclass__(cls, **known: Any) -> None:
        super().__init_subclass__(**known)
        cls.released = threading.Event()

    async def submit(self, submission: Any) -> JobUpdate:
        self.leave()
        return await super().submit(submission)

    def leave(self) -> None:
        """Opens what nobody closes."""


@breaks("R2")
class LeavesAThread(Leaving):
    def leave(self) -> None:
        threading.Thread(target=self.released.wait, daemon=True, name="left-behind").start()


class EngineSettings(ProviderSettings):
    """None."""


class Counting:
    """Hears a word in each second, by counting samples."""

    sample_rate = 16_000
    version = "1"

    def __init__(self) -> None:
        self.ballast = b""

    def listen(self, pcm: Any) -> Iterator[Heard]:
        """Blocks of any length."""
        total = at = 0
        for block in pcm:
            total += self.length(block)
            while at + 1000 <= total // 32:
                yield Segment(f"word {at}", at, at + 1000, (Word("word", at, at + 500),))
                at += 1000
            yield Progress(self.progress(total // 32))

    def length(self, block: bytes) -> int:
        return len(block)

    def progress(self, heard_ms: int) -> int:
        return heard_ms


class Laden(Counting):
    def __init__(self) -> None:
        self.ballast = bytes(2_000_000)


class WholeBlocks(Counting):
    def length(self, block: bytes) -> int:
        return len(block) // 200 * 200


class GoesOn(Counting):
    def listen(self, pcm: Any) -> Iterator[Heard]:
        try:
            yield from super().listen(pcm)
        finally:
            list(pcm)


class Backwards(Counting):
    def progress(self, heard_ms: int) -> int:
        return 10**6 - heard_ms


class Counter(Provider[EngineSettings]):
    """A healthy engine."""

    name = "minnow"
    Settings = EngineSettings
    capabilities = Capabilities((Service("local", submission="free", audio=("inline", "stream"), cancellable=True),))
    Engine: ClassVar[type[Counting]] = Counting

    def engine(self, submission: Any) -> Any:
        """A fresh one."""
        return self.Engine()


class HealthyEngine(ProviderContract):
    """The engine as it is."""

    plugin = "contract.minnow"
    settings: ClassVar[Mapping[str, Any]] = {}
    sample = Sample(SAMPLE, "a word in each second")


@breaks("G1")
class TooHeavy(Counter):
    Engine = Laden


@breaks("G2")
class WantsWholeBlocks(Counter):
    Engine = WholeBlocks


@breaks("G3")
class NeverStops(Counter):
    Engine = GoesOn


@breaks("G4")
class GoesBack(Counter):
    Engine = Backwards


@contextmanager
def mutated(mutant: Mutant) -> Iterator[type[ProviderContract]]:
    """The mutant's contract, while its plugin's module brings the broken provider."""
    module = ModuleType(mutant.contract.plugin)
    module.earwitness_provider = hookimpl(lambda: mutant.provider)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        try:
            yield mutant.contract
        finally:
            if issubclass(mutant.provider, Leaving):
                mutant.provider.released.set()
