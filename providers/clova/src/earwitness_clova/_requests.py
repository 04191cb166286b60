"""From the neutral request to what CLOVA is sent, checked before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from earwitness.errors import InvalidRequestError, UnsupportedFeatureError
from earwitness.models import Notice
from earwitness.provider import Submission
from earwitness.request import HotWord, StoredAudio, TranscriptionRequest, UrlAudio, longest_match

from ._translate import ATTEMPT, State
from .capabilities import SYNC_MAX_MS
from .settings import LongOptions, ShortOptions

__all__ = [
    "LANGUAGES",
    "boostings",
    "forbiddens",
    "ignored_hot_words",
    "language_code",
    "long_params",
    "long_state",
    "long_way",
    "short_query",
    "timeout_s",
]

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "long": {"ko": "ko-KR", "en": "en-US", "ja": "ja", "zh": "zh-cn", "zh-TW": "zh-tw", "zh-Hant": "zh-tw"},
    "short": {"ko": "Kor", "en": "Eng", "ja": "Jpn", "zh": "Chn"},
    "streaming": {"ko": "ko", "en": "en", "ja": "ja"},
}
"""What each service calls a language; the longest beginning of a tag decides. A bare `zh` is written simplified."""

MIXED: Mapping[str, Mapping[frozenset[str], str]] = {"long": {frozenset({"ko-KR", "en-US"}): "enko"}}
"""What each service calls languages that are mixed in one recording."""

_VENDORS_OWN = "_ncp_"
_ANSWER_AT_ONCE_S = 120.0
_SHARE_OF_AUDIO = 0.25
_SHORT_HOT_WORDS_CHARS = 512
_SHORTEST_HOT_WORD = 3
_ASSESSED = ("Kor", "Eng")


def language_code(service: str, languages: Sequence[str]) -> str:
    """What the service calls these languages together. Raises UnsupportedFeatureError for what it cannot hear."""
    codes = [longest_match(LANGUAGES[service], tag) for tag in languages]
    named = frozenset(code for code in codes if code)
    found = next(iter(named)) if len(named) == 1 else MIXED.get(service, {}).get(named)
    if found and None not in codes:
        return found
    raise UnsupportedFeatureError(
        f"CLOVA ({service}) cannot hear {' + '.join(languages) or 'a language that is not named'}",
        feature="language",
        action=f"Name one of {', '.join(LANGUAGES[service])}.",
    )


def boostings(hot_words: Iterable[HotWord]) -> list[dict[str, Any]]:
    """The hot words as CLOVA groups them: one comma-separated string for each weight. Raises InvalidRequestError.

    The vendor's documents show no range for these weights; 1 is the one in its examples, so ours go as they are.
    """
    groups: dict[float | None, list[str]] = {}
    for word in hot_words:
        groups.setdefault(word.weight, []).append(word.text)
    return [
        {"words": _joined(words, "hot_words"), **({} if weight is None else {"weight": weight})}
        for weight, words in groups.items()
    ]


def forbiddens(words: Sequence[str]) -> str:
    """The forbidden words as one comma-separated string. Raises InvalidRequestError."""
    return _joined(words, "forbidden_words")


def long_way(submission: Submission) -> tuple[str, dict[str, Any]]:
    """Which of the three ways the audio takes, and the fields that say where it lies."""
    if submission.attempt.audio_url:
        return "url", {"url": submission.attempt.audio_url}
    match submission.request.audio:
        case UrlAudio(url):
            return "url", {"url": url}
        case StoredAudio(key):
            return "object-storage", {"dataKey": _data_key(key)}
    if submission.media is None:
        raise InvalidRequestError("There is no audio to hand over", action="Give a file, a URL or a stored object.")
    return "upload", {}


def long_params(submission: Submission, options: LongOptions) -> dict[str, Any]:
    """The long service's parameters: what its defaults would make a trap is always explicit, what is unset is left out.

    Source: manual, long-sentence recognition, request. Raises InvalidRequestError and UnsupportedFeatureError.
    """
    request = submission.request
    callback = _callback(submission, options)
    _check_long(submission, options)
    return {
        "language": language_code("long", submission.plan.languages),
        "completion": options.completion,
        "callback": callback,
        "userdata": _userdata(submission, options),
        "wordAlignment": request.word_times is not False,
        "fullText": options.full_text,
        "resultToObs": _to_storage(options, callback),
        "noiseFiltering": request.noise_filter is not False,
        "boostings": boostings(request.hot_words) or None,
        "useDomainBoostings": options.use_domain_boostings,
        "forbiddens": forbiddens(request.forbidden_words) or None,
        "diarization": _diarization(request),
        "sed": {"enable": request.sound_events is True},
        "format": None if options.format == "JSON" else options.format,
    }


def long_state(request: TranscriptionRequest, options: LongOptions) -> State:
    """What a reference must remember so that its answer can be read after a restart."""
    asked: dict[str, str | int | float | bool | None] = {}
    if request.speakers:
        asked["speakers"] = True
    if options.format != "JSON":
        asked["format"] = options.format
    return asked


def timeout_s(submission: Submission, options: LongOptions) -> float:
    """How long to wait for the answer to a submission, in seconds: at once, or with the whole transcript."""
    if options.completion == "async":
        return _ANSWER_AT_ONCE_S
    known = submission.media.facts.duration_ms if submission.media else None
    return _ANSWER_AT_ONCE_S + _SHARE_OF_AUDIO * (SYNC_MAX_MS if known is None else known) / 1000


def short_query(submission: Submission, options: ShortOptions) -> dict[str, str]:
    """The short service's parameters. Source: manual, short-sentence recognition. Raises InvalidRequestError."""
    language = language_code("short", submission.plan.languages)
    if options.assessment and language not in _ASSESSED:
        raise UnsupportedFeatureError(
            "CLOVA (short) scores the pronunciation of Korean and English only", feature="assessment"
        )
    if options.graph and not options.assessment:
        raise InvalidRequestError("graph draws an assessment", action="Set assessment too.")
    words = [word.text for word in submission.request.hot_words]
    query = {
        "lang": language,
        "assessment": "true" if options.assessment else "",
        "utterance": options.utterance or "",
        "boostings": _short_boostings(words),
        "graph": "true" if options.graph else "",
    }
    return {name: value for name, value in query.items() if value}


def ignored_hot_words(submission: Submission) -> tuple[Notice, ...]:
    """A notice of the hot words that are too short for the short service."""
    count = sum(len(word.text) < _SHORTEST_HOT_WORD for word in submission.request.hot_words)
    told = f"CLOVA (short) ignores hot words of fewer than {_SHORTEST_HOT_WORD} characters."
    return (Notice("dropped", told, "hot_words", count),) if count else ()


def _joined(words: Sequence[str], option: str) -> str:
    if any("," in word for word in words):
        raise InvalidRequestError(
            f"CLOVA separates {option} by commas, and one of them holds a comma", action="Give its parts as words."
        )
    return ", ".join(words)


def _short_boostings(words: Sequence[str]) -> str:
    joined = "\t".join(words)
    if any("\t" in word for word in words):
        raise InvalidRequestError("CLOVA separates hot words by tabs, and one of them holds a tab")
    if len(joined) > _SHORT_HOT_WORDS_CHARS:
        raise InvalidRequestError(
            f"CLOVA (short) takes hot words of {_SHORT_HOT_WORDS_CHARS} characters in total, not {len(joined)}",
            action="Give fewer of them.",
        )
    return joined


def _data_key(key: str) -> str:
    """The key as it is: with and without a slash in front are both in use."""
    if not key.strip("/ ") or not key.isprintable():
        raise InvalidRequestError(
            "The stored object's key is empty or holds control characters",
            action="Give the object's path below the domain's recognition path.",
        )
    return key


def _callback(submission: Submission, options: LongOptions) -> str | None:
    if options.completion == "sync":
        if options.callback is not None:
            raise InvalidRequestError("callback has no effect with completion sync", action="Leave one of them out.")
        return None
    callback = options.callback or submission.attempt.callback_url
    if callback is not None and not callback.startswith(("http://", "https://")):
        raise InvalidRequestError("callback is not an http or https address", action="Correct it.")
    return callback


def _to_storage(options: LongOptions, callback: str | None) -> bool:
    """Whether the result is stored too. An asynchronous job without that and without callback would be refused."""
    if options.result_to_obs is not None:
        return options.result_to_obs
    return options.completion == "async" and callback is None


def _check_long(submission: Submission, options: LongOptions) -> None:
    callback = options.callback or submission.attempt.callback_url
    if options.completion == "async" and options.result_to_obs is False and not callback:
        raise InvalidRequestError(
            "CLOVA refuses an asynchronous job with neither a callback nor a stored result",
            action="Leave result_to_obs unset, or give a callback.",
        )
    if options.use_domain_boostings and submission.request.hot_words:
        raise InvalidRequestError(
            "use_domain_boostings and hot words exclude each other", action="Leave one of them out."
        )
    known = submission.media.facts.duration_ms if submission.media else None
    if options.completion == "sync" and known is not None and known > SYNC_MAX_MS:
        raise InvalidRequestError(
            f"CLOVA waits with at most {SYNC_MAX_MS // 3_600_000} hours of audio", action="Use completion async."
        )


def _diarization(request: TranscriptionRequest) -> dict[str, Any]:
    if not request.speakers:
        return {"enable": False}
    return {"enable": True, "speakerCountMin": request.speakers.min, "speakerCountMax": request.speakers.max}


def _userdata(submission: Submission, options: LongOptions) -> dict[str, Any]:
    """The user's own data and our attempt's id, which the vendor echoes beside keys of its own."""
    metadata = submission.request.metadata
    reserved = [key for key in (*options.userdata, *metadata) if key == ATTEMPT or key.startswith(_VENDORS_OWN)]
    doubled = sorted(options.userdata.keys() & metadata.keys())
    if reserved or doubled:
        which = f"{len(reserved)} reserved keys" if reserved else f"{len(doubled)} keys that metadata has too"
        raise InvalidRequestError(
            f"The data for CLOVA to echo has {which}",
            action=f"Rename them; {ATTEMPT} and keys beginning with {_VENDORS_OWN} are taken.",
        )
    return {**options.userdata, **metadata, ATTEMPT: submission.attempt.id}
