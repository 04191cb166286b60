"""The settings of a PocketSphinx profile: which model hears."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from earwitness.provider import ProviderSettings
from earwitness.request import language_tag

from .capabilities import DEFAULT_LANGUAGE

__all__ = ["Settings"]


class Settings(ProviderSettings):
    """Nothing set means the English model inside the PocketSphinx package. Another language needs all three paths."""

    language: Annotated[str, AfterValidator(language_tag)] = DEFAULT_LANGUAGE
    """The language of the models below, as a BCP-47 tag."""
    acoustic_model: Path | None = Field(default=None)
    """Folder of the acoustic model (with `mdef`, `means`, `feat.params`)."""
    language_model: Path | None = Field(default=None)
    """N-gram language model (`.lm`, `.lm.bin`, ARPA or DMP)."""
    dictionary: Path | None = Field(default=None)
    """Pronunciation dictionary (`.dict`)."""

    @model_validator(mode="after")
    def _language_has_its_model(self) -> Self:
        models = {
            "acoustic_model": self.acoustic_model,
            "language_model": self.language_model,
            "dictionary": self.dictionary,
        }
        missing = [name for name, path in models.items() if path is None]
        if self.language != DEFAULT_LANGUAGE and missing:
            raise ValueError(f"language {self.language} needs its own models; set {', '.join(missing)} too")
        return self
