"""A template becomes a file: the parts that were chosen stay, and names are filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import Template

__all__ = ["filled"]

_MARK = "#: "


def filled(text: str, *, values: Mapping[str, str], chosen: Collection[str]) -> str:
    """The text with these values, without the parts for other choices.

    Raises ValueError for a mark that is none, or that has no partner; KeyError for a name that has no value.
    """
    return Template("".join(_kept(text, chosen))).substitute(values)


def _kept(text: str, chosen: Collection[str]) -> Iterator[str]:
    writing = [True]
    for line in text.splitlines(keepends=True):
        if not line.startswith(_MARK):
            if all(writing):
                yield line
            continue
        match line.removeprefix(_MARK).split():
            case ["if", *needed] if needed:
                writing.append(all(one in chosen for one in needed))
            case ["else"] if len(writing) > 1:
                writing[-1] = not writing[-1]
            case ["end"] if len(writing) > 1:
                writing.pop()
            case _:
                raise ValueError(f"a template holds a mark that means nothing: {line.strip()}")
    if len(writing) > 1:
        raise ValueError("a part of a template has no end")
