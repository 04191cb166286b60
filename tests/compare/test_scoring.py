"""The pipeline: ids that match, every utterance counted, three stages, plain tables, and files of the owner's only."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from earwitness.cli._scores import shown
from earwitness.compare import Resampling, Scores, known_metrics, known_profiles, score, write
from earwitness.compare._remembered import Remembered
from earwitness.compare.corpus import Corpus, Entrant, Pair, Result, Utterance
from earwitness.compare.metric import Level, Measurement
from earwitness.compare.outputs import document
from earwitness.compare.profile import Profile
from earwitness.errors import InvalidRequestError, OutputError, PluginError
from earwitness.hookspecs import hookimpl
from earwitness.models import Segment, Transcript

pytest.importorskip("rapidfuzz", reason="needs the extra compare")
pytest.importorskip("numpy", reason="needs the extra compare")

QUICK = Resampling(resamples=200)
SAID = {"u1": "The red house.", "u2": "Yes.", "u3": "a long way to go from here to there", "u4": "good morning"}


def _transcript(text: str) -> Transcript:
    return Transcript((Segment(text),) if text else ())


def _corpus(said: dict[str, str] | None = None, **fields: Any) -> Corpus:
    given = SAID if said is None else said
    return Corpus({id: Utterance(id, _transcript(text), language="en", **fields) for id, text in given.items()}, "refs")


def _entrant(name: str, heard: dict[str, str]) -> Entrant:
    return Entrant(
        name, {id: Result(id, "delivered" if text else "empty", _transcript(text)) for id, text in heard.items()}
    )


def _row(scores: Scores, entrant: str, metric: str = "wer", stage: str = "en") -> dict[str, Any]:
    (row,) = (
        row for row in scores.table() if (row["entrant"], row["metric"], row["stage"]) == (entrant, metric, stage)
    )
    return row


def test_every_score_is_a_triple_of_raw_format_and_profile() -> None:
    """How much of a rate is notation shows in the same table, and each stage names profile, version and digest."""
    scores = score(_corpus(), [_entrant("a", {**SAID, "u1": "the red house", "u2": "no"})], resampling=QUICK)
    assert [_row(scores, "a", stage=stage)["errors"] for stage in ("raw", "format", "en")] == [3, 1, 1]
    assert [(stage.name, len(stage.profiles)) for stage in scores.stages] == [("raw", 1), ("format", 1), ("en", 1)]
    assert all(one.version and one.digest for stage in scores.stages for one in stage.profiles)
    assert scores.main == "en" and scores.headlines == ("wer",) and scores.headline("a") == pytest.approx(1 / 15)


def test_an_order_that_depends_on_normalisation_is_told() -> None:
    """Who writes like the reference wins the raw stage; the note says when that is not who hears best."""
    tidy, right = {**SAID, "u3": "a long way"}, {id: text.lower() for id, text in SAID.items()}
    corpus = _corpus({**SAID, "u5": "To Be, Or Not. To Be!"})
    entrants = [
        _entrant("tidy", {**tidy, "u5": "To Be, Or Not. To Be!"}),
        _entrant("right", {**right, "u5": "to be or not to be"}),
    ]
    scores = score(corpus, entrants, metrics=["wer"], resampling=QUICK)
    assert scores.notes[-1] == (
        "WER: the order changes with normalisation. raw: tidy, right; format: right, tidy; en: right, tidy."
    )
    same = score(_corpus(), [_entrant("a", SAID), _entrant("b", tidy)], metrics=["wer"], resampling=QUICK)
    assert not any("order changes" in note for note in same.notes)


def test_what_was_not_delivered_counts_as_deleted() -> None:
    """Missing, failed and empty outputs keep their words in the rate; what all entrants answered stands beside it."""
    partial = _entrant("partial", {"u1": SAID["u1"], "u2": ""})
    failed = {**partial.results, "u3": Result("u3", "failed", error="UnavailableError")}
    scores = score(_corpus(), [Entrant("partial", failed), _entrant("whole", SAID)], resampling=QUICK)
    row = _row(scores, "partial")
    assert (row["errors"], row["total"], row["parts"]["deletions"], row["items"]) == (12, 15, 12, 4)
    # An empty answer is an answer: only what failed or is missing is left out of the common part.
    assert (row["answered"], row["answered_items"]) == (0.25, 2)
    assert _row(scores, "whole")["answered"] == 0
    told = {row["entrant"]: row for row in scores.delivery()}
    assert [told["partial"][name] for name in ("asked", "delivered", "empty", "failed", "missing")] == [4, 1, 1, 1, 1]
    assert "deleted" in scores.policy


@pytest.mark.parametrize(
    ("heard", "said", "told"),
    [
        ({"u1": "x", "other": "y"}, SAID, "1 of 2 ids that the references do not have: 'other'"),
        ({f"v{number}": "x" for number in range(5)}, SAID, "'v0', 'v1', 'v2' and 2 more"),
        ({}, SAID, "holds no result at all"),
    ],
)
def test_ids_that_do_not_match_are_an_error_and_no_score(
    heard: dict[str, str], said: dict[str, str], told: str
) -> None:
    """A shifted or foreign file is refused with some of its ids and the next action."""
    with pytest.raises(InvalidRequestError, match=told) as caught:
        score(_corpus(said), [_entrant("a", heard)], resampling=QUICK)
    assert caught.value.action


def test_a_missing_reference_and_a_doubled_name_are_errors() -> None:
    """A result without a reference cannot be scored, and two entrants of one name cannot be told apart."""
    corpus = _corpus()
    corpus.utterances["u2"].reference = None
    with pytest.raises(InvalidRequestError, match="1 utterances without a reference: 'u2'"):
        score(corpus, [_entrant("a", SAID)], resampling=QUICK)
    with pytest.raises(InvalidRequestError, match="Two entrants are called 'a'"):
        score(_corpus(), [_entrant("a", SAID), _entrant("a", SAID)], resampling=QUICK)
    with pytest.raises(InvalidRequestError, match="No utterance has a reference"):
        score(Corpus({"u": Utterance("u", None)}), [_entrant("a", {})], resampling=QUICK)
    with pytest.raises(InvalidRequestError, match="Did you mean"):
        score(_corpus(), [_entrant("a", SAID)], metrics=["werr"], resampling=QUICK)


@pytest.mark.parametrize("how", [Resampling(0), Resampling(seed=-1), Resampling(confidence=95)])
def test_resamples_that_cannot_be_drawn_are_refused(how: Resampling) -> None:
    """None at all, or a level in per cent, would give figures without a meaning."""
    with pytest.raises(InvalidRequestError, match="cannot be drawn"):
        score(_corpus(), [_entrant("a", SAID)], resampling=how)


def test_the_order_is_that_of_corpus_rates() -> None:
    """An entrant bad at one short utterance beats one that is bad at a long one; means of rates say the reverse."""
    short = _entrant("short", {**SAID, "u2": "no"})
    long = _entrant("long", {**SAID, "u3": "a long"})
    scores = score(_corpus(), [long, short], resampling=QUICK, metrics=["wer"])
    assert [row["entrant"] for row in scores.table() if row["stage"] == "en"] == ["short", "long"]
    means = {
        name: sum(row["wer_en_errors"] / row["wer_en_total"] for row in scores.utterances() if row["entrant"] == name)
        for name in ("short", "long")
    }
    assert means["short"] > means["long"]


def test_an_empty_reference_is_legal() -> None:
    """Words on silence are errors of the corpus; a corpus of silence has no rate, and says so as None."""
    silence = score(_corpus({"s": ""}), [_entrant("a", {"s": "thank you"})], resampling=QUICK, metrics=["wer"])
    assert (_row(silence, "a")["value"], _row(silence, "a")["errors"]) == (None, 2)
    both = score(_corpus({"s": "", "t": "yes"}), [_entrant("a", {"s": "no no", "t": "yes"})], resampling=QUICK)
    assert _row(both, "a")["value"] == 2.0


def test_few_speakers_are_told() -> None:
    """Below twenty blocks the reader is warned; with one there are no intervals at all."""
    assert "Only 4 speakers" in score(_corpus(), [_entrant("a", SAID)], resampling=QUICK).notes[0]
    scores = score(_corpus(speaker="one"), [_entrant("a", SAID)], resampling=QUICK)
    assert "no intervals" in scores.notes[0] and _row(scores, "a")["low"] is None


def test_an_entrant_that_answered_nothing_is_told() -> None:
    """A wrong key makes every word deleted; that is no finding about the vendor, and the first note says so."""
    refused = Entrant("keyless", {id: Result(id, "refused", error="AuthenticationError") for id in SAID})
    scores = score(_corpus(), [refused, _entrant("a", SAID)], metrics=["wer"], resampling=QUICK)
    assert scores.notes[0].startswith("keyless answered nothing") and _row(scores, "keyless")["value"] == 1
    (line,) = (line for line in shown(scores).splitlines() if "no answer" in line)
    assert line.startswith("keyless") and "a tie of" not in shown(scores)


def test_what_has_no_reference_was_not_asked_for() -> None:
    """Utterances without one are neither missing nor blocks of the statistics."""
    corpus = _corpus()
    corpus = Corpus({**corpus.utterances, "open": Utterance("open", None)})
    scores = score(corpus, [_entrant("a", SAID)], metrics=["wer"], resampling=QUICK)
    assert [(row["asked"], row["missing"]) for row in scores.delivery()] == [(4, 0)]
    assert document(scores)["settings"]["blocks"] == 4


def test_what_was_asked_for_and_cannot_be_told_is_noted() -> None:
    """A metric without data, terms that never come and a language without a profile are not left out in silence."""
    scores = score(_corpus(), [_entrant("a", SAID)], metrics=["wer"], terms=["zebra", "!!!"], resampling=QUICK)
    assert scores.notes[0] == "None of the terms was said or heard." and not scores.clips
    scores = score(_corpus(), [_entrant("a", SAID)], metrics=["wer", "der"], resampling=QUICK)
    assert scores.notes[0] == "der could not be measured: this data says nothing about it."
    plain = Corpus({id: Utterance(id, _transcript(text)) for id, text in SAID.items()})
    (note,) = (one for one in score(plain, [_entrant("a", SAID)], language="xx", metrics=["wer"]).notes if "xx" in one)
    assert note == "No profile is made for xx, so texts are compared in the profile format."
    named = score(plain, [_entrant("a", SAID)], profiles=["format", "raw", "format"], metrics=["wer"])
    assert named.main == "format" and [one.name for one in named.stages] == ["format", "raw"]
    assert not any("language" in one for one in named.notes)


def test_languages_have_each_their_profile() -> None:
    """Utterances of several languages are compared in the profile of each, with both headlines, in one run."""
    corpus = _corpus({"u1": "the house"})
    corpus = Corpus({**corpus.utterances, "k": Utterance("k", _transcript("안녕 하세요"), language="ko")})
    scores = score(corpus, [_entrant("a", {"u1": "the house", "k": "안녕하세요"})], resampling=QUICK)
    assert scores.main == "by-language" and set(scores.headlines) == {"wer", "cer"}
    assert _row(scores, "a", "cer", "by-language")["errors"] == 0
    assert {one.name for one in scores.stages[-1].profiles} == {"en", "ko"}


@dataclass
class Longest:
    """The longest word heard: a metric of a stranger's, with a distribution."""

    name: str = "longest"
    title: str = "Longest word"
    unit: Literal["rate", "ms"] = "ms"
    better: Literal["lower"] = "lower"
    level: Level = "utterance"

    def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
        found = [float(len(word)) for one in pairs for word in profile.words(one.hypothesis.text).units]
        return Measurement(0, 0, values=tuple(found)) if found else None


class Plugin:
    """A plugin with a metric, and with one that takes a built-in name."""

    @hookimpl
    def earwitness_metrics(self) -> list[Any]:
        return [Longest(), Longest(name="wer")]

    @hookimpl
    def earwitness_normalizers(self) -> list[Any]:
        return [_Shouting()]


class _Shouting:
    """The profile `en` under a plugin's name."""

    name = "shouting"

    def __getattr__(self, name: str) -> Any:
        return getattr(known_profiles()["en"], name)


def test_what_is_remembered_is_what_would_be_measured_anew() -> None:
    """Every metric of utterances says the same of a profile that remembers, which aligns two texts once until told."""
    profile = known_profiles()["en"]
    remembered = Remembered(profile)
    heard = "we paid twenty five dollars um for b2b at 5 p.m. and no more and no more and no more"
    said = Utterance("u1", _transcript("We paid $25 for B2B, at five o'clock"), language="en")
    pair = Pair(said, said.reference or _transcript(""), _transcript(heard), "delivered")
    for metric in known_metrics().values():
        if metric.level == "utterance":
            assert metric.measure([pair], remembered) == metric.measure([pair], profile)
    sides = profile.words("We paid $25"), profile.words("we paid twenty five")
    once = remembered.align(*sides)
    assert remembered.align(*sides) is once
    remembered.clear()
    assert remembered.align(*sides) == once and remembered.align(*sides) is not once


def test_a_plugins_metric_and_profile_work_like_our_own(caplog: pytest.LogCaptureFixture) -> None:
    """They come through the hooks by name; a built-in name is never replaced, and the attempt is told."""
    scores = score(
        _corpus(),
        [_entrant("a", SAID)],
        plugins=[Plugin()],
        profiles=["shouting"],
        metrics=["longest", "wer"],
        resampling=QUICK,
    )
    row = _row(scores, "a", "longest", "shouting")
    assert (row["median"], row["max"], row["n"]) == (3, 7, 15) and row["unit"] == "ms"
    assert _row(scores, "a", "wer", "shouting")["value"] == 0
    assert "'wer' is claimed by Earwitness itself" in caplog.text
    assert "wer" in known_metrics()


def test_a_metric_without_data_is_left_out_and_a_failure_does_not_stand_for_it() -> None:
    """Where nothing that came says anything about a metric, what did not come must not become its only figure."""

    class Failures(Longest):
        def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
            return None if pairs[0].delivery == "delivered" else Measurement(1, 1)

    some = _entrant("some", {"u1": "the red house"})
    scores = score(_corpus(), [some], metrics=["wer", Failures(unit="rate")], resampling=QUICK)
    assert {metric for metric, _ in scores.grids} == {"wer"}


def test_a_strangers_metric_that_fails_is_named() -> None:
    """Its error is a plugin's, with the place and no text, and not a bug of ours."""

    class Broken(Longest):
        def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
            raise ValueError(pairs[0].reference.text)

    with pytest.raises(PluginError, match=r"The metric 'longest' .* ValueError") as caught:
        score(_corpus(), [_entrant("a", SAID)], metrics=[Broken()], resampling=QUICK)
    assert "house" not in str(caught.value)


@pytest.mark.parametrize("figures", [(float("nan"), 1.0), (1.0, float("inf")), (1.0, -1.0)])
def test_a_figure_that_cannot_be_added_up_is_named(figures: tuple[float, float]) -> None:
    """One such number of a stranger's metric would make every sum and every draw one."""

    class Endless(Longest):
        def measure(self, pairs: Sequence[Pair], profile: Profile) -> Measurement | None:
            return Measurement(*figures)

    with pytest.raises(PluginError, match="'longest' gave a figure that is not finite, or a total below zero"):
        score(_corpus(), [_entrant("a", SAID)], metrics=[Endless()], resampling=QUICK)


def test_files_hold_everything_and_without_text_no_word(tmp_path: Path) -> None:
    """JSON, CSV and Parquet agree, belong to the owner only, and without text say nothing of what was said."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra compare")
    scores = score(_corpus(), [_entrant("a", {**SAID, "u2": "=sum(1)"}), _entrant("b", SAID)], resampling=QUICK)
    paths = write(scores, tmp_path / "out")
    assert [path.name for path in paths] == ["scores.json", "utterances.csv", "utterances.parquet"]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    told = json.loads(paths[0].read_text(encoding="utf-8"))
    assert told["format"] == "earwitness.scores/1" and told["settings"]["seed"] == 1 and told["stages"][2]["profiles"]
    assert "morning" not in paths[0].read_text(encoding="utf-8")
    with paths[1].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(paths[2]).to_pylist()
    assert len(rows) == len(table) == 8
    assert [row["wer_en_errors"] for row in rows] == [str(int(row["wer_en_errors"])) for row in table]
    assert rows[2]["hypothesis"] == "'=sum(1)" and table[2]["hypothesis"] == "=sum(1)"
    write(scores, tmp_path / "bare", text=False)
    for path in (tmp_path / "bare").iterdir():
        assert b"morning" not in path.read_bytes()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """What stands in the way is named, and nothing half-written is left."""
    (tmp_path / "file").write_text("")
    scores = score(_corpus(), [_entrant("a", SAID)], resampling=QUICK, metrics=["wer"])
    with pytest.raises(OutputError, match="could not be written"):
        write(scores, tmp_path / "file")
