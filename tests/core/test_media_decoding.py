"""Anything FFmpeg reads, decoded through PyAV: sound made here with PyAV itself must come back as the same sound."""

import gc
import io
import itertools
import math
import os
import random
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.capabilities import AudioFacts, AudioForm
from earwitness.errors import AudioTooLargeError, BadAudioError, ConfigurationError, EarwitnessError
from earwitness.media import Media, conversion, convert, misfit, open_media, pcm
from earwitness.media._ebml import matroska_or_webm
from earwitness.request import BytesAudio, FileAudio, PcmFormat
from support.fresh import run

av = pytest.importorskip("av")

RATE = 16_000
HERTZ = 440
LOUD = 8000


Moves = tuple[float, tuple[float, float] | None, float]
"""The delay, the hole and the jump of `recorded`."""


@cache
def tone(rate: int = RATE, seconds: float = 1.5, *, loud: tuple[int, ...] = (LOUD,)) -> bytes:
    """A sine of 440 Hz as interleaved 16-bit samples, each channel as loud as told."""
    wave = [math.sin(2 * math.pi * HERTZ * n / rate) for n in range(round(rate * seconds))]
    values = [round(value * one) for value in wave for one in loud]
    return struct.pack(f"<{len(values)}h", *values)


def wav(body: bytes, *, tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, extra: bytes = b"") -> bytes:
    """A WAV file of these samples."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits) + extra
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


@cache
def recorded(
    container: str,
    codec: str,
    *,
    rate: int = RATE,
    channels: int = 1,
    seconds: float = 1.5,
    video: str = "",
    delay: float = 0.0,
    hole: tuple[float, float] | None = None,
    jump: float = 0.0,
) -> bytes:
    """A file of that tone, packed by PyAV; `delay` and `hole` (from, to, in seconds) are time without sound in it.

    What comes after the hole comes `jump` seconds later still.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        picture = output.add_stream(video, rate=10) if video else None
        sound = output.add_stream(codec, rate=rate) if codec else None
        if picture is not None:
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
        if sound is not None:
            sound.layout = "mono" if channels == 1 else "stereo"
        packets = [*_pictures(picture, seconds), *_sounds(sound, rate, channels, seconds, (delay, hole, jump))]
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            output.mux(packet)
    return file.getvalue()


def _pictures(stream: Any, seconds: float) -> Iterator[Any]:
    if stream is None:
        return
    for number in range(round(seconds * 10)):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts, frame.time_base = number, Fraction(1, 10)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sounds(stream: Any, rate: int, channels: int, seconds: float, moves: Moves = (0.0, None, 0.0)) -> Iterator[Any]:
    if stream is None:
        return
    body = tone(rate, seconds, loud=(LOUD,) * channels)
    step = 2 * channels * (rate // 10)
    for number, start in enumerate(range(0, len(body), step)):
        block = body[start : start + step]
        frame = av.AudioFrame("s16", "mono" if channels == 1 else "stereo", len(block) // 2 // channels)
        frame.planes[0].update(block)
        frame.sample_rate, frame.pts, frame.time_base = rate, number * (rate // 10), Fraction(1, rate)
        yield from _moved(stream.encode(frame), *moves)
    yield from _moved(stream.encode(None), *moves)


def _moved(packets: list[Any], delay: float, hole: tuple[float, float] | None, jump: float) -> Iterator[Any]:
    for packet in packets:
        late = delay
        if hole and packet.pts * packet.time_base >= hole[0]:
            if packet.pts * packet.time_base < hole[1]:
                continue
            late += jump
        packet.pts += round(late / packet.time_base)
        packet.dts += round(late / packet.time_base)
        yield packet


def media_of(content: bytes, name: str = "talk") -> Media:
    """Media in memory."""
    return open_media(BytesAudio(content, name))


def decoded(media: Media, **wanted: Any) -> bytes:
    """Everything that decoding gives."""
    return b"".join(pcm(media, **{"sample_rate": RATE, **wanted}))


def heard(sound: bytes, rate: int = RATE, start: float = 0.3, seconds: float = 0.8) -> tuple[float, float]:
    """The pitch in Hz and the loudness of a stretch of samples: by its crossings of zero and its mean square."""
    values = struct.unpack(f"<{len(sound) // 2}h", sound)[round(start * rate) : round((start + seconds) * rate)]
    crossings = sum(a < 0 <= b for a, b in itertools.pairwise(values))
    loudness = math.sqrt(2 * sum(value * value for value in values) / len(values))
    return crossings / seconds, loudness


def is_the_tone(sound: bytes, rate: int = RATE, loud: float = LOUD, **stretch: float) -> bool:
    """Whether this is the tone, as loud as told."""
    hertz, loudness = heard(sound, rate, **stretch)
    return abs(hertz - HERTZ) < 5 and abs(loudness - loud) < 0.12 * loud + 5


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test has its own temporary folder and leaves it empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    if any(folder.iterdir()):
        gc.collect()
    assert list(folder.iterdir()) == []


FORMATS: dict[str, tuple[Callable[[], bytes], AudioFacts]] = {
    "flac": (lambda: recorded("flac", "flac"), AudioFacts("flac", "flac", 1500, 16_000, 1)),
    "mp3": (
        lambda: recorded("mp3", "libmp3lame", rate=44_100, channels=2),
        AudioFacts("mp3", "mp3", 1500, 44_100, 2),
    ),
    "opus": (lambda: recorded("ogg", "libopus", rate=48_000), AudioFacts("ogg", "opus", 1500, 48_000, 1)),
    "m4a": (lambda: recorded("ipod", "aac", rate=44_100), AudioFacts("m4a", "aac", 1500, 44_100, 1)),
    "adts": (lambda: recorded("adts", "aac", rate=16_000), AudioFacts("aac", "aac", 1500, 16_000, 1)),
    "mp4 video": (
        lambda: recorded("mp4", "aac", rate=48_000, channels=2, video="mpeg4"),
        AudioFacts("mp4", "aac", 1500, 48_000, 2),
    ),
    "mkv video": (
        lambda: recorded("matroska", "flac", rate=44_100, channels=2, video="mpeg4"),
        AudioFacts("matroska", "flac", 1500, 44_100, 2),
    ),
    "webm video": (
        lambda: recorded("webm", "libopus", rate=48_000, video="libvpx"),
        AudioFacts("webm", "opus", 1500, 48_000, 1),
    ),
    "ts": (
        lambda: recorded("mpegts", "aac", rate=48_000, video="mpeg2video"),
        AudioFacts("mpegts", "aac", 1500, 48_000, 1),
    ),
    "mov": (lambda: recorded("mov", "pcm_s16le", rate=22_050), AudioFacts("mov", "pcm_s16le", 1500, 22_050, 1)),
    "aiff": (lambda: recorded("aiff", "pcm_s16be", rate=32_000), AudioFacts("aiff", "pcm_s16be", 1500, 32_000, 1)),
    "ulaw": (lambda: recorded("wav", "pcm_mulaw", rate=8000), AudioFacts("wav", "pcm_mulaw", 1500, 8000, 1)),
    "alaw": (lambda: recorded("wav", "pcm_alaw", rate=8000), AudioFacts("wav", "pcm_alaw", 1500, 8000, 1)),
    "u8": (lambda: recorded("wav", "pcm_u8", rate=11_025), AudioFacts("wav", "pcm_u8", 1500, 11_025, 1)),
    "24 bit": (
        lambda: recorded("wav", "pcm_s24le", rate=48_000, channels=2),
        AudioFacts("wav", "pcm_s24le", 1500, 48_000, 2),
    ),
    "float": (lambda: recorded("wav", "pcm_f32le", rate=44_100), AudioFacts("wav", "pcm_f32le", 1500, 44_100, 1)),
    "stereo": (
        lambda: recorded("wav", "pcm_s16le", rate=44_100, channels=2),
        AudioFacts("wav", "pcm_s16le", 1500, 44_100, 2),
    ),
    "adpcm": (
        lambda: recorded("wav", "adpcm_ima_wav", rate=22_050),
        AudioFacts("wav", "adpcm_ima_wav", 1500, 22_050, 1),
    ),
    "rf64": (
        lambda: recorded("wav", "pcm_s32le", rate=96_000),
        AudioFacts("wav", "pcm_s32le", 1500, 96_000, 1),
    ),
    "streamed wav": (
        lambda: (
            wav(tone(44_100, loud=(LOUD, LOUD)), channels=2, rate=44_100)[:40]
            + b"\xff\xff\xff\xff"
            + tone(44_100, loud=(LOUD, LOUD))
        ),
        AudioFacts("wav", "pcm_s16le", 1500, 44_100, 2),
    ),
}


class TestFormats:
    """Each format comes back as the tone that was put in, at the place where it was put."""

    @pytest.mark.parametrize("kind", FORMATS)
    def test_the_tone_comes_back(self, kind: str) -> None:
        """Pitch and loudness are the same, and the length is right within one block."""
        make, _ = FORMATS[kind]
        sound = decoded(media_of(make()))
        assert is_the_tone(sound)
        assert abs(len(sound) // 2 - 1.5 * RATE) <= RATE // 10

    @pytest.mark.parametrize("kind", FORMATS)
    def test_the_facts_are_right(self, kind: str) -> None:
        """Container, codec, rate and channels are told without decoding, and the duration to a tenth of a second."""
        make, facts = FORMATS[kind]
        found = media_of(make()).facts
        assert replace(found, duration_ms=None) == replace(facts, duration_ms=None, length=len(make()))
        assert found.duration_ms is not None
        if kind != "adts":  # A bare AAC stream has no length; FFmpeg guesses from its first packets.
            assert abs(found.duration_ms - 1500) <= 100

    @pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
    def test_no_tail_is_lost(self, rate: int) -> None:
        """The resampler is drained: what comes out is as long as what went in, to the sample."""
        sound = decoded(media_of(wav(tone(rate, 0.7), rate=rate)))
        assert abs(len(sound) // 2 - 0.7 * RATE) <= 1
        assert is_the_tone(sound, start=0.4, seconds=0.28)

    @pytest.mark.parametrize("wanted", [8000, 16_000, 44_100, 48_000])
    def test_any_rate_and_both_channels_can_be_had(self, wanted: int) -> None:
        """The caller chooses the rate; two channels come interleaved."""
        content = wav(tone(22_050, loud=(LOUD, LOUD // 4)), channels=2, rate=22_050)
        sound = decoded(media_of(content), sample_rate=wanted, channels=2)
        left, right = (memoryview(sound).cast("h")[number::2].tobytes() for number in (0, 1))
        assert is_the_tone(left, wanted)
        assert is_the_tone(right, wanted, loud=LOUD / 4)

    @given(st.sampled_from(["stereo", "flac", "mp3", "opus"]), st.integers(1, 400))
    @settings(max_examples=30, deadline=None)
    def test_cutting_changes_nothing(self, kind: str, block_ms: int) -> None:
        """Blocks of any length join to the same bytes, and all but the last are as long as asked."""
        media = media_of(FORMATS[kind][0]())
        blocks = list(pcm(media, sample_rate=8000, block_ms=block_ms))
        assert b"".join(blocks) == decoded(media, sample_rate=8000, block_ms=1000)
        assert {len(block) for block in blocks[:-1]} <= {8 * block_ms * 2}

    def test_decoding_twice_gives_the_same(self) -> None:
        """Media is re-openable."""
        media = media_of(FORMATS["mp3"][0]())
        assert decoded(media) == decoded(media)

    def test_the_name_tells_the_family_member(self) -> None:
        """FFmpeg knows one family for MOV, MP4 and M4A; the name or the brand tells which."""
        content = FORMATS["m4a"][0]()
        assert media_of(content, "talk.mp4").facts.container == "mp4"
        assert media_of(FORMATS["mp4 video"][0](), "talk").facts.container == "mp4"
        assert media_of(FORMATS["webm video"][0](), "talk").content_type == "video/webm"
        assert media_of(content).content_type == "audio/mp4"


class TestMatroskaAndWebm:
    """FFmpeg knows one family for both, and services do not: what the file says of itself tells which."""

    @pytest.mark.parametrize("name", ["talk", "talk.webm", "talk.mkv"])
    @pytest.mark.parametrize("container", ["matroska", "webm"])
    def test_the_content_tells_and_not_the_name(self, container: str, name: str) -> None:
        """The same sound in each container is told apart, whatever its file is called."""
        facts = media_of(recorded(container, "libopus", rate=48_000), name).facts
        assert (facts.container, facts.codec) == (container, "opus")

    def test_webm_is_converted_for_who_takes_only_matroska(self) -> None:
        """A service that lists Matroska gets Matroska as it is, and WebM in another form."""
        form = AudioForm(containers=("matroska", "flac"), preferred=("flac", "flac"))
        film = media_of(recorded("matroska", "libopus", rate=48_000))
        assert convert(film, form) is film
        with convert(media_of(recorded("webm", "libopus", rate=48_000)), form) as made:
            assert made.facts.container == "flac"
            assert is_the_tone(decoded(made))

    def test_pyav_is_not_needed_to_tell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without PyAV the container is known all the same, so that nothing is sent in a form that is refused."""
        content = recorded("webm", "libopus", rate=48_000)
        monkeypatch.setitem(sys.modules, "av", None)
        monkeypatch.setattr("earwitness.media._source.have_av", lambda: False)
        assert media_of(content).facts == AudioFacts("webm", length=len(content))
        with pytest.raises(ConfigurationError, match=r"earwitness\[media\]"):
            convert(media_of(content), AudioForm(containers=("matroska",)))

    @pytest.mark.parametrize(
        ("head", "told"),
        [
            ("1a45dfa3 87 4282 84 7765626d", "webm"),
            ("1a45dfa3 0100000000000007 4282 84 7765626d", "webm"),
            ("1a45dfa3 8c 4286 8101 4282 86 7765626d 0000", "webm"),
            ("1a45dfa3 84 4286 8101 4282 84 7765626d", "matroska"),  # behind the header's end
            ("1a45dfa3 8b 4282 88 6d6174726f736b61", "matroska"),
            ("1a45dfa3 87 ec84 4282 8477 4282 84 7765626d", "matroska"),  # within another element, and behind the end
            ("1a45dfa3 87 4282 84 7765", "matroska"),
            ("1a45dfa3", "matroska"),
            ("1a45dfa3 00", "matroska"),
            ("1a45dfa3 ff 00 00", "matroska"),
            ("1a45df", None),
            ("", None),
            ("4f676753 4282 84 7765626d", None),
        ],
    )
    def test_the_header_is_read_element_by_element(self, head: str, told: str | None) -> None:
        """Lengths of any width, padding, other elements before it and cut headers do not mislead."""
        assert matroska_or_webm(bytes.fromhex(head)) == told

    @given(st.binary(max_size=64))
    def test_any_header_ends(self, rest: bytes) -> None:
        """No bytes behind the mark keep the reader from an answer."""
        assert matroska_or_webm(b"\x1a\x45\xdf\xa3" + rest) in ("matroska", "webm")


class TestChannels:
    """Channels are mixed alike, or taken one by one."""

    @pytest.mark.parametrize("count", [2, 3, 5, 6, 8, 9, 12, 16, 64])
    def test_every_microphone_counts_the_same(self, count: int) -> None:
        """Channels without a known loudspeaker are averaged; none is dropped as a subwoofer."""
        for loudest in {0, count // 2, count - 1}:
            loud = tuple(LOUD if number == loudest else 0 for number in range(count))
            content = wav(tone(RATE, 0.6, loud=loud), channels=count)
            assert is_the_tone(decoded(media_of(content)), loud=LOUD / count, start=0.1, seconds=0.4)

    def test_a_surround_film_keeps_its_dialogue(self) -> None:
        """With loudspeakers named, FFmpeg's down-mix puts the centre first and leaves the subwoofer out."""
        mask = struct.pack("<HHIH14s", 22, 16, 0x3F, 1, b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")
        centre = wav(tone(RATE, 0.6, loud=(0, 0, LOUD, 0, 0, 0)), tag=0xFFFE, channels=6, extra=mask)
        bass = wav(tone(RATE, 0.6, loud=(0, 0, 0, LOUD, 0, 0)), tag=0xFFFE, channels=6, extra=mask)
        assert heard(decoded(media_of(centre)), start=0.1, seconds=0.4)[1] > LOUD / 5
        assert heard(decoded(media_of(bass)), start=0.1, seconds=0.4)[1] < 10

    @pytest.mark.parametrize("make", [lambda body: wav(body, channels=2, rate=44_100)])
    @pytest.mark.parametrize(("channel", "loud"), [(0, LOUD), (1, LOUD // 4)])
    def test_one_channel_by_itself(self, make: Callable[[bytes], bytes], channel: int, loud: int) -> None:
        """A caller's side and an agent's side stay apart."""
        content = make(tone(44_100, loud=(LOUD, LOUD // 4)))
        assert is_the_tone(decoded(media_of(content), channel=channel), loud=loud)

    def test_a_channel_that_is_not_there(self) -> None:
        """The error says how many there are."""
        for rate in (RATE, 44_100):
            with pytest.raises(BadAudioError, match=r"has 2 channels; there is no channel 2"):
                decoded(media_of(wav(tone(rate, loud=(LOUD, LOUD)), channels=2, rate=rate)), channel=2)


class TestTime:
    """A sample's place in the output is its time in the recording."""

    def test_sound_that_begins_late(self) -> None:
        """A film whose sound begins after two seconds gives two seconds of silence first."""
        content = recorded("matroska", "flac", video="mpeg4", delay=2.0)
        stream = pcm(media_of(content), sample_rate=RATE)
        sound = b"".join(stream)
        assert abs(len(sound) // 2 - 3.5 * RATE) <= RATE // 10
        assert heard(sound, start=0.0, seconds=1.9)[1] < 1
        assert is_the_tone(sound, start=2.3)

    @pytest.mark.parametrize(("container", "codec", "rate"), [("matroska", "flac", RATE), ("mp4", "aac", 48_000)])
    def test_a_hole_is_silence(self, container: str, codec: str, rate: int) -> None:
        """What a recorder left out is filled, so that what follows keeps its time, and is told."""
        content = recorded(container, codec, rate=rate, seconds=4.0, hole=(1.0, 2.0))
        stream = pcm(media_of(content), sample_rate=RATE)
        sound = b"".join(stream)
        assert abs(len(sound) // 2 - 4 * RATE) <= RATE // 10
        assert is_the_tone(sound, start=0.1)
        assert heard(sound, start=1.3, seconds=0.5)[1] < 60
        assert is_the_tone(sound, start=2.5)
        assert "missing and were filled with silence" in " ".join(stream.warnings)

    @pytest.mark.parametrize(("gap", "told"), [(600.0, 4000.0), (7200.0, 7_204_000.0)])
    def test_an_absurd_time_stamp_is_not_believed(self, gap: float, told: float) -> None:
        """A jump beyond the end that the file tells, or of hours, makes no such silence."""
        content = recorded("matroska", "flac", seconds=4.0, hole=(1.0, 2.0), jump=gap)
        place = content.index(b"\x44\x89\x88") + 3  # Duration, a number of 8 bytes (RFC 9559, 5.1.2.12)
        content = content[:place] + struct.pack(">d", told) + content[place + 8 :]
        media = media_of(content)
        assert media.facts.duration_ms == told
        assert len(decoded(media)) // 2 <= 4 * RATE

    def test_time_before_the_sound_of_a_broadcast(self) -> None:
        """A stream that was cut out of a broadcast begins at its own beginning, whatever the clock said."""
        content = recorded("mpegts", "aac", rate=48_000, delay=20_000.0)
        assert abs(len(decoded(media_of(content))) // 2 - 1.5 * RATE) <= RATE // 5

    @pytest.mark.parametrize("kind", ["mp3", "opus", "m4a", "mp4 video", "ts", "webm video"])
    def test_an_ordinary_recording_has_no_holes(self, kind: str) -> None:
        """The small lies of ordinary time stamps are no holes."""
        stream = pcm(media_of(FORMATS[kind][0]()), sample_rate=RATE)
        assert b"".join(stream)
        assert stream.warnings == []


class TestDamage:
    """Broken recordings give what is good, or one clear sentence."""

    @pytest.mark.parametrize("kind", ["flac", "opus", "mkv video", "mp3"])
    def test_damage_in_the_middle(self, kind: str) -> None:
        """The sound before and after the damage is there, at its time."""
        good = recorded(
            *{"flac": ("flac", "flac"), "opus": ("ogg", "libopus"), "mp3": ("mp3", "libmp3lame")}.get(
                kind, ("matroska", "flac")
            ),
            seconds=6.0,
        )
        middle, width = len(good) // 2, len(good) // 12
        bad = good[:middle] + random.Random(3).randbytes(width) + good[middle + width :]
        sound = decoded(media_of(bad))
        assert is_the_tone(sound, start=0.5)
        assert is_the_tone(sound, start=(len(sound) / 2 / RATE) - 1.0, seconds=0.7)
        assert 4.5 * RATE < len(sound) // 2 < 6.2 * RATE

    def test_broken_packets_are_counted(self) -> None:
        """The caller can read afterwards that something was passed over."""
        good = recorded("matroska", "flac", seconds=6.0)
        middle = len(good) // 2
        stream = pcm(media_of(good[:middle] + bytes(3000) + good[middle + 3000 :]), sample_rate=RATE)
        assert len(b"".join(stream)) > 4 * RATE
        assert stream.warnings
        assert stream.warnings == [warning for warning in stream.warnings if "talk" in warning]

    @pytest.mark.parametrize("kind", ["flac", "mp3", "opus", "mkv video", "adts"])
    def test_a_cut_file_gives_its_beginning(self, kind: str) -> None:
        """A download that stopped half-way still holds half the sound."""
        good = FORMATS[kind][0]()
        sound = decoded(media_of(good[: len(good) * 3 // 4]))
        assert len(sound) // 2 > 0.5 * RATE
        assert is_the_tone(sound, start=0.2, seconds=0.3)

    @pytest.mark.parametrize("form", ["wav", "mkv"])
    @pytest.mark.parametrize("change", ["cut", "continued"])
    def test_a_change_under_the_reader_is_told(self, tmp_path: Path, form: str, change: str) -> None:
        """A file that is cut or continued while FFmpeg reads it is an error, not a short recording."""
        path = tmp_path / f"talk.{form}"
        path.write_bytes(wav(tone(seconds=60)) if form == "wav" else recorded("matroska", "pcm_s16le", seconds=60))
        stream = pcm(open_media(FileAudio(path)), sample_rate=8000)
        next(stream)
        with path.open("r+b") as file:
            if change == "cut":
                file.truncate(600_000)
            else:
                file.seek(0, os.SEEK_END)
                file.write(bytes(1000))
        with pytest.raises(BadAudioError, match="has changed while it was in use"):
            list(stream)

    def test_a_film_cut_before_its_index_is_told(self) -> None:
        """An MP4 keeps its index at the end; without it nothing can be read."""
        good = FORMATS["mp4 video"][0]()
        with pytest.raises(BadAudioError, match="no audio that can be read"):
            media_of(good[: len(good) // 2])

    @pytest.mark.parametrize("kind", ["flac", "mp3", "opus", "m4a", "mkv video", "ts"])
    def test_random_damage_never_crashes(self, kind: str) -> None:
        """Forty damaged copies give sound or a BadAudioError."""
        dice, good = random.Random(kind), FORMATS[kind][0]()
        for _ in range(40):
            bad = bytearray(good)
            for _ in range(dice.randint(1, 30)):
                bad[dice.randrange(len(bad))] = dice.randrange(256)
            try:
                assert len(decoded(media_of(bytes(bad)))) < 3600 * RATE * 2
            except EarwitnessError as error:
                assert isinstance(error, BadAudioError)

    def test_noise_is_no_audio(self) -> None:
        """Random bytes are refused."""
        with pytest.raises(BadAudioError, match=r"talk.mp3 is no audio that can be read: Invalid data"):
            media_of(bytes([0]) + random.Random(1).randbytes(100_000), "talk.mp3")

    def test_packets_without_sound_are_told(self) -> None:
        """When every packet is broken, the error says so."""
        good = recorded("matroska", "flac")
        start = good.index(b"\xff\xf8")
        bad = bytearray(good)
        for place in range(start, len(good)):
            if good[place : place + 2] == b"\xff\xf8":
                bad[place : place + 2] = b"\0\0"
        with pytest.raises(BadAudioError, match=r"holds no sound: \d+ broken packets"):
            decoded(media_of(bytes(bad)))

    def test_a_video_without_sound_is_told(self) -> None:
        """There is nothing to hear in it."""
        with pytest.raises(BadAudioError, match="is a video without a sound track"):
            media_of(recorded("mp4", "", video="mpeg4"))

    def test_an_unknown_codec_is_told(self) -> None:
        """A coding that FFmpeg has no decoder for."""
        content = recorded("matroska", "flac").replace(b"A_FLAC", b"A_XLAC")
        with pytest.raises(BadAudioError, match="coding that this FFmpeg cannot read"):
            media_of(content)

    def test_a_speechless_file_is_told(self) -> None:
        """A container with a sound track and not one sample."""
        whole = recorded("matroska", "flac")
        with pytest.raises(BadAudioError):
            decoded(media_of(whole[: whole.index(b"\x1f\x43\xb6\x75")]))

    def test_tags_in_a_wrong_encoding_do_no_harm(self) -> None:
        """A title that is no UTF-8 is nobody's business here."""
        file = io.BytesIO()
        with av.open(file, "w", format="ogg") as output:
            output.metadata["title"] = "TITLETITLE"
            stream = output.add_stream("libopus", rate=48_000)
            stream.layout = "mono"
            for packet in _sounds(stream, 48_000, 1, 1.5):
                output.mux(packet)
        content = retitled(file.getvalue())
        assert is_the_tone(decoded(media_of(content)))


class TestSafety:
    """A recording cannot make the program fetch, read or print anything else."""

    def test_a_playlist_fetches_nothing(self, tmp_path: Path) -> None:
        """A playlist in disguise opens no connection."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.5)
            for source in playlists(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"):
                with pytest.raises(BadAudioError):
                    decoded(open_media(source))
            with pytest.raises(TimeoutError):
                server.accept()

    @pytest.mark.parametrize("container", ["wav", "mpegts"])
    def test_a_playlist_reads_no_other_file(self, tmp_path: Path, container: str) -> None:
        """Nor does it open a file of this machine, though it lie beside it."""
        other = tmp_path / f"other.{container.removeprefix('mpeg')}"
        other.write_bytes(wav(tone()) if container == "wav" else FORMATS["ts"][0]())
        assert decoded(open_media(FileAudio(other)))
        for address in (str(other), other.name, f"file:{other}"):
            for source in playlists(tmp_path, address):
                with pytest.raises(BadAudioError):
                    decoded(open_media(source))

    def test_nothing_is_printed(self, tmp_path: Path) -> None:
        """FFmpeg's log lines stay off standard error."""
        good = recorded("mp3", "libmp3lame", seconds=3.0)
        (tmp_path / "a.mp3").write_bytes(good[:9000] + bytes(3000) + random.Random(5).randbytes(5000) + good[17_000:])
        (tmp_path / "b.flac").write_bytes(b"fLaC" + random.Random(5).randbytes(5000))
        (tmp_path / "c.ts").write_bytes(recorded("mpegts", "aac", rate=48_000)[1000:])
        code = """
import sys
from pathlib import Path
from earwitness.errors import BadAudioError
from earwitness.media import open_media, pcm
from earwitness.request import FileAudio
for name in sys.argv[1:]:
    try:
        print(sum(map(len, pcm(open_media(FileAudio(Path(name))), sample_rate=16000))))
    except BadAudioError:
        print("bad")
"""
        done = run(code, *map(str, sorted(tmp_path.glob("*.*"))))
        assert len(done.stdout.split()) == 3
        assert done.stderr == ""

    def test_an_absurd_rate_in_any_container_is_refused(self) -> None:
        """A rate of 1 Hz would blow a small file up to hours."""
        for rate in (1, 900):
            with pytest.raises(BadAudioError, match="samples a second"):
                media_of(recorded("aiff", "pcm_s16be", rate=RATE).replace(aiff_rate(RATE), aiff_rate(rate)))


class TestConverting:
    """A service gets a form that it takes, or the caller hears why not."""

    def test_what_fits_is_left_alone(self) -> None:
        """The same object comes back."""
        media = media_of(FORMATS["mp3"][0]())
        assert convert(media, AudioForm(containers=("wav", "mp3"), max_channels=2)) is media

    @pytest.mark.parametrize("kind", FORMATS)
    def test_everything_becomes_speech_wav(self, kind: str) -> None:
        """A service that takes 16 kHz mono WAV gets the tone in that form, once, and the file goes with the media."""
        form = AudioForm(containers=("wav",), codecs=("pcm_s16le",), sample_rates=(RATE,), max_channels=1)
        with convert(media_of(FORMATS[kind][0](), "my talk.x"), form) as made:
            assert misfit(made.facts, form) == ""
            assert (made.name, made.content_type) == ("my talk.wav", "audio/wav")
            assert is_the_tone(decoded(made))
            assert convert(made, form) is made
            assert made.path is not None
            assert made.path.stat().st_mode & 0o077 == 0 or os.name == "nt"

    @pytest.mark.parametrize(
        ("preferred", "name", "facts"),
        [
            (("flac", "flac"), "talk.flac", AudioFacts("flac", "flac", 1500, RATE, 1)),
            (("mp3", "mp3"), "talk.mp3", AudioFacts("mp3", "mp3", 1500, RATE, 1)),
            (("ogg", "opus"), "talk.ogg", AudioFacts("ogg", "opus", 1500, 48_000, 1)),
            (("m4a", "aac"), "talk.m4a", AudioFacts("m4a", "aac", 1500, RATE, 1)),
            (("aac", "aac"), "talk.aac", AudioFacts("aac", "aac", 1500, RATE, 1)),
            (("wav", "pcm_mulaw"), "talk.wav", AudioFacts("wav", "pcm_mulaw", 1500, RATE, 1)),
            (("s16le", "pcm_s16le"), "talk.raw", AudioFacts("s16le", "pcm_s16le", 1500, RATE, 1)),
        ],
    )
    def test_any_preferred_form(self, preferred: tuple[str, str], name: str, facts: AudioFacts) -> None:
        """The service's favourite container and codec are made."""
        form = AudioForm(containers=(preferred[0],), codecs=(preferred[1],), sample_rates=(RATE,), preferred=preferred)
        with convert(media_of(wav(tone(44_100), rate=44_100), "talk.wav"), form) as made:
            assert made.name == name
            assert replace(made.facts, duration_ms=1500) == replace(facts, length=made.length)
            sound = decoded(made)
            assert is_the_tone(sound)
            assert abs(len(sound) // 2 - 1.5 * RATE) <= RATE // 10

    @pytest.mark.parametrize(
        ("rates", "rate", "wanted"),
        [((8000, 16_000), 44_100, 16_000), ((8000, 16_000), 11_025, 16_000), ((16_000, 8000), 8000, 8000)],
    )
    def test_no_more_is_lost_than_need_be(self, rates: tuple[int, ...], rate: int, wanted: int) -> None:
        """The rate is the lowest that keeps everything, else the highest allowed."""
        with convert(
            media_of(wav(tone(rate, loud=(LOUD, LOUD)), channels=2, rate=rate)),
            AudioForm(sample_rates=rates, max_channels=1),
        ) as made:
            assert (made.facts.sample_rate, made.facts.channels) == (wanted, 1)
            assert is_the_tone(decoded(made))

    @pytest.mark.parametrize(
        ("containers", "limit", "made_as"),
        [
            (("wav", "flac", "ogg"), 100_000, "wav"),
            (("wav", "flac", "ogg"), 45_000, "flac"),
            (("wav", "ogg"), 15_000, "ogg"),
            (("wav", "mp3"), 15_000, "mp3"),
            (("wav", "m4a"), 20_000, "m4a"),
        ],
    )
    def test_too_big_becomes_smaller(self, containers: tuple[str, ...], limit: int, made_as: str) -> None:
        """First the rate goes down, then the smallest loss among what the service takes."""
        big = wav(tone(44_100, loud=(LOUD, LOUD)), channels=2, rate=44_100)
        with convert(media_of(big), AudioForm(containers=containers, max_bytes=limit)) as made:
            assert made.length <= limit
            assert made.facts.container == made_as
            assert is_the_tone(decoded(made))

    def test_too_big_for_everything(self) -> None:
        """The error says the limit and the ways that are left."""
        with pytest.raises(AudioTooLargeError, match=r"more than the 900 bytes .* Split it"):
            convert(media_of(wav(tone())), AudioForm(max_bytes=900))

    @pytest.mark.parametrize(("minutes", "tried"), [(30, True), (42, False)])
    def test_what_speech_surely_takes_is_not_tried_in_vain(self, minutes: int, tried: bool) -> None:
        """Half an hour might fit into 5 MB as Opus with some silence in it; 42 minutes are refused unencoded."""
        facts = AudioFacts("mp3", "mp3", minutes * 60_000, length=6_000_000)
        form = AudioForm(("ogg",), ("opus",), max_bytes=5 * 1024 * 1024, preferred=("ogg", "opus"))
        if tried:
            assert conversion(facts, form) is not None
        else:
            with pytest.raises(AudioTooLargeError):
                conversion(facts, form)

    def test_the_last_bytes_count_too(self) -> None:
        """An index that is written at the end must fit as well."""
        form = AudioForm(containers=("m4a",), preferred=("m4a", "aac"), sample_rates=(RATE,))
        with convert(media_of(wav(tone())), form) as made:
            limit = made.length - 1
        with pytest.raises(AudioTooLargeError):
            convert(media_of(wav(tone())), replace(form, max_bytes=limit))

    def test_a_contradictory_form_is_the_provider_s_fault(self) -> None:
        """A preferred form that the same service does not take is told as such."""
        with pytest.raises(ConfigurationError, match=r"still not what the service takes: its codec is flac, not mp3"):
            convert(media_of(wav(tone())), AudioForm(codecs=("mp3",), preferred=("flac", "flac")))

    def test_too_long(self) -> None:
        """No packing makes a recording shorter, so nothing is decoded at all."""
        with pytest.raises(AudioTooLargeError, match=r"longer than the 1 s .* Split it"):
            convert(media_of(wav(tone())), AudioForm(max_duration_ms=1000))

    @pytest.mark.parametrize("limit", [{"max_duration_ms": 1000}, {"max_bytes": 900}])
    def test_the_provider_s_own_advice(self, limit: dict[str, int]) -> None:
        """Where a service says what else a person can do, the error says that."""
        with pytest.raises(AudioTooLargeError, match=r"accepts.*\. Use the other door\."):
            convert(media_of(wav(tone())), AudioForm(otherwise="Use the other door.", **limit))

    def test_too_long_without_a_known_length(self) -> None:
        """A recording that does not say how long it lasts is refused as soon as it proves too long."""
        media = media_of(FORMATS["mp3"][0]())
        media.facts = replace(media.facts, duration_ms=None)
        with pytest.raises(AudioTooLargeError, match="longer than the 1 s"):
            convert(media, AudioForm(containers=("wav",), max_duration_ms=1000))

    def test_a_form_that_cannot_be_made(self) -> None:
        """A codec without an encoder, or one that its container refuses, is the plugin's or installation's fault."""
        for preferred in (("ogg", "nonesuch"), ("ogg", "pcm_s16le"), ("nonesuch", "flac")):
            with pytest.raises(ConfigurationError, match="cannot write"):
                convert(media_of(wav(tone())), AudioForm(containers=(preferred[0],), preferred=preferred))

    def test_bad_audio_leaves_nothing_behind(self) -> None:
        """When decoding fails half-way, the half-made file goes away."""
        media = media_of(FORMATS["flac"][0]())
        broken = Media(name="x", length=9, facts=media.facts, data=b"fLaC\0\0\0\0\0")
        with pytest.raises(BadAudioError):
            convert(broken, AudioForm(containers=("wav",)))

    @pytest.mark.skipif(sys.platform == "win32", reason="needs file size limits")
    @pytest.mark.parametrize("preferred", [("wav", "pcm_s16le"), ("flac", "flac")])
    def test_a_full_disk_is_told(self, tmp_path: Path, preferred: tuple[str, str], temporary_folder: Path) -> None:
        """The error names the folder, and nothing stays behind."""
        path = tmp_path / "talk.mp3"
        path.write_bytes(recorded("mp3", "libmp3lame", rate=44_100, seconds=6.0))
        code = """
import resource, sys, tempfile
from pathlib import Path
from earwitness.capabilities import AudioForm
from earwitness.errors import OutputError
from earwitness.media import convert, open_media
from earwitness.request import FileAudio
tempfile.tempdir = sys.argv[2]
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    form = AudioForm(containers=(sys.argv[3],), preferred=tuple(sys.argv[3:]))
    convert(open_media(FileAudio(Path(sys.argv[1]))), form)
except OutputError as error:
    print(error)
"""
        assert str(temporary_folder) in run(code, str(path), str(temporary_folder), *preferred).stdout

    @pytest.mark.parametrize(
        ("facts", "form", "why"),
        [
            (
                AudioFacts(container="mp3"),
                AudioForm(containers=("wav", "flac")),
                "its container is mp3, not wav or flac",
            ),
            (AudioFacts(container="webm"), AudioForm(containers=("matroska,webm",)), ""),
            (AudioFacts(codec="aac"), AudioForm(codecs=("flac",)), "its codec is aac, not flac"),
            (
                AudioFacts(sample_rate=44_100),
                AudioForm(sample_rates=(8000, 16_000)),
                "it has 44100 Hz, not 8000 or 16000",
            ),
            (AudioFacts(codec="opus", sample_rate=48_000), AudioForm(sample_rates=(16_000,)), ""),
            (AudioFacts(channels=2), AudioForm(max_channels=1), "it has 2 channels, more than 1"),
            (AudioFacts(length=2_000_001), AudioForm(max_bytes=2_000_000), "it has 2.0 MB, more than 2.0 MB"),
            (
                AudioFacts(duration_ms=3_661_000),
                AudioForm(max_duration_ms=60_000),
                "it lasts 1:01:01, longer than 0:01:00",
            ),
            (AudioFacts("wav", "pcm_s16le", 1000, 8000, 1, 16_044), AudioForm(), ""),
        ],
    )
    def test_the_misfit_is_named(self, facts: AudioFacts, form: AudioForm, why: str) -> None:
        """The first thing that does not fit, in one phrase."""
        assert misfit(facts, form) == why


class TestMemory:
    """Memory does not grow with the audio."""

    @pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
    def test_an_hour_takes_a_few_mebibytes(self, tmp_path: Path) -> None:
        """Decoding and resampling an hour of FLAC, and converting it, grow the process by less than 24 MiB."""
        path = tmp_path / "hour.flac"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("flac", rate=8000)
            stream.layout = "mono"
            block = random.Random(1).randbytes(16_000)
            for second in range(3600):
                frame = av.AudioFrame("s16", "mono", 8000)
                frame.planes[0].update(block if second % 60 == 0 else bytes(16_000))
                frame.sample_rate, frame.pts, frame.time_base = 8000, second * 8000, Fraction(1, 8000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        code = """
import resource, sys, tempfile
from pathlib import Path
from earwitness.capabilities import AudioForm
from earwitness.media import convert, open_media, pcm
from earwitness.request import FileAudio
tempfile.tempdir = sys.argv[2]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
media = open_media(FileAudio(Path(sys.argv[1])))
next(pcm(media, sample_rate=16000))
before = peak()
print(sum(map(len, pcm(media, sample_rate=16000))))
with convert(media, AudioForm(containers=("wav",), sample_rates=(16000,))) as made:
    print(made.facts.duration_ms)
print(peak() - before)
"""
        length, duration, grown = map(int, run(code, str(path), tempfile.gettempdir()).stdout.split())
        assert abs(length - 3600 * RATE * 2) < RATE
        assert abs(duration - 3_600_000) < 100
        assert grown < 24 * 1024

    def test_bare_samples_of_another_rate(self) -> None:
        """Headerless samples are resampled like any other sound."""
        media = open_media(BytesAudio(tone(8000), "talk.bin", PcmFormat(8000)))
        assert is_the_tone(decoded(media))


def playlists(folder: Path, address: str) -> Iterator[FileAudio | BytesAudio]:
    """Playlists as files and in memory, with a byte that is no text, so that they get as far as FFmpeg."""
    lists = {
        "a.m3u8": f"#EXTM3U\n#\x01\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n",
        "a.ffconcat": f"ffconcat version 1.0\nfile '{address}'\n#\x01\n",
        "a.sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=\x01{address}\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    }
    for name, text in lists.items():
        (folder / name).write_bytes(text.encode())
        yield FileAudio(folder / name)
        yield BytesAudio(text.encode(), name)


def retitled(ogg: bytes) -> bytes:
    """The same Ogg file with a title in Latin-1, and the checksum of its page made right again."""
    place = ogg.index(b"TITLETITLE")
    start = ogg.rindex(b"OggS", 0, place)
    end = ogg.index(b"OggS", place)
    page = bytearray(ogg[start:end].replace(b"TITLETITLE", b"T\xe9TLET\xffTLE"))
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", checksum(page))
    return ogg[:start] + bytes(page) + ogg[end:]


def checksum(page: bytes | bytearray) -> int:
    """The checksum of an Ogg page (RFC 3533, 6)."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value


def aiff_rate(rate: int) -> bytes:
    """A rate as the 80-bit number that AIFF uses."""
    power = rate.bit_length() - 1
    return struct.pack(">HQ", 16_383 + power, rate << (63 - power))
