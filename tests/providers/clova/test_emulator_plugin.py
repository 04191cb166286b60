"""The plugin and the emulator together: in real sessions, over real sockets, and from writer to reader alone."""

import ast
import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import tomllib
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import earwitness
import earwitness_clova
from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.emulation import Clock, EmulatorOptions, Fault, Faults, GivenHearing
from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    EarwitnessError,
    InvalidRequestError,
    JobFailedError,
    JobNotFoundError,
    ProtocolError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.jobs import JobStatus, VendorReference
from earwitness.models import Answer, AudioEvent, Segment, Transcript, Word
from earwitness.provider import Callback
from earwitness.request import BytesAudio, RequestOptions, StoredAudio, UrlAudio
from earwitness.session import AsyncSession
from earwitness_clova.emulator import create
from earwitness_clova.emulator._params import read_params
from earwitness_clova.emulator._switches import ClovaSwitches
from earwitness_clova.emulator._wire import Identity, result_body, smi, srt
from earwitness_clova.provider import Clova
from support.clova import wav
from support.clova_http import SAID, SECRETS, Bare, emulated, packed, receiving, until
from support.transcripts import valid

ON = {"speaker_recognition": "on"}
TIMEOUT_S = 60
SAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"


@asynccontextmanager
async def session(bare: Bare, **changed: Any) -> AsyncIterator[AsyncSession]:
    """A session with the emulator's own ready profile."""
    (table,) = tomllib.loads(bare.emulator.facts()["profile_toml"])["profiles"].values()
    given = {name: value for name, value in {**table["settings"], **changed}.items() if value is not None}
    profile = Profile("test", table["provider"], given, RequestOptions(language=("ko-KR",)))
    async with AsyncSession(Clova, profile, Plugins(()), version=earwitness_clova.__version__) as opened:
        yield opened


def transcribed(
    bare: Bare, audio: object = None, *, keys: Mapping[str, Any] | None = None, **options: Any
) -> Transcript:
    async def main() -> Transcript:
        async with session(bare, **(keys or {})) as opened:
            return await opened.transcribe(wav() if audio is None else audio, timeout=TIMEOUT_S, **options)

    return asyncio.run(main())


def failed(bare: Bare, audio: object = None, **options: Any) -> EarwitnessError:
    with pytest.raises(EarwitnessError) as caught:
        transcribed(bare, audio, **options)
    return caught.value


# --- the long service ---


@pytest.mark.parametrize("completion", ["sync", "async"])
def test_a_recording_comes_back_as_it_was_heard(completion: str) -> None:
    """Segments, words, speakers, names and events of a long recording, waited for or asked about."""
    with emulated(switches=ON) as bare:
        heard = transcribed(bare, speakers=True, sound_events=True, word_times=True, vendor={"completion": completion})
    assert heard.segments == SAID.segments
    assert (heard.speakers, heard.events) == (SAID.speakers, SAID.events)
    assert heard.notices == () and heard.requested_language == ("ko-KR",)
    assert heard.served_by is not None and heard.served_by.service == "long"


def test_defaults_suit_a_domain_without_speaker_recognition() -> None:
    """A plain request passes where diarization that is not mentioned would not; asking for it is told as such."""
    with emulated() as bare:
        assert transcribed(bare).text == SAID.text
        error = failed(bare, speakers=True)
    assert isinstance(error, UnsupportedFeatureError) and error.feature == "speakers"


def test_a_domain_that_switches_speakers_off_is_noticed() -> None:
    """Where the vendor accepts the wish and does nothing, a notice says that nothing was delivered."""
    with emulated(switches={"speaker_recognition": "echo"}) as bare:
        heard = transcribed(bare, speakers=True)
    assert {"speakers"} == {notice.feature for notice in heard.notices}
    assert [one.speaker for one in heard.segments] == [None, None]


def test_silence_is_a_success() -> None:
    """A recording in which nobody speaks is an empty transcript and no error (2.10)."""
    with emulated(Transcript()) as bare:
        assert transcribed(bare).segments == ()


@pytest.mark.parametrize("format", ["SRT", "SMI"])
@pytest.mark.parametrize("completion", ["sync", "async"])
@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "application/json"])
def test_subtitles_of_the_vendor_are_read_back(format: str, completion: str, kind: str) -> None:
    """SRT and SMI answers give the cues and the speakers' letters and names again, whatever their content type."""
    with emulated(switches={**ON, "subtitle_type": kind}) as bare:
        heard = transcribed(bare, speakers=True, vendor={"format": format, "completion": completion})
    assert [one.text for one in heard.segments] == [one.text for one in SAID.segments]
    assert [one.start_ms for one in heard.segments] == [0, 2140]
    assert [one.speaker for one in heard.segments] == ["A", "김민수"]


@pytest.mark.parametrize("container", ["webm", "matroska"])
@pytest.mark.parametrize("name", ["talk", "talk.webm", "talk.mkv"])
def test_a_recording_of_a_browser_is_heard(container: str, name: str) -> None:
    """WebM, which CLOVA refuses, is converted before it is sent, whatever it is called; Matroska goes as it is."""
    with emulated() as bare:
        assert transcribed(bare, BytesAudio(packed(container), name)).text == SAID.text


def test_stored_objects_and_addresses_are_heard(tmp_path: Path) -> None:
    """Audio that lies at the vendor or at an address is named, not sent."""
    (tmp_path / "회의.wav").write_bytes(wav())
    with emulated(folder=tmp_path) as bare:
        for key in ("회의.wav", "/회의.wav"):
            assert transcribed(bare, StoredAudio(key)).text == SAID.text
        missing = failed(bare, StoredAudio("none.wav"))
        unreachable = failed(bare, UrlAudio("http://127.0.0.1:9/none.wav"))
    assert isinstance(missing, InvalidRequestError) and missing.vendor_code == "ERROR_DATA_NOT_FOUND"
    assert isinstance(unreachable, JobFailedError)


def test_a_job_is_followed_to_its_end() -> None:
    """A watched job is queued, then running with progress, then done, in whatever steps the vendor shows."""
    clock = Clock(scale=20)
    with emulated(switches={"waiting_s": 30, "processing_s": 60}, clock=clock) as bare:

        async def main() -> list[tuple[JobStatus, float | None]]:
            async with session(bare) as opened:
                job = await opened.submit(wav())
                return [(now.status, now.progress) async for now in opened.watch(job)]

        seen = asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))
    statuses = [status for status, _ in seen]
    assert statuses[-1] is JobStatus.SUCCEEDED and JobStatus.FAILED not in statuses and len(statuses) > 1


@pytest.mark.parametrize("body", ["full", "notice"])
def test_callbacks_are_read(body: str) -> None:
    """Variant A holds the transcript, variant B means: ask now; another job's callback is refused (9.4-7)."""
    with receiving() as receiver, emulated(switches={"callback_body": body}) as bare:

        async def main() -> VendorReference:
            async with session(bare) as opened:
                job = await opened.submit(wav(), vendor={"callback": f"{receiver.url}/cb"})
                assert job.reference is not None
                return job.reference

        reference = asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))
        _, kind, data = until(lambda: receiver.got)[0]
    callback = Callback(data, {"content-type": kind})
    update = Clova.read_callback(callback, reference)
    if body == "full":
        assert update.transcript is not None and update.transcript.text == SAID.text
    else:
        assert update.transcript is None and not update.status.finished and update.check_after is not None
    with pytest.raises(ProtocolError):
        Clova.read_callback(callback, VendorReference("long", "0" * 32))


@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_unknown_token_is_not_found(status: int) -> None:
    """The body decides before the HTTP status (9.4-8)."""
    with emulated(switches={"status_token_invalid": status}) as bare:

        async def main() -> None:
            async with session(bare) as opened:
                await opened._provider.fetch(VendorReference("long", "f" * 32))

        with pytest.raises(JobNotFoundError):
            asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))


# --- bad days ---


@pytest.mark.parametrize(
    ("fault", "billed"),
    [
        (Fault("submit", "answer", "ERROR_SERVER_BUSY", times=2), 1),
        (Fault("submit", "status", {"status": 429, "headers": {"retry-after": "0"}}), 1),
        (Fault("fetch", "answer", "ERROR_GATEWAY_TIMEOUT"), 1),
        (Fault("fetch", "status", 502), 1),
        (Fault("fetch", "drop"), 1),
        (Fault("fetch", "cut"), 1),
    ],
)
def test_what_is_safe_is_tried_again(fault: Fault, billed: int) -> None:
    """Refusals that prove that nothing was accepted, and every question, are repeated; the job is billed once."""
    with emulated(faults=Faults([fault])) as bare:
        assert transcribed(bare).text == SAID.text
        assert len(bare.emulator.billing.entries) == billed


@pytest.mark.parametrize(("kind", "after"), [("lost", 0), ("cut", 5)])
def test_a_lost_answer_is_uncertain_and_never_paid_twice(kind: Any, after: int) -> None:
    """Where the answer to a submission is lost nobody submits again by himself: the job may be running, and is."""
    with emulated(faults=Faults([Fault("submit", kind, after=after)])) as bare:

        async def main() -> JobStatus:
            async with session(bare) as opened:
                return (await opened.submit(wav())).status

        assert asyncio.run(asyncio.wait_for(main(), TIMEOUT_S)) is JobStatus.UNCERTAIN
        until(lambda: bare.emulator.billing.entries)
        assert len(bare.emulator.billing.entries) == 1


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("FAILED", JobFailedError),
        ("TIMEOUT", UnavailableError),
        ("ERROR_AUDIO_EMPTY", BadAudioError),
        ("ERROR_AUDIO_CONVERSION", BadAudioError),
        ("ERROR_DATA_CONFLICT", JobFailedError),
    ],
)
def test_a_job_that_ends_badly_says_why(word: str, kind: type[EarwitnessError]) -> None:
    """Each end of a job is an error of ours with the vendor's word."""
    with emulated(faults=Faults([Fault("job", "answer", word)])) as bare:
        error = failed(bare)
    assert isinstance(error, kind) and error.vendor_code == word


@pytest.mark.parametrize("switches", [{}, {"status_invalid_secret": 200}, {"wrong_key_body": "code"}])
def test_a_wrong_key_is_told_as_such(switches: dict[str, Any]) -> None:
    """Whatever status and body the vendor uses, a wrong key is a matter of authentication."""
    with emulated(switches=switches) as bare:
        error = failed(bare, keys={"secret_key": "WRONGKEYMARKER"})
    assert isinstance(error, AuthenticationError) and "MARKER" not in str(error)


def test_a_wrong_invoke_key_is_told_as_such() -> None:
    """A path that is not found points at the Invoke URL."""
    with emulated() as bare:
        error = failed(bare, keys={"invoke_url": f"{bare.emulator.url}/external/v1/4242/WRONGMARKER"})
    assert "Invoke URL" in str(error) and "MARKER" not in str(error)


# --- the short service ---


def test_a_sentence_comes_back() -> None:
    """With `service="short"` the text comes at once, with what it cost."""
    with emulated() as bare:
        heard = transcribed(bare, service="short")
    assert (heard.text, heard.vendor["billed_s"]) == (SAID.text, 15)


def test_an_assessment_is_vendor_data() -> None:
    """Score, details and outlines pass untouched."""
    options = {"assessment": True, "utterance": "회의를", "graph": True}
    with emulated() as bare:
        heard = transcribed(bare, service="short", vendor=options)
    assert heard.vendor["assessment_score"] == 100 and len(heard.vendor["usr_graph"]) == 50


@pytest.mark.parametrize(
    ("code", "kind", "tries"),
    [
        ("STT000", AudioTooLargeError, 1),
        ("STT001", AudioTooLargeError, 1),
        ("STT002", InvalidRequestError, 1),
        ("STT003", BadAudioError, 1),
        ("STT004", InvalidRequestError, 1),
        ("STT005", InvalidRequestError, 1),
        ("STT006", BadAudioError, 1),
        ("STT007", BadAudioError, 1),
        ("STT998", UnavailableError, None),
        ("STT999", UnavailableError, None),
    ],
)
@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_errors_of_a_sentence(code: str, kind: type[EarwitnessError], tries: int | None, shape: str) -> None:
    """Every code in either shape is its error; what the file is guilty of is not tried again (9.4-9)."""
    faults = Faults([Fault("recognize", "answer", code, times=None)])
    with emulated(faults=faults, switches={"short_error_body": shape}) as bare:
        error = failed(bare, service="short")
        seen = bare.emulator.faults._entries[0]._seen
    assert isinstance(error, kind) and error.vendor_code == code
    assert seen == tries if tries else seen >= 1


# --- writer and reader ---

SWITCHES = ClovaSwitches(speaker_recognition="on")
IDENTITY = Identity("0" * 32, 1, "1" * 32, 4242, "demo")


def asked(metadata: Mapping[str, str], *, speakers: bool, format: str = "JSON") -> Any:
    params = {
        "language": "enko",
        "completion": "sync",
        "diarization": {"enable": speakers},
        "sed": {"enable": True},
        "userdata": dict(metadata),
        "format": format,
    }
    return read_params(json.dumps(params), "upload", SWITCHES)


def same(said: Any, heard: Any) -> bool:
    """Equal, or something that had to be made up because the vendor always tells it."""
    return said is None or said == heard


def check_segment(said: Segment, heard: Segment) -> None:
    assert heard.confidence == said.confidence and (heard.text == said.text or (said.words and not said.text))
    assert same(said.start_ms, heard.start_ms) and same(said.end_ms, heard.end_ms)
    assert heard.start_ms is not None and heard.end_ms is not None and heard.start_ms <= heard.end_ms
    assert [one.text for one in heard.words] == [one.text for one in said.words]
    for spoken, word in zip(said.words, heard.words, strict=True):
        assert same(spoken.start_ms, word.start_ms) and same(spoken.end_ms, word.end_ms)


@settings(max_examples=200)
@given(valid(), st.booleans())
def test_a_transcript_survives_writer_and_reader(said: Transcript, speakers: bool) -> None:
    """Neutral, to the emulator's JSON, through the plugin: the same, up to what CLOVA's format cannot say."""
    metadata = {key: value for key, value in said.metadata.items() if key and not key.startswith("_ncp_")}
    body = result_body(said, asked(metadata, speakers=speakers), IDENTITY, SWITCHES, result="COMPLETED")
    heard = earwitness_answer(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    spoken = said.segments
    if said.text or not spoken:
        assert len(heard.segments) == len(spoken)
        for one, other in zip(spoken, heard.segments, strict=True):
            check_segment(one, other)
    assert heard.metadata == metadata and same(said.confidence, heard.confidence)
    assert heard.requested_language == ("ko-KR", "en-US")
    assert [one.label for one in heard.events] == [one.label for one in said.events]
    for event, other_event in zip(said.events, heard.events, strict=True):
        assert same(event.start_ms, other_event.start_ms) and same(event.end_ms, other_event.end_ms)
    voices = [(one.speaker, other.speaker) for one, other in zip(spoken, heard.segments, strict=False)]
    if speakers:
        # Labels may be numbered anew, but who is one voice stays one voice.
        assert len({*voices}) == len({one for one, _ in voices}) == len({other for _, other in voices})
        names = {one.id: one.name for one in heard.speakers}
        known = {one.id: one.name for one in said.speakers}
        assert all(names[other] == (known.get(one) or None) for one, other in voices if other and one in known)
    else:
        assert {other for _, other in voices} <= {None} and heard.speakers == ()


def earwitness_answer(body: bytes) -> Transcript:
    heard = Clova.read_answer(Answer(body, "application/json", "long")).transcript
    assert heard is not None
    return heard


cues = st.lists(
    st.tuples(
        st.text("abc 가나다.,", min_size=1, max_size=12).filter(str.strip), st.integers(0, 5000), st.integers(1, 5000)
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=200)
@given(cues, st.sampled_from(["SRT", "SMI"]))
def test_subtitles_survive_writer_and_reader(drawn: list[tuple[str, int, int]], format: str) -> None:
    """Cues with their times and speakers come back from either format; SMI knows no ends."""
    segments, now = [], 0
    for number, (text, gap, length) in enumerate(drawn):
        segments.append(Segment(" ".join(text.split()), now + gap, now + gap + length, speaker=str(number % 2 + 1)))
        now += gap + length
    told = asked({}, speakers=True, format=format)
    text = (srt if format == "SRT" else smi)(Transcript(tuple(segments)), told)
    heard = Clova.read_answer(Answer(text.encode(), "text/plain", "long")).transcript
    assert heard is not None
    assert [(one.text, one.start_ms) for one in heard.segments] == [(one.text, one.start_ms) for one in segments]
    assert [one.speaker for one in heard.segments] == ["AB"[number % 2] for number in range(len(segments))]
    if format == "SRT":
        assert [one.end_ms for one in heard.segments] == [one.end_ms for one in segments]


def test_events_and_unsaid_times_are_written_as_the_vendor_would() -> None:
    """What has no time gets its neighbours', and words stay in order between them."""
    words = (Word("a", 100, 300), Word("b"), Word("c", 300), Word("d"), Word("e", 700, 800))
    said = Transcript((Segment("a b c d e", None, None, words),), events=(AudioEvent("music"),))
    body = result_body(said, asked({}, speakers=False), IDENTITY, SWITCHES, result="COMPLETED")
    (segment,) = body["segments"]
    assert (segment["start"], segment["end"]) == (100, 800) and "confidence" not in segment
    assert segment["words"] == [[100, 300, "a"], [300, 300, "b"], [300, 700, "c"], [300, 700, "d"], [700, 800, "e"]]
    assert body["events"][0]["start"] == body["events"][0]["end"] == 0


# --- nothing leaks, nothing grows ---


def test_no_secret_is_ever_shown(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """The keys, the invoke key and the whole URL are in no log at DEBUG, repr, error or output (9.4-11)."""
    caplog.set_level(logging.DEBUG)
    faults = Faults([Fault("submit", "lost", first=3), Fault("fetch", "garbage"), Fault("fetch", "drop", first=2)])
    shown: list[str] = []
    with emulated(faults=faults, hearing=GivenHearing({"other": SAID, "heard": SAID})) as bare:
        emulator = bare.emulator
        for audio, options in (
            (wav(), {"name": "heard.wav"}),
            (wav(), {}),
            (wav(), {}),
            (b"no audio", {"service": "short"}),
            (wav(), {"service": "short"}),
        ):
            options.pop("name", None)
            try:
                transcribed(bare, audio, **options)
            except EarwitnessError as error:
                shown += [str(error), repr(error), repr(error.details()), "".join(traceback.format_exception(error))]
        for key in ("secret_key", "short_secret_key"):
            error = failed(bare, keys={key: "WRONGKEYMARKER"}, service="short" if "short" in key else None)
            shown += [str(error), repr(error.details())]
        shown += [repr(one) for one in (emulator, emulator.secrets, emulator.options, emulator.callbacks.deliveries)]
        bare.call("GET", f"{bare.invoke_url}/recognizer/{'f' * 32}", key="WRONGKEYMARKER")
        bare.call("POST", f"{bare.invoke_url}/recognizer/upload", key=bare.key, body=b"")
        for rest in ("HTTP/1.1\r\nContent-Length: x", "HTTP/9\r\n: :", "\x00\r\n", "HTTP/1.1\r\nHost: " + "a" * 9000):
            assert spoken_raw(bare, f"GET {bare.invoke_url.removeprefix(emulator.url)}/recognizer/x {rest}\r\n\r\n")
    out, err = capfd.readouterr()
    everything = "\n".join([*shown, *map(str, caplog.records), caplog.text, out, err])
    assert shown and "MARKER" not in everything
    assert not [secret for secret in SECRETS.values() if secret in everything]


def spoken_raw(bare: Bare, text: str) -> bytes:
    """What the emulator says to these bytes."""
    with socket.create_connection(("127.0.0.1", bare.emulator.port), timeout=TIMEOUT_S) as connection:
        connection.sendall(text.encode())
        return connection.recv(1000)


def test_the_emulator_shares_nothing_with_the_plugin() -> None:
    """No module of the emulator imports one of the plugin's: two halves that share mistakes agree about them."""
    package = Path(earwitness_clova.__file__).parent / "emulator"
    sources = sorted(package.glob("*.py"))
    imports = [
        (path.name, node)
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    outside = [
        name
        for name, node in imports
        if (isinstance(node, ast.ImportFrom) and (node.level > 1 or (node.module or "").startswith("earwitness_clova")))
        or (isinstance(node, ast.Import) and any(one.name.startswith("earwitness_clova") for one in node.names))
    ]
    assert len(sources) > 10 and len(imports) > 50 and outside == []


def test_a_wrong_key_is_told_in_the_middle_of_a_big_upload() -> None:
    """The refusal comes before the body has been read, and still arrives: nothing is uncertain about it."""
    with emulated() as bare:
        error = failed(bare, wav(900), keys={"secret_key": "WRONGKEY"})
    assert isinstance(error, AuthenticationError)


@pytest.mark.skipif(sys.platform == "win32", reason="its memory is not told by `resource`")
def test_an_upload_takes_little_memory_however_big_the_file_is(tmp_path: Path) -> None:
    """A file of 200 MB costs its client at most 64 MiB more than a small one, and arrives whole."""
    path = tmp_path / "long.wav"
    frames = 200_000_000 // 4 * 4
    head = wav(0)
    wide = head[:22] + (2).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + (192_000).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(
            head[:4] + (frames + 36).to_bytes(4, "little") + head[8:22] + wide[22:32] + (4).to_bytes(2, "little")
        )
        file.write((16).to_bytes(2, "little") + b"data" + frames.to_bytes(4, "little"))
        file.truncate(frames + 44)
    script = Path(__file__).with_name("uploading.py")
    with emulated(Transcript((Segment("all of it"),))) as bare:
        facts = json.dumps({**bare.emulator.facts(), "small": str(SAMPLE), "big": str(path)})
        done = subprocess.run(
            [sys.executable, str(script)], input=facts, capture_output=True, text=True, timeout=600, env=os.environ
        )
        billed = [one.billed_seconds for one in bare.emulator.billing.entries]
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 * 2**20
    assert billed[-1] == pytest.approx(frames / 192_000, abs=0.001)


def test_the_ready_profile_reads_as_a_configuration(tmp_path: Path) -> None:
    """profile_toml is a whole file: its default profile is CLOVA with all three services."""
    with emulated() as bare:
        path = tmp_path / "earwitness.toml"
        path.write_text(bare.emulator.facts()["profile_toml"], encoding="utf-8")
        profile = earwitness.config.load_config(path).profile()
        assert profile.provider == "clova"
        made = Clova.Settings.model_validate(dict(profile.settings))
        assert Clova(made, None).offered().names() == ("long", "short", "streaming")  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "streams"), [("127.0.0.2", True), ("localhost", True), ("0.0.0.0", False)])
def test_the_ready_profile_shows_no_key_to_the_network(host: str, streams: bool) -> None:
    """Streams are not encrypted, so a profile has them only where the server listens to this machine alone."""
    with emulated(host=host) as bare:
        (table,) = tomllib.loads(bare.emulator.facts()["profile_toml"])["profiles"].values()
        assert Clova.Settings.model_validate(table["settings"])
        assert ("stream_secret_key" in table["settings"]) is streams
        assert transcribed(bare).text == SAID.text


def test_a_ready_profile_names_a_language_also_for_a_bare_text() -> None:
    """A given text does not tell its language, and a request without one would be refused: the usual one is named."""
    server = create(EmulatorOptions(hearing=GivenHearing(Transcript((Segment("said"),)))))
    assert tomllib.loads(server.facts()["profile_toml"])["profiles"]["clova"]["request"] == {"language": "ko-KR"}
