"""Field types that forgive: a wrong type is converted where that is safe, else left out, and both are counted.

One odd value must not cost a transcript that has been paid for. The counts go to a `Losses`, given as the validation
context (`read` does that), and from there into the transcript's notices. They are for answers; requests are written
strictly. A model's title names the place in a notice; the outermost is titled `answer` and not named.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import from_json

from .models import Notice

__all__ = ["FARTHEST_MS", "Array", "Flag", "Forgiven", "Losses", "Number", "Table", "Text", "Time", "Triples", "read"]

M = TypeVar("M", bound=BaseModel)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

FARTHEST_MS = 2**53
"""Beyond this, JSON readers disagree about whole numbers; no recording lasts so long."""


@dataclass(slots=True)
class Losses:
    """What a reading had to do, by place."""

    left_out: Counter[str] = field(default_factory=Counter)
    converted: Counter[str] = field(default_factory=Counter)

    def notices(self) -> tuple[Notice, ...]:
        """One notice for each place and kind; none of them quotes a value."""
        told = [
            *((place, count, "could not be used and was left out") for place, count in self.left_out.items()),
            *((place, count, "came in another type and was converted") for place, count in self.converted.items()),
        ]
        return tuple(Notice("repaired", f"In the vendor's answer, {place} {what}.", count=n) for place, n, what in told)


def read(shape: type[M], body: bytes, losses: Losses) -> M | None:
    """The JSON object in this shape, with what had to be left out counted in `losses`; None for what is no object."""
    try:
        found = from_json(body.removeprefix(_BYTE_ORDER_MARK))
    except ValueError:
        return None
    return shape.model_validate(found, context=losses) if isinstance(found, dict) else None


def _forgiving(read: Callable[[Any], Any]) -> PlainValidator:
    def validate(value: Any, info: ValidationInfo) -> Any:
        if value is None:
            return None
        found = read(value)
        if found is None:
            _losses(info).left_out[_place(info)] += 1
        elif found != value or isinstance(found, bool) != isinstance(value, bool):
            _losses(info).converted[_place(info)] += 1
        return found

    return PlainValidator(validate)


def _or_none(value: Any, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    if value is None:
        return None
    try:
        return inner(value)
    except ValidationError:
        _losses(info).left_out[_place(info)] += 1
    return None


def _losses(info: ValidationInfo) -> Losses:
    assert isinstance(info.context, Losses)
    return info.context


def _place(info: ValidationInfo) -> str:
    title = (info.config or {}).get("title")
    return str(info.field_name) if title == "answer" else f"{title}.{info.field_name}"


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _time(value: Any) -> int | None:
    number = _number(value)
    if number is None or not -0.5 <= number <= FARTHEST_MS:
        return None
    return value if type(value) is int else round(number)


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _table(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _array(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _triples(value: Any, info: ValidationInfo) -> list[tuple[int, int, str]]:
    """The `[start, end, word]` that can be used; the others are dropped, and their text is still the segment's."""
    usable = []
    items = value if isinstance(value, list) else [] if value is None else [value]
    for item in items:
        start, end, text = (*item[:3], None, None, None)[:3] if isinstance(item, list) else (None, None, None)
        begun, ended = _time(start), _time(end)
        if begun is None or ended is None or not isinstance(text, str):
            _losses(info).left_out[_place(info)] += 1
        else:
            if (begun, ended) != (start, end):
                _losses(info).converted[_place(info)] += 1
            usable.append((begun, ended, text))
    return usable


Text = Annotated[str | None, _forgiving(_text)]
"""A string; a number as its digits, which counts as converted.

What the manual declares as a whole number is `Annotated[int | None, Forgiven]`, so that a healthy answer has no notice.
"""
Number = Annotated[float | None, _forgiving(_number)]
"""A finite number, also as text."""
Time = Annotated[int | None, _forgiving(_time)]
"""Whole milliseconds from 0, also as a fraction or as text."""
Flag = Annotated[bool | None, _forgiving(_flag)]
"""True or false, also as text."""
Table = Annotated[Mapping[str, Any] | None, _forgiving(_table)]
"""A JSON object as it is."""
Array = Annotated[list[Any] | None, _forgiving(_array)]
"""A JSON array as it is."""
Triples = Annotated[list[tuple[int, int, str]], PlainValidator(_triples)]
"""Words as `[start, end, text]`."""
Forgiven = WrapValidator(_or_none)
"""Around another type: None where that fails."""
