"""The settings of a Tencent ASR profile, and the options that each of its services knows beside the neutral ones."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from earwitness.fields import Key, web_address
from earwitness.provider import ProviderSettings

from ._engines import Site

__all__ = [
    "FlashOptions",
    "RealtimeOptions",
    "RecordingOptions",
    "SentenceOptions",
    "Settings",
    "SpeakerRole",
    "VoiceFormat",
]

_FLASH_PATH = "/asr/flash/v1"
_STREAM_PATH = "/asr/v2"

VoiceFormat = Literal["wav", "pcm", "ogg-opus", "speex", "silk", "mp3", "m4a", "aac", "amr"]
"""What the vendor calls the form of audio, where it does not find out by itself."""


def _endpoint(given: str) -> str:
    """Scheme and host of the cloud API: a bare host or an address without a path."""
    parts = _secured(given)
    if parts.path.strip("/") or parts.query:
        raise ValueError("the endpoint has a path; give the host only, such as asr.ap-guangzhou.tencentcloudapi.com")
    return _origin(parts)


def _flash_url(given: str) -> str:
    return _below(_secured(given), _FLASH_PATH)


def _stream_url(given: str) -> str:
    scheme, mark, rest = given.strip().partition("://")
    plain = {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme)
    address = _below(_secured(f"{plain}{mark}{rest}"), _STREAM_PATH)
    return address.replace("http", "ws", 1)


def _secured(given: str) -> SplitResult:
    """The parts of an address over TLS; plain http is for servers on this machine."""
    text = given.strip()
    if "://" not in text:
        parts = web_address(f"https://{text}")
        return parts._replace(scheme="http") if _is_here(parts.hostname) else parts
    parts = web_address(text)
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValueError("plain http would show the audio to everybody on the way; use https")
    return parts


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _origin(parts: SplitResult) -> str:
    """Scheme and host as HTTP sends them, because the host is signed: in lower case, without the usual port."""
    usual = f":{443 if parts.scheme == 'https' else 80}"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _below(parts: SplitResult, path: str) -> str:
    """The address up to this path, whatever was copied behind it."""
    before = parts.path.partition(path)[0].rstrip("/")
    return f"{_origin(parts)}{before}{path}"


def _digits(given: Any) -> Any:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


class Settings(ProviderSettings):
    """Who asks, and where. The pair of keys is enough for recordings and sentences; the rest needs the AppId too."""

    model_config = ConfigDict(hide_input_in_errors=True)

    secret_id: Key
    """The SecretId of a key pair; with temporary credentials the `TmpSecretId`."""
    secret_key: Key
    """The SecretKey of the same pair; with temporary credentials the `TmpSecretKey`."""
    token: Key | None = None
    """The session token of temporary credentials."""
    app_id: Annotated[str, BeforeValidator(_digits), Field(pattern=r"^\d{1,20}$")] | None = None
    """The account's AppId, a number. Flash and live audio need it."""
    site: Site = "china"
    """Which of the vendor's two sites has the account. They share neither accounts nor engines."""
    region: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z0-9]+)+$")] | None = None
    """The region to name in calls, such as `ap-guangzhou`. The vendor needs none."""
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    """Another host for recordings and sentences: one region's (`asr.ap-guangzhou.tencentcloudapi.com`), or a server
    on this machine. Unset: the site's own."""
    flash_url: Annotated[str, AfterValidator(_flash_url)] = f"https://asr.cloud.tencent.com{_FLASH_PATH}"
    """Where flash recordings are sent, without the AppId."""
    stream_url: Annotated[str, AfterValidator(_stream_url)] = f"wss://asr.cloud.tencent.com{_STREAM_PATH}"
    """Where live audio is sent, without the AppId."""


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Common(_Options):
    """What every service knows. Unset is the vendor's default."""

    hotword_id: str | None = Field(default=None, min_length=1)
    """A hot-word table of the account."""
    hotword_list: str | None = Field(default=None, min_length=1, repr=False)
    """Hot words in the vendor's own form, `word|weight,word|weight`, with weights 1 to 11 or 100; not together with
    hot_words."""
    customization_id: str | None = Field(default=None, min_length=1)
    """A model that the account has trained."""
    replace_text_id: str | None = Field(default=None, min_length=1)
    """A table of replacements of the account."""
    filter_modal: Literal[0, 1, 2] | None = None
    """Fillers: 0 keeps them, 1 drops some, 2 is strict; not together with fillers."""
    filter_punc: Literal[0, 1, 2] | None = None
    """Punctuation: 0 keeps it, 1 drops it at the end of sentences, 2 drops all; not together with punctuation."""


class SpeakerRole(_Options):
    """A voice to be recognised: a sample of at most 45 seconds behind a URL, and the name it stands for."""

    audio_url: str = Field(pattern=r"^https?://", repr=False)
    """Where the vendor finds the sample."""
    name: str = Field(min_length=1, repr=False)
    """At most 30 bytes."""


class RecordingOptions(_Common):
    """What the service `recording` knows beside the neutral options. Unset is the vendor's default."""

    text_format: Literal[0, 1, 2, 3, 4, 5] | None = None
    """`ResTextFormat`: 0 text, 1 words, 2 words with punctuation, 3 subtitles; 4 and 5 cost extra. Unset: as word_times
    and max_segment_chars need it."""
    callback: str | None = Field(default=None, pattern=r"^https?://", repr=False)
    """A URL of your own that the vendor shall call, in place of the one that Earwitness would give."""
    convert_num_mode: Literal[0, 1, 3] | None = None
    """Numbers: 0 as spoken, 1 as digits, 3 with mathematical symbols; not together with numerals."""
    emotion_recognition: Literal[0, 1, 2] | None = None
    """1 reports emotions, 2 writes them into the text too; costs extra; not together with emotion."""
    emotional_energy: bool | None = None
    """Report how loud each sentence is, from 1 to 10."""
    speaker_roles: tuple[SpeakerRole, ...] = Field(default=(), max_length=1)
    """One voice to be recognised by a sample; costs extra, and implies telling speakers apart."""
    extra: dict[str, Any] | None = Field(default=None, repr=False)
    """JSON for the vendor, such as `{"Domain": 1}`."""
    keyword_libs: tuple[str, ...] = Field(default=(), max_length=10)
    """Ids of the account's keyword libraries, whose hits come back."""
    reinforce_hotword: Literal[0, 1] | None = None
    """Outdated by the weight 100; kept for old accounts."""


class SentenceOptions(_Common):
    """What the service `sentence` knows beside the neutral options. Unset is the vendor's default."""

    word_info: Literal[0, 1, 2] | None = None
    """0 text, 1 words, 2 words with punctuation; not together with word_times."""
    convert_num_mode: Literal[0, 1] | None = None
    """Numbers: 0 as spoken, 1 as digits; not together with numerals."""
    voice_format: VoiceFormat | None = None
    """The form of the audio behind a URL, where its name does not say it."""
    input_sample_rate: Literal[8000] | None = None
    """Bare samples (`pcm`) at 8 kHz for an engine of 16 kHz."""


class FlashOptions(_Common):
    """What the service `flash` knows beside the neutral options. Unset is the vendor's default."""

    word_info: Literal[0, 1, 2, 3] | None = None
    """0 text, 1 words, 2 words with punctuation, 3 subtitles; not together with word_times."""
    convert_num_mode: Literal[0, 1] | None = None
    """Numbers: 0 as spoken, 1 as digits; not together with numerals."""
    reinforce_hotword: Literal[0, 1] | None = None
    """Outdated by the weight 100; kept for old accounts."""


class RealtimeOptions(_Common):
    """What the service `realtime` knows beside the neutral options. Unset is the vendor's default."""

    needvad: Literal[0, 1] = 1
    """1 cuts sentences at silence; without it, they are cut every 60 seconds."""
    vad_silence_time: int | None = Field(default=None, ge=240, le=2000)
    """The silence that ends a sentence, in milliseconds."""
    max_speak_time: int | None = Field(default=None, ge=5000, le=90_000)
    """The longest sentence, in milliseconds."""
    noise_threshold: float | None = Field(default=None, ge=-2, le=2)
    """Above 0 more is taken for noise, below 0 more for speech."""
    word_info: Literal[0, 1, 2, 100] | None = None
    """0 text, 1 words, 2 words with punctuation, 100 for `16k_zh_en`; not together with word_times."""
    convert_num_mode: Literal[0, 1, 3] | None = None
    """Numbers: 0 as spoken, 1 as digits, 3 with mathematical symbols; not together with numerals."""
    emotion_recognition: Literal[0, 1, 2] | None = None
    """1 reports emotions, 2 writes them into the text too; costs extra."""
    filter_empty_result: Literal[0, 1] | None = None
    """Whether empty results are kept back."""
    speaker_context_id: str | None = Field(default=None, min_length=1)
    """An id under which voices are remembered; for the engines that tell speakers apart."""
    speed: float | None = Field(default=None, gt=0, le=1.4)
    """Seconds of audio sent per second at most. Unset: 1.2, so that a stream catches up after a cut. More than 3
    seconds of audio within any second are refused."""
