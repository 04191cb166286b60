"""CreateRecTask and DescribeTaskStatus: a task is taken at once, heard beside the handlers, and asked about (5, 6)."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._audio import RECORDINGS, Heard, UnheardError, Wanted, fetched, hear, unpacked
from ._callback import Notice, notify
from ._engines import ENGINES
from ._fields import CREATE, DESCRIBE, checked
from ._json import dumped
from ._refusals import CloudError, wrong_value
from ._rules import check_recording
from ._sentences import Wishes, sentences_of
from ._tasks import DOING, FAILED, FAILURES, STATUS_WORDS, SUCCESS, Failure, Outcome, Task, Tasks
from ._wire import DetailForm, result_detail, result_lines

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Recording"]

LARGEST_FILE = 1024**3
"""Bytes of a file at a URL."""
LONGEST_MS = 5 * 3600 * 1000
PENDING = Outcome()
_BY_CODE = {failure.code: failure for failure in FAILURES.values()}


class Recording:
    """The recording service of one emulator."""

    def __init__(self, emulator: TencentEmulator) -> None:
        self._emulator = emulator
        self._switches = emulator.switches
        self._tasks = Tasks(emulator.clock, emulator.switches)

    async def create(self, parameters: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Takes a task and begins to work on it. Raises CloudError."""
        body = checked(parameters, CREATE)
        data = check_recording(body, rule_code=self._switches.rule_code)
        body["ResTextFormat"] = self._level(body)
        task = self._tasks.create()
        self._emulator.spawn(self._work(task, body, data))
        return {"Data": {"TaskId": task.id}}

    async def describe(self, parameters: dict[str, Any], request_id: str) -> bytes:
        """What is known of a task, as the JSON of `Data`. Raises CloudError."""
        task = self._tasks.find(checked(parameters, DESCRIBE)["TaskId"])
        if task is None:
            raise CloudError("FailedOperation.NoSuchTask")
        status = task.shown(self._switches)
        if status == FAILED and task.failure is FAILURES["download"] and self._switches.dead_url == "error":
            raise CloudError("FailedOperation.ErrorDownFile")
        return task.data if status >= SUCCESS and task.data else dumped(self._data(task, status))

    def _level(self, body: dict[str, Any]) -> int:
        level: int = body["ResTextFormat"]
        if not level or not ENGINES[body["EngineModelType"]].plain:
            return level
        if self._switches.plain_engine == "refuse":
            raise wrong_value("ResTextFormat", "this engine gives no word times", code=self._switches.rule_code)
        return 0

    def _data(self, task: Task, status: int, outcome: Outcome = PENDING) -> dict[str, Any]:
        data: dict[str, Any] = {
            "TaskId": task.id + (status == SUCCESS and self._switches.other_task_id),
            "Status": status,
            "StatusStr": STATUS_WORDS[status],
            "AudioDuration": outcome.duration_ms / 1000,
            "Result": outcome.text,
            "ErrorMsg": outcome.failure.message if outcome.failure else "",
            "ResultDetail": outcome.detail,
        }
        if not data["ResultDetail"]:
            data["ResultDetail"] = [] if self._switches.no_detail == "empty" else None
            if self._switches.no_detail == "missing":
                del data["ResultDetail"]
        return {**data, "NewerField": {"Reason": None}} if self._switches.more_fields else data

    async def _work(self, task: Task, body: dict[str, Any], data: bytes | None) -> None:
        """The task's whole life after its submission."""
        outcome = Outcome(failure=FAILURES["other"])
        try:
            outcome = await self._outcome(task, body, data)
        except UnheardError as unheard:
            outcome = Outcome(failure=FAILURES.get(unheard.why) or Failure(10005, unheard.why))
        finally:
            status = FAILED if outcome.failure else SUCCESS
            task.end(outcome, dumped(self._data(task, status, outcome)))
        if body.get("CallbackUrl"):
            notice = Notice.of(task.id, outcome, body, app_id=self._emulator.account.app_id)
            await notify(self._emulator, body["CallbackUrl"], notice)

    async def _outcome(self, task: Task, body: dict[str, Any], data: bytes | None) -> Outcome:
        """What is heard, when it is time. Raises UnheardError."""
        clock = self._emulator.clock
        await clock.sleep(self._switches.waiting_s)
        task.status = DOING
        begun = clock.monotonic()
        await self._scripted()
        outcome = await self._heard(body, data)
        await clock.sleep(self._switches.doing_s - (clock.monotonic() - begun))
        self._emulator.charge("CreateRecTask", task.id, outcome.duration_ms)
        return outcome

    async def _scripted(self) -> None:
        """What the fault script has for `task`: an `answer` is the number of a callback code, or an ErrorMsg."""
        fault = self._emulator.faults.take("task")
        if fault is None:
            return
        if fault.kind == "delay":
            await self._emulator.clock.sleep(float(str(fault.value)))
        elif fault.kind == "answer":
            said = str(fault.value)
            known = _BY_CODE.get(int(said)) if said.isdigit() else None
            raise UnheardError(next((why for why, one in FAILURES.items() if one is known), said))

    async def _heard(self, body: dict[str, Any], data: bytes | None) -> Outcome:
        """What is said in the audio. Raises UnheardError."""
        engine = ENGINES[body["EngineModelType"]]
        both = body["ChannelNum"] == 2
        wanted = Wanted(engine, RECORDINGS, "all" if both else "mix", limit_ms=LONGEST_MS, exactly=2 if both else None)
        async with self._audio(body, data) as path:
            heard = await hear(self._emulator.hearing, path, wanted)
        # Hours of speech take a while to write down, and others wait for answers.
        return await asyncio.to_thread(_written, heard, _wishes(body), self._form(body))

    def _audio(self, body: dict[str, Any], data: bytes | None) -> AbstractAsyncContextManager[Path]:
        scratch = self._emulator.scratch
        if data is not None:
            return unpacked(data, scratch)
        return fetched(body["Url"], scratch, limit=LARGEST_FILE, timeout_s=self._switches.fetch_timeout_s)

    def _form(self, body: dict[str, Any]) -> DetailForm:
        return DetailForm(
            level=body["ResTextFormat"],
            numbered=body["ChannelNum"] == 2 or bool(body.get("SpeakerDiarization")),
            emotion=bool(body.get("EmotionRecognition")),
            language=ENGINES[body["EngineModelType"]].language,
            blanks=self._switches.blanks,
            no_words=self._switches.no_words,
            wordless=self._switches.without_words,
            disordered=self._switches.disordered_words,
            more=self._switches.more_fields,
        )


def _written(heard: Heard, wishes: Wishes, form: DetailForm) -> Outcome:
    sentences = sentences_of(heard.merged if len(heard.channels) > 1 else heard.channels[0], wishes)
    return Outcome(result_lines(sentences, form), result_detail(sentences, form), heard.duration_ms)


def _wishes(body: dict[str, Any]) -> Wishes:
    voices = "channels" if body["ChannelNum"] == 2 else "speakers" if body.get("SpeakerDiarization") else "none"
    return Wishes(
        voices=voices,
        punctuation=body.get("FilterPunc", 0),
        cut=body["ResTextFormat"] == 3,
        max_chars=body.get("SentenceMaxLength", 0),
    )
