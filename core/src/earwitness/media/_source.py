"""Every audio source becomes one re-openable `Media` of known length, checked before anything is done with it."""

from __future__ import annotations

import codecs
import contextlib
import io
import mimetypes
import os
import stat
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from ..capabilities import AudioFacts
from ..errors import BadAudioError, EarwitnessError, InvalidRequestError, UnsupportedFeatureError
from ..request import (
    AudioSource,
    BytesAudio,
    FileAudio,
    LiveAudio,
    OpenFileAudio,
    PcmFormat,
    StoredAudio,
    UrlAudio,
)
from ._checks import changed, check_form, no_sound, readable, shown, writable
from ._decoding import have_av, probe_with_av
from ._ebml import matroska_or_webm
from ._wav import is_wav, plain_samples

__all__ = ["Media", "open_media", "probe", "temporary_file"]

BLOCK = 256 * 1024
LARGE = 16 * 1024 * 1024
"""Bytes above which audio in memory moves to a temporary file, so that a worker process need not be sent all of it."""

_HEAD = 4096
_BUFFER = 64 * 1024
_BARE = PcmFormat(sample_rate=16_000)
_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "amr": "audio/amr",
    "s16le": "application/octet-stream",  # audio/L16 would be big-endian (RFC 3190)
    "mp4": "video/mp4",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
}


class Media:
    """Audio that can be opened again and again, of known `length` in bytes.

    `path` is the file it lies in, None for audio in memory. A temporary file goes with `close`, with the `with` block,
    or with the object itself. A pickled copy reads the same file and never removes it: keep the original until then.
    """

    __slots__ = ("__weakref__", "_data", "_removal", "facts", "length", "name", "path")

    def __init__(
        self,
        *,
        name: str,
        length: int,
        facts: AudioFacts,
        path: Path | None = None,
        data: bytes | None = None,
        temporary: bool = False,
    ) -> None:
        self.name = name
        self.length = length
        self.facts = facts
        self.path = path
        self._data = data
        self._removal = weakref.finalize(self, _remove, path, os.getpid()) if path and temporary else None

    @property
    def content_type(self) -> str:
        """The MIME type: by the container where that is known, else by the name."""
        known = _TYPES.get(self.facts.container or "")
        return known or mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def temporary(self) -> bool:
        """Whether this object removes its file when it is closed."""
        return self._removal is not None

    def open(self) -> BinaryIO:
        """A fresh reader from the first byte. Raises BadAudioError when the file has gone or changed its length.

        The reader raises it too, at an end that comes too early.
        """
        if self.path is None:
            return io.BytesIO(self._data or b"")
        name = shown(self.name)
        with readable(name):
            file = _Whole(self.path, self.length, name)
            if os.fstat(file.fileno()).st_size == self.length:
                return io.BufferedReader(file, _BUFFER)
            file.close()
        raise changed(name)

    @contextlib.contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """The same for one reading to the end, after which the file must still be as it was. Raises BadAudioError."""
        with self.open() as file:
            before = _state(file)
            try:
                yield file
            except BadAudioError:
                # Damage is what a file looks like while somebody writes it.
                if _state(file) != before:
                    raise changed(shown(self.name)) from None
                raise
            if _state(file) != before:
                raise changed(shown(self.name))

    def close(self) -> None:
        """Removes the temporary file, if there is one. Closing twice does no harm."""
        if self._removal is not None:
            self._removal()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Media(name={self.name!r}, length={self.length}, facts={self.facts!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return _borrowed, (self.name, self.length, self.facts, self.path, self._data)


class _Whole(io.FileIO):
    """An open file that does not end before its known length: what is missing would pass for silence."""

    def __init__(self, path: Path, length: int, name: str) -> None:
        super().__init__(path, "rb")
        self._length, self._shown = length, name

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        self._require_more(count)
        return count

    def readall(self) -> bytes:
        data = super().readall()
        self._require_more(0)
        return data

    def _require_more(self, count: int | None) -> None:
        if count == 0 and self.tell() < self._length:
            raise changed(self._shown)


def open_media(source: AudioSource) -> Media:
    """The source as re-openable media; an open stream is copied once to a temporary file that only its owner can read.

    A stream is read from where it stands to its end. Raises BadAudioError for what holds no audio,
    UnsupportedFeatureError for audio that lies elsewhere.
    """
    match source:
        case FileAudio():
            return _described(_file(source.path), source.pcm)
        case BytesAudio():
            spool = len(source.data) > LARGE
            held = _spooled(io.BytesIO(source.data), source.name) if spool else _in_memory(source)
            return _described(held, source.pcm)
        case OpenFileAudio():
            return _described(_spooled(source.file, source.name), source.pcm)
        case UrlAudio() | StoredAudio():
            raise _elsewhere(source)
        case LiveAudio():
            raise InvalidRequestError("Live audio is no recording", action="Use `stream` for it, or give a file.")


def probe(source: AudioSource | Media) -> AudioFacts:
    """What is known of the audio without decoding it; all None for a URL or a stored object.

    WAV and bare samples need no library; everything else needs PyAV, without which only the length is known, and
    whether it is Matroska or WebM.
    Raises BadAudioError, and InvalidRequestError for a stream that reading would use up.
    """
    match source:
        case Media():
            return source.facts
        case UrlAudio() | StoredAudio():
            return AudioFacts()
        case LiveAudio():
            return AudioFacts(codec="pcm_s16le", sample_rate=source.sample_rate, channels=1)
        case BytesAudio():
            return _described(_in_memory(source), source.pcm).facts
        case OpenFileAudio():
            with _rewound(source.file, shown(source.name)), open_media(source) as media:
                return media.facts
        case FileAudio():
            return open_media(source).facts


def temporary_file(suffix: str = "") -> Path:
    """A new empty file in the temporary folder that only its owner can read."""
    folder = tempfile.gettempdir()
    with writable("A temporary file", folder):
        handle, name = tempfile.mkstemp(prefix="earwitness-", suffix=suffix, dir=folder)
        os.close(handle)
    return Path(name)


def _described(media: Media, pcm: PcmFormat | None) -> Media:
    """The same media with its facts; it is closed when they cannot be had."""
    try:
        media.facts = _facts(media, pcm)
    except BaseException:
        media.close()
        raise
    return media


def _facts(media: Media, pcm: PcmFormat | None) -> AudioFacts:
    name = shown(media.name)
    if media.length == 0:
        raise BadAudioError(f"{name} is empty", action="Check the recording or the download; the file has no bytes.")
    with media.open() as file, readable(name):
        head = file.read(_HEAD)
    if is_wav(head):
        return _wav_facts(media)
    if pcm is None and _is_text(head):
        raise BadAudioError(
            f"{name} is text, not audio", action="Give the recording itself; a failed download may leave a web page."
        )
    if pcm is not None or Path(media.name).suffix.lower() in (".raw", ".pcm"):
        return _bare_facts(media, pcm or _BARE)
    facts = probe_with_av(media) if have_av() else AudioFacts(length=media.length)
    return replace(facts, container=matroska_or_webm(head) or facts.container)


def _wav_facts(media: Media) -> AudioFacts:
    plain = plain_samples(media)
    assert plain is not None  # The file begins as a WAV file does.
    if plain.codec is None:
        if have_av():
            return probe_with_av(media)
        return AudioFacts("wav", None, None, plain.sample_rate, plain.channels, media.length)
    if not plain.whole:
        raise no_sound(shown(media.name), "not one sample follows its header")
    return AudioFacts("wav", plain.codec, plain.duration_ms, plain.sample_rate, plain.channels, media.length)


def _bare_facts(media: Media, form: PcmFormat) -> AudioFacts:
    name = shown(media.name)
    check_form(sample_rate=form.sample_rate, channels=form.channels, name=name)
    frames = media.length // (2 * form.channels)
    if not frames:
        raise no_sound(name, "it is shorter than one sample")
    duration = round(frames * 1000 / form.sample_rate)
    return AudioFacts("s16le", "pcm_s16le", duration, form.sample_rate, form.channels, media.length)


def _is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text: nothing but characters and blanks, in UTF-8 or marked UTF-16."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and b"\0" in head[:8]:
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        return all(char.isprintable() or char.isspace() for char in text[:100])
    if any((byte < 32 and byte not in b"\t\n\r\f\x1b") or byte == 127 for byte in head):
        return False
    try:
        # The last character of a block may be cut in two.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < _HEAD)
    except UnicodeDecodeError:
        return False
    return True


def _in_memory(source: BytesAudio) -> Media:
    return Media(name=source.name, length=len(source.data), facts=AudioFacts(), data=source.data)


def _file(path: Path) -> Media:
    """Media of a file that exists, is an ordinary file and may be read."""
    name = shown(str(path))
    with readable(name):
        status = path.stat()
        if why := _not_a_file(status.st_mode):
            raise BadAudioError(f"{name} {why[0]}", action=why[1])
        path.open("rb").close()
    return Media(name=path.name, length=status.st_size, facts=AudioFacts(), path=path)


def _not_a_file(mode: int) -> tuple[str, str] | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "is a folder, not a recording", "Name the files in it."
    if stat.S_ISFIFO(mode):
        return "is a pipe, which may never end", "Open it yourself and hand over the open file, or name a file."
    return "is a device or socket, not a recording", "Record it to a file first."


def _spooled(file: BinaryIO, name: str) -> Media:
    """A copy of what the stream still holds, made block by block."""
    path = temporary_file(Path(shown(name)).suffix[:10])
    media = Media(name=name, length=0, facts=AudioFacts(), path=path, temporary=True)
    try:
        with writable("A copy of the audio", str(path.parent)), path.open("wb") as copy:
            for block in _blocks(file, shown(name)):
                copy.write(block)
            media.length = copy.tell()
    except BaseException:
        media.close()
        raise
    return media


def _blocks(file: BinaryIO, name: str) -> Iterator[bytes]:
    while True:
        with readable(name):
            block: object = file.read(BLOCK)
        if not isinstance(block, bytes | bytearray | memoryview):
            kind = "is in text mode" if isinstance(block, str) else "does not wait for its data"
            raise InvalidRequestError(f"The open file {name} {kind}", action="Open it with mode 'rb'.")
        if not block:
            return
        yield bytes(block)


@contextlib.contextmanager
def _rewound(file: BinaryIO, name: str) -> Iterator[None]:
    """Leaves the open file where it stood."""
    try:
        place = file.tell() if file.seekable() else None
    except (AttributeError, OSError, ValueError):
        place = None
    if place is None:
        raise InvalidRequestError(
            f"{name} is a stream that can be read only once", action="Use open_media, and the facts of what it returns."
        )
    yield
    file.seek(place)


def _elsewhere(source: UrlAudio | StoredAudio) -> EarwitnessError:
    if isinstance(source, UrlAudio):
        return UnsupportedFeatureError(
            f"Audio at {shown(source.host)} cannot be fetched here",
            feature="url",
            action="Download it first and give the file, or use a provider that fetches URLs.",
        )
    return UnsupportedFeatureError(
        "Audio in a vendor's store can be heard by that vendor only",
        feature="stored",
        action="Download it first and give the file, or use that vendor's provider.",
    )


def _borrowed(name: str, length: int, facts: AudioFacts, path: Path | None, data: bytes | None) -> Media:
    return Media(name=name, length=length, facts=facts, path=path, data=data)


def _state(file: BinaryIO) -> tuple[int, int] | None:
    """The length of an open file and when it was last written; None for audio in memory."""
    if isinstance(file, io.BytesIO):
        return None
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _remove(path: Path, owner: int) -> None:
    # A forked child inherits the finalizer, but not the file.
    if os.getpid() == owner:
        path.unlink(missing_ok=True)
