"""Value objects as plain data for JSON: absent and empty fields are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Dictionaries, lists, strings and numbers that say the same; an options model becomes the names of its options."""
    if isinstance(value, type) and issubclass(value, BaseModel):
        return sorted(value.model_fields)
    if is_dataclass(value) and not isinstance(value, type):
        return _present((one.name, getattr(value, one.name)) for one in fields(value))
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _present(items: Any) -> dict[str, Any]:
    told = ((name, plain(item)) for name, item in items)
    return {name: item for name, item in told if item not in (None, [], {}, "")}
