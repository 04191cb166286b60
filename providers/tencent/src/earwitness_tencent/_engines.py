"""Tencent's engines as data, and the one that hears a language at a sampling rate. Pure.

Source: manual, CreateRecTask, SentenceRecognition and flash recognition, the engines of each; the international site's
own list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from earwitness.errors import EarwitnessError, InvalidRequestError, UnsupportedFeatureError
from earwitness.models import Notice
from earwitness.request import longest_match

__all__ = [
    "ENGINES",
    "INTERNATIONAL",
    "MANY",
    "MIXED",
    "SERVICES",
    "TELEPHONE_RATE",
    "Engine",
    "Site",
    "doubted",
    "engine_for",
    "is_second",
    "named_engine",
    "strange_engine",
]

Site = Literal["china", "international"]
TELEPHONE_RATE = 8_000

_CHINESE = ("zh-CN", "zh-Hans")

MIXED = (*_CHINESE, "en", "yue")
"""What the engines for mixed speech hear together."""
MANY = ("en", "ja", "ko", "ar", "fil", "fr", "hi", "id", "ms", "pt", "es", "th", "tr", "vi", "de")
"""What the engine for many languages tells apart, sentence by sentence. Chinese is not among them."""
SERVICES = ("recording", "sentence", "flash", "realtime")
_NOT_SENTENCE = frozenset(("recording", "flash", "realtime"))
_RECORDING = frozenset(("recording",))
_LIVE = frozenset(("realtime",))
_SECOND_ENDS = ("_2.0", "_speaker")


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine. `languages` are the tags that it hears, together where `mixed`.

    `speakers`: it tells speakers apart; `plain`: a recording's answer is text with sentence times, without words;
    `emotion`: it hears emotions; `rich`: it takes the paid answer forms 4 and 5 and the hot-word weight 100;
    `services`: where it is documented.
    """

    languages: tuple[str, ...]
    mixed: bool = False
    speakers: bool = False
    plain: bool = False
    emotion: bool = False
    rich: bool = False
    services: frozenset[str] = frozenset(SERVICES)


_WITH_SPEAKERS = ("ja", "ko", "ms", "id", "es", "fr")
_WITHOUT = ("vi", "fil", "th", "pt", "tr", "ar", "hi", "de")

ENGINES: Mapping[str, Engine] = {
    "16k_zh": Engine(_CHINESE, speakers=True, emotion=True, rich=True),
    "16k_zh_en": Engine(MIXED, mixed=True, speakers=True, emotion=True, services=_NOT_SENTENCE),
    "16k_zh_en_2.0": Engine(MIXED, mixed=True, speakers=True, emotion=True, services=_RECORDING | _LIVE),
    "16k_zh_en_speaker": Engine(MIXED, mixed=True, speakers=True, services=_LIVE),
    "16k_zh_en_meeting": Engine(MIXED, mixed=True, speakers=True, services=_RECORDING),
    "16k_zh_large": Engine((*_CHINESE, "en"), mixed=True, speakers=True, services=_NOT_SENTENCE),
    "16k_zh-PY": Engine(MIXED, mixed=True),
    "16k_zh-TW": Engine(("zh-TW", "zh-Hant"), services=_NOT_SENTENCE),
    "16k_zh_dialect": Engine(_CHINESE, speakers=True, services=frozenset(("recording", "sentence", "flash"))),
    "16k_zh_medical": Engine(_CHINESE, plain=True),
    "16k_zh_edu": Engine(_CHINESE, services=_LIVE),
    "16k_zh_court": Engine(_CHINESE, services=_LIVE),
    "16k_zh_video": Engine(_CHINESE, services=_NOT_SENTENCE),
    "16k_yue": Engine(("yue", "zh-HK")),
    "16k_en": Engine(("en",), speakers=True),
    "16k_en_large": Engine(("en",), services=_NOT_SENTENCE),
    "16k_en_game": Engine(("en",), services=_LIVE),
    "16k_en_edu": Engine(("en",), services=_LIVE),
    "16k_multi_lang": Engine((*MANY, "auto"), mixed=True, plain=True, services=_NOT_SENTENCE),
    "8k_zh": Engine(_CHINESE, speakers=True, emotion=True, rich=True),
    "8k_zh_large": Engine(_CHINESE, speakers=True, services=_NOT_SENTENCE),
    "8k_en": Engine(("en",)),
    **{f"16k_{tag}": Engine((tag,), speakers=True, plain=True) for tag in _WITH_SPEAKERS},
    **{f"16k_{tag}": Engine((tag,), plain=True) for tag in _WITHOUT},
    "16k_ca": Engine(("yue",), services=_NOT_SENTENCE),
    "16k_0": Engine((*_CHINESE, "en"), mixed=True, services=_NOT_SENTENCE),
    "8k_0": Engine((*_CHINESE, "en"), mixed=True, services=_NOT_SENTENCE),
    "8k_6": Engine(_CHINESE, services=_NOT_SENTENCE),
}
"""Every engine that some page of the vendor names. The last four are old; whether they still answer nobody says."""

INTERNATIONAL = ("16k_zh_large", "16k_multi_lang", "16k_zh-PY", "16k_ms", "16k_id", "16k_th")
"""What the international site offers."""

_WIDE: Mapping[str, str] = {
    "zh": "16k_zh", "zh-TW": "16k_zh-TW", "zh-Hant": "16k_zh-TW", "zh-HK": "16k_yue", "yue": "16k_yue",
    "en": "16k_en", "auto": "16k_multi_lang",
    **{tag: f"16k_{tag}" for tag in (*_WITH_SPEAKERS, *_WITHOUT)},
}  # fmt: skip
_NARROW: Mapping[str, str] = {"zh": "8k_zh", "en": "8k_en", "zh-TW": "", "zh-Hant": "", "zh-HK": ""}
_ABROAD: Mapping[str, str] = {
    **dict.fromkeys((*MANY, "auto"), "16k_multi_lang"),
    "zh": "16k_zh_large", "yue": "16k_zh-PY", "ms": "16k_ms", "id": "16k_id", "th": "16k_th",
    "zh-TW": "", "zh-Hant": "", "zh-HK": "16k_zh-PY",
}  # fmt: skip
_MIXTURES: Mapping[Site, tuple[str, ...]] = {
    "china": ("16k_zh_en", "16k_zh-PY", "16k_multi_lang"),
    "international": ("16k_zh_large", "16k_zh-PY", "16k_multi_lang"),
}
"""What hears several languages in one recording; the first that a service has and that hears them all."""
_NAME = re.compile(r"(?:8|16)k_[A-Za-z0-9._-]{1,60}")


def engine_for(service: str, languages: Sequence[str], *, rate: int | None, site: Site) -> str:
    """The engine of this service for these languages together, at this sampling rate in Hz.

    Telephone audio (8 kHz) has engines of its own for Chinese and English; other languages hear it at 16 kHz. Raises
    UnsupportedFeatureError for what no engine hears.
    """
    alone = len(languages) == 1
    found = _single(languages[0], rate=rate, site=site) if alone else _mixture(service, languages, site)
    if found and service in ENGINES[found].services:
        return found
    raise UnsupportedFeatureError(
        f"Tencent ({service}) cannot hear {' + '.join(languages) or 'a language that is not named'}",
        feature="language",
        action="Name one of the languages that `earwitness providers --capabilities` lists, or an engine as model.",
    )


def named_engine(name: str, languages: Sequence[str], *, service: str, site: Site) -> Engine:
    """What is known of the engine that was asked for. An unknown one is taken on trust, for vendors add engines.

    Raises InvalidRequestError for what cannot be an engine's name, a wrong spelling, another service's or site's
    engine, or one that does not hear these languages.
    """
    engine = ENGINES.get(name)
    if engine is None:
        return _unknown(name, languages)
    if service not in engine.services:
        raise InvalidRequestError(f"Tencent's engine {name} is not for {service}", action=_instead(service, site))
    if site == "international" and name not in INTERNATIONAL:
        raise InvalidRequestError(
            f"Tencent's international site does not offer the engine {name}", action=_instead(service, site)
        )
    if not all(_hears(engine, tag) for tag in languages) or (len(languages) > 1 and not engine.mixed):
        raise InvalidRequestError(
            f"Tencent's engine {name} does not hear {' + '.join(languages)}",
            action="Leave model out, and an engine is chosen by the language.",
        )
    return engine


def strange_engine(name: object) -> tuple[Notice, ...]:
    """The notice that an engine is taken on trust, with the nearest known one: the name may be misspelt."""
    if not isinstance(name, str) or name in ENGINES:
        return ()
    near = get_close_matches(name, ENGINES, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    return (Notice("vendor_warning", f"The engine {name[:70]} is not among those that are known here{meant}", "model"),)


def doubted(error: EarwitnessError, name: object) -> EarwitnessError:
    """A refused request's error, which says so too if its engine is not known here."""
    if isinstance(error, InvalidRequestError):
        for notice in strange_engine(name):
            error.action = f"{error.action or ''} {notice.message}".strip()
    return error


def is_second(name: str) -> bool:
    """Whether live audio needs other parameters, and has other messages, with this engine: those of the manual's V2."""
    return name.endswith(_SECOND_ENDS)


def _single(tag: str, *, rate: int | None, site: Site) -> str | None:
    if site == "international":
        return longest_match(_ABROAD, tag)
    narrow = longest_match(_NARROW, tag) if rate == TELEPHONE_RATE else None
    return narrow or longest_match(_WIDE, tag)


def _mixture(service: str, languages: Sequence[str], site: Site) -> str | None:
    fitting = (name for name in _MIXTURES[site] if service in ENGINES[name].services)
    return next((name for name in fitting if languages and all(_hears(ENGINES[name], tag) for tag in languages)), None)


def _hears(engine: Engine, tag: str) -> bool:
    """Whether one of its languages covers the tag; without region a tag matches any region of its language."""
    return any(known == tag or known.startswith(f"{tag}-") or tag.startswith(f"{known}-") for known in engine.languages)


def _unknown(name: str, languages: Sequence[str]) -> Engine:
    meant = next((one for one in ENGINES if _plainly(one) == _plainly(name)), None)
    if meant or not _NAME.fullmatch(name):
        raise InvalidRequestError(
            f"Tencent has no engine {name[:40]!r}",
            action=f"Did you mean {meant}?" if meant else f"The engines are: {', '.join(ENGINES)}.",
        )
    return Engine(tuple(languages), mixed=True, speakers=True, emotion=True, rich=True)


def _plainly(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _instead(service: str, site: Site) -> str:
    fitting = [name for name, one in ENGINES.items() if service in one.services]
    return f"Use one of: {', '.join(name for name in fitting if site == 'china' or name in INTERNATIONAL)}."
