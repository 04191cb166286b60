"""From what was heard to CLOVA's wire format, by the manual alone: JSON (2.9), SRT and SMI (2.13). Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earwitness.models import AudioEvent, Segment, Transcript, Word

from ._params import Asked
from ._switches import ClovaSwitches

__all__ = ["Identity", "result_body", "smi", "srt", "version"]

Table = dict[str, Any]
Voices = Mapping[str, Table]
"""The vendor's description of each speaker, by our id; the empty id is whoever spoke where nobody was told apart."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the vendor calls one job."""

    token: str
    task: int
    trace: str
    domain_id: int
    domain_code: str

    def userdata(self) -> Table:
        """The keys that the vendor adds to the user's own data (2.9)."""
        return {
            "_ncp_DomainCode": self.domain_code,
            "_ncp_DomainId": self.domain_id,
            "_ncp_TaskId": self.task,
            "_ncp_TraceId": self.trace,
        }


def result_body(heard: Transcript, asked: Asked, identity: Identity, switches: ClovaSwitches, *, result: str) -> Table:
    """The finished result as JSON data: `result` is COMPLETED in answers, SUCCEEDED in callbacks."""
    voices = _voices(heard) if asked.diarize else {}
    segments = [_segment(one, asked, voices, switches) for one in _timed(heard.segments)]
    body: Table = {
        "result": result,
        "message": "Succeeded",
        "token": identity.token,
        "version": version(heard, asked),
        "params": {**asked.echo(), "userdata": {**asked.userdata, **identity.userdata()}},
        "progress": 100,
        "keywords": {},
        "segments": segments,
        "text": " ".join(one.text for one in heard.segments) if asked.flags["fullText"] else "",
        "confidence": _overall(heard),
        "speakers": [*{voice["label"]: voice for voice in voices.values()}.values()] if segments else [],
        **_events(heard.events if asked.events else ()),
    }
    if not asked.flags["fullText"] and switches.unasked_text == "absent":
        del body["text"]
    return {name: value for name, value in body.items() if value is not None}


def version(heard: Transcript, asked: Asked) -> str:
    """The engine's build: who really heard it stands where the vendor names its model."""
    engine = heard.served_by.engine_version if heard.served_by else None
    return f"ncp_v2_v1.0.0-emulator_{engine or 'given'}_{asked.echo()['lang']}_"


def srt(heard: Transcript, asked: Asked) -> str:
    """The transcript as SubRip, with the speaker's letter in front of each text."""
    blocks = (
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(_cues(heard, asked), 1)
    )
    return "\n".join(blocks)


def smi(heard: Transcript, asked: Asked) -> str:
    """The transcript as SAMI, as bare as the vendor writes it: no head, no ends, tags left open."""
    cues = (f"<SYNC Start={start}>\n<P>{html.escape(text, quote=False)}\n" for start, _, text in _cues(heard, asked))
    return f"<SAMI>\n<Body>\n{''.join(cues)}</Body>\n</SAMI>\n"


def _cues(heard: Transcript, asked: Asked) -> Iterator[tuple[int, int, str]]:
    voices = _voices(heard) if asked.diarize else {}
    for one in _timed(heard.segments):
        letter = voices[one.speaker or ""]["name"] if voices else None
        text = " ".join(one.text.split())
        yield one.start_ms or 0, one.end_ms or 0, f"{letter}: {text}" if letter else text


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


def _voices(heard: Transcript) -> Voices:
    """Speakers numbered from 1 and lettered from A; numbers that are there already stay. Somebody always speaks."""
    names = {speaker.id: speaker.name for speaker in heard.speakers}
    spoke = dict.fromkeys([*names, *(one.speaker or "" for one in heard.segments)])
    numbered = all(label.isascii() and label.isdecimal() for label in spoke)
    return {
        label: {
            "label": label if numbered else str(number),
            "name": names.get(label) or _letters(number),
            "edited": bool(names.get(label)),
        }
        for number, label in enumerate(spoke, 1)
    }


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _segment(one: Segment, asked: Asked, voices: Voices, switches: ClovaSwitches) -> Table:
    words = [_triple(word) for word in one.words] if asked.flags["wordAlignment"] else []
    body: Table = {"start": one.start_ms, "end": one.end_ms, "text": one.text, "confidence": one.confidence}
    speakers = _spoken_by(voices[one.speaker or ""]) if voices else _nobody(switches)
    body = {**body, **speakers, "words": words, "textEdited": one.text}
    return {name: value for name, value in body.items() if value is not None}


def _triple(word: Word) -> list[Any]:
    return [word.start_ms, word.end_ms, word.text]


def _spoken_by(voice: Table) -> Table:
    return {"diarization": {"label": voice["label"]}, "speaker": dict(voice)}


def _nobody(switches: ClovaSwitches) -> Table:
    match switches.without_speakers:
        case "label":
            return {"diarization": {"label": ""}, "speaker": {"label": "", "name": "", "edited": False}}
        case "absent":
            return {}
    return {"diarization": {}, "speaker": {}}


def _events(events: Sequence[AudioEvent]) -> Table:
    told = [
        {
            "type": "sound",
            "label": one.label,
            "labelEdited": one.label,
            "start": one.start_ms or 0,
            "end": one.start_ms or 0 if one.end_ms is None else one.end_ms,
        }
        for one in events
    ]
    return {"events": told, "eventTypes": list(dict.fromkeys(one.label for one in events))}


def _overall(heard: Transcript) -> float | None:
    if heard.confidence is not None:
        return heard.confidence
    known = [one.confidence for one in heard.segments if one.confidence is not None]
    return sum(known) / len(known) if known else None


def _timed(segments: Sequence[Segment]) -> Iterator[Segment]:
    """The segments with a time for everything, because the vendor always tells one: gaps take their neighbours'."""
    now = 0
    for one in segments:
        known = [ms for word in one.words for ms in (word.start_ms, word.end_ms) if ms is not None]
        earliest = min(known, default=now if one.end_ms is None else min(now, one.end_ms))
        start = earliest if one.start_ms is None else one.start_ms
        end = max([start, *known]) if one.end_ms is None else one.end_ms
        now = end
        yield Segment(one.text, start, end, tuple(_timed_words(one.words, start, end)), one.confidence, one.speaker)


def _timed_words(words: Sequence[Word], start: int, end: int) -> Iterator[Word]:
    now = start
    for place, word in enumerate(words):
        following = next((later.start_ms for later in words[place + 1 :] if later.start_ms is not None), end)
        begins = min(now, following) if word.start_ms is None else word.start_ms
        now = max(begins, following) if word.end_ms is None else word.end_ms
        yield Word(word.text, begins, now)
        # A word without an end lasts until the next one begins, and hides no word between them.
        now = begins if word.end_ms is None else now
