"""SRT and SMI as CLOVA writes them (manual, long-sentence recognition, `format`), read back into segments.

Both hold the same cues, `A: text` each, where A is the letter of a speaker or the name that somebody gave in the
vendor's editor. SMI has starts only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from earwitness.models import Notice, Segment, Speaker, Transcript

__all__ = ["read_subtitles", "sniff"]

_SRT_HEAD = re.compile(r"\d+[ \t]*\r?\n[ \t]*\d+:\d\d:\d\d[,.]\d")
_LETTER = re.compile(r"[A-Z]{1,2}")
# Nothing that ends or divides a sentence, except the point of an abbreviation.
_VOICE = re.compile(r"([^\W_](?:[\w '’·()&/@+-]|(?<=[A-Za-z])\.){0,39}):(?:\s+|$)")
_MOST_WORDS = 4


def sniff(body: bytes) -> Literal["srt", "smi"] | None:
    """Which of the two formats this text is in, if any: its very beginning, since JSON may quote a subtitle."""
    head = body[:200].decode(errors="replace").lstrip("\ufeff \t\r\n")
    if head[:5].lower() == "<sami":
        return "smi"
    return "srt" if _SRT_HEAD.match(head) else None


def read_subtitles(body: bytes, *, speakers: bool | None = None) -> Transcript | None:
    """The cues as segments with their speakers; None for what is in neither format.

    `speakers` says whether they were asked for; None is unknown. Bytes that are no UTF-8 cost one character each.
    """
    form = sniff(body)
    if form is None:
        return None
    # Hardly an answer is a subtitle, and with these come the readers of every other format.
    from earwitness.reading import smi, srt

    text = body.decode("utf-8-sig", errors="replace")
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    cues = list((srt if form == "srt" else smi).cues(whole, strict=False))
    broken = text.count("\ufffd") - body.count("\ufffd".encode())
    told = f"The vendor's {form.upper()} held bytes that are no UTF-8."
    notices = (Notice("repaired", told, count=broken),) if broken > 0 else ()
    return _with_speakers(cues, notices, asked=speakers)


def _with_speakers(cues: list[Segment], notices: tuple[Notice, ...], *, asked: bool | None) -> Transcript:
    """What stands before the colons becomes speakers where every cue has one; a single `OK: ` is text."""
    voices = [_VOICE.match(cue.text) for cue in cues]
    named = [
        replace(cue, text=cue.text[voice.end() :], speaker=voice[1])
        for cue, voice in zip(cues, voices, strict=True)
        if voice
    ]
    names = [one.speaker for one in named if one.speaker]
    if len(named) < len(cues) or not _are_speakers(names, asked=asked):
        return Transcript(tuple(cues), notices=notices)
    speakers = (Speaker(name, None if _LETTER.fullmatch(name) else name) for name in dict.fromkeys(names))
    return Transcript(tuple(named), tuple(speakers), notices=notices)


def _are_speakers(names: Sequence[str], *, asked: bool | None) -> bool:
    """Whether these are who speaks, and not what a speaker says before a colon.

    Nothing is where none were asked for. Letters else are, and names where speakers were asked for, or where nobody
    knows and somebody speaks twice.
    """
    if asked is False:
        return False
    if all(map(_LETTER.fullmatch, names)):
        return True
    if any(len(name.split()) > _MOST_WORDS for name in names):
        return False
    return asked is True or len(set(names)) < len(names)
