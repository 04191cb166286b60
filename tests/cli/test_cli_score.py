"""`score`: files in, one table that fits a terminal, and mistakes told in one sentence."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from support.desk import Desk

for library in ("rapidfuzz", "numpy", "pyarrow"):
    pytest.importorskip(library, reason="needs the extra compare")

SAID = {"u1": "The red house.", "u2": "Okay, yes.", "u3": "a long way to go", "u4": "good morning"}


@pytest.fixture
def talk(desk: Desk) -> Desk:
    """A desk with references, two entrants and a list of synonyms."""
    _manifest(desk, "refs.jsonl", SAID, key="text")
    _manifest(desk, "good.jsonl", {**SAID, "u2": "o k yes"})
    _manifest(desk, "bad.jsonl", {"u1": "a red mouse", "u2": "", "u4": "good morning"})
    (desk.folder / "same.txt").write_text("okay = o k\n")
    return desk


def test_entrants_are_scored_into_one_table(talk: Desk) -> None:
    """Best first, with ranks, intervals, raw and formatted rates, delivery and the policy, in at most 100 columns."""
    done = talk.run("score", "refs.jsonl", "good.jsonl", "weak=bad.jsonl", "-l", "en", "--synonyms", "same.txt")
    assert done.code == 0 and done.err == ""
    lines = done.out.splitlines()
    assert lines[0].startswith("WER in profile en ") and lines[0].endswith(" words in 4 utterances")
    assert lines[2].split()[1:4] == ["good", "0.00", "%"] and lines[3].split()[1] == "weak"
    assert any(line.split() == ["weak", "4", "2", "1", "0", "0", "1"] for line in lines)
    assert "Only 4 speakers or recordings" in done.out and "count as deleted" in done.out
    assert max(map(len, lines)) <= 100


def test_files_are_written_for_their_owner_and_without_text(talk: Desk) -> None:
    """`--out` makes a folder with the three files; `--no-text` leaves nothing of what was said in them."""
    done = talk.run("score", "refs.jsonl", "bad.jsonl", "--out", "out", "--no-text", "--metric", "wer", "--json")
    assert done.code == 0 and done.json["table"][0]["metric"] == "wer"
    files = sorted((talk.folder / "out").iterdir())
    assert [path.name for path in files] == ["scores.json", "utterances.csv", "utterances.parquet"]
    assert json.loads(files[0].read_text(encoding="utf-8")) == done.json
    for path in files:
        assert b"morning" not in path.read_bytes()
        assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_any_metric_may_be_the_only_one(talk: Desk) -> None:
    """Without a rate there is no ranking, and what was measured is shown all the same; many entrants go below."""
    many = [f"{name}-with-a-long-name=good.jsonl" for name in "abcdefgh"]
    done = talk.run("score", "refs.jsonl", *many, "--metric", "deleted_words")
    assert done.code == 0 and done.out.count("METRIC") > 1 and "RANK" not in done.out
    assert max(map(len, done.out.splitlines())) <= 100


def test_terms_are_found_and_where_they_went_wrong(talk: Desk) -> None:
    """A list of words that matter gives recall and precision, and a file with each place; without text, no word."""
    (talk.folder / "terms.txt").write_text("# names\nred house\nmorning\n")
    arguments = ("score", "refs.jsonl", "bad.jsonl", "-l", "en", "--terms", "terms.txt", "--out")
    done = talk.run(*arguments, "out")
    assert done.code == 0 and "clips.csv are in out" in done.err
    recall = [line.split() for line in done.out.splitlines() if line.startswith("Terms: recall")]
    assert recall == [["Terms:", "recall", "50.00", "%"]]
    assert "bad,u1.wav,u1,missed,red house,," in (talk.folder / "out/clips.csv").read_text(encoding="utf-8")
    talk.run(*arguments, "bare", "--no-text")
    assert "red house" not in (talk.folder / "bare/clips.csv").read_text(encoding="utf-8")


def test_a_mismatch_is_an_error_and_leaves_no_file(talk: Desk) -> None:
    """Foreign ids are named with what to do; no score is printed and no folder made."""
    _manifest(talk, "other.jsonl", {"v9": "hello"})
    done = talk.run("score", "refs.jsonl", "other.jsonl", "--out", "out")
    assert done.code == 8 and done.out == "" and not (talk.folder / "out").exists()
    assert "other has 1 of 1 ids that the references do not have: 'v9'" in done.err and "'u1'" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--normalizer", "english"), "no normalisation profile 'english'"),
        (("--metric", "werr"), "Did you mean wer"),
        (("--synonyms", "nowhere.txt"), "nowhere.txt cannot be read"),
    ],
)
def test_a_slip_is_told_in_one_sentence(talk: Desk, arguments: tuple[str, ...], told: str) -> None:
    """Unknown names and files that are not there stop the command before anything is computed."""
    done = talk.run("score", "refs.jsonl", "good.jsonl", *arguments)
    assert done.code == 8 and told in done.err and done.err.count("\n") == 1


def test_nothing_of_it_is_imported_by_anything_else() -> None:
    """`import earwitness` and the command line stay as light as they were."""
    code = (
        "import sys, earwitness, earwitness.cli._app, earwitness.compare\n"
        "heavy = [name for name in sys.modules if name.startswith(('numpy', 'rapidfuzz', 'earwitness.compare.'))]\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def _manifest(desk: Desk, name: str, texts: dict[str, str], *, key: str = "pred_text") -> None:
    rows = ({"audio_filepath": f"{id}.wav", "duration": 2.0, key: text} for id, text in texts.items())
    (desk.folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
