"""`score`: files in, one table that fits a terminal, and mistakes told in one sentence."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from earwitness.export import cells
from support.desk import Desk

for library in ("rapidfuzz", "numpy", "pyarrow"):
    pytest.importorskip(library, reason="needs the extra compare")

SAID = {"u1": "The red house.", "u2": "Okay, yes.", "u3": "a long way to go", "u4": "good morning"}


@pytest.fixture
def talk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with references, two entrants and a list of synonyms, and a wide terminal."""
    monkeypatch.setenv("COLUMNS", "120")
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


def test_names_of_any_kind_leave_the_table_readable(talk: Desk) -> None:
    """Long and Korean names keep within 100 columns and are told in full below, and none steers the terminal."""
    long, korean = "vendor-with-a-long-name-and-a-model-2026", "네이버클라우드클로바스피치롱센텐스"
    given = [f"{name}=good.jsonl" for name in (long, korean, "a\x1b[31m\nb")]
    done = talk.run("score", "refs.jsonl", *given, "bad.jsonl", "-l", "en")
    lines = done.out.splitlines()
    assert done.code == 0 and max(map(cells, lines)) <= 100
    assert lines[2].split()[1] == "vendor-with-…-model-2026" and f"vendor-with-…-model-2026 is {long}." in lines
    assert any(line.endswith(f" is {korean}.") for line in lines)
    assert "a\\x1b[31m b" in done.out and "\x1b" not in done.out
    alike = [f"{'x' * 20}{name}{'x' * 20}=good.jsonl" for name in "ab"]
    assert f"{'x' * 20}b{'x' * 20}" in talk.run("score", "refs.jsonl", *alike, "--metric", "wer").out.splitlines()[3]


def test_a_narrow_terminal_gets_the_columns_that_matter_most(talk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns long names are shorter and the least important columns go: the earlier stages before the errors."""
    monkeypatch.setenv("COLUMNS", "80")
    long = ("vendor-with-a-long-name-and-a-model-2026", "another-vendor-as-long-2026")
    given = [f"{name}=bad.jsonl" for name in long]
    done = talk.run("score", "refs.jsonl", "good.jsonl", *given, "-l", "en")
    lines = done.out.splitlines()
    assert done.code == 0 and max(map(cells, lines)) <= 80
    assert "SUB" in lines[1] and "FORMAT" not in lines[1]
    assert not any("VISIBLE FROM" in line for line in lines) and any("VERDICT" in line for line in lines)


def test_the_verdict_says_who_is_better_and_what_is_a_tie(desk: Desk) -> None:
    """One sentence from the comparisons, the nearest first."""
    said = {f"u{number}": "one two three four" for number in range(30)}
    _manifest(desk, "refs.jsonl", said, key="text")
    for name, heard in (("a", "one two three four"), ("far", "one"), ("near", "one two three")):
        _manifest(desk, f"{name}.jsonl", dict.fromkeys(said, heard))
    entrants = ("far.jsonl", "a.jsonl", "twin=a.jsonl", "near.jsonl")
    lines = desk.run("score", "refs.jsonl", *entrants, "--metric", "wer").out.splitlines()
    assert "WER: a is better than near and far; with twin it is a tie." in lines
    told = [line.split() for line in lines if line.endswith(" 0.00")]
    assert [(row[0], row[-2]) for row in told] == [("twin", "tie"), ("near", "better"), ("far", "better")]
    tie = desk.run("score", "refs.jsonl", "a.jsonl", "twin=a.jsonl", "--metric", "wer").out
    assert "WER: a tie of a and twin; this data does not tell them apart." in tie


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
    talk.run("score", "refs.jsonl", "bad.jsonl", "--out", "out", "--no-text")
    assert not (talk.folder / "out/clips.csv").exists()
    (talk.folder / "terms.txt").write_text("\n  # only a remark\n")
    assert "terms.txt holds no term" in talk.run(*arguments, "out").err


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
