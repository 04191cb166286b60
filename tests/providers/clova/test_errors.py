"""CLOVA's refusals as errors of ours: every code of the manual, by operation, with its advice on repeating."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitedError,
    ResultExpiredError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness_clova._errors import ERRORS
from support.clova import ACCEPTED, COMPLETED, INVOKE_KEY, NOW, SHORT, provider, reply, submission

JOB = VendorReference("long", "t0k", submitted_at=NOW)

SUBMITTED: dict[str, tuple[type[EarwitnessError], bool, str]] = {
    "ERROR_SERVER_BUSY": (UnavailableError, True, "no"),
    "ERROR_TOO_MANY_JOBS": (RateLimitedError, True, "no"),
    "ERROR_GATEWAY_TIMEOUT": (OutcomeUnknownError, False, "unknown"),
    "ERROR_INTERNAL_ERROR": (UnavailableError, False, "unknown"),
    "ERROR_EXTERNAL_ERROR": (UnavailableError, False, "unknown"),
    "ERROR_DATA_NOT_FOUND": (InvalidRequestError, False, "no"),
    "ERROR_DATA_CONFLICT": (InvalidRequestError, False, "unknown"),
    "ERROR_TOKEN_INVALID": (ProtocolError, False, "unknown"),
    "ERROR_AUDIO_EMPTY": (BadAudioError, False, "no"),
    "ERROR_AUDIO_CONVERSION": (BadAudioError, False, "no"),
    "ERROR_PARAMS_FORMAT_INVALID": (InvalidRequestError, False, "no"),
    "ERROR_REQUEST_PARAMETER": (InvalidRequestError, False, "no"),
    "ERROR_INVALID_SECRET": (AuthenticationError, False, "no"),
    "FAILED": (JobFailedError, False, "yes"),
    "TIMEOUT": (DeadlineError, True, "yes"),
    "ERROR_FROM_TOMORROW": (ProtocolError, False, "unknown"),
}
ASKED: dict[str, type[EarwitnessError]] = {
    "ERROR_SERVER_BUSY": UnavailableError,
    "ERROR_TOO_MANY_JOBS": RateLimitedError,
    "ERROR_GATEWAY_TIMEOUT": DeadlineError,
    "ERROR_EXTERNAL_ERROR": UnavailableError,
    "ERROR_TOKEN_INVALID": JobNotFoundError,
    "ERROR_INVALID_SECRET": AuthenticationError,
}
ENDED: dict[str, type[EarwitnessError]] = {
    "ERROR_DATA_CONFLICT": JobFailedError,
    "ERROR_AUDIO_EMPTY": BadAudioError,
    "ERROR_AUDIO_CONVERSION": BadAudioError,
    "ERROR_PARAMS_FORMAT_INVALID": InvalidRequestError,
    "ERROR_REQUEST_PARAMETER": InvalidRequestError,
    "FAILED": JobFailedError,
    "TIMEOUT": DeadlineError,
    "ERROR_FROM_TOMORROW": JobFailedError,
}
SHORTS: dict[str, tuple[type[EarwitnessError], bool]] = {
    "STT000": (AudioTooLargeError, False),
    "STT001": (AudioTooLargeError, False),
    "STT002": (InvalidRequestError, False),
    "STT003": (BadAudioError, False),
    "STT004": (InvalidRequestError, False),
    "STT005": (InvalidRequestError, False),
    "STT006": (BadAudioError, False),
    "STT007": (BadAudioError, False),
    "STT998": (UnavailableError, True),
    "STT999": (UnavailableError, True),
}


def submitted(answer: HttpReply, **known: Any) -> JobUpdate:
    clova, _ = provider(answer)
    return asyncio.run(clova.submit(submission(clova, **known)))


def fetched(answer: HttpReply, job: VendorReference = JOB) -> JobUpdate:
    clova, _ = provider(answer)
    return asyncio.run(clova.fetch(job))


def said(word: str, message: str = "as it is") -> dict[str, str]:
    return {"result": word, "message": message, "token": "t0k"}


@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize("code", SUBMITTED)
def test_a_refused_submission(code: str, status: int) -> None:
    """Whatever the HTTP status, the word decides: kind, whether to repeat, and whether a job may exist."""
    kind, retryable, accepted = SUBMITTED[code]
    with pytest.raises(kind) as caught:
        submitted(reply(said(code), status))
    error = caught.value
    assert type(error) is kind
    assert (error.retryable, error.accepted, error.vendor_code) == (retryable, accepted, code)
    assert error.vendor_message == "as it is" and (error.action or kind in (InvalidRequestError, ProtocolError))


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("code", ASKED)
def test_a_question_that_was_refused(code: str, status: int) -> None:
    """What concerns the call and not the job is raised; what will pass may be asked again."""
    kind = ASKED[code]
    with pytest.raises(kind) as caught:
        fetched(reply(said(code), status))
    assert type(caught.value) is kind and caught.value.accepted == "no"
    assert caught.value.retryable is issubclass(kind, UnavailableError | RateLimitedError)


@pytest.mark.parametrize("code", ENDED)
def test_a_job_that_ended_badly(code: str) -> None:
    """What concerns the job ends it, with the reason as its error."""
    got = fetched(reply(said(code)))
    assert got.status is JobStatus.FAILED and type(got.error) is ENDED[code]
    assert got.error.vendor_code == code and got.error.vendor_message == "as it is"


def test_the_tables_here_cover_every_code_of_the_manual() -> None:
    """No code that the plugin knows is without its line in these tests, for each operation."""
    unknown, patient = {"ERROR_FROM_TOMORROW"}, {"ERROR_INTERNAL_ERROR", "ERROR_DATA_NOT_FOUND"}
    plain = {"400", "401"}
    known = {operation: {code for one, code in ERRORS if one == operation} for operation, _ in ERRORS}
    assert known["submit"] == set(SUBMITTED) - unknown | plain
    assert known["fetch"] == (set(ASKED) | set(ENDED) | patient) - unknown | plain
    assert known["recognize"] == set(SHORTS) | plain


@pytest.mark.parametrize(("code", "patience"), [("ERROR_INTERNAL_ERROR", 4), ("ERROR_DATA_NOT_FOUND", 1)])
def test_a_job_in_trouble_is_asked_about_some_times(code: str, patience: int) -> None:
    """An error that may pass is believed only after some questions, which the reference counts; good news resets it."""
    job = JOB
    for _ in range(patience):
        got = fetched(reply(said(code)), job)
        assert got.status is JobStatus.RUNNING and got.check_after and got.reference is not None
        job = got.reference
    healthy = fetched(reply(said("PROCESSING")), job).reference
    assert healthy is not None and dict(healthy.state) == {}
    got = fetched(reply(said(code)), job)
    assert got.status is JobStatus.FAILED and isinstance(got.error, JobFailedError)


def test_an_unknown_state_is_reported_and_ends_nothing() -> None:
    """A word that is neither state nor refusal is told with its text; the job goes on."""
    with pytest.raises(ProtocolError, match="PAUSED") as caught:
        fetched(reply(said("PAUSED")))
    assert caught.value.accepted == "no"


def test_a_token_that_was_known_long_ago_has_expired() -> None:
    """After a day, a token that CLOVA knows no more is an expired result; before that, a job that is not there."""
    old = VendorReference("long", "t0k", submitted_at=NOW - timedelta(days=2))
    with pytest.raises(ResultExpiredError):
        fetched(reply(said("ERROR_TOKEN_INVALID"), 404), old)


def test_speaker_recognition_that_is_off() -> None:
    """The same refusal is a wish that the domain cannot grant, or a new domain that needs a while."""
    off = reply(said("ERROR_REQUEST_PARAMETER", "speaker detect is off"), 400)
    with pytest.raises(UnsupportedFeatureError, match="Switch it on") as wished:
        submitted(off, speakers=True)
    assert wished.value.feature == "speakers" and not wished.value.retryable
    with pytest.raises(InvalidRequestError, match="just created") as fresh:
        submitted(off)
    assert fresh.value.retryable and fresh.value.accepted == "no" and fresh.value.retry_after


@pytest.mark.parametrize(
    ("status", "kind", "accepted"),
    [
        (400, InvalidRequestError, "no"),
        (401, AuthenticationError, "no"),
        (403, PermissionDeniedError, "no"),
        (404, ConfigurationError, "no"),
        (413, AudioTooLargeError, "no"),
        (415, InvalidRequestError, "no"),
        (429, RateLimitedError, "no"),
        (500, OutcomeUnknownError, "unknown"),
        (502, OutcomeUnknownError, "unknown"),
        (503, OutcomeUnknownError, "unknown"),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>gateway</html>", "{}", '{"message": "gateway"}'])
def test_bare_statuses(status: int, kind: type[EarwitnessError], accepted: str, body: str) -> None:
    """Where the body has no word, the HTTP status decides."""
    for service in ("long", "short"):
        with pytest.raises(kind) as caught:
            submitted(reply(body, status), service=service)
        assert type(caught.value) is kind and caught.value.accepted == accepted


def test_a_bare_404_is_a_wrong_address() -> None:
    """Without a word of CLOVA's, 404 means the Invoke URL, also when asking about a job, which is not lost by that."""
    with pytest.raises(ConfigurationError, match="Invoke URL"):
        submitted(reply("", 404))
    with pytest.raises(ConfigurationError, match="Invoke URL"):
        fetched(reply("", 404))


@pytest.mark.parametrize(
    ("body", "status", "setting"),
    [("", 404, "short_url"), ("", 401, "short_secret_key"), ("", 403, "short_secret_key"), ("{}", 404, "short_url")],
)
def test_a_refusal_of_the_short_service_names_its_own_settings(body: str, status: int, setting: str) -> None:
    """It knows no Invoke URL, and its key is another than the domain's."""
    with pytest.raises(EarwitnessError, match=setting) as caught:
        submitted(reply(body, status), service="short")
    assert "Invoke URL" not in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>", "{", "[]"])
def test_an_unreadable_answer(body: str) -> None:
    """An answer that is no JSON is asked for again; on a submission nobody knows."""
    with pytest.raises(ProtocolError) as asked:
        fetched(reply(body))
    assert asked.value.retryable and asked.value.accepted == "no"
    with pytest.raises(ProtocolError) as handed:
        submitted(reply(body))
    assert not handed.value.retryable and handed.value.accepted == "unknown"


def test_an_accepted_job_without_a_name_is_uncertain() -> None:
    """Accepted, but no token: the job runs somewhere, so nothing may be repeated."""
    for token in ({}, {"token": None}, {"token": ""}, {"token": ".."}, {"token": "x" * 300}):
        with pytest.raises(ProtocolError, match="without naming it") as caught:
            submitted(reply({"result": "SUCCEEDED", **token}))
        assert caught.value.accepted == "unknown"


@pytest.mark.parametrize("code", SHORTS)
@pytest.mark.parametrize("nested", [False, True])
def test_a_refused_short_sentence(code: str, nested: bool) -> None:
    """Each STT code, at the top or nested; STT006 is the file's fault and never repeated, despite its status 500."""
    body = {"errorCode": code, "errorMessage": "why"}
    kind, retryable = SHORTS[code]
    with pytest.raises(kind) as caught:
        submitted(reply({"error": {"errorCode": code, "message": "why"}} if nested else body, 500), service="short")
    error = caught.value
    assert type(error) is kind and (error.retryable, error.accepted) == (retryable, "no")
    assert (error.vendor_code, error.vendor_message) == (code, "why")


def test_an_unknown_code_of_the_short_service() -> None:
    """A code that nobody documents leaves the outcome open and is told with its text; an error beats a text."""
    for body in ({"errorCode": "STT777"}, {"errorCode": "STT777", "text": ""}):
        with pytest.raises(ProtocolError, match="STT777") as caught:
            submitted(reply(body, 400), service="short")
        assert caught.value.accepted == "unknown"


@pytest.mark.parametrize("code", ["401", 401])
def test_a_wrong_secret_in_the_other_shape(code: object) -> None:
    """`{"code": "401"}` is a wrong secret too, for either service."""
    for service in ("long", "short"):
        with pytest.raises(AuthenticationError, match="Secret Key"):
            submitted(reply({"code": code, "message": "Invalid secret"}, 401), service=service)


def test_the_vendors_wish_to_wait_is_heard() -> None:
    """Retry-After is taken where it is given; too many jobs wait at least some seconds."""
    with pytest.raises(RateLimitedError) as told:
        submitted(reply(said("ERROR_TOO_MANY_JOBS"), 429, **{"retry-after": "7"}))
    with pytest.raises(RateLimitedError) as silent:
        submitted(reply(said("ERROR_TOO_MANY_JOBS"), 429))
    assert (told.value.retry_after, silent.value.retry_after) == (7.0, 10.0)


def test_messages_of_the_vendor_are_kept_short() -> None:
    """However much the vendor says, an error stays one readable line; its trace id is the request id."""
    body = {**said("FAILED", "a\nb\x00" + "c" * 5000), "params": {"userdata": {"_ncp_TraceId": "6b1d"}}}
    error = fetched(reply(body)).error
    assert error is not None and len(str(error)) < 500 and "\n" not in str(error) and "\x00" not in str(error)
    assert error.request_id == "6b1d"


def test_no_refusal_shows_a_secret() -> None:
    """Neither invoke key nor token is in what an error says."""
    for status in (400, 401, 403, 404, 500, 503):
        with pytest.raises(EarwitnessError) as caught:
            submitted(reply("", status))
        assert INVOKE_KEY not in str(caught.value) and "KEYMARKER" not in str(caught.value)
    assert "t0k" not in str(fetched(reply(said("FAILED"))).error)


def test_the_body_beats_a_bad_status() -> None:
    """A result that came with an error status is a result."""
    assert fetched(reply(COMPLETED, 500)).status is JobStatus.SUCCEEDED
    assert submitted(reply(ACCEPTED, 500)).status is JobStatus.QUEUED
    assert submitted(reply(SHORT, 500), service="short").status is JobStatus.SUCCEEDED
