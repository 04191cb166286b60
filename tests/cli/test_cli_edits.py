"""Names for voices, timing without text, and what a format has no place for."""

from __future__ import annotations

import json

import pytest

from support.desk import Desk

WORDS = ("Good", "morning", "안녕")


@pytest.mark.parametrize("option", ["--names", "--speakers-map"])
def test_voices_are_named(desk: Desk, option: str) -> None:
    """A label gets the name that is given for it; one of the vendor's names may be replaced."""
    done = desk.run("transcribe", desk.recording("talk.wav"), option, "2=보라", option, "1=Anna = B")
    assert (done.code, done.out) == (0, "Anna = B: Good morning.\n\n보라: 안녕하세요\n")


def test_a_label_that_nobody_has_costs_no_result(desk: Desk) -> None:
    """The transcript is paid for: it comes, and the wrong label is told with the right ones."""
    done = desk.run("transcribe", desk.recording("talk.wav"), "--names", "7=Bo")
    assert (done.code, done.out.startswith("Ann: Good morning.")) == (0, True)
    assert "no speaker is labelled 7; the labels are: 1, 2." in done.err


@pytest.mark.parametrize("pair", ["1", "=Ann", "1="])
def test_half_a_name_is_refused(desk: Desk, pair: str) -> None:
    """A pair without label or name is a wrong command line, told before anything is heard."""
    done = desk.run("transcribe", desk.recording("talk.wav"), "--names", pair)
    assert (done.code, done.out) == (2, "")
    assert "--names takes LABEL=NAME" in done.err


def test_live_voices_are_named(desk: Desk) -> None:
    """`listen` shows the name in place of the label, for people and for machines."""
    audio = desk.recording("talk.wav")
    assert desk.run("listen", "--fast", audio, "--names", "1=Mo").out == "Mo: hello world\ngood bye\n"
    lines = desk.run("listen", "--fast", audio, "--names", "1=Mo", "--json").out.splitlines()
    finals = [one for one in map(json.loads, lines) if one["event"] == "final"]
    assert [one["segment"]["speaker"] for one in finals] == ["Mo", "Mo"]


class TestNoText:
    def test_text_becomes_timing(self, desk: Desk) -> None:
        """Plain text says who spoke when, and nothing of what."""
        done = desk.run("transcribe", desk.recording("talk.wav"), "--no-text")
        assert done.out == "0:00:00.000 - 0:00:01.000  Ann\n0:00:01.200 - 0:00:02.000  2\n"

    @pytest.mark.parametrize("format", ["json", "srt", "vtt-words", "csv", "textgrid", "whisper", "stm", "audacity"])
    def test_no_format_says_a_word(self, desk: Desk, format: str) -> None:
        """Whatever the format, the file holds the times and not a word."""
        output = desk.folder / "kept"
        done = desk.run("transcribe", desk.recording("talk.wav"), "--no-text", "-f", format, "-o", output)
        assert done.code == 0, done.err
        text = output.read_text(encoding="utf-8")
        assert not [word for word in WORDS if word in text]
        assert "1.2" in text or "1,2" in text or "1200" in text

    def test_machines_are_told_no_word(self, desk: Desk) -> None:
        """The document of --json has none either, and is a transcript."""
        done = desk.run("transcribe", desk.recording("talk.wav"), "--no-text", "--json")
        assert not [word for word in WORDS if word in done.out]
        assert [one["text"] for one in done.json["results"][0]["transcript"]["segments"]] == ["…", "…"]

    def test_live_text_is_kept_back(self, desk: Desk) -> None:
        """`listen` shows when, and no unfinished text either."""
        audio = desk.recording("talk.wav")
        done = desk.run("listen", "--fast", audio, "--no-text")
        assert done.out == "1: 0:00:00.000 - 0:00:00.300\n0:00:00.400 - 0:00:00.500\n"
        assert "hel" not in desk.run("listen", "--fast", audio, "--no-text", "--json").out


class TestLosses:
    def test_they_are_told_once(self, desk: Desk) -> None:
        """What the chosen format has no place for is told once for all recordings."""
        for name in ("talk1.wav", "talk2.wav"):
            desk.recording(name)
        done = desk.run("transcribe", "talk1.wav", "talk2.wav", "-f", "tsv", "-o", "out/")
        assert done.err.count("tsv has no place for speakers; json keeps everything.") == 1

    def test_a_format_that_holds_everything(self, desk: Desk) -> None:
        """Nothing is told where nothing is lost, nor where nobody chose a format."""
        desk.recording("talk.wav")
        sure = '[{"transcript": {"segments": [{"text": "a", "start_ms": 0, "end_ms": 9, "confidence": 0.5}]}}]'
        scenes = {"EARWITNESS__PROFILES__TEST__SETTINGS__SCENES": sure}
        for options in (("-f", "json"), ("-f", "csv"), ()):
            assert "no place" not in desk.run("transcribe", "talk.wav", *options, environment=scenes).err
        assert "no place for confidence" in desk.run("transcribe", "talk.wav", "-f", "txt", environment=scenes).err

    def test_machines_find_it_in_the_document(self, desk: Desk) -> None:
        """--json names it beside the file."""
        done = desk.run("transcribe", desk.recording("talk.wav"), "-f", "tsv", "-o", "x.tsv", "--json")
        assert done.json["results"][0]["lost"] == ["speakers"]


def test_hot_words_have_two_spellings(desk: Desk) -> None:
    """--hotword is --hot-word."""
    audio = desk.recording("talk.wav")
    told = [
        desk.run("explain", audio, option, "Mo", "--json").json["explanations"][0]["options"]
        for option in ("--hotword", "--hot-word")
    ]
    assert told[0] == told[1] == [{"name": "hot_words", "value": "1 word", "outcome": "sent"}]
