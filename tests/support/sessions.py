"""Sessions with the small providers of `shapes`, and recordings to hear."""

import asyncio
import wave
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from earwitness._planning import OnUnsupported
from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.provider import Provider
from earwitness.request import RequestOptions
from earwitness.session import AsyncSession

from .restful import RestServer
from .shapes import EngineVendor, RestVendor

__all__ = ["engine", "recording", "rest", "run", "session_of"]


def recording(path: Path, *, seconds: float, channels: int = 1) -> Path:
    """A WAV file of 16 kHz at this path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\1\0" * int(16_000 * seconds * channels))
    return path


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs an asynchronous test to its end."""
    asyncio.run(main())


def session_of(
    provider: type[Provider[Any]],
    settings: dict[str, Any],
    *plugins: object,
    request: RequestOptions | None = None,
    on_unsupported: OnUnsupported = "error",
) -> AsyncSession:
    """A session with a profile called `test` of this provider."""
    profile = Profile(
        "test", provider.name, settings, request or RequestOptions(language=("en-US",)), on_unsupported=on_unsupported
    )
    return AsyncSession(provider, profile, Plugins(plugins), version="9")


@asynccontextmanager
async def rest(vendor: RestServer, *plugins: object, **options: Any) -> AsyncIterator[AsyncSession]:
    """A session with the REST vendor at work."""
    async with session_of(RestVendor, {"base_url": vendor.url}, *plugins, **options) as session:
        yield session


@asynccontextmanager
async def engine(**settings: Any) -> AsyncIterator[AsyncSession]:
    """A session with the engine that counts."""
    async with session_of(EngineVendor, settings) as session:
        yield session
