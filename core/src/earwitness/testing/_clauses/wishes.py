"""What a request chooses reaches the vendor, and what was heard comes back word by word."""

from collections.abc import Iterator
from typing import Any

from ...capabilities import ANY, Service
from ...errors import EarwitnessError
from ...models import Transcript
from ...request import Feature
from .._clause import Unsupported, clause, raised
from .._speech import PLAIN, lettered, said
from .._subject import Subject
from .capabilities import as_sent, differs, mapped, wished_and_heard

_SOME = 8
_NEARLY_MS = 120
_GUESSES = (True, False, 1, 2, 16_000, 0.5, "x", "https://audio.invalid/x", ["x"], {"x": "x"})


@clause(
    "C7",
    "The language, the model and the options that are asked for reach the vendor",
    why="""A request for Korean that is sent as English comes back as nonsense, and is paid for; so does an option that
    is taken and never written.""",
    mend="""Write `submission.plan.languages`, `submission.plan.model` and `submission.options` into the request, or do
    not declare what makes no difference. A plan may name a bare `en` where `en-US` is declared.""",
)
def choices_reach_the_vendor(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        choices: dict[str, list[dict[str, Any]]] = {
            "language": [{"model": None, "language": one} for one in service.languages],
            "model": [{"model": one} for one in service.models if one != ANY],
        }
        for what, wishes in choices.items():
            if len(wishes) > 1 and not _tells_apart(subject, service, wishes):
                yield f"{service.name} is sent the same, whatever {what} is asked for"
        yield from _unwritten(subject, service)
        options = [{"vendor": {name: value}} for name, value in _options(service)]
        if options and not _tells_apart(subject, service, [{}, *options]):
            yield f"{service.name} is sent the same, whatever options are given"


def _unwritten(subject: Subject, service: Service) -> Iterator[str]:
    """Languages that are declared, or cover a bare one (`en`), and break the provider."""
    for tag in dict.fromkeys(tag for one in service.languages for tag in (one, one.partition("-")[0])):
        try:
            mapped(subject, service, language=tag)
        except EarwitnessError:
            continue  # a rule excludes it
        except Exception as error:
            yield f"{service.name}, asked for the language {tag}, raises {raised(error)}"


def _tells_apart(subject: Subject, service: Service, wishes: list[dict[str, Any]]) -> bool:
    """Whether two of these wishes are sent differently, or fewer than two can be planned."""
    plain = None
    tried = 0
    for wish in wishes:
        try:
            if plain is None:
                plain = as_sent(subject, service, **wish)
            elif differs(subject, service, plain, **wish):
                return True
        except EarwitnessError:
            continue  # a rule excludes it
        tried += 1
        if tried == _SOME and "vendor" not in wish:
            break
    return tried < 2


def _options(service: Service) -> Iterator[tuple[str, Any]]:
    """Values that the service's options take and that are not their defaults."""
    for name, field in service.options.model_fields.items():
        for value in (*_named(service.options.model_json_schema(by_alias=False)), *_GUESSES):
            try:
                made = service.options.model_validate({name: value})
            except ValueError:
                continue
            if getattr(made, name) != field.default:
                yield name, value


def _named(schema: Any) -> Iterator[Any]:
    """Every value that the schema names."""
    items = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
    for one in items:
        yield from _named(one)


@clause(
    "C8",
    "Words come back whole, in order, and at their times",
    why="""Subtitles, cuts and scores stand on the times of words. A second taken for a millisecond, a word that is lost
    or that stands at its neighbour's time shows nowhere in the text.""",
    mend="""Compare a word of the emulator's answer with what your translation makes of it: milliseconds from the start
    of the recording. A vendor who rounds more coarsely than a tenth of a second is a reason for `excused`.""",
)
def words_are_at_their_times(subject: Subject) -> Iterator[str]:
    if subject.bench.emulator is None:
        raise Unsupported("there is no emulator, so nobody knows the times")
    judged = False
    for service in subject.services:
        try:
            transcript = wished_and_heard(subject, service).transcript
        except Unsupported:
            continue
        if transcript is None:
            continue  # C4 has its eye on that
        judged = True
        told = Feature.WORD_TIMES in subject.narrowed(service).features
        yield from (f"{service.name}: {what}" for what in _displaced(transcript, said(PLAIN), words=told))
    if not judged:
        raise Unsupported("nothing was heard")


def _displaced(transcript: Transcript, wanted: Transcript, *, words: bool) -> Iterator[str]:
    """What stands elsewhere, without a word of the text."""
    starts = [one.start_ms for one in transcript.segments if one.start_ms is not None]
    ends = [one.end_ms for one in transcript.segments if one.end_ms is not None]
    first, last = wanted.segments[0].start_ms or 0, wanted.segments[-1].end_ms or 0
    if starts and abs(starts[0] - first) > _NEARLY_MS:
        yield f"the first segment begins at {starts[0]} ms, and what was said at {first} ms"
    if ends and abs(ends[-1] - last) > _NEARLY_MS:
        yield f"the last segment ends at {ends[-1]} ms, and what was said at {last} ms"
    if not words:
        return
    told = [word for one in transcript.segments for word in one.words]
    real = [word for one in wanted.segments for word in one.words]
    if not told:
        return  # C4 has its eye on that
    if lettered(" ".join(word.text for word in told)) != lettered(" ".join(word.text for word in real)):
        yield "the words are not those that were said, in their order"
    elif len(told) == len(real):
        pairs = zip(told, real, strict=True)
        late = [place for place, (one, other) in enumerate(pairs, 1) if _is_elsewhere(one, other)]
        if late:
            yield f"the word number {late[0]} is not at its time"


def _is_elsewhere(one: Any, other: Any) -> bool:
    times = ((one.start_ms, other.start_ms), (one.end_ms, other.end_ms))
    return any(told is not None and abs(told - real) > _NEARLY_MS for told, real in times)
