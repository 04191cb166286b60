"""The tables of `earwitness.toml`, as they are validated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ._planning import OnUnsupported
from .request import RequestOptions

__all__ = ["FileTable", "Limits", "Price", "ProfileTable"]

_Name = Annotated[str, StringConstraints(min_length=1)]


class _Table(BaseModel):
    # Who has no configuration file needs none of these models.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class Limits(_Table):
    """How much of a profile may be used at once; unset is the vendor's own limit. Not enforced yet."""

    jobs_at_once: int | None = Field(default=None, ge=1)
    """Jobs that run at the same time."""
    calls_per_second: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Calls to the vendor in any second."""


class Price(_Table):
    """What a vendor bills for recordings: every begun block of a duration, and at least a minimum."""

    per_hour: float = Field(ge=0, allow_inf_nan=False)
    """The price of an hour of audio."""
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """The currency's three letters (ISO 4217), such as `KRW`."""
    block_seconds: float = Field(default=1, gt=0, allow_inf_nan=False)
    """Audio is billed in whole blocks of this many seconds."""
    minimum_seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    """What even the shortest recording is billed as, in seconds."""

    def billed_s(self, duration_ms: int) -> float:
        """The seconds that are billed for this duration: whole blocks, and not below the minimum."""
        # Durations are whole milliseconds, and so are blocks in all price lists; floats would begin a block too many.
        block_ms = max(1, round(self.block_seconds * 1000))
        lasting_ms = max(duration_ms, math.ceil(self.minimum_seconds * 1000))
        return -(-lasting_ms // block_ms) * block_ms / 1000

    def cost(self, duration_ms: int) -> float:
        """The price of a recording of this duration, in `currency`."""
        return round(self.billed_s(duration_ms) * self.per_hour / 3600, 6)


class ProfileTable(_Table):
    """One named configuration of a provider."""

    provider: _Name
    """The installed provider that hears."""
    on_unsupported: OnUnsupported = "error"
    """What happens to options that the provider cannot do: an error, or left out with or without a warning."""
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    """The provider's own settings; any value may be `{ env = ... }`, `{ file = ... }` or `{ keyring = ... }`."""
    request: RequestOptions = Field(default_factory=RequestOptions)
    """Defaults of every request."""
    limits: Limits = Field(default_factory=Limits)
    """How much may be used at once. Not enforced yet."""
    fallback: tuple[_Name, ...] = ()
    """Profiles that shall answer where this one cannot, in order. Not used yet."""
    price: Price | None = None
    """What the vendor bills, for `earwitness explain`."""


class FileTable(_Table):
    """The whole file."""

    default_profile: _Name | None = None
    """The profile that is used where none is named."""
    profiles: Mapping[str, ProfileTable] = Field(default_factory=dict)
    """The profiles by name."""
