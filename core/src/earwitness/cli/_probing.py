"""The work behind `probe`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..capabilities import AudioFacts
from ..errors import EarwitnessError, InvalidRequestError
from ..media import open_media
from ..request import audio_source
from ._errors import describe, explain
from ._inputs import Input, inputs_of, received
from ._output import as_json, say
from ._state import State
from ._table import columns

__all__ = ["probe_all"]

_HEAD = ("FILE", "CONTAINER", "CODEC", "DURATION", "RATE", "CHANNELS", "BYTES")


def probe_all(files: tuple[str, ...], state: State) -> int:
    """Prints one row a file; what cannot be probed is told, and the exit code is that of the first such file."""
    code, rows, told = 0, [], []
    for one in inputs_of(files):
        try:
            facts = _facts(one)
        except EarwitnessError as error:
            code = code or (explain(error, state, about=one.name) if not state.json else describe(error)["exit_code"])
            told.append({"input": one.name, "error": describe(error)})
            continue
        rows.append(_row(one, facts))
        told.append({"input": one.name, **{key: value for key, value in asdict(facts).items() if value is not None}})
    if state.json:
        say(as_json({"files": told}, indent=2) + "\n")
    elif rows:
        say(columns(_HEAD, rows))
    return code


def _facts(one: Input) -> AudioFacts:
    if isinstance(one.source, str):
        raise InvalidRequestError("A web address cannot be probed", action="Download the file first.")
    with open_media(audio_source(received(one).source)) as media:
        return media.facts


def _row(one: Input, facts: AudioFacts) -> tuple[str, ...]:
    known: dict[str, Any] = asdict(facts)
    rate, size = known["sample_rate"], known["length"]
    return (
        one.shown,
        *(known[name] or "" for name in ("container", "codec")),
        _duration(known["duration_ms"]),
        f"{rate} Hz" if rate else "",
        str(known["channels"] or ""),
        f"{size:,}" if size is not None else "",
    )


def _duration(ms: int | None) -> str:
    if ms is None:
        return ""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
