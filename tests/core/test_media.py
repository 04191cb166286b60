"""Sources, facts and plain samples: what works without PyAV, and what bad input is told."""

import errno
import gc
import io
import os
import pickle
import random
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.capabilities import AudioFacts
from earwitness.errors import (
    BadAudioError,
    ConfigurationError,
    EarwitnessError,
    InvalidRequestError,
    OutputError,
    UnsupportedFeatureError,
)
from earwitness.media import Media, misfit, open_media, pcm, probe
from earwitness.media._source import LARGE
from earwitness.request import (
    BytesAudio,
    FileAudio,
    LiveAudio,
    OpenFileAudio,
    PcmFormat,
    StoredAudio,
    UrlAudio,
    audio_source,
)
from support.fresh import run

RATE = 16_000


def samples(count: int = RATE, *, channels: int = 1) -> bytes:
    """Numbered samples: every one differs from its neighbours, and each channel from the others."""
    values = [(n * 7 + c * 11_000) % 30_000 - 15_000 for n in range(count) for c in range(channels)]
    return struct.pack(f"<{len(values)}h", *values)


def fmt(tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, extra: bytes = b"") -> bytes:
    """A `fmt ` chunk."""
    frame = channels * bits // 8
    body = struct.pack("<HHIIHH", tag, channels, rate, (rate * frame) & 0xFFFFFFFF, frame & 0xFFFF, bits) + extra
    return b"fmt " + struct.pack("<I", len(body)) + body


def riff(*chunks: bytes, kind: bytes = b"RIFF", size: int | None = None) -> bytes:
    """A RIFF file of these chunks; `size` makes it lie about its length."""
    body = b"WAVE" + b"".join(chunks)
    return kind + struct.pack("<I", len(body) if size is None else size) + body


def data(body: bytes, size: int | None = None) -> bytes:
    """A `data` chunk; `size` makes it lie."""
    return b"data" + struct.pack("<I", len(body) if size is None else size) + body


def wav(body: bytes = b"", **form: Any) -> bytes:
    """An ordinary WAV file."""
    return riff(fmt(**form), data(body or samples()))


def media_of(content: bytes, name: str = "talk.wav", form: PcmFormat | None = None) -> Media:
    """Media in memory."""
    return open_media(BytesAudio(content, name, form))


def content_of(media: Media) -> bytes:
    """All bytes of the media, by a reader of its own."""
    with media.open() as file:
        return file.read()


def decoded(media: Media, **wanted: Any) -> bytes:
    """Everything that decoding gives."""
    return b"".join(pcm(media, **{"sample_rate": RATE, **wanted}))


def _cut(path: Path) -> None:
    os.truncate(path, 100_000)


def _continued(path: Path) -> None:
    with path.open("ab") as file:
        file.write(samples())


def _written_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(150_000)
        file.write(bytes(1000))
    # Clocks of file systems are coarse.
    os.utime(path, ns=(0, 0))


CHANGES: dict[str, Callable[[Path], None]] = {"cut": _cut, "continued": _continued, "written over": _written_over}


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


class TestSources:
    """A source becomes re-openable media of known length."""

    def test_a_file_is_opened_again_and_again(self, tmp_path: Path) -> None:
        """Each reader begins at the first byte, and the media knows the length, the name and the type."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        with open_media(FileAudio(path)) as media:
            assert [content_of(media) for _ in range(2)] == [wav(), wav()]
            assert (media.length, media.name, media.path) == (len(wav()), "talk.wav", path)
            assert media.content_type == "audio/wav"
        assert path.exists()

    def test_bytes_stay_in_memory(self, temporary_folder: Path) -> None:
        """Small audio in memory needs no file."""
        media = media_of(wav())
        assert media.path is None
        assert content_of(media) == content_of(media) == wav()
        assert list(temporary_folder.iterdir()) == []

    def test_large_bytes_move_to_a_file(self) -> None:
        """Large audio lies in a temporary file, so that pickled media stays small."""
        with media_of(bytes(LARGE + 2), "talk.raw") as media:
            assert media.path is not None
            assert len(pickle.dumps(media)) < 2000

    def test_an_open_stream_is_copied_once_for_its_owner_only(self) -> None:
        """A stream that cannot go back becomes a temporary file that others cannot read, gone after closing."""
        with open_media(OpenFileAudio(cast(BinaryIO, Trickle(wav())), "talk.wav")) as media:
            path = media.path
            assert path is not None
            assert path.stat().st_mode & 0o077 == 0 or os.name == "nt"
            assert content_of(media) == wav()
            assert media.length == len(wav())
        assert not path.exists()

    def test_an_open_stream_is_read_from_where_it_stands(self) -> None:
        """What was read before is not part of the audio."""
        stream = io.BytesIO(b"preface" + wav())
        stream.read(7)
        with open_media(OpenFileAudio(stream)) as media:
            assert content_of(media) == wav()

    def test_a_forgotten_media_leaves_nothing_behind(self, temporary_folder: Path) -> None:
        """The temporary file goes with the object."""
        media = open_media(OpenFileAudio(io.BytesIO(wav())))
        assert len(list(temporary_folder.iterdir())) == 1
        del media
        gc.collect()
        assert list(temporary_folder.iterdir()) == []

    def test_closing_twice_does_no_harm(self) -> None:
        """The second close finds nothing to do."""
        media = open_media(OpenFileAudio(io.BytesIO(wav())))
        media.close()
        media.close()

    def test_a_pickled_copy_reads_the_same_and_removes_nothing(self) -> None:
        """A worker process that lets go of its copy must not take the file away."""
        with open_media(OpenFileAudio(io.BytesIO(wav()), "talk.wav")) as media:
            copy = pickle.loads(pickle.dumps(media))
            assert (copy.name, copy.length, copy.facts) == (media.name, media.length, media.facts)
            assert decoded(copy) == samples()
            copy.close()
            del copy
            gc.collect()
            assert content_of(media) == wav()

    def test_pickled_memory_reads_the_same(self) -> None:
        """Audio in memory travels inside the pickle."""
        assert decoded(pickle.loads(pickle.dumps(media_of(wav())))) == samples()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_forked_child_removes_nothing(self) -> None:
        """A child inherits the object, and only the parent owns the file."""
        code = """
import io, os, sys
from earwitness.media import open_media
from earwitness.request import OpenFileAudio, PcmFormat
with open_media(OpenFileAudio(io.BytesIO(bytes(100)), "talk", PcmFormat(8000))) as media:
    if child := os.fork():
        os.waitpid(child, 0)
        print(media.path.exists())
    else:
        media.close()
        os._exit(0)
print(media.path.exists())
"""
        assert run(code).stdout.split() == ["True", "False"]

    def test_a_file_that_changed_is_refused(self, tmp_path: Path) -> None:
        """A length that was promised to a vendor must still hold when the file is opened again."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        media = open_media(FileAudio(path))
        path.write_bytes(wav() + b"more")
        with pytest.raises(BadAudioError, match="changed while it was in use"):
            media.open()

    @pytest.mark.parametrize("size", [-1, 1000])
    def test_a_file_cut_after_its_opening_is_no_shorter_file(self, tmp_path: Path, size: int) -> None:
        """Whoever reads a file to its end is told when the end comes too early."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav(samples(RATE * 10)))
        with open_media(FileAudio(path)).open() as file:
            os.truncate(path, 200_000)
            with pytest.raises(BadAudioError, match=r"talk\.wav has changed while it was in use"):
                while file.read(size):
                    pass

    def test_a_file_that_went_away_is_named(self, tmp_path: Path) -> None:
        """The error names the file."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        media = open_media(FileAudio(path))
        path.unlink()
        with pytest.raises(BadAudioError, match=r"There is no file talk\.wav"):
            media.open()

    @pytest.mark.parametrize(
        ("source", "feature", "words"),
        [
            (UrlAudio("https://user:secret@example.com/a.wav?sig=hidden"), "url", "example.com"),
            (StoredAudio("bucket/key"), "stored", "vendor"),
        ],
    )
    def test_audio_elsewhere_is_refused(self, source: UrlAudio | StoredAudio, feature: str, words: str) -> None:
        """What only a vendor can reach is refused with the way out, and without the secret part of an address."""
        with pytest.raises(UnsupportedFeatureError, match="Download it first") as caught:
            open_media(source)
        assert caught.value.feature == feature
        assert words in str(caught.value)
        assert "hidden" not in str(caught.value)
        assert "secret" not in str(caught.value)

    def test_live_audio_is_no_recording(self) -> None:
        """Live audio has no end to wait for, but its form is known."""
        with pytest.raises(InvalidRequestError, match="stream"):
            open_media(LiveAudio(8000))
        assert probe(LiveAudio(8000)).sample_rate == 8000

    def test_the_repr_shows_no_audio(self) -> None:
        """Audio is personal data."""
        assert "data" not in repr(media_of(wav()))
        assert len(repr(media_of(wav()))) < 300


class TestBadFiles:
    """Bad input gets one clear sentence with the next action; nothing crashes or hangs."""

    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (b"", "talk.wav", "talk.wav is empty"),
            (b"Dear diary,\n" * 100, "talk.wav", "talk.wav is text, not audio"),
            ("녹음이 아니라 글입니다. ".encode() * 500, "talk.mp3", "is text, not audio"),
            ("Not a recording.".encode("utf-16"), "talk.mp3", "is text, not audio"),
            (b"<!DOCTYPE html><html>404</html>", "talk.mp3", "is text, not audio"),
            (b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n", "talk.m3u8", "is text, not audio"),
            (b"RIFF", "talk.wav", "is text, not audio"),
            (riff()[:12], "talk.wav", "no samples after its header"),
            (riff(fmt()), "talk.wav", "no samples after its header"),
            (riff(data(samples())), "talk.wav", "description of its samples is missing"),
            (riff(b"fmt \x06\0\0\0abcdef", data(samples())), "talk.wav", "missing or cut short"),
            (riff(b"fmt \xff\xff\xff\x7fxx"), "talk.wav", r"fmt part claims 2,147,483,647 bytes in a file of 22"),
            (riff(fmt(), b"LI\0T\xff\xff\0\0abc"), "talk.wav", "LIT part claims 65,535 bytes"),
            (riff(b"ds64\x04\0\0\0abcd", fmt(), data(b"")), "talk.wav", "header is cut short"),
            (riff(fmt(), data(b"")), "talk.wav", "talk.wav holds no sound"),
            (riff(fmt(), data(b"x")), "talk.wav", "talk.wav holds no sound"),
            (wav(rate=0), "talk.wav", "claims 0 samples a second"),
            (wav(rate=1), "talk.wav", "claims 1 samples a second"),
            (wav(rate=4_000_000_000), "talk.wav", "claims 4,000,000,000 samples a second"),
            (wav(channels=0), "talk.wav", "claims 0 channels"),
            (wav(channels=65_535), "talk.wav", "claims 65,535 channels"),
            (b"\0", "talk.raw", "shorter than one sample"),
            (b"Dear diary,\n" * 100, "talk.raw", "is text, not audio"),
        ],
    )
    def test_what_is_no_audio_is_told(self, content: bytes, name: str, words: str) -> None:
        """Each kind of broken content has its own sentence and a next action."""
        with pytest.raises(BadAudioError, match=words) as caught:
            media_of(content, name)
        assert caught.value.action

    def test_a_missing_file_and_a_folder_are_told(self, tmp_path: Path) -> None:
        """The sentence says which of the two it is."""
        with pytest.raises(BadAudioError, match=r"There is no file .*nowhere\.wav"):
            open_media(FileAudio(tmp_path / "nowhere.wav"))
        with pytest.raises(BadAudioError, match="is a folder"):
            open_media(FileAudio(tmp_path))
        with pytest.raises(BadAudioError, match="cannot be read"):
            open_media(FileAudio(Path("a\0b")))

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_a_pipe_is_refused_without_waiting(self, tmp_path: Path) -> None:
        """Opening a named pipe could wait for ever, so it is not opened."""
        pipe = tmp_path / "talk.wav"
        os.mkfifo(pipe)
        with pytest.raises(BadAudioError, match="is a pipe"):
            open_media(FileAudio(pipe))

    @pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs device files")
    def test_a_device_is_refused(self) -> None:
        """A device may be endless."""
        with pytest.raises(BadAudioError, match="is a device"):
            open_media(FileAudio(Path("/dev/zero")))

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs socket files")
    def test_a_socket_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A socket file is no recording."""
        monkeypatch.chdir(tmp_path)  # the path of a socket must be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s.wav")
            with pytest.raises(BadAudioError, match="device or socket"):
                open_media(FileAudio(Path("s.wav")))

    @pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs user ids")
    def test_a_file_of_somebody_else_is_told(self, tmp_path: Path) -> None:
        """Without the right to read, the sentence says so; the superuser is asked to be somebody else."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        path.chmod(0)
        with as_nobody(), pytest.raises(BadAudioError, match="may not be read"):
            open_media(FileAudio(path))

    def test_a_text_file_object_is_refused(self) -> None:
        """Characters are not bytes."""
        with pytest.raises(InvalidRequestError, match="text mode"):
            open_media(OpenFileAudio(cast(BinaryIO, io.StringIO("abc"))))

    def test_a_stream_that_fails_is_told(self) -> None:
        """An error of the stream becomes ours, and the half-made copy goes away."""
        with pytest.raises(BadAudioError, match=f"cannot be read: {os.strerror(errno.EIO)}"):
            open_media(OpenFileAudio(cast(BinaryIO, Trickle(wav(), fails=True)), "talk.wav"))

    def test_a_closed_stream_is_told(self) -> None:
        """What Python says about a closed file becomes our sentence."""
        stream = io.BytesIO(wav())
        stream.close()
        with pytest.raises(BadAudioError, match="closed file"):
            open_media(OpenFileAudio(stream))

    def test_no_room_for_a_copy_is_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A temporary folder that cannot be written is named, with the variable that changes it."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        with pytest.raises(OutputError, match="TMPDIR"):
            open_media(OpenFileAudio(io.BytesIO(wav())))

    def test_a_name_cannot_forge_a_message(self) -> None:
        """Line breaks and terminal escapes in a name stay out of the message."""
        with pytest.raises(BadAudioError) as caught:
            media_of(b"", "talk\n\x1b[31mall is well" + "x" * 500)
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 150

    @given(st.binary(max_size=300), st.booleans())
    def test_no_header_makes_it_crash(self, tail: bytes, whole: bool) -> None:
        """Any bytes after a WAV beginning are facts or one of our errors."""
        head = riff(fmt(), size=99)[:36] if whole else b"RIFF\0\0\0\0WAVE"
        try:
            facts = media_of(head + tail).facts
        except EarwitnessError as error:
            assert isinstance(error, BadAudioError)
        else:
            assert facts.length == len(head + tail)

    def test_a_mutated_header_never_crashes(self) -> None:
        """Two thousand damaged headers give samples or a BadAudioError, and never more sound than bytes allow."""
        dice = random.Random(7)
        good = bytearray(riff(fmt(), b"LIST\x05\0\0\0abcde\0", data(samples(50))))
        for _ in range(2000):
            bad = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                bad[dice.randrange(64)] = dice.choice((0, 1, 0x7F, 0xFF, dice.randrange(256)))
            try:
                media = media_of(bytes(bad))
                if (media.facts.codec, media.facts.sample_rate, media.facts.channels) == ("pcm_s16le", RATE, 1):
                    assert 0 < len(decoded(media)) <= len(bad)
            except EarwitnessError as error:
                assert isinstance(error, BadAudioError)


class TestWav:
    """The header reader finds what is truly there."""

    @pytest.mark.parametrize(
        "content",
        [
            wav(),
            riff(fmt(extra=b"\0\0"), data(samples())),
            riff(b"JUNK\x03\0\0\0abc\0", fmt(), b"LIST\x05\0\0\0abcde\0", data(samples()), b"LIST\x02\0\0\0ab"),
            riff(fmt(), data(samples(), 0xFFFFFFFF), size=0xFFFFFFFF),
            riff(fmt(), data(samples(), 0), size=36),
            riff(fmt(), data(samples(), 0), size=0),
            riff(fmt(), data(samples(), 99_999), size=0),
            riff(fmt(), data(samples(), 99_999)),
            riff(fmt(), data(samples() + b"x")),
            riff(
                b"ds64" + struct.pack("<IQQQI", 28, 0, len(samples()), RATE, 0),
                fmt(),
                data(samples(), 0xFFFFFFFF),
                b"LIST\x02\0\0\0ab",
                kind=b"RF64",
                size=0xFFFFFFFF,
            ),
            riff(
                fmt(
                    tag=0xFFFE, extra=struct.pack("<HHIH14s", 22, 16, 4, 1, b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")
                ),
                data(samples()),
            ),
        ],
        ids=[
            "plain",
            "fmt18",
            "odd chunks",
            "streamed",
            "open",
            "open too",
            "cut",
            "lying",
            "odd end",
            "RF64",
            "extensible",
        ],
    )
    def test_the_same_samples_come_out(self, content: bytes) -> None:
        """However the header is written, the samples are those that were put in, and so is the duration."""
        media = media_of(content)
        assert media.facts == AudioFacts("wav", "pcm_s16le", 1000, RATE, 1, len(content))
        assert decoded(media) == samples()

    def test_what_is_missing_is_a_warning(self) -> None:
        """A recording that was cut short gives what there is, and says how much is missing."""
        stream = pcm(media_of(riff(fmt(), data(samples(), 40_000))), sample_rate=RATE)
        assert b"".join(stream) == samples()
        assert [warning for warning in stream.warnings if "cut short" in warning and "8,000" in warning]

    def test_a_whole_recording_has_no_warning(self) -> None:
        """Nothing is wrong with an ordinary file."""
        stream = pcm(media_of(wav()), sample_rate=RATE)
        assert b"".join(stream)
        assert stream.warnings == []

    @pytest.mark.parametrize(
        ("form", "codec"),
        [
            ({"bits": 8}, "pcm_u8"),
            ({"bits": 24}, "pcm_s24le"),
            ({"bits": 32}, "pcm_s32le"),
            ({"tag": 3, "bits": 32}, "pcm_f32le"),
            ({"tag": 3, "bits": 64}, "pcm_f64le"),
            ({"tag": 6, "bits": 8, "rate": 8000}, "pcm_alaw"),
            ({"tag": 7, "bits": 8, "rate": 8000}, "pcm_mulaw"),
            ({"channels": 6, "rate": 48_000}, "pcm_s16le"),
        ],
    )
    def test_the_form_is_told(self, form: dict[str, int], codec: str) -> None:
        """Codec, rate, channels and duration follow from the header."""
        facts = media_of(wav(bytes(48_000), **form)).facts
        width = form.get("bits", 16) // 8 * form.get("channels", 1) * form.get("rate", RATE)
        assert (facts.codec, facts.sample_rate) == (codec, form.get("rate", RATE))
        assert facts.duration_ms == round(48_000_000 / width)

    @given(st.integers(1, 700), st.integers(1, 2000))
    def test_blocks_join_to_the_same_bytes(self, block_ms: int, count: int) -> None:
        """However the sound is cut, nothing is lost or doubled, and only the last block is short."""
        blocks = list(pcm(media_of(wav(samples(count))), sample_rate=RATE, block_ms=block_ms))
        assert b"".join(blocks) == samples(count)
        assert {len(block) for block in blocks[:-1]} <= {RATE * block_ms // 1000 * 2}

    @given(st.integers(1, 6), st.data())
    def test_one_channel_is_taken_by_itself(self, channels: int, choice: st.DataObject) -> None:
        """A channel comes out as it went in."""
        channel = choice.draw(st.integers(0, channels - 1))
        body = samples(300, channels=channels)
        values = struct.unpack(f"<{300 * channels}h", body)
        got = decoded(media_of(wav(body, channels=channels)), channel=channel, block_ms=choice.draw(st.integers(1, 9)))
        assert struct.unpack("<300h", got) == values[channel::channels]

    def test_two_channels_stay_two(self) -> None:
        """Asking for both channels gives them interleaved."""
        body = samples(channels=2)
        assert decoded(media_of(wav(body, channels=2)), channels=2) == body

    @pytest.mark.parametrize("change", sorted(CHANGES))
    def test_a_change_under_the_reader_is_told(self, tmp_path: Path, change: str) -> None:
        """A file that is cut, continued or written over while it is decoded is an error, not a short recording."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav(samples(RATE * 10)))
        stream = pcm(open_media(FileAudio(path)), sample_rate=RATE)
        next(stream)
        CHANGES[change](path)
        with pytest.raises(BadAudioError, match=r"talk\.wav has changed while it was in use"):
            list(stream)

    def test_a_file_that_is_replaced_is_read_to_its_own_end(self, tmp_path: Path) -> None:
        """Another file moved to its place changes nothing in the one that is being read."""
        path, other, body = tmp_path / "talk.wav", tmp_path / "other.wav", samples(RATE * 10)
        path.write_bytes(wav(body))
        other.write_bytes(wav())
        stream = pcm(open_media(FileAudio(path)), sample_rate=RATE)
        first = next(stream)
        other.replace(path)
        assert first + b"".join(stream) == body

    def test_who_stops_early_is_told_nothing(self, tmp_path: Path) -> None:
        """A change that comes after the reader has lost interest is no error."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav(samples(RATE * 10)))
        stream = pcm(open_media(FileAudio(path)), sample_rate=RATE)
        next(stream)
        CHANGES["cut"](path)
        stream.close()

    def test_closing_lets_go_of_the_file(self, tmp_path: Path) -> None:
        """Who stops early holds nothing open."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        stream = pcm(open_media(FileAudio(path)), sample_rate=RATE)
        next(stream)
        stream.close()
        assert list(stream) == []

    @pytest.mark.parametrize(
        "wanted",
        [
            {"sample_rate": 0},
            {"sample_rate": 10**9},
            {"channels": 0},
            {"channels": 3},
            {"channels": 2, "channel": 0},
            {"block_ms": 0},
            {"channel": -1},
        ],
    )
    def test_an_impossible_wish_is_refused_at_once(self, wanted: dict[str, int]) -> None:
        """The caller hears of it before the first sample is asked for."""
        with pytest.raises(InvalidRequestError):
            pcm(media_of(wav()), **{"sample_rate": RATE, **wanted})


class TestBareSamples:
    """Headerless samples have the form that is given, or that their name means."""

    @pytest.mark.parametrize("name", ["talk.raw", "talk.pcm", "TALK.RAW"])
    def test_the_name_means_16_khz_mono(self, name: str) -> None:
        """`.raw` and `.pcm` need no form."""
        media = media_of(samples(), name)
        assert media.facts == AudioFacts("s16le", "pcm_s16le", 1000, RATE, 1, 2 * RATE)
        assert decoded(media) == samples()

    def test_a_given_form_holds(self) -> None:
        """The form outweighs the name, and a sample that is cut in two is left out."""
        media = media_of(samples(4000, channels=2) + b"x", "talk.raw", PcmFormat(8000, 2))
        assert (media.facts.sample_rate, media.facts.channels, media.facts.duration_ms) == (8000, 2, 500)
        assert decoded(media, sample_rate=8000, channels=2) == samples(4000, channels=2)

    def test_a_wav_header_outweighs_everything(self) -> None:
        """A WAV file under a wrong name or with a wrong form is still a WAV file: its header knows best."""
        assert decoded(media_of(wav(), "talk.raw", PcmFormat(8000, 2))) == samples()

    @pytest.mark.parametrize("form", [PcmFormat(0), PcmFormat(10**9), PcmFormat(16_000, 0), PcmFormat(16_000, 99)])
    def test_an_absurd_form_is_refused(self, form: PcmFormat) -> None:
        """No sound has such a form."""
        with pytest.raises(BadAudioError):
            media_of(samples(), "talk.raw", form)

    def test_bare_samples_in_a_stream(self) -> None:
        """Piped samples need their form."""
        with open_media(OpenFileAudio(io.BytesIO(samples()), "-", PcmFormat(RATE))) as media:
            assert decoded(media) == samples()


class TestProbe:
    """Facts are had without decoding and without using anything up."""

    def test_a_file_and_its_media_tell_the_same(self, tmp_path: Path) -> None:
        """It does not matter what is asked."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        assert probe(FileAudio(path)) == probe(open_media(FileAudio(path))) == probe(audio_source(wav()))

    def test_an_open_file_stays_where_it_stood(self) -> None:
        """Probing does not use a file up."""
        stream = io.BytesIO(b"1234" + wav())
        stream.seek(4)
        assert probe(OpenFileAudio(stream)).duration_ms == 1000
        assert stream.tell() == 4

    def test_a_pipe_is_not_used_up(self) -> None:
        """What can be read only once is not read for its facts."""
        stream = Trickle(wav())
        with pytest.raises(InvalidRequestError, match="only once"):
            probe(OpenFileAudio(cast(BinaryIO, stream)))
        assert stream.read(4) == b"RIFF"

    def test_audio_elsewhere_is_unknown(self) -> None:
        """Nothing is known of a URL or a stored object."""
        assert probe(UrlAudio("https://example.com/a")) == probe(StoredAudio("a")) == AudioFacts()

    def test_large_bytes_need_no_file(self, temporary_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Probing writes nothing."""
        monkeypatch.setattr(tempfile, "mkstemp", None)
        assert probe(BytesAudio(bytes(LARGE + 2), "talk.raw")).length == LARGE + 2

    def test_unknown_facts_fit_everywhere(self) -> None:
        """What nobody knows is no reason to refuse."""
        from earwitness.capabilities import AudioForm

        assert misfit(AudioFacts(), AudioForm(("wav",), ("flac",), (8000,), 1, 1, 1)) == ""


class TestWithoutPyav:
    """Core stays light: WAV needs nothing, and everything else says what to install."""

    def test_wav_imports_no_pyav(self, tmp_path: Path) -> None:
        """Decoding a WAV file of the right form never loads FFmpeg."""
        path = tmp_path / "talk.wav"
        path.write_bytes(wav())
        code = (
            "import sys; from pathlib import Path; from earwitness.media import open_media, pcm;"
            "from earwitness.request import FileAudio;"
            "media = open_media(FileAudio(Path(sys.argv[1])));"
            "print(len(b''.join(pcm(media, sample_rate=16000))), 'av' in sys.modules)"
        )
        assert run(code, str(path)).stdout.split() == [str(2 * RATE), "False"]

    def test_other_audio_is_unknown_and_needs_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without PyAV the length is known and the error names the extra."""
        monkeypatch.setitem(sys.modules, "av", None)
        media = media_of(b"fLaC\0\0\0\x22" + bytes(100), "talk.flac")
        assert media.facts == AudioFacts(length=108)
        assert media.content_type in ("audio/flac", "audio/x-flac")
        with pytest.raises(ConfigurationError, match=r'talk.flac needs PyAV.*pip install "earwitness\[media\]"'):
            pcm(media, sample_rate=RATE)
        with pytest.raises(ConfigurationError, match="PyAV"):
            pcm(media_of(wav()), sample_rate=8000)

    def test_packed_wav_is_half_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A codec that the header reader does not know leaves the duration open."""
        monkeypatch.setitem(sys.modules, "av", None)
        facts = media_of(wav(bytes(4000), tag=0x11, bits=4)).facts
        assert (facts.container, facts.codec, facts.duration_ms, facts.sample_rate) == ("wav", None, None, RATE)


class TestMemory:
    """Memory does not grow with the audio."""

    @pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
    def test_an_hour_of_wav_takes_a_few_mebibytes(self, tmp_path: Path) -> None:
        """Reading an hour, and copying an hour from a pipe, grow the process by less than 16 MiB."""
        path = tmp_path / "hour.wav"
        length = 3600 * RATE * 2
        with path.open("wb") as file:
            file.write(riff(fmt(), data(b"", length), size=36 + length))
            file.truncate(44 + length)
        code = """
import io, resource, sys, tempfile
from pathlib import Path
from earwitness.media import open_media, pcm
from earwitness.request import FileAudio, OpenFileAudio
tempfile.tempdir = sys.argv[2]
class Pipe(io.RawIOBase):
    left = int(sys.argv[3])
    def read(self, size=-1):
        size = min(size, self.left)
        self.left -= size
        return b"\\0" * size
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
before = peak()
print(sum(map(len, pcm(open_media(FileAudio(Path(sys.argv[1]))), sample_rate=16000))))
with open_media(OpenFileAudio(Pipe(), "pipe.raw")) as media:
    print(media.length)
print(peak() - before)
"""
        read, copied, grown = map(int, run(code, str(path), tempfile.gettempdir(), str(length)).stdout.split())
        assert (read, copied) == (length, length)
        assert grown < 16 * 1024


class Trickle(io.RawIOBase):
    """A stream that gives a little at a time and cannot go back, as a pipe does."""

    def __init__(self, content: bytes, *, fails: bool = False) -> None:
        super().__init__()
        self._inner = io.BytesIO(content)
        self._fails = fails

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError(errno.ESPIPE, "no way back")

    def read(self, size: int = -1) -> bytes:
        if self._fails and self._inner.tell() > 9000:
            raise OSError(errno.EIO, "broken")
        return self._inner.read(min(size, 1000))


@contextmanager
def as_nobody() -> Iterator[None]:
    """For a while the superuser has the rights of an ordinary user; others have them anyway."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)
