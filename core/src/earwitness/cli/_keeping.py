"""Where a finished transcript goes: into its file, or into its outcome, for people or for machines."""

from __future__ import annotations

import json
from pathlib import Path

from ..export import Exporter
from ..models import Transcript
from ._files import write_file
from ._state import State
from ._telling import Outcome

__all__ = ["keep"]


def keep(outcome: Outcome, transcript: Transcript, *, exporter: Exporter, target: Path | None, state: State) -> Outcome:
    """The outcome, with the transcript kept. Raises OutputError where the file cannot be written, and whatever the
    exporter raises.
    """
    if target is not None:
        write_file(target, exporter.write(transcript))
    elif state.json:
        outcome.document = json.loads(transcript.to_json())
    else:
        outcome.text = exporter.write(transcript)
    return outcome
