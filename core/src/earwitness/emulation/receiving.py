"""Audio on its way in, in constant memory: request bodies and forms to disk, and files that lie at a web address."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioTooLargeError, InvalidRequestError, UnavailableError
from ._library import aiohttp, as_it_is

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["FormPart", "fetch_file", "fresh_path", "receive_body", "receive_form"]

_BLOCK = 256 * 1024
_LONGEST_FIELD = 8 * 1024 * 1024
_MOST_PARTS = 32
_FETCH_TIMEOUT_S = 600.0
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a multipart form: a plain field has `text`, a file part (one with a file name) a `path` on disk.

    What is not UTF-8 in a field is replaced.
    """

    name: str
    filename: str | None = None
    content_type: str | None = None
    text: str | None = field(default=None, repr=False)
    path: Path | None = field(default=None, repr=False)
    length: int = 0


async def receive_form(request: web.Request, folder: Path, *, limit: int) -> list[FormPart]:
    """The parts of a multipart form, files streamed into `folder`. At most `limit` bytes of files in all.

    Raises InvalidRequestError for what is no multipart form, AudioTooLargeError.
    """
    parts: list[FormPart] = []
    unreadable = aiohttp().http_exceptions.HttpProcessingError
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if len(parts) == _MOST_PARTS or not hasattr(part, "read_chunk"):
                raise InvalidRequestError("The form has more parts than anybody sends, or a form within the form")
            parts.append(await _received(part, folder, limit - sum(one.length for one in parts)))
    except (ValueError, AssertionError, KeyError, RuntimeError, unreadable):
        # What aiohttp raises for a missing boundary, a broken head, or an end that never comes.
        raise InvalidRequestError("The body is not a multipart form") from None
    return parts


async def receive_body(request: web.Request, folder: Path, *, limit: int, name: str = "audio") -> tuple[Path, int]:
    """The request's body as a file in `folder`, and its length. Raises AudioTooLargeError beyond `limit` bytes."""
    path = fresh_path(folder, name)
    return path, await _written(path, request.content.iter_chunked(_BLOCK), limit)


async def fetch_file(url: str, folder: Path, *, limit: int) -> tuple[Path, int]:
    """The file at this web address as a file in `folder`, and its length.

    Raises UnavailableError where there is none, and AudioTooLargeError beyond `limit` bytes.
    """
    library = aiohttp()
    path = fresh_path(folder, url.partition("?")[0].rstrip("/").rpartition("/")[2])
    timeout = library.ClientTimeout(total=_FETCH_TIMEOUT_S)
    try:
        async with library.ClientSession(timeout=timeout) as client, client.get(as_it_is(url)) as reply:
            if reply.status != 200:
                raise UnavailableError(f"The audio's address answered with HTTP status {reply.status}")
            return path, await _written(path, reply.content.iter_chunked(_BLOCK), limit)
    except (library.ClientError, library.InvalidURL, TimeoutError, OSError, ValueError) as error:
        raise UnavailableError(f"The audio cannot be fetched: {type(error).__name__}") from None


def fresh_path(folder: Path, name: str) -> Path:
    """A path in a new folder below this one, under a harmless form of the name: a given transcript may belong to it."""
    plain = re.sub(r"[^\w.\- ]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")[-_LONGEST_NAME:]
    return Path(tempfile.mkdtemp(dir=folder)) / (plain or "audio")


async def _received(part: Any, folder: Path, limit: int) -> FormPart:
    kind = part.headers.get("content-type")
    if part.filename is None:
        data = bytearray()
        while block := await part.read_chunk(_BLOCK):
            data += block
            if len(data) > _LONGEST_FIELD:
                raise InvalidRequestError("A field of the form is longer than any parameter")
        return FormPart(part.name or "", content_type=kind, text=data.decode("utf-8", "replace"))
    path = fresh_path(folder, part.filename)
    length = await _written(path, _chunks(part), limit)
    return FormPart(part.name or "", part.filename, kind, path=path, length=length)


async def _chunks(part: Any) -> Any:
    while block := await part.read_chunk(_BLOCK):
        yield block


async def _written(path: Path, blocks: AsyncIterable[bytes], limit: int) -> int:
    length = 0
    with path.open("wb") as file:
        async for block in blocks:
            length += len(block)
            if length > limit:
                raise AudioTooLargeError(f"The audio has more than {limit} bytes")
            file.write(block)
    return length
