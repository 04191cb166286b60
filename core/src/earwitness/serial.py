"""Transcripts as JSON: one stable, versioned form, validated once on the way in."""

import json
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ._collector import collector_paused
from ._places import declared_names, places
from .errors import InvalidTranscriptError
from .models import FORMAT, Transcript

__all__ = ["dump", "json_schema", "load"]


def dump(transcript: Transcript, *, indent: int | None = None) -> bytes:
    """UTF-8 JSON; fields that hold their default are left out, `format` always stands first.

    A number that JSON cannot hold (NaN, infinity) becomes null. Raises InvalidTranscriptError for what is no Unicode
    text (a lone surrogate) or, in `vendor`, no JSON data.
    """
    body = _dumped(transcript)
    if body is None:
        raise InvalidTranscriptError(
            "The transcript cannot be written as JSON: it holds a lone surrogate, or vendor data that is not JSON",
            action="Mend the translation that made it.",
        )
    whole = b'{"format":"%s"%s' % (FORMAT.encode(), b"}" if body == b"{}" else b"," + body[1:])
    return whole if indent is None else _indented(whole, indent)


def load(data: bytes | str) -> Transcript:
    """The transcript in this JSON. Fields of later releases are ignored; order and ranges are `validation.check`'s.

    Raises InvalidTranscriptError naming the first wrong places.
    """
    try:
        with collector_paused():
            stored = _stored_adapter().validate_json(data, strict=True)
        return Transcript(**{name: getattr(stored, name) for name in _field_names()})
    except ValidationError as error:
        wrong = places(error, _known_names(), whole="the document")
    # Raised out here, so that the validation error, which quotes the data, is not this error's context.
    raise InvalidTranscriptError(
        f"This is not an Earwitness transcript: {wrong}",
        action="Give a file written by Earwitness with --format json.",
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a transcript (draft 2020-12), as published in the reference."""
    schema = _adapter().json_schema(mode="serialization")
    for one in (schema, *schema["$defs"].values()):
        _bound(one.get("properties", {}))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": FORMAT,
        **schema,
        "required": ["format"],
    }


def _bound(properties: dict[str, Any]) -> None:
    """Adds what `validation.check` asks of times and confidences; the model's types do not say it."""
    for name, bounded in properties.items():
        bounds = {"minimum": 0} if name.endswith("_ms") else {"minimum": 0, "maximum": 1}
        if name.endswith("_ms") or name == "confidence":
            bounded["anyOf"][0].update(bounds)


@dataclass(slots=True)
class _Stored(Transcript):
    """A transcript in a file says that it is one; without this, any JSON object would be read as silence."""

    format: Literal["earwitness.transcript/1"] = field(kw_only=True)


@cache
def _adapter() -> TypeAdapter[Transcript]:
    return TypeAdapter(Transcript)


@cache
def _stored_adapter() -> TypeAdapter[_Stored]:
    return TypeAdapter(_Stored)


@cache
def _field_names() -> tuple[str, ...]:
    return tuple(one.name for one in fields(Transcript))


@cache
def _known_names() -> frozenset[str]:
    return declared_names(_adapter())


def _dumped(transcript: Transcript) -> bytes | None:
    try:
        # Its warnings would quote the transcript; a value of a wrong type is `validation.check`'s to refuse.
        return _adapter().dump_json(transcript, exclude_defaults=True, warnings="none")
    except (PydanticSerializationError, UnicodeError):
        return None


def _indented(data: bytes, indent: int) -> bytes:
    return json.dumps(json.loads(data), ensure_ascii=False, indent=indent).encode()
