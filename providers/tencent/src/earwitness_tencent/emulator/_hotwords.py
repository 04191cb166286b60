"""Lists of hot words as the vendor takes them: `word|weight`, joined with commas (manual, 5.1)."""

from __future__ import annotations

__all__ = ["wrong_hot_words"]

_MOST = 128
_LONGEST = 30
_WEIGHTS = {*map(str, range(1, 12)), "100"}


def wrong_hot_words(text: str) -> str:
    """What is wrong with this list; empty for a good one, and for none."""
    if not text:
        return ""
    entries = text.split(",")
    if len(entries) > _MOST:
        return f"more than {_MOST} hot words"
    return next((why for entry in entries if (why := _wrong(entry))), "")


def _wrong(entry: str) -> str:
    word, bar, weight = entry.partition("|")
    if not bar or not word.strip():
        return "a hot word is not written as word|weight"
    if weight not in _WEIGHTS:
        return "a weight is neither 1 to 11 nor 100"
    # A Chinese character takes three of the thirty bytes.
    return f"a hot word is longer than {_LONGEST} bytes" if len(word.encode()) > _LONGEST else ""
