"""The configuration that opens a stream, from the neutral request, checked before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from earwitness.errors import InvalidRequestError
from earwitness.provider import Submission
from earwitness.request import HotWord
from earwitness.rest import json_body

from ._requests import boostings, forbiddens, language_code
from .settings import StreamingOptions

__all__ = ["stream_config"]

_STRONGEST: Final = 5.0
_STRONGEST_OF_OURS: Final = 10.0


def stream_config(submission: Submission, options: StreamingOptions) -> str:
    """The JSON text of CONFIG (manual, real-time streaming). Raises InvalidRequestError, UnsupportedFeatureError."""
    request = submission.request
    forbidden = forbiddens(request.forbidden_words)
    config = {
        "transcription": {"language": language_code("streaming", submission.plan.languages)},
        "keywordBoosting": _keywords(request.hot_words, options),
        "forbidden": {"forbiddens": forbidden} if forbidden else None,
        "semanticEpd": {
            "skipEmptyText": options.skip_empty_text,
            "useWordEpd": options.use_word_epd,
            "usePeriodEpd": options.use_period_epd,
            "gapThreshold": options.gap_threshold,
            "durationThreshold": options.duration_threshold,
            "syllableThreshold": options.syllable_threshold,
        },
        "translation": _translation(options),
    }
    return json_body(config).decode()


def _keywords(hot_words: tuple[HotWord, ...], options: StreamingOptions) -> Mapping[str, Any] | None:
    """Hot words of the request or lists of the domain: the vendor takes either form, never both."""
    if options.boosting_ids and not options.use_domain_boostings:
        raise InvalidRequestError("boosting_ids name lists of the domain", action="Set use_domain_boostings too.")
    if hot_words and options.use_domain_boostings:
        raise InvalidRequestError(
            "use_domain_boostings and hot words exclude each other", action="Leave one of them out."
        )
    if hot_words:
        return {"boostings": boostings(HotWord(text=word.text, weight=_weight(word)) for word in hot_words)}
    if options.use_domain_boostings is None:
        return None
    return {"useDomainBoostings": options.use_domain_boostings, "boostingIDs": options.boosting_ids or None}


def _weight(word: HotWord) -> float | None:
    """Our weight on the vendor's scale: up to 1 they agree, and our strongest, 10, is its strongest, 5."""
    if word.weight is None or word.weight <= 1:
        return word.weight
    return round(1 + (word.weight - 1) * (_STRONGEST - 1) / (_STRONGEST_OF_OURS - 1), 2)


def _translation(options: StreamingOptions) -> Mapping[str, Any] | None:
    if options.translate_to:
        return {"targets": options.translate_to, "mergedResult": options.merge_translation}
    if options.merge_translation is not None:
        raise InvalidRequestError("merge_translation is about a translation", action="Set translate_to too.")
    return None
