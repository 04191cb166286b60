"""Exit codes say what kind of error ended a command; this is the one table of them."""

from __future__ import annotations

from .. import errors

__all__ = ["BROKEN_PIPE", "BUG", "CODES", "HUNG_UP", "INTERRUPTED", "TERMINATED", "USAGE", "code_of", "table"]

BUG = 1
USAGE = 2
HUNG_UP = 129
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

CODES: dict[type[errors.EarwitnessError], int] = {
    errors.EarwitnessError: 3,
    errors.ConfigurationError: 4,
    errors.PluginError: 5,
    errors.AuthenticationError: 6,
    errors.PermissionDeniedError: 7,
    errors.InvalidRequestError: 8,
    errors.UnsupportedFeatureError: 9,
    errors.InvalidTranscriptError: 10,
    errors.BadAudioError: 11,
    errors.AudioTooLargeError: 12,
    errors.QuotaExhaustedError: 13,
    errors.RateLimitedError: 14,
    errors.UnavailableError: 15,
    errors.DeadlineError: 16,
    errors.OutcomeUnknownError: 17,
    errors.JobNotFoundError: 18,
    errors.ResultExpiredError: 19,
    errors.JobFailedError: 20,
    errors.JobCancelledError: 21,
    errors.ProtocolError: 22,
    errors.OutputError: 23,
    errors.ClockSkewError: 24,
}
"""One code per class of the error tree; scripts rely on the numbers, so they are only ever added to."""


def code_of(error: errors.EarwitnessError) -> int:
    """The exit code of an error; a plugin's own error class has the code of the nearest class of ours."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def table() -> list[tuple[int, str]]:
    """Every exit code with what it means, for help and docs."""
    kinds = [(code, kind.kind.replace("_", " ")) for kind, code in CODES.items()]
    return [
        (0, "success"),
        (BUG, "a bug"),
        (USAGE, "wrong command line"),
        *kinds,
        (HUNG_UP, "terminal closed"),
        (INTERRUPTED, "Ctrl-C"),
        (BROKEN_PIPE, "reader went away"),
        (TERMINATED, "terminated"),
    ]
