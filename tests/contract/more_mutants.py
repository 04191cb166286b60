"""Further ways to break a clause: what the kit once let pass."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import pytest

from earwitness.errors import AuthenticationError, EarwitnessError, ProtocolError
from earwitness.exchange import HttpCall
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.models import Segment
from earwitness.provider import Provider
from earwitness.streaming import Final

from .mutants import Healthy, Leaving, Misreads, Mutant, WithDialect, with_services
from .reference import BATCH, LIVE, KeyAuth, Minnow, MinnowDialect

MORE: list[Any] = []
SILENT = Healthy.answers[1]


def breaks(clause: str, **declared: Any) -> Callable[[type[Provider[Any]]], type[Provider[Any]]]:
    """Notes the provider below as another one that breaks this clause."""

    def noted(provider: type[Provider[Any]]) -> type[Provider[Any]]:
        MORE.append(pytest.param(Mutant(clause, provider, declared), id=f"{clause}-{provider.__name__}"))
        return provider

    return noted


@breaks("S3")
class LogsTheKeyInTrouble(Minnow):
    async def fetch(self, reference: Any) -> JobUpdate:
        try:
            return await super().fetch(reference)
        except EarwitnessError:
            logging.getLogger("minnow").debug("key %s", self.settings.api_key.get_secret_value())
            raise


@breaks("S3")
class PrintsTheKey(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        print(self.settings.api_key.get_secret_value())
        return super().query(submission)


@breaks("S3")
class TellsTheKeyWithACode(Minnow):
    def refused(self, operation: str, code: str) -> Any:
        return super().refused(operation, code).replaced(vendor_message=self.settings.api_key.get_secret_value())


class Talkative(MinnowDialect):
    def received(self, frame: Any) -> Any:
        try:
            return super().received(frame)
        except ProtocolError as error:
            raise error.replaced(vendor_message=self._settings.api_key.get_secret_value()) from None


@breaks("S3")
class TellsTheKeyWithAFrame(WithDialect):
    Dialect = Talkative


class EnglishEar(MinnowDialect):
    def opened(self) -> Any:
        return ['{"lang": "en-US", "words": %s}' % ("true" if self._submission.request.word_times else "false")]


@breaks("C7")
class StreamsEnglishOnly(WithDialect):
    Dialect = EnglishEar


@breaks("C7")
class ForgetsOptions(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return {**super().query(submission), "tier": "basic"}


@breaks("C7")
class KnowsWholeTagsOnly(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return {**super().query(submission), "lang": {"en-US": "en", "ko-KR": "ko"}[submission.plan.languages[0]]}


@breaks("C8")
class TakesMillisecondsForSeconds(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, start_ms=(one.start_ms or 0) // 1000, end_ms=(one.end_ms or 0) // 1000, words=())


@breaks("C8")
class ShiftsWords(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        texts = [word.text for word in one.words]
        shifted = zip(one.words, texts[-1:] + texts[:-1], strict=True)
        return replace(one, words=tuple(replace(word, text=text) for word, text in shifted))


@breaks("M1")
class PlansByEnvironment(Minnow):
    def plan(self, request: Any, facts: Any) -> Any:
        os.environ.get("MINNOW_MODEL")
        return super().plan(request, facts)


@breaks("E4")
class NamesTheNameless(Minnow):
    def accepted(self, reply: Any) -> JobUpdate:
        job = self.checked(reply, "submit")
        return JobUpdate(JobStatus.QUEUED, VendorReference("batch", job.id or "unknown", reply.received_at))


@breaks("E4")
class IsSureOfTheNameless(Minnow):
    def accepted(self, reply: Any) -> JobUpdate:
        try:
            return super().accepted(reply)
        except ProtocolError as error:
            raise error.replaced(accepted="no") from None


@breaks("E6", tables=())
class HasNoTables(Minnow):
    pass


@breaks("E6", tables=tuple(replace(one, known=None) for one in Healthy.tables))
class SaysNotWhatItKnows(Minnow):
    pass


@breaks("E7")
class AsksForEverWithAWrongKey(Minnow):
    async def fetch(self, reference: Any) -> JobUpdate:
        try:
            return await super().fetch(reference)
        except AuthenticationError:
            return JobUpdate(JobStatus.RUNNING, reference)


@breaks("A1", answers=(SILENT,))
class RecordsSilenceOnly(Minnow):
    pass


@breaks("A1")
class RunsWordsTogether(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, text="".join(one.text.split()))


@breaks("A9")
class DecomposesWords(Minnow):
    @classmethod
    def segment(cls, wire: Any) -> Segment:
        one = super().segment(wire)
        return replace(one, words=tuple(replace(word, text=normalize("NFD", word.text)) for word in one.words))


@breaks("A5")
class ReadsTheEnvironment(Misreads):
    @classmethod
    def misread(cls, heard: Any, body: Any) -> Any:
        os.environ.get("MINNOW_MODEL")
        return heard


@breaks("X2")
class CancelsWithoutAWord(Minnow):
    async def cancel(self, reference: Any) -> JobUpdate:
        return JobUpdate(JobStatus.CANCELLED, reference)


@breaks("X3")
class NamesAnotherService(Minnow):
    def accepted(self, reply: Any) -> JobUpdate:
        update = super().accepted(reply)
        assert update.reference is not None
        return replace(update, reference=replace(update.reference, service="live"))


@breaks("X4")
class SaysThatItIsFree(Minnow):
    capabilities = with_services(replace(BATCH, submission="free"), LIVE)


class FarAhead(MinnowDialect):
    def received(self, frame: Any) -> Any:
        events = super().received(frame)
        return [replace(one, heard_ms=one.heard_ms + 5000) if isinstance(one, Final) else one for one in events]


@breaks("L1")
class SettlesWhatNobodySaid(WithDialect):
    Dialect = FarAhead


@breaks("K1")
class ReadsNoWordsOfCallbacks(Minnow):
    @classmethod
    def read_callback(cls, callback: Any, reference: Any = None) -> JobUpdate:
        return replace(super().read_callback(callback, reference), transcript=None)


@breaks("X6")
class LooksIntoTheEnvironment(Minnow):
    def query(self, submission: Any) -> dict[str, str]:
        return super().query(submission) if "MINNOW_TIER" not in os.environ else {}


@breaks("X6")
class WaitsForItself(Minnow):
    async def submit(self, submission: Any) -> JobUpdate:
        update = await super().submit(submission)
        await asyncio.sleep(0)
        return update


@breaks("X6")
class HoldsTheLoop(Minnow):
    def asking(self, reference: Any) -> Any:
        time.sleep(0.001)
        return (yield from super().asking(reference))


class Dating(KeyAuth):
    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        return super().sign(call, datetime.now(UTC))


@breaks("X6")
class SignsByItsOwnClock(Minnow):
    @property
    def auth(self) -> KeyAuth:
        return Dating(self.settings.api_key.get_secret_value())


@breaks("X7")
class KeepsAnother(Minnow):
    async def fetch(self, reference: Any) -> JobUpdate:
        update = await super().fetch(reference)
        return update if update.answer is None else replace(update, answer=replace(update.answer, body=SILENT.data))


@breaks("R2")
class LeavesAPool(Leaving):
    def leave(self) -> None:
        ThreadPoolExecutor(1).submit(self.released.wait)


@breaks("R2")
class LeavesAProcess(Leaving):
    def leave(self) -> None:
        process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
        threading.Thread(target=self.finish, args=(process,), name="asyncio_waits").start()

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        self.released.wait()
        process.communicate(b"\n")


@breaks("R2")
class LeavesAFile(Leaving):
    def leave(self) -> None:
        os.close(tempfile.mkstemp()[0])


@breaks("R2")
class LeavesAThreadBehindAStream(Leaving):
    def dialect(self, submission: Any) -> MinnowDialect:
        threading.Thread(target=self.released.wait, daemon=True, name="left-behind").start()
        return super().dialect(submission)

    def leave(self) -> None:
        """Nothing but behind a stream."""
