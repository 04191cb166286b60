"""The neutral options of a request, as the commands that make one spell them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from ..errors import InvalidRequestError
from ._completing import FILE
from ._completing import profiles as complete_profiles
from ._output import on_one_line

__all__ = [
    "Within",
    "config_option",
    "edit_options",
    "names_option",
    "no_text_option",
    "not_empty",
    "only_one",
    "profile_options",
    "request_options",
    "request_values",
]

F = TypeVar("F", bound=Callable[..., Any])

_COUNTED = {"auto": True, "no": False}


class Within(click.IntRange):
    """A whole number between two others, told in words."""

    name = "whole number"

    def _describe_range(self) -> str:
        return f"{self.min} to {self.max}"


def not_empty(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The value; an empty one is a slip, a variable that is not set say. Raises click.UsageError."""
    if value is not None and not value.strip():
        raise click.UsageError(f"{param.opts[-1]} is empty; leave it out or give it a value.")
    return value


def only_one(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> str | None:
    """The only value of an option whose last one would win in silence. Raises click.UsageError."""
    if len(set(values)) > 1:
        raise click.UsageError(f"{param.opts[-1]} was given more than once: {', '.join(values)}; name one.")
    return not_empty(ctx, param, values[0]) if values else None


def config_option(function: F) -> F:
    """Adds `--config`."""
    return click.option(
        "--config",
        type=FILE,
        metavar="FILE",
        callback=not_empty,
        help="Read this configuration file instead of those that would be found.",
    )(function)


def profile_options(function: F) -> F:
    """Adds the choice of who shall hear it."""
    function = config_option(function)
    return click.option(
        "-p",
        "--profile",
        metavar="NAME",
        multiple=True,
        callback=only_one,
        shell_complete=complete_profiles,
        help="Profile in earwitness.toml, or an installed provider's name.",
    )(function)


def names_option(function: F) -> F:
    """Adds `--names`; the value is a mapping."""
    return click.option(
        "--names",
        "--speakers-map",
        multiple=True,
        metavar="LABEL=NAME",
        callback=lambda _, __, pairs: _named(pairs),
        help="Name a speaker by the vendor's label. Repeatable.",
    )(function)


def edit_options(function: F) -> F:
    """Adds `--names` and `--no-text`."""
    return names_option(no_text_option(function))


def no_text_option(function: F) -> F:
    """Adds `--no-text`; the value is a flag."""
    return click.option("--no-text", is_flag=True, help="Show who spoke when, and nothing of what was said.")(function)


def request_options(function: F) -> F:
    """Adds the neutral options; `request_values` turns what they gave into options of a request."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def request_values(
    *,
    language: str | None,
    word_times: bool | None,
    speakers: str | None,
    hot_word: Iterable[str],
    service: str | None,
    model: str | None,
    vendor: Iterable[str],
) -> dict[str, Any]:
    """The request's options; what was not said is not among them, so that the profile's defaults hold."""
    given: dict[str, Any] = {
        "language": language,
        "word_times": word_times,
        "speakers": _speakers(speakers),
        "hot_words": [_hot_word(text) for text in hot_word] or None,
        "service": service,
        "model": model,
        "vendor": dict(map(_pair, vendor)) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _named(pairs: Iterable[str]) -> dict[str, str]:
    """`label=name` pairs as a mapping. Raises click.UsageError."""
    found: dict[str, str] = {}
    for pair in pairs:
        label, _, name = (part.strip() for part in pair.partition("="))
        if not label or not name:
            raise click.UsageError("--names takes LABEL=NAME, such as --names 1=Ann.")
        found[label] = name
    return found


def _speakers(text: str | None) -> bool | str | None:
    if text is None or re.fullmatch(r"\d{1,9}(-\d{1,9})?", text):
        return text
    if text not in _COUNTED:
        raise InvalidRequestError(
            f"--speakers {on_one_line(text)[:40]} is wrong", action="Give auto, no, a number, or a range such as 2-4."
        )
    return _COUNTED[text]


def _hot_word(text: str) -> dict[str, Any]:
    """`word` or `word:weight`; a colon that no number follows belongs to the word."""
    word, colon, weight = text.rpartition(":")
    try:
        return {"text": word, "weight": float(weight)} if colon else {"text": text}
    except ValueError:
        return {"text": text}


def _pair(text: str) -> tuple[str, Any]:
    """`key=value`; the value is JSON where it reads as JSON, else plain text."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise click.UsageError(f"--vendor takes key=value, not {text!r}.")
    try:
        found = json.loads(value)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        # JSON has no infinite numbers, and its parser takes them.
        return key.strip(), value
    return key.strip(), found


_OPTIONS = (
    click.option(
        "-l",
        "--language",
        metavar="TAG",
        help="Language spoken, such as en-US; several with commas; or auto where the provider can.",
    ),
    click.option("--word-times/--no-word-times", default=None, help="Ask for the time of each word."),
    click.option(
        "--speakers",
        metavar="auto|N|N-M|no",
        help="Tell speakers apart: let the provider count, or say how many.",
    ),
    click.option(
        "--hot-word",
        "--hotword",
        multiple=True,
        metavar="WORD[:WEIGHT]",
        help="A word to listen for, weight 0 to 10. Repeatable.",
    ),
    click.option(
        "--service",
        metavar="NAME",
        callback=not_empty,
        help="One of the provider's services, not the one it would choose.",
    ),
    click.option("--model", metavar="NAME", callback=not_empty, help="One of the provider's models."),
    click.option(
        "--vendor",
        multiple=True,
        metavar="KEY=VALUE",
        help="An option that only this provider knows; the value may be JSON. Repeatable.",
    ),
)
