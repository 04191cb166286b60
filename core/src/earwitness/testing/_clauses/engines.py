"""A local recogniser is a plain iterator: it travels to a worker, hears blocks of any length, and stops when told."""

import pickle
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ...engine import Engine, Progress
from ...media import open_media, pcm
from ...models import Segment
from ...request import FileAudio
from .._clause import Unsupported, clause
from .._subject import Subject

_LARGEST = 1024 * 1024
_RATES = (8_000, 96_000)
_ODD = 1_999


@clause(
    "G1",
    "An engine is small, travels to a worker process, and names its sample rate",
    why="""Engines hold the interpreter's lock, so core runs them in worker processes: the object that describes one is
    pickled, and the model is loaded there.""",
    mend="""Keep settings only in the engine, load the model at the first `listen`, and leave it out of
    `__getstate__`.""",
)
def engines_travel(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    data = pickle.dumps(engine)
    copy: Any = pickle.loads(data)
    if len(data) > _LARGEST:
        yield f"the engine is {len(data)} bytes on its way to a worker"
    if type(copy.sample_rate) is not int or not _RATES[0] <= copy.sample_rate <= _RATES[1]:
        yield f"the engine's sample rate is {copy.sample_rate!r}"
    if copy.version is not None and not isinstance(copy.version, str):
        yield "the engine's version is no text"


@clause(
    "G2",
    "An engine hears the same whatever the blocks' length",
    why="""Blocks come from files, sockets and microphones, and may end in the middle of a sample.""",
    mend="""Collect bytes until a whole sample, or a whole frame, is there.""",
)
def blocks_may_have_any_length(subject: Subject) -> Iterator[str]:
    odd = _engine(subject).listen(_cut(_sound(subject), _ODD))
    if _segments(_heard(subject)) != _segments(odd):
        yield "blocks of another length are heard as something else"


@clause(
    "G3",
    "An engine stops when its iterator is closed",
    why="""That is how a job is cancelled: what goes on listening burns a processor for nobody.""",
    mend="""Make `listen` a generator, pull blocks only when needed, and let GeneratorExit through.""",
)
def engines_stop(subject: Subject) -> Iterator[str]:
    taken = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for block in _cut(_sound(subject), 3200):
            taken += 1
            yield block

    heard: Any = iter(_engine(subject).listen(counted()))
    with suppress(StopIteration):
        next(heard)
    if not hasattr(heard, "close"):
        yield "listen gives an iterator that cannot be closed"
        return
    before = taken
    heard.close()
    if taken > before:
        yield "the engine goes on listening when its iterator is closed"


@clause(
    "G4",
    "An engine tells progress and segments in order",
    why="""Progress that goes back confuses whoever watches, and subtitles are written as segments come.""",
    mend="""Tell each segment when it is settled, with times from the first sample.""",
)
def engines_are_in_order(subject: Subject) -> Iterator[str]:
    events = _heard(subject)
    heard = [event.heard_ms for event in events if isinstance(event, Progress)]
    starts = [event.start_ms or 0 for event in events if isinstance(event, Segment)]
    if heard != sorted(heard):
        yield "progress goes back"
    if starts != sorted(starts):
        yield "segments come out of order"


def _engine(subject: Subject) -> Engine:
    if not subject.overrides("engine"):
        raise Unsupported("the provider is no engine")
    service = next(one for one in subject.services if "inline" in one.audio or "stream" in one.audio)
    return subject.provider().engine(subject.submission(service))


def _sound(subject: Subject) -> bytes:
    sample = subject.contract.sample
    if sample is None:
        raise Unsupported("no sample of speech is declared")
    with open_media(FileAudio(sample.path)) as media:
        return b"".join(pcm(media, sample_rate=_engine(subject).sample_rate))


def _cut(sound: bytes, length: int) -> Iterable[bytes]:
    return (sound[at : at + length] for at in range(0, len(sound), length))


def _heard(subject: Subject) -> list[Any]:
    """All that the engine tells of the sample in ordinary blocks; it listens once for all clauses."""
    if "heard" not in subject.kept:
        subject.kept["heard"] = list(_engine(subject).listen(_cut(_sound(subject), 3200)))
    found: list[Any] = subject.kept["heard"]
    return found


def _segments(events: Iterable[Any]) -> list[Segment]:
    return [event for event in events if isinstance(event, Segment)]
