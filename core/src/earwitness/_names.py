"""Misspelt names are answered with the nearest known one."""

from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, whatever its case; empty when none is close."""
    from difflib import get_close_matches

    by_fold = {one.casefold(): one for one in known}
    return next((by_fold[one] for one in get_close_matches(name.casefold(), by_fold, n=1)), "")
