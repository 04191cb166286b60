"""The work behind `listen`: events of one live transcription, shown to people or told to machines."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from .. import connect
from ..export import cells
from ..models import Interim, Notice, Segment
from ..streaming import Final, StreamEvent
from ._errors import note
from ._output import printable, say, watched
from ._plain import plain
from ._state import State

__all__ = ["listen_to"]

_BLOCK = 3_200
_ERASE = "\r\x1b[K"


def listen_to(
    source: str,
    *,
    profile: str | None,
    config: str | None,
    rate: int,
    fast: bool,
    options: Mapping[str, Any],
    state: State,
) -> int:
    """Shows what is heard until the audio ends."""
    audio = _standard_input() if source == "-" else Path(source)
    pace = source != "-" and not fast
    return asyncio.run(_listen(audio, profile, config, {"sample_rate": rate, "pace": pace, **options}, state))


async def _listen(audio: object, profile: str | None, config: str | None, how: Mapping[str, Any], state: State) -> int:
    show = _Machine() if state.json else _Terminal(state) if watched(sys.stdout) else _Lines(state)
    async with connect(profile, config=config) as session, aclosing(session.stream(audio, **how)) as events:
        try:
            async for event in events:
                show(event)
        finally:
            show.end()
    return 0


def _standard_input() -> Iterator[bytes]:
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed; pipe 16-bit samples into the command or name a file.")
    if watched(sys.stdin):
        raise click.UsageError("Standard input is a terminal; pipe 16-bit samples into the command or name a file.")
    return _samples()


def _samples() -> Iterator[bytes]:
    """What arrives, as soon as it arrives. Read below the buffer, whose lock a waiting thread would hold at the end."""
    source = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    while block := source.read(_BLOCK):
        yield block


class _Lines:
    """One line per finished segment, with the speaker's label where it changes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._speaker: str | None = None

    def __call__(self, event: StreamEvent) -> None:
        if isinstance(event, Final):
            self.final(self._line(event.segment))
        elif isinstance(event, Interim):
            self.interim(event.text)
        elif isinstance(event, Notice):
            self.aside(event.message)
        else:
            self.aside(f"the connection was lost at {event.offset_ms / 1000:.1f} s and taken up again")

    def final(self, line: str) -> None:
        """Shows a finished line."""
        if line:
            say(f"{line}\n")

    def interim(self, text: str) -> None:
        """Unfinished text is only for people who watch."""

    def aside(self, message: str) -> None:
        """Tells something that was not said."""
        note(message, self._state)

    def end(self) -> None:
        """Leaves the screen tidy."""

    def _line(self, segment: Segment) -> str:
        text = " ".join(segment.text.splitlines()).strip()
        changed = segment.speaker is not None and segment.speaker != self._speaker
        self._speaker = segment.speaker or self._speaker
        return f"{segment.speaker}: {text}" if changed and text else text


class _Terminal(_Lines):
    """Finished lines, and below them the text that still grows."""

    def final(self, line: str) -> None:
        self.end()
        super().final(line)

    def interim(self, text: str) -> None:
        room = shutil.get_terminal_size().columns - 1
        say(_ERASE + _tail(printable(" ".join(text.split())), room), steering=True)

    def aside(self, message: str) -> None:
        self.end()
        super().aside(message)

    def end(self) -> None:
        say(_ERASE, steering=True)


class _Machine:
    """One JSON document per event and line."""

    def __call__(self, event: StreamEvent) -> None:
        say(json.dumps(_document(event), ensure_ascii=False) + "\n")

    def end(self) -> None:
        """There is nothing to tidy."""


def _document(event: StreamEvent) -> dict[str, Any]:
    """The event as plain data, its kind first."""
    kind = type(event).__name__.lower()
    return {"event": kind, **plain(event)}


def _tail(text: str, width: int) -> str:
    """The end of the text, as much as fits on one line: the newest words are what somebody waits for."""
    while cells(text) > width:
        text = text[max(1, (cells(text) - width) // 2) :]
    return text
