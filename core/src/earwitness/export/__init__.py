"""Output formats: each turns one transcript into the text of one file, and needs nothing but the transcript.

A plugin adds a format with the hook `earwitness_exporters`; it returns `Exporter` objects like the ones here.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InvalidRequestError
from ..models import Transcript
from . import ass, json, labels, scoring, smi, srt, tables, textgrid, txt, vcon, vtt, whisper
from ._base import Exporter, losses
from ._cues import cells

__all__ = ["Exporter", "cells", "exporters", "losses", "render"]

_BUILT_IN = (
    txt.EXPORTER,
    json.EXPORTER,
    srt.EXPORTER,
    vtt.EXPORTER,
    vtt.WITH_WORDS,
    smi.EXPORTER,
    ass.EXPORTER,
    tables.CSV,
    tables.TSV,
    scoring.CTM,
    scoring.STM,
    scoring.RTTM,
    textgrid.EXPORTER,
    labels.EXPORTER,
    whisper.EXPORTER,
    vcon.EXPORTER,
)


def exporters(more: Mapping[str, Exporter] | None = None) -> dict[str, Exporter]:
    """The built-in formats by name, and then those of `more`; a built-in name is never replaced."""
    own = {exporter.name: exporter for exporter in _BUILT_IN}
    return {**own, **{name: exporter for name, exporter in (more or {}).items() if name not in own}}


def render(transcript: Transcript, format: str, *, more: Mapping[str, Exporter] | None = None) -> str:
    """The whole text of one file.

    Raises InvalidRequestError for an unknown format, UnsupportedFeatureError as `write` does.
    """
    known = exporters(more)
    if format not in known:
        raise InvalidRequestError(f"There is no format {format!r}", action=f"Use one of: {', '.join(known)}.")
    return known[format].write(transcript)
