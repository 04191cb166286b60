"""Recorded answers say what they say: their text, times and speakers, purely, every time, in every script."""

from collections.abc import Iterator

from ...errors import EarwitnessError
from ...jobs import JobStatus, JobUpdate
from ...models import Transcript
from ...validation import problems
from .._clause import Unsupported, clause
from .._declaration import Recorded
from .._purity import noticing
from .._speech import SILENT, same
from .._subject import Subject


@clause(
    "A1",
    "A recorded answer is read as what it says",
    why="""The words, the speakers and the end of the last word are known of a recorded answer. Seconds taken for
    milliseconds, a lost last sentence or a doubled word show here.""",
    mend="""Compare the transcript of `read_answer` with the recorded body, and correct the translation; or correct the
    facts in `answers`.""",
)
def answers_say_what_they_say(subject: Subject) -> Iterator[str]:
    if reads_answers(subject) and not subject.contract.answers:
        yield "the provider reads stored answers, and none is recorded in `answers`"
        return
    if not any(one.text.strip() for one in recorded(subject)):
        yield "no answer with words is recorded in `answers`"
    for number, one in enumerate(recorded(subject)):
        if not one.text.strip():
            continue  # A3 has its eye on silence
        try:
            update = subject.kind.read_answer(one.answer())
        except EarwitnessError as error:
            yield f"answers[{number}] is refused: {error}"
            continue
        if update.status is not JobStatus.SUCCEEDED or update.transcript is None:
            yield f"answers[{number}] is read as {update.status}"
            continue
        yield from (f"answers[{number}] {what}" for what in unlike(update.transcript, one))


@clause(
    "A2",
    "What is read from a recorded answer is a valid transcript",
    why="""Times in order, speakers that are listed, no blank words: everything behind, from subtitles to scoring,
    builds on it. Core repairs disorder, but what a healthy answer says needs no repair.""",
    mend="""Build the result with `Transcript.checked`, or pass it through `earwitness.validation.repair` where the
    vendor's own disorder is known.""",
)
def transcripts_are_valid(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        transcript = read(subject, one)
        yield from (f"answers[{number}]: {what}" for what in (problems(transcript) if transcript else ()))


@clause(
    "A3",
    "Silence is a success without text",
    why="""Nobody spoke is a result, which is paid for like any other. As an error it is submitted again; with invented
    text it is wrong.""",
    mend="""Read an answer without words as a succeeded job with no segments, and record one in `answers` with
    `text=""`.""",
)
def silence_is_a_success(subject: Subject) -> Iterator[str]:
    silent = [one for one in recorded_or_none(subject) if not one.text.strip()]
    for one in silent:
        transcript = read(subject, one)
        if transcript is None or any(segment.text.strip() for segment in transcript.segments):
            yield "a recorded answer without words is no success without text"
    judged = bool(silent)
    for service in subject.services if subject.has_bench else ():
        if service.audio == ("stream",):
            continue  # L2 has its eye on it
        try:
            run = subject.run_of(service, seconds=SILENT)
        except Unsupported:
            continue
        judged = True
        if run.transcript is None:
            yield f"{service.name} failed on silence: {run.failure}"
        elif run.transcript.text.strip():
            yield f"{service.name} heard words in silence"
    if not judged and not subject.contract.answers:
        raise Unsupported("the provider reads no answers, and nothing hears silence")
    if not judged:
        yield "no answer without words is recorded, and nothing hears silence"


@clause(
    "A4",
    "The same answer read twice is the same transcript",
    why="""Stored answers are read again by later versions and compared; a reading that depends on anything but the
    answer cannot be trusted.""",
    mend="""Keep no state between readings; do not number, name or sort by what differs from run to run.""",
)
def reading_repeats(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        if read(subject, one) != read(subject, one):
            yield f"answers[{number}] is read in another way the second time"


@clause(
    "A5",
    "`read_answer` is pure: no clock, no file, no connection",
    why="""Anyone may read a stored answer, years later, without the account (`earwitness convert --from`).""",
    mend="""Take times from the answer, or leave them out; `received_at` of a reply is the only time an exchange
    knows.""",
)
def reading_is_pure(subject: Subject) -> Iterator[str]:
    for number, one in enumerate(recorded(subject)):
        read(subject, one)
        with noticing(subject.package) as noted:
            read(subject, one)
        if noted:
            yield f"reading answers[{number}] {noted[0]}"


def reads_answers(subject: Subject) -> bool:
    """Whether the provider has a `read_answer` of its own."""
    return subject.overrides("read_answer")


def recorded(subject: Subject) -> tuple[Recorded, ...]:
    """The recorded answers. Raises Unsupported where there is none."""
    if not reads_answers(subject):
        raise Unsupported("the provider reads no stored answers")
    if not subject.contract.answers:
        raise Unsupported("no answers are recorded")
    return subject.contract.answers


def recorded_or_none(subject: Subject) -> tuple[Recorded, ...]:
    """The recorded answers, if any."""
    return subject.contract.answers if reads_answers(subject) else ()


def read(subject: Subject, one: Recorded, data: bytes | None = None) -> Transcript | None:
    """The transcript in this body; None where it is refused."""
    try:
        update: JobUpdate = subject.kind.read_answer(one.answer(data))
    except EarwitnessError:
        return None
    return update.transcript


def unlike(transcript: Transcript, one: Recorded) -> Iterator[str]:
    """What differs from what is known, without a word of the text."""
    if not same(transcript.text, one.text):
        yield f"has a text of {len(transcript.text)} characters that is not the recorded one of {len(one.text)}"
    words = sum(len(segment.words) for segment in transcript.segments)
    if one.words is not None and words != one.words:
        yield f"has {words} words, not {one.words}"
    voices = tuple(dict.fromkeys(segment.speaker for segment in transcript.segments if segment.speaker))
    if one.speakers is not None and voices != one.speakers:
        yield f"has the speakers {voices}, not {one.speakers}"
    end = max((_end(segment) for segment in transcript.segments), default=0)
    if one.end_ms is not None and end != one.end_ms:
        yield f"ends at {end} ms, not at {one.end_ms} ms"


def _end(segment: object) -> int:
    words = [word.end_ms or 0 for word in getattr(segment, "words", ())]
    return max([getattr(segment, "end_ms", None) or 0, *words])
