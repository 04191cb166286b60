"""CLOVA's real-time service as a dialect: one gRPC call, JSON within its messages. Pure; core owns the connection."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from earwitness.errors import EarwitnessError, ProtocolError
from earwitness.lenient import Losses, read
from earwitness.models import Interim, Notice
from earwitness.provider import Submission
from earwitness.rest import brief
from earwitness.streaming import Dial, Dialect, Frame, Settled
from earwitness.streaming import Final as FinalEvent

from ._nest import METHOD, config_request, contents, data_request
from ._pieces import Pieces, StreamAnswer, WirePiece
from ._stream_config import stream_config
from ._stream_errors import config_notices, config_refusal, recognize_refusal, reread, told
from .settings import Settings, StreamingOptions

__all__ = ["NestDialect"]

_RATE: Final = 16_000
_CHUNK_MS: Final = 100
# CLOVA accepts a configuration in 10 to 15 s at most; after that something is wrong.
_READY_S: Final = 15.0
_FLUSH: Final = 1
_MORE: Final = '{"seqId": 0, "epFlag": false}'
_LAST: Final = f'{{"seqId": {_FLUSH}, "epFlag": true}}'
_FEATURE_MESSAGES: Final = frozenset({"keywordboosting", "forbidden", "semanticepd"})

Told = Interim | FinalEvent | Settled | Notice


class NestDialect(Dialect):
    """One stream: configuration, its answer, audio, a flush that is answered (manual, real-time streaming).

    Every piece that CLOVA sends is final. One without text settles the silence that it covers.
    """

    sample_rate = _RATE
    chunk_ms = _CHUNK_MS
    ready = False
    ended = False

    def __init__(self, settings: Settings, submission: Submission) -> None:
        assert settings.stream_secret_key is not None
        options: StreamingOptions = submission.options
        self._settings, self._options = settings, options
        self._key = settings.stream_secret_key
        self._config = stream_config(submission, options)
        # Japanese is written without blanks between words.
        self._pieces = Pieces(blanks=not submission.plan.languages[0].startswith("ja"))
        self._noticed: set[str] = set()
        self._finishing = False

    @property
    def pace(self) -> float:
        """As fast as CLOVA takes it, unless the options say otherwise."""
        return math.inf if self._options.speed is None else self._options.speed

    def dial(self, now: datetime) -> Dial:
        """The service's call, with the Secret Key among its metadata."""
        return Dial(
            "grpc",
            self._settings.stream_target,
            method=METHOD,
            headers={"authorization": f"Bearer {self._key.get_secret_value()}"},
            plaintext=self._settings.stream_plaintext,
            ready_timeout_s=_READY_S,
            flush_timeout_s=self._options.flush_timeout_s,
            max_age_s=self._options.max_age_s,
        )

    def opened(self) -> Sequence[Frame]:
        """CONFIG, whose answer audio has to wait for."""
        return [config_request(self._config)]

    def audio(self, pcm: bytes) -> Sequence[Frame]:
        """DATA with samples."""
        return [data_request(pcm, _MORE)]

    def finish(self) -> Sequence[Frame]:
        """DATA without samples that asks for everything; the answer carries the same number."""
        self._finishing = True
        return [data_request(b"", _LAST)]

    def received(self, frame: Frame) -> Sequence[Told]:
        """What a message tells, part by part. Raises the error that it reports."""
        losses = Losses()
        text = contents(frame.encode() if isinstance(frame, str) else frame)
        answer = read(StreamAnswer, text.encode(), losses)
        if answer is None:
            # A new connection hears again what this message may have told.
            raise ProtocolError("CLOVA sent a message that is no JSON object", retryable=True)
        events = [event for name in answer.types for event in self._told(name, answer)]
        return [*events, *self._news(losses.notices())]

    def meaning(self, error: EarwitnessError) -> EarwitnessError:
        """What a gRPC status means here."""
        return reread(error)

    def _told(self, name: str, answer: StreamAnswer) -> Iterator[Told]:
        """What one of the message's parts tells."""
        match name:
            case "config":
                yield from self._configured(answer.config or {})
            case "transcription":
                yield from self._heard(answer)
            case "recognize":
                if error := recognize_refusal(answer.recognize or {}):
                    raise error
            case "translation" if answer.transcription is not None:
                pass  # it is told with its piece
            case _ if name.lower() in _FEATURE_MESSAGES:
                yield from self._news(config_notices({name: answer.part(name)}))
            case "error":
                raise told(answer.part(name))
            case _:
                yield from self._news(
                    [Notice("unknown_value", f"CLOVA sent a message of a kind that nobody expects: {brief(name)}")]
                )

    def _configured(self, config: Mapping[str, Any]) -> Iterator[Told]:
        if error := config_refusal(config):
            raise error
        self.ready = True
        yield from self._news(config_notices(config))

    def _heard(self, answer: StreamAnswer) -> Iterator[Told]:
        piece = answer.transcription
        # Part of the manual has the result under this other name.
        if piece is None and answer.config and "text" in answer.config:
            piece = WirePiece.model_validate(answer.config, context=Losses())
        if piece is None:
            return
        translation = answer.part("translation")
        yield from self._pieces.taken(piece, {"translation": translation} if translation else {})
        self.ended = self.ended or self._is_last(piece)

    def _is_last(self, piece: WirePiece) -> bool:
        """Whether this answers our request to finish; 0 is how some leave the number out."""
        return self._finishing and piece.ep_flag is True and piece.seq_id in (None, 0, _FLUSH)

    def _news(self, notices: Sequence[Notice] | Iterator[Notice]) -> Iterator[Notice]:
        """Each notice once for this connection, however often there is reason for it."""
        for notice in notices:
            if notice.message not in self._noticed:
                self._noticed.add(notice.message)
                yield notice
