"""From answers that come at once, of `sentence` and `flash`, to the neutral model. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from earwitness.errors import ProtocolError
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, JobUpdate
from earwitness.lenient import Losses, read
from earwitness.models import Answer, Notice, Segment, ServedBy, Transcript, Word
from earwitness.rest import collector_paused, refusal
from earwitness.validation import repair

from ._engines import strange_engine
from ._errors import flash_meaning, meaning_of, status_refusal
from ._segments import Voices, flash_segment, spoken_words
from ._translate import complaint, speakers_of, traced, unreadable, whole
from ._wire import CloudAnswer, FlashAnswer, FlashSentence, FlashWord, read_cloud

__all__ = ["flash_update", "sentence_update"]


def sentence_update(answer: Answer, *, reply: HttpReply | None = None, model: str | None = None) -> JobUpdate:
    """What an answer about a sentence means. Raises the refusal that it is."""
    losses = Losses()
    heard = read_cloud(answer.body, losses)
    if heard is None:
        raise unreadable(reply, "recognize")
    if heard.error is not None:
        code, message = complaint(heard)
        raise refusal(meaning_of("recognize", code), code, message, reply=reply, trace=heard.request_id)
    if heard.result is None:
        raise ProtocolError("Tencent's answer has no text", request_id=heard.request_id)
    counts: Counter[str] = Counter()
    words = spoken_words(_sentence_words(heard, losses), counts)
    transcript = Transcript(
        _one_segment(heard.result, words),
        duration_ms=whole(heard.audio_duration),
        served_by=ServedBy("tencent", service="sentence", model=model),
        notices=(*losses.notices(), *_repairs(counts), *strange_engine(model)),
        vendor=traced(heard.request_id),
    )
    return JobUpdate(JobStatus.SUCCEEDED, transcript=repair(transcript), answer=answer)


def flash_update(
    answer: Answer, *, reply: HttpReply | None = None, voices: Voices | None = None, model: str | None = None
) -> JobUpdate:
    """What an answer of flash means. Raises the refusal that it is. Without `voices`, the answer itself must tell."""
    losses = Losses()
    heard = read(FlashAnswer, answer.body, losses)
    if heard is None:
        raise unreadable(reply, "flash")
    code = _code(heard.code)
    if code is None:
        if reply is not None and reply.status >= 400:
            raise status_refusal(reply, "flash")
        raise ProtocolError("Tencent's answer has no code", request_id=heard.request_id)
    if code:
        raise refusal(flash_meaning(code, reply), str(code), heard.message, reply=reply, trace=heard.request_id)
    with collector_paused():
        transcript = _flash_transcript(heard, losses, voices)
    served_by = ServedBy("tencent", service="flash", model=model)
    transcript = replace(transcript, served_by=served_by, notices=(*transcript.notices, *strange_engine(model)))
    return JobUpdate(JobStatus.SUCCEEDED, transcript=transcript, answer=answer)


def _sentence_words(heard: CloudAnswer, losses: Losses) -> Iterator[Word]:
    for raw in heard.word_list or ():
        if not isinstance(raw, dict):
            losses.left_out["WordList"] += 1
            continue
        plain = {"word": raw.get("Word"), "start_time": raw.get("StartTime"), "end_time": raw.get("EndTime")}
        one = FlashWord.model_validate(plain, context=losses)
        if one.word is not None:
            yield Word(one.word, one.start_time, one.end_time)


def _one_segment(text: str, words: tuple[Word, ...]) -> tuple[Segment, ...]:
    """A sentence as one segment, whose times are those of its words."""
    if not text.strip():
        return ()
    starts = [word.start_ms for word in words if word.start_ms is not None]
    ends = [word.end_ms for word in words if word.end_ms is not None]
    start, end = min(starts, default=None), max(ends, default=None)
    derived = tuple(name for name, time in (("start_ms", start), ("end_ms", end)) if time is not None)
    return (Segment(text, start, end, words, derived=derived),)


def _flash_transcript(heard: FlashAnswer, losses: Losses, voices: Voices | None) -> Transcript:
    channels = [one for one in heard.flash_result or () if one is not None]
    voices = voices or Voices(speakers=True, channels=len(channels) > 1)
    counts: Counter[str] = Counter()
    told: list[Segment] = []
    for one in channels:
        _, channel = voices.told(one.channel_id)
        raws = one.sentence_list or ()
        found = [flash_segment(_flash_sentence(raw, losses), voices, counts) for raw in raws if raw is not None]
        bare = [] if raws or not one.text or not one.text.strip() else [Segment(one.text)]
        told += [replace(segment, channel=channel) for segment in (*found, *bare) if segment is not None]
    if all(one.start_ms is not None for one in told):
        told.sort(key=lambda one: one.start_ms or 0)
    return repair(
        Transcript(
            tuple(told),
            speakers_of(told, {}),
            duration_ms=whole(heard.audio_duration),
            notices=(*losses.notices(), *voices.notices(), *_repairs(counts)),
            vendor=traced(heard.request_id),
        )
    )


def _flash_sentence(raw: Any, losses: Losses) -> FlashSentence:
    if not isinstance(raw, dict):
        losses.left_out["sentence_list"] += 1
        return FlashSentence.model_construct()
    return FlashSentence.model_validate(raw, context=losses)


def _repairs(counts: Counter[str]) -> Iterator[Notice]:
    yield from (Notice("repaired", f"{what}.", count=count) for what, count in sorted(counts.items()))


def _code(value: Any) -> int | None:
    if type(value) is int and abs(value) < 10**9:
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
