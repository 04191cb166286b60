"""The parameters in the URLs of flash and real-time: decoded, signed, complete, within their values (9.1, 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from ._accounts import Account, Key
from ._audio import FORMATS
from ._engines import ENGINES, STREAM_ENGINES
from ._hotwords import wrong_hot_words
from ._refusals import UrlError
from ._signature import sha1_matches, url_text

__all__ = ["FLASH", "STREAM", "UrlCall", "check", "signer", "whole_number"]

REAL_HOST = "asr.cloud.tencent.com"
Check = Callable[[str], bool]


class UrlCall:
    """A request whose parameters are all in its URL. A parameter without a value counts as left out, but is signed."""

    def __init__(self, raw_path: str, host: str) -> None:
        path, _, query = raw_path.partition("?")
        self.path, self._host = path, host
        self.pairs = parse_qsl(query, keep_blank_values=True)
        self.values = {name: value for name, value in self.pairs if value}

    @property
    def app_id(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def get(self, name: str, default: str = "") -> str:
        """A parameter's value."""
        return self.values.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        """The same as a number, after `check`."""
        return int(self.values.get(name, default))

    def texts(self, method: str, which: str) -> Iterable[str]:
        """What may have been signed: over the real host's name, or the one that the request was sent to."""
        if which != "own":
            yield method + url_text(REAL_HOST + self.path, self.pairs)
        if which != "real":
            for host in dict.fromkeys((self._host, self._host.rpartition(":")[0] or self._host)):
                yield method + url_text(host + self.path, self.pairs)


def signer(
    call: UrlCall, account: Account, signature: str, *, now: datetime, method: str = "", which: str = "any"
) -> Key:
    """The key that signed this call for this account. Raises UrlError."""
    key = account.key(call.get("secretid"))
    if key is None or call.app_id != account.app_id or not key.accepts(call.get("token"), now):
        raise UrlError(4002)
    if not any(sha1_matches(text, signature, key.secret_key) for text in call.texts(method, which)):
        raise UrlError(4002)
    return key


def check(call: UrlCall, table: Mapping[str, Check], *, required: Iterable[str], strict: bool = False) -> None:
    """Nothing, for parameters that are complete and well; `strict` refuses unknown ones. Raises UrlError."""
    for name in required:
        if name not in call.values:
            raise UrlError(4001, name)
    for name, value in call.values.items():
        good = table.get(name)
        if good is None:
            if strict:
                raise UrlError(4001, name[:40])
        elif not good(value):
            raise UrlError(4001, name)


def whole_number(value: str) -> bool:
    """Whether this is a number in decimal digits, not too long to be one of ours."""
    return value.isascii() and value.isdigit() and len(value) <= 12


def _one_of(*values: object) -> Check:
    allowed = {str(value) for value in values}
    return lambda value: value in allowed


def _between(low: float, high: float) -> Check:
    def good(value: str) -> bool:
        try:
            return low <= float(value) <= high
        except ValueError:
            return False

    return good


def _anything(value: str) -> bool:
    return True


def _hot_words(value: str) -> bool:
    return not wrong_hot_words(value)


_COMMON: dict[str, Check] = {
    "secretid": _anything,
    "timestamp": whole_number,
    "token": _anything,
    "hotword_id": _anything,
    "hotword_list": _hot_words,
    "customization_id": _anything,
    "replace_text_id": _anything,
    "reinforce_hotword": _one_of(0, 1),
    "filter_dirty": _one_of(0, 1, 2),
    "filter_modal": _one_of(0, 1, 2),
    "filter_punc": _one_of(0, 1, 2),
    "speaker_diarization": _one_of(0, 1),
    "input_sample_rate": _one_of(8000),
}

FLASH: Mapping[str, Check] = {
    **_COMMON,
    "engine_type": _one_of(*ENGINES),
    "voice_format": _one_of(*FORMATS),
    "convert_num_mode": _one_of(0, 1),
    "word_info": _one_of(0, 1, 2, 3),
    "first_channel_only": _one_of(0, 1),
    "sentence_max_length": _one_of(0, *range(6, 41)),
}

STREAM: Mapping[str, Check] = {
    **_COMMON,
    "expired": whole_number,
    "nonce": lambda value: whole_number(value) and len(value) <= 10 and int(value) > 0,
    "engine_model_type": _one_of(*STREAM_ENGINES),
    "voice_id": lambda value: len(value) <= 128,
    "voice_format": _one_of(1, 4, 6, 8, 10, 12, 14, 16),
    "needvad": _one_of(0, 1),
    "filter_punc": _one_of(0, 1),
    "filter_empty_result": _one_of(0, 1),
    "convert_num_mode": _one_of(0, 1, 3),
    "word_info": _one_of(0, 1, 2, 100),
    "vad_silence_time": _between(240, 2000),
    "max_speak_time": _between(5000, 90_000),
    "noise_threshold": _between(-2, 2),
    "emotion_recognition": _one_of(0, 1, 2),
    "sub_service_type": _one_of(1),
    "language_judgment": _one_of(0, 1),
    "result_mod": _one_of(0, 1),
    "sentence_strategy": _one_of(0, 1),
    "enable_speaker_context": _one_of(0, 1),
    "speaker_context_id": _anything,
    "signature": _anything,
}
