"""CLOVA's callbacks: two shapes, early ones, duplicates, failures; a hint that is never believed blindly."""

import json
from typing import Any

import pytest

from earwitness.errors import BadAudioError, DeadlineError, JobFailedError, ProtocolError
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.provider import Callback
from earwitness_clova.provider import Clova
from support.clova import COMPLETED, SRT, TOKEN

JOB = VendorReference("long", TOKEN, state={"speakers": True})
FULL = {**COMPLETED, "result": "SUCCEEDED", "params": {**COMPLETED["params"], "completion": "async"}}
NOTICE = {"token": TOKEN, "result": "SUCCEEDED", "message": "Succeeded"}


def called(body: Any, reference: VendorReference | None = None) -> JobUpdate:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Clova.read_callback(Callback(data, {"content-type": "application/json"}), reference)


@pytest.mark.parametrize("word", ["SUCCEEDED", "COMPLETED"])
def test_a_full_callback_holds_the_result(word: str) -> None:
    """Variant A is the transcript itself, with the answer to keep."""
    got = called({**FULL, "result": word}, JOB)
    assert got.status is JobStatus.SUCCEEDED and got.reference is JOB and got.answer is not None
    assert got.transcript is not None and got.transcript.text == COMPLETED["text"]


def test_a_notice_means_ask_now() -> None:
    """Variant B finishes nothing: the job is to be asked about at once."""
    got = called(NOTICE, JOB)
    assert (got.status, got.transcript, got.check_after, got.reference) == (JobStatus.RUNNING, None, 0.0, JOB)


@pytest.mark.parametrize("body", [FULL, NOTICE])
def test_an_early_callback_names_the_job(body: dict[str, Any]) -> None:
    """Before the reference is known, a callback brings the token, and our attempt's id where it is echoed."""
    params = {"userdata": {"earwitness_attempt": "att_7"}}
    got = called({**body, "params": params}).reference
    assert got is not None and (got.service, got.id, dict(got.state)) == ("long", TOKEN, {"attempt": "att_7"})


def test_duplicates_say_the_same() -> None:
    """Reading is pure: the second delivery of a callback gives an equal update."""
    assert called(FULL, JOB) == called(FULL, JOB) and called(NOTICE) == called(NOTICE)


def test_a_callback_about_another_job_is_refused() -> None:
    """A token that is not the reference's is not believed, and not quoted."""
    with pytest.raises(ProtocolError, match="another job") as caught:
        called({**FULL, "token": "f" * 32}, JOB)
    assert "ffff" not in str(caught.value) and TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("FAILED", JobFailedError),
        ("TIMEOUT", DeadlineError),
        ("ERROR_AUDIO_EMPTY", BadAudioError),
        ("ERROR_X", JobFailedError),
    ],
)
def test_a_failed_job_calls_back_too(word: str, kind: type[Exception]) -> None:
    """A failure in a callback is the job's, with code and message."""
    got = called({"result": word, "message": "why", "token": TOKEN}, JOB)
    assert got.status is JobStatus.FAILED and type(got.error) is kind and got.error.vendor_code == word


@pytest.mark.parametrize("word", ["ERROR_SERVER_BUSY", "ERROR_TOKEN_INVALID", "PROCESSING", "SOMETHING_NEW"])
def test_what_a_callback_cannot_prove_means_ask_now(word: str) -> None:
    """A word that says nothing final about the job is a reason to ask."""
    got = called({"result": word, "token": TOKEN}, JOB)
    assert (got.status, got.check_after) == (JobStatus.RUNNING, 0.0)


@pytest.mark.parametrize(
    "body",
    [
        SRT,
        "<SAMI><Body><SYNC Start=0><P>A: forged</Body></SAMI>",
        {"result": "SUCCEEDED", "text": "forged", "segments": []},
        {**FULL, "token": ""},
        {"result": "FAILED", "message": "forged"},
        {"result": "ERROR_AUDIO_EMPTY", "message": "forged", "token": None},
    ],
)
@pytest.mark.parametrize("reference", [JOB, None])
def test_a_callback_without_the_token_is_not_believed(body: Any, reference: VendorReference | None) -> None:
    """Anybody could send it: neither as the result nor as a failure, only as a reason to ask."""
    got = called(body, reference)
    assert (got.status, got.check_after, got.reference) == (JobStatus.RUNNING, 0.0, reference)
    assert (got.transcript, got.error, got.answer) == (None, None, None)


@pytest.mark.parametrize("body", ["", "hello", "[]", "{}", '{"token": "x"}', "<html>"])
def test_nonsense_is_a_protocol_error(body: str) -> None:
    """Whatever strangers send to the address is a declared error."""
    with pytest.raises(ProtocolError):
        called(body, JOB)
