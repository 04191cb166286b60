"""Tencent's callbacks: a form with the whole result, unsigned, at most twice."""

import json
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest

from earwitness.errors import (
    AudioTooLargeError,
    BadAudioError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    ProtocolError,
    UnavailableError,
)
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.models import Answer, Segment, Speaker
from earwitness.provider import Callback
from earwitness_tencent.provider import Tencent
from support.tencent import NOW, SPEAKERS, TASK

JOB = VendorReference("recording", str(TASK), NOW, state={"engine": "16k_en", "speakers": True})
DATA = SPEAKERS["Response"]["Data"]
FORM = {
    "code": "0",
    "requestId": str(TASK),
    "appid": "1250000000",
    "projectid": "0",
    "text": DATA["Result"],
    "audioTime": "6.420000",
    "message": "",
    "resultDetail": json.dumps(DATA["ResultDetail"]),
}
CODES: dict[int, type[EarwitnessError]] = {
    10000: BadAudioError,
    10001: BadAudioError,
    10002: BadAudioError,
    10003: AudioTooLargeError,
    10004: BadAudioError,
    10005: UnavailableError,
    10006: BadAudioError,
    10007: InvalidRequestError,
    10099: JobFailedError,
}


def update(form: dict[str, str] | str | bytes, reference: VendorReference | None = JOB, **how: Any) -> JobUpdate:
    body = urlencode(form, **how) if isinstance(form, dict) else form
    data = body if isinstance(body, bytes) else body.encode()
    return Tencent.read_callback(Callback(data, {"content-type": "application/x-www-form-urlencoded"}), reference)


@pytest.mark.parametrize("quoting", [quote, quote_plus])
def test_a_finished_task(quoting: Any) -> None:
    """The whole result is in the form, whichever way blanks are written; it is the same as when it is asked for."""
    got = update(FORM, quote_via=quoting)
    fetched = Tencent.read_answer(Answer(json.dumps(SPEAKERS).encode(), service="recording"), JOB).transcript
    assert got.status is JobStatus.SUCCEEDED and got.reference == JOB and got.transcript and fetched
    assert got.transcript.segments == fetched.segments and got.transcript.duration_ms == 6420
    assert got.transcript.speakers == (Speaker("0"), Speaker("1")) and not got.transcript.notices


def test_the_manuals_folded_example() -> None:
    """Only text, with blanks as plus signs, and details that are empty or absent."""
    text = "code=0&requestId=1000000286&appid=1250000000&projectid=0&text=%5B0%3A0.240%2C0%3A2.900%5D++Good+morning.%0A"
    for detail in ("&audioTime=6.420000&message=&resultDetail=", "&audioTime=6.420000&message=success"):
        got = update(text + detail)
        assert got.transcript is not None and got.transcript.segments == (Segment("Good morning.", 240, 2900),)


@pytest.mark.parametrize("code", CODES)
def test_a_failed_task(code: int) -> None:
    """Each code of the manual is a failed job with its own error; an unknown one is a failed job too."""
    got = update({**FORM, "code": str(code), "message": "why", "text": "", "resultDetail": ""})
    assert got.status is JobStatus.FAILED and type(got.error) is CODES[code]
    assert (got.error.vendor_code, got.error.vendor_message, got.error.accepted) == (str(code), "why", "yes")
    assert not got.error.retryable


def test_a_callback_before_the_task_is_known() -> None:
    """It may come before the submission has been answered, or for one whose answer was lost: it names the task."""
    got = update(FORM, None)
    assert got.reference == VendorReference("recording", str(TASK)) and got.transcript is not None


def test_a_callback_about_another_task() -> None:
    """The id in the form must be the reference's."""
    with pytest.raises(ProtocolError, match="another task"):
        update({**FORM, "requestId": "7"})


@pytest.mark.parametrize(
    "body",
    [
        "", "{}", json.dumps(SPEAKERS), "code=0", "requestId=5", "code=x&requestId=5", "code=0&requestId=-5",
        "code=0&requestId=abc", f"code={'9' * 5000}&requestId=5", "&".join(["a=b"] * 500), b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_what_is_no_callback(body: str | bytes) -> None:
    """Anything else is told as what it is, and proves nothing about a task."""
    with pytest.raises(ProtocolError) as caught:
        update(body)
    assert caught.value.accepted == "no"


@pytest.mark.parametrize("detail", ["no json", "{}", "7", '["x"]', "[" * 5000, '[{"StartMs": "x"}]'])
def test_broken_details(detail: str) -> None:
    """Broken details cost only themselves: the text is still there."""
    got = update({**FORM, "resultDetail": detail})
    assert got.transcript is not None and got.transcript.notices
    assert [one.text for one in got.transcript.segments] == ["Good morning.", "Shall we start?"]


def test_the_answer_that_the_vendor_wants() -> None:
    """Tencent wants JSON with code 0, else it calls once more."""
    assert json.loads(Tencent.callback_reply.body) == {"code": 0, "message": "success"}
    assert (Tencent.callback_reply.content_type, Tencent.callback_reply.status) == ("application/json", 200)


def test_a_stored_callback_can_be_read_again() -> None:
    """The answer that a callback leaves is read like any other."""
    got = update(FORM)
    assert got.answer is not None and Tencent.read_answer(got.answer, JOB) == got
