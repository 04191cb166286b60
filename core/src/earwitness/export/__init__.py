"""Output formats: each turns one transcript into the text of one file, and needs nothing but the transcript.

A plugin adds a format with the hook `earwitness_exporters`; it returns `Exporter` objects like the ones here.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._cutting import SCREEN, Shape
from ..errors import InvalidRequestError
from ..models import Transcript
from . import ass, json, labels, scoring, smi, srt, tables, textgrid, txt, vcon, vtt, whisper
from ._base import Exporter, losses
from ._cues import cells

__all__ = ["Exporter", "Shape", "cells", "exporters", "losses", "render"]

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


def render(
    transcript: Transcript,
    format: str,
    *,
    more: Mapping[str, Exporter] | None = None,
    line_cells: int = SCREEN.line_cells,
    lines: int = SCREEN.lines,
) -> str:
    """The whole text of one file; subtitles in at most so many `lines` of `line_cells` columns, as in `resegment`.

    Raises InvalidRequestError for an unknown format, for a screen that holds nothing and for one that the format does
    not know; UnsupportedFeatureError as `write` does.
    """
    known = exporters(more)
    if format not in known:
        raise InvalidRequestError(f"There is no format {format!r}", action=f"Use one of: {', '.join(known)}.")
    exporter, shape = known[format], Shape(line_cells, lines)
    if shape == SCREEN:
        return exporter.write(transcript)
    if exporter.laid_out is None or line_cells < 2 or lines < 1:
        raise InvalidRequestError(
            f"{format} cannot be laid out in {lines} lines of {line_cells} columns",
            action="Give a subtitle format, at least 2 columns and at least one line.",
        )
    return exporter.laid_out(transcript, shape)
