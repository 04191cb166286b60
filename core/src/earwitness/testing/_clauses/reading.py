"""Answers as they really come: damaged, extended, in every script, and ten hours long."""

import gc
import re
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

from ..._foreign import where
from ...errors import EarwitnessError
from ...models import Transcript
from ...validation import accepted
from .._clause import Unsupported, clause
from .._damage import damaged, extended, grown, joined, pieces, rewritten, tellable
from .._declaration import Recorded
from .._speech import SCRIPTS, lettered, said, squeezed
from .._subject import Subject
from .answers import read, recorded, recorded_or_none

_EXOTIC = ("안녕하세요", "你好世界", "👩‍👩‍👧‍👦", "שלום", "مرحبا", "cafe\u0301", "ไทย", "🏳️‍🌈")
_WORDS = 90_000
_STEP = 4
_MOST_GROWTH = 2.5 * _STEP
_ANY_WORD = re.compile(r"[^\W_]+")


@clause(
    "A6",
    "A damaged answer is read as far as it goes, or refused; it never crashes",
    why="""Vendors leave keys out, send null, a text for a number, an object for a list. One odd value must not cost a
    transcript that is paid for, and a crash tells nobody anything.""",
    mend="""Read with the forgiving types of `earwitness.lenient`, and let nothing but an EarwitnessError out of
    `read_answer`.""",
)
def damage_never_crashes(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        for what, data in damaged(one.data):
            try:
                transcript = subject.kind.read_answer(one.answer(data)).transcript
                if transcript is not None:
                    accepted(transcript)
            except EarwitnessError as error:
                if error.kind == "invalid_transcript":
                    yield f"answers[{number}], when {what}, is read as what is no transcript"
            except Exception as error:
                yield f"answers[{number}], when {what}, raises {where(error)}"


@clause(
    "A7",
    "No text is read that the answer does not hold",
    why="""`None`, `true` or a placeholder in a transcript reads as if somebody had said it.""",
    mend="""Leave out what is missing or of a wrong type; never format a value into text without looking at it.""",
)
def no_text_is_invented(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        for what, data in damaged(one.data):
            transcript = None
            with suppress(Exception):  # A6 has its eye on that
                transcript = read(subject, one, data)
            if transcript is None:
                continue
            told = tellable(data)
            foreign = [word for word in _ANY_WORD.findall(transcript.text) if word not in told]
            if any(not joined(word, pieces(data)) for word in foreign):
                yield f"answers[{number}], when {what}, is read with words that it does not hold"


@clause(
    "A8",
    "New keys and another order change nothing",
    why="""Vendors add keys with every release, and JSON objects have no order.""",
    mend="""Let models of answers ignore what they do not know, and read by key.""",
)
def new_keys_change_nothing(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        plain = read(subject, one)
        for what, data in extended(one.data):
            changed = read(subject, one, data)
            if plain is not None and (changed is None or changed.segments != plain.segments):
                yield f"answers[{number}], {what}, is read in another way"


@clause(
    "A9",
    "Every script survives: Korean, Chinese, right to left, emoji, combining accents",
    why="""Text is cut, joined, matched and encoded on its way. What is right for English breaks a family of emoji or a
    Hebrew line.""",
    mend="""Treat text as it came: no encoding but UTF-8, no splitting by characters, no normalisation, no reversal.""",
)
def every_script_survives(subject: Subject) -> Iterator[str]:
    spoken = [one for one in recorded_or_none(subject) if one.text.strip()]
    for one in spoken:
        parts = dict.fromkeys(_ANY_WORD.findall(one.text))
        words = {part: _EXOTIC[place % len(_EXOTIC)] for place, part in enumerate(parts)}
        transcript = read(subject, one, rewritten(one.data, one.text, words))
        wanted = squeezed(rewritten(one.text.encode(), one.text, words).decode())
        if transcript is None or squeezed(transcript.text) != wanted:
            yield "a recorded answer in other scripts loses or changes characters"
        elif _is_spelt_out(read(subject, one)) and not _is_spelt_out(transcript):
            yield "the words of a recorded answer in other scripts lose or change characters"
    emulated = subject.has_bench and subject.bench.emulator is not None
    for service in subject.services if emulated else ():
        try:
            run = subject.run_of(service, seconds=SCRIPTS)
        except Unsupported:
            continue
        if run.transcript is None:
            yield f"{service.name} fails on text in other scripts: {run.failure}"
        elif squeezed(run.transcript.text) != squeezed(said(SCRIPTS).text):
            yield f"{service.name} loses or changes characters of other scripts"
    if not spoken and not emulated:
        raise Unsupported("nothing was recorded, and there is no emulator")


@clause(
    "A10",
    "Ten hours are read in time and memory that grow with their length, and no deeper",
    why="""90,000 words are a day in court. What is quadratic takes minutes there, and what recurs breaks.""",
    mend="""Append to lists and join once; look things up in dictionaries; loop instead of recurring. `collector_paused`
    of `earwitness.rest` spares most of what is left.""",
)
def long_answers_are_linear(subject: Subject) -> Iterator[str]:
    spoken = [one for one in recorded(subject) if one.text.strip()]
    if not spoken:
        raise Unsupported("no answer with words is recorded")
    one = max(spoken, key=lambda recorded: recorded.words or 0)
    factor = _WORDS // max(1, len(one.text.split()))
    short, long = (grown(one.data, lambda data: _size(subject, one, data), n) for n in (factor // _STEP, factor))
    if short is None or long is None:
        raise Unsupported("the recorded answer has no part that could be longer")
    (once, size), (again, _) = (_read_in(subject, one, long) for _ in range(2))
    if size < factor * len(squeezed(one.text)):
        yield "a part of ten hours of text is lost"
    if min(once, again) > _MOST_GROWTH * max(_read_in(subject, one, short)[0] for _ in range(2)):
        yield f"{_STEP} times the words take more than {_MOST_GROWTH:g} times the time"
    # Watching memory is slow, and shows at a fraction of the length.
    less, more = (grown(one.data, lambda data: _size(subject, one, data), factor // _STEP**n) for n in (3, 2))
    if less and more and _memory(subject, one, more) > _MOST_GROWTH * _memory(subject, one, less):
        yield f"{_STEP} times the words take more than {_MOST_GROWTH:g} times the memory"


def _is_spelt_out(transcript: Transcript | None) -> bool:
    """Whether the words of each segment that has words make its text."""
    spoken = [one for one in transcript.segments if one.words] if transcript else []
    return all(lettered(one.text) == lettered("".join(word.text for word in one.words)) for one in spoken)


def _size(subject: Subject, one: Recorded, data: bytes) -> int:
    return _length(read(subject, one, data))


def _length(transcript: Transcript | None) -> int:
    return sum(len(squeezed(segment.text)) for segment in transcript.segments) if transcript else 0


def _read_in(subject: Subject, one: Recorded, data: bytes) -> tuple[float, int]:
    """Seconds of processor time, which do not depend on what else the machine does, and the characters that were read.

    Of this thread: an emulator may be at work beside.
    """
    gc.collect()
    begun = time.thread_time()
    transcript = read(subject, one, data)
    return max(time.thread_time() - begun, 0.002), _length(transcript)


def _memory(subject: Subject, one: Recorded, data: bytes) -> int:
    tracemalloc.start()
    try:
        read(subject, one, data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
