"""What a provider's code raises by mistake becomes one error that names the provider and whom to tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ._entrypoints import PROVIDERS, scan
from ._foreign import where
from .errors import EarwitnessError, PluginError

if TYPE_CHECKING:
    from .provider import Provider

__all__ = ["bug", "foreign", "secrets_of"]


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
    found = next((one for one in scan(PROVIDERS) if one.name == provider), None)
    whose = f" ({found.origin.whose})" if found else ""
    place = f" in {at}" if at else ""
    return PluginError(
        f"The plugin of {provider}{whose} failed{place} with an unexpected {where(error)}",
        action="Report this to its maintainers.",
        provider=provider,
        distribution=found.distribution if found else None,
        reason=where(error),
        **known,
    )


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
