"""Standard output for results, standard error for everything else; neither ever ends in a traceback.

This is imported by every command line, `--version` too, so it imports next to nothing itself.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from ..errors import OutputError

__all__ = [
    "ERASE",
    "FULL",
    "ReaderGoneError",
    "as_json",
    "complain",
    "flush_output",
    "on_one_line",
    "printable",
    "refused",
    "require_output",
    "say",
    "steerable",
    "watched",
]

ERASE = "\r\x1b[K"
"""Empties the line of a terminal in which the cursor stands."""

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_JOINERS = "\u200c\u200d"


class ReaderGoneError(Exception):
    """Whoever read our standard output has ended (`| head`); there is nothing left to do or complain of."""


def say(text: str, *, steering: bool = False) -> None:
    """Writes to standard output at once; `steering` text may hold what moves a terminal's cursor.

    Raises ReaderGoneError, or OutputError where the disk behind it is full.
    """
    require_output()
    with _telling():
        _ready_output()
        sys.stdout.write(printable(text) if watched(sys.stdout) and not steering else text)
        sys.stdout.flush()


def as_json(value: object, *, indent: int | None = None) -> str:
    """The value as JSON that every reader takes: a byte of a file's name that is no UTF-8 is written as `\\udcff`."""
    import json
    import re

    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return re.sub("[\ud800-\udfff]", lambda half: rf"\\u{ord(half[0]):04x}", text)


def flush_output() -> None:
    """Sends what is still held back, so that a failure is told and not found by the interpreter when it ends."""
    if sys.stdout is not None:
        with _telling():
            sys.stdout.flush()


def require_output() -> None:
    """Raises OutputError where standard output is closed: better known before anything is paid for."""
    if sys.stdout is None:
        raise OutputError(
            "Standard output is closed", action="Send it somewhere, or give --output where a command has it."
        )


def complain(sentence: str, *, bare: bool = False, erase: bool = False) -> None:
    """Writes one line to standard error; that nobody hears it is no error.

    A `bare` text is written as it is, over several lines if need be. `erase` puts the line over the `^C` of a terminal.
    """
    if sys.stderr is None:
        return
    with suppress(OSError, ValueError):
        line = printable(sentence) if bare else f"earwitness: {on_one_line(sentence)}"
        sys.stderr.write(f"{ERASE if erase and steerable(sys.stderr) else ''}{line}\n")
        sys.stderr.flush()


def printable(text: str) -> str:
    """A text of many lines, a transcript say, without the control characters that could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char in "\n\t" or not _controls(char) else "\N{REPLACEMENT CHARACTER}" for char in text)


def on_one_line(text: str) -> str:
    """A file name, or a sentence with one in it, harmless on one line, and no two names made the same.

    Line ends, control characters, marks of writing direction and what is no character are written as escapes.
    """
    if text.isprintable():
        return text
    return "".join(char if _harmless(char) else char.encode("unicode_escape").decode() for char in text)


def watched(stream: TextIO | None) -> bool:
    """Whether somebody looks at this stream on a terminal; a closed one is None."""
    return stream is not None and stream.isatty()


def steerable(stream: TextIO | None) -> bool:
    """Whether this stream is a terminal whose cursor can be moved; one that calls itself dumb is none."""
    return watched(stream) and os.environ.get("TERM") != "dumb"


def refused(place: str, error: OSError) -> OutputError:
    """The error that says why nothing could be written at this place."""
    if error.errno in FULL:
        return OutputError(
            f"{place} could not be written: the disk is full",
            action="Make room or give another place with --output; nothing was left half-written.",
        )
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(f"{place} could not be written: {reason}", action="Give another place with --output.")


def _ready_output() -> None:
    """Piped output is UTF-8 everywhere; a terminal keeps its encoding and shows what it cannot as a question mark."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is None:
        return
    if sys.stdout.isatty():
        reconfigure(errors="replace")
    else:
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _drop_output()
        raise ReaderGoneError from None
    except OSError as error:
        _drop_output()
        if error.errno == errno.EINVAL and os.name == "nt":
            # Windows says so when the reader of a pipe has gone.
            raise ReaderGoneError from None
        raise _unsaid(error) from error


def _unsaid(error: OSError) -> OutputError:
    reason = "the disk is full" if error.errno in FULL else (error.strerror or type(error).__name__).lower()
    return OutputError(f"Standard output could not be written: {reason}", action="Send it somewhere else.")


def _drop_output() -> None:
    """Points standard output nowhere: the interpreter would flush the rest at its end and complain once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _harmless(char: str) -> bool:
    """Whether the character shows as itself on one line: also a wide blank, and what joins letters and emoji."""
    import unicodedata

    return char.isprintable() or unicodedata.category(char) == "Zs" or char in _JOINERS


def _controls(char: str) -> bool:
    return ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0
