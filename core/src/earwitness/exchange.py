"""One HTTP conversation is a generator without I/O: it yields calls, receives replies and returns what it learned.

A provider writes the conversation; core alone sends, signs, retries, limits and redacts. It may yield several calls,
an upload and then the order say. A call is repeated by core only when `repeatable` says that sending it twice does no
harm; an exchange begins anew when it raises what is `retryable` and of which nothing was `accepted`. An operation has
three attempts for all of that together. An exchange must not yield in `finally`.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol, TypeVar
from urllib.parse import quote, urlencode

__all__ = [
    "Auth",
    "Body",
    "Exchange",
    "FormFile",
    "HttpCall",
    "HttpReply",
    "StreamBody",
    "full_url",
    "multipart",
]

T = TypeVar("T")
Exchange = Generator["HttpCall", "HttpReply", T]

BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class StreamBody:
    """A body of known length in bytes that can be opened again for another try and is never held in memory."""

    open: Callable[[], Iterator[bytes]] = field(repr=False)
    length: int


Body = bytes | StreamBody


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request to make. `operation` names it in errors, logs and limits; nothing else of it is ever shown.

    `Rate.operation` is the same name, and `Auth.sign` may go by it: an upload to a signed address carries no key.
    `read_timeout_s` bounds the silence while waiting for the reply, in seconds; `max_reply` the reply's size in bytes.
    """

    operation: str
    method: str
    url: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body = field(default=b"", repr=False)
    repeatable: bool = False
    read_timeout_s: float = 60.0
    max_reply: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back, whole and bounded. Header names are in lower case; `received_at` is in UTC."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


class Auth(Protocol):
    """Signs a call. Pure; called at every try, on the final bytes, with the time as the vendor's clock shows it."""

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        """The same call with its credentials."""
        ...


@dataclass(frozen=True, slots=True)
class FormFile:
    """One file part of a multipart form; `open` gives a fresh binary file each time."""

    field: str
    name: str
    content_type: str
    length: int
    open: Callable[[], BinaryIO] = dataclasses.field(repr=False)


def full_url(call: HttpCall) -> str:
    """The address exactly as it goes over the wire, for those who sign it.

    The query is percent-encoded but for letters, digits and `-._~` (RFC 3986, 2.3), in the mapping's order, and stands
    after what the address already holds.
    """
    if not call.query:
        return call.url
    query = urlencode(call.query, quote_via=quote, safe="")
    return f"{call.url}{'&' if '?' in call.url else '?'}{query}"


def multipart(fields: Mapping[str, str], files: Sequence[FormFile]) -> tuple[str, StreamBody]:
    """The Content-Type and the streamed body of a form (RFC 7578); fields are plain parts without a filename."""
    boundary = f"earwitness-{secrets.token_hex(16)}"
    plain = [_head(boundary, name) + value.encode() + b"\r\n" for name, value in fields.items()]
    heads = [_file_head(boundary, file) for file in files]
    closing = f"--{boundary}--\r\n".encode()
    length = sum(map(len, plain)) + sum(map(len, heads)) + sum(file.length + 2 for file in files) + len(closing)

    def blocks() -> Iterator[bytes]:
        yield from plain
        for head, file in zip(heads, files, strict=True):
            yield head
            yield from _read(file.open)
            yield b"\r\n"
        yield closing

    return f"multipart/form-data; boundary={boundary}", StreamBody(blocks, length)


def _read(open_file: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with open_file() as file:
        while block := file.read(BLOCK):
            yield block


def _head(boundary: str, name: str) -> bytes:
    return b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % (boundary.encode(), _quoted(name))


def _file_head(boundary: str, file: FormFile) -> bytes:
    return b'--%b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\nContent-Type: %b\r\n\r\n' % (
        boundary.encode(),
        _quoted(file.field),
        _quoted(file.name),
        file.content_type.encode("ascii"),
    )


def _quoted(name: str) -> bytes:
    """A name that cannot break out of its header.

    Quotes and control characters become percent escapes (WHATWG HTML, multipart form data); what a file system gave
    that is no Unicode becomes `?`.
    """
    safe = "".join(quote(char) if char in '"\x7f' or char < " " else char for char in name)
    return safe.encode(errors="replace")
