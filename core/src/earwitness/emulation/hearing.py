"""What an emulator hears: any Earwitness profile listens for it, or transcripts are given beforehand.

With a profile, real speech goes in and real text comes out in the vendor's own wire format. Given transcripts make
every answer known in advance, and cost nothing.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from .._foreign import where
from ..errors import ConfigurationError, EarwitnessError, InvalidRequestError, PluginError, UnsupportedFeatureError
from ..models import Interim, Segment, Transcript, Word
from ..streaming import Final, Settled

if TYPE_CHECKING:
    from ..config import Config, Profile
    from ..session import AsyncSession

__all__ = ["Event", "GivenHearing", "Hearing", "HearingStream", "ProfileHearing", "given_transcript"]

log = logging.getLogger(__name__)

Event = Interim | Final | Settled
"""What a stream tells: guesses, finished segments, and `Settled` in answer to each flush. Times in milliseconds from
the first sample of the stream."""

EMBEDDED = "pocketsphinx"
EMBEDDED_LANGUAGE = "en-US"
_BLOCK = 1024 * 1024
_BYTES_PER_SAMPLE = 2
_ANY = "*"


class HearingStream(Protocol):
    """One live connection's ear: samples in, events out. Feed it in one task, iterate it in another."""

    async def feed(self, pcm: bytes) -> None:
        """Takes 16-bit little-endian mono samples."""
        ...

    async def flush(self) -> None:
        """Asks for everything that was said so far; the last event that this causes is one `Settled`."""
        ...

    async def finish(self) -> None:
        """Says that no more audio comes: everything is told, and the events end."""
        ...

    async def aclose(self) -> None:
        """Stops listening at once; nothing more is told."""
        ...

    def __aiter__(self) -> AsyncIterator[Event]:
        """The events in order. Raises the EarwitnessError that ended the hearing."""
        ...


class Hearing(Protocol):
    """Something that can hear a recording, or live audio."""

    async def transcribe(self, audio: Path, *, language: str | None = None) -> Transcript:
        """What is said in this file. `language` is a tag (BCP-47) that is a wish. Raises EarwitnessError."""
        ...

    def stream(self, *, sample_rate: int, language: str | None = None) -> HearingStream:
        """A new ear for live samples. Call it within a running event loop."""
        ...

    async def aclose(self) -> None:
        """Lets go of whatever listens."""
        ...


class ProfileHearing:
    """Listens with an Earwitness profile: the embedded engine unless one is named. Opened when it is first needed.

    `config` is where the profile is looked up, as in `earwitness.connect`. A language that the profile cannot hear is
    left to the profile's own default, so that an English engine also serves requests that name another language.
    """

    def __init__(self, profile: "str | Profile | None" = None, *, config: "Config | str | Path | None" = None) -> None:
        self._profile = profile
        self._config = config
        self._session: AsyncSession | None = None

    @property
    def language(self) -> str | None:
        """What the embedded engine understands; of another profile only its own configuration knows."""
        return EMBEDDED_LANGUAGE if self._profile is None else None

    def require(self) -> None:
        """Opens it now, within a running event loop. Raises ConfigurationError where nobody could listen."""
        self._opened()

    async def transcribe(self, audio: Path, *, language: str | None = None) -> Transcript:
        """What the profile hears in this file, with the times of words where it can tell them.

        A failure is also told in the log, because the vendor's own answer does not say what is wrong here.
        """
        try:
            return await self._transcribed(audio, language)
        except Exception as error:
            _tell(error)
            raise

    def stream(self, *, sample_rate: int, language: str | None = None) -> HearingStream:
        """An ear of the profile for live samples at this rate, in Hz."""
        return _ProfileStream(self._opened(), sample_rate, language)

    async def aclose(self) -> None:
        """Closes the session, if one was opened."""
        session, self._session = self._session, None
        if session is not None:
            await session.aclose()

    async def _transcribed(self, audio: Path, language: str | None) -> Transcript:
        session = self._opened()
        for wish in _wishes(language):
            try:
                return await session.transcribe(audio, **wish)
            except UnsupportedFeatureError:
                continue
        return await session.transcribe(audio)

    def _opened(self) -> "AsyncSession":
        if self._session is None:
            self._session = self._connected()
        return self._session

    def _connected(self) -> "AsyncSession":
        from .. import connect
        from ..config import Config, Profile

        if isinstance(self._profile, Profile):
            only = Config(MappingProxyType({self._profile.name: self._profile}))
            return connect(self._profile.name, config=only)
        if self._profile is not None:
            return connect(self._profile, config=self._config)
        try:
            return connect(EMBEDDED, config=Config())
        except PluginError:
            raise
        except ConfigurationError as error:
            raise ConfigurationError(
                "The embedded engine, which would listen, is not installed",
                action=f"pip install earwitness-{EMBEDDED}, or name a --profile or a --transcript to hear with.",
            ) from error


class GivenHearing:
    """Hears what it was told beforehand: one transcript always, or several by the audio.

    Keys of a mapping are the SHA-256 of the file in hexadecimal, the file's name with or without its suffix, or `*` for
    all the rest. A live stream hears `*`, else the only transcript there is; its segments come when the audio reaches
    their end, and every connection begins anew, also the second one of a stream that was cut. Raises ConfigurationError
    for a mapping without entries.
    """

    def __init__(self, transcripts: Transcript | Mapping[str, Transcript]) -> None:
        self._by_key = {_ANY: transcripts} if isinstance(transcripts, Transcript) else dict(transcripts)
        if not self._by_key:
            raise ConfigurationError("No transcript is given to hear", action="Give one.")
        self._by_digest = any(len(key) == 64 for key in self._by_key)

    @property
    def language(self) -> str | None:
        """The language of all transcripts, as far as they tell it; None where they differ."""
        known = {tag for one in self._by_key.values() if (tag := _language(one)) is not None}
        return known.pop() if len(known) == 1 else None

    async def transcribe(self, audio: Path, *, language: str | None = None) -> Transcript:
        """The transcript that belongs to this file. Raises InvalidRequestError for a file that nobody foresaw."""
        keys = [audio.name, audio.stem, _ANY]
        if self._by_digest:
            keys.insert(0, await asyncio.to_thread(_digest, audio))
        found = next((self._by_key[key] for key in keys if key in self._by_key), None)
        if found is None:
            error = InvalidRequestError(
                "No given transcript belongs to this audio", action="Give one for it, or for *."
            )
            _tell(error)
            raise error
        return found

    def stream(self, *, sample_rate: int, language: str | None = None) -> HearingStream:
        """An ear that tells each segment of the given transcript when the audio has reached its end."""
        only = next(iter(self._by_key.values())) if len(self._by_key) == 1 else Transcript()
        return _GivenStream(self._by_key.get(_ANY, only).segments, sample_rate)

    async def aclose(self) -> None:
        """Nothing was opened."""


def given_transcript(path: Path) -> Transcript:
    """The transcript in this file: Earwitness JSON, or plain text as one segment. Raises ConfigurationError."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".json":
            return Transcript.from_json(data)
        text = data.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError, EarwitnessError) as error:
        why = getattr(error, "strerror", None) or (str(error) if isinstance(error, EarwitnessError) else "no UTF-8")
        raise ConfigurationError(
            f"The transcript {path} cannot be read: {why}", action="Give Earwitness JSON (.json) or plain text."
        ) from None
    return Transcript((Segment(" ".join(text.split())),) if text else ())


class _Events:
    """Events on their way from who hears to who asks; an error or None ends them."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()

    def put(self, event: Event | BaseException | None) -> None:
        self._queue.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event


class _GivenStream:
    def __init__(self, segments: tuple[Segment, ...], sample_rate: int) -> None:
        self._waiting = list(segments)
        self._rate = sample_rate
        self._bytes = 0
        self._over = False
        self._events = _Events()

    async def feed(self, pcm: bytes) -> None:
        self._bytes += len(pcm)
        self._tell(lambda segment: segment.end_ms is not None and segment.end_ms <= self._heard_ms)

    async def flush(self) -> None:
        self._tell(lambda segment: segment.start_ms is None or segment.start_ms < self._heard_ms)
        self._events.put(Settled(self._heard_ms))

    async def finish(self) -> None:
        if not self._over:
            self._over = True
            self._tell(lambda _: True)
            self._events.put(None)

    async def aclose(self) -> None:
        self._over = True
        self._events.put(None)

    def __aiter__(self) -> AsyncIterator[Event]:
        return aiter(self._events)

    @property
    def _heard_ms(self) -> int:
        return self._bytes * 1000 // (_BYTES_PER_SAMPLE * self._rate)

    def _tell(self, due: Callable[[Segment], bool]) -> None:
        while self._waiting and due(self._waiting[0]):
            segment = self._waiting.pop(0)
            self._events.put(Final(segment, segment.end_ms or self._heard_ms))


class _ProfileStream:
    """A session's stream for each stretch between two flushes, because a session settles all only at the end."""

    def __init__(self, session: "AsyncSession", sample_rate: int, language: str | None) -> None:
        self._session, self._rate, self._language = session, sample_rate, language
        self._events = _Events()
        self._bytes = self._begun = 0
        self._audio: asyncio.Queue[bytes | None] = asyncio.Queue(64)
        self._task: asyncio.Task[None] | None = None
        self._over = False

    async def feed(self, pcm: bytes) -> None:
        if self._task is None:
            self._begun, self._audio = self._bytes, asyncio.Queue(64)
            self._task = asyncio.create_task(self._listen(self._ms(self._begun)))
        self._bytes += len(pcm)
        # A listener that has failed takes nothing any more.
        put = asyncio.ensure_future(self._audio.put(pcm))
        await asyncio.wait({put, self._task}, return_when=asyncio.FIRST_COMPLETED)
        put.cancel()

    async def flush(self) -> None:
        await self._settle()
        self._events.put(Settled(self._ms(self._bytes)))

    async def finish(self) -> None:
        if not self._over:
            self._over = True
            await self._settle()
            self._events.put(None)

    async def aclose(self) -> None:
        self._over = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._events.put(None)

    def __aiter__(self) -> AsyncIterator[Event]:
        return aiter(self._events)

    def _ms(self, count: int) -> int:
        return count * 1000 // (_BYTES_PER_SAMPLE * self._rate)

    async def _settle(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            put = asyncio.ensure_future(self._audio.put(None))
            await task
            put.cancel()

    async def _listen(self, offset_ms: int) -> None:
        try:
            async with aclosing(self._streamed()) as events:
                async for event in events:
                    if isinstance(event, Final):
                        self._events.put(Final(_shifted(event.segment, offset_ms), event.heard_ms + offset_ms))
                    elif isinstance(event, Interim):
                        at = None if event.start_ms is None else event.start_ms + offset_ms
                        self._events.put(replace(event, start_ms=at))
        except Exception as error:
            _tell(error)
            # Whoever listens may be foreign code, and its bug must not leave a stream that never ends.
            self._events.put(error)

    def _streamed(self) -> Any:
        audio, rate = self._blocks(self._audio), self._rate
        for wish in _wishes(self._language):
            try:
                return self._session.stream(audio, sample_rate=rate, **wish)
            except UnsupportedFeatureError:
                continue
        return self._session.stream(audio, sample_rate=rate)

    @staticmethod
    async def _blocks(audio: "asyncio.Queue[bytes | None]") -> AsyncIterator[bytes]:
        while (block := await audio.get()) is not None:
            yield block


def _wishes(language: str | None) -> tuple[dict[str, Any], ...]:
    """What is asked of a profile, from the most on; a refusal costs nothing, because it comes before any hearing."""
    times, tongue = {"word_times": True}, {} if language is None else {"language": language}
    return {**times, **tongue}, tongue, times


def _shifted(segment: Segment, by_ms: int) -> Segment:
    def later(ms: int | None) -> int | None:
        return None if ms is None else ms + by_ms

    words = tuple(
        Word(one.text, later(one.start_ms), later(one.end_ms), one.confidence, one.speaker) for one in segment.words
    )
    return replace(segment, start_ms=later(segment.start_ms), end_ms=later(segment.end_ms), words=words)


def _language(transcript: Transcript) -> str | None:
    """What was heard, else asked for, else said of the first segment that says it."""
    asked = (tag for tag in transcript.requested_language if tag != "auto")
    said = (one.language for one in transcript.segments if one.language)
    return transcript.detected_language or next(asked, None) or next(said, None)


def _tell(error: Exception) -> None:
    """Texts of foreign errors may hold what was said."""
    told = str(error) if isinstance(error, EarwitnessError) else where(error)
    log.warning("the emulator could not hear this: %s", told)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
