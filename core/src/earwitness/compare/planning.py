"""What a comparison will ask, decided before anything is sent: which recordings, of whom, with what, at what price."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .._bugs import foreign
from .._discovery import version_of
from .._planning import OnUnsupported, Planned, plan_request
from .._plugins import Plugins
from ..capabilities import AudioFacts
from ..config import Config, Profile
from ..errors import BadAudioError, EarwitnessError, InvalidRequestError
from ..explaining import idle
from ..media import open_media
from ..provider import Provider
from ..request import Feature, FileAudio, LiveAudio, TranscriptionRequest
from .corpus import Corpus, Utterance
from .cost import Bill
from .prices import PriceEntry, price_of, shipped_prices
from .store import Question, digest

__all__ = ["LIVE_RATE", "Ask", "Prospect", "Recording", "prospect"]

LIVE_RATE = 16_000
"""The sample rate of live audio, in Hz."""

_BLOCK = 2**20
_NAMED = 5
_NEARLY_MS = 100
"""A manifest's duration is rounded: a recording this much longer is meant whole."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The audio of one utterance: a file, the digest of its bytes, and the stretch of it where it is not the whole.

    `seen` tells that the file is still the one that the digest is of.
    """

    path: Path
    digest: str
    facts: AudioFacts
    start_ms: int | None = None
    end_ms: int | None = None
    seen: tuple[int, int] = (0, 0)

    def require_unchanged(self) -> None:
        """Raises BadAudioError where the file is no longer what was planned: its answer would stand for another."""
        if _state(self.path) != self.seen:
            raise BadAudioError(f"{self.path} has changed since the run began", action="Run again.")

    @property
    def cut(self) -> bool:
        """Whether it is a part of its file."""
        return self.start_ms is not None


@dataclass(frozen=True, slots=True)
class Ask:
    """One recording that one profile is asked about, with the request's options and what it may cost.

    `live`: it is streamed at the speed of real time; speech in it ends at `speech_end_ms`, as far as that is known.
    """

    id: str
    profile: str
    question: Question
    recording: Recording
    bill: Bill
    paid: bool
    live: bool = False
    speech_end_ms: int = 0
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Prospect:
    """Everything that will be asked, by profile, in the corpus' order; `refused` is what no vendor need be asked.

    The corpus has the durations that the recordings turned out to have.
    """

    corpus: Corpus
    profiles: Mapping[str, Profile]
    asks: Mapping[str, Sequence[Ask]]
    refused: Mapping[str, Mapping[str, EarwitnessError]]


def prospect(
    corpus: Corpus,
    profiles: Iterable[str],
    *,
    config: Config,
    options: Mapping[str, Any] | None = None,
    prices: Sequence[PriceEntry] = (),
    limit: int | None = None,
    live: bool = False,
) -> Prospect:
    """What these profiles would be asked about the first `limit` utterances. Reads the recordings, sends nothing.

    With `live` every recording is streamed at the speed of real time, by the services that take live audio.
    A language that neither `options` nor the profile names is the utterance's own. Raises BadAudioError for recordings
    that are missing or broken, ConfigurationError for profiles that are wrong, InvalidRequestError for two of one name.
    """
    chosen = [config.profile(name) for name in profiles]
    twice = {one.name for one in chosen if sum(other.name == one.name for other in chosen) > 1}
    if twice:
        raise InvalidRequestError(f"The profile {min(twice)} is named twice", action="Name each profile once.")
    planners = [_Planner(one, options or {}, prices, live=live) for one in chosen]
    heard = _recordings(list(corpus)[:limit])
    utterances = {one.id: replace(one, duration_ms=_length(one, heard[one.id])) for one in list(corpus)[:limit]}
    found = {one.profile.name: one.planned(utterances.values(), heard) for one in planners}
    return Prospect(
        Corpus(utterances, corpus.source),
        {one.name: one for one in chosen},
        {name: asks for name, (asks, _) in found.items()},
        {name: refused for name, (_, refused) in found.items()},
    )


class _Planner:
    """One profile's provider, made once, that calls nobody."""

    def __init__(
        self, profile: Profile, options: Mapping[str, Any], prices: Sequence[PriceEntry], *, live: bool
    ) -> None:
        self.profile = profile
        self._live = live
        self._options = options
        self._provider: Provider[Any] = idle(profile)
        self._plugins = Plugins()
        self._version = version_of(profile.provider)
        self._tables = (prices, shipped_prices(type(self._provider)))
        self._settings = _settings(self._provider.settings, profile.folder)
        TranscriptionRequest.of(b"", defaults=profile.request, **options)

    def planned(
        self, utterances: Iterable[Utterance], heard: Mapping[str, Recording]
    ) -> tuple[list[Ask], dict[str, EarwitnessError]]:
        """What is asked, and what is refused without being asked."""
        asks: list[Ask] = []
        refused: dict[str, EarwitnessError] = {}
        for one in utterances:
            try:
                asks.append(self._ask(one, heard[one.id]))
            except EarwitnessError as error:
                refused[one.id] = error
        return asks, refused

    def _ask(self, utterance: Utterance, recording: Recording) -> Ask:
        options = dict(self._options)
        if utterance.language and "language" not in options and not self.profile.request.languages:
            options["language"] = utterance.language
        planned = self._plan(recording, options)
        question = Question(
            recording.digest,
            recording.start_ms,
            recording.end_ms,
            self.profile.provider,
            planned.plan.service,
            planned.plan.model,
            self._digest(planned),
            self._version,
        )
        bill = self._bill(planned, recording)
        paid = planned.service.submission == "paid"
        name, end_ms = self.profile.name, _speech_end_ms(utterance, recording)
        return Ask(utterance.id, name, question, recording, bill, paid, self._live, end_ms, options)

    def _plan(self, recording: Recording, options: Mapping[str, Any]) -> Planned:
        source = LiveAudio(LIVE_RATE) if self._live else FileAudio(recording.path)
        facts = AudioFacts(sample_rate=LIVE_RATE, channels=1) if self._live else recording.facts
        request = TranscriptionRequest.of(source, defaults=self.profile.request, **options)
        request = self._plugins.prepare_request(request, self.profile.name)
        # What is left out is told when it is asked; here it would be told twice.
        policy: OnUnsupported = "error" if self.profile.on_unsupported == "error" else "drop"
        with foreign(self._provider.name, "planning"):
            return plan_request(self._provider, request, facts, on_unsupported=policy)

    def _digest(self, planned: Planned) -> str:
        """Of everything that was set and may decide what is heard; secrets are masked before, so keys may change."""
        request = planned.request.model_dump(
            mode="json",
            include=set(type(planned.request).model_fields) - {"audio", "metadata", "keep_raw", "vendor"},
            exclude_defaults=True,
        )
        vendor = planned.options.model_dump(mode="json", exclude_defaults=True, fallback=str)
        return digest([request, vendor, self._settings, planned.plan.languages, *(["live"] if self._live else [])])

    def _bill(self, planned: Planned, recording: Recording) -> Bill:
        price = price_of(self.profile, planned.plan.service, planned.plan.model, self._tables)
        free = planned.service.submission == "free" and (price is None or price.per_hour is None)
        separate = planned.request.channels == "separate"
        return Bill(
            recording.facts.duration_ms or 0,
            price,
            free,
            channels=(recording.facts.channels or 1) if separate else 1,
            add_ons=tuple(one.value for one in planned.request.asked() if one in Feature),
        )


def _settings(settings: BaseModel, folder: Path) -> dict[str, Any]:
    """What was set, for the key; of a file that a setting names, a model say, the content counts and not the name."""
    found: dict[str, Any] = settings.model_dump(mode="json", exclude_defaults=True, fallback=str)
    for name in found:
        value = getattr(settings, name, None)
        if isinstance(value, Path):
            found[name] = _content(value if value.exists() else folder / value)
    return found


def _content(path: Path) -> dict[str, str] | str:
    """The digest of each file below this path; the path itself where nothing is there."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    try:
        return {str(one.relative_to(path)): _digest_of(one) for one in files}
    except OSError:
        return str(path)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recordings(utterances: Sequence[Utterance]) -> dict[str, Recording]:
    """The audio of each utterance by its id. Raises BadAudioError for all that cannot be heard, naming the first."""
    files: dict[str, Recording | BadAudioError] = {}
    found: dict[str, Recording] = {}
    wrong: dict[str, BadAudioError] = {}
    for one in utterances:
        try:
            found[one.id] = _recording(one, files)
        except BadAudioError as error:
            wrong[one.id] = error
    if wrong:
        first, *others = wrong
        told = f"{len(wrong)} of {len(utterances)} recordings cannot be heard; the first: {wrong[first].message}"
        if others:
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            told += f"; the others: {', '.join(repr(id[:80]) for id in others[:_NAMED])}{more}"
        raise BadAudioError(told, action=f"{wrong[first].action or ''} Nothing was sent.".strip())
    return found


def _recording(one: Utterance, files: dict[str, Recording | BadAudioError]) -> Recording:
    if one.audio is None or "://" in one.audio:
        where = "lies elsewhere" if one.audio else "is not named"
        raise BadAudioError(f"the recording of {one.id[:80]!r} {where}", action="Give files of this machine.")
    if one.audio not in files:
        files[one.audio] = _examined(Path(one.audio))
    known = files[one.audio]
    if isinstance(known, BadAudioError):
        raise known
    facts = known.facts
    start, end = _stretch(one, facts)
    if start is None:
        return known
    if end is None or end <= start:
        wrong = "lasts no time in" if one.duration_ms == 0 else "begins behind the end of"
        raise BadAudioError(f"{one.id[:80]!r} {wrong} {known.path}", action="Correct the data set.")
    part = AudioFacts("wav", "pcm_s16le", end - start, facts.sample_rate, min(facts.channels or 1, 2), None)
    return replace(known, facts=part, start_ms=start, end_ms=end)


def _examined(path: Path) -> Recording | BadAudioError:
    try:
        sha, seen = hashlib.sha256(), _state(path)
        with open_media(FileAudio(path)) as media, media.reading() as file:
            while block := file.read(_BLOCK):
                sha.update(block)
            return Recording(path, sha.hexdigest(), media.facts, seen=seen)
    except BadAudioError as error:
        return error


def _state(path: Path) -> tuple[int, int]:
    """Size and time of the last change, 0 for a file that is gone."""
    try:
        known = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return known.st_size, known.st_mtime_ns


def _stretch(one: Utterance, facts: AudioFacts) -> tuple[int | None, int | None]:
    """Start and end of the part that the utterance is of its file, None twice for the whole of it."""
    whole = facts.duration_ms
    end = whole if one.duration_ms is None else one.offset_ms + one.duration_ms
    if whole is not None and end is not None:
        end = min(end, whole)
    if one.offset_ms == 0 and (whole is None or end is None or whole - end <= _NEARLY_MS):
        return None, None
    return one.offset_ms, end


def _speech_end_ms(one: Utterance, recording: Recording) -> int:
    """When the last word of the reference ends, else when the recording does."""
    ends = [each.end_ms for each in one.reference.segments if each.end_ms is not None] if one.reference else []
    return max(ends, default=recording.facts.duration_ms or 0)


def _length(one: Utterance, recording: Recording) -> int | None:
    return recording.facts.duration_ms or one.duration_ms
