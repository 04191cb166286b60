"""Which profile answers where another cannot: that there is one, and that nobody goes round in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from ._names import nearest

__all__ = ["wrong_fallbacks"]

Fallbacks = Mapping[str, tuple[str, ...]]


def wrong_fallbacks(profiles: Fallbacks, installed: Callable[[], Collection[str]]) -> Iterator[tuple[str, str, str]]:
    """Each fallback that does not exist, and each circle once: profile, reason, action. `profiles` is what each names.

    `installed` is asked for the providers, which stand for themselves, only where some fallback is no profile.
    """
    strange = {one for fallback in profiles.values() for one in fallback if one not in profiles}
    strange -= {*installed()} if strange else set()
    rings = _in_rings(profiles)
    told: set[str] = set()
    for name, fallback in profiles.items():
        for one in fallback:
            if one in strange:
                meant = nearest(one, profiles)
                action = f"Did you mean {meant}?" if meant else f"The profiles are: {', '.join(profiles)}."
                yield name, f"there is no profile {one!r}", action
        if name in rings and name not in told and (circle := _circle(name, rings)):
            told |= {*circle}
            yield name, f"the profiles fall back in a circle: {' -> '.join(circle)}", "Take one of them out."


def _in_rings(profiles: Fallbacks) -> Fallbacks:
    """Only what may be part of a circle: whoever names nobody, and whoever nobody names, is taken out one by one."""
    return _without_ends(_turned(_without_ends(_turned(profiles))))


def _turned(profiles: Fallbacks) -> Fallbacks:
    """By profile, who names it."""
    found: dict[str, list[str]] = {name: [] for name in profiles}
    for name, fallback in profiles.items():
        for one in {*fallback} & profiles.keys():
            found[one].append(name)
    return {name: tuple(named) for name, named in found.items()}


def _without_ends(profiles: Fallbacks) -> Fallbacks:
    """Without those who name nobody, and then without those who named only them."""
    left = Counter({name: len({*fallback} & profiles.keys()) for name, fallback in profiles.items()})
    namers = _turned(profiles)
    ends = [name for name, count in left.items() if not count]
    for end in ends:
        for namer in namers[end]:
            left[namer] -= 1
            if not left[namer]:
                ends.append(namer)
    gone = {*ends}
    return {name: fallback for name, fallback in profiles.items() if name not in gone}


def _circle(goal: str, profiles: Fallbacks) -> tuple[str, ...]:
    """The shortest way from a profile back to itself, empty where there is none."""
    came: dict[str, str] = {}
    reached = [goal]
    for name in reached:
        for one in profiles.get(name, ()):
            if one == goal:
                return (*_way(name, goal, came), goal)
            if one not in came:
                came[one] = name
                reached.append(one)
    return ()


def _way(name: str, start: str, came: Mapping[str, str]) -> tuple[str, ...]:
    way = [name]
    while name != start:
        name = came[name]
        way.append(name)
    return tuple(reversed(way))
