"""The settings of a CLOVA Speech profile, and the options that each of its services knows beside the neutral ones.

Every service has a domain of its own in the vendor's console, and their keys are not interchangeable.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from earwitness.provider import ProviderSettings

__all__ = ["LongOptions", "Settings", "ShortOptions"]

GATEWAY = "clovaspeech-gw.ncloud.com"
_SHORT_PATH = "/recog/v1/stt"
_COPY_IT = f"copy the whole Invoke URL from the domain's page: https://{GATEWAY}/external/v1/<domain id>/<invoke key>"
_WHOLE = re.compile(r"(?P<invoke>(?:/[^/]+)*?/external/v\d+/[^/]+/[^/]+)(?:/recognizer(?:/.*)?)?")


def _invoke_url(given: SecretStr) -> SecretStr:
    """The URL up to the invoke key, whatever was appended to it. Its text never appears in the reason of a refusal."""
    text = given.get_secret_value().strip()
    parts = _web_address(text if "://" in text else f"https://{text}")
    path = parts.path.rstrip("/")
    if not path:
        raise ValueError(f"this is only a host; {_COPY_IT}")
    whole = _WHOLE.fullmatch(path)
    if whole is None:
        raise ValueError(f"this is not an Invoke URL; {_COPY_IT}")
    return SecretStr(f"{parts.scheme}://{parts.netloc}{whole['invoke']}")


def _short_url(given: str) -> str:
    parts = _web_address(given.strip())
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or _SHORT_PATH}"


def _key(given: SecretStr) -> SecretStr:
    key = given.get_secret_value().strip()
    if not key:
        raise ValueError("the key is empty")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("the key holds characters that no Secret Key has; copy it again")
    return SecretStr(key)


def _web_address(text: str) -> Any:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("this is not an http or https address")
    return parts


Key = Annotated[SecretStr, AfterValidator(_key)]


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

    @model_validator(mode="after")
    def _some_service(self) -> Self:
        if (self.invoke_url is None) != (self.secret_key is None):
            missing = "secret_key" if self.secret_key is None else "invoke_url"
            raise ValueError(f"{missing} is missing; a long-sentence domain has an Invoke URL and a Secret Key")
        if not (self.secret_key or self.short_secret_key):
            raise ValueError("no service is configured; set invoke_url and secret_key, or short_secret_key")
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
