"""What a recorded text must not show is replaced by something of the same form, so that it can still be read."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._redact import MASK, SHORTEST, Masker
from ..errors import ConfigurationError
from ..models import Transcript

__all__ = ["Veil", "unspoken"]

_QUERY = re.compile(r"(\bhttps?:(?:\\?/){2}(?:[^\s\"'<>?\\]|\\[u/])*\?)(?:[^\s\"'<>\\]|\\[u/])+", re.IGNORECASE)
"""The query of an address, also of one in JSON. It is where signatures are; the path names a file."""

_LETTERS = {"HANGUL": "가", "CJK": "字", "HIRAGANA": "あ", "KATAKANA": "ア", "CYRILLIC": "ж", "GREEK": "λ"} | {
    "ARABIC": "ل",
    "HEBREW": "ש",
    "THAI": "ก",
    "DEVANAGARI": "क",
}


class Veil:
    """Hides known secrets in every disguise, ids of accounts, and the queries of addresses.

    What has only digits becomes nines, because a number may stand where JSON has no room for a text.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret.strip() for secret in secrets}
        self._masker = Masker(secret for secret in known if not secret.isdecimal())
        numbers = sorted((one for one in known if one.isdecimal() and len(one) >= SHORTEST), key=len, reverse=True)
        self._numbers = re.compile(rf"(?<!\d)(?:{'|'.join(numbers)})(?!\d)") if numbers else None

    def over(self, text: str) -> str:
        """The text without them."""
        masked = self._masker.mask(_QUERY.sub(rf"\g<1>{MASK}", text))
        return self._numbers.sub(lambda found: "9" * len(found[0]), masked) if self._numbers else masked


def unspoken(body: str, transcript: Transcript) -> str:
    """The body with placeholders of the same length and script for what the transcript says.

    In JSON words and segments are replaced where they are values, in other formats segments are. Raises
    ConfigurationError where a segment is still found afterwards.
    """
    said = _Said(transcript)
    try:
        data = said.hidden(json.loads(body))
    except ValueError:
        data = shown = said.within(body)
    else:
        shown = json.dumps(data, ensure_ascii=False)
    if any(map(said.heard_in, _texts(data))):
        raise ConfigurationError(
            "What was said cannot be hidden in the form in which this vendor tells it",
            action="Record without hide_text, and take it out by hand.",
        )
    return shown


class _Said:
    """The texts of a transcript, to be found again in a vendor's answer."""

    def __init__(self, transcript: Transcript) -> None:
        texts = {segment.text for segment in transcript.segments} | {transcript.text}
        self._texts = sorted(filter(_key, texts), key=len, reverse=True)
        words = {word.text for segment in transcript.segments for word in segment.words}
        self._words = {_key(word) for word in words.union(*map(str.split, texts))} - {""}
        self._all = _key("".join(segment.text for segment in transcript.segments))

    def hidden(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self.hidden(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.hidden(one) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def within(self, text: str) -> str:
        for one in self._texts:
            text = text.replace(one, _placeholder(one))
        return text

    def heard_in(self, text: str) -> bool:
        plain = "".join(text.split())
        return any("".join(one.split()) in plain for one in self._texts if one != _placeholder(one))

    def _text(self, text: str) -> str:
        # A part of what was said that is neither a word nor a segment; in ASCII it might as well be a status.
        key = _key(text)
        part = key and key in self._all and (len(text.split()) > 1 or not key.isascii())
        return _placeholder(text) if part or key in self._words else self.within(text)


def _texts(value: Any) -> Iterator[str]:
    """Every text among the values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)


def _key(text: str) -> str:
    """What of a text is compared: vendors write a word with and without its comma."""
    return "".join(filter(str.isalnum, text.casefold()))


def _placeholder(text: str) -> str:
    return "".join(map(_other, text))


def _other(char: str) -> str:
    kind = unicodedata.category(char)
    if kind[0] == "N":
        return "0"
    if kind[0] != "L":
        return char
    script = unicodedata.name(char, "").partition(" ")[0]
    return _LETTERS.get(script, "X" if kind == "Lu" else "x")
