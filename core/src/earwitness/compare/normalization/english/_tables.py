"""What is known of English words, from the file `tables.toml` beside this one, in the shapes in which it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._data import pairs, several, table

__all__ = [
    "ABBREVIATIONS",
    "CONTRACTIONS",
    "CURRENCIES",
    "DATA",
    "FILLERS",
    "FOLDED",
    "MARKS",
    "MONTHS",
    "ONES",
    "SCALES",
    "SPELLINGS",
    "TENS",
    "UNITS",
]


def _families(data: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Each stem with each British ending, and the same with the American one."""
    return {
        stem + british: stem + american
        for family in data
        for stem in family["stems"].split()
        for british, american in (ending.split("=") for ending in family["endings"])
    }


DATA = table(__package__)
FILLERS = frozenset(DATA["fillers"].split())
ONES: list[str] = DATA["ones"].split()
TENS: list[str] = DATA["tens"].split()
MONTHS = frozenset(DATA["months"].split())
SPELLINGS: Mapping[str, str] = {**_families(DATA["families"]), **pairs(DATA["spellings"])}
FOLDED: Mapping[str, str] = DATA["folded"]
CONTRACTIONS = several(DATA["contractions"])
ABBREVIATIONS = several(DATA["abbreviations"])
MARKS = several(DATA["marks"])
CURRENCIES = several(DATA["currencies"])
SCALES: Mapping[str, str] = DATA["scales"]
UNITS = several(DATA["units"])
