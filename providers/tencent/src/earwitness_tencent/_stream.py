"""Tencent's real-time recognition as a dialect: a WebSocket whose address is signed. Pure; core owns the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from secrets import randbelow
from typing import Final
from uuid import uuid4

from earwitness.errors import EarwitnessError, ProtocolError, UnavailableError
from earwitness.lenient import Losses, read
from earwitness.models import Interim, Notice
from earwitness.provider import Submission
from earwitness.rest import Meaning, refusal
from earwitness.streaming import Dial, Dialect, Frame, Settled
from earwitness.streaming import Final as FinalEvent

from ._auth import Keys, stream_address
from ._engines import TELEPHONE_RATE, doubted, strange_engine
from ._errors import STREAM_CODES, submitted
from ._requests import telephone
from ._segments import Voices
from ._stream_query import stream_query
from ._utterances import LiveMessage, Utterances
from .settings import RealtimeOptions, Settings

__all__ = ["RealtimeDialect", "meaning_of_stream"]

_RATE: Final = 16_000
_CHUNK_MS: Final = 200
# Faster than 3 s of audio within a second is refused. Core lets a second more go at once after a pause, so that this
# much is the most that may be sent then: 1.2 s at once, 1.2 s in that second, and one block.
_PACE: Final = 1.2
# After 6 s without audio the vendor may break off, after 15 s it does.
_IDLE_S: Final = 4.0
_READY_S: Final = 15.0
_FLUSH_S: Final = 15.0
_LIFE_S: Final = 24 * 3600
_END: Final = '{"type": "end"}'
_CODE: Final = re.compile(r'"code"\s*:\s*"?(\d{1,9})')
_TROUBLE: Final = range(5000, 6000)

_ONLY_AT_THE_END: Final = Notice(
    "not_delivered", "Tencent (realtime) leaves punctuation out at the end of sentences only.", "punctuation"
)

Told = Interim | FinalEvent | Settled | Notice


class RealtimeDialect(Dialect):
    """One connection: its acceptance, audio in blocks of 200 ms, `end`, and the message that says that all is said."""

    chunk_ms = _CHUNK_MS
    ready = False
    ended = False

    def __init__(self, settings: Settings, keys: Keys, submission: Submission) -> None:
        options: RealtimeOptions = submission.options
        assert submission.plan.model is not None, "the plan names the engine"
        self._settings, self._keys, self._options = settings, keys, options
        self._query = stream_query(submission, options)
        self._rate = TELEPHONE_RATE if telephone(submission.plan.model) else _RATE
        self._voice_id = str(uuid4())
        self._utterances = Utterances(Voices(speakers=bool(submission.request.speakers)))
        self._noticed: set[str] = set()
        unwanted = submission.request.punctuation is False
        self._engine = submission.plan.model
        self._shortfalls: tuple[Notice, ...] = (
            *strange_engine(self._engine),
            *((_ONLY_AT_THE_END,) if unwanted else ()),
        )

    @property
    def sample_rate(self) -> int:
        """8 kHz for the engines for telephone audio."""
        return self._rate

    @property
    def pace(self) -> float:
        """A little above real time, so that a live stream catches up after a cut."""
        return _PACE if self._options.speed is None else self._options.speed

    def dial(self, now: datetime) -> Dial:
        """The address, signed for this moment, with an id that no other connection has."""
        return Dial(
            "websocket",
            stream_address(
                f"{self._settings.stream_url}/{self._settings.app_id}", self._signed(now), self._keys.secret_key
            ),
            ready_timeout_s=_READY_S,
            flush_timeout_s=_FLUSH_S,
            idle_s=_IDLE_S,
        )

    def opened(self) -> Sequence[Frame]:
        """Nothing: the vendor speaks first."""
        return []

    def audio(self, pcm: bytes) -> Sequence[Frame]:
        """The samples as they are."""
        return [pcm]

    def finish(self) -> Sequence[Frame]:
        """The text that asks for the rest."""
        return [_END]

    def received(self, frame: Frame) -> Sequence[Told]:
        """What a message tells. Raises the refusal that it is."""
        losses = Losses()
        told = read(LiveMessage, frame.encode() if isinstance(frame, str) else frame, losses)
        if told is None or told.code is None:
            # A new connection hears again what this message may have told.
            raise ProtocolError("Tencent sent a message that its manual does not describe", retryable=True)
        if told.code:
            raise doubted(_refusal(int(told.code), told.message, told.voice_id), self._engine)
        self.ready = True
        events = [*self._shortfalls, *self._events(told)]
        self._shortfalls = ()
        self.ended = self.ended or told.final in (1, "1", True)
        return [*events, *self._news(losses.notices()), *self._news(self._repairs())]

    def meaning(self, error: EarwitnessError) -> EarwitnessError:
        """A refused hand-shake may hold the vendor's own code in its body."""
        found = _CODE.search(error.vendor_message or "")
        if found is None or not int(found[1]):
            return error
        return doubted(_refusal(int(found[1]), error.vendor_message, None), self._engine)

    def _signed(self, now: datetime) -> dict[str, str]:
        """The parameters with those of this connection."""
        begun = int(now.timestamp())
        token = {"token": self._keys.token} if self._keys.token else {}
        return {
            **self._query,
            **token,
            "secretid": self._keys.secret_id,
            "timestamp": str(begun),
            "expired": str(begun + _LIFE_S),
            "nonce": str(1 + randbelow(10**10 - 1)),
            "voice_id": self._voice_id,
        }

    def _events(self, told: LiveMessage) -> Iterator[Told]:
        if told.result is not None:
            yield from self._utterances.first_form(told.result)
        if told.sentences is not None:
            yield from self._utterances.second_form(told.sentences)

    def _repairs(self) -> Iterator[Notice]:
        yield from (Notice("repaired", f"{what}.") for what in self._utterances.counts)

    def _news(self, notices: Iterable[Notice]) -> Iterator[Notice]:
        """Each notice once for this connection, however often there is reason for it."""
        for notice in notices:
            if notice.message not in self._noticed:
                self._noticed.add(notice.message)
                yield notice


def meaning_of_stream(code: int) -> Meaning:
    """What a code of real-time recognition means; of an unknown one, by its family."""
    if code in STREAM_CODES:
        return submitted(STREAM_CODES[code])
    told = "Tencent refused live audio with a code that its manual does not list"
    return Meaning(UnavailableError, told, retryable=code in _TROUBLE)


def _refusal(code: int, message: str | None, voice_id: str | None) -> EarwitnessError:
    return refusal(meaning_of_stream(code), str(code), message, trace=voice_id)
