"""What a provider's code raises by mistake becomes one error that names the provider and whom to tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ._entrypoints import PROVIDERS, Found, scan
from ._foreign import where
from .errors import EarwitnessError, InvalidTranscriptError, PluginError

if TYPE_CHECKING:
    from .provider import Provider

__all__ = ["broken", "bug", "foreign", "named", "secrets_of", "transcribing"]

_Error = TypeVar("_Error", bound=EarwitnessError)


@contextmanager
def foreign(provider: str, at: str) -> Iterator[None]:
    """Inside it, an exception that is not ours is a PluginError: `at` says in which part of the provider it came up."""
    try:
        yield
    except EarwitnessError:
        raise
    except (Exception, SystemExit) as error:
        raise bug(provider, error, at=at, accepted="no") from None


def bug(provider: str, error: BaseException, *, at: str = "", **known: Any) -> PluginError:
    """The error for a mistake in a provider's code, by the exception's type and place: its text may hold a secret."""
    place = f" in {at}" if at else ""
    return broken(provider, f"failed{place} with an unexpected {where(error)}", reason=where(error), **known)


def broken(provider: str, what: str, **known: Any) -> PluginError:
    """The error for a provider that did `what` its contract forbids."""
    found = _found(provider)
    whose = f" ({found.origin.whose})" if found else ""
    return PluginError(
        f"The plugin of {provider}{whose} {what}",
        action="Report this to its maintainers.",
        provider=provider,
        distribution=found.distribution if found else None,
        **{"reason": what, **known},
    )


@contextmanager
def transcribing(provider: str) -> Iterator[None]:
    """Inside it, a transcript that nobody could write or read again is the provider's mistake."""
    try:
        yield
    except InvalidTranscriptError as error:
        wrong = f"gave something that is no transcript: {error.message[0].lower()}{error.message[1:]}"
    else:
        return
    # The vendor has done the work, and bills it.
    raise broken(provider, wrong, accepted="yes")


def named(error: _Error, provider: str) -> _Error:
    """The same error with the provider's name; its plugin's own mistake also with whose plugin it is."""
    if error.provider:
        return error
    error.provider = provider
    if isinstance(error, PluginError) and error.distribution is None and (found := _found(provider)):
        error.distribution = found.distribution
        error.message = f"The plugin of {provider} ({found.origin.whose}): {error.message}"
    return error


def secrets_of(provider: Provider[Any]) -> tuple[str, ...]:
    """What the provider wants hidden. Raises PluginError for anything else than strings."""
    with foreign(provider.name, "secrets()"):
        given = provider.secrets()
        found = () if isinstance(given, str) else tuple(given)
    if isinstance(given, str) or not all(isinstance(one, str) for one in found):
        raise PluginError(
            f"The plugin of {provider.name} gives something else than a list of strings as its secrets",
            action="Report this to its maintainers.",
            provider=provider.name,
        )
    return found


def _found(provider: str) -> Found | None:
    return next((one for one in scan(PROVIDERS) if one.name == provider), None)
