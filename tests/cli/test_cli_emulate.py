"""`earwitness emulate`: a vendor's server from the command line, with a vendor that is made up for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from support.desk import TIMEOUT_S, Desk

Install = Callable[..., dict[str, str]]

ECHO = """
from aiohttp import web

from earwitness.emulation import Emulator, Switches, profile_toml, read_switches
from earwitness.errors import EarwitnessError


class Toggles(Switches):
    greeting: str = "hello"


class Echo(Emulator):
    name = "echo"

    def application(self):
        app = web.Application()
        app.router.add_get("/", self.faulty("ask", self.ask))
        return app

    def facts(self):
        known = {"url": self.url, "key": self.options.secrets.get("key", "drawn")}
        return {**known, "profile_toml": profile_toml("echo", known)}

    async def ask(self, request):
        self.billing.charge(time=self.clock.now(), operation="ask", token="t", billed_s=15)
        try:
            heard = await self.hearing.transcribe(self.scratch / request.query.get("file", "x.wav"))
        except EarwitnessError:
            return web.json_response("FAILED", status=500)
        stored = self.folder.name if self.folder else ""
        return web.json_response([self.switches.greeting, heard.text, stored, self.clock.monotonic()])


def create(options):
    return Echo(options, read_switches(Toggles, options.switches))
"""
GROUP = "earwitness.emulators"


@pytest.fixture
def environment(plugin: Install) -> dict[str, str]:
    """An environment in which the emulator `echo` is installed."""
    return plugin("echo", ECHO, group=GROUP)


@contextmanager
def served(
    desk: Desk, environment: Mapping[str, str], *args: object, stop: int = signal.SIGTERM, told: str = ""
) -> Iterator[dict[str, Any]]:
    """The facts of an emulator that runs meanwhile; on standard error it has told this, and nothing else."""
    # A shell that starts it in the background would have it ignore Ctrl-C; a person's shell does not.
    run = desk.start("emulate", "echo", "--json", *args, env={**os.environ, **environment})
    assert run.stdout is not None and run.stderr is not None
    try:
        line = run.stdout.readline()
        assert line, run.stderr.read().decode()
        yield json.loads(line)
        run.send_signal(stop)
        out, err = run.communicate(timeout=TIMEOUT_S)
        assert (run.returncode, out) == (0, b"") and told in err.decode() and err.count(b"\n") == bool(told)
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()


def asked(facts: Mapping[str, Any], file: str = "x.wav") -> Any:
    with urllib.request.urlopen(f"{facts['url']}/?file={file}", timeout=TIMEOUT_S) as reply:
        return json.load(reply)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(desk: Desk, environment: dict[str, str], stop: int) -> None:
    """The first line is all that a script needs; Ctrl-C and a request to terminate are its ordinary end."""
    (desk.folder / "said.txt").write_text("what is heard")
    with served(desk, environment, "--transcript", "said.txt", stop=stop) as facts:
        assert asked(facts)[:2] == ["hello", "what is heard"]
        assert tomllib.loads(facts["profile_toml"])["profiles"]["echo"]["settings"]["url"] == facts["url"]
    with pytest.raises(OSError, match=r"refused|reset"):
        asked(facts)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")
def test_a_script_that_started_it_in_the_background_can_interrupt_it(desk: Desk, environment: dict[str, str]) -> None:
    """A shell without job control has it ignore interrupts, which a server that must be ended does not."""
    (desk.folder / "said.txt").write_text("what is heard")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with served(desk, environment, "--transcript", "said.txt", stop=signal.SIGINT):
            pass
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")
def test_every_option_reaches_the_emulator(desk: Desk, environment: dict[str, str]) -> None:
    """Switches, secrets, several transcripts, faults, billing, storage and speed are those of the command line."""
    (desk.folder / "a.txt").write_text("heard in a")
    (desk.folder / "b.json").write_text('{"format": "earwitness.transcript/1", "segments": [{"text": "heard in b"}]}')
    (desk.folder / "bad.toml").write_text('[[fault]]\noperation = "ask"\nkind = "status"\nvalue = 503')
    (desk.folder / "store").mkdir()
    options = "--transcript a.txt --transcript b.json --fault bad.toml --billing bill.jsonl --storage store"
    more = ["--switch", "greeting=a=b", "--secret", "key=SECRETMARKER", "--speed", "0"]
    with served(desk, environment, *options.split(), *more) as facts:
        assert facts["key"] == "SECRETMARKER"
        with pytest.raises(urllib.error.HTTPError, match="503") as fault:
            asked(facts)
        fault.value.close()
        assert asked(facts, "a.wav") == ["a=b", "heard in a", "store", 0.0]
        assert asked(facts, "b.wav")[1] == "heard in b"
    charges = [json.loads(line) for line in (desk.folder / "bill.jsonl").read_text().splitlines()]
    assert [one["billed_seconds"] for one in charges] == [15, 15]


def test_a_person_gets_a_ready_profile(desk: Desk, environment: dict[str, str]) -> None:
    """Standard output is a whole earwitness.toml; what is said to a person goes to standard error."""
    run = desk.start("emulate", "echo", env={**os.environ, **environment})
    assert run.stdout is not None and run.stderr is not None
    try:
        lines = [run.stdout.readline().decode() for _ in range(8)]
        notes = [run.stderr.readline().decode() for _ in range(2)]
    finally:
        run.terminate()
        rest, _ = run.communicate(timeout=TIMEOUT_S)
    read = tomllib.loads("".join(lines) + rest.decode())
    assert read["default_profile"] == "echo" and read["profiles"]["echo"]["settings"]["key"] == "drawn"
    assert "Ctrl-C" in notes[0] and "without its first line, default_profile" in notes[1]


def test_an_emulator_that_could_hear_nothing_does_not_start(
    desk: Desk, environment: dict[str, str], plugin: Install
) -> None:
    """Without the embedded engine, and with nothing in its place, the command ends at once and names the ways out."""
    # An earlier distribution of the same name that announces nothing hides the engine.
    plugin("earwitness-pocketsphinx", "", group="unused")
    done = desk.run("emulate", "echo", environment=environment)
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    for way in ("pip install earwitness-pocketsphinx", "--profile", "--transcript"):
        assert way in done.err
    done = desk.run("emulate", "echo", "--profile", "nobody", environment=environment)
    assert (done.code, done.out) == (4, "") and "nobody" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")
@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--transcript", "a.txt", "--transcript", "b.txt"), "No given transcript belongs to this audio"),
        (("--profile", "test"), "There is no file"),
    ],
)
def test_a_hearing_that_fails_is_told_while_it_serves(
    desk: Desk, environment: dict[str, str], args: tuple[str, ...], told: str
) -> None:
    """The vendor's answer does not say what is wrong on this machine, so standard error does, in one line."""
    for name in ("a", "b"):
        (desk.folder / f"{name}.txt").write_text("SECRETMARKER")
    with (
        served(desk, environment, *args, told=f"the emulator could not hear this: {told}") as facts,
        pytest.raises(urllib.error.HTTPError, match="500") as fault,
    ):
        asked(facts, "c.wav")
    fault.value.close()


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nobody"], 4, "There is no emulator 'nobody'. Installed: "),
        (["ecko"], 4, "Did you mean echo?"),
        (["scripted"], 4, "The provider scripted has no emulator. Emulators are installed for: "),
        ([], 2, "Missing argument 'NAME'"),
        (["echo", "--switch", "greting=x"], 4, "The switches are: greeting"),
        (["echo", "--switch", "nonsense"], 2, "--switch takes key=value"),
        (["echo", "--secret", "SECRETMARKER"], 2, "--secret takes key=value"),
        (["echo", "--transcript", "none.json"], 4, "none.json"),
        (["echo", "--transcript", "a.txt", "--profile", "test"], 2, "exclude each other"),
        (["echo", "-p", "test", "--profile", "other"], 2, "--profile was given more than once: test, other"),
        (["echo", "--fault", "none.toml"], 4, "none.toml"),
        (["echo", "--billing", "no/such/folder.jsonl"], 4, "billing log"),
        (["echo", "--storage", "nowhere"], 4, "does not exist"),
        (["echo", "--speed", "-1"], 2, "--speed"),
        (["echo", "--port", "70000"], 2, "--port"),
        (["echo", "--host", "203.0.113.1"], 4, "cannot listen at 203.0.113.1"),
    ],
)
def test_what_is_wrong_is_told_at_once(
    desk: Desk, environment: dict[str, str], args: list[str], code: int, said: str
) -> None:
    """Nothing is served with options that make no sense, and a secret is never repeated."""
    done = desk.run("emulate", *args, environment=environment)
    assert (done.code, done.out) == (code, "") and said in done.err and "MARKER" not in done.err


def test_an_emulator_that_breaks_names_its_plugin(desk: Desk, plugin: Install) -> None:
    """A module that cannot be imported, or makes no emulator, is told with the distribution that brings it."""
    environment = plugin("broken", "raise ImportError('no such thing')\n", group=GROUP)
    plugin("nothing", "def create(options):\n    return 7\n", group=GROUP)
    plugin("empty", "create = None\n", group=GROUP)
    for name in ("broken", "nothing", "empty"):
        done = desk.run("emulate", name, environment=environment)
        assert (done.code, done.out) == (5, "") and f"{name} 1.2" in done.err


def test_help_begins_with_what_to_type(desk: Desk) -> None:
    """The help shows the shortest useful command first."""
    done = desk.run("emulate", "--help")
    assert done.code == 0 and done.out.splitlines()[1].strip() == "earwitness emulate clova"


def test_the_command_line_does_not_load_the_server_before_it_is_asked(desk: Desk) -> None:
    """Other commands never import the harness or its library."""
    code = "import sys; from earwitness.cli._app import app; app(['--version'], standalone_mode=False)"
    check = (
        f"try:\n    {code}\nfinally:\n    print([one for one in sys.modules if 'aiohttp' in one or 'emulation' in one])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
