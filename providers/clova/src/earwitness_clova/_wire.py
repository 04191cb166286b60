"""What goes over the wire: the calls that CLOVA expects, and its answers as typed shapes.

Answers are lenient pydantic models. The usual segment of a result never meets its model: `_segments` takes it as it
comes, with every check inline, because that is what makes ten hours cost no more than reading their JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from earwitness.exchange import FormFile, HttpCall, multipart
from earwitness.lenient import Array, Flag, Forgiven, Number, Table, Text, Time, Triples
from earwitness.media import Media
from earwitness.rest import json_body, media_body

__all__ = [
    "LongAnswer",
    "ShortAnswer",
    "WireEvent",
    "WireSegment",
    "WireSpeaker",
    "short_call",
    "status_call",
    "submit_call",
    "upload_call",
]

_SHORT_TIMEOUT_S = 120.0


def upload_call(base: str, params: Mapping[str, Any], media: Media, *, timeout_s: float) -> HttpCall:
    """`POST /recognizer/upload`: the file streamed from disk, `params` as a plain field (a file part is refused)."""
    file = FormFile("media", media.name, media.content_type, media.length, media.open)
    kind, body = multipart({"params": json_body(params).decode()}, [file])
    url = f"{base}/recognizer/upload"
    return HttpCall("submit", "POST", url, headers={"content-type": kind}, body=body, read_timeout_s=timeout_s)


def submit_call(base: str, way: str, params: Mapping[str, Any], *, timeout_s: float) -> HttpCall:
    """`POST /recognizer/url` or `/recognizer/object-storage`: the audio lies elsewhere, and everything is JSON."""
    url, headers = f"{base}/recognizer/{way}", {"content-type": "application/json"}
    return HttpCall("submit", "POST", url, headers=headers, body=json_body(params), read_timeout_s=timeout_s)


def status_call(base: str, token: str) -> HttpCall:
    """`GET /recognizer/{token}`: state and result of a job."""
    return HttpCall("fetch", "GET", f"{base}/recognizer/{quote(token, safe='')}", repeatable=True)


def short_call(url: str, query: Mapping[str, str], media: Media) -> HttpCall:
    """`POST /recog/v1/stt`: the file's bytes as they are, the options in the query."""
    headers = {"content-type": "application/octet-stream"}
    return HttpCall("recognize", "POST", url, query, headers, media_body(media), read_timeout_s=_SHORT_TIMEOUT_S)


class _Wire(BaseModel):
    """CLOVA writes its names in camel case, leaves out what it likes, and adds keys with every engine."""

    model_config = ConfigDict(alias_generator=to_camel)


class WireSpeaker(_Wire):
    """A voice as CLOVA numbers it; `edited` says that a person has changed it. Also the `diarization` of a segment."""

    model_config = ConfigDict(title="speaker")

    label: Text = None
    name: Text = Field(default=None, repr=False)
    edited: Flag = None


class WireSegment(_Wire):
    """One segment of a result (manual, long-sentence recognition, response). Times in milliseconds."""

    model_config = ConfigDict(title="segments")

    start: Time = None
    end: Time = None
    text: Text = Field(default=None, repr=False)
    confidence: Number = None
    diarization: Annotated[WireSpeaker | None, Forgiven] = None
    speaker: Annotated[WireSpeaker | None, Forgiven] = None
    words: Triples = Field(default_factory=list, repr=False)
    text_edited: Text = Field(default=None, repr=False)


class WireEvent(_Wire):
    """Something heard that is not speech."""

    model_config = ConfigDict(title="events")

    type: Text = None
    label: Text = None
    label_edited: Text = None
    start: Time = None
    end: Time = None


class LongAnswer(_Wire):
    """Every JSON body of the long-sentence API: accepted, state, result and refusal alike. Nothing is always there.

    The segments stay as they came until each of them is translated: ten hours have 9,000. `code`, `error` and the like
    are how the gateway in front complains.
    """

    model_config = ConfigDict(title="answer")

    result: Text = None
    message: Text = Field(default=None, repr=False)
    token: Text = Field(default=None, repr=False)
    version: Text = None
    params: Table = Field(default=None, repr=False)
    progress: Number = None
    keywords: Any = Field(default=None, repr=False)
    segments: Array = Field(default=None, repr=False)
    text: Text = Field(default=None, repr=False)
    confidence: Number = None
    speakers: Annotated[list[Annotated[WireSpeaker | None, Forgiven]] | None, Forgiven] = None
    events: Annotated[list[Annotated[WireEvent | None, Forgiven]] | None, Forgiven] = None
    event_types: Any = None
    code: Any = None
    error_code: Any = None
    error_message: Any = Field(default=None, repr=False)
    error: Any = Field(default=None, repr=False)


class ShortAnswer(_Wire):
    """Every JSON body of the short-sentence API. `quota` is billed seconds; the graphs have 50 values a second."""

    model_config = ConfigDict(title="answer")

    text: Text = Field(default=None, repr=False)
    quota: Number = None
    assessment_score: Number = Field(default=None, alias="assessment_score")
    assessment_details: Text = Field(default=None, alias="assessment_details", repr=False)
    ref_graph: Annotated[list[float] | None, Forgiven] = Field(default=None, alias="ref_graph", repr=False)
    usr_graph: Annotated[list[float] | None, Forgiven] = Field(default=None, alias="usr_graph", repr=False)
    message: Text = Field(default=None, repr=False)
    code: Any = None
    error_code: Any = None
    error_message: Any = Field(default=None, repr=False)
    error: Any = Field(default=None, repr=False)
