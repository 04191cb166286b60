"""Audio that a service does not take as it is becomes audio that it takes, or an error that says what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ..capabilities import AudioFacts, AudioForm
from ..errors import AudioTooLargeError, ConfigurationError
from ..request import FileAudio, PcmFormat
from ._checks import shown, writable
from ._decoding import need_av
from ._pcm import pcm
from ._source import Media, open_media, temporary_file
from ._wav import HEADER, write_header

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.codec import Codec
    from av.container import OutputContainer

__all__ = ["Target", "conversion", "convert", "misfit"]

# Speech holds nothing above 8 kHz that recognisers use: the rate to fall back to when size matters.
_SPEECH_RATE = 16_000
_BLOCK_MS = 1000
_MUXERS = {"m4a": "ipod", "aac": "adts"}
_SUFFIXES = {"s16le": ".raw", "matroska": ".mkv"}
_BIT_RATES = {"mp3": 64_000, "aac": 64_000, "opus": 32_000, "vorbis": 48_000}
# What to try, in this order, when plain samples are too big: nothing is lost, then little is.
_SMALLER = (("flac", "flac"), ("ogg", "opus"), ("mp3", "mp3"), ("m4a", "aac"), ("aac", "aac"))


def misfit(facts: AudioFacts, form: AudioForm) -> str:
    """Why audio like this is not taken as it is: one phrase, empty when it is taken. What is unknown is no reason."""
    return next(_misfits(facts, form), "")


def conversion(facts: AudioFacts, form: AudioForm, *, name: str = "the audio") -> Target | None:
    """The form into which `convert` would first bring audio like this; None for audio that is taken as it is.

    Pure. Raises AudioTooLargeError for audio that is too long, or surely too large in every form.
    """
    _refuse_too_long(name, facts.duration_ms, form)
    if not misfit(facts, form):
        return None
    target = next(_targets(facts, form), None)
    if target is None:
        raise _never_fits(name, form)
    return target


def convert(media: Media, form: AudioForm) -> Media:
    """The same object when it fits; else a converted copy in a temporary file, made in constant memory.

    The copy is the caller's to close. It has the form's `preferred` container and codec, and when that is too big,
    the first smaller one that the form takes. Raises AudioTooLargeError when nothing fits or the audio is too long,
    BadAudioError for what cannot be decoded, ConfigurationError without PyAV.
    """
    _refuse_too_long(media.name, media.facts.duration_ms, form)
    if not misfit(media.facts, form):
        return media
    unwritable: ConfigurationError | None = None
    for target in _targets(media.facts, form):
        try:
            made = _made(media, target, form)
        except ConfigurationError as error:
            unwritable = unwritable or error
            continue
        if made is not None:
            return made
    if unwritable is not None:
        raise unwritable
    raise _never_fits(media.name, form)


@dataclass(frozen=True, slots=True)
class Target:
    """A form of audio to convert to: FFmpeg's container and codec, Hz, channels."""

    container: str
    codec: str
    sample_rate: int
    channels: int

    @property
    def plain(self) -> bool:
        """Whether it is bare or WAV-framed 16-bit samples, which need no encoder."""
        return self.codec == "pcm_s16le" and self.container in ("wav", "s16le")

    def least(self, duration_ms: int) -> float:
        """The bytes that this much audio takes at least; 0 where only encoding tells."""
        if self.plain:
            return duration_ms * self.sample_rate * self.channels * 2 / 1000
        # Opus writes speech, and a room's noise too, at nine tenths of its nominal rate; only digital silence is less.
        return duration_ms * _BIT_RATES.get(self.codec, 0) / 8000 * 2 / 3


def _misfits(facts: AudioFacts, form: AudioForm) -> Iterator[str]:
    if _outside(facts.container, form.containers):
        yield f"its container is {facts.container}, not {' or '.join(form.containers or ())}"
    if _outside(facts.codec, form.codecs):
        yield f"its codec is {facts.codec}, not {' or '.join(form.codecs or ())}"
    # Opus always says 48 kHz, whatever went in (RFC 7845, 5.1).
    rates = None if facts.codec == "opus" else form.sample_rates
    if facts.sample_rate and rates and facts.sample_rate not in rates:
        yield f"it has {facts.sample_rate} Hz, not {' or '.join(map(str, rates))}"
    if facts.channels and form.max_channels and facts.channels > form.max_channels:
        yield f"it has {facts.channels} channels, more than {form.max_channels}"
    if facts.length and form.max_bytes and facts.length > form.max_bytes:
        yield f"it has {_size(facts.length)}, more than {_size(form.max_bytes)}"
    if facts.duration_ms and form.max_duration_ms and facts.duration_ms > form.max_duration_ms:
        yield f"it lasts {_time(facts.duration_ms)}, longer than {_time(form.max_duration_ms)}"


def _outside(name: str | None, allowed: tuple[str, ...] | None) -> bool:
    """Whether a known name is in none of the entries, each one name or one of FFmpeg's families (`matroska,webm`)."""
    if name is None or allowed is None:
        return False
    return not any(name in (entry, *entry.split(",")) for entry in allowed)


def _targets(facts: AudioFacts, form: AudioForm) -> Iterator[Target]:
    """The forms to try, the best first."""
    rate = _rate(facts.sample_rate or _SPEECH_RATE, form.sample_rates)
    channels = min(facts.channels or 1, form.max_channels or 2, 2)
    small = _rate(min(rate, _SPEECH_RATE), form.sample_rates)
    tried = [Target(*form.preferred, rate, channels), Target(*form.preferred, small, 1)]
    if form.max_bytes is not None:
        allowed = (
            one for one in _SMALLER if not _outside(one[0], form.containers) and not _outside(one[1], form.codecs)
        )
        tried += [Target(*one, small, 1) for one in allowed]
    for target in dict.fromkeys(tried):
        if not (form.max_bytes and target.least(facts.duration_ms or 0) > form.max_bytes):
            yield target


def _rate(wanted: int, allowed: tuple[int, ...] | None) -> int:
    """The lowest allowed rate that keeps everything, else the highest."""
    if not allowed:
        return wanted
    return min((rate for rate in allowed if rate >= wanted), default=max(allowed))


def _made(media: Media, target: Target, form: AudioForm) -> Media | None:
    """The converted copy; None when it grows beyond the form's size."""
    path = temporary_file(_suffix(target.container))
    kept = False
    try:
        with writable("The converted audio", str(path.parent)):
            written = _write_plain(media, target, form, path) if target.plain else _encode(media, target, form, path)
        if not written or _too_big(path.stat().st_size, form):
            return None
        made = _adopted(media, target, path)
        if why := misfit(made.facts, form):
            raise _contradiction(target, why)
        kept = True
        return made
    finally:
        if not kept:
            path.unlink(missing_ok=True)


def _adopted(media: Media, target: Target, path: Path) -> Media:
    bare = PcmFormat(target.sample_rate, target.channels) if target.container == "s16le" else None
    made = open_media(FileAudio(path, bare))
    name = PurePath(media.name).stem + _suffix(target.container)
    return Media(name=name, length=made.length, facts=made.facts, path=path, temporary=True)


def _write_plain(media: Media, target: Target, form: AudioForm, path: Path) -> bool:
    rate, channels = target.sample_rate, target.channels
    header = HEADER if target.container == "wav" else 0
    with path.open("wb") as file:
        file.seek(header)
        for block in _samples(media, target, form, rate):
            file.write(block)
            if _too_big(file.tell(), form):
                return False
        length = file.tell() - header
        file.seek(0)
        file.write(write_header(sample_rate=rate, channels=channels, length=length)[:header])
    return True


def _encode(media: Media, target: Target, form: AudioForm, path: Path) -> bool:
    need_av(f"Converting {shown(media.name)}")
    import av

    try:
        with path.open("wb") as file, av.open(file, mode="w", format=_muxer(target)) as output:
            rate = _encoder_rate(target, form)
            stream = _stream(output, target, rate)
            for frame in _frames(_samples(media, target, form, rate), target.channels, rate):
                output.mux(stream.encode(frame))
                if _too_big(file.tell(), form):
                    return False
            output.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"This FFmpeg cannot write {target.codec} in {target.container}: {why}",
            action="Install PyAV with that encoder, or give audio in a form that the service takes.",
        ) from error
    return True


def _stream(output: OutputContainer, target: Target, rate: int) -> AudioStream:
    import av

    options = {"strict": "experimental"} if target.codec == "vorbis" else None
    stream = output.add_stream(_encoder(target.codec).name, rate=rate, options=options)
    assert isinstance(stream, av.AudioStream)
    stream.layout = "mono" if target.channels == 1 else "stereo"
    if target.codec in _BIT_RATES:
        stream.bit_rate = _BIT_RATES[target.codec] * target.channels
    return stream


def _encoder(codec: str) -> Codec:
    import av.codec

    # FFmpeg's own Opus encoder is experimental and knows 48 kHz only.
    for name in (f"lib{codec}", codec):
        with suppress(ValueError):
            return av.codec.Codec(name, "w")
    raise ValueError("there is no such encoder")


def _encoder_rate(target: Target, form: AudioForm) -> int:
    known = _encoder(target.codec).audio_rates or ()
    both = tuple(rate for rate in known if rate in (form.sample_rates or known))
    if known and not both and target.codec != "opus":
        raise ValueError(f"it has no rate of {form.sample_rates}")
    return _rate(target.sample_rate, both or tuple(known))


def _frames(blocks: Iterator[bytes], channels: int, rate: int) -> Iterator[AudioFrame]:
    import av

    done = 0
    for block in blocks:
        samples = len(block) // (2 * channels)
        frame = av.AudioFrame(format="s16", layout="mono" if channels == 1 else "stereo", samples=samples)
        frame.planes[0].update(block)
        frame.sample_rate, frame.pts, frame.time_base = rate, done, Fraction(1, rate)
        done += samples
        yield frame


def _samples(media: Media, target: Target, form: AudioForm, rate: int) -> Iterator[bytes]:
    """The samples to write; audio of unknown length is refused as soon as it proves too long."""
    done = 0
    for block in pcm(media, sample_rate=rate, channels=target.channels, block_ms=_BLOCK_MS):
        done += len(block)
        _refuse_too_long(media.name, done * 1000 // (2 * target.channels * rate), form)
        yield block


def _refuse_too_long(name: str, duration_ms: int | None, form: AudioForm) -> None:
    if duration_ms and form.max_duration_ms and duration_ms > form.max_duration_ms:
        raise AudioTooLargeError(
            f"{shown(name)} lasts longer than the {_time(form.max_duration_ms)} that this service accepts",
            action=form.otherwise or "Split it, or use a service or provider for longer recordings.",
        )


def _never_fits(name: str, form: AudioForm) -> AudioTooLargeError:
    return AudioTooLargeError(
        f"{shown(name)} takes more than the {_size(form.max_bytes)} that this service accepts, however packed",
        action=form.otherwise
        or "Split it, hand it over by URL where the provider takes that, or use a service for larger recordings.",
    )


def _too_big(length: int, form: AudioForm) -> bool:
    return form.max_bytes is not None and length > form.max_bytes


def _contradiction(target: Target, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"Audio converted to {target.codec} in {target.container} is still not what the service takes: {why}",
        action="The provider's declared audio form contradicts itself; tell its authors.",
    )


def _muxer(target: Target) -> str:
    return _MUXERS.get(target.container, target.container)


def _suffix(container: str) -> str:
    return _SUFFIXES.get(container, f".{container}")


def _size(count: int | None) -> str:
    if not count or count < 10_000:
        return f"{count or 0:,} bytes"
    return f"{count / 1e6:,.1f} MB" if count >= 1_000_000 else f"{count / 1000:,.0f} kB"


def _time(duration_ms: int) -> str:
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:g} s"
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
