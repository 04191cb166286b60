"""The work behind `listen`: events of one live transcription, shown to people or told to machines."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .. import connect
from ..config import Config, Profile, load_config
from ..editing import without_text
from ..errors import BadAudioError
from ..export import cells
from ..models import Interim, Notice, Segment, Transcript
from ..streaming import Final, StreamEvent
from ._edits import Edits, range_of
from ._errors import note
from ._inputs import is_url, require_piped
from ._output import ERASE, printable, require_output, say, steerable
from ._plain import plain
from ._scratch import scratch_folder
from ._signals import run
from ._sniffing import container_of
from ._state import State

__all__ = ["listen_to"]

_BLOCK = 3_200
_HEAD = 12
_SAMPLE = 2
_USUAL_RATE = 16_000


def listen_to(
    source: str,
    *,
    profile: str | None,
    config: str | None,
    rate: int,
    fast: bool,
    options: Mapping[str, Any],
    edits: Edits,
    state: State,
) -> int:
    """Shows what is heard until the audio ends."""
    require_output()
    state.kept = lambda: "Nothing was heard yet."
    loaded = load_config(config)
    chosen = loaded.profile(profile).name
    how = {"sample_rate": rate, "pace": source != "-" and not fast, **options}
    with scratch_folder():
        audio = _standard_input(rate) if source == "-" else _file(source)
        return run(lambda: _listen(audio, chosen, loaded, how, edits, state), state)


async def _listen(
    audio: object, profile: str, config: Config, how: Mapping[str, Any], edits: Edits, state: State
) -> int:
    show = _Machine() if state.json else _Terminal(state) if steerable(sys.stdout) else _Lines(state)
    state.kept = lambda: _so_far(show.finals)
    told: list[Notice] = []
    async with connect(profile, config=config) as session, aclosing(session.stream(audio, **how)) as events:
        try:
            async for event in events:
                if (shown := _edited(event, edits, state)) is not None:
                    show(shown)
                if isinstance(event, Notice):
                    told.append(event)
            for notice in _late(events.transcript().notices, told, session.profile, state):
                show(_withheld(notice) if edits.no_text else notice)
        finally:
            show.end()
    if not show.finals:
        note("no speech was heard.", state)
    return 0


def _late(notices: Sequence[Notice], told: Sequence[Notice], profile: Profile, state: State) -> Iterator[Notice]:
    """What is known of the whole only when it has ended; people have read in the log what was dropped from it."""
    in_log = not state.json and profile.on_unsupported == "warn"
    for notice in notices:
        if notice not in told and not (in_log and notice.kind == "dropped"):
            yield notice


def _edited(event: StreamEvent, edits: Edits, state: State) -> StreamEvent | None:
    """The event as it may be shown; text that still grows is nothing but what was said."""
    if isinstance(event, Interim) and edits.no_text:
        return None
    if isinstance(event, Notice) and edits.no_text:
        return _withheld(event)
    if not isinstance(event, Final):
        return event
    segment = edits.heard(event.segment)
    if edits.no_text and not state.json:
        segment = replace(segment, text=range_of(segment))
    return replace(event, segment=segment)


def _withheld(notice: Notice) -> Notice:
    return without_text(Transcript(notices=(notice,))).notices[0]


def _so_far(finals: int) -> str:
    """What is done, for somebody who stopped the run."""
    if not finals:
        return "No line was finished yet."
    return f"{finals} finished line{' was' if finals == 1 else 's were'} printed; what was just being said is not kept."


def _file(name: str) -> Path:
    if not name.strip():
        raise click.UsageError("The name of the FILE is empty; perhaps a variable in a script is not set.")
    if is_url(name):
        raise click.UsageError("listen takes a file or -, and no web address; download it first, or use transcribe.")
    if os.path.isdir(name):
        raise BadAudioError(f"{name} is a folder, not a recording", action="Name one recording in it.")
    return Path(name)


def _standard_input(rate: int) -> Iterator[bytes]:
    """Bare samples. Raises BadAudioError for what begins like a file of another form, before anything is opened."""
    require_piped("16-bit samples")
    # Below the buffer, whose lock a waiting thread would hold at the end.
    read = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer).read
    head = read(_BLOCK) or b""
    # A byte of set bits may begin MP3 or AAC, which only a second frame tells from a quiet beginning.
    while len(head) < (_BLOCK if head[:1] == b"\xff" else _HEAD) and (more := read(_BLOCK - len(head))):
        head += more
    if found := container_of(head):
        raise _not_bare(found, rate)
    if len(head) < _SAMPLE:
        what = "is empty" if not head else "holds one byte, and a sample has two"
        raise BadAudioError(f"Standard input {what}", action="Check the command that pipes into it.")
    return _samples(head, read)


def _not_bare(found: str, rate: int) -> BadAudioError:
    instead = "Leave the header away (arecord -t raw)" if found == "WAV" else "Give the file's name instead of -"
    told = "" if rate == _USUAL_RATE else f" --rate {rate}"
    return BadAudioError(
        f"Standard input is {found}, and - takes bare samples only",
        action=f"{instead}, or decode it: ffmpeg -i - -f s16le -ac 1 -ar {rate} - | earwitness listen -{told}",
    )


def _samples(head: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """What arrives, as soon as it arrives."""
    block = head
    while block:
        yield block
        block = read(_BLOCK)


class _Lines:
    """One line per finished segment, with the speaker's label where it changes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._speaker: str | None = None
        self.finals = 0

    def __call__(self, event: StreamEvent) -> None:
        if isinstance(event, Final):
            self.finals += 1
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
        say(ERASE + _tail(printable(" ".join(text.split())), room), steering=True)

    def aside(self, message: str) -> None:
        self.end()
        super().aside(message)

    def end(self) -> None:
        say(ERASE, steering=True)


class _Machine:
    """One JSON document per event and line."""

    def __init__(self) -> None:
        self.finals = 0

    def __call__(self, event: StreamEvent) -> None:
        self.finals += isinstance(event, Final)
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
