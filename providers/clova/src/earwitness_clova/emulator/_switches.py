"""Everything that nobody outside the vendor knows, as switches; each default is the likeliest answer (manual, 9.2)."""

from typing import Literal

from pydantic import Field

from ._nest_switches import StreamSwitches

__all__ = ["ClovaSwitches"]


class ClovaSwitches(StreamSwitches):
    """How this CLOVA behaves. Times in seconds of the emulator's clock; those of streams are at the end."""

    status_bad_request: int = Field(default=400, ge=200, le=599)
    """HTTP status with ERROR_REQUEST_PARAMETER, ERROR_PARAMS_FORMAT_INVALID, and errors of the media."""
    status_invalid_secret: int = Field(default=401, ge=200, le=599)
    """HTTP status with ERROR_INVALID_SECRET."""
    status_token_invalid: int = Field(default=200, ge=200, le=599)
    """HTTP status with ERROR_TOKEN_INVALID."""
    status_busy: int = Field(default=503, ge=200, le=599)
    """HTTP status with ERROR_SERVER_BUSY."""
    status_too_many_jobs: int = Field(default=429, ge=200, le=599)
    """HTTP status with ERROR_TOO_MANY_JOBS."""
    wrong_key_body: Literal["result", "code"] = "result"
    """The long service's body for a wrong secret: a result word, or a code as the gateway has them."""
    short_error_body: Literal["flat", "nested"] = "flat"
    """The short service's errors: `errorCode` at the top, or within `error`."""
    speaker_recognition: Literal["off", "echo", "on"] = "off"
    """The domain's: off and refused where diarization is asked or not said; off, accepted, echoed as false; on."""
    unasked_text: Literal["empty", "absent"] = "empty"
    """The whole text with `fullText: false`."""
    without_speakers: Literal["empty", "label", "absent"] = "empty"
    """A segment's `diarization` and `speaker` without diarization: empty, with an empty label, or left out."""
    subtitle_type: Literal["text/plain; charset=utf-8", "application/json"] = "text/plain; charset=utf-8"
    """The content type of SRT and SMI answers."""
    data_key_alias: bool = False
    """Whether `datakey` will do for `dataKey`."""
    missing_object: Literal["submit", "job"] = "submit"
    """Where ERROR_DATA_NOT_FOUND is said of a stored object: in answer to the submission, or by the job."""
    waiting_s: float = Field(default=0.0, ge=0)
    """How long a job is WAITING."""
    processing_s: float = Field(default=0.0, ge=0)
    """How long it is PROCESSING at least; hearing may take longer."""
    job_timeout_s: float | None = Field(default=None, gt=0)
    """After so long a job ends with TIMEOUT; never unless set."""
    token_life_s: float | None = Field(default=None, gt=0)
    """So long after its end a token can be asked about; for ever unless set."""
    max_jobs: int | None = Field(default=None, ge=1)
    """More unfinished jobs than this are refused with ERROR_TOO_MANY_JOBS; any number unless set."""
    callback_body: Literal["full", "notice"] = "full"
    """What a callback holds: the whole result (variant A), or only token and result (variant B)."""
    callback_copies: int = Field(default=1, ge=0, le=100)
    """How often a callback is delivered: 0 loses it, 2 repeats it."""
    callback_tries: int = Field(default=3, ge=1, le=100)
    """How often one delivery is tried while the receiver does not answer with a 2xx."""
    callback_interval_s: float = Field(default=5.0, ge=0)
    """How long after one delivery or try the next one follows."""
    callback_lead_s: float = Field(default=0.0, ge=0)
    """How long before a GET shows COMPLETED the callback is delivered; until then it says PROCESSING."""
    recognition_path: str = ""
    """The domain's recognition path: data keys are below this folder of the storage."""
    result_path: str = "results"
    """The domain's result path: where `resultToObs` stores results in the storage."""
    upload_limit_bytes: int = Field(default=2_000_000_000, ge=1)
    """The biggest file of the long service (2.15)."""
    sync_limit_s: float = Field(default=7_200.0, gt=0)
    """The longest audio of the long service with completion sync (2.15)."""
    async_limit_s: float = Field(default=21_600.0, gt=0)
    """The longest audio of the long service with completion async (2.15)."""
    boosting_limit: int = Field(default=1_000, ge=0)
    """The most words to boost in one request (2.4)."""
    speaker_limit: int = Field(default=30, ge=1)
    """The most speakers that can be asked for (2.3)."""
    short_limit_bytes: int = Field(default=10_000_000, ge=1)
    """The biggest file of the short service (3.1)."""
    short_limit_s: float = Field(default=60.0, gt=0)
    """The longest audio of the short service (3.1)."""
    short_least_s: float = Field(default=0.0, ge=0)
    """Shorter audio is refused with STT007; none unless set."""
    long_billing_block_s: float = Field(default=0.0, ge=0)
    """The long service bills whole blocks of this many seconds; 0 bills the audio as long as it is."""
    stream_port: int = Field(default=0, ge=0, le=65_535)
    """The port of the streaming service; 0 is any free one."""
