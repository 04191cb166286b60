"""Anything FFmpeg reads, through PyAV: what it is, and its samples. PyAV is imported at the first need.

FFmpeg is handed open readers, never paths, and may open nothing else: a playlist cannot make it fetch a URL or another
file. PyAV leaves FFmpeg's own log lines unprinted, and nothing here changes that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .._extras import extra
from ..capabilities import AudioFacts
from ..errors import BadAudioError
from ._checks import check_form, no_sound, readable, shown
from ._wav import PlainSamples, Section, cut_short, plain_samples

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer
    from av.filter import Graph

    from ._source import Media

__all__ = ["av_samples", "have_av", "need_av", "probe_with_av", "translated"]

_BUFFER = 256 * 1024
_SILENCE = bytes(64 * 1024)
# Timestamps wobble by some milliseconds in many containers; only a longer hole is a hole in the recording.
_HOLE_S = 0.1
_LONGEST_HOLE_S = 3600.0
# No protocol has this name, so playlists, session descriptions and the like can open no file, address or port.
_NOTHING_ELSE = {"protocol_whitelist": "none"}
_BRANDS = {"M4A": "m4a", "M4B": "m4a", "qt": "mov", "3gp": "3gp", "3g2": "3g2"}


def have_av() -> bool:
    """Whether PyAV is installed, without importing it."""
    return find_spec("av") is not None


def need_av(what: str) -> None:
    """Nothing, with PyAV at hand. Raises ConfigurationError saying how to install it."""
    extra("av", "media", what=what, library="PyAV")


def probe_with_av(media: Media) -> AudioFacts:
    """What FFmpeg tells of the first sound track. Raises BadAudioError. A duration may be FFmpeg's estimate."""
    name = shown(media.name)
    with _opened(media) as container, translated(name):
        stream = _sound(container, name)
        codec = stream.codec_context
        rate, channels = codec.sample_rate or None, codec.layout.nb_channels or None
        check_form(sample_rate=rate or 8000, channels=channels or 1, name=name)
        facts = AudioFacts(
            _container_name(container, media.name), _codec_name(codec), _duration_ms(container, stream), rate, channels
        )
    return AudioFacts(facts.container, facts.codec, facts.duration_ms, rate, channels, media.length)


def av_samples(
    media: Media, *, sample_rate: int, channels: int, channel: int | None, warnings: list[str]
) -> Iterator[bytes]:
    """16-bit samples in pieces of any length: mixed, resampled, holes filled with silence so that times stay true.

    Broken packets are passed over and told in `warnings`. Raises BadAudioError when nothing could be decoded.
    """
    name = shown(media.name)
    plain = plain_samples(media)
    warnings += cut_short(plain, name) if plain else []
    filters = _Filters(name, sample_rate, channels, channel)
    with _opened(media, plain) as container, translated(name):
        packets = _Packets(container, _sound(container, name))
        clock = _Clock(container)
        for frame in packets.frames():
            if hole := clock.hole_before(frame):
                yield from filters.drain()
                yield from _silence(round(hole * sample_rate) * channels * 2)
            yield from filters.samples(frame)
        yield from filters.drain()
    if not packets.decoded:
        raise no_sound(name, f"{packets.bad} broken packets and nothing else" if packets.bad else "it ends at once")
    if packets.bad:
        warnings.append(f"{packets.bad} broken packets of {name} were passed over")
    if clock.filled:
        warnings.append(f"{clock.filled:.1f} s of {name} are missing and were filled with silence")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Inside it, whatever PyAV and FFmpeg raise becomes a BadAudioError."""
    import av

    with readable(name):
        try:
            yield
        except (av.FFmpegError, ArithmeticError, LookupError, RuntimeError, AssertionError) as error:
            raise _unreadable(name, error) from error


class _Packets:
    """The frames of one sound track; broken packets are counted and passed over."""

    def __init__(self, container: InputContainer, stream: AudioStream) -> None:
        self._container = container
        self._stream = stream
        self.bad = 0
        self.decoded = False

    def frames(self) -> Iterator[AudioFrame]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self.bad += 1
                return  # What cannot be read at all has no end that could be found.
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.bad += 1
                continue
            for frame in frames:
                if frame.samples:
                    self.decoded = True
                    yield frame


class _Clock:
    """Where in the recording the decoded frames stand: containers may leave time out, before sound or within it."""

    def __init__(self, container: InputContainer) -> None:
        import av

        self._start = (container.start_time or 0) / av.time_base
        self._end = (container.duration or 0) / av.time_base
        self._heard = 0.0
        self.filled = 0.0

    def hole_before(self, frame: AudioFrame) -> float:
        """The seconds of silence that belong before this frame; 0 for a time stamp that cannot be believed."""
        hole = 0.0
        if frame.pts is not None and frame.time_base is not None:
            base = frame.time_base
            ahead = frame.pts * base.numerator / base.denominator - self._start - self._heard
            if _HOLE_S < ahead <= _LONGEST_HOLE_S and not (0 < self._end + 1 < self._heard + ahead):
                hole = ahead
        self._heard += hole + frame.samples / frame.sample_rate
        self.filled += hole
        return hole


class _Filters:
    """Mixes and resamples; begins anew where the recording changes its form."""

    def __init__(self, name: str, sample_rate: int, channels: int, channel: int | None) -> None:
        self._name = name
        self._rate = sample_rate
        self._channels = channels
        self._channel = channel
        self._layout = "mono" if channels == 1 else "stereo"
        self._form: tuple[int, str, str] | None = None
        self._plain = False
        self._graph: Graph | None = None

    def samples(self, frame: AudioFrame) -> Iterator[bytes]:
        """What comes out when this frame goes in."""
        form = (frame.sample_rate, frame.format.name, frame.layout.name)
        if form != self._form:
            yield from self.drain()
            self._form = form
            self._plain = self._channel is None and form == (self._rate, "s16", self._layout)
        if self._plain:
            yield _packed(frame, self._channels)
            return
        if self._graph is None:
            self._graph = self._built(frame)
        self._graph.push(frame)
        yield from self._pulled(self._graph)

    def drain(self) -> Iterator[bytes]:
        """What the resampler still holds."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.push(None)
            yield from self._pulled(graph)

    def _pulled(self, graph: Graph) -> Iterator[bytes]:
        import av

        while True:
            try:
                frame = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)
            yield _packed(frame, self._channels)

    def _built(self, frame: AudioFrame) -> Graph:
        import av.filter

        count = frame.layout.nb_channels
        check_form(sample_rate=frame.sample_rate, channels=count, name=self._name)
        graph = av.filter.Graph()
        nodes = [graph.add("abuffer", **_buffer(frame))]
        if mix := self._mix(frame.layout.name, count):
            nodes.append(graph.add("pan", mix))
        nodes.append(graph.add("aresample", sample_rate=str(self._rate)))
        wanted = {"sample_fmts": "s16", "sample_rates": str(self._rate), "channel_layouts": self._layout}
        nodes.append(graph.add("aformat", **wanted))
        graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
        return graph

    def _mix(self, layout: str, count: int) -> str:
        """The `pan` that takes one channel, or mixes channels without a known place; else FFmpeg mixes by itself."""
        if self._channel is not None:
            if self._channel >= count:
                raise _no_channel(self._name, self._channel, count)
            return f"mono|c0=c{self._channel}"
        if count > 2 and layout == f"{count} channels":
            # FFmpeg would guess loudspeakers, and drop the third microphone as a subwoofer.
            return "mono|c0=" + "+".join(f"{1 / count:.6f}*c{number}" for number in range(count))
        return ""


@contextmanager
def _opened(media: Media, plain: PlainSamples | None = None) -> Iterator[InputContainer]:
    """The media as FFmpeg sees it. Plain samples are handed over without their header, so that it is read only once."""
    import av

    name = shown(media.name)
    with media.reading() as file:
        given: dict[str, Any] = {"file": file, "container_options": _NOTHING_ELSE, **_lenient()}
        if plain is not None and plain.codec is not None:
            given["file"] = Section(file, offset=plain.offset, length=plain.whole)
            given["format"] = plain.codec.removeprefix("pcm_")
            given["options"] = {"sample_rate": str(plain.sample_rate), "ch_layout": plain.layout}
        with translated(name):
            container = av.open(mode="r", buffer_size=_BUFFER, **given)
        with container:
            yield container


@cache
def _lenient() -> dict[str, Any]:
    """Tags in a wrong encoding must not spoil the sound; PyAV 19 has no such option and needs none."""
    import av

    return {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


def _sound(container: InputContainer, name: str) -> AudioStream:
    import av

    stream = container.streams.best("audio")
    if not isinstance(stream, av.AudioStream):
        what = "is a video without a sound track" if container.streams.video else "has no sound track"
        raise BadAudioError(f"{name} {what}", action="Give a recording with sound.")
    if stream.codec_context is None:
        raise BadAudioError(
            f"{name} holds sound in a coding that this FFmpeg cannot read", action="Convert it to WAV or FLAC first."
        )
    return stream


def _duration_ms(container: InputContainer, stream: AudioStream) -> int | None:
    import av

    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * 1000)
    return None if container.duration is None else round(container.duration * 1000 / av.time_base)


def _container_name(container: InputContainer, name: str) -> str:
    """One name for FFmpeg's families: of `mov,mp4,m4a,...` the one that the file's name or its brand says."""
    family = container.format.name.split(",")
    suffix = PurePath(name).suffix.lower().lstrip(".")
    if suffix in family:
        return suffix
    if "mp4" in family:
        return _BRANDS.get(container.metadata.get("major_brand", "").strip(), "mp4")
    return family[0]


def _codec_name(codec: Any) -> str:
    """FFmpeg's name of the codec, not of the program that decodes it (`mp3`, not `mp3float`)."""
    known = getattr(codec.codec, "canonical_name", None)
    if known:
        return str(known)
    name = str(codec.codec.name).removeprefix("lib").removesuffix("float")  # PyAV 14 knows only the decoder's name.
    return {"amrnb": "amr_nb", "amrwb": "amr_wb"}.get(name, name)


def _buffer(frame: AudioFrame) -> dict[str, str]:
    layout, count = frame.layout.name, frame.layout.nb_channels
    place = {"channels": str(count)} if layout.endswith(" channels") else {"channel_layout": layout}
    base = f"{frame.time_base}" if frame.time_base else f"1/{frame.sample_rate}"
    return {"sample_rate": str(frame.sample_rate), "sample_fmt": frame.format.name, "time_base": base, **place}


def _packed(frame: AudioFrame, channels: int) -> bytes:
    """The samples of a packed 16-bit frame, whose plane is padded beyond them."""
    return bytes(memoryview(frame.planes[0])[: frame.samples * channels * 2])


def _silence(length: int) -> Iterator[bytes]:
    while length > 0:
        yield _SILENCE[:length]
        length -= len(_SILENCE)


def _no_channel(name: str, channel: int, count: int) -> BadAudioError:
    return BadAudioError(
        f"{name} has {count} channels; there is no channel {channel}", action="Channels are counted from 0."
    )


def _unreadable(name: str, error: BaseException) -> BadAudioError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return BadAudioError(
        f"{name} is no audio that can be read: {reason}",
        action="Check that the file is complete and is an audio or video file.",
    )
