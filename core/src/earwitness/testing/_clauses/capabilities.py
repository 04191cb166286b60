"""What is declared works and comes back; what is not declared is refused before anything is sent."""

import pickle
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ...capabilities import ANY, Service
from ...errors import EarwitnessError, InvalidRequestError, UnsupportedFeatureError
from ...jobs import VendorReference
from ...models import Transcript
from ...provider import Callback
from ...request import Feature
from .._clause import Unsupported, clause
from .._live import Run
from .._playing import NOW, Exhausted, Player
from .._speech import PLAIN, same
from .._subject import SOURCES, Subject
from .requests import sent

WISHES: dict[Feature, tuple[Any, ...]] = {
    Feature.WORD_TIMES: (True,),
    Feature.SPEAKERS: (2, True),
    Feature.HOT_WORDS: (["earwitness"], ["증언"], ["证人"]),
    Feature.FORBIDDEN_WORDS: (["earwitness"], ["증언"]),
    Feature.PROFANITY: ("mask", "remove", "keep"),
    Feature.FILLERS: ("remove", "keep"),
    Feature.NUMERALS: ("digits", "words"),
    Feature.PUNCTUATION: (False, True),
    Feature.NOISE_FILTER: (True, False),
    Feature.SOUND_EVENTS: (True,),
    Feature.EMOTION: (True,),
    Feature.CHANNELS: ("separate", "mix"),
    Feature.MAX_SEGMENT_CHARS: (20, 40),
}
"""For each feature, wishes of which one at least must make a difference."""
_SEEN = (Feature.WORD_TIMES, Feature.SPEAKERS)
_NOBODYS = "no-such-name"


@clause(
    "C1",
    "What a profile offers is a part of what the provider declares",
    why="""Lists, completions and `providers --can` show the declared capabilities without any settings. What only
    `offered` knows, nobody finds; what it adds was never checked.""",
    mend="""Let `offered()` leave out services and features, or narrow their limits; declare everything in
    `capabilities`.""",
)
def offers_are_declared(subject: Subject) -> Iterator[str]:
    declared = {one.name: one for one in subject.kind.capabilities.services}
    if not subject.services:
        yield "the sample settings offer no service"
    for service in subject.services:
        if service.name not in declared:
            yield f"the service {service.name} is offered and not declared"
            continue
        known = declared[service.name]
        more = [one.value for one in service.features if one not in known.features]
        more += [one for one in service.audio if one not in known.audio]
        if more:
            yield f"{service.name} offers {', '.join(more)}, which it does not declare"


@clause(
    "C2",
    "What a service does not declare is refused before anything is sent",
    why="""A wish that is quietly dropped is paid for and missing. Core refuses by the declared data; a plan that moves
    to another service, language or model than the one asked for goes around it.""",
    mend="""In `plan`, keep the service, model and languages that were asked for, or raise an EarwitnessError; never
    choose another where one is named.""",
)
def the_undeclared_is_refused(subject: Subject) -> Iterator[str]:
    for service in subject.services:
        for what, wishes in _undeclared(service):
            player = Player()
            try:
                provider = subject.provider(player)
                planned = subject.planned(provider, subject.request(**{"service": service, **wishes}))
            except EarwitnessError:
                planned = None
            if planned is not None:
                yield f"{service.name} does not declare {what} and is planned as {planned.plan.service} with it"
            if player.calls:
                yield f"{service.name} was asked for {what} and sent something"


def _undeclared(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "a service of another name", {"service": _NOBODYS, "source": SOURCES[service.audio[0]]}
    if service.languages:
        yield "Klingon", {"language": "tlh"}
    if ANY not in service.models:
        yield "a model of that name", {"model": _NOBODYS}
    yield from (
        (feature.value, {feature.value: _wish(feature)}) for feature in Feature if feature not in service.features
    )
    yield from ((f"audio by {way}", {"source": one}) for way, one in SOURCES.items() if way not in service.audio)


def _wish(feature: Feature) -> Any:
    return next(wish for wish in WISHES[feature] if wish)


@clause(
    "C3",
    "Every declared feature changes what is sent, or comes back",
    why="""A feature that is declared and never mapped is the worst of lies: the request is accepted, paid for, and
    without effect.""",
    mend="""Write the option into the request of that service, or take the feature out of `capabilities`. What the
    vendor delivers whether it is asked for or not, name in `always` of the contract class.""",
)
def declared_features_aremapped(subject: Subject) -> Iterator[str]:
    declared = {feature for service in subject.kind.capabilities.services for feature in service.features}
    yield from (
        f"`always` names {one}, which no service declares" for one in subject.contract.always if one not in declared
    )
    for service in map(subject.narrowed, subject.services):
        plain = as_sent(subject, service)
        for feature in service.features:
            if feature.value not in subject.contract.always and not _is_told(subject, service, feature, plain):
                yield f"{service.name} declares {feature.value}, and asking for it changes nothing"


class Sent(NamedTuple):
    """What is sent for a request: the names of all parts, and the parts that are the same every time."""

    names: frozenset[str]
    parts: Mapping[str, object]


def _is_told(subject: Subject, service: Service, feature: Feature, plain: Sent) -> bool:
    for wish in WISHES[feature]:
        try:
            if differs(subject, service, plain, **{feature.value: wish}):
                return True
        except InvalidRequestError:
            continue  # a rule narrows it: this language, this model
    return feature in _SEEN and _comes_back(subject, service, feature)


def as_sent(subject: Subject, service: Service, **wishes: Any) -> Sent:
    """What these wishes make the provider send. Raises EarwitnessError for what is refused."""
    first, again = (mapped(subject, service, **wishes) for _ in range(2))
    # A nonce is new every time, and so is what is signed with it.
    return Sent(frozenset(first), {name: value for name, value in first.items() if again.get(name) == value})


def differs(subject: Subject, service: Service, plain: Sent, **wishes: Any) -> bool:
    """Whether these wishes send something else. Raises EarwitnessError for what is refused."""
    told = mapped(subject, service, **wishes)
    return not told.keys() <= plain.names or any(told.get(name) != value for name, value in plain.parts.items())


def mapped(subject: Subject, service: Service, **wishes: Any) -> dict[str, object]:
    """What this request makes the provider send, or hand to a worker, part by part."""
    if service.audio == ("stream",):
        dialect = subject.provider().dialect(subject.submission(service, **wishes))
        if dialect is not None:
            dial = dialect.dial(NOW)
            frames = {"opened": list(dialect.opened()), "finish": list(dialect.finish())}
            return {**frames, **dict(parse_qsl(urlsplit(dial.target).query)), **dial.headers}
    player = subject.submitted(service, subject.opening(service), **wishes)
    parts: dict[str, object] = {"engine": pickle.dumps(player.engine)}
    for place, (operation, method, url, query, headers, body) in enumerate(sent(player.calls)):
        parts |= {f"{place} call": (operation, method, url), f"{place} body": body}
        parts |= {f"{place} query {name}": value for name, value in query.items()}
        parts |= {f"{place} header {name}": value for name, value in headers.items()}
    return parts


def _comes_back(subject: Subject, service: Service, feature: Feature) -> bool:
    """Whether an answer shows it that nobody asked for it: one of the emulator's, or a recorded one."""
    heard: list[Transcript | None] = []
    with suppress(Unsupported):
        heard.append(subject.run_of(service).transcript)
    for one in subject.contract.answers:
        if one.service in (None, service.name):
            with suppress(EarwitnessError):
                heard.append(subject.kind.read_answer(one.answer()).transcript)
    return any(one is not None and _shows(one, feature) for one in heard)


def _shows(transcript: Transcript, feature: Feature) -> bool:
    if feature is Feature.SPEAKERS:
        return any(one.speaker for one in transcript.segments)
    return any(word.start_ms is not None for one in transcript.segments for word in one.words)


@clause(
    "C4",
    "Every service hears what was said, and delivers what was asked for",
    why="""This is what the provider is for: a recording goes out through a session, and its words come back, with
    times and speakers where these are declared and asked for.""",
    mend="""Run the emulator or the engine by hand with the kit's settings (`earwitness emulate`), and compare what it
    answers with what your translation reads. An emulator must tell `hearing`'s words as they are.""",
)
def every_service_hears(subject: Subject) -> Iterator[str]:
    bench = subject.bench
    for service in subject.services:
        try:
            run = subject.run_of(service)
        except Unsupported:
            continue
        if run.transcript is None:
            yield f"{service.name} failed: {run.failure}"
            continue
        wanted, live = bench.expected(PLAIN), service.audio == ("stream",)  # L1 has its eye on the words of streams
        if not live and not alike(run.transcript.text, wanted, loosely=bench.emulator is None):
            yield f"{service.name} gave {len(run.transcript.text)} characters that are not what was said"
        yield from _undelivered(subject, service)


def _undelivered(subject: Subject, service: Service) -> Iterator[str]:
    asked = _asked(subject, service)
    if not asked:
        return
    run = wished_and_heard(subject, service)
    if run.transcript is None:
        yield f"{service.name}, asked for {' and '.join(asked)}, failed: {run.failure}"
        return
    missing = [one.message for one in run.transcript.notices if one.kind == "not_delivered"]
    yield from (f"{service.name}: {one}" for one in missing)


def wished_and_heard(subject: Subject, service: Service) -> Run:
    """A job that asked for speakers and word times as far as they are declared. Raises Unsupported."""
    return subject.run_of(service, **_asked(subject, service))


def _asked(subject: Subject, service: Service) -> dict[str, Any]:
    asked = {one.value: _wish(one) for one in _SEEN if one in subject.narrowed(service).features}
    try:
        subject.planned(subject.provider(), subject.request(service, **asked))
    except InvalidRequestError:
        asked = dict.fromkeys(asked, True)
    return asked


def alike(heard: str, wanted: str, *, loosely: bool) -> bool:
    if loosely:
        return re.findall(r"\w+", heard.lower()) == re.findall(r"\w+", wanted.lower())
    return same(heard, wanted)


@clause(
    "C5",
    "A service that declares URLs takes one",
    why="""How audio reaches a vendor is declared, so that core converts, refuses or passes it on before anything is
    paid for.""",
    mend="""Send the URL of `submission.request.audio` (or of `submission.attempt.audio_url`), and let the emulator
    fetch it; or do not declare `url`.""",
)
def urls_are_taken(subject: Subject) -> Iterator[str]:
    services = subject.of_way("url")
    bench = subject.bench
    if bench.emulator is None:
        raise Unsupported("there is no emulator that could fetch a URL")
    for service in services:
        run = bench.run(service, by_url=True)
        if run.transcript is None:
            yield f"{service.name} took no URL: {run.failure}"
        elif not same(run.transcript.text, bench.expected(PLAIN)):
            yield f"{service.name} heard something else behind the URL"


@clause(
    "C6",
    "Methods for what is not declared refuse, and those for what is declared are there",
    why="""Core believes the declaration: it listens for callbacks, offers to cancel and opens streams only where a
    service declares it.""",
    mend="""Leave the method of the base class in place, which refuses; or declare what the provider can:
    `cancellable`, `callback`, audio by `stream`. A job of an engine is cancelled by core, without a method.""",
)
def methods_follow_the_declaration(subject: Subject) -> Iterator[str]:
    services = subject.kind.capabilities.services
    has = {
        "cancel": any(one.cancellable for one in services),
        "read_callback": any(one.callback != "none" for one in services),
    }
    for method, declared in has.items():
        overridden = subject.overrides(method)
        if method == "cancel" and subject.overrides("engine"):
            continue  # core stops the worker
        if declared and not overridden:
            yield f"a service declares what {method} is for, and the provider has no {method}"
        if not declared and overridden and not _refuses(subject, method):
            yield f"no service declares what {method} is for, and the provider does it"
    streams = any("stream" in one.audio for one in services)
    if streams and not subject.overrides("dialect") and not subject.overrides("engine"):
        yield "a service declares live audio, and the provider has neither dialect nor engine"
    if not streams and subject.overrides("dialect"):
        yield "the provider has a dialect, and no service declares live audio"


def _refuses(subject: Subject, method: str) -> bool:
    """Whether an overridden method refuses all the same, and asks nobody."""
    player = Player()
    try:
        if method == "read_callback":
            subject.kind.read_callback(Callback(b"{}"))
        else:
            subject.run(subject.provider(player).cancel(VendorReference(subject.services[0].name, "1")))
    except UnsupportedFeatureError:
        return not player.calls
    except (EarwitnessError, Exhausted):
        pass
    return False
