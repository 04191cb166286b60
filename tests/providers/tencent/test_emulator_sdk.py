"""The official Python SDK drives the emulator over plain HTTP, as it drives the real service."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from tencentcloud.asr.v20190614 import asr_client, models
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from earwitness.emulation import Clock, Fault, Faults
from support.tencent_emulator import KEY, SECRET_ID, Client, emulated, recording, tone, until

# From Python 3.12 on, the SDK's way to a date is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads proxies from the environment by rules of its own."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Sdk:
    """The official client, pointed at an emulator."""

    def __init__(self, client: Client, *, key: str = KEY, token: str | None = None, **profile: Any) -> None:
        http = HttpProfile(protocol="http", endpoint=client.facts["endpoint"], reqTimeout=60)
        self.profile = ClientProfile(httpProfile=http, **profile)
        self.credential = Credential(client.secret_id, key, token)
        self.asr = asr_client.AsrClient(self.credential, "ap-guangzhou", self.profile)

    def create(self, **changes: Any) -> Any:
        request = models.CreateRecTaskRequest()
        request.from_json_string(json.dumps(recording(**changes)))
        return self.asr.CreateRecTask(request)

    def status(self, task_id: int) -> Any:
        request = models.DescribeTaskStatusRequest()
        request.TaskId = task_id
        return self.asr.DescribeTaskStatus(request)

    def finished(self, task_id: int) -> Any:
        return until(lambda: self.status(task_id), lambda answer: answer.Data.Status > 1)


@contextmanager
def sdk(faults: Faults | None = None, **switches: object) -> Iterator[Sdk]:
    with emulated(faults=faults, **switches) as client:
        yield Sdk(client)


def test_create_and_poll_to_success() -> None:
    """The whole way of a recording: an id, statuses, the text, and typed details."""
    with sdk(waiting_answers=1) as official:
        created = official.create(EngineModelType="16k_en", SpeakerDiarization=1)
        first = official.status(created.Data.TaskId)
        done = official.finished(created.Data.TaskId)
    assert created.Data.TaskId == 1_000_000_001
    assert created.RequestId
    assert (first.Data.Status, first.Data.StatusStr, first.Data.ResultDetail) == (0, "waiting", None)
    assert (done.Data.Status, done.Data.AudioDuration, done.Data.ErrorMsg) == (2, 1.0, "")
    assert done.Data.Result == "[0:0.240,0:2.900,0]  Good morning.\n[0:3.100,0:6.180,1]  Shall we start?\n"
    second = done.Data.ResultDetail[1]
    assert (second.FinalSentence, second.SpeakerId) == ("Shall we start?", 1)
    assert [(word.Word, word.OffsetStartMs) for word in second.Words][:2] == [("Shall", 40), ("we", 600)]


def test_a_failed_task_is_a_status_and_no_exception() -> None:
    """A dead address ends in status 3 with its `ErrorMsg`."""
    with sdk() as official:
        created = official.create(SourceType=0, Data=None, DataLen=None, Url="http://127.0.0.1:9/a.wav")
        done = official.finished(created.Data.TaskId)
    assert (done.Data.Status, done.Data.StatusStr) == (3, "failed")
    assert done.Data.ErrorMsg == "Failed to download audio file!"


def raised(call: Any) -> TencentCloudSDKException:
    with pytest.raises(TencentCloudSDKException) as caught:
        call()
    return caught.value


def test_a_bad_signature_an_unknown_task_and_a_wrong_value_are_its_exceptions() -> None:
    """Each carries the code, a message in the SDK's own language, and the RequestId."""
    with emulated() as client:
        signature = raised(lambda: Sdk(client, key=KEY + "x").status(1))
        unknown = raised(lambda: Sdk(client).status(1))
        wrong = raised(lambda: Sdk(client, language="en-US").create(EngineModelType="16k_klingon"))
    assert signature.code == "AuthFailure.SignatureFailure"
    assert signature.message == "请求签名验证失败，请检查您的签名计算是否正确。"
    assert unknown.code == "FailedOperation.NoSuchTask"
    assert wrong.code == "InvalidParameterValue.ErrorInvalidEngservice"
    assert "EngineModelType" in wrong.message
    assert all(error.requestId for error in (signature, unknown, wrong))


def test_a_sentence_comes_back_typed() -> None:
    """The fields that lie directly under `Response` are found."""
    request = models.SentenceRecognitionRequest()
    data = base64.b64encode(tone()).decode()
    request.from_json_string(
        json.dumps({"EngSerViceType": "16k_en", "SourceType": 1, "VoiceFormat": "wav", "Data": data, "WordInfo": 1})
    )
    with sdk() as official:
        answer = official.asr.SentenceRecognition(request)
    assert (answer.Result, answer.AudioDuration) == ("Good morning. Shall we start?", 1000)
    assert [word.Word for word in answer.WordList] == ["Good", "morning", "Shall", "we", "start"]


def test_a_frozen_clock_gives_the_manuals_signature_and_it_verifies() -> None:
    """At the moment of vector A, east of UTC already tomorrow, the SDK's signature is taken."""
    with emulated(clock=Clock(start=_at(1_767_311_999), scale=0)) as client, patch.object(time, "time", _frozen):
        answer = raised(lambda: Sdk(client).status(522_931_820))
    assert answer.code == "FailedOperation.NoSuchTask"


def test_temporary_credentials_travel_beside_the_signature() -> None:
    """The token of the third argument is asked for and taken."""
    with emulated() as client:
        facts = client.facts
        client.secret_id, key = facts["temporary_secret_id"], facts["temporary_secret_key"]
        assert raised(lambda: Sdk(client, key=key).status(1)).code == "AuthFailure.TokenFailure"
        good = Sdk(client, key=key, token=facts["token"])
        assert raised(lambda: good.status(1)).code == "FailedOperation.NoSuchTask"
        client.secret_id = SECRET_ID


def test_an_unsigned_payload_and_the_common_client_work() -> None:
    """The SDK's other ways in: no hash of the body, and plain dictionaries."""
    with emulated() as client:
        official = Sdk(client)
        official.profile.unsignedPayload = True
        assert official.create().Data.TaskId == 1_000_000_001
        common = CommonClient("asr", "2019-06-14", official.credential, "", official.profile)
        answer = common.call_json("DescribeTaskStatus", {"TaskId": 1_000_000_001})
    assert answer["Response"]["Data"]["TaskId"] == 1_000_000_001


def test_the_older_signature_is_refused() -> None:
    """`signMethod="HmacSHA256"` ends in a signature failure."""
    with emulated() as client:
        assert raised(lambda: Sdk(client, signMethod="HmacSHA256").status(1)).code == "AuthFailure.SignatureFailure"


def test_a_charset_in_the_answer_makes_the_sdk_miss_errors() -> None:
    """Why the Content-Type is exact: with a charset the official SDK returns an empty success."""
    with sdk(content_type="application/json; charset=utf-8") as official:
        assert official.status(1).Data is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("DescribeTaskStatus", "status", 502), "ServerNetworkError"),
        (Fault("DescribeTaskStatus", "garbage"), "JSONDecodeError"),
        (Fault("DescribeTaskStatus", "drop"), "ClientNetworkError"),
        (Fault("DescribeTaskStatus", "cut"), "ChunkedEncodingError"),
        (Fault("DescribeTaskStatus", "answer", "InternalError.FailAccessDatabase"), "InternalError.FailAccessDatabase"),
    ],
)
def test_faults_surface_as_the_manual_measured_them(fault: Fault, code: str) -> None:
    """Each kind of fault gives the exception of the manual's table, once."""
    with sdk(Faults([fault])) as official:
        task = official.create().Data.TaskId
        assert raised(lambda: official.status(task)).code == code
        assert official.status(task).Data.TaskId == task


def test_the_limit_of_queries_reaches_the_sdk() -> None:
    """The fifty-first query of a second is refused, with the numbers in the message."""
    with emulated(clock=Clock(scale=0)) as client:
        official = Sdk(client, language="en-US")
        codes = [raised(lambda: official.status(1)).code for _ in range(51)]
    assert set(codes[:50]) == {"FailedOperation.NoSuchTask"}
    assert codes[50] == "RequestLimitExceeded.UinLimitExceeded"


def _at(timestamp: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(timestamp, UTC)


def _frozen() -> float:
    return 1_767_311_999.0
