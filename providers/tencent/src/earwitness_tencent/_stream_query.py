"""The parameters of a live connection, from the neutral request, checked before anything is sent. Pure."""

from __future__ import annotations

from earwitness.errors import InvalidRequestError
from earwitness.provider import Submission

from ._engines import is_second
from ._requests import common
from .settings import RealtimeOptions

__all__ = ["stream_query"]

_PCM = 1
_DETAILED = 2


def stream_query(submission: Submission, options: RealtimeOptions) -> dict[str, str]:
    """All parameters but those that change with every connection and the signature. Raises InvalidRequestError."""
    request, engine = submission.request, submission.plan.model
    assert engine is not None, "the plan names the engine"
    if options.emotion_recognition and not options.needvad:
        raise InvalidRequestError("emotion_recognition needs needvad 1", action="Leave needvad out.")
    if options.word_info == 100 and engine != "16k_zh_en":
        raise InvalidRequestError("word_info 100 is for 16k_zh_en", action="Use 2.")
    query = {
        "engine_model_type": engine,
        "voice_format": _PCM,
        "needvad": options.needvad,
        "vad_silence_time": options.vad_silence_time,
        "max_speak_time": options.max_speak_time,
        "noise_threshold": options.noise_threshold,
        "word_info": _word_info(submission, options),
        "emotion_recognition": options.emotion_recognition,
        "filter_empty_result": options.filter_empty_result,
        **common(request, options, engine),
        "filter_punc": _punctuation(submission, options),
        **_second_form(submission, options, engine),
    }
    return {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _punctuation(submission: Submission, options: RealtimeOptions) -> int | None:
    """Live, punctuation can be dropped at the end of sentences only."""
    if options.filter_punc == 2:
        raise InvalidRequestError("filter_punc 2 is not for live audio", action="Use 1: none at the end of sentences.")
    asked = submission.request.punctuation
    return options.filter_punc if asked is None else int(not asked)


def _word_info(submission: Submission, options: RealtimeOptions) -> int:
    """Words are given unless unwanted."""
    asked = submission.request.word_times
    if options.word_info is not None and asked is not None:
        raise InvalidRequestError("word_times and word_info say the same", action="Leave one of them out.")
    if options.word_info is not None:
        return options.word_info
    return 0 if asked is False else _DETAILED


def _second_form(submission: Submission, options: RealtimeOptions, engine: str) -> dict[str, str | int | None]:
    """What the engines of the second generation need (manual, real-time recognition, V2)."""
    if not is_second(engine):
        if options.speaker_context_id is not None:
            raise InvalidRequestError(f"{engine} tells no speakers apart", action="Leave speaker_context_id out.")
        return {}
    return {
        "result_mod": 1,
        "sentence_strategy": 1,
        "speaker_diarization": 1 if submission.request.speakers else None,
        "enable_speaker_context": None if options.speaker_context_id is None else 1,
        "speaker_context_id": options.speaker_context_id,
    }
