"""The emulated cloud API, called with HTTP by hand as the manual describes it."""

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs

import httpx
import pytest

from earwitness.emulation import Clock, Fault, Faults, GivenHearing
from earwitness.errors import BadAudioError, ConfigurationError, JobFailedError
from earwitness.models import Segment, Transcript, Word
from support.receivers import Receiver, files
from support.tencent_emulator import KEY, MORNING, SECRET_ID, Client, emulated, recording, stereo, tc3, tone, until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def standing() -> Clock:
    return Clock(start=NOON, scale=0)


class Failing:
    """An ear that breaks."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def transcribe(self, audio: object, *, language: str | None = None) -> Transcript:
        raise self.error

    def stream(self, *, sample_rate: int, language: str | None = None) -> object:
        raise self.error

    async def aclose(self) -> None:
        pass


class Noting(GivenHearing):
    """An ear that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(MORNING)
        self.languages: list[str | None] = []

    async def transcribe(self, audio: object, *, language: str | None = None) -> Transcript:
        self.languages.append(language)
        return await super().transcribe(audio, language=language)


# Common parameters and signatures


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("X_TC_Action", "Action"),
        ("X_TC_Version", "Version"),
        ("X_TC_Timestamp", "Timestamp"),
        ("Authorization", "Authorization"),
    ],
)
def test_a_missing_common_parameter_is_named_without_its_prefix(header: str, named: str) -> None:
    """Each of the four is asked for by its own name, before the signature is judged."""
    with emulated() as client:
        error = client.raw("DescribeTaskStatus", b"{}", **{header: ""}).json()["Response"]["Error"]
    assert error["Code"] == "MissingParameter"
    assert f"`{named}`" in error["Message"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X_TC_Action": "DescribeTasks"}, "InvalidAction"),
        ({"X_TC_Version": "2018-05-22"}, "NoSuchVersion"),
        ({"Authorization": "Bearer abc"}, "AuthFailure.InvalidAuthorization"),
        ({"X_TC_Timestamp": "now"}, "InvalidParameter"),
        ({"X_TC_Token": "of-somebody"}, "AuthFailure.TokenFailure"),
    ],
)
def test_a_wrong_common_parameter_has_its_own_code(headers: dict[str, str], code: str) -> None:
    """Action, version, form of the signature, time and token are told apart."""
    with emulated() as client:
        error = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', **headers).json()["Response"]["Error"]
    assert error["Code"] == code


def test_a_wrong_key_id_and_a_wrong_key_are_told_apart() -> None:
    """An unknown SecretId is not found, a wrong SecretKey fails the signature."""
    with emulated() as client:
        client.secret_id = "AKIDother"
        assert client.code("DescribeTaskStatus", TaskId=1) == "AuthFailure.SecretIdNotFound"
        client.secret_id, client.key = SECRET_ID, KEY + "x"
        assert client.code("DescribeTaskStatus", TaskId=1) == "AuthFailure.SignatureFailure"


def test_a_query_for_any_id_proves_that_the_key_is_good() -> None:
    """With the right signature the answer is about the task."""
    with emulated() as client:
        assert client.code("DescribeTaskStatus", TaskId=1) == "FailedOperation.NoSuchTask"


@pytest.mark.parametrize(
    ("switch", "accepted"),
    [
        ("any", {"own", "bare", "real", "intl", "region"}),
        ("own", {"own", "bare"}),
        ("real", {"real", "intl", "region"}),
    ],
)
def test_signatures_over_the_own_host_or_the_real_one(switch: str, accepted: set[str]) -> None:
    """The switch decides which host names count; the port may be left out of one's own."""
    with emulated(signed_host=switch) as client:
        names = {
            "own": client.facts["endpoint"],
            "bare": "127.0.0.1",
            "real": "asr.tencentcloudapi.com",
            "intl": "asr.intl.tencentcloudapi.com",
            "region": "asr.ap-guangzhou.tencentcloudapi.com",
        }
        good = {
            name
            for name, host in names.items()
            if client.raw("DescribeTaskStatus", b'{"TaskId": 1}', signed_host=host, X_TC_Region="ap-guangzhou").json()[
                "Response"
            ]["Error"]["Code"]
            == "FailedOperation.NoSuchTask"
        }
    assert good == accepted


@pytest.mark.parametrize(("switch", "code"), [(True, "NoSuchTask"), (False, "SignatureFailure")])
def test_the_service_name_of_the_nodejs_sdk(switch: bool, code: str) -> None:
    """It signs for the first label of a local address, which counts only where the switch says so."""
    with emulated(any_scope=switch) as client:
        reply = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', signed_host="127.0.0.1", service="127")
    assert reply.json()["Response"]["Error"]["Code"].endswith(code)


def test_a_scope_of_another_service_fails() -> None:
    """A signature for the vendor's virtual machines is none for ASR."""
    with emulated() as client:
        reply = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', service="cvm")
    assert reply.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"


def test_whatever_headers_are_listed_are_signed_but_two_must_be() -> None:
    """Newer clients sign the action too; content type and host may not be left out."""
    body = b'{"TaskId": 1}'
    with emulated() as client:
        headers = {"content-type": "application/json", "host": client.facts["endpoint"]}
        more = {**headers, "x-tc-action": "DescribeTaskStatus"}
        codes = []
        for signed in (more, {"host": headers["host"]}, {"content-type": "application/json"}):
            authorization = tc3(signed, body, timestamp=client.now)
            answer = client.raw("DescribeTaskStatus", body, Authorization=authorization).json()
            codes.append(answer["Response"]["Error"]["Code"])
    assert codes == ["FailedOperation.NoSuchTask"] + ["AuthFailure.SignatureFailure"] * 2


def test_a_scope_of_another_day_fails() -> None:
    """The date is the UTC date of the timestamp: one from local time fails for a part of every day."""
    with emulated(clock=Clock(start=datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC), scale=0)) as client:
        late = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', date="2026-01-02")
        right = client.raw("DescribeTaskStatus", b'{"TaskId": 1}')
    assert late.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert right.json()["Response"]["Error"]["Code"] == "FailedOperation.NoSuchTask"


@pytest.mark.parametrize(
    ("off", "code"), [(300, "NoSuchTask"), (-300, "NoSuchTask"), (301, "SignatureExpire"), (-301, "SignatureExpire")]
)
def test_five_minutes_of_clock_skew_are_the_most(off: int, code: str) -> None:
    """A timestamp may be five minutes off in either direction and not a second more."""
    with emulated(clock=standing()) as client:
        reply = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', timestamp=client.now + off)
    assert reply.json()["Response"]["Error"]["Code"].endswith(code)


def test_the_date_header_tells_the_servers_own_clock() -> None:
    """A client whose time is refused learns the right one from the answer."""
    with emulated(clock=standing(), clock_ahead_s=360) as client:
        reply = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', timestamp=int(NOON.timestamp()))
        assert reply.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureExpire"
        told = parsedate_to_datetime(reply.headers["date"])
        again = client.raw("DescribeTaskStatus", b'{"TaskId": 1}', timestamp=int(told.timestamp()))
        assert client.http.get(f"http://{client.facts['endpoint']}/server_time").text == str(client.now)
    assert (told - NOON).total_seconds() == 360
    assert again.json()["Response"]["Error"]["Code"] == "FailedOperation.NoSuchTask"


def test_temporary_credentials_need_their_token_until_it_expires() -> None:
    """Without the token, with another, and after its life the code is TokenFailure."""
    with emulated(clock=standing(), token_life_s=100) as client:
        facts = client.facts
        client.secret_id, client.key = facts["temporary_secret_id"], facts["temporary_secret_key"]
        assert client.code("DescribeTaskStatus", TaskId=1) == "AuthFailure.TokenFailure"
        client.extra = {"X-TC-Token": facts["token"] + "x"}
        assert client.code("DescribeTaskStatus", TaskId=1) == "AuthFailure.TokenFailure"
        client.extra = {"X-TC-Token": facts["token"]}
        assert client.code("DescribeTaskStatus", TaskId=1) == "FailedOperation.NoSuchTask"
        client.emulator.clock.advance(100)
        assert client.code("DescribeTaskStatus", TaskId=1) == "AuthFailure.TokenFailure"


def test_the_older_signature_and_other_methods_are_refused_inside_200() -> None:
    """A form with a signature in it fails, and so does GET, with the envelope of every other error."""
    with emulated() as client:
        url = f"http://{client.facts['endpoint']}/"
        form = client.http.post(url, data={"Action": "DescribeTaskStatus", "Signature": "x", "SecretId": SECRET_ID})
        got = client.http.get(url)
    assert form.status_code == got.status_code == 200
    assert form.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert got.json()["Response"]["Error"]["Code"] == "UnsupportedProtocol"


def test_every_answer_is_plain_json_with_an_id_of_its_own() -> None:
    """The Content-Type has no charset, good or bad, and no two RequestIds are the same."""
    with emulated() as client:
        good = client.raw("CreateRecTask", json.dumps(recording()).encode())
        bad = client.raw("DescribeTaskStatus", b"{}")
    assert {reply.headers["content-type"] for reply in (good, bad)} == {"application/json"}
    assert len({reply.json()["Response"]["RequestId"] for reply in (good, bad)}) == 2
    assert {reply.status_code for reply in (good, bad)} == {200}


def test_messages_are_in_the_language_that_is_asked_for() -> None:
    """English without a header, Chinese where `X-TC-Language` says so."""
    with emulated() as client:
        english = client.raw("DescribeTaskStatus", b"{}").json()["Response"]["Error"]["Message"]
        chinese = client.raw("DescribeTaskStatus", b"{}", X_TC_Language="zh-CN").json()["Response"]["Error"]["Message"]
    assert english == "The request is missing a required parameter `TaskId`."
    assert english != chinese
    assert "`TaskId`" in chinese


# Bodies


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "InvalidRequest"),
        (b"[1]", "InvalidRequest"),
        (b"{", "InvalidRequest"),
        (b"\xff", "InvalidRequest"),
        (b"[" * 100_000, "InvalidRequest"),
        (b'{"TaskId": "1"}', "InvalidParameter"),
        (b'{"TaskId": true}', "InvalidParameter"),
        (b'{"TaskId": -1}', "InvalidParameter"),
        (b'{"TaskId": 1.0}', "InvalidParameter"),
        (b'{"TaskId": null}', "MissingParameter"),
        (b'{"Action": "DescribeTaskStatus", "TaskId": 1}', "UnknownParameter"),
        (b'{"TaskId": 18446744073709551615}', "FailedOperation.NoSuchTask"),
        (b'{"TaskId": 18446744073709551616}', "InvalidParameter"),
    ],
)
def test_a_body_is_judged_by_its_names_and_types(body: bytes, code: str) -> None:
    """What is no JSON object, has an unknown name, or a value of another type has a code of its own."""
    with emulated() as client:
        assert client.raw("DescribeTaskStatus", body).json()["Response"]["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"EngineModelType": None}, "MissingParameter"),
        ({"ChannelNum": None}, "MissingParameter"),
        ({"ChannelNum": "1"}, "InvalidParameter"),
        ({"EngineModelType": "16k_klingon"}, "InvalidParameterValue.ErrorInvalidEngservice"),
        ({"SourceType": 2}, "InvalidParameterValue.ErrorInvalidSourcetype"),
        ({"ChannelNum": 2}, "InvalidParameterValue"),
        ({"ResTextFormat": 6}, "InvalidParameterValue"),
        ({"ResTextFormat": 5, "EngineModelType": "16k_en"}, "InvalidParameterValue"),
        ({"EngineModelType": "16k_ja"}, "InvalidParameterValue"),
        ({"EngineModelType": "16k_yue", "SpeakerDiarization": 1}, "InvalidParameterValue"),
        ({"EngineModelType": "8k_zh", "ChannelNum": 2, "SpeakerDiarization": 1}, "InvalidParameterValue"),
        ({"SpeakerDiarization": 3}, "InvalidParameterValue"),
        ({"EngineModelType": "16k_zh_en", "SpeakerDiarization": 3}, "InvalidParameterValue"),
        ({"SpeakerNumber": 11}, "InvalidParameterValue"),
        ({"EmotionRecognition": 1, "EngineModelType": "16k_en"}, "InvalidParameterValue"),
        ({"EmotionRecognition": 2, "ResTextFormat": 0}, "InvalidParameterValue"),
        ({"SentenceMaxLength": 20}, "InvalidParameterValue"),
        ({"SentenceMaxLength": 5, "ResTextFormat": 3}, "InvalidParameterValue"),
        ({"ConvertNumMode": 2}, "InvalidParameterValue"),
        ({"Extra": "{"}, "InvalidParameterValue"),
        ({"HotwordList": "Zephyr"}, "InvalidParameterValue"),
        ({"HotwordList": "Zephyr|12"}, "InvalidParameterValue"),
        ({"HotwordList": "十一个汉字就太长了吧呀|5"}, "InvalidParameterValue"),
        ({"HotwordList": ",".join(["a|1"] * 129)}, "InvalidParameterValue"),
        ({"KeyWordLibIdList": ["a"] * 11}, "InvalidParameterValue"),
        ({"KeyWordLibIdList": "a"}, "InvalidParameter"),
        ({"Data": None}, "MissingParameter"),
        ({"Data": "äöü"}, "InvalidParameterValue.ErrorInvalidVoicedata"),
        ({"DataLen": 7}, "InvalidParameter.ErrorContentlength"),
        ({"SourceType": 0}, "MissingParameter"),
        ({"SourceType": 0, "Url": "ftp://media.example/a.wav"}, "InvalidParameterValue.ErrorInvalidUrl"),
        ({"CallbackUrl": "me"}, "InvalidParameterValue.ErrorInvalidUrl"),
    ],
)
def test_a_submission_is_judged_by_its_values(changes: dict[str, object], code: str) -> None:
    """Each rule of the manual's table is kept, and no task is made where one is broken."""
    with emulated() as client:
        assert client.code("CreateRecTask", **recording(**changes)) == code
        assert client.create() == 1_000_000_001


@pytest.mark.parametrize(
    "changes",
    [
        {"EngineModelType": "16k_ja", "ResTextFormat": 0},
        {"SpeakerDiarization": 1, "SpeakerNumber": 2},
        {"EmotionRecognition": 2},
        {"SentenceMaxLength": 6, "ResTextFormat": 3},
        {"HotwordList": "Zephyr|10,Quorum|100,十个汉字正好可以用呀|1", "Extra": '{"Domain": 1}'},
        {"EngineModelType": "16k_zh_en", "SpeakerDiarization": 3,
         "SpeakerRoles": [{"RoleAudioUrl": "http://media.example/a.wav", "RoleName": "Anna"}]},
        {"ResTextFormat": 5},
        {"DataLen": None, "HotwordId": "", "ConvertNumMode": 3, "FilterDirty": 2},
    ],
)  # fmt: skip
def test_what_the_manual_allows_is_taken(changes: dict[str, object]) -> None:
    """The other side of the same rules."""
    with emulated() as client:
        assert client.finished(client.create(**changes))["Status"] == 2


def test_the_code_of_a_broken_rule_and_the_degraded_engine_are_switches() -> None:
    """Nobody knows the true codes, so both can be set."""
    with emulated(rule_code="FailedOperation.CheckAuthInfoFailed") as client:
        assert client.code("CreateRecTask", **recording(ChannelNum=2)) == "FailedOperation.CheckAuthInfoFailed"
    with emulated(plain_engine="degrade") as client:
        data = client.finished(client.create(EngineModelType="16k_ja"))
    assert data["ResultDetail"] is None
    assert "Good morning." in data["Result"]


def test_five_megabytes_are_taken_and_one_byte_more_is_not() -> None:
    """The limit of `Data` counts the bytes before Base64, and both fit into the largest body."""
    with emulated() as client:
        largest = tone(1) + bytes(5 * 1024 * 1024 - len(tone(1)))
        assert client.create(largest)
        assert client.code("CreateRecTask", **recording(largest + b"\0")) == "InvalidParameterValue"
        body = json.dumps(recording(bytes(8 * 1024 * 1024))).encode()
        assert client.raw("CreateRecTask", body).json()["Response"]["Error"]["Code"] == "RequestSizeLimitExceeded"
        assert client.status(1_000_000_001)


# Limits in time


@pytest.mark.parametrize(
    ("action", "limit"), [("CreateRecTask", 20), ("DescribeTaskStatus", 50), ("SentenceRecognition", 30)]
)
def test_calls_in_one_second_are_counted(action: str, limit: int) -> None:
    """The call after the last allowed one is refused with its number, and the next second is free again."""
    with emulated(clock=standing()) as client:
        codes = [client.code(action) for _ in range(limit + 1)]
        error = client.call(action)["Error"]
        client.emulator.clock.advance(1)
        assert client.code(action) == "MissingParameter"
    assert codes == ["MissingParameter"] * limit + ["RequestLimitExceeded.UinLimitExceeded"]
    assert f"equals to `{limit + 2}` in a second" in error["Message"]
    assert f"frequency limit `{limit}`" in error["Message"]


def test_each_action_has_its_own_limit_and_no_limit_is_a_switch() -> None:
    """A full second of submissions leaves the queries alone."""
    few = {"submissions_per_s": 1, "queries_per_s": 1, "limit_code": "RequestLimitExceeded"}
    with emulated(clock=standing(), **few) as client:
        assert [client.code("CreateRecTask") for _ in range(2)] == ["MissingParameter", "RequestLimitExceeded"]
        assert client.code("DescribeTaskStatus", TaskId=1) == "FailedOperation.NoSuchTask"
    with emulated(clock=standing(), queries_per_s=0) as client:
        assert {client.code("DescribeTaskStatus", TaskId=1) for _ in range(60)} == {"FailedOperation.NoSuchTask"}


def test_a_task_lives_a_day() -> None:
    """It can be asked about for 24 hours after its submission, not a second longer."""
    with emulated(clock=standing()) as client:
        task = client.create()
        client.finished(task)
        client.emulator.clock.advance(86_399)
        assert client.status(task)["Status"] == 2
        client.emulator.clock.advance(1)
        assert client.code("DescribeTaskStatus", TaskId=task) == "FailedOperation.NoSuchTask"


def test_ids_come_back_on_the_next_day() -> None:
    """The first task of the next day has yesterday's first id that is free, and that id then means the newer task."""
    with emulated(clock=Clock(start=datetime(2026, 1, 1, 23, tzinfo=UTC), scale=0)) as client:
        first = client.create()
        client.emulator.clock.advance(7200)
        second = client.create()
        client.emulator.clock.advance(86_400 - 7200)
        third = client.create(ResTextFormat=0)
        assert client.finished(third)["ResultDetail"] is None
    assert (first, second, third) == (1_000_000_001, 1_000_000_002, 1_000_000_003)
    with emulated(clock=Clock(start=datetime(2026, 1, 1, 12, tzinfo=UTC), scale=0)) as client:
        first = client.create()
        client.finished(first)
        client.emulator.clock.advance(86_400)
        assert client.code("DescribeTaskStatus", TaskId=first) == "FailedOperation.NoSuchTask"
        again = client.create(ResTextFormat=0)
        newer = client.finished(again)
    assert (first, again) == (1_000_000_001, 1_000_000_001)
    assert newer["ResultDetail"] is None


def test_an_id_that_is_still_good_is_not_given_again() -> None:
    """Midnight takes no task away: an id is free when its day is over, and only then."""
    with emulated(clock=Clock(start=datetime(2026, 1, 1, 23, 50, tzinfo=UTC), scale=0)) as client:
        old = client.create()
        told = client.finished(old)
        client.emulator.clock.advance(1200)
        new = client.create(ResTextFormat=0)
        client.finished(new)
        client.emulator.clock.advance(86_399 - 1200)
        assert client.status(old) == told and client.status(new)["ResultDetail"] is None
    assert old != new


def test_ids_that_do_not_repeat_are_a_switch() -> None:
    """Without repetition the next day counts on."""
    with emulated(clock=standing(), ids_repeat=False, first_task_id=7) as client:
        ids = [client.create()]
        client.emulator.clock.advance(86_400)
        assert [*ids, client.create()] == [7, 8]


# The life of a task


def test_a_task_waits_and_is_worked_on_by_the_clock() -> None:
    """Status 0, 1 and 2 follow the clock, with the words of the manual's examples."""
    with emulated(clock=standing(), waiting_s=10, doing_s=20) as client:
        task = client.create()
        waiting = client.status(task)
        client.emulator.clock.advance(10)
        doing = until(lambda: client.status(task), lambda data: data["Status"] == 1)
        client.emulator.clock.advance(19)
        still = client.status(task)
        client.emulator.clock.advance(1)
        done = client.finished(task)
    assert (waiting["Status"], waiting["StatusStr"]) == (0, "waiting")
    assert (doing["Status"], doing["StatusStr"], still["Status"]) == (1, "doing", 1)
    assert (done["Status"], done["StatusStr"]) == (2, "success")
    assert waiting == {**waiting, "AudioDuration": 0, "Result": "", "ErrorMsg": "", "ResultDetail": None}


def test_a_task_may_also_go_by_the_number_of_answers() -> None:
    """So many answers say `waiting`, then so many `doing`, whatever the clock says."""
    with emulated(waiting_answers=2, doing_answers=1, queries_per_s=0) as client:
        task = client.create()
        told = [client.status(task)["Status"] for _ in range(3)]
        assert client.finished(task)["Status"] == 2
    assert told[:2] == [0, 0]
    assert told[2] in (0, 1)


def test_a_task_may_be_unknown_at_first() -> None:
    """Replication takes its time where the switch says so."""
    with emulated(clock=standing(), unknown_at_first_s=1) as client:
        task = client.create()
        assert client.code("DescribeTaskStatus", TaskId=task) == "FailedOperation.NoSuchTask"
        client.emulator.clock.advance(1)
        assert client.finished(task)["Status"] == 2


def test_a_success_reads_as_in_the_manual() -> None:
    """The conversation of the manual's example gives its `Result`, its words with relative offsets and its speakers."""
    with emulated() as client:
        data = client.finished(client.create(EngineModelType="16k_en", SpeakerDiarization=1))
    assert data["TaskId"] == 1_000_000_001
    assert data["Result"] == "[0:0.240,0:2.900,0]  Good morning.\n[0:3.100,0:6.180,1]  Shall we start?\n"
    assert data["AudioDuration"] == 1.0
    first, second = data["ResultDetail"]
    assert first["Words"] == [
        {"Word": "Good", "OffsetStartMs": 60, "OffsetEndMs": 780},
        {"Word": "morning", "OffsetStartMs": 780, "OffsetEndMs": 2400},
        {"Word": ".", "OffsetStartMs": 2400, "OffsetEndMs": 2400},
    ]
    assert (first["SliceSentence"], first["WordsNum"], first["SpeakerId"]) == ("Good morning .", 3, 0)
    assert (second["SpeakerId"], second["SilenceTime"], second["LangType"]) == (1, 200, "english")


def test_the_engine_says_which_language_is_heard() -> None:
    """The ear is asked for the engine's language, and for none where the engine finds out itself."""
    ear = Noting()
    with emulated(ear) as client:
        for engine in ("16k_zh", "16k_en", "16k_yue", "16k_zh_en"):
            client.finished(client.create(EngineModelType=engine))
    assert ear.languages == ["zh-CN", "en-US", "yue-HK", None]


def test_two_channels_are_heard_apart() -> None:
    """A telephone call is given as two voices, the channel in each stamp, in the order of time."""
    both = Transcript(
        (
            Segment("hello", 0, 900, (Word("hello", 100, 900),), channel=1),
            Segment("who is it", 500, 1500, (Word("who", 500, 900),), channel=0),
        ),
        duration_ms=2000,
    )
    with emulated(GivenHearing(both)) as client:
        data = client.finished(client.create(stereo(2), EngineModelType="8k_zh", ChannelNum=2))
    assert data["Result"] == "[0:0.000,0:0.900,1]  hello\n[0:0.500,0:1.500,0]  who is it\n"
    assert [one["SpeakerId"] for one in data["ResultDetail"]] == [1, 0]


def test_silence_is_a_success_without_text() -> None:
    """Nothing said is no failure."""
    with emulated(GivenHearing(Transcript())) as client:
        data = client.finished(client.create())
    assert (data["Status"], data["Result"], data["ResultDetail"]) == (2, "", None)


@pytest.mark.parametrize(("switch", "told"), [("null", None), ("empty", []), ("missing", "missing")])
def test_a_result_detail_without_content_has_three_forms(switch: str, told: object) -> None:
    """Null, an empty array, or no such key."""
    with emulated(no_detail=switch) as client:
        assert client.finished(client.create(ResTextFormat=0)).get("ResultDetail", "missing") == told


def test_the_oddities_of_the_manuals_example_are_switches() -> None:
    """Another TaskId, disordered words with a blank one, unknown fields, one blank, no words, a trailing comma."""
    odd = {"other_task_id": True, "disordered_words": True, "more_fields": True, "blanks": 1}
    with emulated(**odd) as client:
        task = client.create(EngineModelType="16k_en")
        data = client.finished(task)
    assert data["TaskId"] != task
    assert data["Result"].startswith("[0:0.240,0:2.900] Good")
    words = data["ResultDetail"][1]["Words"]
    starts = [word["OffsetStartMs"] for word in words]
    assert " " in [word["Word"] for word in words]
    assert starts != sorted(starts)
    assert data["NewerField"] == {"Reason": None}
    for told in ("null", "empty"):
        with emulated(without_words=True, no_words=told) as client:
            first = client.finished(client.create())["ResultDetail"][0]
        assert (first["Words"], first["WordsNum"]) == ([] if told == "empty" else None, 0)
    with emulated(trailing_comma=True) as client, pytest.raises(json.JSONDecodeError):
        client.call("DescribeTaskStatus", TaskId=1)


# Failures


@pytest.mark.parametrize(
    ("audio", "changes", "message"),
    [
        (b"<html>not found</html>", {}, "Invalid audio file!"),
        (stereo()[:40], {}, "Invalid audio file!"),
        (
            tone(1, rate=8000),
            {"EngineModelType": "8k_zh", "ChannelNum": 2},
            "Number of channels does not match the request!",
        ),
    ],
)
def test_audio_that_cannot_be_heard_fails_the_task(audio: bytes, changes: dict[str, object], message: str) -> None:
    """Status 3 with a text in `ErrorMsg`, and nothing is billed."""
    with emulated() as client:
        data = client.finished(client.create(audio, **changes))
        assert (data["Status"], data["StatusStr"], data["ErrorMsg"]) == (3, "failed", message)
        assert (data["Result"], data["AudioDuration"], data["ResultDetail"]) == ("", 0, None)
        assert client.emulator.billing.entries == ()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BadAudioError("it is broken"), "Failed to transcode audio file!"),
        (JobFailedError("it gave up"), "Failed to recognize audio file!"),
    ],
)
def test_an_ear_that_breaks_fails_the_task(error: Exception, message: str) -> None:
    """What goes wrong behind the emulator is a failure in the vendor's words, without ours."""
    with emulated(Failing(error)) as client:
        assert client.finished(client.create())["ErrorMsg"] == message


def test_the_fault_script_can_fail_a_task() -> None:
    """`task` takes the number of a callback code, or a text of its own."""
    faults = Faults([Fault("task", "answer", "10001"), Fault("task", "answer", "Something new!", first=2)])
    with emulated(faults=faults) as client:
        told = [client.finished(client.create())["ErrorMsg"] for _ in range(3)]
    assert told == ["Failed to recognize audio file!", "Something new!", ""]


# Audio at a URL


def test_audio_is_fetched_from_its_address() -> None:
    """A file behind a URL is heard like one in the body."""
    with emulated(GivenHearing({"meeting": MORNING})) as client, files({"/meeting.wav": tone()}) as web:
        data = client.finished(client.create(SourceType=0, Data=None, DataLen=None, Url=f"{web}/meeting.wav?key=1"))
    assert data["Status"] == 2
    assert "Good morning." in data["Result"]


@pytest.mark.parametrize("path", ["/missing.wav", "/moved"])
def test_a_dead_address_fails_the_task_not_the_submission(path: str) -> None:
    """The one documented `ErrorMsg` is given for whatever answers with anything but the file."""
    with emulated() as client, files({}) as web:
        data = client.finished(client.create(SourceType=0, Data=None, DataLen=None, Url=web + path))
    assert (data["Status"], data["ErrorMsg"]) == (3, "Failed to download audio file!")


def test_a_dead_address_may_also_be_an_error_of_the_query() -> None:
    """The other reading of the manual: asking about the task is FailedOperation.ErrorDownFile."""
    with emulated(dead_url="error") as client:
        task = client.create(SourceType=0, Data=None, DataLen=None, Url="http://127.0.0.1:9/a.wav")
        code = until(lambda: client.code("DescribeTaskStatus", TaskId=task), bool)
    assert code == "FailedOperation.ErrorDownFile"


def test_an_address_that_never_answers_is_given_up() -> None:
    """The download has its own time-out."""
    with emulated(fetch_timeout_s=0.2) as client, files({}, silent=True) as web:
        data = client.finished(client.create(SourceType=0, Data=None, DataLen=None, Url=f"{web}/a.wav"))
    assert data["ErrorMsg"] == "Failed to download audio file!"


# Callbacks


def submitted(client: Client, receiver: Receiver, **changes: object) -> int:
    return client.create(CallbackUrl=f"{receiver.url}/cb?job=42&k=s3cr3t", **changes)


def test_a_callback_is_a_form_with_the_result() -> None:
    """The fields are those of the manual, the query of the address is kept, and `requestId` is the TaskId."""
    with emulated() as client, Receiver() as receiver:
        task = submitted(client, receiver)
        seen = receiver.wait(1)[0]
    form = {name: values[0] for name, values in parse_qs(seen.body.decode(), keep_blank_values=True).items()}
    assert seen.path == "/cb?job=42&k=s3cr3t"
    assert seen.content_type == "application/x-www-form-urlencoded"
    assert (form["code"], form["message"], form["requestId"], form["appid"]) == ("0", "", str(task), "1250000000")
    assert (form["projectid"], form["audioTime"]) == ("0", "1.000000")
    assert form["text"].startswith("[0:0.240,0:2.900]  Good morning.\n")
    assert json.loads(form["resultDetail"])[0]["FinalSentence"] == "Good morning."
    assert "audioUrl" not in form
    assert b"++Good" in seen.body


def test_a_failed_task_calls_back_with_its_code() -> None:
    """The number says why, and a submitted URL is told."""
    with emulated() as client, Receiver() as receiver:
        submitted(client, receiver, SourceType=0, Data=None, DataLen=None, Url="http://127.0.0.1:9/a.wav")
        form = parse_qs(receiver.wait(1)[0].body.decode(), keep_blank_values=True)
    assert form["code"] == ["10007"]
    assert form["message"] == ["Failed to download audio file!"]
    assert form["audioUrl"] == ["http://127.0.0.1:9/a.wav"]


@pytest.mark.parametrize("reply", [b'{"code": 1}', b"ok", b'{"code": false}', b"[]", b""])
def test_a_callback_is_tried_twice_unless_it_is_taken(reply: bytes) -> None:
    """Anything but code 0 counts as failure; there is one more try after a while, and no third."""
    with emulated(clock=Clock(scale=1000)) as client, Receiver(reply) as receiver:
        submitted(client, receiver)
        receiver.wait(2)
        until(lambda: client.emulator.callbacks.deliveries, lambda made: len(made) == 2)
    assert len(receiver.seen) == 2
    assert receiver.seen[0].body == receiver.seen[1].body
    assert [made.accepted for made in client.emulator.callbacks.deliveries] == [False, False]


def test_a_callback_that_is_taken_is_not_repeated_unless_a_switch_says_so() -> None:
    """Duplicates, losses and the other way to write blanks can be had."""
    with emulated(callback_twice=True, callback_blanks="percent") as client, Receiver() as receiver:
        submitted(client, receiver)
        assert len(receiver.wait(2)) == 2
        assert b"%20%20Good%20morning." in receiver.seen[0].body
    with emulated(callback_lost=True) as client, Receiver() as receiver:
        assert client.finished(submitted(client, receiver))["Status"] == 2
    assert receiver.seen == []
    with emulated() as client, Receiver() as receiver:
        submitted(client, receiver)
        until(lambda: client.emulator.callbacks.deliveries, bool)
    assert len(receiver.seen) == 1


# Sentences


def sentence(audio: bytes | None = None, **changes: object) -> dict[str, object]:
    given = {
        "EngSerViceType": "16k_en",
        "SourceType": 1,
        "VoiceFormat": "wav",
        "Data": base64.b64encode(tone() if audio is None else audio).decode(),
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def test_a_sentence_is_answered_at_once() -> None:
    """The fields lie directly under `Response`, with milliseconds and absolute word times."""
    with emulated() as client:
        plain = client.call("SentenceRecognition", **sentence())
        words = client.call("SentenceRecognition", **sentence(WordInfo=1))
        marks = client.call("SentenceRecognition", **sentence(WordInfo=2))
    assert (plain["Result"], plain["AudioDuration"]) == ("Good morning. Shall we start?", 1000)
    assert (plain["WordSize"], plain["WordList"]) == (0, None)
    assert words["WordList"][:2] == [
        {"Word": "Good", "StartTime": 300, "EndTime": 1020},
        {"Word": "morning", "StartTime": 1020, "EndTime": 2640},
    ]
    assert (words["WordSize"], marks["WordSize"]) == (5, 7)
    assert [entry["Word"] for entry in marks["WordList"]] == ["Good", "morning", ".", "Shall", "we", "start", "?"]


def test_silence_is_an_empty_sentence() -> None:
    """Nothing said gives an empty result, not an error."""
    with emulated(GivenHearing(Transcript())) as client:
        answer = client.call("SentenceRecognition", **sentence(WordInfo=1))
    assert (answer["Result"], answer["WordSize"]) == ("", 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"EngSerViceType": "16k_zh_en_2.0"}, "InvalidParameterValue.ErrorInvalidEngservice"),
        ({"VoiceFormat": "flac"}, "InvalidParameterValue.ErrorInvalidVoiceFormat"),
        ({"VoiceFormat": "mp3"}, "InvalidParameterValue.ErrorInvalidVoicedata"),
        ({"InputSampleRate": 8000}, "InvalidParameterValue"),
        ({"WordInfo": 3}, "InvalidParameterValue"),
        ({"VoiceFormat": None}, "MissingParameter"),
        ({"ResTextFormat": 2}, "UnknownParameter"),
        ({"Data": "AAAA" * 800_000}, "InvalidParameterValue"),
        ({"SourceType": 0, "Data": None, "Url": "http://127.0.0.1:9/a.wav"}, "FailedOperation.ErrorDownFile"),
    ],
)
def test_a_sentence_is_judged_by_its_values(changes: dict[str, object], code: str) -> None:
    """Its engines, formats and sizes are its own."""
    with emulated() as client:
        assert client.code("SentenceRecognition", **sentence(**changes)) == code


def test_a_sentence_lasts_a_minute_at_most() -> None:
    """Sixty seconds are taken, a tenth more is too long."""
    with emulated() as client:
        assert client.code("SentenceRecognition", **sentence(tone(60))) == ""
        assert (
            client.code("SentenceRecognition", **sentence(tone(60.1))) == "InvalidParameterValue.ErrorVoicedataTooLong"
        )


def test_bare_samples_are_heard_at_the_rate_that_is_told() -> None:
    """PCM lasts by the engine's rate, or by `InputSampleRate`."""
    samples = tone(1)[44:]
    with emulated() as client:
        full = client.call("SentenceRecognition", **sentence(samples, VoiceFormat="pcm"))
        half = client.call("SentenceRecognition", **sentence(samples, VoiceFormat="pcm", InputSampleRate=8000))
    assert (full["AudioDuration"], half["AudioDuration"]) == (1000, 2000)


def test_a_sentence_may_lie_at_an_address() -> None:
    """It is fetched while the caller waits."""
    with emulated() as client, files({"/a.wav": tone()}) as web:
        answer = client.call("SentenceRecognition", **sentence(SourceType=0, Data=None, Url=f"{web}/a.wav"))
    assert answer["Result"] == "Good morning. Shall we start?"


def test_a_file_at_an_address_is_fetched_only_up_to_its_limit() -> None:
    """A sentence of more than 3 MB is too long, however short it would sound."""
    with emulated() as client, files({"/a.wav": tone() + bytes(3 * 1024 * 1024)}) as web:
        code = client.code("SentenceRecognition", **sentence(SourceType=0, Data=None, Url=f"{web}/a.wav"))
        assert list(client.emulator.scratch.iterdir()) == []
    assert code == "InvalidParameterValue.ErrorVoicedataTooLong"


# Faults, bills and what a person gets to see


def test_the_fault_script_spoils_calls_by_the_actions_name() -> None:
    """A status, a refusal, an answer that is lost after the task was made, and then all is well."""
    faults = Faults(
        [
            Fault("CreateRecTask", "status", 502),
            Fault("CreateRecTask", "answer", "InternalError.FailAccessRedis", first=2),
            Fault("CreateRecTask", "lost", first=3),
        ]
    )
    with emulated(faults=faults) as client:
        body = json.dumps(recording()).encode()
        assert client.raw("CreateRecTask", body).status_code == 502
        refused = client.raw("CreateRecTask", body)
        assert refused.json()["Response"]["Error"]["Code"] == "InternalError.FailAccessRedis"
        assert refused.headers["content-type"] == "application/json"
        with pytest.raises(httpx.RemoteProtocolError):
            client.raw("CreateRecTask", body)
        assert client.create() == 1_000_000_002
        assert client.finished(1_000_000_001)["Status"] == 2


def test_what_was_heard_is_billed() -> None:
    """Each task and sentence once, by its length, when it is done."""
    with emulated(clock=standing()) as client:
        task = client.create(tone(2))
        client.finished(task)
        answer = client.call("SentenceRecognition", **sentence(tone(1)))
        bills = client.emulator.billing.entries
    assert [(one.operation, one.token, one.billed_seconds) for one in bills] == [
        ("CreateRecTask", str(task), 2.0),
        ("SentenceRecognition", answer["RequestId"], 1.0),
    ]
    assert bills[0].time == NOON


def test_the_facts_say_how_to_reach_it() -> None:
    """Endpoint as host and port, keys, AppId and addresses; what was not given is drawn."""
    with emulated() as client:
        facts = client.facts
    port = client.emulator.port
    assert facts["endpoint"] == f"127.0.0.1:{port}"
    assert facts["flash_url"] == f"http://127.0.0.1:{port}/asr/flash/v1/1250000000"
    assert facts["stream_url"] == f"ws://127.0.0.1:{port}/asr/v2/1250000000"
    assert (facts["secret_id"], facts["secret_key"], facts["app_id"]) == (SECRET_ID, KEY, "1250000000")
    with emulated(secrets={}) as client:
        drawn = client.facts
        client.secret_id, client.key = drawn["secret_id"], drawn["secret_key"]
        assert drawn["secret_id"].startswith("AKID")
        assert client.code("DescribeTaskStatus", TaskId=1) == "FailedOperation.NoSuchTask"


@pytest.mark.parametrize(
    "wrong", [{"switches": {"queries": "1"}}, {"secrets": {"key": "x"}}, {"secrets": {"app_id": "x"}}]
)
def test_a_switch_or_secret_that_does_not_exist_is_refused(wrong: dict[str, dict[str, str]]) -> None:
    """The sentence names it, and nothing is started."""
    with pytest.raises(ConfigurationError), emulated(secrets=wrong.get("secrets", {}), **wrong.get("switches", {})):
        pass


def test_the_emulator_shares_no_code_with_the_plugin() -> None:
    """All of it runs without one module of the plugin: neither can hide the other's mistakes."""
    program = (
        "import sys, earwitness_tencent.emulator._emulator\n"
        "print(*(name for name in sys.modules if name.startswith('earwitness_tencent.')))"
    )
    loaded = in_another_process(program).stdout.split()
    assert "earwitness_tencent.emulator._signature" in loaded
    assert [name for name in loaded if not name.startswith("earwitness_tencent.emulator")] == []


def test_without_its_library_the_next_step_is_told() -> None:
    """Importing the emulator needs no server library; making one names what to install."""
    program = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "from earwitness.emulation import EmulatorOptions\n"
        "from earwitness_tencent.emulator import create\n"
        "create(EmulatorOptions())"
    )
    ran = in_another_process(program)
    assert 'pip install "earwitness[emulation]"' in ran.stderr
    assert "ConfigurationError" in ran.stderr


def in_another_process(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
