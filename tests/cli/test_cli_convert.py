"""`convert` and `probe`: nothing is heard, nothing is sent, and what is lost is said."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from earwitness.models import Segment, Speaker, Transcript, Word
from support.desk import Desk

TALK = Transcript(
    (
        Segment("Good morning.", 0, 1_500, (Word("Good", 0, 700), Word("morning.", 700, 1_500)), speaker="1"),
        Segment("안녕하세요", 62_600, 63_600, speaker="2"),
    ),
    (Speaker("1"), Speaker("2")),
)
SAMPLE = Path(__file__).parents[2] / "docs/examples/first_words.wav"


@pytest.fixture
def talk(desk: Desk) -> Desk:
    """A desk with a transcript on it."""
    (desk.folder / "talk.json").write_bytes(TALK.to_json())
    return desk


def test_a_transcript_becomes_subtitles(talk: Desk) -> None:
    """The suffix of the output names the format; the file is its owner's only, and what is lost is said once."""
    done = talk.run("convert", "talk.json", "-o", "talk.srt")
    assert done.code == 0 and done.out == ""
    assert done.err == "earwitness: note: srt has no place for words; json keeps everything.\n"
    assert "00:01:02,600 --> 00:01:03,600\n2: 안녕하세요" in (talk.folder / "talk.srt").read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE((talk.folder / "talk.srt").stat().st_mode) == 0o600


def test_a_subtitle_becomes_text_and_back(talk: Desk) -> None:
    """A foreign file is known by its content; several files go into a folder."""
    talk.run("convert", "talk.json", "-f", "vtt", "-o", "odd.name")
    assert talk.run("convert", "odd.name").out == "1: Good morning.\n\n2: 안녕하세요\n"
    done = talk.run("convert", "talk.json", "odd.name", "-f", "smi", "-o", "out/")
    assert done.code == 0 and sorted(os.listdir(talk.folder / "out")) == ["odd.smi", "talk.smi"]


@pytest.mark.parametrize(
    ("suffix", "begin"), [(".words.vtt", "WEBVTT"), (".TextGrid", "File type"), (".whisper.json", "{")]
)
def test_the_longest_suffix_decides(talk: Desk, suffix: str, begin: str) -> None:
    """`.words.vtt` is another format than `.vtt`, and case does not count."""
    done = talk.run("convert", "talk.json", "-o", f"out{suffix}")
    written = (talk.folder / f"out{suffix}").read_text(encoding="utf-8")
    assert done.code == 0 and written.startswith(begin)
    assert ("<00:00:00.700>" in written) == (suffix == ".words.vtt")


def test_standard_input_and_json(talk: Desk) -> None:
    """`-` reads standard input, and --json prints our own form."""
    done = talk.run("convert", "-", "--json", input=TALK.to_json())
    assert Transcript.from_json(json.dumps(json.loads(done.out)["results"][0]["transcript"])) == TALK


def test_names_and_times(talk: Desk) -> None:
    """Speakers get names, and a range of time is cut out."""
    done = talk.run("convert", "talk.json", "--names", "2=Bo", "--from-time", "1:00", "--to-time", "0:01:10")
    assert done.out == "Bo: 안녕하세요\n"
    assert "No speaker is labelled '7'" in talk.run("convert", "talk.json", "--names", "7=Bo").err
    assert talk.run("convert", "talk.json", "--from-time", "soon").code == 2
    assert talk.run("convert", "talk.json", "--names", "Bo").code == 2


def test_text_may_be_kept_back(talk: Desk) -> None:
    """--no-text shows who spoke when: as text, in a file of any format, and for machines; plain text then has times."""
    done = talk.run("convert", "talk.json", "--no-text", "--names", "2=Bo", "-f", "txt")
    assert (done.code, done.out) == (0, "0:00:00.000 - 0:00:01.500  1\n0:01:02.600 - 0:01:03.600  Bo\n")
    assert done.err == "earwitness: note: txt has no place for words; json keeps everything.\n"
    talk.run("convert", "talk.json", "--no-text", "-o", "talk.srt")
    written = (talk.folder / "talk.srt").read_text(encoding="utf-8")
    assert "00:01:02,600 --> 00:01:03,600\n2: …" in written
    told = talk.run("convert", "talk.json", "--no-text", "--json").out
    assert "1500" in told and not [word for word in ("Good", "morning", "안녕") if word in written + told]


def test_a_vendors_answer_is_read_by_its_plugin(talk: Desk) -> None:
    """--answer-of hands the file to the provider; one that cannot says so."""
    (talk.folder / "answer").write_bytes(TALK.to_json())
    assert talk.run("convert", "answer", "--answer-of", "scripted").out.startswith("1: Good morning.")
    assert "No provider" in talk.run("convert", "answer", "--answer-of", "nobody").err


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("gone.srt", None, "cannot be read"),
        ("bad.srt", b"1\n00:00:05,000 --> 00:00:02,000\nsecret words\n", "Line 2: the cue ends before it starts"),
        ("empty.doc", b"", "none of the formats"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "none of the formats"),
    ],
)
def test_bad_files_are_one_sentence(talk: Desk, name: str, content: bytes | None, told: str) -> None:
    """A file that is not what it seems is told by name and place, and the others go on."""
    if content is not None:
        (talk.folder / name).write_bytes(content)
    done = talk.run("convert", name, "talk.json")
    assert done.code != 0 and told in done.err and "secret" not in done.err and "Traceback" not in done.err
    assert "Good morning." in done.out


@pytest.mark.parametrize(
    "data",
    [
        b"1\r00:00:01,000 --> 00:00:02,000\rHello\r",
        "1\n00:00:01,000 --> 00:00:02,000\nHello\n".encode("utf-16"),
        "start,end,text\r\n1,2,Hello\r\n,,\r\n".encode("utf-16"),
    ],
)
def test_standard_input_in_any_form(talk: Desk, data: bytes) -> None:
    """What has no name is told by its content, whatever its encoding and line ends."""
    done = talk.run("convert", "-", "-f", "tsv", input=data)
    assert (done.code, done.out) == (0, "start\tend\ttext\n1000\t2000\tHello\n")


def test_a_huge_file_is_told_with_its_size(talk: Desk) -> None:
    """A file of 200 MB is refused without being read, with the size that it has; of standard input nobody knows it."""
    with (talk.folder / "huge.srt").open("wb") as file:
        file.truncate(200_000_000)
    assert "This has 190.8 MiB; at most 64 MiB are read" in talk.run("convert", "huge.srt").err
    done = talk.run("convert", "-", input=bytes(64 * 2**20 + 1))
    assert done.code != 0 and "This has more than 64 MiB" in done.err


def test_a_folder_is_refused(talk: Desk) -> None:
    """A folder is no transcript."""
    (talk.folder / "sub").mkdir()
    assert "folder" in talk.run("convert", "sub").err


def test_probe_tells_what_a_recording_is(talk: Desk) -> None:
    """Container, length, rate and channels, for people and for machines; a broken file does not stop the others."""
    done = talk.run("probe", str(SAMPLE), "talk.json")
    assert done.code != 0 and "16000 Hz" in done.out and "wav" in done.out and "talk.json" in done.err
    told = json.loads(talk.run("probe", str(SAMPLE), "gone.wav", "--json").out)["files"]
    assert told[0]["sample_rate"] == 16_000 and told[0]["duration_ms"] > 1_000 and "error" in told[1]
