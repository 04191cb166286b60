"""What was heard, in the vendor's own words: `Result` lines, `ResultDetail`, and the lists of the other services.

Written from the manual (6.2, 6.3, 8, 9.3, 10.3, 10.4), without the plugin's reading side.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from earwitness.models import Segment, Transcript

from ._sentences import Sentence, Token

__all__ = ["DetailForm", "flash_sentences", "joined", "result_detail", "result_lines", "sentence_words", "stream_words"]

_TAGS = {
    "zh": "chinese", "en": "english", "ja": "japanese", "ko": "korean", "ar": "arabic", "fil": "filipino",
    "fr": "french", "hi": "hindi", "id": "indonesian", "ms": "malay", "pt": "portugal", "es": "spanish", "th": "thai",
    "tr": "turkish", "vi": "vietnam", "de": "german",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DetailForm:
    """How `ResultDetail` is written. `level` is ResTextFormat; `numbered`: `Result` lines carry the voice's number."""

    level: int = 0
    numbered: bool = False
    emotion: bool = False
    language: str | None = None
    blanks: int = 2
    no_words: str = "null"
    wordless: bool = False
    disordered: bool = False
    more: bool = False


def result_lines(sentences: Sequence[Sentence], form: DetailForm) -> str:
    """The `Result` string: one line with a stamp for each sentence, each ended by a line feed."""
    return "".join(f"{_stamp(one, form)}{' ' * form.blanks}{one.text}\n" for one in sentences)


def joined(sentences: Sequence[Sentence]) -> str:
    """All the text in one, with blanks only where the script has them."""
    return Transcript(tuple(Segment(one.text) for one in sentences)).text


def result_detail(sentences: Sequence[Sentence], form: DetailForm) -> list[dict[str, Any]] | None:
    """The `ResultDetail` array; None without word times. Offsets of words are relative to their sentence."""
    if form.level == 0:
        return None
    return [_detail(one, before, form) for one, before in zip(sentences, [None, *sentences], strict=False)]


def sentence_words(sentences: Sequence[Sentence], level: int) -> list[dict[str, Any]] | None:
    """The `WordList` of SentenceRecognition, with absolute times; None for `WordInfo` 0."""
    if level == 0:
        return None
    return [
        {"Word": token.text, "StartTime": token.start_ms, "EndTime": token.end_ms}
        for one in sentences
        for token in one.words(marks=level == 2)
    ]


def flash_sentences(sentences: Sequence[Sentence], level: int) -> list[dict[str, Any]]:
    """The `sentence_list` of flash, with absolute times; `word_list` is null for `word_info` 0."""
    return [
        {
            "text": one.text,
            "start_time": one.start_ms,
            "end_time": one.end_ms,
            "speaker_id": one.voice,
            "word_list": stream_words(one.words(marks=level > 1), stable=True) if level else None,
        }
        for one in sentences
    ]


def stream_words(tokens: Sequence[Token], *, stable: bool) -> list[dict[str, Any]]:
    """The `word_list` of real-time and flash."""
    return [
        {"word": token.text, "start_time": token.start_ms, "end_time": token.end_ms, "stable_flag": int(stable)}
        for token in tokens
    ]


def _stamp(sentence: Sentence, form: DetailForm) -> str:
    number = f",{sentence.voice}" if form.numbered else ""
    return f"[{_time(sentence.start_ms)},{_time(sentence.end_ms)}{number}]"


def _time(ms: int) -> str:
    """Minutes that keep counting, seconds without padding, milliseconds of three digits."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes}:{rest // 1000}.{rest % 1000:03}"


def _detail(one: Sentence, before: Sentence | None, form: DetailForm) -> dict[str, Any]:
    tokens = one.words(marks=form.level > 1)
    spoken = len(one.words(marks=False))
    length = (one.end_ms - one.start_ms) / 1000
    words = [_word(token, one.start_ms) for token in tokens]
    if form.disordered and words:
        words = _disordered(words)
    if form.wordless:
        words = []
    detail = {
        "FinalSentence": one.text,
        "SliceSentence": " ".join(token.text for token in tokens),
        "StartMs": one.start_ms,
        "EndMs": one.end_ms,
        "WordsNum": len(words),
        "Words": words or (None if form.no_words == "null" else []),
        "SpeechSpeed": round(spoken / length, 1) if length else 0,
        "SpeakerId": one.voice,
        "EmotionalEnergy": 0,
        "SilenceTime": max(0, one.start_ms - (before.end_ms if before else one.start_ms)),
        "EmotionType": _emotions(one, form),
        "KeyWordResults": None,
        "WrittenText": one.text if form.level == 5 else None,
        "LangType": _language(one.language or form.language),
        "SpeakerRoleName": "",
    }
    return {**detail, "NewerField": {"Score": 1}} if form.more else detail


def _word(token: Token, origin_ms: int) -> dict[str, Any]:
    return {
        "Word": token.text,
        "OffsetStartMs": token.start_ms - origin_ms,
        "OffsetEndMs": token.end_ms - origin_ms,
    }


def _disordered(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Another order, always the same one for the same words, and a blank word at the first one's end."""
    blank = {**words[0], "Word": " ", "OffsetStartMs": words[0]["OffsetEndMs"]}
    mixed = [*words, blank]
    random.Random(len(mixed)).shuffle(mixed)  # noqa: S311 - it hides nothing
    return mixed


def _emotions(one: Sentence, form: DetailForm) -> list[str] | None:
    if not form.emotion:
        return None
    return [one.emotion] if one.emotion else []


def _language(tag: str | None) -> str:
    return _TAGS.get((tag or "").partition("-")[0], "")
