"""What an engine gives is looked at before it travels: one clear error instead of a puzzle in the caller's process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from types import NoneType
from typing import Any

from .engine import Engine, Heard, Progress
from .errors import PluginError
from .models import Interim, Notice, Segment, Word
from .streaming import Final, Settled

__all__ = ["engine_of", "flaws_of", "heard_by", "sample_rate_of", "version_of"]

_TYPES: dict[str, tuple[type, ...]] = {
    "heard_ms": (int,),
    "count": (int,),
    **dict.fromkeys(("text", "kind", "message"), (str,)),
    "words": (tuple,),
    "derived": (tuple,),
    "confidence": (float, int, NoneType),
    **dict.fromkeys(("start_ms", "end_ms", "channel"), (int, NoneType)),
    **dict.fromkeys(("speaker", "language", "emotion", "feature"), (str, NoneType)),
}
"""The types that a field of an event may hold."""


def heard_by(engine: Engine, pcm: Iterable[bytes]) -> Iterator[Heard]:
    """Everything the engine hears in these samples. Raises PluginError for what is none of `Heard`.

    The error tells types and names of fields, never a value: it may be what somebody said.
    """
    heard: Any = engine.listen(pcm)
    if not isinstance(heard, Iterable):
        raise _broken(engine, f"returned an object of type {_type(heard)} from listen, no iterator")
    for event in heard:
        if not isinstance(event, Progress | Interim | Segment):
            raise _broken(engine, f"yielded an object of type {_type(event)}, none of Progress, Interim and Segment")
        if flaw := next(flaws_of(event), None):
            raise _broken(engine, f"yielded a wrong {_type(event)}: {flaw}")
        yield event


def engine_of(given: Any) -> Engine:
    """The same engine. Raises PluginError for what is none."""
    if not callable(getattr(given, "listen", None)):
        what = f"engine() gave an object of type {_type(given)}, which is no Engine"
        raise PluginError(what, action="Report this to the maintainers of the provider's plugin.", reason=what)
    engine: Engine = given
    return engine


def sample_rate_of(engine: Engine) -> int:
    """The rate of the samples it wants, in Hz. Raises PluginError if that is no whole number above zero."""
    rate: object = getattr(engine, "sample_rate", None)
    if type(rate) is not int or rate <= 0:
        raise _broken(engine, "has a sample_rate that is no whole number above zero")
    return rate


def version_of(engine: Engine) -> str | None:
    """Its own version. Raises PluginError for anything but text."""
    version: object = engine.version
    if type(version) not in (str, NoneType):
        raise _broken(engine, f"has a version of type {_type(version)}, not str or None")
    return engine.version


def flaws_of(
    item: Progress | Interim | Segment | Word | Final | Settled | Notice, *, exact: bool = True
) -> Iterator[str]:
    """What in this event is of a wrong type, never with the value.

    `exact`: a number of another library is no plain data, and does not travel from a process to another.
    """
    for field in fields(item):
        value = getattr(item, field.name, None)
        wanted = _TYPES.get(field.name)
        if wanted is not None and not _fits(value, wanted, exact):
            yield f"{field.name} is of type {_type(value)}, not {' or '.join(_name(one) for one in wanted)}"
    if isinstance(item, Segment):
        yield from _inner_flaws(item, exact)
    elif isinstance(item, Final):
        yield from _segment_flaws(item.segment, exact)


def _fits(value: object, wanted: tuple[type, ...], exact: bool) -> bool:
    return type(value) in wanted or (not exact and isinstance(value, wanted) and not isinstance(value, bool))


def _segment_flaws(segment: Any, exact: bool) -> Iterator[str]:
    if not isinstance(segment, Segment):
        yield f"segment is of type {_type(segment)}, not Segment"
    else:
        yield from (f"segment.{flaw}" for flaw in flaws_of(segment, exact=exact))


def _inner_flaws(segment: Segment, exact: bool) -> Iterator[str]:
    words: tuple[Any, ...] = segment.words
    for number, word in enumerate(words):
        if not isinstance(word, Word):
            yield f"words[{number}] is of type {_type(word)}, not Word"
        else:
            yield from (f"words[{number}].{flaw}" for flaw in flaws_of(word, exact=exact))
    for number, name in enumerate(segment.derived):
        if not _fits(name, (str,), exact):
            yield f"derived[{number}] is of type {_type(name)}, not str"


def _type(value: Any) -> str:
    return _name(type(value))


def _name(kind: type) -> str:
    return "None" if kind is NoneType else kind.__name__


def _broken(engine: Engine, what: str) -> PluginError:
    # With its module, which tells whose engine it is.
    name = f"{type(engine).__module__}.{type(engine).__qualname__}"
    return PluginError(
        f"The engine {name} {what}",
        action="Report this to the maintainers of the provider's plugin.",
        reason=what,
    )
