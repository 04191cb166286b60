"""From Tencent's sentences to neutral segments: the usual one in one flat pass, the odd one with forgiveness. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from earwitness.lenient import FARTHEST_MS, Losses
from earwitness.models import Notice, Segment, Word

from ._wire import FlashSentence, TaskStatus, WireSentence

__all__ = ["LANGUAGES", "Sentences", "Voices", "flash_segment", "is_numbered", "spoken_words", "text_lines"]

LANGUAGES: Mapping[str, str] = {
    "chinese": "zh", "english": "en", "japanese": "ja", "korean": "ko", "arabic": "ar", "filipino": "fil",
    "french": "fr", "hindi": "hi", "indonesian": "id", "malay": "ms", "portugal": "pt", "spanish": "es",
    "thai": "th", "turkish": "tr", "vietnam": "vi", "german": "de",
}  # fmt: skip
"""What the vendor calls a detected language (`LangType`)."""

MARKS = frozenset(".,?!:;…，。？！：；、·~～")
"""Punctuation that comes as an entry of its own; it belongs to the word in front of it."""

_LINE = re.compile(
    r"\[(?:(\d{1,6}):)?(\d{1,9}):(\d{1,3}(?:\.\d{1,6})?),(?:(\d{1,6}):)?(\d{1,9}):(\d{1,3}(?:\.\d{1,6})?)"
    r"(?:,\s{0,4}(-?\d{1,9}))?\]"
)


@dataclass(frozen=True, slots=True)
class Voices:
    """What `SpeakerId` counts: voices, channels, or nothing, in which case it is always 0.

    `uncounted`: a number of speakers was asked for, and the vendor takes none.
    """

    speakers: bool = False
    channels: bool = False
    uncounted: bool = False

    def told(self, number: float | None) -> tuple[str | None, int | None]:
        """Speaker and channel of this number; -1 is nobody."""
        if number is None or number < 0:
            return None, None
        return (str(int(number)) if self.speakers else None), (int(number) if self.channels else None)

    def notices(self) -> tuple[Notice, ...]:
        """What the transcript must say of the voices."""
        told = "Tencent counts the speakers itself here, so the number that was asked for was left out."
        return (Notice("dropped", told, "speakers"),) if self.uncounted else ()


@dataclass(slots=True)
class Sentences:
    """Tencent's sentences on their way to neutral segments, with what has no neutral place, column by column."""

    losses: Losses
    voices: Voices
    segments: list[Segment] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)
    columns: dict[str, list[float | None]] = field(
        default_factory=lambda: {"speech_speed": [], "silence_ms": [], "emotional_energy": []}
    )
    rare: dict[str, dict[int, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, task: TaskStatus) -> None:
        """All sentences of the task; the vendor's are let go one by one, so that an answer is never held twice."""
        waiting = task.result_detail or []
        task.result_detail = None
        lines = _Lines(task.result, len(waiting), self.voices)
        waiting.reverse()
        speeds, silences, energies = self.columns.values()
        told, voices = self.segments, self.voices
        place = 0
        while waiting:
            raw = waiting.pop()
            segment = _usual(raw, voices)
            if segment is None:
                segment, extras = self._unusual(raw, lines, place)
                if segment is not None:
                    self.odd.append(len(told))
            else:
                extras = raw
            place += 1
            if segment is not None:
                told.append(segment)
                speeds.append(_amount(extras.get("SpeechSpeed")))
                silences.append(_amount(extras.get("SilenceTime")))
                energies.append(_amount(extras.get("EmotionalEnergy")))

    def in_order(self) -> None:
        """Puts the sentences in order of time; two channels come one after the other."""
        starts = [one.start_ms if one.start_ms is not None else -1 for one in self.segments]
        if starts == sorted(starts) or -1 in starts:
            return
        order = sorted(range(len(starts)), key=starts.__getitem__)
        moved = {old: new for new, old in enumerate(order)}
        self.segments = [self.segments[old] for old in order]
        self.columns = {
            name: [values[old] for old in order] if values else values for name, values in self.columns.items()
        }
        self.odd = [moved[old] for old in self.odd]
        self.rare = {name: {moved[old]: item for old, item in found.items()} for name, found in self.rare.items()}

    def extras(self) -> dict[str, Any]:
        """What the neutral model has no place for: columns beside the segments, or the few by their place."""
        columns = {name: values for name, values in self.columns.items() if any(values)}
        rare = {name: {str(place): item for place, item in sorted(found.items())} for name, found in self.rare.items()}
        return {**columns, **rare}

    def notices(self) -> Iterator[Notice]:
        """What had to be mended here."""
        yield from (Notice("repaired", f"{what}.", count=count) for what, count in sorted(self.counts.items()))

    def _unusual(self, raw: Any, lines: _Lines, place: int) -> tuple[Segment | None, Mapping[str, Any]]:
        """The sentence read with forgiveness; None where nothing was said in it."""
        if not isinstance(raw, dict):
            self.losses.left_out["ResultDetail"] += 1
            return None, {}
        one = WireSentence.model_validate(raw, context=self.losses)
        words = self._words(one)
        text = one.final_sentence or one.written_text or lines.text(place)
        derived: tuple[str, ...] = ()
        if not text and words:
            text, derived = " ".join(word.text for word in words), ("text",)
        if not text:
            return None, {}
        speaker, channel = self.voices.told(one.speaker_id)
        emotions = [name for name in one.emotion_type or () if isinstance(name, str) and name]
        self._keep(one, emotions, speaker)
        language = self._language(one.lang_type)
        emotion = emotions[0] if emotions else None
        segment = Segment(
            text, one.start_ms, one.end_ms, words, None, speaker, channel, language, emotion, derived=derived
        )
        extras = {
            "SpeechSpeed": one.speech_speed,
            "SilenceTime": one.silence_time,
            "EmotionalEnergy": one.emotional_energy,
        }
        return segment, extras

    def _words(self, one: WireSentence) -> tuple[Word, ...]:
        """The words with absolute times, in order of time, without blank ones."""
        base = one.start_ms
        timed = [
            Word(found.word, _moved(base, found.offset_start_ms), _moved(base, found.offset_end_ms))
            for found in one.words or ()
            if found is not None and found.word is not None
        ]
        return spoken_words(timed, self.counts)

    def _keep(self, one: WireSentence, emotions: Sequence[str], speaker: str | None) -> None:
        place = len(self.segments)
        found = {
            "written_texts": one.written_text if one.written_text != one.final_sentence else None,
            "keywords": one.key_word_results,
            "emotions": emotions if len(emotions) > 1 else None,
        }
        for name, item in found.items():
            if item:
                self.rare.setdefault(name, {})[place] = item
        if one.speaker_role_name and speaker is not None:
            self.names.setdefault(speaker, one.speaker_role_name)

    def _language(self, name: str | None) -> str | None:
        if name and name not in LANGUAGES:
            self.counts["languages with a name that the manual does not list, left out"] += 1
        return LANGUAGES.get(name or "")


class _Lines:
    """The lines of `Result`, for sentences that have no text of their own; cut only when one is needed."""

    def __init__(self, result: str | None, count: int, voices: Voices) -> None:
        self._result, self._count, self._voices = result or "", count, voices
        self._found: list[Segment] | None = None

    def text(self, place: int) -> str:
        """The text of the line in this place, if there are as many lines as sentences."""
        if self._found is None:
            self._found = text_lines(self._result, self._voices, Losses())
        return self._found[place].text if len(self._found) == self._count else ""


def text_lines(result: str, voices: Voices, losses: Losses) -> list[Segment]:
    """The segments of a `Result` text: one line each, behind one stamp (manual, DescribeTaskStatus).

    A line without a stamp goes on with the line before it.
    """
    found: list[Segment] = []
    for line in result.split("\n"):
        stamp = _LINE.match(line)
        text = (line[stamp.end() :] if stamp else line).strip()
        if not text:
            continue
        if stamp is not None:
            speaker, channel = voices.told(float(stamp[7]) if stamp[7] else None)
            start, end = _time(*stamp.group(1, 2, 3)), _time(*stamp.group(4, 5, 6))
            found.append(Segment(text, start, end, speaker=speaker, channel=channel))
        elif found:
            losses.converted["Result"] += 1
            found[-1].text += f" {text}"
        else:
            found.append(Segment(text))
    return found


def is_numbered(result: str | None) -> bool:
    """Whether the stamps of a `Result` text name a speaker or a channel."""
    stamp = _LINE.match(result or "")
    return bool(stamp and stamp[7])


def spoken_words(words: Iterable[Word], counts: Counter[str]) -> tuple[Word, ...]:
    """The words in order of time, without blank ones, each with the punctuation behind it; what was mended is counted.

    Words without times stay where they are.
    """
    said = list(words)
    spoken = [word for word in said if word.text.strip()]
    if len(spoken) < len(said):
        counts["blank words dropped"] += len(said) - len(spoken)
    starts = [word.start_ms for word in spoken if word.start_ms is not None]
    if len(starts) == len(spoken) and starts != sorted(starts):
        counts["segments whose words were put in order of time"] += 1
        spoken.sort(key=lambda word: word.start_ms or 0)
    kept: list[Word] = []
    for word in spoken:
        if kept and word.text in MARKS:
            kept[-1].text += word.text
        else:
            kept.append(word)
    return tuple(kept)


def flash_segment(one: FlashSentence, voices: Voices, counts: Counter[str]) -> Segment | None:
    """One sentence of flash; None where nothing was said in it."""
    timed = [
        Word(found.word, found.start_time, found.end_time)
        for found in one.word_list or ()
        if found is not None and found.word is not None
    ]
    words = spoken_words(timed, counts)
    if not one.text:
        return None
    speaker, _ = voices.told(one.speaker_id)
    return Segment(one.text, one.start_time, one.end_time, words, speaker=speaker)


def _usual(raw: Any, voices: Voices) -> Segment | None:
    """The sentence as it nearly always comes, every value checked; None where anything is not as the manual has it.

    One flat function: it runs for each word, and a call for each would cost as much as parsing the JSON.
    """
    try:
        get = raw.get
        text, start, end = raw["FinalSentence"], raw["StartMs"], raw["EndMs"]
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= FARTHEST_MS:
            return None
        if type(text) is not str or not text or get("WrittenText") or get("KeyWordResults") or get("SpeakerRoleName"):
            return None
        speaker, channel, number = None, None, get("SpeakerId")
        if voices.speakers or voices.channels:
            if type(number) is not int:
                return None
            speaker, channel = voices.told(number)
        emotions, name = get("EmotionType"), get("LangType")
        if emotions and (len(emotions) > 1 or type(emotions[0]) is not str):
            return None
        language = LANGUAGES[name] if name else None
        words: list[Word] = []
        add, is_blank, marks, last = words.append, str.isspace, MARKS, start
        for one in get("Words") or ():
            word, begun, ended = one["Word"], start + one["OffsetStartMs"], start + one["OffsetEndMs"]
            if not last <= begun <= ended <= end or type(begun) is not int or type(ended) is not int:
                return None
            # What is no string raises a TypeError here.
            if is_blank(word) or not word:
                return None
            if word in marks and words:
                words[-1].text += word
            else:
                add(Word(word, begun, ended))
            last = begun
        emotion = emotions[0] if emotions else None
        return Segment(text, start, end, tuple(words), None, speaker, channel, language, emotion)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _moved(base: int | None, offset: int | None) -> int | None:
    return None if base is None or offset is None or base + offset > FARTHEST_MS else base + offset


def _amount(value: Any) -> float | None:
    if type(value) not in (int, float) or not -FARTHEST_MS <= value <= FARTHEST_MS:
        return None
    found: float = value
    return found


def _time(hours: str | None, minutes: str, seconds: str) -> int:
    return min(round(((int(hours or 0) * 60 + int(minutes)) * 60 + float(seconds)) * 1000), FARTHEST_MS)
