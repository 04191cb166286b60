"""What Tencent's answers and calls cost: a ten-hour answer against `json.loads`, a question against the official SDK.

    python tests/benchmarks/bench_tencent.py [rounds]

`read_answer` is the provider's public one, with everything that belongs to it: strict reading, translation, speakers,
columns, repair. What is measured and how is in `answers.py`. The questions go to a server on loopback that runs in a
process of its own; each side makes a thousand, one after the other, over one kept connection, and its own CPU time
counts. Without the official SDK (`tencentcloud-sdk-python-asr`) that part is left out.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any

from answers import WORD_MS, WORDS_EACH, report, said

from earwitness._runtime import CoreRuntime
from earwitness.jobs import JobStatus, VendorReference
from earwitness.models import Answer
from earwitness_tencent.provider import Tencent
from earwitness_tencent.settings import Settings

GOALS = {"time": 1.8, "memory kept": 0.6}
"""The most that a figure should be, as a multiple of `json.loads`."""
CALL_GOAL = 1.1
"""The most that a question should cost, as a multiple of the official SDK's own call."""
CALLS = 1_000
_CHINESE = range(0x4E00, 0x7000)
_TASK = VendorReference("recording", "1000000286", state={"engine": "16k_zh", "speakers": True})
_WAITING = {"TaskId": 1000000286, "Status": 0, "StatusStr": "waiting", "AudioDuration": 0, "Result": "", "ErrorMsg": ""}


def ten_hours() -> bytes:
    """9,000 sentences of ten words and a full stop, two speakers, in the shape that the manual documents."""
    sentences = [_sentence(number, words) for number, words in enumerate(said(_CHINESE))]
    lines = [
        f"[{_stamp(int(one['StartMs']))},{_stamp(int(one['EndMs']))},{one['SpeakerId']}]  {one['FinalSentence']}\n"
        for one in sentences
    ]
    data = {
        "TaskId": 1000000286,
        "Status": 2,
        "StatusStr": "success",
        "AudioDuration": 36_000.0,
        "Result": "".join(lines),
        "ErrorMsg": "",
        "ResultDetail": sentences,
    }
    whole = {"Response": {"RequestId": "5f1d0c56-4f3c-4f64-9c05-9a35f1d7c004", "Data": data}}
    return json.dumps(whole, ensure_ascii=False).encode()


def questions(rounds: int) -> dict[str, float]:
    """The median CPU time of a question about a waiting task in microseconds, ours and the official SDK's."""
    near, far = Pipe()
    server = Process(target=_serve, args=(far,), daemon=True)
    server.start()
    port = near.recv()
    try:
        ways: dict[str, Callable[[], float]] = {
            "earwitness": lambda: asyncio.run(_ours(port)),
            "sdk": lambda: _sdk(port),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, ask in ways.items():
                taken[name].append(ask())
        return {name: sorted(times)[len(times) // 2] for name, times in taken.items()}
    finally:
        server.terminate()
        server.join()


def main(rounds: int = 9) -> None:
    """Prints one line for each figure."""
    body = ten_hours()
    answer = Answer(body, "application/json", "recording")
    report(body, lambda: Tencent.read_answer(answer, _TASK).transcript, GOALS, rounds)
    if find_spec("tencentcloud") is None:
        print("the official SDK is not installed, so questions were not measured")
        return
    costs = questions(max(3, rounds // 3))
    for name, cost in costs.items():
        print(f"{name:12} {cost:6.0f} us of CPU for a question")
    print(f"question     {costs['earwitness'] / costs['sdk']:5.2f} x the official SDK  (goal: at most {CALL_GOAL})")


def _sentence(number: int, words: list[str]) -> dict[str, Any]:
    start, entries = number * WORDS_EACH * WORD_MS, []
    for place, word in enumerate(words):
        entries.append({"Word": word, "OffsetStartMs": place * WORD_MS + 1, "OffsetEndMs": place * WORD_MS + 390})
    entries.append({"Word": "。", "OffsetStartMs": WORDS_EACH * WORD_MS - 10, "OffsetEndMs": WORDS_EACH * WORD_MS - 10})
    return {
        "FinalSentence": f"{''.join(words)}。",
        "SliceSentence": " ".join(words),
        "WrittenText": None,
        "StartMs": start,
        "EndMs": start + WORDS_EACH * WORD_MS,
        "WordsNum": len(entries),
        "Words": entries,
        "SpeechSpeed": 4.5 + number % 7 / 10,
        "SpeakerId": number % 2,
        "EmotionalEnergy": 0,
        "SilenceTime": number % 5 * 100,
        "EmotionType": None,
        "KeyWordResults": None,
        "LangType": "chinese",
        "SpeakerRoleName": "",
    }


def _stamp(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest / 1000:.3f}"


async def _ours(port: int) -> float:
    """Microseconds of CPU that one question costs through the provider and core's own connections."""
    settings = Settings.model_validate({"secret_id": "i", "secret_key": "k", "endpoint": f"127.0.0.1:{port}"})
    runtime = CoreRuntime(heard=lambda attempt, event: None)
    tencent = Tencent(settings, runtime)
    now = datetime.now(UTC)
    reference = VendorReference("recording", "1000000286", now, now + timedelta(hours=24), _TASK.state)
    try:
        for _ in range(20):
            assert (await tencent.fetch(reference)).status is JobStatus.QUEUED
        begun = time.process_time()
        for _ in range(CALLS):
            await tencent.fetch(reference)
        return (time.process_time() - begun) / CALLS * 1e6
    finally:
        await runtime.aclose()


def _sdk(port: int) -> float:
    """Microseconds of CPU that one question costs through the official SDK."""
    from tencentcloud.asr.v20190614 import asr_client, models
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile

    http = HttpProfile(protocol="http", endpoint=f"127.0.0.1:{port}", keepAlive=True)
    client = asr_client.AsrClient(Credential("i", "k"), "", ClientProfile(httpProfile=http, language="en-US"))
    request = models.DescribeTaskStatusRequest()
    request.TaskId = 1000000286
    for _ in range(20):
        assert client.DescribeTaskStatus(request).Data.Status == 0
    begun = time.process_time()
    for _ in range(CALLS):
        client.DescribeTaskStatus(request)
    return (time.process_time() - begun) / CALLS * 1e6


def _serve(port: Connection) -> None:
    """Answers every question with the same waiting task."""
    body = json.dumps({"Response": {"RequestId": "r", "Data": {**_WAITING, "ResultDetail": None}}}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def answer(reader: Any, writer: Any) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while asked := (await reader.readuntil(b"\r\n\r\n")).lower():
                await reader.readexactly(int(asked.partition(b"content-length: ")[2].partition(b"\r")[0]))
                writer.write(head + body)
                await writer.drain()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
