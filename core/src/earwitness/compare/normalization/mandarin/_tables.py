"""What is known of Mandarin, from the file `tables.toml` beside this one, in the shapes in which it is used."""

from __future__ import annotations

from collections.abc import Mapping

from .._data import several, table

__all__ = [
    "CURRENCIES",
    "DATA",
    "DIGITS",
    "FILLERS",
    "GUARDED",
    "GUARDED_BEFORE",
    "ISOLATED_FILLERS",
    "KEEP_ER",
    "MARKS",
    "ONLY_COUNTED",
    "ONLY_ER_AFTER",
    "ONLY_ER_BEFORE",
    "UNITS",
    "VARIANTS",
]

DATA = table(__package__)
DIGITS: str = DATA["digits"]
FILLERS: str = DATA["fillers"]
ISOLATED_FILLERS: str = DATA["isolated_fillers"]
KEEP_ER = frozenset(DATA["keep_er"].split())
GUARDED: tuple[str, ...] = tuple(DATA["guarded"].split())
GUARDED_BEFORE = frozenset(DATA["guarded_before"].split())
ONLY_COUNTED = several(DATA["only_counted"])
ONLY_ER_BEFORE = frozenset(DATA["only_er_before"])
ONLY_ER_AFTER = frozenset(DATA["only_er_after"])
VARIANTS: Mapping[str, str] = DATA["variants"]
CURRENCIES = several(DATA["currencies"])
MARKS = several(DATA["marks"])
UNITS = several(DATA["units"])
