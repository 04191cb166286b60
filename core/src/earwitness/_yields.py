"""What an engine gives is looked at before it travels: one clear error instead of a puzzle in the caller's process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from types import NoneType
from typing import Any

from .engine import Engine, Heard, Progress
from .errors import PluginError
from .models import Interim, Segment, Word

__all__ = ["heard_by", "sample_rate_of", "version_of"]

_TYPES: dict[str, tuple[type, ...]] = {
    "heard_ms": (int,),
    "text": (str,),
    "words": (tuple,),
    "derived": (tuple,),
    "confidence": (float, int, NoneType),
    **dict.fromkeys(("start_ms", "end_ms", "channel"), (int, NoneType)),
    **dict.fromkeys(("speaker", "language", "emotion"), (str, NoneType)),
}
"""The types that a field may hold. Exactly these: a number of another library would not be plain data."""


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
        if flaw := next(_flaws(event), None):
            raise _broken(engine, f"yielded a wrong {_type(event)}: {flaw}")
        yield event


def sample_rate_of(engine: Engine) -> int:
    """The rate of the samples it wants, in Hz. Raises PluginError if that is no whole number above zero."""
    rate: object = engine.sample_rate
    if type(rate) is not int or rate <= 0:
        raise _broken(engine, "has a sample_rate that is no whole number above zero")
    return rate


def version_of(engine: Engine) -> str | None:
    """Its own version. Raises PluginError for anything but text."""
    version: object = engine.version
    if type(version) not in (str, NoneType):
        raise _broken(engine, f"has a version of type {_type(version)}, not str or None")
    return engine.version


def _flaws(item: Progress | Interim | Segment | Word) -> Iterator[str]:
    for field in fields(item):
        value = getattr(item, field.name, None)
        wanted = _TYPES.get(field.name)
        if wanted is not None and type(value) not in wanted:
            yield f"{field.name} is of type {_type(value)}, not {' or '.join(_name(one) for one in wanted)}"
    if isinstance(item, Segment):
        yield from _inner_flaws(item)


def _inner_flaws(segment: Segment) -> Iterator[str]:
    words: tuple[Any, ...] = segment.words
    for number, word in enumerate(words):
        if not isinstance(word, Word):
            yield f"words[{number}] is of type {_type(word)}, not Word"
        else:
            yield from (f"words[{number}].{flaw}" for flaw in _flaws(word))
    for number, name in enumerate(segment.derived):
        if type(name) is not str:
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
