"""The kit itself: what an author may declare, what nobody can take away from it, and what it reports."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from earwitness.exchange import HttpCall
from earwitness.testing import ProviderContract, Sample, clauses, examine

from .mutants import Healthy, Mutant, mutated
from .reference import Minnow
from .test_scripted import TestScripted as Scripted

TIMEOUT_S = 120


def declared(**names: Any) -> type[ProviderContract]:
    return type("TestDeclared", (ProviderContract,), {"plugin": "earwitness.scripted", "settings": {}, **names})


def test_clauses_are_numbered_once_and_explained() -> None:
    """Every clause has an id of its own and says why it is there and how to mend a failure, in whole sentences."""
    assert len({one.id for one in clauses()}) == len(clauses()) == len({one.title for one in clauses()})
    for one in clauses():
        assert one.id[0].isupper() and one.id[1:].isdecimal()
        assert one.why.endswith(".") and one.mend.endswith(".") and not one.title.endswith(".")


@pytest.mark.parametrize("name", [clauses()[0].test_name, clauses()[-1].test_name, "setup_class", "teardown_class"])
def test_no_test_of_the_kit_can_be_overridden(name: str) -> None:
    """A subclass that would change a test of the kit cannot be made."""
    with pytest.raises(TypeError, match="would change a test of the kit"):
        declared(**{name: lambda self: None})


def test_no_test_of_the_kit_can_be_lost_in_another_base_class() -> None:
    """A base class that stands in front of the kit's cannot change its tests either."""
    before = type("Before", (), {clauses()[3].test_name: lambda self: None})
    with pytest.raises(TypeError, match="from another base class, would change a test of the kit"):
        type("TestBehind", (before, ProviderContract), {"plugin": "earwitness.scripted", "settings": {}})


def test_a_misspelt_declaration_is_told() -> None:
    """A name that means nothing is refused with the one that was meant; helpers and tests are the author's."""
    with pytest.raises(TypeError, match="did you mean answers"):
        declared(answer=())
    with pytest.raises(TypeError, match="begin helpers with an underscore"):
        declared(zzz=1)
    assert declared(_helper=1, test_of_mine=lambda self: None)


@pytest.mark.parametrize(("excused", "told"), [({"Z9": "no"}, "no clause"), ({"A1": " "}, "without a reason")])
def test_an_excuse_needs_a_clause_and_a_reason(excused: dict[str, str], told: str) -> None:
    """An excuse for nothing, or without a reason, cannot be declared."""
    with pytest.raises(TypeError, match=told):
        declared(excused=excused)


def test_a_sample_says_something() -> None:
    """A recording in which nobody speaks cannot stand for speech: who hears nothing would pass."""
    with pytest.raises(ValueError, match=r"sample hum\.wav has no words"):
        Sample(Path("hum.wav"), "...")


def test_an_excuse_that_nobody_needs_is_a_failure() -> None:
    """An excuse is kept only as long as it is needed: for a clause that holds or does not apply it is told."""
    report = examine(
        declared(excused={"S2": "once upon a time", "G1": "x", "M2": "any option"}), only={"S2", "G1", "M2"}
    )
    assert "it holds" in report.failed["S2"] and report.excused == {"M2": "any option"}
    report = examine(declared(excused={"S3": "no secrets"}), only={"S3"})
    assert "does not apply" in report.failed["S3"]


def test_what_stands_on_nothing_is_blocked() -> None:
    """Where the plugin or its settings are broken, one clause fails and the others say which."""
    report = examine(declared(plugin="nothing_of_that_name"), only={"D1", "S1", "M1"})
    assert set(report.failed) == {"D1"} and set(report.blocked) == {"S1", "M1"}
    report = examine(declared(settings={"scenes": 7}), only={"D1", "S1", "M1"})
    assert set(report.failed) == {"S1"} and report.blocked == {"M1": "S1 fails"}


def test_a_request_that_names_too_little_is_told_once() -> None:
    """Where every service refuses the sample request, one clause says what it needs, and the others wait for it."""
    with mutated(Mutant("", Minnow, {"request": {}, "emulator": None})) as contract:
        report = examine(contract, only={"S1", "C3", "M1", "E5"})
    assert set(report.failed) == {"S1"} and "the request names none" in report.failed["S1"]
    assert report.blocked == dict.fromkeys(("C3", "M1", "E5"), "S1 fails")


def test_the_report_counts() -> None:
    """A report tells in one line what became of the clauses."""
    report = examine(Scripted, only={"D1", "D3", "G1", "M4"})
    assert str(report) == "TestScripted: 2 held, 0 failed, 1 unsupported, 1 excused"


class WithToken(Minnow):
    """Asks for a token before it submits."""

    def submitting(self, submission: Any) -> Any:
        yield HttpCall("token", "GET", f"{self.settings.base_url}/token", repeatable=True)
        return (yield from super().submitting(submission))


def test_what_comes_before_a_submission_is_not_taken_for_it() -> None:
    """Doubt, codes and repeating are judged by the call that hands the job over, not by the one for a token."""
    tables = tuple(replace(one, before=({"token": "t"},)) for one in Healthy.tables if one.operation == "submit")
    with mutated(Mutant("", WithToken, {"emulator": None, "tables": tables})) as contract:
        report = examine(contract, only={"E2", "E3", "E4", "M3", "M4"})
    assert report.failed == {} and len(report.held) == 5


def test_the_report_of_pytest_loads_nothing_else() -> None:
    """pytest loads it wherever Earwitness is installed, also for those who never heard of the kit."""
    heavy = "{'pydantic', 'click', 'asyncio', 'earwitness.testing.contract'}"
    program = f"import sys; import earwitness.testing.reporting; assert not {heavy} & set(sys.modules) - before"
    before = "import sys, pytest; before = set(sys.modules); "
    subprocess.run([sys.executable, "-c", before + program], check=True, timeout=TIMEOUT_S)


FILE = """
import pytest
from earwitness.testing import ProviderContract

class TestFew(ProviderContract):
    plugin = "earwitness.scripted"
    settings = {}
    excused = {"M2": "any option passes"}

@pytest.mark.skip("not today")
class TestNone(ProviderContract):
    plugin = "earwitness.scripted"
    settings = {}
"""


BASE = """
from earwitness.testing import ProviderContract

class Base(ProviderContract):
    plugin = "earwitness.scripted"
    settings = {}

"""
OVER = {
    "test_good.py": "class TestGood(Base): pass",
    "test_forgotten.py": "class Forgotten(Base): pass",
    "test_off.py": "class TestOff(Base): __test__ = False",
}


def in_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest with the kit's report, and no other plugin but pytest-xdist."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "earwitness.testing.reporting", "-p", "xdist", "-q", *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def test_a_class_that_pytest_would_pass_over_is_an_error(tmp_path: Path) -> None:
    """A contract class without a name that pytest collects stops the run; one that others are made of does not."""
    for name, text in OVER.items():
        (tmp_path / name).write_text(BASE + text)
    done = in_pytest(tmp_path, "--collect-only")
    assert done.returncode == 2 and "test_good.py::TestGood::test_A1" in done.stdout
    assert "Forgotten is a contract class, and pytest passes it over" in done.stdout
    assert "TestOff is a contract class, and pytest passes it over" in done.stdout


@pytest.mark.parametrize("workers", ["0", "1"])
def test_pytest_tells_what_ran_and_what_did_not(tmp_path: Path, workers: str) -> None:
    """The closing report counts, gives reasons, and names what a mark or a choice kept from running."""
    (tmp_path / "test_few.py").write_text(FILE)
    done = in_pytest(tmp_path, "-n", workers, "-k", "D1 or M2 or S3 or S1", "test_few.py")
    told = done.stdout.partition("earwitness contract")[2]
    few, none = told.index("test_few.py::TestFew: 2 held, 1 unsupported, 1 excused"), told.index("TestNone: 0 held")
    assert f"{len(clauses()) - 4} not run" in told[few:none] and f"{len(clauses())} not run" in told[none:]
    assert "excused M2: any option passes" in told and "unsupported S3: the settings hold no secret" in told
    assert done.returncode == 0, done.stdout
