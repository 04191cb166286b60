"""What a submission to the long service asks for, checked as the vendor checks it (manual, 2.3 to 2.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ._refusals import BAD_PARAMETER, NOT_JSON, RefusedError
from ._switches import ClovaSwitches

__all__ = ["ECHOED", "TAGS", "Asked", "Way", "read_params"]

Way = Literal["upload", "url", "object-storage"]

ECHOED: Mapping[str, str] = {
    "ko-KR": "ko",
    "en-US": "en",
    "enko": "enko",
    "ja": "ja",
    "zh-cn": "zh-cn",
    "zh-tw": "zh-tw",
}
"""What `params.lang` says of each language that can be asked for (2.9)."""

TAGS: Mapping[str, str] = {
    "ko-KR": "ko-KR",
    "en-US": "en-US",
    "enko": "ko-KR",
    "ja": "ja-JP",
    "zh-cn": "zh-CN",
    "zh-tw": "zh-TW",
}
"""The tag of each language, for whoever listens."""

_FLAGS = {"wordAlignment": True, "fullText": True, "noiseFiltering": True, "resultToObs": False}
_PLACES: Mapping[str, str] = {"url": "url", "object-storage": "dataKey"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One submission with every default filled in. `place` is the URL or the data key. Its repr hides both."""

    way: Way
    language: str
    sync: bool
    format: str
    flags: Mapping[str, bool]
    diarize: bool
    speakers: tuple[int, int]
    events: bool
    place: str = field(default="", repr=False)
    callback: str = field(default="", repr=False)
    userdata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    boostings: tuple[Any, ...] = field(default=(), repr=False)
    forbiddens: str = field(default="", repr=False)

    def echo(self) -> dict[str, Any]:
        """The normalised parameters as a result repeats them (2.9), but for `userdata`."""
        low, high = self.speakers
        return {
            "service": "ncp",
            "domain": "general",
            "lang": ECHOED[self.language],
            "completion": "sync" if self.sync else "async",
            "callback": self.callback,
            "diarization": {"enable": self.diarize, "speakerCountMin": low, "speakerCountMax": high},
            "sed": {"enable": self.events},
            "boostings": list(self.boostings),
            "forbiddens": self.forbiddens,
            **self.flags,
            "priority": 0,
        }


def read_params(text: str | bytes, way: Way, switches: ClovaSwitches) -> Asked:
    """The parameters in this JSON. Unknown keys are ignored, and null is as good as nothing. Raises RefusedError."""
    given = _Fields(_object(text))
    place = _place(given, way, switches)
    language = given.text("language", required=True)
    if language not in ECHOED:
        raise _bad("language")
    sync = given.choice("completion", ("async", "sync"), "async") == "sync"
    flags = {name: given.flag(name, default) for name, default in _FLAGS.items()}
    callback = given.text("callback")
    if not sync and not callback and not flags["resultToObs"]:
        raise RefusedError(BAD_PARAMETER, "callback or resultToObs is required")
    boostings = _boostings(given, switches)
    diarize, speakers = _diarization(given, switches)
    return Asked(
        way,
        language,
        sync,
        given.choice("format", ("JSON", "SRT", "SMI"), "JSON"),
        flags,
        diarize,
        speakers,
        _Fields(given.table("sed")).flag("enable", False),
        place,
        callback,
        given.table("userdata"),
        boostings,
        given.text("forbiddens"),
    )


class _Fields:
    """A JSON object read with the types that the manual names. Raises RefusedError naming the field."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = {name: value for name, value in data.items() if value is not None}

    def text(self, name: str, *, required: bool = False) -> str:
        value = self._data.get(name, "")
        if not isinstance(value, str) or (required and not value):
            raise _bad(name)
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._data.get(name, default)
        if not isinstance(value, bool):
            raise _bad(name)
        return value

    def number(self, name: str, default: int) -> int:
        value = self._data.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _bad(name)
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value not in choices:
            raise _bad(name)
        return value

    def table(self, name: str) -> dict[str, Any]:
        value = self._data.get(name, {})
        if not isinstance(value, dict):
            raise _bad(name)
        return value

    def tables(self, name: str) -> list[dict[str, Any]]:
        value = self._data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise _bad(name)
        return value

    def __contains__(self, name: str) -> bool:
        return name in self._data


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError(NOT_JSON) from None
    if not isinstance(data, dict):
        raise RefusedError(NOT_JSON)
    return data


def _place(given: _Fields, way: Way, switches: ClovaSwitches) -> str:
    """Where the audio lies, if not in the request itself."""
    if way == "upload":
        return ""
    name = _PLACES[way]
    if name == "dataKey" and switches.data_key_alias and name not in given:
        name = "datakey"
    place = given.text(name, required=True)
    if way == "url" and not place.startswith(("http://", "https://")):
        raise _bad(name)
    return place


def _boostings(given: _Fields, switches: ClovaSwitches) -> tuple[Any, ...]:
    tables = given.tables("boostings")
    words = [word for one in tables for word in _Fields(one).text("words").split(",")]
    if len(words) > switches.boosting_limit or any(not _is_weight(one.get("weight", 1)) for one in tables):
        raise _bad("boostings")
    if given.flag("useDomainBoostings", False) and tables:
        raise _bad("useDomainBoostings")
    return tuple(tables)


def _is_weight(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _diarization(given: _Fields, switches: ClovaSwitches) -> tuple[bool, tuple[int, int]]:
    """Whether speakers are told apart, and how many; left out means yes (7.1)."""
    told = _Fields(given.table("diarization"))
    enable = told.flag("enable", True)
    low, high = told.number("speakerCountMin", -1), told.number("speakerCountMax", -1)
    if max(low, high) > switches.speaker_limit or 0 in (low, high) or min(low, high) < -1:
        raise _bad("diarization")
    if low > 0 and 0 < high < low:
        raise _bad("diarization")
    if enable and switches.speaker_recognition == "off":
        raise RefusedError(BAD_PARAMETER, "speaker detect is off")
    return enable and switches.speaker_recognition == "on", (low, high)


def _bad(name: str) -> RefusedError:
    return RefusedError(BAD_PARAMETER, f"Invalid params: {name}")
