"""The work behind `explain`: one column for each profile, so that they are compared line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from ..errors import UnsupportedFeatureError
from ..explaining import Explanation, Option, explain
from ._exit import CODES
from ._inputs import inputs_of, received
from ._log import silenced
from ._output import as_json, say
from ._plain import plain
from ._state import State
from ._table import columns

__all__ = ["explain_all"]

_FACTS = ("service", "model", "language")
"""The options that the plan's own lines tell."""


def explain_all(
    file: str, profiles: Sequence[str], config: str | None, options: Mapping[str, Any], state: State
) -> int:
    """Prints the comparison; the exit code is that of an unsupported feature when no profile would answer."""
    one, *more = inputs_of([file])
    if more:
        raise click.UsageError(f"explain takes one FILE, and {file} stands for {len(more) + 1}.")
    with silenced():
        found = explain(received(one).source, profiles=[*dict.fromkeys(profiles)] or None, config=config, **options)
    if state.json:
        told = {"input": one.name, "explanations": [_document(each) for each in found]}
        say(as_json(told, indent=2) + "\n")
    else:
        say(columns(("", *(each.profile for each in found)), _rows(found)))
        say("".join(_problems(found)))
    return 0 if any(each.problem is None for each in found) else CODES[UnsupportedFeatureError]


def _document(one: Explanation) -> dict[str, Any]:
    return {**plain(one), "answers": one.problem is None}


def _rows(found: Sequence[Explanation]) -> Iterator[tuple[str, ...]]:
    """The lines of the comparison; one that says nothing anywhere is left out."""
    lines: list[tuple[str, list[str]]] = [
        ("provider", [one.provider for one in found]),
        ("service", [_fact(one, "service", one.service or "") for one in found]),
        ("model", [_fact(one, "model", one.model or "") for one in found]),
        ("languages", [_fact(one, "language", ", ".join(one.languages)) for one in found]),
        ("audio", [_audio(one) for one in found]),
    ]
    names = dict.fromkeys(option.name for one in found for option in one.options if option.name not in _FACTS)
    lines += [(name, [_option(one, name) for one in found]) for name in names]
    lines += [
        ("duration", [_duration(one.duration_ms) for one in found]),
        ("price", [_price(one) for one in found]),
        ("answers", ["no" if one.problem else "yes" for one in found]),
    ]
    for head, cells in lines:
        if any(cells):
            yield head, *(cell or "-" for cell in cells)


def _fact(one: Explanation, name: str, fact: str) -> str:
    """What the plan says, or that the option is refused which asks for it."""
    return next((_told(each) for each in one.options if each.name == name and each.outcome == "refused"), fact)


def _audio(one: Explanation) -> str:
    match one.handover:
        case "url":
            return "fetched by the vendor"
        case "stored":
            return "stored at the vendor"
        case None:
            return ""
    if one.converted is None:
        return "as it is"
    form = one.converted
    return f"as {form.container} ({form.codec}), {form.sample_rate} Hz, {form.channels} ch"


def _option(one: Explanation, name: str) -> str:
    return next((_told(option) for option in one.options if option.name == name), "")


def _told(option: Option) -> str:
    told = option.value if option.outcome == "sent" else option.outcome
    return f"{told} ({option.reason})" if option.reason else told


def _price(one: Explanation) -> str:
    if one.cost is None or one.currency is None:
        return one.priced
    return f"{one.cost:.6g} {one.currency} ({one.priced})"


def _duration(ms: int | None) -> str:
    if ms is None:
        return ""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _problems(found: Sequence[Explanation]) -> Iterator[str]:
    for one in found:
        if one.because:
            yield f"{one.profile}: the audio would be converted: {one.because}.\n"
        if one.problem is not None:
            told = " ".join(f"{one.problem}. {one.action or ''}".split())
            yield f"{one.profile}: {told}\n"
