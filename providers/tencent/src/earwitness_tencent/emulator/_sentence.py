"""SentenceRecognition: at most a minute, heard while the caller waits; its fields lie under `Response` (manual, 8)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._audio import FORMATS, Heard, UnheardError, Wanted, fetched, hear, unpacked
from ._engines import SENTENCE_ENGINES
from ._fields import SENTENCE, checked
from ._refusals import CloudError
from ._rules import LARGEST_SENTENCE, check_sentence
from ._sentences import Sentence, Wishes, sentences_of
from ._wire import joined, sentence_words

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Sentences"]

LONGEST_MS = 60_000
_CODES = {
    "download": "FailedOperation.ErrorDownFile",
    "large": "InvalidParameterValue.ErrorVoicedataTooLong",
    "long": "InvalidParameterValue.ErrorVoicedataTooLong",
    "recognition": "FailedOperation.ErrorRecognize",
}
_INVALID = "InvalidParameterValue.ErrorInvalidVoicedata"


class Sentences:
    """The sentence service of one emulator."""

    def __init__(self, emulator: TencentEmulator) -> None:
        self._emulator = emulator

    async def recognise(self, parameters: dict[str, Any], request_id: str) -> dict[str, Any]:
        """What is said. Raises CloudError."""
        body = checked(parameters, SENTENCE)
        data = check_sentence(body, rule_code=self._emulator.switches.rule_code)
        try:
            heard = await self._heard(body, data)
        except UnheardError as unheard:
            raise CloudError(_CODES.get(unheard.why, _INVALID)) from None
        self._emulator.charge("SentenceRecognition", request_id, heard.duration_ms)
        sentences = sentences_of(heard.channels[0], Wishes(punctuation=body.get("FilterPunc", 0)))
        return _answer(sentences, body.get("WordInfo", 0), heard.duration_ms)

    async def _heard(self, body: dict[str, Any], data: bytes | None) -> Heard:
        engine = SENTENCE_ENGINES[body["EngSerViceType"]]
        rate = body.get("InputSampleRate", engine.sample_rate) if body["VoiceFormat"] == "pcm" else None
        wanted = Wanted(engine, FORMATS[body["VoiceFormat"]], pcm_rate=rate, limit_ms=LONGEST_MS)
        emulator = self._emulator
        if data is not None:
            async with unpacked(data, emulator.scratch) as path:
                return await self._listened(path, wanted)
        timeout = emulator.switches.fetch_timeout_s
        async with fetched(body["Url"], emulator.scratch, limit=LARGEST_SENTENCE, timeout_s=timeout) as path:
            return await self._listened(path, wanted)

    async def _listened(self, path: Path, wanted: Wanted) -> Heard:
        return await hear(self._emulator.hearing, path, wanted)


def _answer(sentences: list[Sentence], level: int, duration_ms: int) -> dict[str, Any]:
    words = sentence_words(sentences, level)
    return {
        "Result": joined(sentences),
        "AudioDuration": duration_ms,
        "WordSize": len(words or ()),
        "WordList": words,
    }
