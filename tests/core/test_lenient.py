"""Forgiving field types: what is converted, what is left out, and that each of it is counted by place."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from pydantic import BaseModel, ConfigDict, Field

from earwitness.lenient import (
    FARTHEST_MS,
    Array,
    Flag,
    Forgiven,
    Losses,
    Number,
    Table,
    Text,
    Time,
    Triples,
    read,
)
from support.transcripts import json_values


class Inner(BaseModel):
    model_config = ConfigDict(title="inner")

    name: Text = None


class Outer(BaseModel):
    model_config = ConfigDict(title="answer")

    text: Text = None
    number: Number = None
    time: Time = None
    flag: Flag = None
    table: Table = None
    array: Array = None
    inner: Annotated[Inner | None, Forgiven] = None
    inners: Annotated[list[Annotated[Inner | None, Forgiven]] | None, Forgiven] = None
    words: Triples = Field(default_factory=list)


def told(value: dict[str, Any]) -> tuple[Outer, Losses]:
    losses = Losses()
    found = read(Outer, json.dumps(value).encode(), losses)
    assert found is not None
    return found, losses


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("text", 7, "7"), ("text", 1.5, "1.5"), ("number", "1.5", 1.5), ("number", " 2 ", 2.0), ("time", "240", 240),
        ("time", 2.0, 2), ("time", -0.4, 0), ("flag", "TRUE", True), ("flag", "false", False),
    ],
)  # fmt: skip
def test_what_is_safe_is_converted_and_counted(field: str, given: object, kept: object) -> None:
    """A value in another type that means one thing is that thing, with a count of the conversion."""
    found, losses = told({field: given})
    assert getattr(found, field) == kept and type(getattr(found, field)) is type(kept)
    assert not losses.left_out
    assert dict(losses.converted) == ({field: 1} if kept != given or isinstance(kept, bool) else {})


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("text", True), ("text", []), ("text", {}), ("number", "x"), ("number", True), ("number", "nan"),
        ("number", 10**400), ("time", -1), ("time", FARTHEST_MS + 2), ("time", []), ("flag", 1), ("flag", "yes"),
        ("table", []), ("array", {}), ("inner", 7), ("inners", 7),
    ],
)  # fmt: skip
def test_what_is_not_is_left_out_and_counted(field: str, given: object) -> None:
    """A value that means nothing is None, with a count, and costs nothing else."""
    found, losses = told({field: given, "text" if field != "text" else "number": "1"})
    assert getattr(found, field) is None and losses.left_out[field] == 1


@pytest.mark.parametrize("value", [{}, {"text": None, "number": None, "time": None, "flag": None, "inner": None}])
def test_null_and_missing_are_no_loss(value: dict[str, Any]) -> None:
    """A vendor may leave out everything, and nothing is said of it."""
    _, losses = told(value)
    assert losses.notices() == ()


def test_places_are_named_and_values_are_not() -> None:
    """A notice names the field, within its model where that is not the outermost, and quotes nothing."""
    _, losses = told({"text": ["secret"], "inners": [{"name": ["secret"]}, 5, {"name": 3}]})
    assert [(one.kind, one.message, one.count) for one in losses.notices()] == [
        ("repaired", "In the vendor's answer, text could not be used and was left out.", 1),
        ("repaired", "In the vendor's answer, inner.name could not be used and was left out.", 1),
        ("repaired", "In the vendor's answer, inners could not be used and was left out.", 1),
        ("repaired", "In the vendor's answer, inner.name came in another type and was converted.", 1),
    ]


def test_triples() -> None:
    """Words as `[start, end, text]`: what is none is dropped by itself."""
    found, losses = told({"words": [[1, 2, "a"], ["3", 4, "b"], [5, "c"], 7]})
    assert found.words == [(1, 2, "a"), (3, 4, "b")]
    assert (losses.left_out["words"], losses.converted["words"]) == (2, 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 5000])
def test_what_is_no_object_is_none(body: bytes) -> None:
    """Only a JSON object is an answer; a byte order mark before it does not matter."""
    assert read(Outer, body, Losses()) is None
    assert read(Outer, b'\xef\xbb\xbf{"text": "a"}', Losses()) == Outer(text="a")


@given(json_values)
def test_any_value_is_read(value: Any) -> None:
    """Whatever stands in any field, the answer is read."""
    for field in Outer.model_fields:
        told({field: value})
