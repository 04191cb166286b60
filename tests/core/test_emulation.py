"""The harness of vendors' emulators: clock, faults, billing, callbacks, hearing, storage, serving."""

import asyncio
import hashlib
import http.client
import json
import logging
import socket
import stat
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

import earwitness.emulation as emulation
from earwitness.config import Config, Profile
from earwitness.emulation import (
    BillingLog,
    Callbacks,
    Clock,
    Delivery,
    Emulator,
    EmulatorOptions,
    Fault,
    Faults,
    GivenHearing,
    HearingStream,
    ObjectFolder,
    ProfileHearing,
    Switches,
    fetch_file,
    fresh_path,
    given_transcript,
    load_emulator,
    profile_toml,
    read_switches,
    receive_body,
    receive_form,
    running,
)
from earwitness.errors import (
    AudioTooLargeError,
    ConfigurationError,
    EarwitnessError,
    InvalidRequestError,
    OutputError,
    UnavailableError,
)
from earwitness.models import Segment, Transcript, Word
from earwitness.streaming import Final, Interim, Settled

WAIT_S = 60


# --- clock ---


def test_a_standing_clock_moves_by_advance_alone() -> None:
    """With scale 0 no time passes until it is advanced, and then exactly so much."""
    clock = Clock(start=datetime(2026, 1, 1, tzinfo=UTC), scale=0)
    time.sleep(0.02)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 1, tzinfo=UTC), 0.0)
    clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC), 90.0)


def test_a_racing_clock_lets_its_seconds_pass_sooner() -> None:
    """A thousand of its seconds pass in a real one, for those who read it and for those who sleep by it."""
    clock, begun = Clock(scale=100_000), time.monotonic()
    asyncio.run(asyncio.wait_for(clock.sleep(10_000), WAIT_S))
    assert clock.monotonic() >= 10_000 and time.monotonic() - begun < WAIT_S
    assert clock.now() > datetime.now(UTC) + timedelta(seconds=9_000)


def test_advancing_wakes_exactly_who_has_slept_long_enough() -> None:
    """A sleeper wakes once its time has come, from whatever thread the clock is driven, and no sleeper wakes before."""
    clock = Clock(scale=0)
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async def main() -> None:
        tasks = [asyncio.create_task(sleeper(name, s)) for name, s in (("a", 5), ("b", 10), ("c", 0))]
        await tasks[2]
        for seconds, expected in ((4.9, ["c"]), (0.1, ["c", "a"])):
            await asyncio.to_thread(clock.advance, seconds)
            for _ in range(20):
                await asyncio.sleep(0)
            assert woken == expected
        await asyncio.to_thread(clock.advance, 5)
        await asyncio.wait_for(asyncio.gather(*tasks), WAIT_S)
        assert woken == ["c", "a", "b"]

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [-1, float("inf"), float("nan")])
def test_a_clock_refuses_what_is_no_time(wrong: float) -> None:
    """Neither its pace nor a jump can be negative or endless, and its start needs a zone."""
    with pytest.raises(ConfigurationError):
        Clock(scale=wrong)
    with pytest.raises(ConfigurationError):
        Clock().advance(wrong)
    with pytest.raises(ConfigurationError):
        Clock(start=datetime(2026, 1, 1))  # noqa: DTZ001  # that it has no zone is the point


# --- faults ---


def test_a_fault_meets_the_calls_it_names_and_no_other() -> None:
    """`first` and `times` count the matching calls, `*` matches all of them, and the first in the script wins."""
    faults = Faults([Fault("submit", "drop", first=2, times=2), Fault("*", "status", 503, first=4, times=None)])
    kinds = [fault.kind if (fault := faults.take(name)) else None for name in ("submit", "fetch", *("submit",) * 4)]
    assert kinds == [None, None, "drop", "drop", "status", "status"]


def test_a_fault_added_later_counts_from_then_on() -> None:
    """A test that adds a fault in the middle meets it at the next call; `clear` ends the bad day."""
    faults = Faults()
    assert faults.take("fetch") is None
    faults.add(Fault("fetch", "lost", times=None))
    assert [faults.take("fetch") is not None for _ in range(2)] == [True, True]
    faults.clear()
    assert faults.take("fetch") is None


def test_calls_are_counted_once_whoever_makes_them() -> None:
    """Threads that call at the same time meet a fault exactly as often as it says."""
    faults = Faults([Fault("*", "drop", times=500)])
    met: list[int] = []

    def call() -> None:
        met.append(sum(faults.take("x") is not None for _ in range(400)))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(met) == 500


def test_a_script_is_read_from_toml(tmp_path: Path) -> None:
    """The file's faults are those of the class; times = 0 means for ever."""
    path = tmp_path / "bad day.toml"
    path.write_text(
        '[[fault]]\noperation = "submit"\nkind = "status"\nvalue = { status = 429, headers = { retry-after = "3" } }\n'
        '[[fault]]\noperation = "fetch"\nkind = "delay"\nvalue = 1.5\nfirst = 2\ntimes = 0\nafter = 3\n'
    )
    faults = Faults.read(path)
    assert faults.take("submit") == Fault("submit", "status", {"status": 429, "headers": {"retry-after": "3"}})
    assert [faults.take("fetch"), faults.take("fetch")] == [None, Fault("fetch", "delay", 1.5, 2, None, 3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[fault]", "cannot be read"),
        ('[[fault]]\noperation = "a"\nkind = "explode"', "explode"),
        ('[[fault]]\noperation = "a"\nkind = "statsu"', "Did you mean status?"),
        ('[[fault]]\noperation = "a"\nkind = "status"\nvalue = "many"', "means nothing"),
        ('[[fault]]\noperation = "a"\nkind = "delay"\nvalue = -1', "means nothing"),
        ('[[fault]]\nkind = "drop"', "operation is missing"),
        ('[[fault]]\noperation = "a"\nkind = "drop"\nfrist = 2', "did you mean first"),
        ('[[fault]]\noperation = "a"\nkind = "drop"\nfirst = 0', "first"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """Whatever is wrong in a fault script is told in a sentence that names it."""
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said.replace("?", r"\?")):
        Faults.read(path)


def test_a_script_that_is_not_there_is_told() -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ConfigurationError, match="nowhere"):
        Faults.read("nowhere.toml")


# --- billing ---


def test_charges_are_kept_and_written_as_they_happen(tmp_path: Path) -> None:
    """Every charge is an entry and a line of JSON, added to what the file held; only its owner can read it."""
    path = tmp_path / "bill.jsonl"
    for token in ("t1", "t2"):
        log = BillingLog(path)
        log.charge(time=datetime(2026, 1, 1, tzinfo=UTC), operation="short", token=token, billed_s=15)
        assert [(one.operation, one.token, one.billed_seconds) for one in log.entries] == [("short", token, 15)]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[1] == {
        "time": "2026-01-01T00:00:00+00:00",
        "operation": "short",
        "token": "t2",
        "billed_seconds": 15,
    }
    assert [line["token"] for line in lines] == ["t1", "t2"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_billing_log_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """It is better known before anything is billed, and told when it happens later."""
    with pytest.raises(ConfigurationError, match="billing log"):
        BillingLog(tmp_path / "no" / "bill.jsonl")
    log = BillingLog(tmp_path / "bill.jsonl")
    (tmp_path / "bill.jsonl").unlink()
    (tmp_path / "bill.jsonl").mkdir()
    with pytest.raises(OutputError, match="billing log"):
        log.charge(time=datetime.now(UTC), operation="x", token="t", billed_s=1)


# --- callbacks ---


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server that answers posts with these statuses in turn, the last one for ever, and keeps what it got."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(statuses[min(len(got), len(statuses)) - 1])
            self.end_headers()
            self.wfile.write(b'{"code": 0}')

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def delivered(url: str, **how: Any) -> tuple[bool, tuple[Delivery, ...]]:
    async def main() -> tuple[bool, tuple[Delivery, ...]]:
        callbacks = Callbacks(Clock(scale=1000))
        try:
            return await callbacks.deliver(url, body=b"SAID", **how), callbacks.deliveries
        finally:
            await callbacks.aclose()

    return asyncio.run(main())


def test_a_callback_is_repeated_until_it_is_accepted() -> None:
    """Each try is kept with the receiver's status; the query of the address goes along untouched."""
    with receiver(500, 503, 201) as (url, got):
        accepted, tries = delivered(f"{url}/here?nonce=a%2Fb", tries=5, interval_s=2.0, content_type="text/plain")
    assert accepted and [one.status for one in tries] == [500, 503, 201]
    assert [(path, headers["content-type"], body) for path, headers, body in got] == [
        ("/here?nonce=a%2Fb", "text/plain", b"SAID")
    ] * 3
    assert (tries[2].at - tries[0].at).total_seconds() >= 4


def test_the_vendor_decides_what_it_takes_for_accepted() -> None:
    """A vendor that wants certain words in the answer is not content with a status."""
    with receiver(200) as (url, got):
        assert delivered(url, accept=lambda status, body: json.loads(body) == {"code": 0})[0]
        refused, tries = delivered(url, tries=2, interval_s=0, accept=lambda status, body: b"success" in body)
    assert not refused and len(tries) == 2 and len(got) == 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "not an address", "http://", "ftp://127.0.0.1/x"])
def test_a_receiver_that_is_not_there_is_a_failed_try(url: str) -> None:
    """Nothing is raised for an address that nobody answers at, and the record shows neither address nor body."""
    accepted, tries = delivered(url, tries=2, interval_s=0)
    assert not accepted and [one.status for one in tries] == [None, None]
    assert "SAID" not in repr(tries) and (len(url) < 8 or url not in repr(tries))


# --- hearing ---

SAID = Transcript(
    (
        Segment("first", 0, 1000, (Word("first", 100, 900),)),
        Segment("second", 1500, 2500, (Word("second", 1500, 2400),)),
        Segment("third", 4000, 5000),
    )
)


def heard(hearing: Any, path: Path) -> Transcript:
    async def main() -> Transcript:
        try:
            transcript: Transcript = await hearing.transcribe(path, language="ko-KR")
            return transcript
        finally:
            await hearing.aclose()

    return asyncio.run(main())


def test_given_transcripts_are_found_by_content_name_stem_or_star(tmp_path: Path) -> None:
    """The file's digest counts before its name, its name before its stem, and the star is for all the rest."""
    files = {name: tmp_path / name for name in ("a.wav", "b.wav", "c.mp3", "d.ogg")}
    for name, path in files.items():
        path.write_bytes(name.encode())
    digest = hashlib.sha256(b"a.wav").hexdigest()
    texts = {
        digest: "by digest",
        "a.wav": "by name of a",
        "b.wav": "by name",
        "b": "no",
        "c": "by stem",
        "*": "by star",
    }
    hearing = GivenHearing({key: Transcript((Segment(text),)) for key, text in texts.items()})
    assert [heard(hearing, path).text for path in files.values()] == ["by digest", "by name", "by stem", "by star"]


def test_audio_that_nobody_foresaw_is_an_error(tmp_path: Path) -> None:
    """Without a star only the foreseen files are heard; no transcript at all is refused from the start."""
    (tmp_path / "x.wav").write_bytes(b"x")
    with pytest.raises(InvalidRequestError, match="No given transcript"):
        heard(GivenHearing({"other": SAID}), tmp_path / "x.wav")
    with pytest.raises(ConfigurationError):
        GivenHearing({})


def streamed(hearing: Any, script: list[object]) -> list[object]:
    """The events of a stream at 1,000 Hz: a number feeds so many milliseconds, "flush" flushes."""

    async def main() -> list[object]:
        stream: HearingStream = hearing.stream(sample_rate=1000, language="ko-KR")

        async def feed() -> None:
            for step in script:
                await (stream.feed(bytes(2 * step)) if isinstance(step, int) else stream.flush())
            await stream.finish()

        task = asyncio.create_task(feed())
        try:
            async with asyncio.timeout(WAIT_S):
                events: list[object] = [event async for event in stream]
            await task
            return events
        finally:
            await hearing.aclose()

    return asyncio.run(main())


def test_given_segments_come_when_the_audio_reaches_their_end() -> None:
    """Each segment is final once its end has been fed, the rest at the end; nothing comes twice."""
    events = streamed(GivenHearing(SAID), [999, 1, 1600])
    assert events == [Final(SAID.segments[0], 1000), Final(SAID.segments[1], 2500), Final(SAID.segments[2], 5000)]


def test_a_flush_tells_what_has_begun_and_says_that_it_is_done() -> None:
    """What has begun by then is told at once, and one Settled closes each flush."""
    events = streamed(GivenHearing(SAID), [2000, "flush", "flush", 100])
    assert events == [
        Final(SAID.segments[0], 1000),
        Final(SAID.segments[1], 2500),
        Settled(2000),
        Settled(2000),
        Final(SAID.segments[2], 5000),
    ]


def scripted(text: str = "hello there", **more: Any) -> Profile:
    scenes = [{"transcript": {"segments": [{"text": text, "start_ms": 100, "end_ms": 400}]}, **more}]
    return Profile("heard", "scripted", {"scenes": scenes, "languages": ["en-US"]})


def test_any_profile_can_listen(tmp_path: Path) -> None:
    """A profile hears for the emulator; a language that it does not know is left to its own default."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + bytes(40))
    profile = scripted()
    assert heard(GivenHearing(SAID), path) == SAID
    recording = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"
    assert heard(ProfileHearing(profile), recording).text == "hello there"
    named = ProfileHearing("heard", config=Config({"heard": profile}))
    assert heard(named, recording).text == "hello there" and named.language is None


def test_wishes_are_given_up_one_by_one() -> None:
    """A profile that cannot tell times still hears in the language that was asked for, and the other way round."""
    recording = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"
    for settings, expected in (
        ({"languages": ["ko-KR"]}, ("ko-KR",)),
        ({"without": ["word_times"], "languages": ["en-US", "ko-KR"]}, ("ko-KR",)),
        ({"without": ["word_times"], "languages": ["en-US"]}, ("en-US",)),
    ):
        profile = Profile("heard", "scripted", {"scenes": [{"text": "yes"}], **settings})
        assert heard(ProfileHearing(profile), recording).requested_language == expected


def test_a_profile_hears_streams_between_two_flushes() -> None:
    """What follows a flush has times from the start of the whole stream, and each flush ends with one Settled."""
    events = streamed(ProfileHearing(scripted()), [500, "flush", 500, "flush"])
    finals = [(event.segment.start_ms, event.heard_ms) for event in events if isinstance(event, Final)]
    assert finals == [(100, 400), (600, 900)]
    assert [event for event in events if isinstance(event, Settled)] == [Settled(500), Settled(1000)]
    assert all(isinstance(event, Final | Settled | Interim) for event in events)


def test_a_hearing_that_fails_ends_the_stream_with_its_error() -> None:
    """Whoever reads the events gets the error, and whoever feeds is not left waiting for room."""
    broken = scripted(faults=[{"error": "unavailable", "at": "stream", "at_ms": 0, "times": None}])
    with pytest.raises(UnavailableError):
        streamed(ProfileHearing(broken), [1000] * 200)


def test_a_stream_can_be_left_early() -> None:
    """Closing ends the events at once, with the listener gone."""

    async def main() -> None:
        hearing = ProfileHearing(scripted())
        stream = hearing.stream(sample_rate=1000)
        await stream.feed(bytes(200))
        await stream.aclose()
        async with asyncio.timeout(WAIT_S):
            assert [event async for event in stream if isinstance(event, Final)] == []
        await hearing.aclose()

    asyncio.run(main())


def test_transcripts_are_read_from_json_and_plain_text(tmp_path: Path) -> None:
    """JSON is the neutral format, anything else is the text itself, and empty text is silence."""
    (tmp_path / "a.json").write_bytes(SAID.to_json())
    (tmp_path / "b.txt").write_text("two\nlines ", encoding="utf-8")
    (tmp_path / "c.txt").write_text(" ", encoding="utf-8")
    assert given_transcript(tmp_path / "a.json") == SAID
    assert given_transcript(tmp_path / "b.txt").text == "two lines"
    assert given_transcript(tmp_path / "c.txt").segments == ()
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    for name in ("bad.json", "bad.txt", "none.txt"):
        with pytest.raises(ConfigurationError, match=name):
            given_transcript(tmp_path / name)


# --- storage ---


def test_objects_are_found_with_and_without_a_slash_in_front(tmp_path: Path) -> None:
    """A key is a path below the folder; what is written can be read, whole."""
    store = ObjectFolder(tmp_path)
    store.write("/results/a/b.json", b"{}")
    assert store.keys() == ("results/a/b.json",)
    found = store.path("results/a/b.json")
    assert found is not None and found == store.path("/results/a/b.json") and found.read_bytes() == b"{}"
    assert store.path("results/a") is None and store.path("") is None


@pytest.mark.parametrize("key", ["../secret", "/../secret", "a/../../secret", "x\0y", "/" * 5, "."])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    """Neither reading nor writing leaves the folder, whatever the key."""
    (tmp_path / "secret").write_text("no")
    (tmp_path / "store").mkdir()
    store = ObjectFolder(tmp_path / "store")
    assert store.path(key) is None
    with pytest.raises(OutputError):
        store.write(key, b"x")
    assert (tmp_path / "secret").read_text() == "no" and store.keys() == ()


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A storage folder is never made up."""
    with pytest.raises(ConfigurationError, match="does not exist"):
        ObjectFolder(tmp_path / "none")


# --- names, switches, profiles ---


@given(name=st.text(max_size=200))
def test_names_of_uploads_are_made_harmless(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Whatever a client calls its file, it lands below the folder, under a name that can be created."""
    folder = tmp_path_factory.mktemp("in")
    path = fresh_path(folder, name)
    path.write_bytes(b"x")
    assert path.parent.parent == folder and path.read_bytes() == b"x"


def test_a_harmless_name_is_kept(tmp_path: Path) -> None:
    """A given transcript can belong to an upload by its name."""
    assert fresh_path(tmp_path, "C:\\rec\\회의 1.wav").name == "회의 1.wav"
    assert fresh_path(tmp_path, "../../etc/x.wav").name == "x.wav"


class Toggles(Switches):
    """Switches of a made-up vendor."""

    status: int = 400
    early: bool = False


def test_switches_are_read_from_text() -> None:
    """Numbers and truth values come as a command line gives them; what is wrong is named with what there is."""
    assert read_switches(Toggles, {"status": "200", "early": "true"}) == Toggles(status=200, early=True)
    for wrong in ({"statsu": "200"}, {"status": "many"}):
        with pytest.raises(ConfigurationError, match="The switches are: status, early"):
            read_switches(Toggles, wrong)


@given(value=st.text(st.characters(exclude_categories=("Cs",))))
def test_a_ready_profile_is_toml_whatever_its_values(value: str) -> None:
    """The text of a profile reads back as exactly its settings."""
    read = tomllib.loads(profile_toml("p", {"key": value, "n": 3, "b": True}, request={"language": value}, name="my p"))
    assert read["profiles"]["my p"] == {
        "provider": "p",
        "settings": {"key": value, "n": 3, "b": True},
        "request": {"language": value},
    }
    assert read["default_profile"] == "my p"


# --- serving ---


class Echo(Emulator[Toggles]):
    """A made-up vendor that gives back what it gets."""

    name = "echo"

    def __init__(self, options: EmulatorOptions) -> None:
        super().__init__(options, read_switches(Toggles, options.switches))
        self.acted = 0
        self.got: list[Any] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/ask", self.faulty("ask", self._ask, refuse=self._refuse))
        app.router.add_post("/form", self.faulty("form", self._form))
        app.router.add_post("/body", self.faulty("body", self._body))
        app.router.add_get("/bug", self.faulty("bug", self._bug))
        app.router.add_get("/background", self.faulty("background", self._background))
        return app

    def facts(self) -> dict[str, str]:
        return {"url": self.url}

    async def _ask(self, _: web.Request) -> web.StreamResponse:
        self.acted += 1
        return web.json_response({"answer": "yes"})

    def _refuse(self, code: str) -> web.StreamResponse:
        return web.json_response({"code": code}, status=self.switches.status)

    async def _form(self, request: web.Request) -> web.StreamResponse:
        try:
            self.got = await receive_form(request, self.scratch, limit=100_000)
        except EarwitnessError as error:
            return web.json_response({"error": error.kind}, status=400)
        return web.json_response([[one.name, one.filename, one.text, one.length] for one in self.got])

    async def _body(self, request: web.Request) -> web.StreamResponse:
        try:
            path, length = await receive_body(request, self.scratch, limit=1000)
        except AudioTooLargeError:
            return web.Response(status=413)
        return web.json_response({"length": length, "same": path.read_bytes() == b"x" * length})

    async def _bug(self, _: web.Request) -> web.StreamResponse:
        raise ValueError("SECRETMARKER")

    async def _background(self, _: web.Request) -> web.StreamResponse:
        async def fail() -> None:
            raise ValueError("SECRETMARKER")

        self.spawn(fail())
        return web.Response()


def echo(**how: Any) -> Echo:
    return Echo(EmulatorOptions(hearing=GivenHearing(SAID), **how))


def asked(emulator: Echo, path: str = "/ask", **how: Any) -> tuple[int, bytes]:
    """Status and body, or what the library raises."""
    request = urllib.request.Request(emulator.url + path, **how)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_every_fault_does_what_it_says() -> None:
    """Status and answer do not act, lost and cut do, and afterwards all is well again."""
    with running(echo()) as server:
        server.faults.add(Fault("ask", "status", {"status": 429, "headers": {"retry-after": "3"}, "body": "no"}))
        assert (asked(server), server.acted) == ((429, b"no"), 0)
        server.faults.add(Fault("ask", "answer", "BUSY"))
        assert (asked(server), server.acted) == ((400, b'{"code": "BUSY"}'), 0)
        server.faults.add(Fault("ask", "drop"))
        with pytest.raises(http.client.RemoteDisconnected):
            asked(server)
        assert server.acted == 0
        server.faults.add(Fault("ask", "lost"))
        with pytest.raises(http.client.RemoteDisconnected):
            asked(server)
        assert server.acted == 1
        server.faults.add(Fault("ask", "cut", after=3))
        with pytest.raises(http.client.IncompleteRead) as cut:
            asked(server)
        assert (cut.value.partial, server.acted) == (b'{"a', 2)
        server.faults.add(Fault("ask", "garbage"))
        with pytest.raises(json.JSONDecodeError):
            json.loads(asked(server)[1])
        assert asked(server) == (200, b'{"answer": "yes"}')


def test_a_delay_lasts_by_the_emulators_clock() -> None:
    """A delayed call is answered once the clock has been advanced, and not before."""
    with running(echo(clock=Clock(scale=0))) as server:
        server.faults.add(Fault("ask", "delay", 10))
        answers: list[tuple[int, bytes]] = []
        caller = threading.Thread(target=lambda: answers.append(asked(server)))
        caller.start()
        caller.join(0.2)
        assert answers == [] and server.acted == 0
        server.clock.advance(10)
        caller.join(WAIT_S)
        assert answers == [(200, b'{"answer": "yes"}')]


def form(*parts: tuple[str, bytes], end: bytes = b"--X--\r\n") -> dict[str, Any]:
    body = b"".join(
        b"--X\r\nContent-Disposition: " + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts
    )
    return {"data": body + end, "headers": {"content-type": "multipart/form-data; boundary=X"}}


def test_forms_are_received_whole() -> None:
    """Files come as files and fields as text, in order, with the names that the client gave."""
    with running(echo()) as server:
        data = bytes(range(256)) * 300
        sent = form(
            ('form-data; name="media"; filename="a.wav"', data), ('form-data; name="params"', b'{"a": "\xed\x95\x9c"}')
        )
        status, body = asked(server, "/form", method="POST", **sent)
        assert status == 200
        assert json.loads(body) == [["media", "a.wav", None, len(data)], ["params", None, '{"a": "한"}', 0]]
        assert server.got[0].path.read_bytes() == data and server.got[0].path.name == "a.wav"
        scratch = server.scratch
    assert not scratch.exists()


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"data": b"x", "headers": {"content-type": "multipart/form-data"}}, "invalid_request"),
        ({"data": b"nothing", "headers": {"content-type": "multipart/form-data; boundary=X"}}, "invalid_request"),
        ({"data": b"x", "headers": {"content-type": "application/json"}}, "invalid_request"),
        (form(('form-data; name="a"; filename="a"', bytes(100_001))), "audio_too_large"),
        (form(*[('form-data; name="a"; filename="a"', bytes(60_000))] * 2), "audio_too_large"),
        (form(*[('form-data; name="a"', b"")] * 40), "invalid_request"),
        (form(("form-data\r\nno header at all", b"")), "invalid_request"),
        (form(('form-data; name="a"', b"x"), end=b""), "invalid_request"),
    ],
)
def test_what_is_no_form_is_refused(sent: dict[str, Any], kind: str) -> None:
    """Whatever is wrong with a form is one of our errors, never a broken connection or a server error."""
    with running(echo()) as server:
        status, body = asked(server, "/form", method="POST", **sent)
        assert (status, json.loads(body)) == (400, {"error": kind})
        assert asked(server)[0] == 200


def test_bodies_are_received_up_to_their_limit() -> None:
    """A body lands on disk as it is; one that is too big is refused."""
    with running(echo()) as server:
        headers = {"content-type": "application/octet-stream"}
        status, body = asked(server, "/body", method="POST", data=b"x" * 1000, headers=headers)
        assert (status, json.loads(body)) == (200, {"length": 1000, "same": True})
        assert asked(server, "/body", method="POST", data=b"x" * 1001, headers=headers)[0] == 413


def test_files_are_fetched_from_an_address(tmp_path: Path) -> None:
    """A file of an address is read up to the limit; what is not there, or too big, is one of our errors."""

    async def main(url: str) -> None:
        path, length = await fetch_file(f"{url}/ask?x=1", tmp_path, limit=100)
        assert (path.read_bytes(), length) == (b'{"answer": "yes"}', 17)
        with pytest.raises(AudioTooLargeError):
            await fetch_file(f"{url}/ask", tmp_path, limit=16)
        for wrong in (f"{url}/none", "http://127.0.0.1:9/", "nonsense"):
            with pytest.raises(UnavailableError) as error:
                await fetch_file(wrong, tmp_path, limit=16)
            assert wrong not in str(error.value)

    with running(echo()) as server:
        asyncio.run(asyncio.wait_for(main(server.url), WAIT_S))


def test_a_bug_is_told_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails answers 500, and neither log nor answer quotes the exception, whose text may be secret."""
    caplog.set_level(logging.DEBUG)
    with running(echo()) as server:
        assert asked(server, "/bug") == (500, b"")
        assert asked(server, "/background")[0] == 200
        assert asked(server)[0] == 200
    assert caplog.text.count("ValueError") == 2 and "SECRETMARKER" not in caplog.text


def test_a_port_that_is_taken_is_told() -> None:
    """Two servers cannot share a port, and the second one says so; what it had begun is undone."""
    with running(echo()) as first:
        second = echo(port=first.port)
        with pytest.raises(ConfigurationError, match=str(first.port)), running(second):
            pass
        assert asked(first)[0] == 200


def test_an_emulator_starts_again_where_it_was() -> None:
    """Stopping frees the port; starting again in the same process serves as before."""
    server = echo()
    with running(server):
        assert asked(server)[0] == 200
    with pytest.raises(urllib.error.URLError):
        asked(server)
    with running(server):
        assert asked(server)[0] == 200


def test_an_emulator_runs_in_the_callers_own_loop() -> None:
    """Async code needs no thread: the emulator is an async context manager."""

    async def main() -> None:
        async with echo() as server:
            assert (await asyncio.to_thread(asked, server))[0] == 200

    asyncio.run(main())


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        (Transcript(detected_language="ja", requested_language=("en",)), {"language": "ja"}),
        (Transcript(requested_language=("auto", "en-US")), {"language": "en-US"}),
        (Transcript((Segment("a"), Segment("b", language="ko"))), {"language": "ko"}),
        (Transcript(), {"language": "ko-KR"}),
    ],
)
def test_a_ready_profile_asks_for_the_language_of_the_given_transcript(
    heard: Transcript, spoken: dict[str, str]
) -> None:
    """It is the detected one, else the requested one, else a segment's; of a bare text it is the vendor's usual one."""

    class Korean(Echo):
        usual_language = "ko-KR"

    def options(hearing: Any) -> EmulatorOptions:
        return EmulatorOptions(hearing=hearing)

    assert Korean(options(GivenHearing(heard))).spoken == spoken
    both = GivenHearing({"a": heard, "b": Transcript(detected_language="fr")})
    assert Korean(options(both)).spoken == {"language": "fr" if heard == Transcript() else "ko-KR"}
    assert Echo(options(GivenHearing(Transcript()))).spoken == {}


def test_secrets_of_the_options_are_not_shown() -> None:
    """The options' repr holds no secret."""
    assert "SECRETMARKER" not in repr(EmulatorOptions(secrets={"key": "SECRETMARKER"}))


def test_an_unknown_emulator_is_told_with_what_there_is() -> None:
    """The name is repeated, and the way to get it said."""
    with pytest.raises(ConfigurationError, match="pip install earwitness-nobody"):
        load_emulator("nobody", EmulatorOptions())


def test_without_its_library_the_harness_says_what_to_install() -> None:
    """Where aiohttp is missing everything can be imported, and starting names the extra."""
    code = (
        "import sys, asyncio; sys.modules['aiohttp'] = None\n"
        "from earwitness.emulation import *\n"
        "from earwitness.errors import ConfigurationError\n"
        "class E(Emulator):\n"
        "    name = 'e'\n"
        "    def application(self): raise AssertionError\n"
        "    def facts(self): return {}\n"
        "try: asyncio.run(E(EmulatorOptions(), Switches()).start())\n"
        "except ConfigurationError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert 'pip install "earwitness[emulation]"' in done.stdout


def test_everything_public_is_documented() -> None:
    """Each name of the harness can be had and says what is true of it."""
    assert emulation.__all__ == sorted(emulation.__all__, key=lambda name: (not name.isupper(), name))
    missing = [name for name in emulation.__all__ if not hasattr(emulation, name)]
    assert missing == []
    classes = [getattr(emulation, name) for name in emulation.__all__]
    assert [one for one in classes if isinstance(one, type | FunctionType) and not one.__doc__] == []


@pytest.mark.parametrize(
    "rest", ["HTTP/1.1\r\nContent-Length: x", "HTTP/9\r\n: :", "\x00\r\n", "HTTP/1.1\r\nA: " + "a" * 9000]
)
def test_what_is_no_http_is_refused_without_a_word_of_it(caplog: pytest.LogCaptureFixture, rest: str) -> None:
    """A path may hold a secret, and a request that cannot be read is not repeated in the log."""
    caplog.set_level(logging.DEBUG)
    with running(echo()) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
            connection.sendall(f"GET /SECRETMARKER {rest}\r\n\r\n".encode())
            assert b" 400 " in connection.recv(100)
        assert asked(server)[0] == 200
    assert "MARKER" not in caplog.text and "MARKER" not in str([one.__dict__ for one in caplog.records])
