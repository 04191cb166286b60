"""Tencent's plugin keeps the contract: its four services, its tables, and what was recorded of it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from earwitness.errors import EarwitnessError, JobFailedError, ProtocolError, UnavailableError
from earwitness.jobs import JobStatus
from earwitness.testing import ProviderContract, Recorded, Table
from earwitness_tencent._errors import CODES, FLASH_CODES, STREAM_CODES, Code
from earwitness_tencent._translate import STATUSES
from support.tencent import APP_ID, FLASH, KEYS, SENTENCE, SPEAKERS, TASK, TEXT, refused, task

DATA = SPEAKERS["Response"]["Data"]
FORM = {
    "code": "0",
    "requestId": str(TASK),
    "appid": APP_ID,
    "projectid": "0",
    "message": "",
    "text": DATA["Result"],
    "audioTime": "6.420000",
    "resultDetail": json.dumps(DATA["ResultDetail"]),
}
SAID = "Good morning. Shall we start?"


KINDS = {"no": "no", "yes": "no", "maybe": "unknown"}
"""Whether a task may exist after a submission was refused, by our advice."""


def handed_over(codes: Mapping[Any, Code]) -> dict[Any, tuple[type[EarwitnessError], Any]]:
    """What each code means on a submission; the kinds themselves are judged in test_errors."""
    return {code: (meaning.kind, KINDS[meaning.submit]) for code, meaning in codes.items()}


class TestTencent(ProviderContract):
    """Every service of the Chinese site."""

    plugin = "earwitness_tencent"
    settings = {**KEYS, "app_id": APP_ID}
    request = {"language": "zh-CN"}
    emulator = "earwitness_tencent.emulator:create"
    answers = (
        Recorded(SPEAKERS, service="recording", text=SAID, words=5, speakers=("0", "1"), end_ms=6180),
        Recorded(TEXT, service="recording", text=SAID, end_ms=6180),
        Recorded(task(Result="", ResultDetail=None), service="recording", text=""),
        Recorded(SENTENCE, service="sentence", text="Good morning.", words=2, end_ms=2250),
        Recorded(FLASH, service="flash", text=SAID, words=2, speakers=("0", "1"), end_ms=6180),
    )
    callbacks = (
        Recorded(
            urlencode(FORM),
            content_type="application/x-www-form-urlencoded",
            text=SAID,
            words=5,
            end_ms=6180,
            id=str(TASK),
        ),
    )
    tables = (
        Table(
            "fetch",
            {"Response": {"RequestId": "5f1d0c56", "Data": {**DATA, "Status": "{code}"}}},
            {0: JobStatus.QUEUED, 1: JobStatus.RUNNING, 2: JobStatus.SUCCEEDED, 3: JobFailedError},
            known=STATUSES,
            unknown=ProtocolError,
            id=str(TASK),
        ),
        Table(
            "fetch",
            refused("{code}"),
            {code: meaning.kind for code, meaning in CODES.items()},
            known=CODES,
            unknown=UnavailableError,
            id=str(TASK),
        ),
        Table("submit", refused("{code}"), handed_over(CODES), known=CODES, unknown=(UnavailableError, "unknown")),
        Table(
            "submit",
            {"request_id": "65f0", "code": "{code}", "message": "why", "flash_result": None},
            handed_over(FLASH_CODES),
            known=FLASH_CODES,
            unknown=(UnavailableError, "unknown"),
            service="flash",
        ),
        Table(
            "stream",
            {"code": "{code}", "message": "why", "voice_id": "v1"},
            {code: meaning.kind for code, meaning in STREAM_CODES.items()},
            known=STREAM_CODES,
            unknown=UnavailableError,
        ),
        Table(
            "connection",
            '{"code": {code}, "message": "why"}',
            {code: meaning.kind for code, meaning in STREAM_CODES.items()},
            unknown=UnavailableError,
        ),
    )
    always = ("channels",)
