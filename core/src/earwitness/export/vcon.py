"""vcon: a vCon (draft-ietf-vcon-vcon-core-04), the container of conversations that call centres exchange.

The transcript stands in it as an analysis of one recording, in our own JSON. The container is named by its content: the
same transcript has the same identifier. It says when it was made, so that this is the one format that asks the clock.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from ..models import FORMAT, Transcript
from ._base import EVERYTHING, Exporter

__all__ = ["EXPORTER", "write"]


def write(transcript: Transcript) -> str:
    """An unsigned vCon with the voices as parties and the transcript as analysis."""
    body = transcript.to_json().decode()
    vcon = {
        "uuid": str(_identifier(body)),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "parties": [{"name": one.name or one.id} for one in transcript.speakers],
        "dialog": [],
        "analysis": [_analysis(transcript, body)],
        "attachments": [],
    }
    return json.dumps(vcon, ensure_ascii=False, indent=2) + "\n"


def _analysis(transcript: Transcript, body: str) -> dict[str, Any]:
    served = transcript.served_by
    found: dict[str, Any] = {"type": "transcript", "vendor": served.provider if served else "earwitness"}
    if served and served.model:
        found["product"] = served.model
    return found | {"schema": FORMAT, "mediatype": "application/json", "encoding": "json", "body": body}


def _identifier(body: str) -> uuid.UUID:
    """A version 8 UUID (RFC 9562) of the content's digest."""
    digest = bytearray(hashlib.sha256(body.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(digest))


EXPORTER = Exporter("vcon", ".vcon.json", "application/vcon+json", write, EVERYTHING)
