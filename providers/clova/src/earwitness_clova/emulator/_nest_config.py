"""What the CONFIG of a stream asks for, and the answer to it (manual sections 5.5 and 5.7)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, ValidationError, model_validator

from ._nest_pieces import UNASKED, Cutting

__all__ = ["FAILURE", "SUCCESS", "Configured", "configured"]

SUCCESS = "Success"
FAILURE = "Failure"
"""The vendor's own wording of failures is not known."""

_DEFAULT_LANGUAGE = "ko"
"""For a CONFIG without `transcription`, which is optional, while the language inside is not."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What was understood of a CONFIG. `statuses` is the object `config` of the answer."""

    statuses: Mapping[str, Any]
    language: str = _DEFAULT_LANGUAGE
    cutting: Cutting = UNASKED

    @property
    def accepted(self) -> bool:
        """Whether the stream goes on. A feature that failed does not end it: it is heard without that feature."""
        return bool(self.statuses["status"] == SUCCESS)

    @property
    def features(self) -> Mapping[str, Mapping[str, str]]:
        """The features that were asked for and their statuses, by the vendor's names in CONFIG."""
        return {name: status for name, status in self.statuses.items() if name in _FEATURES}


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Transcription(_Lenient):
    language: Literal["ko", "en", "ja"]


class _Boosting(_Lenient):
    words: str
    weight: Annotated[StrictFloat | StrictInt, Field(ge=0, le=5)] = 1


class _KeywordBoosting(_Lenient):
    boostings: list[_Boosting] = Field(default_factory=list)
    by_domain: StrictBool = Field(default=False, alias="useDomainBoostings")
    ids: list[StrictInt | str] = Field(default_factory=list, alias="boostingIDs", max_length=30)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.boostings and self.by_domain:
            raise ValueError("either form, never both")
        return self


class _Forbidden(_Lenient):
    forbiddens: str


class _SemanticEpd(_Lenient):
    skip_empty: StrictBool = Field(default=False, alias="skipEmptyText")
    at_words: StrictBool = Field(default=False, alias="useWordEpd")
    at_periods: StrictBool = Field(default=False, alias="usePeriodEpd")
    gap_ms: StrictInt = Field(default=500, alias="gapThreshold", ge=0)
    duration_ms: StrictInt = Field(default=10_000, alias="durationThreshold", ge=0)
    syllables: StrictInt = Field(default=0, alias="syllableThreshold", ge=0)


_FEATURES: Mapping[str, type[_Lenient]] = {
    "keywordBoosting": _KeywordBoosting,
    "forbidden": _Forbidden,
    "semanticEpd": _SemanticEpd,
}


def configured(text: str) -> Configured:
    """What this text asks for. Unknown keys are ignored; what cannot be used has a status that is not `Success`."""
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        return Configured({"status": FAILURE})
    given = {name: value for name, value in asked.items() if value is not None}
    transcription = _read(_Transcription, given.get("transcription", {"language": _DEFAULT_LANGUAGE}))
    statuses: dict[str, Any] = {"status": _status(transcription), "transcription": {"status": _status(transcription)}}
    features = {name: _read(model, given[name]) for name, model in _FEATURES.items() if name in given}
    statuses |= {name: {"status": _status(feature)} for name, feature in features.items()}
    epd = features.get("semanticEpd")
    cutting = Cutting(**epd.model_dump()) if epd is not None else UNASKED
    return Configured(statuses, transcription.language if transcription else "", cutting)


M = TypeVar("M", bound=_Lenient)


def _read(model: type[M], value: object) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _status(understood: object) -> str:
    return FAILURE if understood is None else SUCCESS
