"""Price tables: what a vendor bills, how it rounds, and when and where that was read.

A provider's distribution may bring `prices.toml` in its package; a file of one's own goes over it, and the price of a
profile over both. A rate that nobody has read is left out, never guessed: then the billed seconds are told and the
cost is unknown.

    [[prices]]
    provider = "clova"            # only in a file of one's own
    service = "short"             # one of its services; absent, all
    per_hour = 1000.0             # absent where it is not known
    currency = "KRW"
    block_seconds = 15
    read_on = "2026-11-21"
    source = "price list of our contract"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from .._config_files import parsed
from .._contents import content, reason
from .._wrongs import wrongs
from ..config import Price, Profile
from ..errors import ConfigurationError
from ..provider import Provider

__all__ = ["PriceEntry", "entries_in", "price_of", "read_prices", "shipped_prices"]

_LONGEST = 1024 * 1024
_Text = Annotated[str, StringConstraints(min_length=1)]


class PriceEntry(BaseModel):
    """One line of a price table."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: _Text | None = None
    """Whose price it is; a provider's own table need not say it."""
    service: _Text | None = None
    """The service that it is for; absent, all of the provider's."""
    model: _Text | None = None
    """The model that it is for; absent, all."""
    per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The price of an hour of audio; absent where nobody has read it."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """The currency's three letters (ISO 4217)."""
    block_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Audio is billed in whole blocks of this many seconds; absent where it is not known, and then exactly."""
    minimum_seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    """What even the shortest recording is billed as."""
    channels: Literal["once", "each"] = "once"
    """Whether a recording is billed once, or for each channel that is heard by itself."""
    failed: Literal["free", "billed", "unknown"] = "unknown"
    """Whether a job that failed is billed. Where it is not known, the cost is told without it."""
    add_ons: Mapping[str, float] = Field(default_factory=dict)
    """What an option of the request costs besides, for each hour of audio."""
    read_on: str = Field(pattern=r"^\d{4}-\d\d(-\d\d)?$")
    """When this was read."""
    source: _Text
    """Where this was read."""
    trust: str = ""
    """How far to trust it: `docs`, `seen in client code`, `contract`."""
    note: str = ""
    """What else to know."""

    @model_validator(mode="after")
    def _in_a_currency(self) -> Self:
        if self.per_hour is not None and self.currency is None:
            raise ValueError("per_hour needs a currency")
        return self

    def price(self, asked: Sequence[str] = ()) -> Price:
        """The arithmetic of this entry for a request with these options; an unknown rate counts as 0."""
        rate = (self.per_hour or 0) + sum(self.add_ons.get(name, 0) for name in asked)
        return Price(
            per_hour=rate,
            currency=self.currency or "XTS",
            block_seconds=self.block_seconds or 0.001,
            minimum_seconds=self.minimum_seconds,
        )


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prices: tuple[PriceEntry, ...] = ()


def read_prices(path: Path) -> tuple[PriceEntry, ...]:
    """The entries of a file of one's own; each names its provider. Raises ConfigurationError naming the place."""
    try:
        text = content(path, longest=_LONGEST).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The price table {path} cannot be read: {reason(error)}", action="Name another file."
        ) from None
    found = entries_in(text, str(path))
    for number, one in enumerate(found):
        if one.provider is None:
            raise ConfigurationError(f"{path} is wrong: prices.{number}: provider is missing", action="Name it.")
    return found


def shipped_prices(provider: type[Provider[Any]]) -> tuple[PriceEntry, ...]:
    """The entries that the provider's distribution brings; none where it brings no table."""
    place = files(provider.__module__.partition(".")[0]).joinpath("prices.toml")
    if not place.is_file():
        return ()
    name = f"prices.toml of {provider.name}"
    found = entries_in(place.read_text(encoding="utf-8"), name)
    return tuple(one.model_copy(update={"provider": provider.name}) for one in found)


def entries_in(text: str, name: str) -> tuple[PriceEntry, ...]:
    """The entries of a table's text; errors call it by this name. Raises ConfigurationError."""
    try:
        return _Table.model_validate(parsed(text, Path(name))).prices
    except ValidationError as error:
        told = wrongs(error, _Table)
    raise ConfigurationError(f"The price table {name} is wrong: {told}", action="The columns are in the reference.")


def price_of(
    profile: Profile, service: str, model: str | None, tables: Sequence[Sequence[PriceEntry]]
) -> PriceEntry | None:
    """The entry for this service of the profile's provider: the closest one of the first table that has any.

    A price in the profile itself replaces rate, currency and rounding.
    """
    found = next((best for table in tables if (best := _closest(table, profile.provider, service, model))), None)
    if profile.price is None:
        return found
    own = profile.price.model_dump()
    if found is not None:
        return found.model_copy(update={**own, "source": f"the profile, over: {found.source}"})
    return PriceEntry(**own, provider=profile.provider, read_on="0000-00", source="the profile")


def _closest(table: Sequence[PriceEntry], provider: str, service: str, model: str | None) -> PriceEntry | None:
    fitting = [
        one
        for one in table
        if one.provider == provider and one.service in (None, service) and one.model in (None, model)
    ]
    return max(fitting, key=lambda one: (one.model is not None, one.service is not None), default=None)
