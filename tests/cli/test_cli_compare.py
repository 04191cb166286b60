"""`earwitness compare` asks each profile once, keeps everything, and tells what to do next."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from support.desk import Desk

pytest.importorskip("rapidfuzz", reason="needs the extra `compare`")

BOTH = ("--profiles", "test,other")
QUICK = ("--metric", "wer", "--resamples", "100")


@pytest.fixture
def manifest(desk: Desk) -> str:
    """Three recordings with what is said in them; the scripted vendor knows one of them, hears none, breaks one."""
    said = {"untimed.wav": "no times here", "silent.wav": "", "denied.wav": "nobody hears this"}
    lines = []
    for number, (name, text) in enumerate(said.items(), 1):
        desk.recording(f"audio/{name}", ms=500 * number)
        entry = {"audio_filepath": f"audio/{name}", "duration": number / 2, "text": text, "lang": "en"}
        lines.append(json.dumps(entry))
    (desk.folder / "set.jsonl").write_text("\n".join(lines))
    return "set.jsonl"


def _answers(desk: Desk) -> dict[str, int]:
    """Every kept answer with when it was written."""
    return {str(path): path.stat().st_mtime_ns for path in desk.folder.glob("run/answers/*/*.json")}


def test_a_comparison_is_kept_scored_and_not_asked_again(desk: Desk, manifest: str) -> None:
    """Table, files and counts are there, for the owner's eyes; the second run gives the same and asks for nothing."""
    first = desk.run("compare", manifest, *BOTH, *QUICK, "--out", "run")
    assert first.code == 0, first.err
    assert "RANK" in first.out and "refused" in first.out.lower() and "S PER S OF AUDIO" in first.out
    assert "resubmit" not in first.err
    kept = _answers(desk)
    assert len(kept) == 5 and {"run/scores.json", "run/utterances.csv", "run/results/test.jsonl"} <= desk.files()
    assert stat.S_IMODE((desk.folder / "run").stat().st_mode) == 0o700
    second = desk.run("compare", manifest, *BOTH, *QUICK, "--out", "run", "--json")
    told = second.json
    (ours, others) = told["delivery"]
    assert (ours["entrant"], ours["delivered"], ours["empty"], ours["refused"]) == ("test", 1, 1, 1)
    assert ours["errors"] == {"PermissionDeniedError": 1} and others["delivered"] == 3
    assert [one["entrant"] for one in told["cost"]] == ["test", "other"] == [one["entrant"] for one in told["speed"]]
    assert told["cost"][0]["told"].startswith("unknown") and _answers(desk) == kept
    again = desk.run("score", manifest, "run/results/test.jsonl", "run/results/other.jsonl", *QUICK, "--json").json
    assert again["table"] == told["table"] and again["delivery"] == told["delivery"]


def test_a_dry_run_sends_and_writes_nothing(desk: Desk, manifest: str) -> None:
    """What would be asked, how long it is and what it would cost; of what is held already only the rest."""
    with (desk.folder / "earwitness.toml").open("a") as file:
        file.write('\n[profiles.other.price]\nper_hour = 3600\ncurrency = "EUR"\nblock_seconds = 15\n')
    before = desk.files()
    plan = desk.run("compare", manifest, *BOTH, "--out", "run", "--dry-run", "--limit", "2", "--json").json["plan"]
    assert desk.files() == before
    assert [(one["profile"], one["to_ask"], one["held"], one["audio_s"]) for one in plan] == [
        ("test", 2, 0, 1.5),
        ("other", 2, 0, 1.5),
    ]
    assert (plan[1]["cost"], plan[1]["currency"], plan[0]["cost"]) == (30, "EUR", None)
    assert desk.run("compare", manifest, *BOTH, "--out", "run", *QUICK, "--limit", "1").code == 0
    told = desk.run("compare", manifest, *BOTH, "--out", "run", "--dry-run")
    assert told.code == 0 and "30 EUR" in told.out and "the profile" in told.out


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(desk: Desk) -> None:
    """A run that was stopped is continued by the same command, which fetches what the vendor was at work on."""
    for number, name in enumerate(("untimed", "slow", "silent"), 1):
        desk.recording(f"audio/{name}.wav", ms=500 + number)
        (desk.folder / "audio" / f"{name}.txt").write_text("no times here")
    command = ("compare", "audio", "--profiles", "test", "--out", "run", "--language", "en", *QUICK)
    running = desk.start(*command)
    asked = desk.folder / "run" / "asked"
    _until(lambda: len(_answers(desk)) == 2 and b"reference" in b"".join(map(_bytes, asked.glob("*.json"))), running)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130 and out == b"", err
    assert b"2 of 3 answers are kept; the same command goes on. The vendor is at work on 1 more" in err
    plan = desk.run(*command, "--dry-run")
    assert "TO FETCH" in plan.out and "nothing to bill" in plan.out
    done = desk.run(*command, "--no-text")
    assert done.code == 0 and "resubmit" not in done.err and len(_answers(desk)) == 3
    assert "no times here" not in (desk.folder / "run" / "utterances.csv").read_text()


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _until(reached: object, running: subprocess.Popen[bytes]) -> None:
    assert callable(reached)
    for _ in range(1200):
        if reached():
            return
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.kill()
    raise AssertionError("it never came so far")


def test_what_failed_is_told_with_its_reason(desk: Desk, manifest: str) -> None:
    """The counts alone help nobody: each kind of error is told once, with the next action; so in a dry run."""
    done = desk.run("compare", manifest, *BOTH, *QUICK, "--out", "run")
    assert "test: note: 1 refused: " in done.err and "other: note" not in done.err
    plan = desk.run("compare", manifest, "-p", "test", "--out", "run", "--speakers", "2", "--dry-run")
    assert plan.code == 0 and ("test: note: 3 refused: " in plan.err) == ("REFUSED" in plan.out)


def test_a_file_in_place_of_the_folder_is_told(desk: Desk, manifest: str) -> None:
    """It is not called a damaged run, and it stays."""
    done = desk.run("compare", manifest, *BOTH, "--out", manifest)
    assert done.code != 0 and "could not be made: file exists" in done.err and "damaged" not in done.err
    assert (desk.folder / manifest).is_file()


def test_without_references_everything_is_heard_and_nothing_scored(desk: Desk) -> None:
    """A folder of recordings is a data set too; who wants only what was heard finds it."""
    desk.recording("audio/untimed.wav")
    done = desk.run("compare", "audio", *BOTH, "--out", "run")
    assert done.code == 0 and "nothing is scored" in done.err and "P50 S" in done.out
    (line,) = (desk.folder / "run" / "results" / "test.jsonl").read_text().splitlines()
    assert json.loads(line)["transcript"]["segments"][0]["text"] == "no times here"
    assert "run/scores.json" not in desk.files()
    inside = desk.run("compare", "audio", *BOTH, "--out", "audio/run")
    assert inside.code == 2 and "lies in the data set" in inside.err


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--profiles", "nobody"), 4, "No profile 'nobody'"),
        (("--profiles", "test", "--normalizer", "klingon"), 8, "klingon"),
        (("--profiles", "test", "--prices", "gone.toml"), 4, "The price table gone.toml cannot be read"),
        (("--profiles", "test", "--from", "nemoo"), 8, "no data set format"),
        (("--profiles", ","), 2, "names none"),
    ],
)
def test_a_slip_is_told_before_anything_is_asked(
    desk: Desk, manifest: str, more: tuple[str, ...], code: int, told: str
) -> None:
    """Nobody pays for recordings whose scores then fail on an option."""
    done = desk.run("compare", manifest, "--out", "run", *more)
    assert done.code == code and told in done.err, done.err
    assert not Path(desk.folder / "run").exists()
