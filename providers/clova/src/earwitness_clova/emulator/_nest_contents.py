"""The JSON that the streaming service answers with (`NestResponse.contents`), and what DATA says about itself.

Manual sections 5.6 and 5.7.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._nest_config import FAILURE, SUCCESS, Configured
from ._nest_pieces import Piece
from ._nest_words import Token

__all__ = ["NOT_CONFIGURED", "Extra", "config_answer", "extra_of", "feature_answers", "refused", "transcription"]

NOT_CONFIGURED = "ConfigRequest did not complete"

_ANSWER_NAMES = {"forbidden": "Forbidden"}
"""The message about forbidden words has a capital letter, its status in the config answer has none."""


@dataclass(frozen=True, slots=True)
class Extra:
    """The `extra_contents` of one DATA: whether to flush, under which number, and which of both were wrong."""

    flush: bool = False
    number: int = 0
    wrong: frozenset[str] = frozenset()


def extra_of(text: str) -> Extra:
    """What this text asks for; it may be empty. A flush needs a number other than 0."""
    if not text.strip():
        return Extra()
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return Extra(wrong=frozenset({"epFlag", "seqId"}))
    flush, number = given.get("epFlag") or False, given.get("seqId") or 0
    wrong = set()
    if not isinstance(flush, bool):
        wrong.add("epFlag")
    if isinstance(number, bool) or not isinstance(number, int) or (flush is True and number == 0):
        wrong.add("seqId")
    return Extra(wrong=frozenset(wrong)) if wrong else Extra(flush, number)


def config_answer(uid: str, asked: Configured) -> str:
    """The answer to CONFIG."""
    return _envelope(uid, "config", asked.statuses)


def feature_answers(uid: str, asked: Configured) -> Iterator[str]:
    """A message for each feature that was asked for; there is no transcript in it."""
    for name, status in asked.features.items():
        yield _envelope(uid, _ANSWER_NAMES.get(name, name), status)


def refused(uid: str, *, status: str = FAILURE, wrong: frozenset[str] = frozenset(), audio: bool = True) -> str:
    """An error in a DATA request: `wrong` names its members, `audio` is whether its samples were taken."""
    members = {name: {"status": FAILURE if name in wrong else SUCCESS} for name in ("epFlag", "seqId")}
    return _envelope(
        uid, "recognize", {"status": status, **members, "audio": {"status": SUCCESS if audio else FAILURE}}
    )


def transcription(uid: str, piece: Piece, *, flushed: int = 0) -> str:
    """A piece of text; `flushed` is the number of the client's flush that it answers, or 0."""
    body: dict[str, Any] = {
        "text": piece.text,
        "position": piece.position,
        "periodPositions": piece.period_positions,
        "periodAlignIndices": piece.period_indices,
        "epFlag": flushed != 0,
        "seqId": flushed,
        "epdType": piece.why,
        "startTimestamp": piece.start_ms,
        "endTimestamp": piece.end_ms,
    }
    if piece.confidence is not None:
        body["confidence"] = piece.confidence
    if piece.tokens:
        body["alignInfos"] = [_aligned(token) for token in piece.tokens]
    return _envelope(uid, "transcription", body)


def _aligned(token: Token) -> Mapping[str, Any]:
    aligned: dict[str, Any] = {"word": token.text, "start": token.start_ms, "end": token.end_ms}
    return aligned if token.confidence is None else {**aligned, "confidence": token.confidence}


def _envelope(uid: str, kind: str, body: Mapping[str, Any]) -> str:
    return json.dumps({"uid": uid, "responseType": [kind], kind: body}, ensure_ascii=False)
