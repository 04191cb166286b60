"""The first things a user calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _discovery
from ._arguments import mistaken
from ._bugs import foreign, transcribing
from ._plugins import Plugins
from .config import Config, Profile, load_config
from .errors import InvalidRequestError, JobFailedError, ProtocolError
from .models import Answer, Transcript
from .session import AsyncSession
from .validation import accepted

if TYPE_CHECKING:
    from .provider import Provider
    from .sync import Session

__all__ = ["connect", "open", "read_answer", "session_with", "transcribe"]


def connect(
    profile: str | None = None,
    *,
    config: Config | str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    plugins: Iterable[object] = (),
) -> AsyncSession:
    """An async session for this profile; use it with `async with`.

    `profile` is a name from `earwitness.toml`, or an installed provider's name for its default settings; None takes the
    default profile. `config` replaces the file that would be found; `settings` go over the profile's; `plugins` are
    objects with hook implementations, for this session only. Raises ConfigurationError.
    """
    return session_with(lambda kind: kind, profile, config=config, settings=settings, plugins=plugins)


def session_with(
    adapt: Callable[[type[Provider[Any]]], type[Provider[Any]]],
    profile: str | None,
    *,
    config: Config | str | Path | None,
    settings: Mapping[str, Any] | None,
    plugins: Iterable[object] = (),
) -> AsyncSession:
    """The session of `connect`, with what `adapt` makes of the provider's class."""
    chosen = _profile(profile, config, settings)
    provider = adapt(_discovery.load_provider(chosen.provider))
    return AsyncSession(provider, chosen, Plugins(plugins), version=_discovery.version_of(chosen.provider))


def open(
    profile: str | None = None,
    *,
    config: Config | str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    plugins: Iterable[object] = (),
) -> Session:
    """A blocking session for this profile; use it with `with`. The arguments are those of `connect`."""
    from .sync import Session

    return Session(lambda: connect(profile, config=config, settings=settings, plugins=plugins))


def transcribe(audio: object, *, profile: str | None = None, **options: Any) -> Transcript:
    """The transcript of this audio: one session for one call. `options` are those of `TranscriptionRequest`.

    Raises an EarwitnessError that says the next action. For several recordings, open a session once.
    """
    with open(profile) as session:
        return session.transcribe(audio, **options)


def read_answer(provider: str, payload: Answer | bytes, *, service: str | None = None) -> Transcript:
    """The transcript in a vendor's finished answer, read by its provider with no call and no credentials.

    Raises UnsupportedFeatureError where the provider cannot, ProtocolError where the answer is not finished.
    """
    given: object = payload
    if not isinstance(given, Answer | bytes):
        raise mistaken("payload", given, "the answer's bytes, or an Answer", kind=InvalidRequestError)
    answer = payload if isinstance(payload, Answer) else Answer(payload, service=service)
    vendor = _discovery.load_provider(provider)
    with foreign(provider, "read_answer()"):
        update = vendor.read_answer(answer)
        told = update.transcript
    if told is not None:
        with transcribing(provider):
            return accepted(told)
    if update.error is not None:
        raise update.error
    if update.status.finished:
        raise JobFailedError(f"The answer says that the job ended as {update.status}", provider=provider)
    raise ProtocolError(f"The answer is not finished: its job is {update.status}", provider=provider)


def _profile(name: str | None, config: Config | str | Path | None, settings: Mapping[str, Any] | None) -> Profile:
    loaded = config if isinstance(config, Config) else load_config(config)
    profile = loaded.profile(name)
    return profile if settings is None else profile.with_settings(settings)
