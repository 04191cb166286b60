"""Switches decide what nobody documents: each vendor's emulator has a model of them, with the likeliest as default."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from .._wrongs import wrongs
from ..errors import ConfigurationError

__all__ = ["Switches", "read_switches"]

S = TypeVar("S", bound="Switches")


class Switches(BaseModel):
    """The base of every emulator's switches. Fields take their values as text too, as a command line gives them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_switches(model: type[S], given: Mapping[str, str]) -> S:
    """The switches with these ones changed. Raises ConfigurationError naming each wrong one and what there is."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise ConfigurationError(
            f"A switch is wrong: {wrongs(error, model)}", action=f"The switches are: {', '.join(model.model_fields)}."
        ) from None
