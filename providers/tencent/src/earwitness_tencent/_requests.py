"""From the neutral request to what Tencent is sent, checked before anything is sent. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from earwitness.errors import InvalidRequestError
from earwitness.media import Media
from earwitness.provider import Submission
from earwitness.request import HotWord, TranscriptionRequest, UrlAudio

from ._engines import ENGINES, Engine, Site
from ._segments import Voices
from ._translate import State
from .settings import FlashOptions, RealtimeOptions, RecordingOptions, SentenceOptions

__all__ = [
    "common",
    "engine_of",
    "flash_query",
    "hot_word_list",
    "recording_params",
    "recording_state",
    "sentence_params",
    "telephone",
    "voices",
]

AnyOptions = RecordingOptions | SentenceOptions | FlashOptions | RealtimeOptions

VOICE_FORMATS: Mapping[str, str] = {
    "wav": "wav", "ogg": "ogg-opus", "opus": "ogg-opus", "mp3": "mp3", "m4a": "m4a", "mp4": "m4a", "mov": "m4a",
    "aac": "aac", "amr": "amr", "pcm": "pcm", "raw": "pcm", "spx": "speex", "speex": "speex", "silk": "silk",
}  # fmt: skip
"""What the vendor calls a container, by FFmpeg's name or the end of a file's name."""

_PROFANITY = {"keep": 0, "remove": 1, "mask": 2}
_FILLERS = {"keep": 0, "remove": 1}
_NUMERALS = {"words": 0, "digits": 1}
_LONGEST_WORD = 30
_MOST_WORDS = 128
_REPLACING = 100
_SUPER = 11
_ORDINARY = 5
_WEIGHT = re.compile(r"\d{1,3}")
_DETAILED = 2
_SUBTITLES = 3


def telephone(engine: str) -> bool:
    """Whether the engine is for telephone audio (8 kHz), the only kind whose channels a recording keeps apart."""
    return engine.startswith("8k_")


def engine_of(name: str) -> Engine:
    """What is known of the engine; of an unknown one, that it may do everything."""
    return ENGINES.get(name) or Engine((), mixed=True, speakers=True, emotion=True, rich=True)


def hot_word_list(words: Sequence[HotWord]) -> str:
    """The hot words as `word|weight,...`. Raises InvalidRequestError.

    Our scale has 1 for ordinary emphasis and 10 for the strongest, the vendor's runs from 1 to 10: ordinary is its 5.
    """
    return _checked_list([(word.text, _vendor_weight(word.weight)) for word in words])


def recording_params(submission: Submission, options: RecordingOptions, *, site: Site) -> dict[str, Any]:
    """The parameters of CreateRecTask. Source: manual, CreateRecTask. Raises InvalidRequestError."""
    request, engine = submission.request, _engine(submission)
    separate = request.channels == "separate"
    _check_recording(request, options, engine, site)
    return {
        "EngineModelType": engine,
        "ChannelNum": 2 if separate else 1,
        "ResTextFormat": _text_format(request, options, engine),
        **_source(submission),
        "CallbackUrl": options.callback or submission.attempt.callback_url,
        "SpeakerDiarization": _diarization(request, options),
        "SpeakerNumber": _speaker_number(request, engine),
        "SpeakerRoles": [{"RoleAudioUrl": one.audio_url, "RoleName": one.name} for one in options.speaker_roles]
        or None,
        **_pascal(common(request, options, engine)),
        "EmotionRecognition": _either(request.emotion and 1, options.emotion_recognition, "emotion"),
        "EmotionalEnergy": _flag(options.emotional_energy),
        "SentenceMaxLength": request.max_segment_chars,
        "Extra": None if options.extra is None else json.dumps(options.extra, ensure_ascii=False),
        "KeyWordLibIdList": list(options.keyword_libs) or None,
        "ReinforceHotword": options.reinforce_hotword,
    }


def recording_state(submission: Submission, options: RecordingOptions) -> State:
    """What a reference must remember so that its answer can be read after a restart."""
    request, engine = submission.request, _engine(submission)
    asked: dict[str, str | int | float | bool | None] = {"engine": engine, "speakers": bool(request.speakers)}
    if options.speaker_roles:
        asked["speakers"] = True
    if request.channels == "separate":
        asked["channels"] = True
    if request.speakers and (request.speakers.min or request.speakers.max) and not _speaker_number(request, engine):
        asked["uncounted"] = True
    return asked


def sentence_params(submission: Submission, options: SentenceOptions) -> dict[str, Any]:
    """The parameters of SentenceRecognition. Source: manual, SentenceRecognition. Raises InvalidRequestError."""
    request, engine = submission.request, _engine(submission)
    voice = _voice_format(submission, options.voice_format)
    if options.input_sample_rate is not None and (voice != "pcm" or telephone(engine)):
        raise InvalidRequestError(
            "input_sample_rate is for bare samples (pcm) and engines of 16 kHz", action="Leave it out."
        )
    return {
        "EngSerViceType": engine,
        **_source(submission),
        "VoiceFormat": voice,
        "WordInfo": _word_info(request, options.word_info),
        **_pascal(common(request, options, engine)),
        "InputSampleRate": options.input_sample_rate,
    }


def flash_query(submission: Submission, options: FlashOptions) -> dict[str, str]:
    """The parameters of a flash recording. Source: manual, flash recognition. Raises InvalidRequestError."""
    request, engine = submission.request, _engine(submission)
    words = _word_info(request, options.word_info)
    if request.max_segment_chars is not None:
        words = _subtitled(options.word_info, "word_info")
    query = {
        "engine_type": engine,
        "voice_format": _voice_format(submission, None),
        "speaker_diarization": 1 if request.speakers else 0,
        "first_channel_only": 0 if request.channels == "separate" else 1,
        "word_info": words,
        "sentence_max_length": request.max_segment_chars,
        "reinforce_hotword": options.reinforce_hotword,
        **common(request, options, engine),
    }
    return {name: str(value) for name, value in query.items() if value is not None}


def voices(request: TranscriptionRequest) -> Voices:
    """What a number stands for in an answer of flash, which counts the speakers itself."""
    number = bool(request.speakers and (request.speakers.min or request.speakers.max))
    return Voices(bool(request.speakers), request.channels == "separate", uncounted=number)


def common(request: TranscriptionRequest, options: AnyOptions, engine: str) -> dict[str, Any]:
    """What every service takes, by the names of flash and real-time; None is left to the vendor."""
    if options.hotword_list and request.hot_words:
        raise _doubled("hot_words", "hotword_list")
    listed = _vendors_own(options.hotword_list, engine) if options.hotword_list else hot_word_list(request.hot_words)
    punctuation = None if request.punctuation is None else 0 if request.punctuation else 2
    return {
        "hotword_id": options.hotword_id,
        "hotword_list": listed or None,
        "customization_id": options.customization_id,
        "replace_text_id": options.replace_text_id,
        "filter_dirty": None if request.profanity is None else _PROFANITY[request.profanity],
        "filter_modal": _either(
            None if request.fillers is None else _FILLERS[request.fillers], options.filter_modal, "fillers"
        ),
        "filter_punc": _either(punctuation, options.filter_punc, "punctuation"),
        "convert_num_mode": _either(
            None if request.numerals is None else _NUMERALS[request.numerals], options.convert_num_mode, "numerals"
        ),
    }


def _engine(submission: Submission) -> str:
    assert submission.plan.model is not None, "the plan names the engine"
    return submission.plan.model


def _source(submission: Submission) -> dict[str, Any]:
    """Where the audio is: behind a URL, or in the body."""
    audio = submission.request.audio
    url = submission.attempt.audio_url or (audio.url if isinstance(audio, UrlAudio) else None)
    if url:
        return {"SourceType": 0, "Url": url}
    if submission.media is None:
        raise InvalidRequestError("There is no audio to hand over", action="Give a file, bytes or a URL.")
    with submission.media.open() as file:
        data = file.read()
    return {"SourceType": 1, "Data": base64.b64encode(data).decode(), "DataLen": len(data)}


def _voice_format(submission: Submission, told: str | None) -> str:
    """What the vendor calls the form of the audio: as told, by the container, or by the end of the URL."""
    found = told or _form_of(submission.media) or _form_of_url(submission)
    if found is None:
        raise InvalidRequestError(
            "Tencent wants to know the form of this audio, and neither its name nor its content says it",
            action="Set voice_format in the vendor's options, or use the service recording.",
        )
    return found


def _form_of(media: Media | None) -> str | None:
    if media is None:
        return None
    suffix = PurePosixPath(media.name).suffix.lstrip(".").lower()
    return VOICE_FORMATS.get(media.facts.container or suffix)


def _form_of_url(submission: Submission) -> str | None:
    audio = submission.request.audio
    if not isinstance(audio, UrlAudio):
        return None
    return VOICE_FORMATS.get(PurePosixPath(urlsplit(audio.url).path).suffix.lstrip(".").lower())


def _text_format(request: TranscriptionRequest, options: RecordingOptions, engine: str) -> int:
    """`ResTextFormat`: what was told, else the least that holds what was asked; words are given unless unwanted."""
    if request.max_segment_chars is not None:
        return _subtitled(options.text_format, "text_format")
    if options.text_format is not None:
        return options.text_format
    if engine_of(engine).plain:
        return 0
    more = request.emotion or options.emotion_recognition or options.emotional_energy or options.keyword_libs
    return _DETAILED if request.word_times is not False or more else 0


def _subtitled(told: int | None, option: str) -> int:
    if told not in (None, _SUBTITLES):
        raise InvalidRequestError(
            f"max_segment_chars needs {option} {_SUBTITLES}", action=f"Leave {option} out, or max_segment_chars."
        )
    return _SUBTITLES


def _word_info(request: TranscriptionRequest, told: int | None) -> int | None:
    asked = None if request.word_times is None else _DETAILED if request.word_times else 0
    found = _either(asked, told, "word_times")
    return _DETAILED if found is None else found


def _diarization(request: TranscriptionRequest, options: RecordingOptions) -> int:
    return 3 if options.speaker_roles else 1 if request.speakers else 0


def _speaker_number(request: TranscriptionRequest, engine: str) -> int | None:
    """The exact number of speakers, which engines for telephone audio take up to ten; else the vendor counts."""
    if not request.speakers:
        return None
    exact = request.speakers.min if request.speakers.min == request.speakers.max else None
    return exact if exact and exact <= 10 and telephone(engine) else 0


def _check_recording(request: TranscriptionRequest, options: RecordingOptions, engine: str, site: Site) -> None:
    """The rules between fields (manual, CreateRecTask)."""
    known, separate = engine_of(engine), request.channels == "separate"
    roles = bool(options.speaker_roles)
    detail = options.text_format
    emotion = bool(request.emotion or options.emotion_recognition)
    rules = [
        (bool(detail) and known.plain, f"{engine} gives text without words: text_format must be 0"),
        (detail in (4, 5) and not known.rich, "text_format 4 and 5 are for 8k_zh and 16k_zh"),
        (detail == 0 and bool(request.word_times), "word_times needs a text_format above 0"),
        (emotion and (detail == 0 or known.plain), "emotions need a text_format above 0"),
        (emotion and not known.emotion, f"{engine} hears no emotions"),
        (
            bool(options.emotional_energy) and (detail == 0 or known.plain),
            "emotional_energy needs a text_format above 0",
        ),
        (separate and not telephone(engine), f"{engine} cannot hear channels apart; engines for 8 kHz can"),
        (separate and (bool(request.speakers) or roles), "channels apart and speakers exclude each other"),
        (roles and engine not in ("16k_zh_en_2.0", "16k_zh_en"), "speaker_roles are for 16k_zh_en_2.0 and 16k_zh_en"),
        (any(len(one.name.encode()) > 30 for one in options.speaker_roles), "a role's name has at most 30 bytes"),
        (site == "international" and (roles or emotion), "the international site knows no roles and no emotions"),
        (
            site == "international" and bool(options.hotword_id or options.customization_id),
            "the international site knows no hotword_id and no customization_id",
        ),
    ]
    broken = [why for wrong, why in rules if wrong]
    if broken:
        raise InvalidRequestError(f"Tencent would refuse this: {'; '.join(broken)}", action="Correct these options.")


def _vendors_own(text: str, engine: str) -> str:
    """A hot-word list that is given in the vendor's own form."""
    pairs = [entry.rpartition("|") for entry in text.split(",")]
    if not all(word and _WEIGHT.fullmatch(weight) for word, _, weight in pairs):
        raise InvalidRequestError(
            "hotword_list is not of the form word|weight,word|weight", action="Correct it, or use hot_words."
        )
    weights = {int(weight) for _, _, weight in pairs}
    if not weights <= {*range(1, _SUPER + 1), _REPLACING}:
        raise InvalidRequestError("hotword_list has a weight that is not 1 to 11 or 100", action="Correct it.")
    if _REPLACING in weights and not engine_of(engine).rich:
        raise InvalidRequestError("The weight 100 is for 8k_zh and 16k_zh", action="Use 11, the strongest of the rest.")
    return _checked_list([(word, int(weight)) for word, _, weight in pairs])


def _checked_list(pairs: Sequence[tuple[str, int]]) -> str:
    if len(pairs) > _MOST_WORDS:
        raise InvalidRequestError(f"Tencent takes {_MOST_WORDS} hot words, not {len(pairs)}", action="Give fewer.")
    if any("|" in word or "," in word for word, _ in pairs):
        raise InvalidRequestError(
            "Tencent separates hot words by commas and bars, and one of them holds such", action="Give its parts."
        )
    if any(len(word.encode()) > _LONGEST_WORD for word, _ in pairs):
        raise InvalidRequestError(
            f"A hot word for Tencent has at most {_LONGEST_WORD} letters, or 10 Chinese characters",
            action="Shorten it.",
        )
    return ",".join(f"{word}|{weight}" for word, weight in pairs)


def _vendor_weight(weight: float | None) -> int:
    if weight is None:
        return _ORDINARY
    return round(_ORDINARY + (weight - 1) * 5 / 9) if weight >= 1 else max(1, round(_ORDINARY * weight))


def _either(neutral: int | bool | None, told: int | None, option: str) -> int | None:
    """The neutral option or the vendor's, of which only one may be set."""
    if neutral is not None and neutral is not False and told is not None:
        raise _doubled(option, "the vendor's own option")
    return told if neutral is None or neutral is False else int(neutral)


def _doubled(option: str, other: str) -> InvalidRequestError:
    return InvalidRequestError(f"{option} and {other} say the same", action="Leave one of them out.")


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _pascal(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"".join(part.title() for part in name.split("_")): value for name, value in values.items()}
