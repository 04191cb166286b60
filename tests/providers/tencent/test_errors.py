"""Tencent's refusals as errors of ours: every code, with separate advice for questions and submissions."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    ClockSkewError,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    JobNotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    ResultExpiredError,
    UnavailableError,
)
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness_tencent._errors import CALLBACK_CODES, CODES, FLASH_CODES, STREAM_CODES
from support.tencent import ACCEPTED, NOW, SENTENCE, SPEAKERS, TASK, provider, refused, reply, submission

JOB = VendorReference("recording", str(TASK), submitted_at=NOW - timedelta(minutes=5))
NO, YES, FEW, FINAL, MAYBE = "no", "yes", "few", "final", "maybe"
Row = tuple[type[EarwitnessError], str, str]

AUTH: Row = (AuthenticationError, NO, NO)
DENIED: Row = (PermissionDeniedError, NO, NO)
WRONG: Row = (InvalidRequestError, NO, NO)
AUDIO: Row = (BadAudioError, NO, NO)
QUOTA: Row = (QuotaExhaustedError, NO, NO)
CROWDED: Row = (RateLimitedError, YES, YES)
BUSY: Row = (UnavailableError, YES, YES)
INTERNAL: Row = (UnavailableError, YES, MAYBE)

# The reference's tables 11.1 and 11.2: kind, advice for a question, advice for a submission.
TABLE: dict[str, Row] = {
    "AuthFailure": AUTH,
    "AuthFailure.InvalidAuthorization": AUTH,
    "AuthFailure.InvalidSecretId": AUTH,
    "AuthFailure.MFAFailure": AUTH,
    "AuthFailure.SecretIdNotFound": AUTH,
    "AuthFailure.SignatureExpire": (ClockSkewError, YES, YES),
    "AuthFailure.SignatureFailure": AUTH,
    "AuthFailure.TokenFailure": AUTH,
    "AuthFailure.UnauthorizedOperation": DENIED,
    "UnauthorizedOperation": DENIED,
    "IpInBlacklist": DENIED,
    "IpNotInWhitelist": DENIED,
    "ActionOffline": WRONG,
    "InvalidAction": WRONG,
    "NoSuchVersion": WRONG,
    "NoSuchProduct": WRONG,
    "InvalidParameter": WRONG,
    "InvalidParameterValue": WRONG,
    "InvalidRequest": WRONG,
    "MissingParameter": WRONG,
    "UnknownParameter": WRONG,
    "RequestSizeLimitExceeded": WRONG,
    "ResponseSizeLimitExceeded": (UnavailableError, NO, NO),
    "UnsupportedProtocol": WRONG,
    "UnsupportedRegion": WRONG,
    "UnsupportedOperation": WRONG,
    "DryRunOperation": WRONG,
    "RequestLimitExceeded": CROWDED,
    "RequestLimitExceeded.UinLimitExceeded": CROWDED,
    "RequestLimitExceeded.IPLimitExceeded": CROWDED,
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded": CROWDED,
    "LimitExceeded": QUOTA,
    "ResourceNotFound": (JobNotFoundError, NO, NO),
    "ResourceInUse": (UnavailableError, YES, NO),
    "ResourceInsufficient": BUSY,
    "ResourceUnavailable": BUSY,
    "ServiceUnavailable": BUSY,
    "InternalError": INTERNAL,
    "FailedOperation": (UnavailableError, FEW, NO),
    "AuthFailure.CheckResourceResponseCodeError": DENIED,
    "FailedOperation.CheckAuthInfoFailed": AUTH,
    "FailedOperation.UserNotRegistered": DENIED,
    "FailedOperation.ServiceIsolate": QUOTA,
    "FailedOperation.UserHasNoAmount": QUOTA,
    "FailedOperation.UserHasNoFreeAmount": QUOTA,
    "FailedOperation.ErrorDownFile": (InvalidRequestError, FINAL, NO),
    "InternalError.ErrorDownFile": (InvalidRequestError, FEW, MAYBE),
    "FailedOperation.ErrorRecognize": (BadAudioError, FINAL, NO),
    "InternalError.ErrorRecognize": INTERNAL,
    "FailedOperation.NoSuchTask": (JobNotFoundError, NO, NO),
    "InternalError.FailAccessDatabase": INTERNAL,
    "InternalError.FailAccessRedis": INTERNAL,
    "InternalError.ErrorConfigure": INTERNAL,
    "InternalError.ErrorCreateLog": INTERNAL,
    "InternalError.ErrorFailNewprequest": INTERNAL,
    "InternalError.ErrorFailWritetodb": INTERNAL,
    "InternalError.ErrorFileCannotopen": INTERNAL,
    "InternalError.ErrorGetRoute": INTERNAL,
    "InternalError.ErrorMakeLogpath": INTERNAL,
    "InternalError.TagRequestError": (UnavailableError, YES, NO),
    "InvalidParameter.ErrorContentlength": WRONG,
    "InvalidParameter.ErrorParamsMissing": WRONG,
    "InvalidParameter.ErrorParsequest": WRONG,
    "InvalidParameter.InvalidParameter": WRONG,
    "InvalidParameter.FileEncode": AUDIO,
    "InvalidParameterValue.ErrorInvalidAppid": WRONG,
    "InvalidParameterValue.ErrorInvalidClientip": WRONG,
    "InvalidParameterValue.ErrorInvalidEngservice": WRONG,
    "InvalidParameterValue.ErrorInvalidProjectid": WRONG,
    "InvalidParameterValue.ErrorInvalidRequestid": WRONG,
    "InvalidParameterValue.ErrorInvalidSourcetype": WRONG,
    "InvalidParameterValue.ErrorInvalidSubservicetype": WRONG,
    "InvalidParameterValue.ErrorInvalidUrl": WRONG,
    "InvalidParameterValue.ErrorInvalidUseraudiokey": WRONG,
    "InvalidParameterValue.InvalidParameterLength": WRONG,
    "InvalidParameterValue.ErrorInvalidVoiceFormat": AUDIO,
    "InvalidParameterValue.ErrorInvalidVoicedata": AUDIO,
    "InvalidParameterValue.ErrorVoicedataTooLong": (AudioTooLargeError, NO, NO),
    "InvalidParameterValue.NoHumanVoice": AUDIO,
    "InvalidParameterValue.AudioClipping": AUDIO,
    "InvalidParameterValue.LowSignalToNoise": AUDIO,
    "InvalidParameterValue.MultipleSpeakers": AUDIO,
    "InvalidParameterValue.InvalidVocabId": WRONG,
    "InvalidParameterValue.InvalidVocabState": WRONG,
    "InvalidParameterValue.InvalidWordWeight": WRONG,
    "InvalidParameterValue.InvalidWordWeightStr": WRONG,
    "InvalidParameterValue.ModelId": WRONG,
    "InvalidParameterValue.ToState": WRONG,
    "InvalidParameter.InvalidVocabState": WRONG,
    "InvalidParameter.KeyWordLibNameExist": WRONG,
    "InvalidParameter.ModelState": WRONG,
    "LimitExceeded.CustomizationFull": QUOTA,
    "LimitExceeded.OnlineFull": QUOTA,
    "LimitExceeded.VocabFull": QUOTA,
    "LimitExceeded.VoicePrintFull": QUOTA,
    "FailedOperation.NotExistentVoicePrintGroup": (JobNotFoundError, NO, NO),
    "FailedOperation.NotExistentVoicePrintId": (JobNotFoundError, NO, NO),
    "InvalidParameter.FailedVoicePrintDecode": AUDIO,
}
FLASHED: dict[int, tuple[type[EarwitnessError], bool]] = {
    4001: (InvalidRequestError, False),
    4002: (AuthenticationError, False),
    4003: (PermissionDeniedError, False),
    4004: (QuotaExhaustedError, False),
    4005: (QuotaExhaustedError, False),
    4006: (RateLimitedError, True),
    4007: (BadAudioError, False),
    4008: (UnavailableError, True),
    4009: (UnavailableError, True),
    4010: (InvalidRequestError, False),
    4011: (AudioTooLargeError, False),
    4012: (BadAudioError, False),
    5001: (UnavailableError, True),
    5002: (UnavailableError, True),
    5003: (UnavailableError, True),
}


def submitted(answer: HttpReply, service: str = "recording") -> JobUpdate:
    tencent, _ = provider(answer)
    return asyncio.run(tencent.submit(submission(tencent, service=service)))


def fetched(answer: HttpReply, job: VendorReference = JOB) -> JobUpdate:
    tencent, _ = provider(answer)
    return asyncio.run(tencent.fetch(job))


def refusal(answer: HttpReply, service: str = "recording") -> EarwitnessError:
    with pytest.raises(EarwitnessError) as caught:
        submitted(answer, service)
    return caught.value


@pytest.mark.parametrize("code", TABLE)
def test_a_refused_submission(code: str) -> None:
    """The code decides: kind, whether to send again, and whether a task may exist; the text never does."""
    kind, _, advice = TABLE[code]
    for message in ("as it is", "请求失败"):
        error = refusal(reply(refused(code, message)))
        assert type(error) is kind
        assert error.accepted == ("unknown" if advice == MAYBE else "no")
        assert error.retryable is (advice == YES)
        assert (error.vendor_code, error.vendor_message, error.request_id) == (code, message, "b0a7c3de")


@pytest.mark.parametrize("code", [code for code, row in TABLE.items() if row[1] in (NO, YES)])
def test_a_question_that_was_refused(code: str) -> None:
    """What says nothing about the task is raised, and asked again only where that helps; nothing was accepted by it."""
    kind, advice, _ = TABLE[code]
    with pytest.raises(kind) as caught:
        fetched(reply(refused(code)))
    assert type(caught.value) is kind and caught.value.accepted == "no"
    assert caught.value.retryable is (advice == YES) and caught.value.request_id == "b0a7c3de"


@pytest.mark.parametrize("code", [code for code, row in TABLE.items() if row[1] == FINAL])
def test_a_question_whose_answer_is_final(code: str) -> None:
    """What ends the task is a failed job, which the vendor had accepted."""
    got = fetched(reply(refused(code)))
    assert got.status is JobStatus.FAILED and type(got.error) is TABLE[code][0] and got.error.accepted == "yes"


@pytest.mark.parametrize("code", [code for code, row in TABLE.items() if row[1] == FEW])
def test_a_question_that_is_asked_some_times(code: str) -> None:
    """What may pass is believed after some questions, which the reference counts; good news resets the count."""
    job = JOB
    for _ in range(4):
        got = fetched(reply(refused(code)), job)
        assert got.status is JobStatus.RUNNING and got.check_after and got.reference is not None
        job = got.reference
    healthy = fetched(reply(SPEAKERS), job).reference
    assert healthy is not None and dict(healthy.state) == {}
    with pytest.raises(TABLE[code][0]):
        fetched(reply(refused(code)), job)


IN_DOUBT = {"InternalError", "InternalError.FailAccessDatabase", "InternalError.FailAccessRedis"}


@pytest.mark.parametrize("code", [code for code, row in TABLE.items() if row[2] == MAYBE])
def test_a_refused_sentence(code: str) -> None:
    """Most internal errors leave no sentence behind and are tried again; those of the store leave it in doubt."""
    error = refusal(reply(refused(code)), "sentence")
    assert (error.retryable, error.accepted) == ((False, "unknown") if code in IN_DOUBT else (True, "no"))


def test_audio_that_was_once_refused_wrongly() -> None:
    """Invalid audio data is tried again for a sentence, where it was seen to pass, and never for a recording."""
    flaky = reply(refused("InvalidParameterValue.ErrorInvalidVoicedata"))
    assert refusal(flaky, "sentence").retryable and not refusal(flaky).retryable


def test_the_tables_here_cover_every_code() -> None:
    """No code that the plugin knows is without its line in these tests, for each service."""
    assert set(CODES) == set(TABLE) and set(FLASH_CODES) == set(FLASHED)
    assert set(CALLBACK_CODES) == set(range(10000, 10008))
    assert set(STREAM_CODES) == {*range(4000, 4011), 5000, 5001, 5002, 6001}


@pytest.mark.parametrize(
    ("code", "kind", "accepted"),
    [
        ("InternalError.FromTomorrow", UnavailableError, "unknown"),
        ("InternalError.GetVoicePrintFailed", UnavailableError, "unknown"),
        ("AuthFailure.FromTomorrow", AuthenticationError, "no"),
        ("RequestLimitExceeded.FromTomorrow", RateLimitedError, "no"),
        ("FailedOperation.FromTomorrow", UnavailableError, "no"),
        ("Unheard", UnavailableError, "unknown"),
        ("Unheard.Of", UnavailableError, "unknown"),
    ],
)
def test_unknown_codes(code: str, kind: type[EarwitnessError], accepted: str) -> None:
    """An unknown second level means its first; an unknown first level leaves the outcome open and is told."""
    error = refusal(reply(refused(code)))
    assert type(error) is kind and (error.accepted, error.vendor_code) == (accepted, code)
    assert refusal(reply(refused("Unheard")), "sentence").accepted == "unknown"


def test_an_error_without_a_code() -> None:
    """An `Error` that says nothing is a refusal all the same."""
    for error in ({}, {"Code": None, "Message": 7}):
        assert refusal(reply({"Response": {"Error": error}})).accepted == "unknown"
        with pytest.raises(UnavailableError):
            fetched(reply({"Response": {"Error": error}}))


def test_a_task_that_is_not_known_yet_any_more_or_at_all() -> None:
    """Just submitted, it is asked for again; after a day its result has expired; between, it is not there."""
    gone = refused("FailedOperation.NoSuchTask")
    fresh = fetched(reply(gone), VendorReference("recording", "5", submitted_at=NOW - timedelta(seconds=2)))
    assert fresh.status is JobStatus.QUEUED and fresh.check_after
    with pytest.raises(QuotaExhaustedError):
        fetched(reply(refused("FailedOperation.ServiceIsolate")), replace(JOB, submitted_at=NOW))
    with pytest.raises(JobNotFoundError) as caught:
        fetched(reply(gone))
    assert type(caught.value) is JobNotFoundError
    over = VendorReference(
        "recording", "5", submitted_at=NOW - timedelta(hours=24), expires_at=NOW + timedelta(hours=1)
    )
    with pytest.raises(ResultExpiredError):
        fetched(reply(gone), over)


@pytest.mark.parametrize("code", FLASHED)
def test_a_refused_flash_recording(code: int) -> None:
    """Each code of flash, as number or as text, with what it means for sending again."""
    kind, retryable = FLASHED[code]
    for told in (code, str(code)):
        error = refusal(reply({"request_id": "65f0", "code": told, "message": "why", "flash_result": None}), "flash")
        assert type(error) is kind and (error.retryable, error.accepted) == (retryable, "no")
        assert (error.vendor_code, error.vendor_message, error.request_id) == (str(code), "why", "65f0")


@pytest.mark.parametrize("body", [{"code": 9999}, {"code": "x"}, {}, {"code": None}, {"code": True}, "<html>", ""])
def test_an_answer_of_flash_that_nobody_documents(body: object) -> None:
    """Without a known code nobody knows what became of the recording."""
    assert refusal(reply(body), "flash").accepted == "unknown"


def test_a_clock_that_flash_does_not_accept() -> None:
    """Flash says only that authentication failed; a clock far from its own is the likely cause, and is corrected."""
    no = {"code": 4002, "message": "x"}
    for minutes, kind in (
        (0, AuthenticationError),
        (2, AuthenticationError),
        (4, ClockSkewError),
        (-9, ClockSkewError),
    ):
        date = format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)
        assert type(refusal(reply(no, date=date), "flash")) is kind
    assert type(refusal(reply(no, date="yesterday"), "flash")) is AuthenticationError


@pytest.mark.parametrize(
    ("status", "kind", "accepted"),
    [
        (400, InvalidRequestError, "no"),
        (401, AuthenticationError, "no"),
        (403, PermissionDeniedError, "no"),
        (404, ConfigurationError, "no"),
        (413, AudioTooLargeError, "no"),
        (429, RateLimitedError, "no"),
        (500, OutcomeUnknownError, "unknown"),
        (502, OutcomeUnknownError, "unknown"),
        (503, OutcomeUnknownError, "unknown"),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>gateway</html>", "{}"])
def test_bare_statuses(status: int, kind: type[EarwitnessError], accepted: str, body: str) -> None:
    """Where the body says nothing, the HTTP status of a proxy in between decides."""
    for service in ("recording", "sentence", "flash"):
        error = refusal(reply(body, status), service)
        assert type(error) is kind and error.accepted == accepted


def test_statuses_of_questions() -> None:
    """A question that met a bad gateway is asked again; an address that is not there is a wrong address."""
    for status, kind in ((502, UnavailableError), (408, DeadlineError), (404, ConfigurationError)):
        with pytest.raises(kind) as caught:
            fetched(reply("", status))
        assert caught.value.accepted == "no"


def test_a_code_beats_a_bad_status() -> None:
    """A body of Tencent's counts, whatever status a proxy made of it."""
    assert type(refusal(reply(refused("FailedOperation.ServiceIsolate"), 500))) is QuotaExhaustedError
    assert submitted(reply(ACCEPTED, 500)).status is JobStatus.QUEUED
    assert fetched(reply(SPEAKERS, 500)).status is JobStatus.SUCCEEDED
    assert submitted(reply(SENTENCE, 500), "sentence").status is JobStatus.SUCCEEDED


@pytest.mark.parametrize("body", ["", "<html>", "{", "[]", "{}", '{"Response": null}'])
def test_an_unreadable_answer(body: str) -> None:
    """An answer without `Response` is asked for again; on a submission nobody knows."""
    with pytest.raises(ProtocolError) as asked:
        fetched(reply(body))
    assert asked.value.retryable and asked.value.accepted == "no"
    error = refusal(reply(body))
    assert type(error) is ProtocolError and not error.retryable and error.accepted == "unknown"


@pytest.mark.parametrize(
    "data", [None, {}, {"TaskId": None}, {"TaskId": 0}, {"TaskId": -4}, {"TaskId": True}, {"TaskId": 10**30}]
)
def test_an_accepted_task_without_a_name_is_uncertain(data: object) -> None:
    """Accepted, but no TaskId: the task runs somewhere, so nothing may be repeated."""
    error = refusal(reply({"Response": {"RequestId": "r", "Data": data}}))
    assert type(error) is ProtocolError and (error.accepted, error.request_id) == ("unknown", "r")


def test_ids_have_64_bits() -> None:
    """The largest id there is stays exact."""
    largest = 2**64 - 1
    got = submitted(reply({"Response": {"Data": {"TaskId": largest}}}))
    assert got.reference is not None and got.reference.id == str(largest)


def test_messages_of_the_vendor_are_kept_short() -> None:
    """However much the vendor says, an error stays one readable line."""
    error = refusal(reply(refused("InvalidParameter", "a\nb\x00" + "c" * 5000)))
    assert len(str(error)) < 500 and "\n" not in str(error) and "\x00" not in str(error)


def test_too_many_calls_wait_a_second() -> None:
    """The vendor says no time, so a second is waited; a Retry-After of a proxy counts."""
    crowded = refused("RequestLimitExceeded.UinLimitExceeded")
    assert refusal(reply(crowded)).retry_after == 1.0
    assert refusal(reply(crowded, 200, **{"retry-after": "7"})).retry_after == 7.0


def test_every_error_says_what_to_do() -> None:
    """Nearly every code has a next action for a person; the few without need none."""
    without = [code for code, found in CODES.items() if found.action is None]
    assert set(without) <= {
        "ResourceNotFound", "UnsupportedOperation", "FailedOperation.NotExistentVoicePrintGroup",
        "FailedOperation.NotExistentVoicePrintId",
    }  # fmt: skip
