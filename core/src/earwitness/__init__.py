"""Earwitness turns speech into one neutral transcript, whichever engine or vendor heard it.

    import earwitness
    print(earwitness.transcribe("meeting.wav").text)

Importing this package imports nothing else; each name is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ._facade import connect, open, read_answer, transcribe
    from .capabilities import Capabilities, Service
    from .errors import EarwitnessError
    from .explaining import Explanation, explain
    from .jobs import Job, JobStatus
    from .models import Answer, AudioEvent, Interim, Notice, Segment, ServedBy, Speaker, Transcript, Word
    from .request import (
        BytesAudio,
        Feature,
        FileAudio,
        HotWord,
        OpenFileAudio,
        RequestOptions,
        SpeakerCount,
        StoredAudio,
        TranscriptionRequest,
        UrlAudio,
    )
    from .session import AsyncSession
    from .streaming import Final, Reconnected
    from .sync import Session

_HOMES = {
    "_facade": ("connect", "open", "read_answer", "transcribe"),
    "capabilities": ("Capabilities", "Service"),
    "errors": ("EarwitnessError",),
    "explaining": ("Explanation", "explain"),
    "jobs": ("Job", "JobStatus"),
    "models": ("Answer", "AudioEvent", "Interim", "Notice", "Segment", "ServedBy", "Speaker", "Transcript", "Word"),
    "request": (
        *("BytesAudio", "Feature", "FileAudio", "HotWord", "OpenFileAudio", "RequestOptions", "SpeakerCount"),
        *("StoredAudio", "TranscriptionRequest", "UrlAudio"),
    ),
    "session": ("AsyncSession",),
    "streaming": ("Final", "Reconnected"),
    "sync": ("Session",),
}

__all__ = [
    "Answer",
    "AsyncSession",
    "AudioEvent",
    "BytesAudio",
    "Capabilities",
    "EarwitnessError",
    "Explanation",
    "Feature",
    "FileAudio",
    "Final",
    "HotWord",
    "Interim",
    "Job",
    "JobStatus",
    "Notice",
    "OpenFileAudio",
    "Reconnected",
    "RequestOptions",
    "Segment",
    "ServedBy",
    "Service",
    "Session",
    "Speaker",
    "SpeakerCount",
    "StoredAudio",
    "Transcript",
    "TranscriptionRequest",
    "UrlAudio",
    "Word",
    "__version__",
    "connect",
    "explain",
    "open",
    "read_answer",
    "transcribe",
]


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'earwitness' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
