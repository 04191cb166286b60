"""What is known of Korean numbers and letters, from the file `tables.toml`, in the shapes in which it is used."""

from __future__ import annotations

from .._data import several, table

__all__ = [
    "ACRONYMS",
    "APPROXIMATE",
    "COPULAS",
    "COUNTERS",
    "CURRENCIES",
    "DATA",
    "ENGLISH_DIGITS",
    "FILLERS",
    "GUARDED",
    "LARGE",
    "LETTERS",
    "NATIVE_ONES",
    "NATIVE_TENS",
    "NATIVE_UNITS",
    "PARTICLES",
    "SINO_DIGITS",
    "SINO_ONLY",
    "UNITS",
]

DATA = table(__package__)
FILLERS = frozenset(DATA["fillers"].split())
SINO_DIGITS: str = DATA["sino_digits"]
LARGE: str = DATA["large"]
NATIVE_TENS: list[str] = DATA["native_tens"].split()
NATIVE_ONES: list[str] = DATA["native_ones"].split()
NATIVE_UNITS: list[str] = DATA["native_units"].split()
COUNTERS = frozenset(DATA["counters"].split())
SINO_ONLY = frozenset(DATA["sino_only"].split())
PARTICLES = frozenset(DATA["particles"].split())
COPULAS = tuple(DATA["copulas"].split())
GUARDED = frozenset(DATA["guarded"].split())
APPROXIMATE = several(DATA["approximate"])
LETTERS = several(DATA["letters"])
ENGLISH_DIGITS = several(DATA["english_digits"])
ACRONYMS = several(DATA["acronyms"])
CURRENCIES = several(DATA["currencies"])
UNITS = several(DATA["units"])
