"""Live audio: events in order until a clean end, and a dialect that is as pure as a table."""

import random
from collections.abc import Iterator
from typing import Any

from ...capabilities import Service
from ...errors import EarwitnessError
from ...streaming import Final, Settled
from .._clause import Unsupported, clause, raised
from .._live import Run
from .._playing import NOW, Dialogue
from .._purity import noticing
from .._speech import PLAIN, SILENT
from .._subject import Subject
from .capabilities import alike

_DAMAGES = 60
_LONGEST_MS = PLAIN * 1000 + 200
"""What can have been heard, the last chunk filled up."""


@clause(
    "L1",
    "A stream tells its segments in order, each once, and ends",
    why="""Who reads a stream shows it while it comes. After a cut core replays what no `Final` has covered, so that
    `heard_ms` must only grow; and a stream that never ends holds a session open.""",
    mend="""Let `heard_ms` be the end of the audio that the vendor is done with, tell each segment once, and set
    `ended` when the vendor has confirmed the end.""",
)
def streams_are_in_order(subject: Subject) -> Iterator[str]:
    for service, run in _streams(subject):
        if run.error is not None:
            yield f"{service.name} failed: {run.failure}"
            continue
        finals = [event for event in run.events if isinstance(event, Final)]
        heard = [event.heard_ms for event in finals]
        starts = [event.segment.start_ms or 0 for event in finals]
        if heard != sorted(heard) or starts != sorted(starts):
            yield f"{service.name} tells segments out of order"
        text = " ".join(event.segment.text for event in finals)
        bench = subject.bench
        if not alike(text, bench.expected(PLAIN), loosely=bench.emulator is None):
            yield f"{service.name} tells {len(text)} characters that are not what was said"
        settled = [event.heard_ms for event in run.events if isinstance(event, Final | Settled)]
        if bench.emulator is not None and max(settled, default=0) > _LONGEST_MS:
            yield f"{service.name} tells that {max(settled)} ms are heard, of a stream of {PLAIN * 1000} ms"
        if any(event.heard_ms < (event.segment.end_ms or 0) for event in finals):
            yield f"{service.name} tells segments that end after what is heard"


@clause(
    "L2",
    "A stream of silence ends without words",
    why="""A line on which nobody speaks is a success too, and must not wait for words for ever.""",
    mend="""Tell `Settled` for silence that the vendor has dealt with, and no segment without text.""",
)
def silent_streams_end(subject: Subject) -> Iterator[str]:
    for service, run in _streams(subject, SILENT):
        if run.error is not None:
            yield f"{service.name} failed on silence: {run.failure}"
        elif any(isinstance(event, Final) for event in run.events):
            yield f"{service.name} tells segments of a silent line"


@clause(
    "L3",
    "A dialect is pure: the same frames give the same events, without clock or connection",
    why="""Core owns the connection, the pace and the time. A dialect that reads the clock cannot be replayed after a
    cut, nor tested from a recording.""",
    mend="""Use the time that `dial` is given, and count samples for everything else.""",
)
def dialects_are_pure(subject: Subject) -> Iterator[str]:
    for service, dialogue in dialogues(subject):
        first = _replayed(subject, dialogue)
        with noticing(subject.package) as noted:
            again = _replayed(subject, dialogue)
        if first != again:
            yield f"{service.name} tells something else when the same frames come again"
        if noted:
            yield f"the dialect of {service.name} {noted[0]}"


@clause(
    "L4",
    "A damaged frame is an EarwitnessError, or is passed over",
    why="""Proxies and new releases send frames that no manual knows.""",
    mend="""Read frames with `earwitness.lenient.read` or catch what your decoder raises, and raise a ProtocolError with
    `retryable=True`: a new connection hears again what was not settled.""",
)
def damaged_frames_never_crash(subject: Subject) -> Iterator[str]:
    for service, dialogue in dialogues(subject):
        for frame in damaged_frames(dialogue):
            try:
                heard_after(subject, dialogue, frame)
            except EarwitnessError:
                continue
            except Exception as error:
                yield f"a damaged frame makes the dialect of {service.name} raise {raised(error)}"
                break


def _streams(subject: Subject, seconds: int = PLAIN) -> Iterator[tuple[Service, Run]]:
    services = subject.of_way("stream")
    bench = subject.bench
    for service in services:
        key = (service.name, "stream", seconds)
        if service.audio == ("stream",):
            yield service, subject.run_of(service, **({} if seconds == PLAIN else {"seconds": seconds}))
        else:
            if key not in subject.runs:
                subject.runs[key] = bench.stream(service, seconds=seconds)
            yield service, subject.runs[key]


def dialogues(subject: Subject) -> list[tuple[Service, Dialogue]]:
    """Every connection of the streams; the kit replays what was said on them."""
    found = [(service, one) for service, run in _streams(subject) for one in run.dialogues if one.steps]
    if not found:
        raise Unsupported("the provider streams through an engine, or not at all")
    return found


def _replayed(subject: Subject, dialogue: Dialogue) -> list[Any]:
    """The events of a fresh dialect that goes through the same steps."""
    dialect: Any = subject.provider().dialect(dialogue.submission)
    dialect.dial(NOW)
    events: list[Any] = []
    for step, what in dialogue.steps:
        match step:
            case "opened" | "finish":
                getattr(dialect, step)()
            case "audio":
                dialect.audio(what)
            case "received":
                events += dialect.received(what)
    return events


def heard_after(subject: Subject, dialogue: Dialogue, frame: Any) -> None:
    """Gives a fresh dialect this frame. Raises what it raises."""
    dialect: Any = subject.provider().dialect(dialogue.submission)
    dialect.dial(NOW)
    dialect.opened()
    dialect.received(frame)


def damaged_frames(dialogue: Dialogue) -> Iterator[Any]:
    """Frames that are cut, changed, empty, or of the other kind; the same ones every time."""
    frames = [what for step, what in dialogue.steps if step == "received"]
    chance = random.Random(2)  # noqa: S311  # the same damage every time
    yield from ("", b"", "{", b"\xff\xfe", "null", "[]", '{"x": [null]}', "1")
    for _ in range(_DAMAGES if frames else 0):
        frame = chance.choice(frames)
        data = frame if isinstance(frame, bytes) else frame.encode()
        place = chance.randrange(len(data) or 1)
        changed = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        made = data[:place] if chance.random() < 0.3 else changed
        yield made if isinstance(frame, bytes) else made.decode("utf-8", "replace")
