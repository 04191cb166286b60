"""The settings of a CLOVA Speech profile, and the options that each of its services knows beside the neutral ones.

Every service has a domain of its own in the vendor's console, and their keys are not interchangeable.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from earwitness.fields import Key, web_address
from earwitness.provider import ProviderSettings

__all__ = ["LongOptions", "Settings", "ShortOptions", "StreamingOptions"]

GATEWAY = "clovaspeech-gw.ncloud.com"
_SHORT_PATH = "/recog/v1/stt"
_STREAM_PORT = 50051
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
_SLASHES = re.compile("//+")
_COPY_IT = f"copy the whole Invoke URL from the domain's page: https://{GATEWAY}/external/v1/<domain id>/<invoke key>"
_WHOLE = re.compile(r"(?P<invoke>(?:/[^/]+)*?/external/v\d+/[^/]+/[^/]+)(?:/recognizer(?:/.*)?)?")


def _invoke_url(given: SecretStr) -> SecretStr:
    """The URL up to the invoke key, whatever was appended to it. Its text never appears in the reason of a refusal."""
    text = given.get_secret_value().strip()
    parts = _secured(text if "://" in text else f"https://{text}")
    path = _SLASHES.sub("/", parts.path).rstrip("/")
    if not path:
        raise ValueError(f"this is only a host; {_COPY_IT}")
    whole = _WHOLE.fullmatch(path)
    if whole is None:
        raise ValueError(f"this is not an Invoke URL; {_COPY_IT}")
    return SecretStr(f"{parts.scheme}://{parts.netloc}{whole['invoke']}")


def _short_url(given: str) -> str:
    parts = _secured(given.strip())
    return f"{parts.scheme}://{parts.netloc}{_SLASHES.sub('/', parts.path).rstrip('/') or _SHORT_PATH}"


def _secured(text: str) -> SplitResult:
    """The parts of an address over TLS; plain http is for servers on this machine."""
    parts = web_address(text)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise ValueError("plain http would show the key and the audio to everybody on the way; use https")
    return parts


def _stream_target(given: str) -> str:
    """`host:port`, also where it is written with a scheme or without the usual port."""
    scheme, _, rest = given.strip().rpartition("://")
    parts = web_address(f"https://{rest}")
    if scheme not in ("", "grpc", "grpcs", "http", "https") or parts.path.strip("/") or parts.query:
        raise ValueError(f"this is not host:port; the vendor's is {GATEWAY}:{_STREAM_PORT}")
    return parts.netloc if parts.port else f"{parts.netloc}:{_STREAM_PORT}"


class Settings(ProviderSettings):
    """Which of CLOVA's services this profile may use: each needs a key of its own, and one service is enough.

    The invoke key at the end of `invoke_url` is a secret too.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    invoke_url: Annotated[SecretStr, AfterValidator(_invoke_url)] | None = None
    """The whole Invoke URL of a long-sentence domain, which ends in `/external/v1/<domain id>/<invoke key>`."""
    secret_key: Key | None = None
    """The Secret Key of the same long-sentence domain."""
    short_secret_key: Key | None = None
    """The Secret Key of a short-sentence domain."""
    short_url: Annotated[str, AfterValidator(_short_url)] = f"https://{GATEWAY}{_SHORT_PATH}"
    """Where short sentences are sent: path `/recog/v1/stt` of the vendor's gateway, unless you name another server."""

    stream_secret_key: Key | None = None
    """The Secret Key of a domain for real-time streaming, which needs a paid plan."""
    stream_target: Annotated[str, AfterValidator(_stream_target)] = f"{GATEWAY}:{_STREAM_PORT}"
    """Where streams are opened, as `host:port`: the vendor's gateway, unless you name another server."""
    stream_plaintext: bool = False
    """Open streams without TLS: for tests, against a server of this machine only."""

    @model_validator(mode="after")
    def _some_service(self) -> Self:
        if (self.invoke_url is None) != (self.secret_key is None):
            missing = "secret_key" if self.secret_key is None else "invoke_url"
            raise ValueError(f"{missing} is missing; a long-sentence domain has an Invoke URL and a Secret Key")
        if not (self.secret_key or self.short_secret_key or self.stream_secret_key):
            raise ValueError(
                "no service is configured; set invoke_url and secret_key, short_secret_key, or stream_secret_key"
            )
        return self

    @model_validator(mode="after")
    def _no_key_in_the_open(self) -> Self:
        if self.stream_plaintext and not _LOOPBACK.fullmatch(self.stream_target.rpartition(":")[0].lower()):
            raise ValueError("stream_plaintext would show the key to the network; it is for localhost and 127.0.0.1")
        return self

    @property
    def invoke_key(self) -> str | None:
        """The secret last part of the Invoke URL."""
        return self.invoke_url.get_secret_value().rpartition("/")[2] if self.invoke_url else None


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class LongOptions(_Options):
    """What the service `long` knows beside the neutral options. Unset is the vendor's default."""

    completion: Literal["sync", "async"] = "async"
    """Whether the submission waits for the transcript (at most two hours of audio) or the job is asked about later."""
    format: Literal["JSON", "SRT", "SMI"] = "JSON"
    """The form of the vendor's answer. Subtitles hold no words and no events; our exporters write them from JSON."""
    full_text: bool = True
    """Let the answer hold the whole text too, beside that of the segments."""
    result_to_obs: bool | None = None
    """Store the result in the domain's bucket. Unset: where an asynchronous job has no callback, since it needs one."""
    callback: str | None = Field(default=None, min_length=1, repr=False)
    """A URL of your own that the vendor shall call, in place of the one that Earwitness would give."""
    use_domain_boostings: bool | None = None
    """Use the keyword list that is stored in the domain; not together with hot words."""
    userdata: dict[str, Any] = Field(default_factory=dict, repr=False)
    """JSON that the vendor echoes in the result, beside the request's metadata."""


class ShortOptions(_Options):
    """What the service `short` knows beside the neutral options."""

    assessment: bool = False
    """Score the pronunciation (Korean and English)."""
    utterance: str | None = Field(default=None, min_length=1, repr=False)
    """The text that the speaker should say."""
    graph: bool = False
    """Give outlines of both waves, with an assessment."""


class StreamingOptions(_Options):
    """What the service `streaming` knows beside the neutral options. Its pieces are cut by the first five of these.

    The vendor's own thresholds are not documented, and without any it sends many small pieces; so these are always
    sent, except one that is set to nothing.
    """

    use_period_epd: bool = True
    """Cut where a sentence ends."""
    use_word_epd: bool = False
    """Cut at the end of a word."""
    gap_threshold: int | None = Field(default=500, ge=0)
    """Cut after a silence of so many milliseconds."""
    duration_threshold: int | None = Field(default=10_000, ge=0)
    """Cut where a piece gets so many milliseconds long."""
    syllable_threshold: int | None = Field(default=0, ge=0)
    """Cut after so many syllables; 0 is never."""
    skip_empty_text: bool = False
    """Send no results without text. CLOVA may then be silent about the end of a stream that ends in silence."""
    use_domain_boostings: bool | None = None
    """Use keyword lists that are stored in the domain; not together with hot words."""
    boosting_ids: tuple[int | str, ...] = Field(default=(), max_length=30)
    """Which of the stored lists, with `use_domain_boostings`."""
    translate_to: tuple[str, ...] = ()
    """Languages to translate into, such as `en`. Experimental: the vendor announces it and documents nothing."""
    merge_translation: bool | None = None
    """Translate whole sentences instead of pieces. Experimental too."""
    speed: float | None = Field(default=None, gt=0)
    """Seconds of audio sent per second at most; 1 is real time. Unset: as fast as CLOVA takes it."""
    max_age_s: float = Field(default=24 * 3600.0, gt=0)
    """When a connection is replaced by a new one, in seconds. The manual gives one 100 hours; some report 5 minutes."""
    flush_timeout_s: float = Field(default=10.0, gt=0)
    """How long CLOVA may be silent after the end of the audio before the stream is closed, in seconds."""
