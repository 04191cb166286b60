"""What no recording can be, said once: absurd rates and channel counts, files without sound, names that are no text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import BadAudioError, EarwitnessError, OutputError

__all__ = ["MAX_CHANNELS", "MAX_RATE", "MIN_RATE", "changed", "check_form", "no_sound", "readable", "shown", "writable"]

# A header that lies about the rate would make a small file fill a disk (1 Hz becomes 16,000 times as many samples).
MIN_RATE = 1_000
MAX_RATE = 768_000
MAX_CHANNELS = 64


def shown(name: str) -> str:
    """A file name as it may stand in a message: one line, printable, at most 100 characters."""
    plain = "".join(char if char.isprintable() else "?" for char in name) or "the audio"
    return plain if len(plain) <= 100 else f"{plain[:60]}...{plain[-37:]}"


def check_form(*, sample_rate: int, channels: int, name: str) -> None:
    """Nothing, for a rate and a channel count that sound can have. Raises BadAudioError."""
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise BadAudioError(
            f"{name} claims {sample_rate:,} samples a second; sound has {MIN_RATE:,} to {MAX_RATE:,}",
            action="Its header is damaged: record or export it again.",
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise BadAudioError(
            f"{name} claims {channels:,} channels; sound has 1 to {MAX_CHANNELS}",
            action="Its header is damaged, or pick channels with an audio editor first.",
        )


def changed(name: str) -> BadAudioError:
    """The error for a file that somebody writes to while it is read."""
    return BadAudioError(f"{name} has changed while it was in use", action="Wait until it is complete and start again.")


def no_sound(name: str, why: str = "") -> BadAudioError:
    """The error for a recording without a single sample."""
    because = f": {why}" if why else ""
    return BadAudioError(
        f"{name} holds no sound{because}", action="Check the recording; there is nothing to hear in it."
    )


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Inside it, what the operating system says about reading `name` becomes a BadAudioError."""
    try:
        yield
    except EarwitnessError:
        raise
    except FileNotFoundError:
        raise BadAudioError(f"There is no file {name}", action="Check its name and folder.") from None
    except PermissionError:
        raise BadAudioError(
            f"{name} may not be read by this user", action="Change its permissions, or run as a user who may read it."
        ) from None
    except (OSError, ValueError) as error:
        raise BadAudioError(
            f"{name} cannot be read: {_reason(error)}", action="Check the file and its disk."
        ) from error


@contextmanager
def writable(what: str, folder: str) -> Iterator[None]:
    """Inside it, a failure to write a temporary file becomes an OutputError that names the folder."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{what} could not be written to {folder}: {_reason(error)}",
            action="Free some room there, or let the environment variable TMPDIR name another folder.",
        ) from error


def _reason(error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) else str(error)
