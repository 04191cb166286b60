"""An answer is kept once, whole, for its owner only, under a key of everything that decided it."""

from __future__ import annotations

import os
import stat
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from earwitness.compare.corpus import Timing
from earwitness.compare.store import Answered, Failure, Question, Store
from earwitness.errors import InvalidTranscriptError, OutputError
from earwitness.jobs import VendorReference
from earwitness.models import Answer, Segment, Transcript

QUESTION = Question("ab" * 32, None, None, "clova", "long", None, "cd" * 32, "1.0")
SAID = Answered(Transcript((Segment("hello", 0, 10),), raw=Answer(b"{}", service="long")), Timing(total_s=2.5, tries=2))


def test_an_answer_comes_back_with_the_vendors_own(tmp_path: Path) -> None:
    """Transcript, raw answer and times are all there, so that nothing need be asked for again."""
    store = Store(tmp_path / "new" / "run")
    assert store.answer(QUESTION.key) is None and not store.holds(QUESTION.key)
    store.keep(QUESTION, SAID)
    assert store.answer(QUESTION.key) == SAID and store.holds(QUESTION.key)


def test_the_first_answer_stays(tmp_path: Path) -> None:
    """A second one under the same key changes nothing: what was paid for first is what is scored."""
    store = Store(tmp_path)
    store.keep(QUESTION, SAID)
    store.keep(QUESTION, Answered(Transcript(), Timing()))
    assert store.answer(QUESTION.key) == SAID
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{QUESTION.key}.json"]


@pytest.mark.parametrize("name", [one.name for one in fields(Question)])
def test_everything_that_decides_an_answer_is_in_its_key(name: str) -> None:
    """Another recording, stretch, provider, service, model, option or version is another question."""
    change: dict[str, Any] = {name: 7 if name.endswith("_ms") else "other"}
    other = replace(QUESTION, **change)
    assert other.key != QUESTION.key and replace(other, **{name: getattr(QUESTION, name)}).key == QUESTION.key


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """What people said is nobody else's business."""
    store = Store(tmp_path / "run")
    store.keep(QUESTION, SAID)
    store.begin(QUESTION)
    store.fail({"k": Failure("DeadlineError", 1)})
    paths = list((tmp_path / "run").rglob("*"))
    assert len(paths) == 6
    assert [path for path in (tmp_path / "run", *paths) if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_question_without_an_end_is_remembered(tmp_path: Path) -> None:
    """The note is there before anything is sent, and goes only when the end is known."""
    store = Store(tmp_path)
    assert store.begin(QUESTION) and not store.begin(QUESTION)
    assert Store(tmp_path).unsettled(QUESTION.key) and store.reference(QUESTION.key) is None
    store.settle(QUESTION.key)
    store.settle(QUESTION.key)
    assert not store.unsettled(QUESTION.key)


def test_what_the_vendor_calls_a_job_outlives_the_run(tmp_path: Path) -> None:
    """Everything that fetching needs comes back; who asks anew forgets it; damage to it is as if it were not known."""
    store = Store(tmp_path)
    at = datetime(2026, 11, 21, 20, 5, 1, 250_000, UTC)
    for reference in (VendorReference("long", "t-1"), VendorReference("long", "t", at, at, {"scene": 1, "x": None})):
        store.reached(QUESTION, reference)
        assert Store(tmp_path).reference(QUESTION.key) == reference
    (path,) = tmp_path.rglob("*.json")
    whole = path.read_bytes()
    for damaged in (whole[:-9], b"[]", whole.replace(b"2026", b"x026")):
        path.write_bytes(damaged)
        assert store.reference(QUESTION.key) is None and store.unsettled(QUESTION.key)
    path.write_bytes(whole)
    assert store.begin(QUESTION, again=True) and store.reference(QUESTION.key) is None


def test_one_run_at_a_time_asks(tmp_path: Path) -> None:
    """A second one is refused while the first is at it, and not when it has ended in whatever way."""
    with pytest.raises(KeyboardInterrupt), Store(tmp_path / "run").alone():
        with pytest.raises(OutputError, match="Another run is at work"), Store(tmp_path / "run").alone():
            raise AssertionError
        raise KeyboardInterrupt
    with Store(tmp_path / "run").alone():
        pass


def test_failures_are_counted_and_never_answers(tmp_path: Path) -> None:
    """A failure is told by kind and tries; it holds no place that an answer would have."""
    store = Store(tmp_path)
    assert store.failures() == {}
    store.fail({QUESTION.key: Failure("UnavailableError", 2)})
    assert store.failures() == {QUESTION.key: Failure("UnavailableError", 2)} and not store.holds(QUESTION.key)


def test_damage_is_told_and_not_taken_for_an_answer(tmp_path: Path) -> None:
    """A file that somebody cut is named; a folder that is none says what to do."""
    store = Store(tmp_path)
    store.keep(QUESTION, SAID)
    (path,) = tmp_path.rglob("*.json")
    for text in ('{"transcript"', "[]", "{}", '{"transcript": {"format": "other"}}'):
        path.write_text(text)
        with pytest.raises(InvalidTranscriptError, match=r"is damaged.*asked for again"):
            store.answer(QUESTION.key)
    (tmp_path / "failures.json").write_text('{"k": {}}')
    with pytest.raises(InvalidTranscriptError, match=r"failures\.json is damaged"):
        store.failures()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"could not be written.*--out"):
        Store(tmp_path / "file").keep(QUESTION, SAID)
