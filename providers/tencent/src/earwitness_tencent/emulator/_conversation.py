"""One live connection: frames are taken as they come, and what is heard is told beside that, until either side ends."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMessage, WSMsgType, web

from earwitness.emulation import Fault, HearingStream
from earwitness.errors import EarwitnessError
from earwitness.models import Interim
from earwitness.streaming import Final

from ._json import dumped
from ._refusals import UrlError
from ._samples import Pace, Samples
from ._utterances import Utterances

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Conversation", "Spoilt"]

log = logging.getLogger(__name__)

_GONE = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_FAILED = 5002


class CutError(Exception):
    """The line is to be cut, without a word."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What the fault script does to an open connection, after so many messages or milliseconds of audio.

    `code` is sent before the end, and without one the line is cut. `mute`: nothing is told any more. `garbage` is
    sent in place of the first result.
    """

    messages: float | None = None
    ms: float | None = None
    code: int | None = None
    mute: bool = False
    garbage: str | None = None

    @classmethod
    def of(cls, fault: Fault | None) -> Self:
        """What this fault means here."""
        if fault is None or fault.kind in ("delay", "status", "drop"):
            return cls()
        if fault.kind == "answer":
            return cls(messages=fault.after, code=int(str(fault.value)))
        if fault.kind == "lost":
            return cls(mute=True)
        if fault.kind == "garbage":
            return cls(garbage=fault.value if isinstance(fault.value, str) else '{"code": 0, "result": {"slice_ty')
        return cls(ms=fault.after * 1000) if fault.value == "seconds" else cls(messages=fault.after)

    def due(self, messages: int, ms: int) -> bool:
        """Whether it is time."""
        by_messages = self.messages is not None and messages >= self.messages
        return by_messages or (self.ms is not None and ms >= self.ms)


class Conversation:
    """Runs one connection whose hand-shake is done."""

    def __init__(
        self,
        emulator: TencentEmulator,
        socket: web.WebSocketResponse,
        ear: HearingStream,
        samples: Samples,
        utterances: Utterances,
        spoilt: Spoilt,
    ) -> None:
        self._emulator, self._clock = emulator, emulator.clock
        self._socket, self._ear, self._samples = socket, ear, samples
        self._utterances, self._spoilt = utterances, spoilt
        self._pace = Pace(emulator.switches.ahead_ms)
        self._garbage = spoilt.garbage
        self._heard_at = self._clock.monotonic()

    async def run(self, transport: asyncio.BaseTransport | None) -> None:
        """Returns when the connection is over."""
        teller: asyncio.Task[None] | None = None
        try:
            await self._send([self._utterances.envelope()])
            teller = asyncio.create_task(self._tell())
            if await self._listen(teller):
                if rest := self._samples.rest():
                    await self._ear.feed(rest)
                await self._ear.finish()
                await teller
                await self._send(self._utterances.ended())
            await self._socket.close()
        except UrlError as refusal:
            await self._refuse(refusal)
        except EarwitnessError as error:
            log.warning("the live connection was not heard to its end: %s", error)
            await self._refuse(UrlError(_FAILED))
        except CutError:
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        except ConnectionError:
            pass  # The client has gone; there is nobody left to tell.
        finally:
            await self._end(teller)

    async def _refuse(self, refusal: UrlError) -> None:
        with suppress(ConnectionError):
            await self._send([self._utterances.failed(refusal.code, refusal.message)])
            await self._socket.close()

    async def _listen(self, teller: asyncio.Task[None]) -> bool:
        """Takes frames; True when the client says that no more come, False when it is gone. Raises UrlError."""
        messages = 0
        while True:
            if self._spoilt.due(messages, self._samples.heard_ms):
                raise UrlError(self._spoilt.code) if self._spoilt.code else CutError
            message = await self._next(teller)
            if message.type in _GONE:
                return False
            if message.type == WSMsgType.TEXT:
                _understood(message.data)
                return True
            if message.type == WSMsgType.BINARY:
                messages += 1
                await self._feed(message.data)

    async def _feed(self, frame: bytes) -> None:
        self._heard_at = self._clock.monotonic()
        pcm = self._samples.take(frame)
        self._pace.add(self._samples.ms(len(pcm)), self._clock.monotonic())
        if pcm:
            await self._ear.feed(pcm)

    async def _next(self, teller: asyncio.Task[None]) -> WSMessage:
        """The next message. Raises UrlError when none comes for too long, or when hearing breaks off."""
        receive = asyncio.ensure_future(self._socket.receive())
        waiting: list[asyncio.Future[Any]] = [receive]
        try:
            # What came while the ear was busy is no silence of the client.
            await asyncio.wait([receive], timeout=0)
            if not receive.done():
                waiting.append(idle := asyncio.ensure_future(self._idle()))
                await asyncio.wait([receive, idle, teller], return_when=asyncio.FIRST_COMPLETED)
            if receive.done():
                return receive.result()
            if teller.done():
                await teller
                raise UrlError(_FAILED)
            raise UrlError(4008)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _idle(self) -> None:
        """Returns when the client has been silent for too long."""
        await self._clock.sleep(self._heard_at + self._emulator.switches.idle_s - self._clock.monotonic())

    async def _tell(self) -> None:
        """Sends what is heard, until that ends. Raises the error that ended the hearing."""
        async for event in self._ear:
            if isinstance(event, Interim | Final) and not self._spoilt.mute:
                await self._send(self._utterances.told(event, self._samples.heard_ms))

    async def _send(self, messages: Iterable[dict[str, Any]]) -> None:
        for message in messages:
            text = dumped(message).decode()
            if self._garbage is not None and ("result" in message or "sentences" in message):
                text, self._garbage = self._garbage, None
            await self._socket.send_str(text)

    async def _end(self, teller: asyncio.Task[None] | None) -> None:
        await self._ear.aclose()
        if teller is not None:
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)


def _understood(text: str) -> None:
    """Nothing, for the message that ends the audio. Raises UrlError for any other text."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise UrlError(4010) from None
    if not isinstance(said, dict) or said.get("type") != "end":
        raise UrlError(4010)
