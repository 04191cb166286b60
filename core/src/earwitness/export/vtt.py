"""vtt: WebVTT (W3C Candidate Recommendation, April 2019), with each cue's speaker as a voice span.

Written here and not by a library on purpose: pysubs2 1.8 does not escape `&`, `<` and the arrow, webvtt-py 0.6 refuses
a cue that needs it; escaping is what there is to the format.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._cutting import SCREEN, Shape, each_word
from ..models import Transcript
from ._base import Exporter
from ._cues import CUES, Cue, cues, shown

__all__ = ["EXPORTER", "WITH_WORDS", "write", "write_words"]


def write(transcript: Transcript, shape: Shape = SCREEN) -> str:
    """The header and one cue after the other. Raises UnsupportedFeatureError where segments have no times."""
    found = cues(transcript, format="vtt", shape=shape)
    return "\n".join(["WEBVTT\n", *(_block(cue) for cue in found)])


def write_words(transcript: Transcript, shape: Shape = SCREEN) -> str:
    """The same with a time stamp in front of each further word of a cue (section 4.2.2), where the vendor timed it."""
    found = cues(transcript, format="vtt-words", shape=shape)
    return "\n".join(["WEBVTT\n", *(_block(cue, _stamped(cue)) for cue in found)])


def _block(cue: Cue, text: str | None = None) -> str:
    voice = "" if cue.voice is None else f"<v {_escaped(cue.voice)}>"
    body = _escaped(shown(cue)) if text is None else text
    return f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{voice}{body}\n"


def _stamped(cue: Cue) -> str:
    pieces = each_word(cue.text, cue.words, start_ms=cue.start_ms, end_ms=cue.end_ms)
    last, parts = cue.start_ms, []
    for piece in pieces:
        # A stamp must lie inside its cue and behind the one before it.
        if last < piece.start_ms < cue.end_ms:
            parts.append(f"<{_clock(piece.start_ms)}>")
            last = piece.start_ms
        parts.append(_escaped(piece.text))
    return "".join(parts)


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _escaped(text: str) -> str:
    # The standard's own escapes (section 4.2.2); with `>` escaped no arrow can appear.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _loses(transcript: Transcript) -> Iterator[str]:
    """A word ends where the next one begins, and what has no time of its own is part of the word before it."""
    for segment in transcript.segments:
        if any(word.start_ms is None for word in segment.words):
            yield "words without times"
        starts = [*(word.start_ms for word in segment.words[1:]), segment.end_ms]
        if any(word.end_ms not in (None, start) for word, start in zip(segment.words, starts, strict=False)):
            yield "ends of words"


EXPORTER = Exporter("vtt", ".vtt", "text/vtt", write, CUES, laid_out=write)
WITH_WORDS = Exporter("vtt-words", ".words.vtt", "text/vtt", write_words, CUES | {"words"}, _loses, write_words)
