"""JSON as it goes over the wire."""

from __future__ import annotations

import json

__all__ = ["dumped"]


def dumped(data: object) -> bytes:
    """UTF-8 with all characters as they are; half a surrogate pair, which a caller may send, becomes `?`."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
