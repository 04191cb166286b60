"""A run asks each question once, keeps what came, and can be stopped and continued without paying twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from earwitness._stream import AsyncStream
from earwitness.compare.corpus import Corpus, Result, Timing, Utterance
from earwitness.compare.planning import Prospect, prospect
from earwitness.compare.reading import read_results
from earwitness.compare.running import Runner
from earwitness.compare.store import Failure, Store
from earwitness.config import Config
from earwitness.errors import BadAudioError, InvalidRequestError, OutputError
from earwitness.jobs import JobUpdate, VendorReference
from earwitness.models import Notice, Transcript
from earwitness.provider import Submission
from earwitness.scripted import ScriptedProvider
from support.sessions import recording

Scenes = list[dict[str, Any]]


class Calls:
    """What the scripted vendor was asked to hear, by the names of the recordings."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.active = self.most = 0


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The submissions that reach the scripted vendor, as its bill would count them."""
    found = Calls()
    submit = ScriptedProvider.submit

    async def counted(self: ScriptedProvider, submission: Submission) -> JobUpdate:
        assert submission.media is not None
        found.names.append(f"{submission.media.name} {submission.media.facts.duration_ms}")
        found.active += 1
        found.most = max(found.most, found.active)
        await asyncio.sleep(0)
        try:
            return await submit(self, submission)
        finally:
            found.active -= 1

    monkeypatch.setattr(ScriptedProvider, "submit", counted)
    return found


def config(profiles: Mapping[str, Scenes], **settings: Any) -> Config:
    return Config.of(
        {
            "profiles": {
                name: {"provider": "scripted", "settings": {"scenes": scenes, **settings}}
                for name, scenes in profiles.items()
            }
        }
    )


def corpus(folder: Path, *names: str) -> Corpus:
    """Recordings of different sounds, so that no two of them are one question."""
    made = {}
    for number, name in enumerate(names, 1):
        path = recording(folder / f"{name}.wav", seconds=number / 10)
        made[name] = Utterance(name, Transcript(), audio=str(path))
    return Corpus(made)


def planned(data: Corpus, profiles: Config, **how: Any) -> Prospect:
    return prospect(data, profiles.profiles, config=profiles, **how)


def ran(found: Prospect, profiles: Config, folder: Path, **how: Any) -> dict[str, dict[str, Result]]:
    """The results of one run, by profile and recording."""
    runner = Runner(found, Store(folder), config=profiles, **how)
    asyncio.run(runner.run())
    return {one.name: dict(one.results) for one in runner.finish()}


def test_a_second_run_asks_nothing(tmp_path: Path, calls: Calls) -> None:
    """Everything comes from the folder: the same results, and not one submission more."""
    data = corpus(tmp_path, "a", "b", "c")
    vendors = config({"one": [{"text": "hello", "steps": [{"status": "running"}]}], "two": [{}]})
    first = ran(planned(data, vendors), vendors, tmp_path / "run")
    assert len(calls.names) == 6
    assert {name: {one.delivery for one in mine.values()} for name, mine in first.items()} == {
        "one": {"delivered"},
        "two": {"empty"},
    }
    timing = first["one"]["a"].timing
    assert timing is not None and timing.total_s is not None and timing.upload_s is not None and timing.tries == 1
    assert ran(planned(data, vendors), vendors, tmp_path / "run") == first and len(calls.names) == 6
    again = read_results(tmp_path / "run" / "results" / "one.jsonl")
    assert again.results == first["one"] and not list((tmp_path / "run").glob("asked/*"))


def test_another_question_is_asked(tmp_path: Path, calls: Calls) -> None:
    """Options, settings and sounds decide the answer; a file's name, a profile's name and the job's notes do not."""
    data = corpus(tmp_path, "a")
    vendors = config({"one": [{"text": "hello"}]})
    folder = tmp_path / "run"
    ran(planned(data, vendors), vendors, folder)
    moved = Corpus({"z": Utterance("z", None, audio=str((tmp_path / "a.wav").rename(tmp_path / "z.wav")))})
    ran(planned(moved, vendors, options={"metadata": {"ticket": "7"}}), vendors, folder)
    renamed = config({"other": [{"text": "hello"}]})
    ran(planned(moved, renamed), renamed, folder)
    assert len(calls.names) == 1
    for number, options in enumerate(({"hot_words": ["x"]}, {"vendor": {"boost": 1}}, {"language": "ko"}), 2):
        ran(planned(moved, vendors, options=options), vendors, folder)
        assert len(calls.names) == number
    louder = config({"one": [{"text": "other"}]})
    ran(planned(moved, louder), louder, folder)
    assert len(calls.names) == 5


def test_another_model_under_the_same_name_is_another_question(tmp_path: Path, calls: Calls) -> None:
    """Of a file that a setting names the content decides, so that a new model does not get the old one's answers."""
    data, script = corpus(tmp_path, "a"), tmp_path / "script.json"
    vendors = Config.of({"profiles": {"v": {"provider": "scripted", "settings": {"script": str(script)}}}})
    for text in ("old", "new", "old"):
        script.write_text(json.dumps({"scenes": [{"text": text}]}))
        result = ran(planned(data, vendors), vendors, tmp_path / "run")["v"]["a"]
        assert result.transcript is not None and result.transcript.text == text
    assert len(calls.names) == 2
    moved = script.rename(tmp_path / "moved.json")
    elsewhere = Config.of({"profiles": {"v": {"provider": "scripted", "settings": {"script": str(moved)}}}})
    ran(planned(data, elsewhere), elsewhere, tmp_path / "run")
    assert len(calls.names) == 2


def test_what_failed_is_asked_again_and_counted(tmp_path: Path, calls: Calls) -> None:
    """A failure is the run's, never an answer; when the next run gets one, it says how many tries there were."""
    data = corpus(tmp_path, "a", "b")
    broken = {"fails": {"error": "job_failed"}}
    vendors = config({"v": [broken]})
    folder = tmp_path / "run"
    first = ran(planned(data, vendors), vendors, folder)["v"]
    assert [(one.delivery, one.error) for one in first.values()] == [("failed", "JobFailedError")] * 2
    second = ran(planned(data, vendors), vendors, folder)["v"]
    assert len(calls.names) == 4 and [one.timing.tries for one in second.values() if one.timing] == [2, 2]
    found = planned(data, vendors)
    mended = config({"v": [{"text": "at last"}]})
    assert all(one.paid for one in found.asks["v"])
    third = ran(found, mended, folder)["v"]
    assert [(one.delivery, one.timing.tries) for one in third.values() if one.timing] == [("delivered", 3)] * 2
    assert Store(folder).failures() == {}


def test_nothing_uncertain_is_paid_twice(tmp_path: Path, calls: Calls) -> None:
    """A submission whose answer was lost is a failure that only `resubmit` asks again."""
    data = corpus(tmp_path, "a")
    lost = config({"v": [{"faults": [{"error": "outcome_unknown"}], "text": "hello"}]})
    folder = tmp_path / "run"
    for _ in range(2):
        (result,) = ran(planned(data, lost), lost, folder)["v"].values()
        assert (result.delivery, result.error) == ("failed", "OutcomeUnknownError")
    assert len(calls.names) == 1
    fine = config({"v": [{"text": "hello"}]})
    found = planned(data, lost)
    assert Runner(found, Store(folder), config=fine).unsettled("v") == 1
    (result,) = ran(found, fine, folder, resubmit=True)["v"].values()
    assert result.delivery == "delivered" and len(calls.names) == 2
    assert Runner(found, Store(folder), config=fine).unsettled("v") == 0


@pytest.mark.parametrize("resubmit", [False, True])
def test_a_stopped_run_is_continued(tmp_path: Path, calls: Calls, *, resubmit: bool) -> None:
    """What was done is kept; what was at work is fetched from the vendor and not asked again; the rest is asked."""
    data = corpus(tmp_path, "quick", "slow", "later")
    hour = [{"status": "running", "seconds": 3600}]
    vendors = config({"v": [{"audio": "slow*", "steps": hour, "text": "at last"}, {"text": "hello"}]})
    found, folder = planned(data, vendors), tmp_path / "run"

    async def stopped() -> None:
        seed = _first("quick", "slow", data)
        runner = Runner(found, Store(folder), config=vendors, concurrency=1, seed=seed, resubmit=resubmit)
        task = asyncio.create_task(runner.run())
        while not any(name.startswith("slow") for name in calls.names):
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (runner.held("v"), runner.unsettled("v"), len(runner.waiting("v"))) == (1, 0, 1)
        assert [one.id for one in runner.open_asks("v")] == ["later"]

    asyncio.run(stopped())
    results = ran(found, vendors, folder, resubmit=resubmit)["v"]
    assert {id: one.transcript.text for id, one in results.items() if one.transcript} == {
        "quick": "hello",
        "slow": "at last",
        "later": "hello",
    }
    assert sorted(name.partition(".")[0] for name in calls.names) == ["later", "quick", "slow"]
    assert results["slow"].transcript is not None and results["slow"].transcript.served_by is not None
    assert results["slow"].timing == Timing(tries=1) and not list(folder.glob("asked/*"))


@pytest.mark.parametrize(
    ("fault", "kind", "waiting", "unsettled"),
    [("unavailable", "UnavailableError", 1, 0), ("not_found", "JobNotFoundError", 0, 1)],
)
def test_a_job_that_cannot_be_fetched_is_not_asked_again(
    tmp_path: Path, calls: Calls, fault: str, kind: str, waiting: int, unsettled: int
) -> None:
    """While the vendor is down its job stays to be fetched; what it no longer knows waits for a person."""
    faults = [{"error": fault, "at": "fetch", "times": 99}]
    vendors = config({"v": [{"text": "x", "steps": [{"status": "running"}], "faults": faults}]})
    found, store = planned(corpus(tmp_path, "a"), vendors), Store(tmp_path / "run")
    (ask,) = found.asks["v"]
    store.begin(ask.question)
    job = VendorReference("scripted", "scripted-att_1", state={"scene": 0, "asked": 0})
    store.reached(ask.question, job)
    for _ in range(2):
        runner = Runner(found, store, config=vendors)
        (result,) = ran(found, vendors, store.folder)["v"].values()
        assert (result.delivery, calls.names) == ("failed", [])
        assert (len(runner.waiting("v")), runner.unsettled("v"), runner.open_asks("v")) == (waiting, unsettled, [])
    assert store.failures()[ask.question.key] == Failure(kind, 1)


def test_two_runs_in_one_folder_do_not_both_ask(tmp_path: Path, calls: Calls) -> None:
    """The second one is told so at once; when the first has ended it finds every answer."""
    vendors = config({"v": [{"text": "x"}]})
    found, store = planned(corpus(tmp_path, "a"), vendors), Store(tmp_path / "run")
    late = Runner(found, store, config=vendors)
    with store.alone(), pytest.raises(OutputError, match="Another run is at work"):
        asyncio.run(late.run())
    ran(found, vendors, store.folder)
    asyncio.run(late.run())
    assert len(calls.names) == 1 and late.held("v") == 1
    broken = config({"v": [{"fails": {"error": "job_failed"}}]})
    found = planned(corpus(tmp_path, "a"), broken)
    late = Runner(found, store, config=broken)
    ran(found, broken, store.folder)
    asyncio.run(late.run())
    assert [one.tries for one in store.failures().values()] == [2]  # it knows what the first one tried


def test_a_recording_that_changes_during_the_run_is_not_sent(tmp_path: Path, calls: Calls) -> None:
    """Its answer would be kept under the key of what the file was before."""
    vendors = config({"v": [{"text": "x"}]})
    found = planned(corpus(tmp_path, "a"), vendors)
    recording(tmp_path / "a.wav", seconds=2)
    (result,) = ran(found, vendors, tmp_path / "run")["v"].values()
    assert (result.delivery, result.error, calls.names) == ("refused", "BadAudioError", [])
    assert not list((tmp_path / "run").glob("asked/*"))


def test_why_there_is_no_answer_is_told_once_for_each_kind(tmp_path: Path) -> None:
    """What was refused without asking and what the vendor broke, each with its number and the first error's words."""
    data = corpus(tmp_path, "a", "b", "c")
    data.utterances["a"].language = "de-DE"
    vendors = config({"v": [{"fails": {"error": "job_failed"}}]}, languages=["ko-KR"])
    runner = Runner(planned(data, vendors), Store(tmp_path / "run"), config=vendors)
    asyncio.run(runner.run())
    found = runner.failures("v")
    assert {kind: count for kind, (count, _) in found.items()} == {"UnsupportedFeatureError": 1, "JobFailedError": 2}
    assert "de-DE" in str(found["UnsupportedFeatureError"][1])


def _first(one: str, two: str, data: Corpus) -> int:
    """A seed with which these two are asked first, in this order."""
    import random

    for seed in range(100):
        order = list(data.utterances)
        random.Random(seed).shuffle(order)
        if order[:2] == [one, two]:
            return seed
    raise AssertionError


def test_a_free_engine_that_was_stopped_is_simply_asked_again(tmp_path: Path, calls: Calls) -> None:
    """What bills nothing leaves no note behind."""
    data = corpus(tmp_path, "a")
    vendors = config({"v": [{"faults": [{"error": "outcome_unknown"}], "text": "x"}]}, submission="free")
    for _ in range(2):
        ran(planned(data, vendors), vendors, tmp_path / "run")
    assert len(calls.names) == 2


def test_a_wrong_key_ends_the_asking(tmp_path: Path, calls: Calls) -> None:
    """Of a thousand recordings three tell that the account is empty; the others are refused, and not asked."""
    data = corpus(tmp_path, *"abcdef")
    vendors = config({"v": [{"faults": [{"error": "quota_exhausted", "times": 9}]}], "w": [{"text": "fine"}]})
    results = ran(planned(data, vendors), vendors, tmp_path / "run", concurrency=1)
    assert {(one.delivery, one.error) for one in results["v"].values()} == {("refused", "QuotaExhaustedError")}
    assert len(results["v"]) == 6 and len(calls.names) == 3 + 6
    assert {one.delivery for one in results["w"].values()} == {"delivered"}


def test_what_a_vendor_cannot_do_is_refused_without_asking(tmp_path: Path, calls: Calls) -> None:
    """A language that it does not hear is known beforehand, is told as refused, and costs nothing."""
    data = corpus(tmp_path, "a", "b")
    data.utterances["a"].language = "ko-KR"
    data.utterances["b"].language = "de-DE"
    vendors = config({"v": [{"text": "x"}]}, languages=["ko-KR"])
    found = planned(data, vendors)
    assert [one.options["language"] for one in found.asks["v"]] == ["ko-KR"]
    results = ran(found, vendors, tmp_path / "run")["v"]
    assert (results["a"].delivery, results["b"].delivery, len(calls.names)) == ("delivered", "refused", 1)


def test_a_profiles_own_language_is_not_replaced(tmp_path: Path) -> None:
    """What the profile or the command says goes over the data set."""
    data = corpus(tmp_path, "a")
    data.utterances["a"].language = "ko"
    own = Config.of({"profiles": {"v": {"provider": "scripted", "request": {"language": "ja"}}}})
    assert "language" not in planned(data, own).asks["v"][0].options
    said = planned(data, own, options={"language": "zh"}).asks["v"][0].options
    assert said["language"] == "zh"


def test_a_part_of_a_long_recording_is_cut_out(tmp_path: Path, calls: Calls) -> None:
    """Only the stretch is sent and billed; two stretches are two questions, and a rounded duration is the whole."""
    path = str(recording(tmp_path / "talk.wav", seconds=3, channels=2))
    parts = {
        "talk@500": Utterance("talk@500", None, audio=path, offset_ms=500, duration_ms=1000),
        "talk@2500": Utterance("talk@2500", None, audio=path, offset_ms=2500),
        "start": Utterance("start", None, audio=path, duration_ms=250),
        "whole": Utterance("whole", None, audio=path, duration_ms=2950),
    }
    vendors = config({"v": [{"text": "x"}]})
    found = planned(Corpus(parts), vendors)
    assert [one.bill.duration_ms for one in found.asks["v"]] == [1000, 500, 250, 3000]
    assert [one.duration_ms for one in found.corpus] == [1000, 500, 250, 3000]
    ran(found, vendors, tmp_path / "run")
    assert sorted(calls.names) == ["talk.raw 1000", "talk.raw 250", "talk.raw 500", "talk.wav 3000"]


def test_live_recordings_are_timed_by_what_was_shown(tmp_path: Path) -> None:
    """Streamed in real time, the words that were taken back are counted; it is another question than the recording."""
    data = corpus(tmp_path, "a", "b")
    scene = {
        "interims": [{"at_ms": 20, "text": "hel"}, {"at_ms": 50, "text": "hello wor"}],
        "transcript": {"segments": [{"text": "hello world", "start_ms": 0, "end_ms": 80}]},
    }
    vendors = config({"v": [scene]})
    found = planned(data, vendors, live=True)
    results = ran(found, vendors, tmp_path / "run")["v"]
    for one in results.values():
        assert one.delivery == "delivered" and one.timing is not None and one.timing.total_s is None
        assert one.timing.churn == 1.0  # `hel` and `wor`, of two words
        assert one.timing.first_word_s is not None and one.timing.final_after_speech_s is not None
    assert ran(found, vendors, tmp_path / "run")["v"] == results
    recorded = planned(data, vendors)
    assert {one.question.key for one in recorded.asks["v"]} & {one.question.key for one in found.asks["v"]} == set()


def test_a_live_stream_that_was_stopped_may_be_billed(tmp_path: Path) -> None:
    """What was streamed until Ctrl-C is on the bill: a person decides whether it is streamed again."""
    path = recording(tmp_path / "a.wav", seconds=30)
    vendors = config({"v": [{"text": "x"}]})
    found = planned(Corpus({"a": Utterance("a", None, audio=str(path))}), vendors, live=True)
    runner = Runner(found, Store(tmp_path / "run"), config=vendors)

    async def stopped() -> None:
        task = asyncio.create_task(runner.run())
        while not runner.asked(found.asks["v"][0]):
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert (runner.held("v"), runner.unsettled("v"), runner.open_asks("v")) == (0, 1, [])


def test_a_stream_that_breaks_is_no_answer(tmp_path: Path) -> None:
    """What came before the break is no result; the next run streams it again."""
    data = corpus(tmp_path, "a")
    vendors = config({"v": [{"text": "half of it", "faults": [{"error": "unavailable", "at": "stream", "times": 9}]}]})
    found = planned(data, vendors, live=True)
    for tries in (1, 2):
        result = ran(found, vendors, tmp_path / "run")["v"]["a"]
        assert (result.delivery, result.error) == ("failed", "UnavailableError")
        assert result.timing is not None and result.timing.tries == tries


def test_a_stream_without_a_confirmed_end_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last words may be missing: a part is never kept as the whole."""
    whole = AsyncStream.transcript
    told = Notice("incomplete", "The vendor did not confirm the end; its last words may be missing.")
    monkeypatch.setattr(AsyncStream, "transcript", lambda self: replace(whole(self), notices=(told,)))
    data, vendors = corpus(tmp_path, "a"), config({"v": [{"text": "half of"}]})
    result = ran(planned(data, vendors, live=True), vendors, tmp_path / "run")["v"]["a"]
    assert (result.delivery, result.error, result.transcript) == ("failed", "UnavailableError", None)


def test_the_same_sound_is_asked_once(tmp_path: Path, calls: Calls) -> None:
    """Two names of one recording, and two profiles that differ in nothing, are one question and one bill."""
    data = corpus(tmp_path, "a")
    data = Corpus({**data.utterances, "b": replace(data.utterances["a"], id="b")})
    vendors = config({"v": [{"text": "x"}], "w": [{"text": "x"}]})
    results = ran(planned(data, vendors), vendors, tmp_path / "run")
    assert len(calls.names) == 1
    assert {one.delivery for mine in results.values() for one in mine.values()} == {"delivered"}


def test_concurrency_is_for_each_profile(tmp_path: Path, calls: Calls) -> None:
    """Two profiles hear at the same time, each as many recordings at once as was said."""
    data = corpus(tmp_path, *"abcdefgh")
    vendors = config({"v": [{"text": "x"}], "w": [{"text": "y"}]})
    found = planned(data, vendors)
    runner = Runner(found, Store(tmp_path / "run"), config=vendors, concurrency=3)
    orders = [[one.id for one in runner.open_asks(name)] for name in ("v", "w")]
    assert orders[0] == orders[1] != list(data.utterances)  # shuffled, alike for all
    asyncio.run(runner.run())
    assert 2 <= calls.most <= 6


def test_broken_recordings_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    """A missing file, an empty one and a web address: how many, the first of them, and nothing was asked."""
    data = corpus(tmp_path, "a")
    (tmp_path / "empty.wav").write_bytes(b"")
    vendors = config({"v": []})
    for audio, told in ((str(tmp_path / "gone.wav"), "There is no file"), (str(tmp_path / "empty.wav"), "is empty")):
        both = Corpus({**data.utterances, "b": Utterance("b", None, audio=audio)})
        with pytest.raises(BadAudioError, match=rf"1 of 2 recordings cannot be heard; the first: .*{told}"):
            planned(both, vendors)
    for audio_, told in ((None, "is not named"), ("https://host.example/x.wav", "lies elsewhere")):
        with pytest.raises(BadAudioError, match=told):
            planned(Corpus({"b": Utterance("b", None, audio=audio_)}), vendors)
    with pytest.raises(BadAudioError, match="begins behind the end"):
        planned(Corpus({"b": replace(data.utterances["a"], id="b", offset_ms=5000)}), vendors)
    with pytest.raises(InvalidRequestError, match="named twice"):
        prospect(data, ["v", "v"], config=vendors)


def test_the_limit_takes_the_first(tmp_path: Path) -> None:
    """A trial run hears the beginning of the data set."""
    data = corpus(tmp_path, "a", "b", "c")
    found = planned(data, config({"v": []}), limit=2)
    assert list(found.corpus.utterances) == ["a", "b"] == [one.id for one in found.asks["v"]]
