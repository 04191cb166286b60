"""A recorded payload in every state of disrepair: keys gone, null, of another type, doubled; bytes cut and changed."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from ._speech import squeezed

__all__ = ["damaged", "extended", "grown", "joined", "parsed", "pieces", "rewritten", "tellable"]

Path = tuple[Any, ...]
_PLACES = 60
_WILD: tuple[Any, ...] = (None, True, -1, 10**400, 1.5, "", "\ud800", "x", [], [[None]], {}, {"x": [None]})
_RAW = 40
_NEW_KEY = "aKeyOfTomorrow"
_WORD = re.compile(r"[^\W_]+")


def parsed(data: bytes) -> Any:
    """The payload as plain data; None where it is no JSON object or array."""
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def damaged(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Many damaged forms of the payload, each with what was done; the same ones every time."""
    yield from _cut(data)
    found = parsed(data)
    if found is None:
        return
    places = list(_places(found))
    for path in places[:: max(1, len(places) // _PLACES)]:
        yield f"{_told(path)} is missing", _dumped(_changed(found, path, _removed))
        for value in _WILD:
            yield f"{_told(path)} is {_named(value)}", _dumped(_changed(found, path, _set_to(value)))
        yield f"{_told(path)} stands in a list", _dumped(_changed(found, path, _wrapped))
        if isinstance(_at(found, path), list):
            yield f"{_told(path)} is in another order", _dumped(_changed(found, path, _turned))
            yield f"{_told(path)} has everything twice", _dumped(_changed(found, path, _doubled))


def extended(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The payload with a new key in every object, and with its keys in the opposite order."""
    found = parsed(data)
    if found is not None:
        yield "with a new key in every object", _dumped(_with_new_key(found))
        yield "with its keys in another order", _dumped(_reversed(found))
        yield "with escapes for all letters", json.dumps(found, ensure_ascii=True, indent=1).encode()


def rewritten(data: bytes, text: str, words: dict[str, str]) -> bytes:
    """The payload with other words wherever it repeats a part of this text."""
    found, whole = parsed(data), squeezed(text)

    def change(value: str) -> str:
        bare = squeezed(value)
        most = 2 * sum(word in value for word in words) >= len(words)
        return _replaced(value, words) if bare and (bare in whole or most) else value

    if found is None:
        return _replaced(data.decode("utf-8", "replace"), words).encode()
    return _dumped(_strings(found, change))


def grown(data: bytes, size: Callable[[bytes], int], factor: int) -> bytes | None:
    """The payload with its longest part so many times over; None where nothing makes `size` grow."""
    found = parsed(data)
    if found is None:
        return None
    base, best, most = size(data), None, 0
    for path in _places(found):
        longer = isinstance(_at(found, path), list | str) and size(_dumped(_multiplied(found, path, 3)))
        if longer > max(base, most):
            best, most = path, longer
    return None if best is None else _dumped(_multiplied(found, best, factor))


def tellable(data: bytes) -> str:
    """Everything that the payload says, in its order and without blanks: what a reader may repeat."""
    found = parsed(data)
    text = data.decode("utf-8", "replace")
    return squeezed(text + unquote_plus(text)) if found is None else squeezed("".join(_said(found)))


def pieces(data: bytes) -> frozenset[str]:
    """The words and numbers of the payload's values."""
    return frozenset(word for value in _values(parsed(data)) for word in _WORD.findall(value))


def joined(word: str, pieces: frozenset[str]) -> bool:
    """Whether the word is made of these pieces: some vendors tell syllables, and marks, one by one."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(word[start:end] in pieces for start in reached):
            reached.add(end)
    return len(word) in reached


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _values(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(1)  # noqa: S311  # the same damage every time
    yield from (("it is empty", b""), ("it is null", b"null"), ("it is a list", b"[]"), ("it is a text", b'"x"'))
    yield "it is deeply nested", b"[" * 100_000
    yield "it has a byte order mark", b"\xef\xbb\xbf" + data
    for _ in range(_RAW):
        place = chance.randrange(len(data) or 1)
        yield f"it ends after {place} bytes", data[:place]
        yield f"byte {place} is another", data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(items):
        yield (*path, key)
        yield from _places(one, (*path, key))


def _changed(value: Any, path: Path, change: Callable[[Any, Any], None]) -> Any:
    made = copy.deepcopy(value)
    change(_at(made, path[:-1]), path[-1])
    return made


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _removed(holder: Any, key: Any) -> None:
    del holder[key]


def _wrapped(holder: Any, key: Any) -> None:
    holder[key] = [holder[key]]


def _turned(holder: Any, key: Any) -> None:
    holder[key].reverse()


def _doubled(holder: Any, key: Any) -> None:
    holder[key] = [one for one in holder[key] for _ in range(2)]


def _set_to(value: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        holder[key] = value

    return change


def _multiplied(value: Any, path: Path, factor: int) -> Any:
    """Without deep copies, because the result may hold ten hours of speech."""
    if not path:
        return " ".join([value] * factor) if isinstance(value, str) else value * factor
    key, *rest = path
    made = copy.copy(value)
    made[key] = _multiplied(value[key], tuple(rest), factor)
    return made


def _strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _strings(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_strings(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def _with_new_key(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{key: _with_new_key(one) for key, one in value.items()}, _NEW_KEY: {"a": [1, None, "b"]}}
    return [_with_new_key(one) for one in value] if isinstance(value, list) else value


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(one) for key, one in reversed(value.items())}
    return [_reversed(one) for one in value] if isinstance(value, list) else value


def _replaced(text: str, words: dict[str, str]) -> str:
    """By way of private characters, so that what was put in is never replaced again."""
    longest_first = sorted(words, key=len, reverse=True)
    for place, word in enumerate(longest_first):
        text = text.replace(word, chr(0xE000 + place))
    for place, word in enumerate(longest_first):
        text = text.replace(chr(0xE000 + place), words[word])
    return text


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _told(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _named(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**9:
        return "a number of 400 digits"
    return "half a character" if value == "\ud800" else json.dumps(value)
