"""Where data is wrong, told without the data: a value, or a key that nobody declared, may be somebody's words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

__all__ = ["declared_names", "places"]

_MAX_TOLD = 3


def places(error: ValidationError, known: Collection[str], *, whole: str) -> str:
    """The first wrong places as `place: what`; a key that is not `known` shows as `*`, the outermost as `whole`."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{_place(item['loc'], known) or whole}: {item['type']}" for item in found[:_MAX_TOLD]]
    more = f" and {len(found) - _MAX_TOLD} more" if len(found) > _MAX_TOLD else ""
    return "; ".join(told) + more


@lru_cache(maxsize=64)  # a vendor's bad day brings many bad answers, and a schema takes milliseconds to write
def declared_names(adapter: TypeAdapter[Any]) -> frozenset[str]:
    """Every field name that this type declares, at any depth; empty where its schema cannot be written down."""
    try:
        return frozenset(_properties(adapter.json_schema()))
    except PydanticUserError:
        return frozenset()


def _place(loc: tuple[int | str, ...], known: Collection[str]) -> str:
    return ".".join(str(part) if isinstance(part, int) or part in known else "*" for part in loc)


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)
