"""In which line of a TOML file each key stands, which the parser of the standard library does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["line_at", "lines_of"]

_DEEPEST = 16
# Whatever may hold a bracket or a line end that ends no statement, and these themselves.
_TOKEN = re.compile(
    "|".join(
        (
            r'"""(?:\\.|[^\\])*?"{3,5}',
            r"'''.*?'{3,5}",
            r'"(?:\\.|[^"\\\n])*"',
            r"'[^'\n]*'",
            r"#[^\n]*",
            r"[\[\]{}\n]",
        )
    ),
    re.DOTALL,
)


def lines_of(text: str) -> dict[str, int]:
    """The line, from 1, of each key of this text, which is TOML. Keys are joined with dots, items counted from 0.

    What stands within a value of several lines has the line in which the value begins.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table: tuple[str, ...] = ()
    for line, statement in _statements(text):
        data = tomllib.loads(statement)
        if statement.startswith("["):
            table = _table(data, counts)
            _note(found, table, line)
        else:
            for place in _places(data, ()):
                _note(found, (*table, *place), line)
    return found


def line_at(place: str, lines: Mapping[str, int]) -> int | None:
    """The line of this key, or of the nearest that holds it; None where nothing of it is in the file."""
    while place and place not in lines:
        place = place.rpartition(".")[0]
    return lines.get(place)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each assignment with the line in which it begins."""
    line, begun, start, depth = 1, 1, 0, 0
    for token in _TOKEN.finditer(text):
        line += token[0].count("\n")
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if token[0] == "\n" and depth == 0:
            yield from _one(begun, text[start : token.start()])
            begun, start = line, token.end()
    yield from _one(begun, text[start:])


def _one(line: int, statement: str) -> Iterator[tuple[int, str]]:
    bare = statement.strip()
    if bare and not bare.startswith("#"):
        yield line, bare


def _table(data: Any, counts: dict[str, int]) -> tuple[str, ...]:
    """The place that a header opens, with the number of the item in every list of tables on the way."""
    place: tuple[str, ...] = ()
    while data:
        ((key, data),) = data.items()
        place = (*place, key)
        name = ".".join(place)
        if isinstance(data, list):
            counts[name] = counts.get(name, -1) + 1
            data = data[0]
        if name in counts:
            place = (*place, str(counts[name]))
    return place


def _places(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if place:
        yield place
    if len(place) < _DEEPEST:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in inner:
            yield from _places(item, (*place, str(key)))


def _note(found: dict[str, int], place: tuple[str, ...], line: int) -> None:
    for end in range(len(place), 0, -1):
        found.setdefault(".".join(place[:end]), line)
