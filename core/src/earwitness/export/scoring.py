"""ctm, stm and rttm: the line formats of NIST's scoring tools (SCTK and the Rich Transcription plans), in seconds.

Their channels count from 1, or are letters; ours count from 0. A line is split at blanks, so a blank within a word, a
label or a name becomes `_`. The recording's name is the transcript's metadata `recording`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._text import join_texts, one_line
from ..models import Segment, Transcript, Word
from ._base import SEGMENTS, Exporter, recording, timed, token, unsupported

__all__ = ["CTM", "RTTM", "STM"]


def _write_ctm(transcript: Transcript) -> str:
    """`recording channel start duration word [confidence]`, one word a line."""
    name = recording(transcript)
    lines = sorted(_spoken(transcript), key=lambda item: (item[0].channel or 0, item[1].start_ms or 0))
    return _joined(_ctm_line(name, segment, word) for segment, word in lines)


def _spoken(transcript: Transcript) -> Iterator[tuple[Segment, Word]]:
    for segment in transcript.segments:
        if segment.text.strip() and not segment.words:
            raise unsupported(transcript, "word_times", "words", "ctm")
        for word in segment.words:
            if not word.text.strip():
                continue
            if word.start_ms is None or word.end_ms is None:
                raise unsupported(transcript, "word_times", "times for some words", "ctm")
            yield segment, word


def _ctm_line(name: str, segment: Segment, word: Word) -> str:
    start, end = word.start_ms or 0, word.end_ms or 0
    confidence = "" if word.confidence is None else f" {word.confidence:.6f}"
    return f"{name} {_channel(segment)} {_seconds(start)} {_seconds(end - start)} {token(word.text)}{confidence}"


def _write_stm(transcript: Transcript) -> str:
    """`recording channel speaker start end text`, one segment a line."""
    name = recording(transcript)
    return _joined(
        f"{name} {_channel(one)} {_voice(one)} {_seconds(start)} {_seconds(end)} {_unlabelled(one_line(one.text))}"
        for one, start, end in timed(transcript, "stm")
    )


def _unlabelled(text: str) -> str:
    # Readers take a first token in angle brackets for the conditions of the segment; `<NA>` says that there are none.
    return f"<NA> {text}" if text.startswith("<") else text


def _write_rttm(transcript: Transcript) -> str:
    """`SPEAKER recording channel start duration <NA> <NA> speaker <NA> <NA>`, one segment a line; no text."""
    name = recording(transcript)
    found = timed(transcript, "rttm", silent=True)
    if found and not any(one.speaker for one, _, _ in found):
        raise unsupported(transcript, "speakers", "speakers", "rttm")
    return _joined(
        f"SPEAKER {name} {_channel(one)} {_seconds(start)} {_seconds(end - start)} <NA> <NA> {_voice(one)} <NA> <NA>"
        for one, start, end in found
    )


def _voice(segment: Segment) -> str:
    return token(segment.speaker or "") or "unknown"


def _channel(segment: Segment) -> int:
    return 1 + (segment.channel or 0)


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03}"


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _loses_text(transcript: Transcript) -> Iterator[str]:
    """ctm has words and no text: what stands in the text alone is lost, most often its punctuation."""
    for one in transcript.segments:
        if one.text.strip() != join_texts(token(word.text) for word in one.words):
            yield "text beside its words"


def _loses_blanks(transcript: Transcript) -> Iterator[str]:
    if any(one.speaker != token(one.speaker) for one in transcript.segments if one.speaker):
        yield "blanks in speakers' labels"


_OF_ALL = frozenset({"times", "channels", "name of the recording"})

CTM = Exporter("ctm", ".ctm", "text/plain", _write_ctm, _OF_ALL | {"text", "words", "confidence of words"}, _loses_text)
STM = Exporter("stm", ".stm", "text/plain", _write_stm, SEGMENTS | _OF_ALL | {"speakers"}, _loses_blanks)
RTTM = Exporter(
    "rttm",
    ".rttm",
    "text/plain",
    _write_rttm,
    _OF_ALL | {"segments", "speakers", "segments without text"},
    _loses_blanks,
)
