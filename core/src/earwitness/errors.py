"""Every error of Earwitness descends from one class and says the next action.

EarwitnessError
├── ConfigurationError          a profile, setting or installation is wrong
│   └── PluginError             a plugin cannot be loaded or breaks its contract
├── AuthenticationError         the vendor does not accept the credentials
│   └── ClockSkewError          it does not accept our time; core corrects it and asks again
├── PermissionDeniedError       the credentials are good, the action is not allowed
├── InvalidRequestError         the request itself is wrong
│   ├── UnsupportedFeatureError the provider cannot do what was asked
│   └── InvalidTranscriptError  the data is no transcript
├── BadAudioError               the audio cannot be read or holds no sound
│   └── AudioTooLargeError      too long or too big for this service
├── QuotaExhaustedError         paid-for amount used up; waiting does not help
├── RateLimitedError            too many calls; `retry_after` says when
├── UnavailableError            the vendor or the network is down for now
│   └── DeadlineError           no answer in time
├── OutcomeUnknownError         a submission's answer was lost; it may be billed
├── JobNotFoundError            the vendor does not know this job
│   └── ResultExpiredError      it knew it once; the result's life is over
├── JobFailedError              the vendor took the job and failed
│   └── JobCancelledError       the job was cancelled
├── ProtocolError               the vendor sent what its manual does not say
└── OutputError                 a result could not be written
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

__all__ = [
    "Accepted",
    "AudioTooLargeError",
    "AuthenticationError",
    "BadAudioError",
    "ClockSkewError",
    "ConfigurationError",
    "DeadlineError",
    "EarwitnessError",
    "InvalidRequestError",
    "InvalidTranscriptError",
    "JobCancelledError",
    "JobFailedError",
    "JobNotFoundError",
    "OutcomeUnknownError",
    "OutputError",
    "PermissionDeniedError",
    "PluginError",
    "ProtocolError",
    "QuotaExhaustedError",
    "RateLimitedError",
    "ResultExpiredError",
    "UnavailableError",
    "UnsupportedFeatureError",
]

Accepted = Literal["no", "unknown", "yes"]
"""On a submission: did the vendor take the job, and so perhaps bill it?"""


class EarwitnessError(Exception):
    """Something went wrong that a caller can act on. The base of all errors of Earwitness and its plugins.

    `retryable`: the same call may succeed later. `accepted`: see `Accepted`; core repeats a submission only if it is
    retryable and was not accepted. `retry_after`: seconds the vendor asks to wait. `action`: the next thing to do.
    """

    kind: ClassVar[str] = "error"
    default_retryable: ClassVar[bool] = False
    default_accepted: ClassVar[Accepted] = "no"

    def __init__(
        self,
        message: str,
        *,
        action: str | None = None,
        provider: str | None = None,
        vendor_code: str | None = None,
        vendor_message: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        accepted: Accepted | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.action = action
        self.provider = provider
        self.vendor_code = vendor_code
        self.vendor_message = vendor_message
        self.request_id = request_id
        self.retryable = self.default_retryable if retryable is None else retryable
        self.accepted: Accepted = self.default_accepted if accepted is None else accepted
        self.retry_after = retry_after

    def __str__(self) -> str:
        return " ".join(part for part in (self._sentence(), self._vendor_part(), self.action) if part)

    def _sentence(self) -> str:
        return self.message if self.message.endswith((".", "!", "?")) else f"{self.message}."

    def _vendor_part(self) -> str:
        parts = {"code": self.vendor_code, "says": self.vendor_message, "request": self.request_id}
        told = ", ".join(f"{name} {value}" for name, value in parts.items() if value)
        return f"[{self.provider or 'vendor'}: {told}]" if told else ""

    def details(self) -> dict[str, Any]:
        """The error as plain data, for JSON output and records; absent values are left out."""
        fields = {"kind": self.kind, **self.__dict__}
        return {name: value for name, value in fields.items() if value is not None and not name.startswith("_")}

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; the default would lose the keyword arguments.
        return _rebuild, (type(self), self.args, dict(self.__dict__))

    def replaced(self, **fields: Any) -> Self:
        """The same error with some fields filled in (a provider's name, say)."""
        self.__dict__.update(fields)
        return self


def _rebuild(cls: type[EarwitnessError], args: tuple[Any, ...], state: dict[str, Any]) -> EarwitnessError:
    # Without __init__: a plugin's own error class may want other arguments there.
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(EarwitnessError):
    """A profile, a setting or the installation is wrong; nothing was sent."""

    kind = "configuration"


class PluginError(ConfigurationError):
    """A plugin cannot be loaded, or does what its contract forbids. The message names its distribution.

    `distribution` and `reason` say the same as data, where they are known.
    """

    kind = "plugin"

    def __init__(
        self, message: str, *, distribution: str | None = None, reason: str | None = None, **known: Any
    ) -> None:
        super().__init__(message, **known)
        self.distribution = distribution
        self.reason = reason


class AuthenticationError(EarwitnessError):
    """The vendor does not accept the credentials."""

    kind = "authentication"


class ClockSkewError(AuthenticationError):
    """The vendor refused the signature's time.

    Core takes the vendor's time from the reply's Date header and runs the exchange again, once.
    """

    kind = "clock_skew"
    default_retryable = True


class PermissionDeniedError(EarwitnessError):
    """The credentials are valid, but not for this action."""

    kind = "permission"


class InvalidRequestError(EarwitnessError):
    """The request is wrong in itself and would be wrong again."""

    kind = "invalid_request"


class UnsupportedFeatureError(InvalidRequestError):
    """The provider cannot do what an option asks. `feature` names it, `who_can` the installed providers that can."""

    kind = "unsupported"

    def __init__(self, message: str, *, feature: str = "", who_can: tuple[str, ...] = (), **known: Any) -> None:
        super().__init__(message, **known)
        self.feature = feature
        self.who_can = who_can


class InvalidTranscriptError(InvalidRequestError):
    """The data is no valid transcript. The message names the places, never the text."""

    kind = "invalid_transcript"


class BadAudioError(EarwitnessError):
    """The audio cannot be found or read, or holds no sound."""

    kind = "bad_audio"


class AudioTooLargeError(BadAudioError):
    """The audio is longer or bigger than the service takes."""

    kind = "audio_too_large"


class QuotaExhaustedError(EarwitnessError):
    """The account's paid-for amount is used up; only a person can change that."""

    kind = "quota_exhausted"


class RateLimitedError(EarwitnessError):
    """Too many calls or jobs at once. `retry_after` is in seconds where the vendor said it."""

    kind = "rate_limited"
    default_retryable = True


class UnavailableError(EarwitnessError):
    """The vendor or the way to it is out of order for now."""

    kind = "unavailable"
    default_retryable = True


class DeadlineError(UnavailableError):
    """No answer came in time."""

    kind = "deadline"


class OutcomeUnknownError(EarwitnessError):
    """A submission's answer was lost: the job may exist and be billed, so it is never sent again by itself."""

    kind = "outcome_unknown"
    default_accepted = "unknown"


class JobNotFoundError(EarwitnessError):
    """The vendor does not know this job."""

    kind = "not_found"


class ResultExpiredError(JobNotFoundError):
    """The vendor has deleted the result because its life was over."""

    kind = "expired"


class JobFailedError(EarwitnessError):
    """The vendor took the job and could not finish it."""

    kind = "job_failed"
    default_accepted = "yes"


class JobCancelledError(JobFailedError):
    """The job was cancelled before it finished."""

    kind = "cancelled"


class ProtocolError(EarwitnessError):
    """The vendor sent what its manual does not say. On a submission nobody knows whether it was accepted."""

    kind = "protocol"
    default_accepted = "unknown"


class OutputError(EarwitnessError):
    """A result could not be written; what was there before is untouched."""

    kind = "output"
