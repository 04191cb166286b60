"""However a run ends, it ends quietly: its exit code, no traceback, no job that runs on, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from earwitness.cli._app import app
from earwitness.cli._exit import BROKEN_PIPE, CODES, INTERRUPTED, TERMINATED
from earwitness.errors import OutputError
from support.desk import COMMAND, TIMEOUT_S, Desk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def started(desk: Desk, *args: str) -> subprocess.Popen[bytes]:
    """The command, once it has begun to wait for a slow vendor: the folder it made says so."""
    running = desk.start("transcribe", *args, "-o", "out/")
    deadline = time.monotonic() + TIMEOUT_S
    while not (desk.folder / "out" / "x.txt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)])
def test_an_interrupt_keeps_what_is_done_and_leaves_no_rubbish(desk: Desk, number: int, code: int) -> None:
    """Ctrl-C or a request to end stops the wait at once; finished files stay whole, no other file remains."""
    desk.recording("x.wav")
    desk.recording("slow.wav")
    with started(desk, "x.wav", "slow.wav") as running:
        running.send_signal(number)
        out, err = running.communicate(timeout=TIMEOUT_S)
    assert (running.returncode, out, err) == (code, b"", b"")
    assert desk.files() == {"x.wav", "slow.wav", os.path.join("out", "x.txt")}
    assert (desk.folder / "out" / "x.txt").read_text() == "anything else\n"


def test_an_interrupt_ends_a_live_transcription(desk: Desk) -> None:
    """Ctrl-C while standard input is silent ends at once, with what was heard already printed."""
    with desk.start("listen", "-", stdin=subprocess.PIPE) as running:
        assert running.stdin is not None and running.stdout is not None
        running.stdin.write(bytes(32 * 350))
        running.stdin.flush()
        assert running.stdout.readline() == b"1: hello world\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(TIMEOUT_S) == INTERRUPTED
        assert running.stderr is not None and running.stderr.read() == b""


def test_an_interrupt_while_standard_input_is_read(desk: Desk) -> None:
    """Ctrl-C ends a run that waits for the rest of a recording on standard input."""
    with desk.start("transcribe", "-", stdin=subprocess.PIPE) as running:
        assert running.stdin is not None and running.stderr is not None
        # More than any pipe holds: once it is written, the command reads. A signal in the instant between two reads
        # would be noticed only with the next one, so it gets the time to wait in the last.
        running.stdin.write(bytes(2_000_000))
        running.stdin.flush()
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        assert running.wait(TIMEOUT_S) == INTERRUPTED
        assert running.stderr.read() == b""


@pytest.mark.parametrize("args", [("transcribe", *["x.wav"], "talk.wav"), ("providers", "--json")])
def test_a_reader_that_goes_away_is_no_error(desk: Desk, args: tuple[str, ...]) -> None:
    """When nobody reads on (`| head`), the run ends without a word."""
    desk.recording("x.wav")
    desk.recording("talk.wav")
    with desk.start(*args) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert running.wait(TIMEOUT_S) == BROKEN_PIPE
        assert running.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [("transcribe", "x.wav"), ("listen", "x.wav", "--fast"), ("--version",)])
def test_a_full_disk_behind_standard_output_is_told(desk: Desk, args: tuple[str, ...]) -> None:
    """Standard output on a full disk is one sentence and the code of output errors."""
    desk.recording("x.wav")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, *args],
            cwd=desk.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT_S,
            check=False,
        )
    told = done.stderr.decode()
    assert done.returncode == CODES[OutputError], told
    assert told.count("\n") == 1 and "the disk is full" in told


def test_a_full_disk_stops_further_recordings(desk: Desk) -> None:
    """When a result cannot be kept for want of room, what has not begun is not transcribed, and told."""
    names = [desk.recording(f"x{n}.wav").name for n in range(9)]
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8));"
        f"sys.argv = ['earwitness', 'transcribe', *{names!r}, '-o', 'out'];"
        "from earwitness.cli import main; main()"
    )
    done = subprocess.run(
        [COMMAND[0], "-B", "-c", code],
        cwd=desk.folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == CODES[OutputError] and "the disk is full" in done.stderr
    assert "Not transcribed" in done.stderr and done.stderr.count("\n") == len(names)
    assert desk.files() == set(names)


def test_nobody_listening_to_errors_is_no_error(desk: Desk) -> None:
    """A closed standard error changes nothing about the result."""
    desk.recording("silent.wav")
    done = subprocess.run(
        f"{' '.join(COMMAND)} transcribe silent.wav 2>&-",
        shell=True,
        cwd=desk.folder,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.parametrize("raised", [KeyError("s3cret"), OSError(32, "s3cret"), RecursionError("s3cret")])
def test_an_unexpected_exception_is_a_sentence(monkeypatch: pytest.MonkeyPatch, raised: Exception) -> None:
    """Whatever is raised, a broken pipe that is not our output's included, is told as a bug without its text."""

    def explode(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("earwitness.cli._listing.list_providers", explode)
    done = CliRunner().invoke(app, ["providers"])
    assert done.exit_code == 1 and done.stdout == ""
    assert f"An unexpected {type(raised).__name__}" in done.stderr and "bug in Earwitness" in done.stderr
    assert "s3cret" not in done.stderr and "Traceback" not in done.stderr


def test_the_command_runs_in_any_thread() -> None:
    """Outside the main thread, where no signal can be handled, commands work all the same."""
    codes: list[int] = []
    worker = threading.Thread(target=lambda: codes.append(CliRunner().invoke(app, ["--version"]).exit_code))
    worker.start()
    worker.join(TIMEOUT_S)
    assert codes == [0]
