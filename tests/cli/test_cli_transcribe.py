"""`earwitness transcribe`: recordings in, transcripts out, and a bad one stops nobody else."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress

import pytest

from earwitness.cli._exit import CODES
from earwitness.errors import (
    BadAudioError,
    ConfigurationError,
    InvalidRequestError,
    OutputError,
    PermissionDeniedError,
    QuotaExhaustedError,
    UnsupportedFeatureError,
)
from earwitness.models import Transcript
from support.desk import COMMAND, TIMEOUT_S, Desk

TALK = "Ann: Good morning.\n\n2: 안녕하세요\n"


def test_the_result_and_nothing_else_goes_to_standard_output(desk: Desk) -> None:
    """Without --output standard output is exactly the transcript, and standard error is empty."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav")
    assert (done.code, done.out, done.err) == (0, TALK, "")
    assert desk.files() == {"talk.wav"}


@pytest.mark.parametrize(("format", "begins"), [("srt", "1\n00:00:00,000 -->"), ("vtt", "WEBVTT\n"), ("json", "{\n")])
def test_the_format_is_chosen(desk: Desk, format: str, begins: str) -> None:
    """--format decides what is written."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav", "--format", format)
    assert done.code == 0 and done.out.startswith(begins)


def test_the_outputs_suffix_chooses_the_format(desk: Desk) -> None:
    """An --output file named .srt is an srt, readable by its owner only, and standard output stays empty."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav", "--output", "subs.srt")
    assert (done.code, done.out) == (0, "")
    path = desk.folder / "subs.srt"
    assert "00:00:01,200 --> 00:00:02,000" in path.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_several_results_are_told_apart(desk: Desk) -> None:
    """Several texts on standard output carry their file's name, in the order of the inputs."""
    for name in ("talk1.wav", "x.wav", "talk2.wav"):
        desk.recording(name)
    done = desk.run("transcribe", "talk2.wav", "x.wav", "talk1.wav")
    assert done.out == f"==> talk2.wav <==\n{TALK}\n==> x.wav <==\nanything else\n\n==> talk1.wav <==\n{TALK}"


def test_patterns_are_expanded_by_us_too(desk: Desk) -> None:
    """A quoted pattern stands for its files in order of name; a file that really has such a name comes first."""
    for name in ("b.wav", "a.wav", "sub/c.wav", "[x].wav"):
        desk.recording(name)
    done = desk.run("transcribe", "?.wav", "**/c.wav", "[x].wav", "--json")
    found = [result["input"] for result in done.json["results"]]
    assert found == ["a.wav", "b.wav", os.path.join("sub", "c.wav"), "[x].wav"]


def test_a_pattern_without_a_file_is_an_error(desk: Desk) -> None:
    """A pattern that nothing matches is told with its exit code."""
    done = desk.run("transcribe", "*.mp3")
    assert done.code == CODES[BadAudioError] and "No file matches '*.mp3'" in done.err


def test_a_folder_takes_several_results(desk: Desk) -> None:
    """Several inputs are written to a folder, made when missing, under their stems."""
    desk.recording("talk1.wav")
    desk.recording("x.wav")
    done = desk.run("transcribe", "*.wav", "-f", "json", "-o", "out/deep")
    assert (done.code, done.out) == (0, "")
    assert desk.files() == {
        "talk1.wav",
        "x.wav",
        os.path.join("out", "deep", "talk1.json"),
        os.path.join("out", "deep", "x.json"),
    }
    assert Transcript.from_json((desk.folder / "out/deep/x.json").read_bytes()).text == "anything else"


def test_an_output_that_ends_like_a_folder_is_one(desk: Desk) -> None:
    """`--output out/` is a folder for one input too."""
    desk.recording("talk.wav")
    assert desk.run("transcribe", "talk.wav", "-o", "out/").code == 0
    assert (desk.folder / "out/talk.txt").read_text(encoding="utf-8") == TALK


def test_standard_input_is_a_recording(desk: Desk) -> None:
    """`-` reads a whole recording from standard input, and names its output stdin."""
    sound = desk.recording("talk.wav").read_bytes()
    assert desk.run("transcribe", "-", input=sound).out == "anything else\n"
    assert desk.run("transcribe", "-", "-o", "out/", input=sound).code == 0
    assert (desk.folder / "out/stdin.txt").exists()


def test_a_web_address_is_handed_on_and_its_secrets_are_not_shown(desk: Desk) -> None:
    """A URL goes to the provider; only its host and last part are ever printed."""
    done = desk.run("transcribe", "https://user:pw@example.com/s3cret/talk.wav?sig=s3cret", "--json")
    assert done.json["results"][0]["input"] == "example.com/…/talk.wav"
    assert "s3cret" not in done.out + done.err and done.code == 0


def test_a_profile_is_swapped_without_code(desk: Desk) -> None:
    """--profile chooses another profile, --config another file."""
    desk.recording("talk.wav")
    assert desk.run("transcribe", "talk.wav", "--profile", "other").out == "from the other profile\n"
    (desk.folder / "mine.toml").write_text(
        '[profiles.a]\nprovider="scripted"\n[[profiles.a.settings.scenes]]\ntext="mine"\nsteps=[]\n'
    )
    assert desk.run("transcribe", "talk.wav", "--config", "mine.toml").out == "mine\n"


def test_silence_is_a_success(desk: Desk) -> None:
    """A silent recording ends well with nothing on standard output, and a note for people."""
    desk.recording("silent.wav")
    done = desk.run("transcribe", "silent.wav")
    assert (done.code, done.out) == (0, "") and "silent.wav: note: no speech was heard" in done.err


def test_one_bad_recording_does_not_stop_the_others(desk: Desk) -> None:
    """Failures are one sentence each on standard error; the exit code is the first failure's in the order of inputs."""
    for name in ("talk.wav", "broke.wav", "denied.wav", "x.wav"):
        desk.recording(name)
    done = desk.run("transcribe", "talk.wav", "denied.wav", "missing.wav", "broke.wav", "x.wav")
    assert done.code == CODES[PermissionDeniedError]
    assert TALK in done.out and "anything else" in done.out
    lines = done.err.splitlines()
    assert len(lines) == 3 and all(line.startswith("earwitness: ") for line in lines)
    assert ["denied.wav" in lines[0], "missing.wav" in lines[1], "broke.wav" in lines[2]] == [True] * 3
    assert "E42" in lines[2]


def test_machines_get_one_document_and_errors_as_json(desk: Desk) -> None:
    """With --json standard output is one document with every outcome, and each error is JSON on standard error too."""
    for name in ("talk.wav", "broke.wav"):
        desk.recording(name)
    done = desk.run("transcribe", "broke.wav", "talk.wav", "--json")
    broke, talk = done.json["results"]
    assert broke["error"]["kind"] == "quota_exhausted"
    assert broke["error"]["exit_code"] == done.code == CODES[QuotaExhaustedError]
    assert json.loads(done.err)["error"]["input"] == "broke.wav"
    transcript = Transcript.from_json(json.dumps(talk["transcript"]))
    assert [segment.text for segment in transcript.segments] == ["Good morning.", "안녕하세요"]


def test_json_with_output_names_the_files(desk: Desk) -> None:
    """With --output the document says where each result is."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav", "--json", "-o", "a.srt")
    assert done.json == {"results": [{"input": "talk.wav", "output": "a.srt", "format": "srt"}]}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("talk.wav", "x.wav", "-f", "srt"), "give a folder with --output"),
        (("talk.wav", "--json", "-f", "srt"), "give --output to keep them as srt"),
        (("talk.wav", "sub/talk.wav", "-o", "out"), "would both be written to"),
        (("talk.wav", "-o", "talk.wav", "-f", "txt"), "is an input and would be overwritten"),
        (("talk.wav", "x.wav", "-o", "x.wav", "-f", "txt"), "is a file"),
        (("talk.wav", "-f", "doc"), "use one of: txt, json, srt, vtt"),
        (("talk.wav", "-o", "talk.docx"), "No format has the suffix '.docx'"),
        (("talk.wav", "--vendor", "novalue"), "key=value"),
        ((), "Missing argument"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_runs(desk: Desk, args: tuple[str, ...], told: str) -> None:
    """What cannot end well is refused with exit code 2 before any recording is heard or any file is made."""
    for name in ("talk.wav", "sub/talk.wav", "x.wav"):
        desk.recording(name)
    before = {name: (desk.folder / name).read_bytes() for name in desk.files()}
    done = desk.run("transcribe", *args)
    assert (done.code, done.out) == (2, "") and told in done.err
    assert "Try 'earwitness transcribe --help'" in done.err or "--json" in args
    assert {name: (desk.folder / name).read_bytes() for name in desk.files()} == before


def test_results_of_one_name_are_refused_whatever_their_case(desk: Desk) -> None:
    """`A.wav` and `a.flac` would share a file where case does not count."""
    desk.recording("A.wav")
    desk.recording("a.flac")
    assert desk.run("transcribe", "A.wav", "a.flac", "-o", "out").code == 2


@pytest.mark.parametrize("make", ["missing", "folder", "empty", "text"])
def test_bad_audio_is_one_sentence(desk: Desk, make: str) -> None:
    """A missing file, a folder, an empty file and a text named .wav each give one sentence and its code."""
    path = desk.folder / "bad.wav"
    if make == "folder":
        path.mkdir()
    elif make != "missing":
        path.write_text("" if make == "empty" else "this is no sound\n" * 20)
    done = desk.run("transcribe", "bad.wav")
    assert (done.code, done.out) == (CODES[BadAudioError], "")
    assert done.err.count("\n") == 1 and "bad.wav" in done.err


def test_an_unwritable_place_is_found_before_anything_is_heard(desk: Desk) -> None:
    """An output in a folder that is missing fails at once with the code of output errors."""
    desk.recording("slow.wav")
    done = desk.run("transcribe", "slow.wav", "-o", "nowhere/a.txt")
    assert done.code == CODES[OutputError] and "nowhere" in done.err
    assert desk.files() == {"slow.wav"}


@pytest.mark.parametrize(
    ("args", "kept"),
    [(("-o", "sub/"), "sub/untimed.json"), (("-o", "a.srt"), "a.json"), (("-f", "srt"), "untimed.json")],
)
def test_what_a_format_cannot_hold_is_kept_as_json(desk: Desk, args: tuple[str, ...], kept: str) -> None:
    """Subtitles of a transcript without times are refused with the formats that work; what was heard is not lost."""
    desk.recording("untimed.wav")
    done = desk.run("transcribe", "untimed.wav", *args, *(["-f", "srt"] if "sub/" in args else []))
    assert (done.code, done.out) == (CODES[UnsupportedFeatureError], "") and "txt or json" in done.err
    assert f"kept in {kept.replace('/', os.sep)};" in done.err and done.err.count("\n") == 1
    assert desk.files() == {"untimed.wav", kept}
    assert Transcript.from_json((desk.folder / kept).read_bytes()).text == "no times here"
    if os.name != "nt":
        assert (desk.folder / kept).stat().st_mode & 0o077 == 0


def test_what_is_kept_never_takes_the_place_of_another_file(desk: Desk) -> None:
    """A name that is taken is passed over, and a machine finds the one that was chosen in the error."""
    desk.recording("untimed.wav")
    for name in ("a.json", "a-2.json"):
        (desk.folder / name).write_text("mine")
    done = desk.run("transcribe", "untimed.wav", "-o", "a.srt", "--json")
    assert done.json["results"][0]["error"]["kept"] == "a-3.json"
    assert desk.files() == {"untimed.wav", "a.json", "a-2.json", "a-3.json"}
    assert {(desk.folder / name).read_text() for name in ("a.json", "a-2.json")} == {"mine"}


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("--profile", "nobody"), CODES[ConfigurationError], "nobody"),
        (("--config", "nothing.toml"), CODES[ConfigurationError], "nothing.toml"),
        (("--speakers", "many"), CODES[InvalidRequestError], "speakers"),
        (("--language", "q"), CODES[InvalidRequestError], "language"),
        (("--service", "nothing"), CODES[InvalidRequestError], "no service 'nothing'"),
        (("-p", "test", "-p", "other"), 2, "--profile was given more than once: test, other"),
    ],
)
def test_a_wrong_wish_has_its_exit_code(desk: Desk, args: tuple[str, ...], code: int, told: str) -> None:
    """A profile that is not there, or an option with an impossible value, is one sentence with its code."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav", *args)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1) and told in done.err


def test_a_wrong_option_is_told_once_for_all_recordings(desk: Desk) -> None:
    """What is wrong with the options is wrong for every recording: one sentence, and nothing is submitted or made."""
    for name in ("x.wav", "talk.wav"):
        desk.recording(name)
    done = desk.run("transcribe", "x.wav", "talk.wav", "--speakers", "many", "-o", "out/")
    assert (done.code, done.out, done.err.count("\n")) == (CODES[InvalidRequestError], "", 1)
    assert not (desk.folder / "out").exists()


RECORDER = """
from earwitness.hookspecs import hookimpl
import json

@hookimpl
def earwitness_prepare_request(request):
    names = {"language", "word_times", "speakers", "hot_words", "model", "service", "vendor"}
    told = request.model_dump(mode="json", include=names)
    open("asked.json", "w").write(json.dumps(told))
"""


def test_options_reach_the_provider(desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
    """Every neutral option, and vendor options as JSON or text, arrive in the request."""
    desk.recording("talk.wav")
    environment = plugin("recorder", RECORDER, group="earwitness.plugins")
    options = (
        *("--language", "ko_kr,en", "--word-times", "--speakers", "2-4", "--model", "big"),
        *("--hot-word", "Earwitness:5", "--hot-word", "a:b", "--vendor", "boost=2", "--vendor", "name=x=y"),
        *("--vendor", 'deep={"a": [true]}', "--service", "scripted"),
    )
    assert desk.run("transcribe", "talk.wav", *options, environment=environment).code == 0
    asked = json.loads((desk.folder / "asked.json").read_text())
    assert asked["language"] == ["ko-KR", "en"] and asked["word_times"] is True and asked["model"] == "big"
    assert asked["service"] == "scripted"
    assert asked["speakers"] == {"min": 2, "max": 4}
    assert asked["hot_words"] == [{"text": "Earwitness", "weight": 5.0}, {"text": "a:b", "weight": None}]
    assert asked["vendor"] == {"boost": 2, "name": "x=y", "deep": {"a": [True]}}


def test_options_that_are_not_given_are_not_asked(desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
    """What nobody said stays unset, so that the vendor's and the profile's defaults hold; `no` is said explicitly."""
    desk.recording("talk.wav")
    environment = plugin("recorder", RECORDER, group="earwitness.plugins")
    desk.run("transcribe", "talk.wav", environment=environment)
    asked = json.loads((desk.folder / "asked.json").read_text())
    assert (asked["language"], asked["word_times"], asked["speakers"], asked["vendor"]) == (
        None,
        None,
        None,
        {},
    )
    desk.run("transcribe", "talk.wav", "--speakers", "no", "--no-word-times", environment=environment)
    asked = json.loads((desk.folder / "asked.json").read_text())
    assert (asked["word_times"], asked["speakers"]) == (False, False)


SHOUT = """
from earwitness.export import Exporter
from earwitness.hookspecs import hookimpl

def shout(transcript):
    return transcript.text.upper() + "!\\n"

def crash(transcript):
    raise KeyError(transcript.text)

@hookimpl
def earwitness_exporters():
    made = (Exporter("shout", ".shout", "text/plain", shout), Exporter("crash", ".crash", "x/y", crash))
    return {one.name: one for one in made}
"""


def test_a_plugins_format_is_a_format(desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
    """A format that a plugin brings works by name and by suffix."""
    desk.recording("x.wav")
    environment = plugin("shouting", SHOUT, group="earwitness.plugins")
    assert desk.run("transcribe", "x.wav", "-f", "shout", environment=environment).out == "ANYTHING ELSE!\n"
    assert desk.run("transcribe", "x.wav", "-o", "x.shout", environment=environment).code == 0
    assert (desk.folder / "x.shout").read_text() == "ANYTHING ELSE!\n"


def test_a_plugins_bug_names_the_plugin_and_stops_nobody(desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
    """An unexpected exception is one sentence that names the plugin, never its text; --verbose shows where."""
    desk.recording("x.wav")
    environment = plugin("shouting", SHOUT, group="earwitness.plugins")
    args = ("transcribe", "x.wav", "missing.wav", "-f", "crash", "-o", "out")
    done = desk.run(*args, environment=environment)
    assert done.code == 1 and "KeyError" in done.err and "bug in the plugin shouting 1.2" in done.err
    assert "missing.wav" in done.err and "anything else" not in done.err.lower()
    assert f"kept in {os.path.join('out', 'x.json')};" in done.err
    assert Transcript.from_json((desk.folder / "out/x.json").read_bytes()).text == "anything else"
    verbose = desk.run(*args, "--verbose", environment=environment)
    assert "in crash" in verbose.err and "anything else" not in verbose.err.lower()


def test_what_was_not_delivered_is_told_on_standard_error(desk: Desk) -> None:
    """A notice of the transcript reaches people, and not standard output."""
    desk.recording("x.wav")
    done = desk.run("transcribe", "x.wav", "--speakers", "2")
    assert done.code == 0 and done.out == "anything else\n"
    assert "x.wav: note:" in done.err and "Speakers" in done.err


def test_verbose_never_shows_what_was_said(desk: Desk) -> None:
    """--verbose tells what happens without a word of the transcript, and leaves standard output alone."""
    desk.recording("talk.wav")
    done = desk.run("transcribe", "talk.wav", "--verbose")
    assert (done.code, done.out) == (0, TALK)
    assert "Good morning" not in done.err and "안녕하세요" not in done.err


def test_piped_output_is_utf8_in_any_locale(desk: Desk) -> None:
    """Korean goes through a pipe also where the locale knows only ASCII."""
    desk.recording("talk.wav")
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = desk.run("transcribe", "talk.wav", environment=environment)
    assert (done.code, done.out) == (0, TALK)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_progress_is_shown_on_standard_error_only(desk: Desk) -> None:
    """On a terminal a bar with the file's name appears on standard error; standard output stays the bare transcript."""
    import pty

    desk.recording("halfway.wav")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "transcribe", "halfway.wav"],
        cwd=desk.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as running:
        os.close(theirs)
        shown = b""
        with suppress(OSError):
            while block := os.read(ours, 4096):
                shown += block
        os.close(ours)
        assert running.stdout is not None
        assert running.stdout.read() == b"at last\n"
        assert running.wait(TIMEOUT_S) == 0
    assert b"halfway.wav" in shown and b"50%" in shown and b"at last" not in shown
