"""What a caller gives is looked at where it comes in, so that a slip is told as one and not as a bug of ours."""

from __future__ import annotations

from .errors import ConfigurationError, EarwitnessError, InvalidRequestError

__all__ = ["mistaken", "require_rate", "require_seconds"]


def mistaken(
    name: str, given: object, wanted: str, *, kind: type[EarwitnessError] = ConfigurationError
) -> EarwitnessError:
    """The error for an argument of a wrong type; it tells the type and what is `wanted`, never the value."""
    return kind(f"{name} cannot be of type {type(given).__name__}", action=f"Give {wanted}.")


def require_seconds(timeout: object) -> None:
    """Raises InvalidRequestError for a time-out that is no number of seconds; None is one without end."""
    if timeout is None or (isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout == timeout):
        return
    if isinstance(timeout, float):
        raise InvalidRequestError("timeout is not a number", action="Give seconds, or None to wait without end.")
    raise mistaken("timeout", timeout, "a number of seconds, or None to wait without end", kind=InvalidRequestError)


def require_rate(sample_rate: object) -> None:
    """Raises InvalidRequestError for a sample rate that is no whole number of Hz above zero."""
    if not isinstance(sample_rate, int) or isinstance(sample_rate, bool):
        raise mistaken("sample_rate", sample_rate, "a whole number of Hz", kind=InvalidRequestError)
    if sample_rate <= 0:
        raise InvalidRequestError("sample_rate is not above zero", action="Give a whole number of Hz.")
