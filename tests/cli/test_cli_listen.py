"""`earwitness listen`: text appears while the audio is heard."""

from __future__ import annotations

import io
import json
import os
import random

import pytest

from earwitness.cli._exit import CODES
from earwitness.cli._listening import _samples, _tail
from earwitness.cli._sniffing import container_of
from earwitness.errors import BadAudioError
from earwitness.export import cells
from support.desk import COMMAND, TIMEOUT_S, Desk

SOUND = bytes(32 * 600)


def test_only_finished_lines_are_piped(desk: Desk) -> None:
    """Piped output is one line per finished segment, the speaker named where it changes, and nothing unfinished."""
    done = desk.run("listen", "-", input=SOUND)
    assert (done.code, done.out, done.err) == (0, "1: hello world\ngood bye\n", "")


def test_events_are_json_lines(desk: Desk) -> None:
    """--json prints every event as a JSON document of its own line, in order of time."""
    done = desk.run("listen", "-", "--json", input=SOUND)
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["interim", "interim", "final", "final"]
    assert events[1]["text"] == "hello wor"
    assert events[2] == {
        "event": "final",
        "segment": {"text": "hello world", "start_ms": 0, "end_ms": 300, "speaker": "1"},
        "heard_ms": 300,
    }


def test_what_is_known_only_at_the_end_is_told_too(desk: Desk) -> None:
    """What was asked for and did not come is a notice after the last line, for people and as an event for machines."""
    done = desk.run("listen", "-", "--word-times", input=SOUND)
    assert done.out == "1: hello world\ngood bye\n"
    assert done.err.count("note: ") == done.err.count("\n") == 1 and "Word times were asked for" in done.err
    done = desk.run("listen", "-", "--word-times", "--json", input=SOUND)
    last = json.loads(done.out.splitlines()[-1])
    assert (last["event"], last["kind"], last["feature"], done.err) == ("notice", "not_delivered", "word_times", "")


def test_a_file_is_heard_as_fast_as_possible_when_asked(desk: Desk) -> None:
    """--fast hears ten minutes without waiting ten minutes."""
    desk.recording("long.wav", ms=600_000)
    done = desk.run("listen", "long.wav", "--fast")
    assert (done.code, done.out) == (0, "1: hello world\ngood bye\n")


def test_a_line_is_written_as_soon_as_it_is_finished(desk: Desk) -> None:
    """The first line arrives while standard input is still open."""
    with desk.start("listen", "-", stdin=-1) as running:
        assert running.stdin is not None and running.stdout is not None
        running.stdin.write(bytes(32 * 350))
        running.stdin.flush()
        assert running.stdout.readline() == b"1: hello world\n"
        running.stdin.write(bytes(32 * 350))
        running.stdin.close()
        assert running.stdout.read() == b"good bye\n"
        assert running.wait(TIMEOUT_S) == 0


def test_a_missing_file_is_one_sentence(desk: Desk) -> None:
    """A file that is not there ends with the code of bad audio."""
    done = desk.run("listen", "nothing.wav")
    assert (done.code, done.out) == (CODES[BadAudioError], "") and done.err.count("\n") == 1


MP3 = bytes.fromhex("fffb9000") + bytes(413)
AAC = bytes.fromhex("fff15080201ffc") + bytes(249)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"RIFF\x24\x7d\x00\x00WAVEfmt ", "WAV"),
        (b"OggS" + bytes(24), "Ogg"),
        (b"fLaC" + bytes(24), "FLAC"),
        (b"ID3\x04" + bytes(24), "MP3"),
        (MP3 * 3, "MP3"),
        (AAC * 3, "AAC"),
        (bytes(3) + b"\x20ftypM4A " + bytes(24), "MP4"),
        (b"\x1a\x45\xdf\xa3" + bytes(24), "Matroska"),
        (b"#!AMR\n" + bytes(24), "AMR"),
    ],
)
def test_a_file_on_standard_input_is_not_taken_for_samples(desk: Desk, head: bytes, told: str) -> None:
    """What begins like a file of another form is refused in one sentence that names the form and the way out."""
    done = desk.run("listen", "-", input=head + SOUND)
    assert (done.code, done.out, done.err.count("\n")) == (CODES[BadAudioError], "", 1)
    assert f"Standard input is {told}" in done.err and "ffmpeg" in done.err


def test_bare_samples_are_never_taken_for_a_file() -> None:
    """Silence, quiet samples, any noise, and what looks like one frame of MP3 and goes on otherwise, are samples."""
    quiet = [bytes(3200), b"\xff" * 3200, MP3 + b"\xff" * 3000, AAC + bytes(3000), b"\xff\xfb", b""]
    noise = [random.Random(seed).randbytes(3200) for seed in range(2000)]
    assert [head for head in (*quiet, *noise) if container_of(head)] == []


def test_the_samples_that_were_looked_at_are_heard_too() -> None:
    """A look at the first samples takes none of them away."""
    assert b"".join(_samples(b"first", io.BytesIO(b" and all the rest").read)) == b"first and all the rest"
    assert list(_samples(b"", io.BytesIO().read)) == []


@pytest.mark.parametrize(("given", "told"), [(b"", "is empty"), (b"\0", "holds one byte, and a sample has two")])
def test_nothing_on_standard_input_is_told(desk: Desk, given: bytes, told: str) -> None:
    """A pipe that brings no whole sample is an error of the audio, as for transcribe, and no silence."""
    done = desk.run("listen", "-", input=given)
    assert (done.code, done.out) == (CODES[BadAudioError], "")
    assert done.err.startswith(f"earwitness: Standard input {told}. ") and done.err.count("\n") == 1


def test_silence_is_told(desk: Desk) -> None:
    """Where nobody spoke, that is noted; with --json, no event says it."""
    with open(desk.folder / "earwitness.toml", "a", encoding="utf-8") as config:
        config.write('[profiles.quiet]\nprovider = "scripted"\n')
    done = desk.run("listen", "-", "-p", "quiet", input=SOUND)
    assert (done.code, done.out, done.err) == (0, "", "earwitness: note: no speech was heard.\n")
    done = desk.run("listen", "-", "-p", "quiet", "--json", input=SOUND)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_an_empty_name_is_told(desk: Desk) -> None:
    """A variable that is not set is a wrong command line."""
    done = desk.run("listen", "")
    assert done.code == 2 and "name of the FILE is empty" in done.err


def test_the_rate_is_checked(desk: Desk) -> None:
    """A rate that no microphone has is a wrong command line."""
    assert desk.run("listen", "-", "--rate", "44").code == 2


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_shows_text_that_grows(desk: Desk) -> None:
    """On a terminal unfinished text is shown and erased again before the finished line takes its place."""
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "listen", "-"],
        cwd=desk.folder,
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as running:
        os.close(theirs)
        assert running.stdin is not None
        running.stdin.write(SOUND)
        running.stdin.close()
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:
            pass
        os.close(ours)
        assert running.wait(TIMEOUT_S) == 0
    text = shown.decode().replace("\r\n", "\n")
    assert text.index("hello wor") < text.index("1: hello world\n") < text.index("good bye\n")
    assert "\r\x1b[Khello wor\r\x1b[K" in text


def test_a_growing_line_never_wraps() -> None:
    """Only the end of a long unfinished text is shown, counted in columns of the terminal."""
    for text in ("word " * 100, "今天天气很好" * 50, "short", ""):
        shown = _tail(text, 40)
        assert cells(shown) <= 40 and text.endswith(shown) and (shown == text or cells(shown) > 15)
