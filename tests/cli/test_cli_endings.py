"""However a run ends, it says so: one sentence, its exit code, no traceback, nothing half-written or running on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from earwitness.cli._app import app
from earwitness.cli._exit import BROKEN_PIPE, CODES, HUNG_UP, INTERRUPTED, TERMINATED
from earwitness.errors import OutputError
from support.desk import COMMAND, TIMEOUT_S, Desk
from support.distributions import provider_source

HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)  # Windows, where nothing of this runs, has none
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def until(true: Callable[[], bool]) -> None:
    """Returns once it is true."""
    deadline = time.monotonic() + TIMEOUT_S
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def started(desk: Desk, *args: str) -> subprocess.Popen[bytes]:
    """The command, once it has begun to wait for a slow vendor: the folder it made says so."""
    running = desk.start("transcribe", *args, "-o", "out/")
    until((desk.folder / "out" / "x.txt").exists)
    return running


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED), (HANGUP, HUNG_UP)]
)
def test_an_interrupt_keeps_what_is_done_and_leaves_no_rubbish(desk: Desk, number: int, code: int) -> None:
    """Ctrl-C or a request to end stops the wait at once; finished files stay whole, no other file remains."""
    desk.recording("x.wav")
    desk.recording("slow.wav")
    with started(desk, "x.wav", "slow.wav") as running:
        running.send_signal(number)
        out, err = running.communicate(timeout=TIMEOUT_S)
    assert (running.returncode, out) == (code, b"")
    assert err.decode() == (
        "earwitness: Stopped. 1 of 2 recordings is done; nothing half-written was left."
        " 1 more had been handed over already and may be billed.\n"
    )
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
        assert running.stderr is not None
        told = running.stderr.read().decode()
    assert told == "earwitness: Stopped. 1 finished line was printed; what was just being said is not kept.\n"


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
        assert running.stderr.read() == b"earwitness: Stopped. Nothing was submitted.\n"


READY = """
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_transcript_ready(transcript, job):
    with open("ready", "a") as file:
        file.write("x")
"""


def test_what_was_heard_is_printed_although_the_run_was_stopped(
    desk: Desk, plugin: Callable[..., dict[str, str]]
) -> None:
    """A result that waits for its turn behind a slow recording is printed when somebody stops the run."""
    for name in ("slow.wav", "x.wav", "talk.wav"):
        desk.recording(name)
    environment = {**os.environ, **plugin("ready", READY, group="earwitness.plugins")}
    ready = desk.folder / "ready"
    with desk.start("transcribe", "slow.wav", "x.wav", "talk.wav", "--json", env=environment) as running:
        until(lambda: ready.exists() and ready.read_text() == "xx")
        # From the hook to the finished result it is a step of the event loop and one of a thread.
        time.sleep(1)
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=TIMEOUT_S)
    slow, x, talk = json.loads(out)["results"]
    told = {"kind": "stopped", "message": "Not transcribed: the run was stopped.", "exit_code": 143, "accepted": "yes"}
    assert slow["error"] == told
    assert x["transcript"]["segments"][0]["text"] == "anything else" and "transcript" in talk
    told = json.loads(err)["error"]
    assert (running.returncode, told["kind"], told["exit_code"]) == (TERMINATED, "stopped", TERMINATED)
    assert told["message"].startswith("Stopped. 2 of 3 recordings are done.")


def test_a_run_under_nohup_outlives_its_terminal(desk: Desk) -> None:
    """Where the signal of a closed terminal is ignored, as `nohup` does, it stays so."""
    desk.recording("halfway.wav")
    desk.recording("x.wav")

    def ignoring() -> None:
        signal.signal(HANGUP, signal.SIG_IGN)

    with desk.start("transcribe", "x.wav", "halfway.wav", "-o", "out/", preexec_fn=ignoring) as running:
        until((desk.folder / "out" / "x.txt").exists)
        running.send_signal(HANGUP)
        assert running.wait(TIMEOUT_S) == 0


HANGING = provider_source(
    "hanging",
    body="""
    async def submit(self, submission):
        import asyncio
        open("sent", "w").close()
        await asyncio.sleep(600)
""",
)
LOOK_FIRST = "Look in the vendor's console before you submit again."


@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_stop_in_the_middle_of_a_paid_submission_says_that_it_may_be_billed(
    desk: Desk, plugin: Callable[..., dict[str, str]], json_wanted: bool
) -> None:
    """Of a submission whose answer nobody heard it is told that it may be billed, and where to look first."""
    desk.recording("x.wav")
    environment = {**os.environ, **plugin("hanging", HANGING)}
    args = ["transcribe", "x.wav", "-p", "hanging", *(["--json"] if json_wanted else [])]
    with desk.start(*args, env=environment) as running:
        until((desk.folder / "sent").exists)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=TIMEOUT_S)
    told = err.decode().splitlines()[-1]
    assert running.returncode == INTERRUPTED
    assert f"x.wav is not transcribed. It may have been handed over and billed. {LOOK_FIRST}" in told
    if json_wanted:
        (result,) = json.loads(out)["results"]
        assert json.loads(told)["error"]["kind"] == "stopped"
        assert (result["error"]["accepted"], result["error"]["action"]) == ("unknown", LOOK_FIRST)


STUCK = """
import asyncio, time
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_transcript_ready(transcript, job):
    open("stuck", "w").close()
    while True:
        time.sleep(0.05)
        if any(task.cancelling() for task in asyncio.all_tasks()):
            open("asked", "w").close()
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_ends_at_once(
    desk: Desk, plugin: Callable[..., dict[str, str]], tmp_path: Path, second: int
) -> None:
    """When tidying up takes for ever, another Ctrl-C ends the process, with its sentence and without any rubbish."""
    desk.recording("x.wav")
    (tmp_path / "temporary").mkdir()
    environment = plugin("stuck", STUCK, group="earwitness.plugins")
    environment = {**os.environ, **environment, "TMPDIR": str(tmp_path / "temporary")}
    with desk.start("transcribe", "x.wav", "-o", "out/", env=environment) as running:
        until(lambda: (desk.folder / "stuck").exists())
        running.send_signal(signal.SIGINT)
        until(lambda: (desk.folder / "asked").exists())
        assert running.poll() is None
        running.send_signal(second)
        out, err = running.communicate(timeout=TIMEOUT_S)
    assert (running.returncode, out) == (INTERRUPTED, b"")
    assert err.decode() == "earwitness: Stopped. x.wav is not transcribed; nothing half-written was left.\n"
    assert desk.files() == {"x.wav", "stuck", "asked"} and not (desk.folder / "out").exists()
    assert os.listdir(tmp_path / "temporary") == []


def test_a_result_that_is_being_written_is_written_to_its_end(
    desk: Desk, plugin: Callable[..., dict[str, str]]
) -> None:
    """Ctrl-C while a result is kept waits for it, says after a moment how to cut that short, and counts it as done."""
    desk.recording("x.wav")
    os.mkfifo(desk.folder / "pipe")
    environment = {**os.environ, **plugin("ready", READY, group="earwitness.plugins")}
    with desk.start("transcribe", "x.wav", "-o", "pipe", "-f", "txt", env=environment) as running:
        until((desk.folder / "ready").exists)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        assert running.stderr.readline() == b"earwitness: note: stopping; press Ctrl-C again to end at once.\n"
        assert (desk.folder / "pipe").read_text() == "anything else\n"
        assert running.wait(TIMEOUT_S) == INTERRUPTED
        assert running.stderr.read() == b"earwitness: Stopped. x.wav is done; nothing half-written was left.\n"


def test_a_stop_before_anything_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in a command that keeps nothing is told in one word."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("earwitness.cli._listing.list_providers", interrupted)
    done = CliRunner().invoke(app, ["providers"])
    assert (done.exit_code, done.stdout, done.stderr) == (INTERRUPTED, "", "earwitness: Stopped.\n")


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
