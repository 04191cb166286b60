"""The provider under examination, as its author declares it, with what the clauses need to look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import ExitStack
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .._planning import Planned, plan_request
from ..capabilities import AudioFacts, Handover, Service
from ..exchange import HttpReply
from ..jobs import Attempt
from ..media import convert, open_media
from ..provider import Provider, Runtime, Submission
from ..request import AudioSource, LiveAudio, StoredAudio, TranscriptionRequest, UrlAudio
from ._clause import Unsupported
from ._playing import Exhausted, Player, Worked, reply
from ._speech import PLAIN, audio

if TYPE_CHECKING:
    from ._live import Bench, Run
    from .contract import ProviderContract

__all__ = ["FACTS", "SOURCES", "Subject", "told"]

T = TypeVar("T")
_TIMEOUT_S = 120.0

FACTS = AudioFacts("wav", "pcm_s16le", PLAIN * 1000, 16_000, 1, 64_044)
"""What is known of the kit's plain recording."""

SOURCES: dict[Handover, AudioSource] = {
    "inline": audio(PLAIN),
    "url": UrlAudio("https://audio.invalid/speech.wav"),
    "stored": StoredAudio("speech.wav"),
    "stream": LiveAudio(),
}
"""Audio for each way to hand it over."""


class Subject:
    """One provider. Use it as a context manager: an emulator is started when it is first needed, and ended."""

    def __init__(self, contract: type[ProviderContract]) -> None:
        self.contract = contract
        self._open = ExitStack()
        self._runner = asyncio.Runner()
        self.runs: dict[tuple[object, ...], Run] = {}
        self.kept: dict[str, Any] = {}
        """What one clause found out and another needs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the emulator and lets go of the recordings."""
        self._open.close()
        self._runner.close()

    @cached_property
    def plugin(self) -> Any:
        """The plugin's module."""
        return import_module(self.contract.plugin)

    @cached_property
    def kind(self) -> type[Provider[Any]]:
        """The provider's class."""
        found: type[Provider[Any]] = self.plugin.earwitness_provider()
        return found

    def overrides(self, method: str) -> bool:
        """Whether the provider has this method of its own, and not the base class' refusal."""
        mine, base = getattr(self.kind, method), getattr(Provider, method)
        # A class method is bound anew at every look; the function in it is the same.
        return getattr(mine, "__func__", mine) is not getattr(base, "__func__", base)

    @property
    def package(self) -> str:
        """The plugin's top-level package; core's own module where the provider is core's."""
        return (
            self.contract.plugin
            if self.contract.plugin.startswith("earwitness.")
            else self.kind.__module__.partition(".")[0]
        )

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that the sample settings offer."""
        return self.provider().offered().services

    @property
    def bench(self) -> Bench:
        """Where the provider works for real. Raises Unsupported where there is neither emulator nor sample."""
        if self._bench is None:
            raise Unsupported("neither an emulator nor a sample of speech is declared")
        return self._bench

    @property
    def has_bench(self) -> bool:
        """Whether there is an emulator or a sample of speech."""
        return self._bench is not None

    @cached_property
    def _bench(self) -> Bench | None:
        from ._live import bench_of

        return bench_of(self, self._open)

    def provider(self, runtime: Runtime | None = None) -> Provider[Any]:
        """A fresh provider with the sample settings."""
        return self.kind(self.kind.Settings.model_validate(dict(self.contract.settings)), runtime or Player())

    def request(self, service: Service | str | None = None, source: AudioSource | None = None, **options: Any) -> Any:
        """A request for this service with what every request needs."""
        name = service.name if isinstance(service, Service) else service
        if source is None and isinstance(service, Service):
            source = SOURCES[service.audio[0]]
        wishes = {**self.contract.request, "service": name, **options}
        return TranscriptionRequest.of(source or audio(PLAIN), **wishes)

    def planned(self, provider: Provider[Any], request: TranscriptionRequest) -> Planned:
        """What core plans for this request. Raises EarwitnessError."""
        return plan_request(provider, request, FACTS)

    def narrowed(self, service: Service) -> Service:
        """The service as it is for the model and the languages of the sample request."""
        provider, request = self.provider(), self.request(service)
        plan = provider.plan(request, FACTS)
        return provider.offered().at(service.name, model=plan.model, languages=plan.languages)

    @cached_property
    def planned_for(self) -> tuple[str, ...]:
        """The services, each of which the sample request can be planned for. Raises EarwitnessError."""
        return tuple(self.planned(self.provider(), self.request(one)).plan.service for one in self.services)

    def submission(self, service: Service, source: AudioSource | None = None, **options: Any) -> Submission:
        """What core hands to the provider for this service. Raises EarwitnessError."""
        request = self.request(service, source, **options)
        planned = self.planned(self.provider(), request)
        media = None
        if not isinstance(request.audio, UrlAudio | StoredAudio | LiveAudio):
            opened = self._open.enter_context(open_media(request.audio))
            media = convert(opened, planned.service.accepts)
            self._open.callback(media.close)
        return Submission(planned.request, planned.plan, planned.options, Attempt("att_1"), media)

    def submitted(self, service: Service, replies: Iterable[HttpReply] = (), **options: Any) -> Player:
        """The runtime after a submission that got these replies and no more; it knows the calls, or the engine.

        Raises what the provider raises.
        """
        player = Player(replies)
        told(lambda: self.run(self.provider(player).submit(self.submission(service, **options))))
        return player

    def opening(self, service: Service) -> list[HttpReply]:
        """The replies before the call that hands the job over, as the emulator gave them or a table has them."""
        try:
            conversations = self.run_of(service).conversations
        except Unsupported:
            tables = (one for one in self.contract.tables if one.operation == "submit" and one.before)
            before = next((one.before for one in tables if one.service in (None, service.name)), ())
            return [reply(one) for one in before]
        steps = [step for one in conversations for step in zip(one.calls, one.replies, strict=False)]
        paid = next((place for place, (call, _) in enumerate(steps) if not call.repeatable), 0)
        return [got for _, got in steps[:paid]]

    def run_of(self, service: Service, **how: Any) -> Run:
        """What became of a job of this service at the bench; each is run once. Raises Unsupported."""
        key = (service.name, *sorted(how.items()))
        if key not in self.runs:
            self.runs[key] = self.bench.run(service, **how)
        return self.runs[key]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of asynchronous work, within two minutes."""

        async def bounded() -> T:
            async with asyncio.timeout(_TIMEOUT_S):
                return await work

        return self._runner.run(bounded())

    def remote(self) -> Iterator[Service]:
        """The services that are reached over HTTP. Raises Unsupported where there is none."""
        found = [one for one in self.services if one.audio != ("stream",) and self.submitted(one).calls]
        if not found:
            raise Unsupported("no service sends recordings over HTTP")
        yield from found

    def of_way(self, *ways: Handover) -> list[Service]:
        """The services with one of these ways to hand audio over. Raises Unsupported where there is none."""
        found = [one for one in self.services if any(way in one.audio for way in ways)]
        if not found:
            raise Unsupported(f"no service takes audio by {' or '.join(ways)}")
        return found


def told(work: Any) -> Any:
    """What this returns; None where it stopped because the kit had no more replies, or got the engine it wanted."""
    try:
        return work()
    except (Exhausted, Worked):
        return None
