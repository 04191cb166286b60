"""CLOVA's plugin keeps the contract: its three services, its tables, and what was recorded of it."""

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    DeadlineError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from earwitness.jobs import JobStatus
from earwitness.testing import ProviderContract, Recorded, Table
from earwitness_clova._errors import ERRORS
from earwitness_clova._stream_errors import STATUSES
from earwitness_clova._translate import STATUS_WORDS
from support.clova import COMPLETED, INVOKE_KEY, KEYS, SHORT, SMI, SRT, TOKEN

SAID = "회의를 시작하겠습니다. 네, 좋습니다."
SILENCE = {**COMPLETED, "segments": [], "text": "", "speakers": []}
TOLD = {"result": "{code}", "message": "as it is", "token": TOKEN}


def known(operation: str) -> set[str]:
    return {code for one, code in ERRORS if one == operation}


class TestClova(ProviderContract):
    """Every service, with a domain whose speaker recognition is on."""

    plugin = "earwitness_clova"
    settings = {
        "invoke_url": f"https://clova.invalid/external/v1/4242/{INVOKE_KEY}",
        **KEYS,
        "stream_secret_key": "STREAMKEYMARKER",
    }
    request = {"language": "ko-KR"}
    emulator = "earwitness_clova.emulator:create"
    switches = {"speaker_recognition": "on"}
    answers = (
        Recorded(COMPLETED, service="long", text=SAID, words=4, speakers=("1", "2"), end_ms=3500),
        Recorded(SILENCE, service="long", text=""),
        Recorded(SRT, service="long", content_type="text/plain", text=SAID, end_ms=3500),
        Recorded(SMI, service="long", content_type="text/plain", text=SAID),
        Recorded(SHORT, service="short", text="안녕하세요"),
        Recorded({"text": "", "quota": 15}, service="short", text=""),
    )
    callbacks = (Recorded(COMPLETED, text=SAID, words=4, id=TOKEN),)
    tables = (
        Table(
            "fetch",
            TOLD,
            {
                "WAITING": JobStatus.QUEUED,
                "PROCESSING": JobStatus.RUNNING,
                "COMPLETED": JobStatus.SUCCEEDED,
                "SUCCEEDED": JobStatus.QUEUED,
            },
            known=STATUS_WORDS,
            unknown=ProtocolError,
        ),
        Table(
            "fetch",
            TOLD,
            {
                "ERROR_SERVER_BUSY": UnavailableError,
                "ERROR_TOO_MANY_JOBS": RateLimitedError,
                "ERROR_GATEWAY_TIMEOUT": DeadlineError,
                "ERROR_INTERNAL_ERROR": JobFailedError,
                "ERROR_EXTERNAL_ERROR": UnavailableError,
                "ERROR_DATA_NOT_FOUND": JobFailedError,
                "ERROR_DATA_CONFLICT": JobFailedError,
                "ERROR_TOKEN_INVALID": JobNotFoundError,
                "ERROR_AUDIO_EMPTY": BadAudioError,
                "ERROR_AUDIO_CONVERSION": BadAudioError,
                "ERROR_PARAMS_FORMAT_INVALID": InvalidRequestError,
                "ERROR_REQUEST_PARAMETER": InvalidRequestError,
                "ERROR_INVALID_SECRET": AuthenticationError,
                "FAILED": JobFailedError,
                "TIMEOUT": DeadlineError,
                "400": InvalidRequestError,
                "401": AuthenticationError,
            },
            known=known("fetch"),
            unknown=ProtocolError,
            id=TOKEN,
        ),
        Table(
            "submit",
            TOLD,
            {
                "ERROR_SERVER_BUSY": (UnavailableError, "no"),
                "ERROR_TOO_MANY_JOBS": (RateLimitedError, "no"),
                "ERROR_GATEWAY_TIMEOUT": (OutcomeUnknownError, "unknown"),
                "ERROR_INTERNAL_ERROR": (UnavailableError, "unknown"),
                "ERROR_EXTERNAL_ERROR": (UnavailableError, "unknown"),
                "ERROR_DATA_NOT_FOUND": (InvalidRequestError, "no"),
                "ERROR_DATA_CONFLICT": (InvalidRequestError, "unknown"),
                "ERROR_TOKEN_INVALID": (ProtocolError, "unknown"),
                "ERROR_AUDIO_EMPTY": (BadAudioError, "no"),
                "ERROR_AUDIO_CONVERSION": (BadAudioError, "no"),
                "ERROR_PARAMS_FORMAT_INVALID": (InvalidRequestError, "no"),
                "ERROR_REQUEST_PARAMETER": (InvalidRequestError, "no"),
                "ERROR_INVALID_SECRET": (AuthenticationError, "no"),
                "FAILED": (JobFailedError, "yes"),
                "TIMEOUT": (DeadlineError, "yes"),
                "400": (InvalidRequestError, "no"),
                "401": (AuthenticationError, "no"),
            },
            known=known("submit"),
            unknown=(ProtocolError, "unknown"),
            status=400,
        ),
        Table(
            "submit",
            {"errorCode": "{code}", "errorMessage": "as it is"},
            {
                "STT000": (AudioTooLargeError, "no"),
                "STT001": (AudioTooLargeError, "no"),
                "STT002": (InvalidRequestError, "no"),
                "STT003": (BadAudioError, "no"),
                "STT004": (InvalidRequestError, "no"),
                "STT005": (InvalidRequestError, "no"),
                "STT006": (BadAudioError, "no"),
                "STT007": (BadAudioError, "no"),
                "STT998": (UnavailableError, "no"),
                "STT999": (UnavailableError, "no"),
                "400": (InvalidRequestError, "no"),
                "401": (AuthenticationError, "no"),
            },
            known=known("recognize"),
            unknown=(ProtocolError, "unknown"),
            service="short",
            status=500,
        ),
        Table(
            "connection",
            "as it is",
            {status: meaning.kind for status, meaning in STATUSES.items()},
            known=STATUSES,
            unknown=UnavailableError,
        ),
    )
    always = ("punctuation", "fillers")
